// SPDX-License-Identifier: MIT
//
// ck_clh: a peer. Concurrency Kit's queue lock after Craig and after Magnusson, Landin and
// Hagersten, of the library that is installed: who comes exchanges the queue's tail for a node of
// its own, and pauses and looks at the node that was there until its owner clears it. First come,
// first served. All of it is inline. refcount/glib.h says what is not asked of a peer.
//
// Nodes migrate. The one that a thread brought stays in the queue when it unlocks, for its
// successor to look at or as the tail, and it takes away its predecessor's, at which nobody else
// looks any more. So there is one node for each lock, from lk_init, and one for each guard that is
// under way; which is whose changes with every pair. Here a thread keeps what it took away for its
// next lock: as many nodes as it ever held locks at a time, which lk_thread_detach frees, as
// lk_destroy does the one that is then the tail. Each is a line of its own, for a waiter looks at
// it: so a container costs a line, and an allocation, besides the pointer in it.
//
// CK has no attempt to lock, and nobody can tell beforehand whether ck_spinlock_clh_lock will wait:
// the queue's tail may be another one by then. So a thread is offline whenever it locks; where the
// other layers wish to know of it, that is a cost which this file adds to CK's.
//
// Invariant: each node is in one queue, or one thread's; the thread whose predecessor's node is
// clear, and whose own is not, stands between lk_lock and lk_unlock.
// Memory order: CK's: its lock fence after the wait, its unlock fence before the node is cleared.
//
// libraries: ck
#ifndef LK_CK_CLH_H
#define LK_CK_CLH_H

#include "lk.h"

#if !__has_include(<ck_spinlock.h>)
#error "no <ck_spinlock.h>: make deps installs libck-dev"
#endif
#include <ck_spinlock.h>

#define LK_SUMMARY "ck_spinlock_clh_lock and _unlock of the CK that is installed; a line for each"
#define LK_SOURCE                                                                           \
    "T. S. Craig, University of Washington TR 93-02-02, 1993; P. Magnusson, A. Landin, E. " \
    "Hagersten, IPPS 1994; Samy Al Bahra, Concurrency Kit (spinlock/clh.h), 2010"
#define LK_WHEN   "as the yardstick for a queue of spinning threads whose nodes migrate"
#define LK_TRAITS (LK_EXCLUDES | LK_TURNS | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    ck_spinlock_clh_t *tail;
};
struct lk_guard {
    ck_spinlock_clh_t *node;
};
struct lk_thread {
    ck_spinlock_clh_t *spare; // linked by `previous`, which means nothing outside a queue
};
struct lk_world {
};

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)lw, (void)w;
}
API void lk_world_fini(struct lk_world *lw)
{
    (void)lw;
}
API void lk_thread_attach(struct thread *t)
{
    (void)t;
}
API void lk_thread_detach(struct thread *t)
{
    struct lk_thread *self = lk_self(t);
    for (ck_spinlock_clh_t *node = self->spare, *next; node != NULL; node = next) {
        next = node->previous;
        sync_free(node);
    }
    self->spare = NULL;
}

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    ck_spinlock_clh_init(&l->tail, sync_alloc(sizeof *l->tail));
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t;
    sync_free(l->tail);
}
static __attribute__((noinline, cold, unused)) ck_spinlock_clh_t *ck_clh_node(void)
{
    return sync_alloc(sizeof(ck_spinlock_clh_t));
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    struct lk_thread *self = lk_self(t);
    g->node = self->spare;
    if (__builtin_expect(g->node != NULL, 1))
        self->spare = g->node->previous;
    else
        g->node = ck_clh_node();
    thread_offline(t);
    ck_spinlock_clh_lock(&l->tail, g->node);
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    struct lk_thread *self = lk_self(t);
    (void)l;
    ck_spinlock_clh_unlock(&g->node); // from here on it is the predecessor's
    g->node->previous = self->spare;
    self->spare = g->node;
}

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_read.h"

#endif
