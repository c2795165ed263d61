// SPDX-License-Identifier: MIT
//
// futex3_unwoken: futex3, but who was woken takes the lock as if nobody else slept: who does is
// woken by nobody.
#ifndef BROKEN_FUTEX3_UNWOKEN_H
#define BROKEN_FUTEX3_UNWOKEN_H

#define futex3_take futex3_take_right
#include "../../strategies/lk_futex3.h"
#undef futex3_take

API void futex3_take(struct thread *t, _Atomic(uint32_t) *word)
{
    for (uint32_t s = FUTEX3_FREE; !atomic_compare_exchange_strong_explicit(
             word, &s, FUTEX3_TAKEN, memory_order_acquire, memory_order_relaxed);
         s = FUTEX3_FREE) {
        thread_offline(t);
        if (s == FUTEX3_WAITED_FOR ||
            atomic_compare_exchange_strong_explicit(word, &s, FUTEX3_WAITED_FOR,
                                                    memory_order_relaxed, memory_order_relaxed))
            sync_park(word, FUTEX3_WAITED_FOR);
        thread_back(t);
    }
}

#include "../../strategies/lock/futex3.h"

#endif
