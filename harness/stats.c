// SPDX-License-Identifier: MIT

#include "stats.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* A sorted copy that the caller frees; NULL if x is empty or has a NAN, or memory is short. */
static double *sorted_copy(const double *x, size_t n)
{
    double *copy;

    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return NULL;
    }
    copy = n ? calloc(n, sizeof(*copy)) : NULL;
    if (copy) {
        memcpy(copy, x, n * sizeof(*copy));
        qsort(copy, n, sizeof(*copy), by_value);
    }
    return copy;
}

/* Between the order statistics below and above place, which counts from 0. */
static double sorted_at(const double *sorted, double place)
{
    size_t below = (size_t)place;
    double part = place - (double)below;

    /* No shortcut: there may be no next value, or an infinite one, and ties must stay exact. */
    if (part == 0 || sorted[below] == sorted[below + 1])
        return sorted[below];
    return (1 - part) * sorted[below] + part * sorted[below + 1];
}

static double sorted_quantile(const double *sorted, size_t n, double q)
{
    return sorted_at(sorted, (double)(n - 1) * q);
}

double stats_quantile(const double *x, size_t n, double q)
{
    double *sorted = q >= 0 && q <= 1 ? sorted_copy(x, n) : NULL;
    double value = sorted ? sorted_quantile(sorted, n, q) : NAN;

    free(sorted);
    return value;
}

double stats_median(const double *x, size_t n)
{
    return stats_quantile(x, n, 0.5);
}

/*
 * The tail of the sign test, 2 P(B <= k), B binomial(n, 1/2), from k = 0 upwards. Coefficients are
 * summed as they are, exactly up to n of about 50, and scaled by powers of two so that they never
 * overflow. Intervals and claims both walk it, and so agree to the last bit.
 */
struct sign_tail {
    size_t n, k;
    double term, sum; /* C(n, k), and its sum over 0..k, both by 2^exponent */
    long exponent;
};

static struct sign_tail sign_tail_first(size_t n)
{
    return (struct sign_tail){.n = n, .term = 1, .sum = 1, .exponent = 1 - (long)n};
}

static void sign_tail_next(struct sign_tail *t)
{
    t->term = t->term * (double)(t->n - t->k) / (double)(t->k + 1);
    t->sum += t->term;
    t->k++;
    if (t->sum > 0x1p500) {
        t->term *= 0x1p-500;
        t->sum *= 0x1p-500;
        t->exponent += 500;
    }
}

static double sign_tail_value(const struct sign_tail *t)
{
    return scalbln(t->sum, t->exponent);
}

/* The largest rank r, 1..(n+1)/2, whose coverage 1 - 2 P(B < r) is at least confidence, else 1. */
static size_t sign_test_rank(size_t n, double confidence, double *coverage)
{
    struct sign_tail tail = sign_tail_first(n);
    size_t rank = 1;

    *coverage = 1 - sign_tail_value(&tail);
    while (rank < (n + 1) / 2) {
        sign_tail_next(&tail);
        if (!(sign_tail_value(&tail) <= 1 - confidence))
            break;
        *coverage = 1 - sign_tail_value(&tail);
        rank++;
    }
    return rank;
}

/* 2 P(B <= k), at most 1. */
static double sign_test_p(size_t k, size_t n)
{
    struct sign_tail tail = sign_tail_first(n);

    if (k >= n - k) /* half of all, or more */
        return 1;
    while (tail.k < k)
        sign_tail_next(&tail);
    return fmin(1, sign_tail_value(&tail));
}

struct stats_interval stats_median_interval(const double *x, size_t n, double confidence)
{
    struct stats_interval out = {NAN, NAN, NAN, NAN, n};
    double *sorted = sorted_copy(x, n);

    if (sorted) {
        size_t rank = sign_test_rank(n, confidence, &out.confidence);

        out.low = sorted[rank - 1];
        out.middle = sorted_quantile(sorted, n, 0.5);
        out.high = sorted[n - rank];
    }
    free(sorted);
    return out;
}

static bool usable(double x)
{
    return isfinite(x) && x > 0;
}

