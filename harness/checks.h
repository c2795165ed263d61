// SPDX-License-Identifier: MIT
//
// What the cells that are there to be checked with say of a machine and its measurements: a copy
// against its original (A/A) must not differ, one with an extra cost (spec.h) must.
#ifndef CHECKS_H
#define CHECKS_H

#include <stdio.h>

#include "comparison.h"

struct checks {
    // Equal cells of a family, in disjoint pairs (cell and copy 1, copies 2 and 3, ...), so that
    // the comparisons are independent; the rows are those of the results. Only comparisons that
    // share enough blocks for an interval of the usual confidence are here, and below.
    struct comparison *same;
    size_t sames;
    size_t excluded; // A/A comparisons whose interval lies beside 1: false alarms of the interval
    size_t alarms;   // and those that came out better or worse by the margin
    double noise;    // 95th percentile of |ratio - 1| of the A/A comparisons; NAN: none
    double margin;   // max(1 %, noise): differences below it mean nothing here
    // Each cell with an extra cost against the one without.
    struct comparison *extra;
    size_t extras;
    size_t found; // of them, by the margin
    size_t few;   // comparisons in neither list: they have too few blocks in common for an interval
};

// Of one machine's rows, or all (NULL). least_margin: 0.01 is 1 %. False: out of memory.
bool checks_make(const struct results *r, const char *machine, double least_margin,
                 struct checks *c);
void checks_free(struct checks *c);
// Some lines for a person.
void checks_print(const struct checks *c, FILE *to);

#endif
