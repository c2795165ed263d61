// SPDX-License-Identifier: MIT
//
// plain: one word, added to and subtracted from. What every interpreter with a global lock does
// (CPython since 1991); right only while threads exclude each other.
//
// Invariant: count = number of counted references and slots that refer to the object.
// Memory order: relaxed throughout; the global lock orders one thread's turn before the next one's.
// Loads and stores are atomic all the same, so that a compiler neither merges an increment with the
// decrement that follows nor turns the pair into nothing: an interpreter could not do that either.
#ifndef RC_PLAIN_H
#define RC_PLAIN_H

#include "rc.h"

#define RC_SUMMARY "load, add, store: needs a global lock as soon as there are two threads"
#define RC_SOURCE  "G. E. Collins, CACM 3(12), 1960; CPython's object.h under the GIL"
#define RC_WHEN    "one thread, or a global lock that stays"
#define RC_TRAITS  (RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_header {
    _Atomic(intptr_t) count;
};

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) - 1;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    if (n == 0)
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->count, memory_order_relaxed) == 0)
        return false;
    rc_incref(t, h);
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 1, .store = 1)                                                          \
    op(decref_own, .load = 1, .store = 1)                                                          \
    op(incref_other, .load = 1, .store = 1)                                                        \
    op(decref_other, .load = 1, .store = 1)                                                        \
    op(death_own, .load = 1, .store = 1)                                                           \
    op(try_incref, .load = 2, .store = 1)                                                          \
    op(local_pair, .load = 2, .store = 2)                                                          \
    op(load, .load = 2, .store = 1)                                                                \
    op(store, .load = 3, .store = 3)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_state.h"
#include "rc_slot_alone.h"
#include "rc_weak_locked.h"

#endif
