// SPDX-License-Identifier: MIT
//
// The word of futex3, whose head says how it works; futex3_recursive and pooled have it too.
#ifndef LK_FUTEX3_CORE_H
#define LK_FUTEX3_CORE_H

#include "lk.h"

enum { FUTEX3_FREE = 0, FUTEX3_TAKEN = 1, FUTEX3_WAITED_FOR = 2 };

static __attribute__((noinline, cold, unused)) void futex3_wait(struct thread *t,
                                                                _Atomic(uint32_t) *word)
{
    thread_offline(t);
    // acquire: pairs with what set it free
    while (atomic_exchange_explicit(word, FUTEX3_WAITED_FOR, memory_order_acquire) != FUTEX3_FREE)
        sync_park(word, FUTEX3_WAITED_FOR);
    thread_back(t);
}
API void futex3_take(struct thread *t, _Atomic(uint32_t) *word)
{
    uint32_t free = FUTEX3_FREE;
    // acquire: pairs with what set it free
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(
                             word, &free, FUTEX3_TAKEN, memory_order_acquire, memory_order_relaxed),
                         0))
        futex3_wait(t, word);
}
static __attribute__((noinline, cold, unused)) void futex3_wake(_Atomic(uint32_t) *word)
{
    // release: pairs with who takes it
    atomic_store_explicit(word, FUTEX3_FREE, memory_order_release);
    sync_unpark(word, 1);
}
API void futex3_give(_Atomic(uint32_t) *word)
{
    // release: pairs with who takes it
    if (__builtin_expect(atomic_fetch_sub_explicit(word, 1, memory_order_release) != FUTEX3_TAKEN,
                         0))
        futex3_wake(word);
}

#endif
