// SPDX-License-Identifier: MIT
//
// pymutex_give_relaxed: pymutex, but the compare-exchange that unlocks is relaxed. x86-64 forgives
// it.
#ifndef BROKEN_PYMUTEX_GIVE_RELAXED_H
#define BROKEN_PYMUTEX_GIVE_RELAXED_H

#define lk_unlock pymutex_unlock_right
#include "../../strategies/lock/pymutex.h"
#undef lk_unlock

API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    uint8_t bits = PYMUTEX_LOCKED;
    (void)g;
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(
                             &l->mutex.bits, &bits, 0, memory_order_relaxed, memory_order_relaxed),
                         0))
        pymutex_pass_on(t, &l->mutex);
}

#endif
