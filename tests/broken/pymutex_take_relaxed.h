// SPDX-License-Identifier: MIT
//
// pymutex_take_relaxed: pymutex, but the compare-exchange that takes the free byte is relaxed.
// x86-64 forgives it.
#ifndef BROKEN_PYMUTEX_TAKE_RELAXED_H
#define BROKEN_PYMUTEX_TAKE_RELAXED_H

#define lk_lock pymutex_lock_right
#include "../../strategies/lock/pymutex.h"
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    uint8_t bits = 0;
    (void)g;
    if (__builtin_expect(
            !atomic_compare_exchange_strong_explicit(&l->mutex.bits, &bits, PYMUTEX_LOCKED,
                                                     memory_order_relaxed, memory_order_relaxed),
            0))
        pymutex_wait(t, &l->mutex);
}

#endif
