// SPDX-License-Identifier: MIT
//
// plain_immortal: plain, but an object that was made immortal is recognised by its count and never
// written: None, small integers, types and interned names cost no more than a look, and their lines
// stay shared by all processors; in return every count of every other object pays for a test. All
// of it stands in rc_plain_immortal.h.
#ifndef RC_PLAIN_IMMORTAL_H
#define RC_PLAIN_IMMORTAL_H

#include "rc.h"

#define RC_SUMMARY "plain, but immortal objects are known by a saturated count and never written"
#define RC_SOURCE  "PEP 683 (E. Snow, E. Elizondo), as in CPython 3.12"
#define RC_WHEN    "a global lock, and processes that fork or objects that all of them count"
#define RC_TRAITS  (RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_UNCOUNTED)

struct rc_header {
    _Alignas(8) _Atomic(uint32_t) count; // as large as CPython's word
};

#include "rc_plain_immortal.h"

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t;
    plain_init(h, flags);
}

// Of mortal objects as plain; immortal ones are looked at.
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
    op(store, .load = 3, .store = 3)                                                               \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_state.h"
#include "rc_slot_alone.h"
#include "rc_weak_locked.h"

#endif
