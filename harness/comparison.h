// SPDX-License-Identifier: MIT
//
// A comparison of two cells that were measured in the same blocks: the ratio of their times an
// operation, paired by block, inside one speed of the machine (disturbance.h), with an interval, a
// claim against a margin, and what it rests on.
#ifndef COMPARISON_H
#define COMPARISON_H

#include "disturbance.h"
#include "results.h"

// The least difference that matters, where nothing else says so.
#define COMPARISON_MARGIN 0.01

struct comparison {
    const struct result *base, *with; // of one family on one machine
    // Blocks in which both have samples of this speed; the speed is that with the most such blocks
    // (as many: fast). Unknown where samples carry no probes.
    enum speed speed;
    struct stats_interval ratio;      // with / base; n: blocks; n 0: they share none
    struct stats_interval at[SPEEDS]; // by speed; n 0: it did not occur in both. at[speed] is ratio
    struct stats_interval bootstrap;  // of the same blocks
    double *log_ratio;                // of the same blocks, ratio.n of them, as measured
    size_t mixed;     // blocks that both have and that are in no comparison: no common speed
    size_t disturbed; // compared blocks in which one of the two was disturbed to the last attempt
    double layout_share; // of the variance of the log-ratios, by either's layout; NAN: one layout
    struct stats_claim claim;   // against the margin, as if it were the only comparison
    double p;                   // corrected; as in the claim until then
    enum stats_verdict verdict; // the claim's if p <= 1 - confidence, else undecided
};

// False: out of memory. comparison_free frees what it holds, not the rows.
bool comparison_make(const struct result *base, const struct result *with, double margin,
                     struct comparison *c);
// The same but for the bootstrap, which costs milliseconds: for many at once.
bool comparison_look(const struct result *base, const struct result *with, double margin,
                     struct comparison *c);
void comparison_free(struct comparison *c);

// Corrects for there being n comparisons: CLAIMS by Holm, SCREEN by Benjamini and Hochberg. False:
// out of memory.
enum correction { CORRECT_CLAIMS, CORRECT_SCREEN };
bool comparisons_correct(struct comparison *c, size_t n, enum correction correction);

#endif
