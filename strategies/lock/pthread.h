// SPDX-License-Identifier: MIT
//
// pthread: a POSIX mutex with default attributes in every container. What one gets by adding "a
// lock to each object" without further thought.
//
// Invariant: who is between lk_lock and lk_unlock of a word is alone there.
// Memory order: the mutex's: unlock happens before the next lock of the same mutex.
// A lock that is taken is waited for offline, so that the other layers do not wait for the waiter.
#ifndef LK_PTHREAD_H
#define LK_PTHREAD_H

#include "lk.h"

#define LK_SUMMARY "a pthread mutex with default attributes in every container"
#define LK_SOURCE \
    "POSIX.1c, 1995; glibc's low-level lock after U. Drepper, Futexes Are Tricky, 2011"
#define LK_WHEN   "as the peer to beat; containers are few, so that 40 bytes each do not matter"
#define LK_TRAITS LK_EXCLUDES

struct lk_word {
    sync_mutex mutex;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    sync_mutex_init(&l->mutex);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t;
    sync_mutex_destroy(&l->mutex);
}
static __attribute__((noinline, cold, unused)) void pthread_wait(struct thread *t,
                                                                 struct lk_word *l)
{
    thread_offline(t);
    sync_mutex_lock(&l->mutex);
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(!sync_mutex_trylock(&l->mutex), 0))
        pthread_wait(t, l);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    sync_mutex_unlock(&l->mutex);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .lock_pair = 1)                                                                       \
    op(lock2, .lock_pair = 2)                                                                      \
    op(read, .lock_pair = 1)                                                                       \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_exclusive.h"

#endif
