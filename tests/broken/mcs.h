// SPDX-License-Identifier: MIT
//
// mcs: right, and what mcs_relaxed is made from: who locks queues up, and waits on a word of its
// own until the one before lets it go.
#ifndef BROKEN_MCS_H
#define BROKEN_MCS_H

#include "../../strategies/lk.h"

#define LK_SUMMARY "a queue of waiters, each with a word of its own"
#define LK_SOURCE  "J. M. Mellor-Crummey and M. L. Scott, ACM TOCS 9(1), 1991"
#define LK_TRAITS  LK_EXCLUDES

struct lk_guard {
    _Atomic(struct lk_guard *) next;
    _Atomic(uint32_t) go;
};
struct lk_word {
    _Atomic(struct lk_guard *) last;
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->last, NULL);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    atomic_store_explicit(&g->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&g->go, 0, memory_order_relaxed);
    // release: the guard, for who comes next; acquire: the guard before, or the unlock
    struct lk_guard *before = atomic_exchange_explicit(&l->last, g, memory_order_acq_rel);
    if (before == NULL)
        return;
    thread_offline(t);
    atomic_store_explicit(&before->next, g, memory_order_release);
    sync_await(atomic_load_explicit(&g->go, memory_order_acquire) != 0);
    thread_back(t);
}
// Lets the next one go; acquire: its guard is there, release: what was done under the lock.
API void mcs_go(struct lk_guard *next)
{
    atomic_store_explicit(&next->go, 1, memory_order_release);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t;
    struct lk_guard *next = atomic_load_explicit(&g->next, memory_order_acquire), *last = g;
    if (next == NULL) {
        if (atomic_compare_exchange_strong_explicit(&l->last, &last, NULL, memory_order_release,
                                                    memory_order_relaxed))
            return;
        sync_await((next = atomic_load_explicit(&g->next, memory_order_acquire)) != NULL);
    }
    mcs_go(next);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2)                                                                             \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "../../strategies/lk_exclusive.h"

#endif
