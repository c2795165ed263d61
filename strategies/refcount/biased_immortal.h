// SPDX-License-Identifier: MIT
//
// biased_immortal: biased counting with the immortal objects of PEP 683, as PEP 703 put the two
// together: every count first loads `local`, and leaves the object alone if that says that it never
// dies (Py_INCREF of CPython 3.13's free-threaded build: load, add one, return if the sum is zero,
// then compare the owner). Against biased a count by another thread than the owner pays one load
// more, and one by the owner a test; in return the line of what all threads use all the time stays
// with all of them.
//
// Invariant and orders: rc_biased.h. An immortal object's header is written by its maker alone, in
// rc_init and, when all are done, in rc_end_immortal, which makes it mortal and its own again.
#ifndef RC_BIASED_IMMORTAL_H
#define RC_BIASED_IMMORTAL_H

#define BIASED_IMMORTALS 1
#include "rc_biased.h"

#define RC_SUMMARY "biased, and immortal objects are known by the owner's word and never written"
#define RC_SOURCE  "PEP 703 (Sam Gross, 2023) with PEP 683 (E. Snow, E. Elizondo)"
#define RC_WHEN    "as biased, where None, small integers and types are counted by all threads"
#define RC_TRAITS \
    (RC_SHARED | RC_FREES | RC_LATE | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_UNCOUNTED)

// Of mortal objects as biased, with the look at `local` before that at the owner's id.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 2)                                                          \
    op(decref_other, .rmw = 1, .load = 3)                                                          \
    op(death_own, .load = 3, .store = 1)                                                           \
    op(try_incref, .rmw = 1, .load = 3)                                                            \
    op(local_pair, .rmw = 2, .load = 5)                                                            \
    op(load, .rmw = 2, .load = 3, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)                                                     \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)
// clang-format on

#include "rc_biased_alone.h"

#endif
