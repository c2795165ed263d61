// SPDX-License-Identifier: MIT
//
// A container's lock is a mutex of the C library and nothing else.
// A lock that is taken is waited for offline, so that the other layers do not wait for the waiter.
#ifndef LK_PTHREAD_WORD_H
#define LK_PTHREAD_WORD_H

#include "lk.h"

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

#endif