struct stats_interval stats_ratio_interval(const double *x, const double *base, size_t n,
                                           double confidence)
{
    double *logs = n ? calloc(n, sizeof(*logs)) : NULL;
    struct stats_interval out;
    size_t used = 0;

    for (size_t i = 0; logs && i < n; i++) {
        if (usable(x[i]) && usable(base[i]))
            logs[used++] = log(x[i]) - log(base[i]); /* a quotient could overflow */
    }
    out = stats_median_interval(logs, used, confidence);
    free(logs);
    out.low = exp(out.low);
    out.middle = exp(out.middle);
    out.high = exp(out.high);
    return out;
}

/*
 * Terms are taken relative to that of the mode, outwards by their quotients until they vanish, and
 * divided by the sum of all: nothing overflows, and no logarithm of a factorial loses digits.
 */
double stats_binomial(size_t k, size_t n, double p)
{
    double odds = p / (1 - p), below = 0, above = 0, term = 1;
    size_t mode;

    if (!(p >= 0 && p <= 1))
        return NAN;
    if (k >= n || p == 0)
        return 1;
    if (p == 1)
        return 0;
    mode = (size_t)((double)(n + 1) * p); /* at most n, as p < 1 */
    for (size_t i = mode; term > DBL_MIN; i--) {
        *(i <= k ? &below : &above) += term;
        if (i == 0)
            break;
        term *= (double)i / ((double)(n - i + 1) * odds);
    }
    term = 1;
    for (size_t i = mode; i < n && term > DBL_MIN; i++) {
        term *= (double)(n - i) * odds / (double)(i + 1);
        *(i + 1 <= k ? &below : &above) += term;
    }
    return below / (below + above);
}

/* The p at which P(B <= k) has fallen to tail; k < n. */
static double binomial_bound(size_t k, size_t n, double tail)
{
    double low = 0, high = 1;

    for (;;) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high)
            return high;
        if (stats_binomial(k, n, middle) > tail)
            low = middle;
        else
            high = middle;
    }
}

struct stats_interval stats_proportion(size_t k, size_t n, double confidence)
{
    struct stats_interval out = {NAN, NAN, NAN, NAN, n};
    double tail = (1 - confidence) / 2;

    if (n == 0 || k > n || !(confidence > 0 && confidence < 1))
        return out;
    out.low = k == 0 ? 0 : 1 - binomial_bound(n - k, n, tail);
    out.middle = (double)k / (double)n;
    out.high = k == n ? 1 : binomial_bound(k, n, tail);
    out.confidence = confidence;
    return out;
}

const char *stats_verdict_name(enum stats_verdict verdict)
{
    static const char *const names[] = {"undecided", "better", "worse", "equivalent"};

    return names[verdict];
}

struct stats_claim stats_claim(const double *log_ratio, size_t n, double margin)
{
    const double edge = log1p(margin);
    size_t not_worse = 0, not_better = 0, not_below = 0, not_above = 0;
    struct stats_claim claim = {STATS_UNDECIDED, 1};
    double p;

    for (size_t i = 0; i < n; i++) {
        double x = log_ratio[i];

        if (isnan(x))
            return claim;
        not_worse += x <= edge;
        not_better += x >= -edge;
        not_below += x >= edge; /* these two count against equivalence */
        not_above += x <= -edge;
    }
    /* At most one of the three is below 1: each needs more than half of the values. */
    p = sign_test_p(not_worse, n);
    if (p < claim.p)
        claim = (struct stats_claim){STATS_WORSE, p};
    p = sign_test_p(not_better, n);
    if (p < claim.p)
        claim = (struct stats_claim){STATS_BETTER, p};
    p = sign_test_p(not_below > not_above ? not_below : not_above, n);
    if (p < claim.p)
        claim = (struct stats_claim){STATS_EQUIVALENT, p};
    return claim;
}

struct ranked {
    double p;
    size_t place;
};

static int by_p(const void *a, const void *b)
{
    return by_value(&((const struct ranked *)a)->p, &((const struct ranked *)b)->p);
}

/* The p-values from the smallest up, with their places; the caller frees them. NULL: none, or out
 * of memory. */
