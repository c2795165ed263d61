// SPDX-License-Identifier: MIT

#include "stats.h"

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

static double sorted_quantile(const double *sorted, size_t n, double q)
{
    double place = (double)(n - 1) * q;
    size_t below = (size_t)place;
    double part = place - (double)below;

    /* No shortcut: there may be no next value, or an infinite one, and ties must stay exact. */
    if (part == 0 || sorted[below] == sorted[below + 1])
        return sorted[below];
    return (1 - part) * sorted[below] + part * sorted[below + 1];
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
 * The largest rank r, 1..(n+1)/2, whose coverage 1 - 2 P(B < r) is at least confidence, else 1.
 * Binomial coefficients are summed as they are, exactly up to n of about 50, and scaled by powers
 * of two so that they never overflow.
 */
static size_t sign_test_rank(size_t n, double confidence, double *coverage)
{
    double term = 1, sum = 1; /* C(n, r-1), and its sum over 0..r-1 */
    long exponent = 1 - (long)n;
    size_t rank = 1;

    *coverage = 1 - scalbln(sum, exponent);
    while (rank < (n + 1) / 2) {
        double wider;

        term = term * (double)(n - rank + 1) / (double)rank;
        sum += term;
        if (sum > 0x1p500) {
            term *= 0x1p-500;
            sum *= 0x1p-500;
            exponent += 500;
        }
        wider = 1 - scalbln(sum, exponent);
        if (!(wider >= confidence))
            break;
        *coverage = wider;
        rank++;
    }
    return rank;
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

/* Uniform in 0..bound-1: values below 2^64 mod bound are drawn again, as they would favour some. */
static uint64_t random_below(uint64_t bound, uint64_t *state)
{
    uint64_t value;

    do
        value = stats_random(state);
    while (value < -bound % bound);
    return value % bound;
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
