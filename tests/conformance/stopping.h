// SPDX-License-Identifier: MIT
//
// atomic, and it stops the world: a scheme for the test of world_stop alone.
#ifndef RC_STOPPING_H
#define RC_STOPPING_H

#include "../../strategies/refcount/atomic.h"

#undef RC_TRAITS
#define RC_TRAITS (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_STOPS)

#endif
