// SPDX-License-Identifier: MIT
//
// none: no counting at all. The floor: what a workload costs when references are free, as under a
// tracing collector that never has to run. Objects die with their world only, so memory comes from
// an allocator that is given back whole.
//
// Invariant: an object outlives every reference to it, because it outlives every thread.
// Memory order: none of its own; slots publish objects with release and acquire (rc_slot_plain.h).
#ifndef RC_NONE_H
#define RC_NONE_H

#include "rc.h"

#define RC_SUMMARY "no counting: objects die with their world; the floor"
#define RC_SOURCE  "Epsilon, a no-op collector (OpenJDK JEP 318, 2018)"
#define RC_WHEN    "as the floor of a table; or for programs that end before memory does"
#define RC_TRAITS  (RC_SHARED | RC_COUNTS)
#define RC_ALLOC   arena

struct rc_header {
};

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)h, (void)flags;
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// What touches no object costs nothing; a slot is one load, or one exchange of its word.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, 0)                                                                              \
    op(decref_own, 0)                                                                              \
    op(incref_other, 0)                                                                            \
    op(decref_other, 0)                                                                            \
    op(try_incref, 0)                                                                              \
    op(local_pair, 0)                                                                              \
    op(load, .load = 1)                                                                            \
    op(store, .rmw = 1)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_state.h"
#include "rc_slot_plain.h"
#include "rc_weak_locked.h"

#endif
