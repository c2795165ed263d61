// SPDX-License-Identifier: MIT
//
// exchange_relaxed: spin, but the exchange that takes the free lock is relaxed: what the holder
// before did may not be seen. x86-64 forgives it.
#ifndef BROKEN_EXCHANGE_RELAXED_H
#define BROKEN_EXCHANGE_RELAXED_H

#define lk_lock spin_lock_right
#include "../../strategies/lock/spin.h"
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(atomic_exchange_explicit(&l->locked, 1, memory_order_relaxed) != 0, 0))
        spin_wait(t, l);
}

#endif
