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

#include "rc_biased_alone.h"

#endif
