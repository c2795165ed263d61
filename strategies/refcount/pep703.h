// SPDX-License-Identifier: MIT
//
// pep703: how CPython's free-threaded build counts: biased counting, immortal objects, deferred
// counting of what all threads use, and a collector of cycles that walks the allocator's pages. All
// of it stands in rc_pep703.h and rc_pep703_pages.h, on rc_biased.h and rc_collector.h; per_thread
// adds what 3.14 did to types, pep703_linked finds the objects by a list.
//
// The header: 3.13's has ob_tid (8 bytes), padding, ob_mutex and ob_gc_bits (4), ob_ref_local (4),
// ob_ref_shared (8). Here the collector's word takes the place of the four bytes: CPython keeps the
// numbers of a collection in ob_tid, which is put right afterwards.
#ifndef RC_PEP703_SCHEME_H
#define RC_PEP703_SCHEME_H

#include "rc.h"

struct pep703_thread {
};
struct pep703_world {
};
#include "rc_pep703_pages.h"

#define RC_SUMMARY "biased, immortal and deferred counts; stops the world to collect cycles"
#define RC_SOURCE  "PEP 703 (Sam Gross, 2023); CPython 3.13 and 3.14, free-threaded"
#define RC_WHEN    "most counting is the owner's, and stacks borrow functions: an interpreter"
#define RC_TRAITS  (RC_SHARED | PEP703_TRAITS | RC_VISITS)
#define RC_ALLOC   heaps
#define RC_RECLAIM gus

API void pep703_world_init(struct pep703_world *pw)
{
    (void)pw;
}
API void pep703_world_fini(struct pep703_world *pw)
{
    (void)pw;
}
API void pep703_thread_detach(struct thread *t)
{
    (void)t;
}
API void pep703_made(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)h, (void)flags;
}
API void pep703_ended(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}
API void pep703_settle(struct thread *t)
{
    (void)t;
}

// As biased_immortal; a local reference asks whether the object is deferred, a death whether it is
// tracked.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 2)                                                          \
    op(decref_other, .rmw = 1, .load = 3)                                                          \
    op(death_own, .load = 4, .store = 1)                                                           \
    op(tracked_new, .store = 4)                                                                    \
    op(tracked_death, .load = 4, .store = 2)                                                       \
    op(try_incref, .rmw = 1, .load = 3)                                                            \
    op(local_pair, .rmw = 2, .load = 6)                                                            \
    op(load, .rmw = 2, .load = 3, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)                                                     \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)                                                                 \
    op(local_deferred, .load = 1)
// clang-format on

#endif
