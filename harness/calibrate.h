// SPDX-License-Identifier: MIT
//
// What a machine is calibrated with, and what follows from the measurement of each cell: how far
// two cells that are equal come out apart, and how small a difference could be found.
#ifndef CALIBRATE_H
#define CALIBRATE_H

#include "checks.h"
#include "plan.h"

#define CALIBRATE_PLAN "calibrate"
// The text of a plan, for the caller to free: of each workload typical cells with copies, which
// make two independent A/A comparisons, and with an extra cost of 5 %. Of many workloads each has
// one pair of schemes for a number of threads, not the same for all. NULL, with a message: out of
// memory, or no typical pair goes with a workload.
char *calibrate_plan(const struct workload *const *workload, size_t n, unsigned cpus,
                     struct error *e);

enum { CALIBRATE_BUDGETS = 3 };
extern const double calibrate_budget_s[CALIBRATE_BUDGETS];
#define CALIBRATE_POWER 0.9

struct calibrated {
    const struct result *cell; // a family's first
    size_t blocks;             // of its A/A comparisons, in the mean
    double block_s;            // seconds that two cells of a block take
    double scatter;            // between the quartiles of the A/A log-ratios, as a ratio less 1
    double half_width;         // of an A/A interval with so many blocks, the same
    // The smallest effect, as a ratio, that is found beyond the margin with CALIBRATE_POWER: with
    // so many blocks, and with as many as each budget has room for. NAN: none.
    double detectable, budget[CALIBRATE_BUDGETS];
    const struct comparison *extra; // NULL: it has none
};
// Of each family with A/A comparisons: the caller's, to free. False: with a message.
bool calibrate_cells(struct store *s, const struct results *r, const struct checks *c,
                     struct calibrated **list, size_t *n, struct error *e);

#endif
