// SPDX-License-Identifier: MIT
//
// furtex_relaxed: futex3_recursive, but the count says nothing of the name: who was the owner
// before finds its own name with the next one's count, and goes in. x86-64 forgives it.
#ifndef BROKEN_FURTEX_RELAXED_H
#define BROKEN_FURTEX_RELAXED_H

#define lk_lock    lk_lock_right
#define lk_unlock  lk_unlock_right
#define lk_lock2   lk_lock2_right
#define lk_unlock2 lk_unlock2_right
#include "../../strategies/lock/futex3_recursive.h"
#undef lk_lock
#undef lk_unlock
#undef lk_lock2
#undef lk_unlock2

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t n = atomic_load_explicit(&l->count, memory_order_relaxed);
    if (n != 0 && atomic_load_explicit(&l->owner, memory_order_relaxed) == thread_id(t)) {
        atomic_store_explicit(&l->count, n + 1, memory_order_relaxed);
        return;
    }
    futex3_take(t, &l->futex);
    atomic_store_explicit(&l->owner, thread_id(t), memory_order_relaxed);
    atomic_store_explicit(&l->count, 1, memory_order_relaxed);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t n = atomic_load_explicit(&l->count, memory_order_relaxed) - 1;
    atomic_store_explicit(&l->count, n, memory_order_relaxed);
    if (n == 0)
        futex3_give(&l->futex);
}
#include "../../strategies/lk_lock2_ordered.h"

#endif
