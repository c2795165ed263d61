// SPDX-License-Identifier: MIT
//
// What a scheme that plainly excludes need not say: the last line of a simple lock. It supplies
//     lk_lock2_ordered.h   two containers are locked in the order of their addresses
//     lk_no_read.h         a read is a lock, storage is freed at once
//     lk_no_hooks.h        entering the runtime costs nothing
//     lk_no_state.h        nothing is kept per thread or world
#ifndef LK_EXCLUSIVE_H
#define LK_EXCLUSIVE_H

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_read.h"
#include "lk_no_state.h"

#endif
