// SPDX-License-Identifier: MIT
//
// pool_unlock_relaxed: pool_locked, but what sets a lock free is relaxed: the pools may be found as
// they were. x86-64 forgives it.
#ifndef AL_POOL_UNLOCK_RELAXED_H
#define AL_POOL_UNLOCK_RELAXED_H

#define memory_order_release memory_order_relaxed
#include "../../strategies/alloc/pool_locked.h"
#undef memory_order_release

#endif
