// SPDX-License-Identifier: MIT
//
// futex3_set_free: futex3, but an unlock sets the word free by a store alone, and wakes if it had
// seen a waiter before.
#ifndef BROKEN_FUTEX3_SET_FREE_H
#define BROKEN_FUTEX3_SET_FREE_H

#define futex3_give futex3_give_right
#include "../../strategies/lk_futex3.h"
#undef futex3_give

API void futex3_give(_Atomic(uint32_t) *word)
{
    bool waited_for = atomic_load_explicit(word, memory_order_relaxed) == FUTEX3_WAITED_FOR;
    atomic_store_explicit(word, FUTEX3_FREE, memory_order_release);
    if (waited_for)
        sync_unpark(word, 1);
}

#include "../../strategies/lock/futex3.h"

#endif
