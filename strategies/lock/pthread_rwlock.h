// SPDX-License-Identifier: MIT
//
// pthread_rwlock: a peer. glibc's reader-writer lock in every container, of the kind that lets a
// writer who waits keep new readers out (PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP).
// refcount/glib.h says what is not asked of a peer.
//
// Why not the default kind, which prefers readers: there a writer waits as long as readers overlap,
// and containers under test are read without a pause, so what it measured would be how long its
// writers starve. It would also be another promise than that of rwlock and ck_pflock, beside which
// it stands. The kind asks that no thread reads what it reads already, and none does. (The kind
// called PTHREAD_RWLOCK_PREFER_WRITER_NP, without the rest, is the default one under another name.)
// Without waiters all kinds take the same way.
//
// Invariant: readers and a writer are never inside at the same time, nor are two writers.
// Memory order: the lock's: a writer's unlock happens before the next lock, and every reader's
// before the next writer's.
//
// glibc's attempts to lock are other ways in, an uncontended pair of which costs half as much again
// as that of its locks. So none is made, and a thread is offline whenever it locks; where the other
// layers wish to know of it, that is a cost which this file adds to glibc's.
#ifndef LK_PTHREAD_RWLOCK_H
#define LK_PTHREAD_RWLOCK_H

#include "lk.h"

#define LK_SUMMARY "glibc's reader-writer lock in every container, which prefers writers"
#define LK_SOURCE  "POSIX.1-2001; glibc 2.25 and later (T. Riegel's algorithm)"
#define LK_WHEN    "as the yardstick for rwlock"
#define LK_TRAITS  (LK_EXCLUDES | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    pthread_rwlock_t lock;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    pthread_rwlockattr_t kind;
    pthread_rwlockattr_init(&kind);
    pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&l->lock, &kind);
    pthread_rwlockattr_destroy(&kind);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t;
    pthread_rwlock_destroy(&l->lock);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    pthread_rwlock_wrlock(&l->lock);
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    pthread_rwlock_unlock(&l->lock);
}
API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    pthread_rwlock_rdlock(&l->lock);
    thread_back(t);
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    pthread_rwlock_unlock(&l->lock);
    return true;
}

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_state.h"
#include "lk_no_watch.h"

#endif
