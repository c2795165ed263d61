// SPDX-License-Identifier: MIT
//
// plain: one word, added to and subtracted from. What every interpreter with a global lock does
// (CPython since 1991); right only while threads exclude each other. All of it stands in
// rc_plain.h.
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

#include "rc_plain.h"

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t;
    plain_init(h, flags);
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
