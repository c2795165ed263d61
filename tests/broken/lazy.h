// SPDX-License-Identifier: MIT
//
// lazy: right, and what lazy_relaxed is made from: a container's mutex is made when it is first
// locked, by double-checked initialisation.
#ifndef BROKEN_LAZY_H
#define BROKEN_LAZY_H

#include "../../strategies/lk.h"

#define LK_SUMMARY "a mutex that is made when it is first locked"
#define LK_SOURCE  "D. C. Schmidt and T. Harrison, Double-Checked Locking, PLoP 1996"
#define LK_TRAITS  LK_EXCLUDES

struct lk_word {
    _Atomic(sync_mutex *) mutex; // NULL: never locked
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->mutex, NULL);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t;
    sync_mutex *m = atomic_load_explicit(&l->mutex, memory_order_relaxed);
    if (m != NULL) {
        sync_mutex_destroy(m);
        sync_free(m);
    }
}
static __attribute__((noinline, cold, unused)) sync_mutex *lazy_make(struct thread *t,
                                                                     struct lk_word *l)
{
    sync_mutex_lock(world_stripe(t, l));
    // relaxed: the stripe orders
    sync_mutex *m = atomic_load_explicit(&l->mutex, memory_order_relaxed);
    if (m == NULL) {
        m = sync_alloc(sizeof *m);
        sync_mutex_init(m);
        atomic_store_explicit(&l->mutex, m, memory_order_release);
    }
    sync_mutex_unlock(world_stripe(t, l));
    return m;
}
// Acquire: pairs with the release in lazy_make.
API sync_mutex *lazy_look(struct lk_word *l)
{
    return atomic_load_explicit(&l->mutex, memory_order_acquire);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    sync_mutex *m = lazy_look(l);
    sync_mutex_lock(m != NULL ? m : lazy_make(t, l));
    thread_back(t);
}
// Relaxed: the holder knows it.
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    sync_mutex_unlock(atomic_load_explicit(&l->mutex, memory_order_relaxed));
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .load = 2, .lock_pair = 1)                                                            \
    op(lock2, .load = 4, .lock_pair = 2)                                                           \
    op(read, .load = 2, .lock_pair = 1)                                                            \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "../../strategies/lk_exclusive.h"

#endif
