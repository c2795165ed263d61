// SPDX-License-Identifier: MIT
//
// biased: Choi, Shull and Torrellas' biased reference counting in the layout and with the states
// that PEP 703 gave it (CPython 3.13's object.c and brc.c), and nothing else of that PEP. All of it
// stands in rc_biased.h; biased_paper is the algorithm as the paper has it.
#ifndef RC_BIASED_H
#define RC_BIASED_H

#include "rc_biased.h"

#define RC_SUMMARY "the owner counts without atomics, others in a second word; the owner merges"
#define RC_SOURCE  "Choi, Shull, Torrellas, PACT 2018; PEP 703 (Sam Gross, 2023)"
#define RC_WHEN    "most counting is the owner's, and threads pass safepoints or say that they wait"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_LATE | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_thread {
    struct biased_thread biased;
};
struct rc_world {
    struct biased_world biased;
};
API struct biased_thread *biased_self(struct thread *t)
{
    return &rc_self(t)->biased;
}
API struct biased_world *biased_world(struct thread *t)
{
    return &rc_world(t)->biased;
}

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    biased_world_init(&rw->biased);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
API void rc_thread_attach(struct thread *t)
{
    biased_thread_attach(t);
}
API void rc_thread_detach(struct thread *t)
{
    biased_thread_detach(t);
}
API void rc_safepoint(struct thread *t)
{
    biased_safepoint(t);
}
API bool rc_drain(struct thread *t)
{
    return biased_drain(t);
}
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)flags;
    biased_init(t, h);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    biased_incref(t, h);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    biased_decref(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    return biased_try_incref(t, h);
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    biased_publish(t, h);
}

// The owner's death of a private object reads `shared` and writes nothing but its own word.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 1)                                                          \
    op(decref_other, .rmw = 1, .load = 2)                                                          \
    op(death_own, .load = 3, .store = 1)                                                           \
    op(try_incref, .rmw = 1, .load = 2)                                                            \
    op(local_pair, .rmw = 2, .load = 3)                                                            \
    op(load, .rmw = 2, .load = 2, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

#endif
