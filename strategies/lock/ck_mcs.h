// SPDX-License-Identifier: MIT
//
// ck_mcs: a peer. Concurrency Kit's queue lock after Mellor-Crummey and Scott, of the library that
// is installed: who comes exchanges the queue's tail for a node of its own, tells the node that was
// there, and pauses and looks at its own node until its predecessor clears it. First come, first
// served, and each waiter looks at a line of its own. All of it is inline. refcount/glib.h says
// what is not asked of a peer.
//
// The node is the guard, on the stack of who locks: it is in the queue from lk_lock to lk_unlock,
// and no later. An unlock that finds its node the tail no more, and without a successor, waits for
// the one that is about to tell it; that is some instructions of a thread that may not be running.
//
// Invariant: the node at the head of the queue is that of the thread between lk_lock and lk_unlock;
// the tail is NULL when there is none.
// Memory order: CK's: its lock fence after the wait, its unlock fence before the hand-over.
//
// libraries: ck
#ifndef LK_CK_MCS_H
#define LK_CK_MCS_H

#include "lk.h"

#if !__has_include(<ck_spinlock.h>)
#error "no <ck_spinlock.h>: make deps installs libck-dev"
#endif
#include <ck_spinlock.h>

#define LK_SUMMARY "ck_spinlock_mcs_lock and _unlock of the CK that is installed"
#define LK_SOURCE                                                                         \
    "J. Mellor-Crummey and M. L. Scott, ACM TOCS 9(1), 1991; Samy Al Bahra, Concurrency " \
    "Kit (spinlock/mcs.h), 2010"
#define LK_WHEN   "as the yardstick for a queue of spinning threads"
#define LK_TRAITS (LK_EXCLUDES | LK_TURNS | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    ck_spinlock_mcs_t tail;
};
struct lk_guard {
    ck_spinlock_mcs_context_t node;
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    ck_spinlock_mcs_init(&l->tail);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
static __attribute__((noinline, cold, unused)) void ck_mcs_wait(struct thread *t, struct lk_word *l,
                                                                struct lk_guard *g)
{
    thread_offline(t);
    ck_spinlock_mcs_lock(&l->tail, &g->node);
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    if (__builtin_expect(!ck_spinlock_mcs_trylock(&l->tail, &g->node), 0))
        ck_mcs_wait(t, l, g);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t;
    ck_spinlock_mcs_unlock(&l->tail, &g->node);
}

#include "lk_exclusive.h"

#endif
