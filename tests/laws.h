// SPDX-License-Identifier: MIT
//
// Laws to draw block log-ratios from, for tests by simulation. The true median of each is 0.
#ifndef LAWS_H
#define LAWS_H

#include "stats.h"

#include <math.h>

struct law {
    const char *name;
    double (*draw)(uint64_t *random);
};

// Uniform in 0..1 without the ends.
static inline double draw_uniform(uint64_t *random)
{
    return ((double)(stats_random(random) >> 12) + 0.5) / 0x1p52;
}

// Box and Muller 1958, one of the two.
static inline double draw_normal(uint64_t *random)
{
    double length = sqrt(-2 * log(draw_uniform(random)));

    return length * cos(2 * M_PI * draw_uniform(random));
}

static inline double draw_skewed(uint64_t *random)
{
    return exp(draw_normal(random)) - 1;
}

// Two speeds: nothing lies near the median.
static inline double draw_bimodal(uint64_t *random)
{
    return (stats_random(random) >> 63 ? 1 : -1) + 0.2 * draw_normal(random);
}

// No variance.
static inline double draw_student2(uint64_t *random)
{
    return draw_normal(random) / sqrt(-log(draw_uniform(random)));
}

// No mean.
static inline double draw_cauchy(uint64_t *random)
{
    return tan(M_PI * (draw_uniform(random) - 0.5));
}

// A clock that ticks twelve times in a standard deviation: 3.3 % of all values are the median.
static inline double draw_ticks(uint64_t *random)
{
    return rint(12 * draw_normal(random));
}

// One that ticks once: 38 % are.
static inline double draw_coarse(uint64_t *random)
{
    return rint(draw_normal(random));
}

enum { LAWS_CONTINUOUS = 5, LAW_TICKS = LAWS_CONTINUOUS, LAW_COARSE, LAWS };
static const struct law laws[LAWS] = {
    {"normal", draw_normal},
    {"skewed (lognormal)", draw_skewed},
    {"bimodal", draw_bimodal},
    {"heavy-tailed (t, 2 df)", draw_student2},
    {"heavy-tailed (Cauchy)", draw_cauchy},
    {"ties: a clock of sd/12", draw_ticks},
    {"heavy ties: a clock of 1 sd", draw_coarse},
};

#endif
