// SPDX-License-Identifier: MIT
//
// generational_immortal: plain_immortal with CPython's collector of cycles, as 3.12 has the two.
// The collector stands in rc_generational.h.
#ifndef RC_GENERATIONAL_IMMORTAL_H
#define RC_GENERATIONAL_IMMORTAL_H

#include "rc_linked.h"

#define RC_SUMMARY "plain_immortal with a generational collector of cycles, under a global lock"
#define RC_SOURCE  GENERATIONAL_SOURCE "3.12"
#define RC_WHEN    "as generational, and objects that all count, or processes that fork"
#define RC_TRAITS  (GENERATIONAL_TRAITS | RC_UNCOUNTED)

struct rc_header {
    struct linked link; // while tracked
    _Atomic(uint32_t) count;
    COLLECTOR_FIELDS
};
#include "rc_plain_immortal.h"

#include "rc_generational.h"

// clang-format off
#define RC_CENSUS(op)                                                                              \
    GENERATIONAL_CENSUS(op)                                                                        \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)
// clang-format on

#endif
