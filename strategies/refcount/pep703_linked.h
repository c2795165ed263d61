// SPDX-License-Identifier: MIT
//
// pep703_linked: pep703, whose collector finds its objects by linked lists, as CPython's did until
// its free-threaded build, instead of by the allocator's pages: what PEP 703 did away with, and
// why.
//
// A list needs 16 bytes in each header and a lock for each object that is made and dies. An object
// dies on any thread, and after a merge nothing in it tells who made it; so it is its address that
// tells its list. Objects of one stretch of 64 KiB, a page of `heaps`, which one thread allocates
// from, are in one list: a thread takes mostly locks that nobody else wants, on a line that it has.
// Two threads meet where their stretches come to the same one of the 64 lists, and where one ends
// what the other made.
//
// Invariant: a tracked object is in the list of its address, others are in none. Who changes a list
// holds its lock; who stopped the world needs none, for no thread stops while it holds one.
#ifndef RC_PEP703_LINKED_H
#define RC_PEP703_LINKED_H

#include "rc_linked.h"

enum { PEP703_LISTS = 64, PEP703_STRETCH = 16 }; // lists; bits of an address within a stretch
struct pep703_thread {
};
struct pep703_world {
    struct pep703_list {
        _Alignas(SYNC_LINE) sync_mutex mutex;
        struct linked objects;
    } list[PEP703_LISTS];
};
#define BIASED_FIRST struct linked link; // while tracked
#include "rc_pep703.h"

#define RC_SUMMARY "pep703, but the collector's objects are in lists, each with a lock"
#define RC_SOURCE  "rclab's own: PEP 703 (Sam Gross, 2023) with CPython's PyGC_Head"
#define RC_WHEN    "beside pep703, where the allocator cannot show its blocks"
#define RC_TRAITS                                                                                \
    (RC_SHARED | RC_FREES | RC_LATE | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_ROOTS | RC_STOPS | \
     RC_UNCOUNTED | RC_CYCLES | RC_DEFERS)
#define RC_ALLOC   heaps
#define RC_RECLAIM gus

API void pep703_world_init(struct pep703_world *pw)
{
    for (unsigned i = 0; i < PEP703_LISTS; i++) {
        sync_mutex_init(&pw->list[i].mutex);
        linked_init(&pw->list[i].objects);
    }
}
API void pep703_world_fini(struct pep703_world *pw)
{
    for (unsigned i = 0; i < PEP703_LISTS; i++)
        sync_mutex_destroy(&pw->list[i].mutex);
}
API void pep703_thread_detach(struct thread *t)
{
    (void)t;
}
API void pep703_settle(struct thread *t)
{
    (void)t;
}
API struct pep703_list *pep703_list_of(struct thread *t, const struct rc_header *h)
{
    return &rc_world(t)->own.list[(sync_address(h) >> PEP703_STRETCH) % PEP703_LISTS];
}
API void pep703_made(struct thread *t, struct rc_header *h, unsigned flags)
{
    struct pep703_list *l = pep703_list_of(t, h);
    (void)flags;
    sync_mutex_lock(&l->mutex);
    linked_add(&l->objects, &h->link);
    sync_mutex_unlock(&l->mutex);
}
// Also by the collector, which takes the lock for nothing.
API void pep703_ended(struct thread *t, struct rc_header *h)
{
    struct pep703_list *l = pep703_list_of(t, h);
    sync_mutex_lock(&l->mutex);
    linked_remove(&h->link);
    sync_mutex_unlock(&l->mutex);
}
API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    for (unsigned i = 0; i < PEP703_LISTS; i++)
        linked_visit(&rc_world(t)->own.list[i].objects, visit, argument);
}

// As pep703, for objects that are not tracked; others pay for a lock when they are made, and for
// one when they die.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 2)                                                          \
    op(decref_other, .rmw = 1, .load = 3)                                                          \
    op(death_own, .load = 4, .store = 1)                                                           \
    op(tracked_new, .store = 7, .lock_pair = 1)                                                    \
    op(tracked_death, .load = 6, .store = 3, .lock_pair = 1)                                       \
    op(try_incref, .rmw = 1, .load = 3)                                                            \
    op(local_pair, .rmw = 2, .load = 6)                                                            \
    op(load, .rmw = 2, .load = 3, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)                                                     \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)                                                                 \
    op(local_deferred, .load = 1)
// clang-format on

#endif
