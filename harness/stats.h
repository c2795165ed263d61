// SPDX-License-Identifier: MIT

/*
 * Statistics of benchmark figures. No function keeps or changes its input, except stats_shuffle.
 * A NAN among the values makes the result NAN, and so does a lack of memory for the sorted copy;
 * stats_ratio_interval alone skips what it cannot use.
 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
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

/* P(B <= k), B binomial(n, p). Good to 1e-9 of itself, n up to 1e6. NAN unless 0 <= p <= 1. */
double stats_binomial(size_t k, size_t n, double p);

/* The share k / n with the exact interval of Clopper and Pearson 1934, which covers at least
 * confidence (on both sides together). All NAN if n is 0 or less than k, or confidence not between
 * 0 and 1. */
struct stats_interval stats_proportion(size_t k, size_t n, double confidence);

/*
 * What a comparison of costs claims, against a margin d > 0 (0.01 is 1 %): worse, the typical ratio
 * is above 1 + d; better, below 1 / (1 + d); equivalent, between them. Whoever can claim none of
 * these is undecided. (Two one-sided tests: Schuirmann 1987.)
 */
enum stats_verdict { STATS_UNDECIDED, STATS_BETTER, STATS_WORSE, STATS_EQUIVALENT };
const char *stats_verdict_name(enum stats_verdict verdict);

/*
 * The claim that blocks' log-ratios support best, and the p-value of its sign tests, two-sided: it
 * is at most 1 - c, for any c > 0, exactly if stats_median_interval reaches confidence c and its
 * interval there lies where the claim says. Never is more than one claim below 1. Undecided with 1
 * if none is, without a value, and with a NAN.
 */
struct stats_claim {
    enum stats_verdict verdict;
    double p;
};
struct stats_claim stats_claim(const double *log_ratio, size_t n, double margin);

/*
 * p-values of n comparisons, adjusted, into adjusted[n] (in the same order; may be p itself). Holm
 * 1979: who claims what is at most a claims anything wrong with probability at most a, whatever
 * depends on what (docs/statistics.md has the small print). Benjamini and Hochberg 1995: at most a
 * share a of what is claimed is wrong, on average, of comparisons that are independent or depend
 * positively, as those with one baseline do (Benjamini and Yekutieli 2001); for a first look.
 * False: out of memory.
 */
bool stats_holm(const double *p, size_t n, double *adjusted);
bool stats_benjamini_hochberg(const double *p, size_t n, double *adjusted);

/* The samples of two cells that were measured in one block. */
struct stats_block {
    const double *x, *base;
    size_t xs, bases;
};
/*
 * Interval of the typical ratio by the cluster bootstrap (Davison and Hinkley 1997, 3.8): blocks
 * are drawn with replacement, in each drawn block the samples of either process; of each resample
 * the median over blocks of the log-ratio of the processes' medians; percentiles of these. The same
 * seed, the same interval. It is a cross-check of stats_ratio_interval. A block is skipped unless
 * both have samples and all are positive and finite; .n counts the others. .confidence is what was
 * asked, docs/statistics.md has what is reached. All NAN without blocks, resamples or memory.
 */
struct stats_interval stats_bootstrap_ratio(const struct stats_block *block, size_t n,
                                            double confidence, unsigned resamples, uint64_t seed);

/*
 * Whether a comparison has been measured enough: the interval of the median log-ratio is no wider
 * than half the margin, log(1 + d) / 2, and the halves of the blocks, in the order in which they
 * were measured, agree: their intervals overlap. It never looks at where the interval lies. At
 * least 12 values, so that each half has an interval at 0.95. False with a NAN.
 */
bool stats_enough(const double *log_ratio, size_t n, double margin, double confidence);

/*
 * The share, 0..1, of the variance of x that lies between groups (group[i] is that of x[i], any
 * number): one-way random effects, the intraclass correlation ICC(1) by Donner's n0 for groups of
 * unequal size, never below 0. NAN with fewer than two groups, without a group of two, or without
 * variance.
 */
double stats_group_share(const double *x, const unsigned *group, size_t n);

/*
 * The smallest effect, as a ratio above 1, that n blocks would show as `worse` by a margin with so
 * much power, if log-ratios scatter as the `seen` ones of A/A comparisons do around their median.
 * By the distribution of the order statistic that bounds the interval from below. NAN if n blocks
 * do not reach confidence, or the quantile that decides lies beyond the seen values (at 0.95, for a
 * power of 0.8: 12 blocks need 7 seen, 6 need 27).
 */
double stats_detectable(const double *log_ratio, size_t seen, size_t n, double margin,
                        double confidence, double power);

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
