// SPDX-License-Identifier: MIT
//
// pthread_adaptive: a peer. glibc's mutex of the kind PTHREAD_MUTEX_ADAPTIVE_NP in every container:
// who finds it taken looks and pauses a while before it sleeps in the kernel, up to a hundred times
// (glibc.pthread.mutex_spin_count), and fewer where the mutex was free sooner of late. It is what
// one gets for a line of attributes. refcount/glib.h says what is not asked of a peer.
//
// glibc tells the kinds apart in each call, the default one first: the pair of an adaptive mutex
// that nobody wants is some instructions longer.
//
// Invariant: who is between lk_lock and lk_unlock of a word is alone there.
// Memory order: the mutex's: unlock happens before the next lock of the same mutex.
// A lock that is taken is waited for offline, so that the other layers do not wait for the waiter.
#ifndef LK_PTHREAD_ADAPTIVE_H
#define LK_PTHREAD_ADAPTIVE_H

#include "lk.h"

#define LK_SUMMARY "a pthread mutex in every container that spins a while before it sleeps"
#define LK_SOURCE  "glibc 2.1 and later (PTHREAD_MUTEX_ADAPTIVE_NP)"
#define LK_WHEN    "as the yardstick for a mutex whose holders are soon done"
#define LK_TRAITS  (LK_EXCLUDES | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    pthread_mutex_t mutex;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&l->mutex, &kind);
    pthread_mutexattr_destroy(&kind);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t;
    pthread_mutex_destroy(&l->mutex);
}
static __attribute__((noinline, cold, unused)) void adaptive_wait(struct thread *t,
                                                                  struct lk_word *l)
{
    thread_offline(t);
    pthread_mutex_lock(&l->mutex);
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(pthread_mutex_trylock(&l->mutex) != 0, 0))
        adaptive_wait(t, l);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    pthread_mutex_unlock(&l->mutex);
}

#include "lk_exclusive.h"

#endif
