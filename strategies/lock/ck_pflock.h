// SPDX-License-Identifier: MIT
//
// ck_pflock: a peer. Concurrency Kit's phase-fair lock after Brandenburg and Anderson, of the
// library that is installed: readers share a container, a writer is alone there, and phases of
// readers and of one writer take turns. A reader waits for one writer at most, a writer for one
// phase of readers after each writer before it. Who waits pauses and looks. All of it is inline.
// refcount/glib.h says what is not asked of a peer.
//
// CK has no attempt to lock, and nobody can tell beforehand whether a lock will wait. So a thread
// is offline whenever it locks; where the other layers wish to know of it, that is a cost which
// this file adds to CK's.
//
// A writer that leaves lets the readers in before it lets the next writer in, so it still writes to
// the lock when readers are inside: no reader may free the container while another thread's
// lk_unlock of it is under way. Here nobody does, who unlocks refers to the container.
//
// Invariant: rin - rout readers are inside, or wait for the writer whose bits are in rin; wout is
// the ticket of the writer whose turn it is.
// Memory order: CK's: its lock fence after the wait, its unlock fence before leaving.
//
// libraries: ck
#ifndef LK_CK_PFLOCK_H
#define LK_CK_PFLOCK_H

#include "lk.h"

#if !__has_include(<ck_pflock.h>)
#error "no <ck_pflock.h>: make deps installs libck-dev"
#endif
#include <ck_pflock.h>

#define LK_SUMMARY "ck_pflock of the CK that is installed: readers and a writer take turns"
#define LK_SOURCE                                                                 \
    "B. Brandenburg and J. Anderson, Real-Time Systems 46, 2010; John Wittrock, " \
    "Concurrency Kit (ck_pflock), 2013"
#define LK_WHEN   "as the yardstick for rwlock"
#define LK_TRAITS (LK_EXCLUDES | LK_TURNS | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    ck_pflock_t lock;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    ck_pflock_init(&l->lock);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    ck_pflock_write_lock(&l->lock);
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    ck_pflock_write_unlock(&l->lock);
}
API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    ck_pflock_read_lock(&l->lock);
    thread_back(t);
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    ck_pflock_read_unlock(&l->lock);
    return true;
}

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_state.h"
#include "lk_no_watch.h"

#endif
