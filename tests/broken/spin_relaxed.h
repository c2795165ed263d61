// SPDX-License-Identifier: MIT
//
// spin_relaxed: spin, but the store that unlocks is relaxed: what the holder did may be seen
// later. x86-64 forgives it.
#ifndef BROKEN_SPIN_RELAXED_H
#define BROKEN_SPIN_RELAXED_H

#define lk_unlock spin_unlock_right
#include "../../strategies/lock/spin.h"
#undef lk_unlock

API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    atomic_store_explicit(&l->locked, 0, memory_order_relaxed);
}

#endif
