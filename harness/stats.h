// SPDX-License-Identifier: MIT

/*
 * Statistics of benchmark figures. No function keeps or changes its input, except stats_shuffle.
 * A NAN among the values makes the result NAN, and so does a lack of memory for the sorted copy;
 * stats_ratio_interval alone skips what it cannot use.
 */
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

/* A point estimate between its bounds, in the unit of the data (a ratio has none). */
struct stats_interval {
    double low;
    double middle;
    double high;
    double confidence; /* coverage of [low, high] that was reached, 0..1; may miss the request */
    size_t n;          /* values used */
};

/* Middle value, or the mean of the middle two. NAN if n is 0. */
double stats_median(const double *x, size_t n);

/* Quantile q in 0..1, type 7 of Hyndman and Fan 1996: linear between order statistics, the
 * extremes at 0 and 1. NAN if n is 0 or q is out of range. */
double stats_quantile(const double *x, size_t n, double q);

/*
 * Median with the interval of the sign test: the narrowest pair (r-th smallest, r-th largest) whose
 * coverage P(r <= B <= n-r), B binomial(n, 1/2), is at least confidence. It assumes independent
 * values and nothing of their shape; ties make it conservative. Where even the extremes cover too
 * little (n < 6 at 0.95) they are the bounds, and .confidence says 1 - 2^(1-n). All NAN if n is 0.
 */
struct stats_interval stats_median_interval(const double *x, size_t n, double confidence);

/*
 * Interval of exp(median(log(x[i] / base[i]))): the typical ratio of values paired by block.
 * A pair is skipped unless both values are positive and finite; .n counts the others.
 */
struct stats_interval stats_ratio_interval(const double *x, const double *base, size_t n,
                                           double confidence);

/* Jain's fairness index (Jain, Chiu, Hawe 1984), (sum x)^2 / (n sum x^2): 1 if all counts are
 * equal (all 0 included, or n 0), 1/n if one has everything. */
double stats_jain(const uint64_t *counts, size_t n);

/*
 * A row of a Williams design over 0..n-1 into order[n]; row is taken modulo the rows, n of them for
 * even n and 2n for odd n. Over all rows each value stands equally often in each position, and each
 * follows each other equally often. Williams, "Experimental designs balanced for the estimation of
 * residual effects of treatments", Australian Journal of Scientific Research A 2, 1949.
 */
void stats_williams(unsigned n, unsigned row, unsigned *order);

/* Next of 64 uniform bits; any seed will do. splitmix64: Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014. */
uint64_t stats_random(uint64_t *state);

/* Permute x[n] in place, all permutations equally likely (Fisher-Yates). */
void stats_shuffle(unsigned *x, size_t n, uint64_t *state);

#endif
