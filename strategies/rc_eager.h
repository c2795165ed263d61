// SPDX-License-Identifier: MIT
//
// What a scheme that counts eagerly need not say: the last line of a simple scheme. It supplies
//     rc_local_counted.h   local references are counted references
//     rc_slot_locked.h     shared slots with a lock bit
//     rc_weak_locked.h     weak references through the world's stripes
//     rc_no_state.h        nothing per thread or world, no hooks
//     rc_no_move.h         a counted reference may end on any thread
//     rc_no_cycles.h       no collector of cycles
// A scheme that differs in one includes the others by name.
#ifndef RC_EAGER_H
#define RC_EAGER_H

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_state.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

#endif