static struct ranked *rank_p(const double *p, size_t n)
{
    struct ranked *ranked = n ? calloc(n, sizeof(*ranked)) : NULL;

    for (size_t i = 0; ranked && i < n; i++)
        ranked[i] = (struct ranked){p[i], i};
    if (ranked)
        qsort(ranked, n, sizeof(*ranked), by_p);
    return ranked;
}

bool stats_holm(const double *p, size_t n, double *adjusted)
{
    struct ranked *ranked = rank_p(p, n);
    double largest = 0;

    for (size_t i = 0; ranked && i < n; i++) {
        largest = fmax(largest, fmin(1, ranked[i].p * (double)(n - i)));
        adjusted[ranked[i].place] = largest;
    }
    free(ranked);
    return ranked || n == 0;
}

bool stats_benjamini_hochberg(const double *p, size_t n, double *adjusted)
{
    struct ranked *ranked = rank_p(p, n);
    double smallest = 1;

    for (size_t i = n; ranked && i > 0; i--) {
        smallest = fmin(smallest, ranked[i - 1].p * (double)n / (double)i);
        adjusted[ranked[i - 1].place] = smallest;
    }
    free(ranked);
    return ranked || n == 0;
}

/* Uniform in 0..bound-1: values below 2^64 mod bound are drawn again, as they would favour some. */
static uint64_t random_below(uint64_t bound, uint64_t *state)
{
    uint64_t value;

    do
        value = stats_random(state);
    while (value < -bound % bound);
    return value % bound;
}

static bool all_usable(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!usable(x[i]))
            return false;
    }
    return n > 0;
}

/* Median of as many values drawn from x[n] with replacement; room for n values. */
static double resampled_median(const double *x, size_t n, double *room, uint64_t *state)
{
    for (size_t i = 0; i < n; i++)
        room[i] = x[random_below(n, state)];
    qsort(room, n, sizeof(*room), by_value);
    return sorted_quantile(room, n, 0.5);
}

struct stats_interval stats_bootstrap_ratio(const struct stats_block *block, size_t n,
                                            double confidence, unsigned resamples, uint64_t seed)
{
    struct stats_interval out = {NAN, NAN, NAN, NAN, 0};
    const struct stats_block **used = n ? calloc(n, sizeof(const struct stats_block *)) : NULL;
    double *logs = n ? calloc(n, sizeof(*logs)) : NULL;
    double *medians = resamples ? calloc(resamples, sizeof(*medians)) : NULL;
    double *room = NULL;
    size_t most = 0;

    for (size_t i = 0; used && logs && i < n; i++) {
        const struct stats_block *b = &block[i];

        if (!all_usable(b->x, b->xs) || !all_usable(b->base, b->bases))
            continue;
        most = b->xs > most ? b->xs : most;
        most = b->bases > most ? b->bases : most;
        logs[out.n] = log(stats_median(b->x, b->xs)) - log(stats_median(b->base, b->bases));
        used[out.n++] = b;
    }
    room = most ? calloc(most, sizeof(*room)) : NULL;
    if (room && medians && confidence >= 0 && confidence <= 1) {
        out.middle = exp(stats_median(logs, out.n));
        for (unsigned r = 0; r < resamples; r++) {
            for (size_t i = 0; i < out.n; i++) {
                const struct stats_block *b = used[random_below(out.n, &seed)];
                double x = resampled_median(b->x, b->xs, room, &seed);

                logs[i] = log(x) - log(resampled_median(b->base, b->bases, room, &seed));
            }
            qsort(logs, out.n, sizeof(*logs), by_value);
            medians[r] = sorted_quantile(logs, out.n, 0.5);
        }
        out.low = exp(stats_quantile(medians, resamples, (1 - confidence) / 2));
        out.high = exp(stats_quantile(medians, resamples, (1 + confidence) / 2));
        out.confidence = confidence;
    }
    free(used);
    free(logs);
    free(medians);
    free(room);
    return out;
}

