// SPDX-License-Identifier: MIT
//
// generational: plain with CPython's collector of cycles, as before 3.12: immortal objects are
// counted like others. The collector stands in rc_generational.h.
#ifndef RC_GENERATIONAL_H
#define RC_GENERATIONAL_H

#include "rc_linked.h"

#define RC_SUMMARY "plain with a generational collector of cycles, under a global lock"
#define RC_SOURCE  GENERATIONAL_SOURCE "3.11"
#define RC_WHEN    "one thread, or a global lock that stays, and objects that form cycles"
#define RC_TRAITS  GENERATIONAL_TRAITS

struct rc_header {
    struct linked link; // while tracked
    _Atomic(intptr_t) count;
    COLLECTOR_FIELDS
};
#include "rc_plain.h"

#include "rc_generational.h"

#define RC_CENSUS(op) GENERATIONAL_CENSUS(op)

#endif