bool stats_enough(const double *log_ratio, size_t n, double margin, double confidence)
{
    enum { LEAST = 12 };
    struct stats_interval all, first, last;

    if (n < LEAST)
        return false;
    all = stats_median_interval(log_ratio, n, confidence);
    first = stats_median_interval(log_ratio, n / 2, confidence);
    last = stats_median_interval(log_ratio + n / 2, n - n / 2, confidence);
    return all.confidence >= confidence && all.high - all.low <= log1p(margin) / 2 &&
           first.low <= last.high && last.low <= first.high;
}

struct member {
    unsigned group;
    double x;
};

static int by_group(const void *a, const void *b)
{
    unsigned x = ((const struct member *)a)->group, y = ((const struct member *)b)->group;

    return (x > y) - (x < y);
}

double stats_group_share(const double *x, const unsigned *group, size_t n)
{
    struct member *member = n ? calloc(n, sizeof(*member)) : NULL;
    double sum = 0, squares = 0, within = 0, between = 0, n0;
    size_t groups = 0;

    if (!member)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        member[i] = (struct member){group[i], x[i] - x[0]}; /* equal values become exactly 0 */
        sum += member[i].x;
    }
    qsort(member, n, sizeof(*member), by_group);
    for (size_t from = 0, to; from < n; from = to, groups++) {
        double total = 0, mean;

        for (to = from; to < n && member[to].group == member[from].group; to++)
            total += member[to].x;
        mean = total / (double)(to - from);
        for (size_t i = from; i < to; i++)
            within += (member[i].x - mean) * (member[i].x - mean);
        between += (double)(to - from) * (mean - sum / (double)n) * (mean - sum / (double)n);
        squares += (double)(to - from) * (double)(to - from);
    }
    free(member);
    if (groups < 2 || groups == n || !(within + between > 0))
        return NAN;
    within /= (double)(n - groups);
    n0 = ((double)n - squares / (double)n) / (double)(groups - 1);
    between = fmax(0, (between / (double)(groups - 1) - within) / n0);
    return between / (between + within);
}

/*
 * `worse` needs the rank-th smallest of n values above the edge, hence fewer than rank values at or
 * below it. That has the probability `power` if a value is there with probability `level`; so the
 * effect is what puts the edge at this quantile of the values. The quantile is at (seen + 1) level
 * of the ordered values (type 6), as a further value falls below the k-th of them with probability
 * k / (seen + 1): type 7 would take the seen extremes for those of the law.
 */
double stats_detectable(const double *log_ratio, size_t seen, size_t n, double margin,
                        double confidence, double power)
{
    double *sorted = n ? sorted_copy(log_ratio, seen) : NULL;
    double effect = NAN, coverage;

    if (sorted) {
        size_t rank = sign_test_rank(n, confidence, &coverage);
        double place = (double)(seen + 1) * binomial_bound(rank - 1, n, power) - 1;

        if (coverage >= confidence && place >= 0 && place <= (double)(seen - 1))
            effect =
                exp(log1p(margin) + sorted_quantile(sorted, seen, 0.5) - sorted_at(sorted, place));
    }
    free(sorted);
    return effect;
}

double stats_jain(const uint64_t *counts, size_t n)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (double)counts[i];
        squares += (double)counts[i] * (double)counts[i];
    }
    if (squares == 0)
        return 1;
    return fmin(1, sum * sum / ((double)n * squares)); /* rounding may pass 1 */
}

void stats_williams(unsigned n, unsigned row, unsigned *order)
{
    bool reversed;

    if (n == 0)
        return;
    reversed = n % 2 && row / n % 2;
    for (unsigned i = 0; i < n; i++) {
        /* The first row zigzags 0, 1, n-1, 2, n-2, ..., so that its steps are all different; the
         * others shift it. For odd n the mirrored rows make up for the steps' directions. */
        unsigned first = i % 2 ? (i + 1) / 2 : (n - i / 2) % n;

        order[reversed ? n - 1 - i : i] = (first + row % n) % n;
    }
}

uint64_t stats_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void stats_shuffle(unsigned *x, size_t n, uint64_t *state)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = random_below(i, state);
        unsigned last = x[i - 1];

        x[i - 1] = x[other];
        x[other] = last;
    }
}
