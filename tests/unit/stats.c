// SPDX-License-Identifier: MIT

#include "stats.h"
#include "tests/laws.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool near(double x, double expected)
{
    return fabs(x - expected) <= 1e-12 * fabs(expected);
}

static bool all_nan(struct stats_interval i)
{
    return isnan(i.low) && isnan(i.middle) && isnan(i.high) && isnan(i.confidence);
}

/* 1..n in a scrambled order, so that a value is its rank; n below 10007, a prime. */
static void ranks(double *x, size_t n)
{
    size_t value = 1;

    for (size_t i = 0; i < n; i++) {
        do
            value = value * 5 % 10007; /* 5 generates all of 1..10006 */
        while (value > n);
        x[i] = (double)value;
    }
}

static void test_quantiles(void **state)
{
    const double x[] = {7, 1, 3, 10}, odd[] = {3, 1, 2}, ends[] = {-INFINITY, 1, 2, INFINITY};
    const double tied[] = {0.1, 0.1};
    double copy[COUNT(x)];

    (void)state;
    memcpy(copy, x, sizeof(x));
    assert_true(stats_median(x, 4) == 5);
    assert_true(stats_median(x, 1) == 7);
    assert_true(stats_median(odd, 3) == 2);
    assert_true(stats_median(ends, 4) == 1.5);
    assert_true(stats_median(ends + 1, 3) == 2);
    assert_true(stats_quantile(x, 4, 0) == 1);
    assert_true(stats_quantile(x, 4, 1) == 10);
    assert_true(stats_quantile(x, 4, 0.25) == 2.5);
    assert_true(near(stats_quantile(x, 4, 0.9), 9.1));
    assert_true(stats_quantile(ends, 4, 1) == INFINITY);
    for (unsigned percent = 0; percent <= 100; percent++)
        assert_true(stats_quantile(tied, 2, percent / 100.0) == 0.1);
    assert_memory_equal(copy, x, sizeof(x));
}

static void test_no_quantile(void **state)
{
    const double x[] = {1, NAN, 3};

    (void)state;
    assert_true(isnan(stats_median(NULL, 0)));
    assert_true(isnan(stats_median(x, 3)));
    assert_true(isnan(stats_quantile(x, 1, -0.1)));
    assert_true(isnan(stats_quantile(x, 1, 1.1)));
    assert_true(isnan(stats_quantile(x, 1, NAN)));
}

/* Ranks and coverages from exact integer sums of binomial coefficients. */
static void test_sign_test_ranks(void **state)
{
    static const struct {
        size_t n, rank;
        double confidence, coverage;
    } known[] = {
        {1, 1, 0.95, 0},
        {2, 1, 0.95, 0.5},
        {5, 1, 0.95, 0.9375},
        {6, 1, 0.95, 0.96875},
        {7, 1, 0.95, 0.984375},
        {8, 1, 0.95, 0.9921875},
        {9, 2, 0.95, 0.9609375},
        {10, 2, 0.95, 0.978515625},
        {12, 3, 0.95, 0.96142578125},
        {20, 6, 0.95, 0.9586105346679688},
        {100, 40, 0.95, 0.9647997997822951},
        {1000, 469, 0.95, 0.9537088026395019},
        {10000, 4902, 0.95, 0.9511670501036181},
        {10000, 4871, 0.99, 0.9904058418741641},
        {8, 2, 0.9296875, 0.9296875}, /* a coverage that is met exactly */
        {5, 3, 0, 0},                 /* nothing asked: the median itself */
        {20, 1, 1, 0.9999980926513672},
    };
    static double x[10000];

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        size_t n = known[i].n;
        struct stats_interval got;

        ranks(x, n);
        got = stats_median_interval(x, n, known[i].confidence);
        assert_int_equal(got.n, n);
        assert_true(got.low == (double)known[i].rank);
        assert_true(got.high == (double)(n + 1 - known[i].rank));
        assert_true(got.middle == (double)(n + 1) / 2);
        assert_true(near(got.confidence, known[i].coverage));
    }
}

static void test_interval_of_nothing(void **state)
{
    const double x[] = {1, 2, 3, 4, 5, 6, NAN};

    (void)state;
    assert_true(all_nan(stats_median_interval(NULL, 0, 0.95)));
    assert_int_equal(stats_median_interval(NULL, 0, 0.95).n, 0);
    assert_true(all_nan(stats_median_interval(x, 7, 0.95)));
    assert_false(all_nan(stats_median_interval(x, 6, 0.95)));
}

static void test_ties_and_outliers(void **state)
{
    const double same[] = {4, 4, 4, 4, 4, 4, 4, 4, 4};
    const double tied[] = {1, 1, 2, 2, 2, 2, 2, 3, 9};
    const double far[] = {1, 2, 3, 4, 5, 6, 7, 8, 1e300};
    struct stats_interval got;

    (void)state;
    got = stats_median_interval(same, 9, 0.95);
    assert_true(got.low == 4 && got.middle == 4 && got.high == 4);
    got = stats_median_interval(tied, 9, 0.95);
    assert_true(got.low == 1 && got.middle == 2 && got.high == 3);
    got = stats_median_interval(far, 9, 0.95);
    assert_true(got.low == 2 && got.middle == 5 && got.high == 8);
}

/* Four standard errors of a share of so many trials. */
static double slack(double share, unsigned trials)
{
    return 4 * sqrt(share * (1 - share) / trials);
}

/*
 * Without ties the true median is covered as often as is claimed, whatever the law. That is within
 * 0.93 and 0.985 but for n = 8, where the next level is below 0.93. Ties only add: let each value
 * be the median with probability a, and below or above it with (1 - a) / 2 each; then an interval
 * misses on either side if at least n + 1 - r values lie there.
 */
static void test_coverage(void **state)
{
    enum { RUNS = 3000 };
    static const size_t sizes[] = {6, 7, 8, 9, 12, 15, 20, 30, 40};
    uint64_t random = 1;

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t n = sizes[s];

        for (size_t l = 0; l < LAWS; l++) {
            unsigned covered = 0;
            double claimed = 0, share;

            for (unsigned run = 0; run < RUNS; run++) {
                struct stats_interval got;
                double x[40];

                for (size_t i = 0; i < n; i++)
                    x[i] = laws[l].draw(&random);
                got = stats_median_interval(x, n, 0.95);
                covered += got.low <= 0 && 0 <= got.high;
                claimed = got.confidence;
            }
            share = covered / (double)RUNS;
            assert_true(claimed >= 0.95 && (claimed <= 0.985 || n == 8));
            if (l < LAWS_CONTINUOUS) {
                assert_true(fabs(share - claimed) < slack(claimed, RUNS));
            } else {
                double atom = l == LAW_TICKS ? erf(0.5 / 12 / sqrt(2)) : erf(0.5 / sqrt(2));
                double rank = 1, exact;

                while (1 - 2 * stats_binomial((size_t)rank - 1, n, 0.5) > claimed + 1e-9)
                    rank++;
                exact = 1 - 2 * stats_binomial((size_t)rank - 1, n, (1 + atom) / 2);
                assert_true(exact > claimed);
                assert_true(l != LAW_TICKS || n == 8 || exact <= 0.99);
                assert_true(fabs(share - exact) <= slack(exact, RUNS) + 1e-9);
            }
        }
    }
}

static void test_ratio(void **state)
{
    const double base[] = {1, 10, 100, 1000, 1e4, 1e5};
    const double x[] = {1.2, 11, 130, 1400, 1.5e4, 1.6e5};
    struct stats_interval got = stats_ratio_interval(x, base, 6, 0.95);
    struct stats_interval back = stats_ratio_interval(base, x, 6, 0.95);
    struct stats_interval same = stats_ratio_interval(x, x, 6, 0.95);

    (void)state;
    assert_int_equal(got.n, 6);
    assert_true(near(got.low, 1.1) && near(got.high, 1.6) && got.confidence == 0.96875);
    assert_true(near(got.middle, sqrt(1.3 * 1.4)));
    assert_true(near(back.low, 1 / got.high) && near(back.high, 1 / got.low));
    assert_true(near(back.middle, 1 / got.middle));
    assert_true(same.low == 1 && same.middle == 1 && same.high == 1);
}

static void test_ratio_skips(void **state)
{
    const double base[] = {1, NAN, 1, 0, 1, -2, 1, INFINITY, 1e-200, 1e200};
    const double x[] = {2, 2, NAN, 2, 0, -4, 2, INFINITY, 1e200, 1e-200};
    struct stats_interval got = stats_ratio_interval(x, base, 8, 0.95);

    (void)state;
    assert_int_equal(got.n, 2);
    assert_true(near(got.low, 2) && near(got.middle, 2) && near(got.high, 2));
    assert_true(got.confidence == 0.5);
    got = stats_ratio_interval(x + 8, base + 8, 2, 0.95); /* quotients out of range */
    assert_int_equal(got.n, 2);
    assert_true(got.low == 0 && got.middle == 1 && got.high == INFINITY);
    got = stats_ratio_interval(x + 1, base + 1, 5, 0.95);
    assert_int_equal(got.n, 0);
    assert_true(all_nan(got));
    assert_true(all_nan(stats_ratio_interval(NULL, NULL, 0, 0.95)));
}

/* From exact sums of rational numbers. */
static void test_binomial(void **state)
{
    static const struct {
        size_t k, n;
        double p, expected;
    } known[] = {
        {3, 10, 0.5, 0.171875},
        {0, 20, 0.1, 0.12157665459056927},
        {7, 20, 0.25, 0.8981881430772773},
        {19, 20, 0.9, 0.8784233454094307},
        {2, 50, 0.5, 1.1333156635373598e-12},
        {30, 100, 0.5, 3.925069822796835e-05},
        {900, 1000, 0.95, 8.410251084877703e-11},
        {3, 1000000, 1e-6, 0.9810119044370966},
        {500000, 1000000, 0.5, 0.5003989421806659},
        {498000, 1000000, 0.5, 3.1804668750412443e-05},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        double p = stats_binomial(known[i].k, known[i].n, known[i].p);

        assert_true(fabs(p - known[i].expected) <= 1e-9 * known[i].expected);
    }
    assert_true(stats_binomial(0, 0, 0.3) == 1 && stats_binomial(5, 5, 1) == 1);
    assert_true(stats_binomial(0, 5, 0) == 1 && stats_binomial(4, 5, 1) == 0);
    assert_true(stats_binomial(0, 1000000, 1 - 0x1p-53) == 0);
    assert_true(isnan(stats_binomial(1, 5, -0.1)) && isnan(stats_binomial(1, 5, 1.1)));
    assert_true(isnan(stats_binomial(1, 5, NAN)));
}

static void test_proportion(void **state)
{
    struct stats_interval got = stats_proportion(0, 10, 0.95);

    (void)state;
    assert_true(got.low == 0 && got.middle == 0 && near(got.high, 1 - pow(0.025, 0.1)));
    assert_true(got.confidence == 0.95 && got.n == 10);
    got = stats_proportion(10, 10, 0.95);
    assert_true(near(got.low, pow(0.025, 0.1)) && got.middle == 1 && got.high == 1);
    got = stats_proportion(5, 10, 0.95);
    assert_true(fabs(got.low - 0.1870860) < 1e-7 && fabs(got.high - 0.8129140) < 1e-7);
    assert_true(all_nan(stats_proportion(0, 0, 0.95)));
    assert_true(all_nan(stats_proportion(6, 5, 0.95)));
    assert_true(all_nan(stats_proportion(1, 5, NAN)));
    assert_true(all_nan(stats_proportion(1, 5, 0)) && all_nan(stats_proportion(1, 5, 1)));
}

/* Summed over all outcomes, without drawing any. */
static void test_proportion_covers(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 60; n += 1 + n / 4) {
        struct stats_interval got[61];

        for (size_t k = 0; k <= n; k++)
            got[k] = stats_proportion(k, n, 0.95);
        for (unsigned p = 1; p < 200; p++) {
            double covered = 0, below = 0;

            for (size_t k = 0; k <= n; k++) {
                double upto = stats_binomial(k, n, p / 200.0);

                if (got[k].low <= p / 200.0 && p / 200.0 <= got[k].high)
                    covered += upto - below;
                below = upto;
            }
            assert_true(covered >= 0.95 - 1e-12);
        }
    }
}

static void test_claims(void **state)
{
    const double up[] = {0.02, 0.02, 0.03, 0.05, 0.02, 0.02}, none[] = {0, NAN, 0, 0, 0, 0, 0};
    const double ends[] = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    double edge[6], down[6], flat[] = {0.001, -0.002, 0, 0.009, -0.009, 0.0001};
    struct stats_claim claim = stats_claim(up, 6, 0.01);

    (void)state;
    assert_int_equal(claim.verdict, STATS_WORSE);
    assert_true(claim.p == 0.03125);
    for (size_t i = 0; i < 6; i++) {
        down[i] = -up[i];
        edge[i] = i < 3 ? log1p(0.01) : -log1p(0.01);
    }
    claim = stats_claim(down, 6, 0.01);
    assert_int_equal(claim.verdict, STATS_BETTER);
    assert_true(claim.p == 0.03125);
    claim = stats_claim(flat, 6, 0.01);
    assert_int_equal(claim.verdict, STATS_EQUIVALENT);
    assert_true(claim.p == 0.03125);
    flat[2] = 0.02; /* one outside: 2 (1 + 6) / 64 */
    claim = stats_claim(flat, 6, 0.01);
    assert_int_equal(claim.verdict, STATS_EQUIVALENT);
    assert_true(claim.p == 0.21875);
    flat[3] = -0.02; /* one outside on either side is no worse */
    claim = stats_claim(flat, 6, 0.01);
    assert_true(claim.verdict == STATS_EQUIVALENT && claim.p == 0.21875);
    claim = stats_claim(edge, 6, 0.01); /* the edge belongs to neither side */
    assert_true(claim.verdict == STATS_UNDECIDED && claim.p == 1);
    claim = stats_claim(edge, 3, 0.01);
    assert_true(claim.verdict == STATS_UNDECIDED && claim.p == 1);
    claim = stats_claim(ends, 6, 0.01);
    assert_true(claim.verdict == STATS_WORSE && claim.p == 0.03125);
    claim = stats_claim(none, 7, 0.01);
    assert_true(claim.verdict == STATS_UNDECIDED && claim.p == 1);
    claim = stats_claim(NULL, 0, 0.01);
    assert_true(claim.verdict == STATS_UNDECIDED && claim.p == 1);
    assert_string_equal(stats_verdict_name(STATS_UNDECIDED), "undecided");
    assert_string_equal(stats_verdict_name(STATS_BETTER), "better");
    assert_string_equal(stats_verdict_name(STATS_WORSE), "worse");
    assert_string_equal(stats_verdict_name(STATS_EQUIVALENT), "equivalent");
}

/* What the interval says at a confidence is what the claim says with that p, to the last bit. */
static void test_claims_agree_with_intervals(void **state)
{
    /* Some are levels of the sign test that are met exactly: n = 6, 8, 9, 1. */
    static const double confidences[] = {0.0625,    0.5,     0.8,  0.9,       0.9296875, 0.95,
                                         0.9609375, 0.96875, 0.99, 0.9921875, 0.999};
    static const size_t sizes[] = {1, 2, 5, 6, 8, 9, 12, 25, 60, 300, 1200};
    unsigned said[STATS_EQUIVALENT + 1] = {0};
    uint64_t random = 3;

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t n = sizes[s];

        for (unsigned run = 0; run < 600; run++) {
            const double margin = 0.01, edge = log1p(margin);
            double x[1200], middle = edge * (double)(run % 7) / 2 - 1.5 * edge;
            double scatter = edge * (run % 3 == 0 ? 0.2 : sqrt((double)n) / 3);
            struct stats_claim claim;

            for (size_t i = 0; i < n; i++) {
                x[i] = middle + scatter * laws[run % LAWS_CONTINUOUS].draw(&random);
                if (stats_random(&random) % 16 == 0) /* ties at the edges */
                    x[i] = x[i] > 0 ? edge : -edge;
            }
            claim = stats_claim(x, n, margin);
            for (size_t c = 0; c < COUNT(confidences); c++) {
                struct stats_interval i = stats_median_interval(x, n, confidences[c]);
                enum stats_verdict by_interval = STATS_UNDECIDED;

                if (i.confidence >= confidences[c]) {
                    if (i.low > edge)
                        by_interval = STATS_WORSE;
                    else if (i.high < -edge)
                        by_interval = STATS_BETTER;
                    else if (i.low > -edge && i.high < edge)
                        by_interval = STATS_EQUIVALENT;
                }
                assert_int_equal(claim.p <= 1 - confidences[c] ? claim.verdict : STATS_UNDECIDED,
                                 by_interval);
                said[by_interval]++;
            }
        }
    }
    for (size_t v = 0; v < COUNT(said); v++)
        assert_true(said[v] > 1000);
}

static void test_corrections(void **state)
{
    const double p[] = {0.04, 0.01, 0.03, 0.005, 0.9}, tied[] = {0.3, 0.02, 0.02, 0.7};
    const double holm[] = {0.09, 0.04, 0.09, 0.025, 0.9};
    const double bh[] = {0.05, 0.025, 0.05, 0.025, 0.9};
    double got[5], same[5];

    (void)state;
    assert_true(stats_holm(p, 5, got));
    for (size_t i = 0; i < 5; i++)
        assert_true(near(got[i], holm[i]));
    memcpy(same, p, sizeof(p));
    assert_true(stats_holm(same, 5, same));
    assert_memory_equal(same, got, sizeof(got));
    assert_true(stats_benjamini_hochberg(p, 5, got));
    for (size_t i = 0; i < 5; i++)
        assert_true(near(got[i], bh[i]));
    memcpy(same, p, sizeof(p));
    assert_true(stats_benjamini_hochberg(same, 5, same));
    assert_memory_equal(same, got, sizeof(got));
    assert_true(stats_holm(tied, 4, got));
    assert_true(got[0] == 0.6 && got[1] == 0.08 && got[2] == 0.08 && got[3] == 0.7);
    assert_true(stats_benjamini_hochberg(tied, 4, got));
    assert_true(near(got[0], 0.4) && got[1] == 0.04 && got[2] == 0.04 && got[3] == 0.7);
    assert_true(
        stats_holm((double[]){0.6, 0.7}, 2, got)); /* never above 1, never less than before */
    assert_true(got[0] == 1 && got[1] == 1);
    assert_true(stats_holm(NULL, 0, NULL) && stats_benjamini_hochberg(NULL, 0, NULL));
}

/* Twenty comparisons of forty blocks. At the edge every claim is wrong: one at 5 % is likely, but
 * for a correction. With right claims among them, Benjamini and Hochberg's share stays small. */
static void test_errors_of_many_claims(void **state)
{
    enum { RUNS = 1500, COMPARED = 20, N = 40 };
    static const double ratios[][2] = {{1, 1}, {1.01, 1.01}, {1.01, 1.03}};
    uint64_t random = 11;

    (void)state;
    for (size_t r = 0; r < COUNT(ratios); r++) {
        unsigned plain = 0, holm = 0, claims = 0;
        double shares = 0;

        for (unsigned run = 0; run < RUNS; run++) {
            double p[COMPARED], by_holm[COMPARED], by_bh[COMPARED];
            unsigned wrong_plain = 0, wrong_holm = 0, wrong_bh = 0, claimed_bh = 0;
            struct stats_claim claim[COMPARED];

            for (size_t c = 0; c < COMPARED; c++) {
                double x[N];

                for (size_t i = 0; i < N; i++)
                    x[i] = log(ratios[r][c % 2]) + 0.01 * draw_normal(&random);
                claim[c] = stats_claim(x, N, 0.01);
                p[c] = claim[c].p;
            }
            assert_true(stats_holm(p, COMPARED, by_holm));
            assert_true(stats_benjamini_hochberg(p, COMPARED, by_bh));
            for (size_t c = 0; c < COMPARED; c++) {
                bool right = (ratios[r][c % 2] == 1 && claim[c].verdict == STATS_EQUIVALENT) ||
                             (ratios[r][c % 2] == 1.03 && claim[c].verdict == STATS_WORSE);

                wrong_plain += p[c] <= 0.05 && !right;
                wrong_holm += by_holm[c] <= 0.05 && !right;
                wrong_bh += by_bh[c] <= 0.05 && !right;
                claimed_bh += by_bh[c] <= 0.05;
                assert_true(p[c] <= by_bh[c] && by_bh[c] <= by_holm[c]);
            }
            plain += wrong_plain > 0;
            holm += wrong_holm > 0;
            claims += claimed_bh;
            shares += claimed_bh ? wrong_bh / (double)claimed_bh : 0;
        }
        assert_true(holm <= 0.05 * RUNS);
        assert_true(shares <= 0.05 * RUNS);
        assert_true(r == 0 || plain > 0.25 * RUNS);
        assert_true(r == 1 || claims > RUNS * COMPARED * 0.4);
    }
}

static void test_bootstrap(void **state)
{
    const double one[] = {1}, three[] = {3, 1, 2}, bad[] = {1, -1}, e2[] = {exp(2)};
    const struct stats_block whole[] = {
        {three, one, 3, 1}, {three, bad, 3, 2}, {bad + 1, one, 1, 1}, {one, NULL, 1, 0}};
    const struct stats_block two[] = {{one, one, 1, 1}, {e2, one, 1, 1}};
    struct stats_interval got = stats_bootstrap_ratio(whole, 4, 0.95, 4000, 1), again;

    (void)state;
    /* Of three drawn of three, the median is 1, 2 or 3 with 7, 13 and 7 of 27. */
    assert_int_equal(got.n, 1);
    assert_true(near(got.low, 1) && near(got.middle, 2) && near(got.high, 3));
    assert_true(got.confidence == 0.95);
    got = stats_bootstrap_ratio(whole, 4, 0.44, 4000, 1);
    assert_true(near(got.low, 2) && near(got.high, 2));
    got = stats_bootstrap_ratio(whole, 4, 0.52, 4000, 1);
    assert_true(near(got.low, 1) && near(got.high, 3));
    /* Of two blocks, both are the lower one in a quarter of the resamples. */
    got = stats_bootstrap_ratio(two, 2, 0.6, 4000, 1);
    assert_true(got.n == 2 && near(got.low, 1) && near(got.high, exp(2)));
    assert_true(near(got.middle, exp(1)));
    got = stats_bootstrap_ratio(two, 2, 0.4, 4000, 1);
    assert_true(near(got.low, exp(1)) && near(got.high, exp(1)));
    got = stats_bootstrap_ratio(two, 2, 0.5, 101, 1);
    again = stats_bootstrap_ratio(two, 2, 0.5, 101, 1);
    assert_memory_equal(&got, &again, sizeof(got));
    got = stats_bootstrap_ratio(whole + 1, 3, 0.95, 100, 1);
    assert_true(all_nan(got) && got.n == 0);
    assert_true(all_nan(stats_bootstrap_ratio(NULL, 0, 0.95, 100, 1)));
    got = stats_bootstrap_ratio(two, 2, 0.95, 0, 1);
    assert_true(isnan(got.low) && isnan(got.high) && isnan(got.confidence));
}

static void test_bootstrap_covers(void **state)
{
    enum { RUNS = 150, N = 12, SAMPLES = 3 };
    unsigned covered = 0;
    uint64_t random = 5;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        double sample[N][2][SAMPLES];
        struct stats_block block[N];
        struct stats_interval got;

        for (size_t i = 0; i < N; i++) {
            for (size_t side = 0; side < 2; side++) {
                double process = draw_normal(&random);

                for (size_t k = 0; k < SAMPLES; k++)
                    sample[i][side][k] = exp(0.02 * (process + draw_normal(&random) / 3));
            }
            block[i] = (struct stats_block){sample[i][0], sample[i][1], SAMPLES, SAMPLES};
        }
        got = stats_bootstrap_ratio(block, N, 0.95, 100, run);
        covered += got.low <= 1 && 1 <= got.high;
    }
    assert_in_range(covered, RUNS * 86 / 100,
                    RUNS - 1); /* 93 % is expected, 2 % a standard error */
}

static void test_enough(void **state)
{
    const double width = log1p(0.01) / 2;
    double x[24], apart[24];

    (void)state;
    for (size_t i = 0; i < 24; i++) {
        x[i] = 7 + (i % 2 ? 0.99 * width : 0);
        apart[i] = i < 12 ? 0 : 0.99 * width;
    }
    assert_true(stats_enough(x, 24, 0.01, 0.95)); /* wherever it lies */
    assert_true(stats_enough(x, 12, 0.01, 0.95));
    assert_false(stats_enough(x, 11, 0.01, 0.95));
    assert_false(stats_enough(x, 24, 0.0098, 0.95));   /* too wide */
    assert_false(stats_enough(apart, 24, 0.01, 0.95)); /* as narrow, but it moved */
    assert_true(stats_enough(x, 12, 0.01, 0.99));
    assert_false(stats_enough(x, 12, 0.01, 0.9999)); /* which 12 values do not reach */
    x[3] = NAN;
    assert_false(stats_enough(x, 24, 0.01, 0.95));
    for (size_t i = 0; i < 24; i++)
        x[i] = INFINITY;
    assert_false(stats_enough(x, 24, 0.01, 0.95));
    assert_false(stats_enough(NULL, 0, 0.01, 0.95));
}

/* Stopping on width costs some coverage: 92.5 % is expected, 1 % a standard error. */
static void test_coverage_when_stopped(void **state)
{
    enum { RUNS = 700, LEAST = 12, MOST = 60 };
    unsigned covered = 0, blocks = 0;
    uint64_t random = 9;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        struct stats_interval got;
        double x[MOST];
        size_t n = LEAST;

        for (size_t i = 0; i < MOST; i++)
            x[i] = 0.005 * draw_normal(&random);
        while (n < MOST && !stats_enough(x, n, 0.01, 0.95))
            n++;
        got = stats_median_interval(x, n, 0.95);
        covered += got.low <= 0 && 0 <= got.high;
        blocks += n;
    }
    assert_in_range(covered, RUNS * 90 / 100, RUNS * 96 / 100);
    assert_in_range(blocks, RUNS * 25, RUNS * 29);
}

static void test_group_share(void **state)
{
    /* Shrout and Fleiss, "Intraclass correlations", Psychological Bulletin 86, 1979: 0.17. */
    const double rated[] = {9, 2, 5, 8, 6,  1, 3, 2, 8, 4, 6, 8,
                            7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};
    const double x[] = {1, 5, 6, 2, 7, 2, 3, 3, 4, 8}, alike[] = {0.1, 0.1, 0.1, 0.1};
    const unsigned of[] = {1, 2, 3, 9, 2, 1, 9, 9, 1, 9}, pairs[] = {4, 4, 7, 7};
    const double apart[] = {1, 1, 2, 2}, crossed[] = {1, 2, 1, 2}, hole[] = {1, NAN, 2, 2};
    unsigned subject[24];

    (void)state;
    for (unsigned i = 0; i < 24; i++)
        subject[i] = 1000000007u * (i / 4);
    assert_true(fabs(stats_group_share(rated, subject, 24) - 0.165742) < 1e-6);
    assert_true(near(stats_group_share(x, of, 10), 0.14995763908500412)); /* n0 = 7/3 */
    assert_true(stats_group_share(apart, pairs, 4) == 1);
    assert_true(stats_group_share(crossed, pairs, 4) == 0);
    assert_true(isnan(stats_group_share(alike, pairs, 4)));
    assert_true(isnan(stats_group_share(apart, pairs, 2)));             /* one group */
    assert_true(isnan(stats_group_share(apart, subject, 1)));           /* one value */
    assert_true(isnan(stats_group_share(x, (unsigned[]){1, 2, 3}, 3))); /* no group of two */
    assert_true(isnan(stats_group_share(hole, pairs, 4)));
    assert_true(isnan(stats_group_share(NULL, NULL, 0)));
}

static void test_detectable(void **state)
{
    enum { SEEN = 99, N = 12, RUNS = 4000 };
    double seen[SEEN], effect, level;
    unsigned found = 0;
    uint64_t random = 13;

    (void)state;
    ranks(seen, SEEN); /* 1..99: 100 level is the quantile, the median 50 */
    for (size_t i = 0; i < SEEN; i++)
        seen[i] = 3 + 0.001 * seen[i];
    effect = stats_detectable(seen, SEEN, N, 0.01, 0.95, 0.8);
    level = 0.5 - (log(effect) - log1p(0.01)) / 0.1;
    assert_true(fabs(stats_binomial(2, N, level) - 0.8) < 1e-9); /* rank 3 of 12 is the bound */
    for (unsigned run = 0; run < RUNS; run++) {
        struct stats_claim claim;
        double x[N];

        for (size_t i = 0; i < N; i++)
            x[i] = log(effect) + 0.1 * (draw_uniform(&random) - 0.5);
        claim = stats_claim(x, N, 0.01);
        found += claim.verdict == STATS_WORSE && claim.p <= 0.05;
    }
    assert_true(fabs(found / (double)RUNS - 0.8) < slack(0.8, RUNS));
    assert_true(stats_detectable(seen, SEEN, 40, 0.01, 0.95, 0.8) < effect);
    assert_true(stats_detectable(seen, SEEN, N, 0.01, 0.95, 0.9) > effect);
    assert_true(stats_detectable(seen, 27, 6, 0.01, 0.95, 0.8) > 1.01);
    assert_true(isnan(stats_detectable(seen, 26, 6, 0.01, 0.95, 0.8)));   /* too few seen */
    assert_true(isnan(stats_detectable(seen, SEEN, 5, 0.01, 0.95, 0.8))); /* no interval */
    assert_true(isnan(stats_detectable(seen, SEEN, N, 0.01, 0.95, 1)));
    assert_true(isnan(stats_detectable(seen, SEEN, N, 0.01, 0.95, 0)));
    assert_true(isnan(stats_detectable(seen, SEEN, N, 0.01, 0.95, NAN)));
    assert_true(isnan(stats_detectable(seen, SEEN, 0, 0.01, 0.95, 0.8)));
    assert_true(isnan(stats_detectable(NULL, 0, N, 0.01, 0.95, 0.8)));
    seen[4] = NAN;
    assert_true(isnan(stats_detectable(seen, SEEN, N, 0.01, 0.95, 0.8)));
}

static void test_jain(void **state)
{
    const uint64_t equal[] = {7, 7, 7, 7}, one[] = {0, 9, 0, 0}, zero[4] = {0}, some[] = {1, 2, 3};
    const uint64_t large[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    (void)state;
    assert_true(stats_jain(equal, 4) == 1);
    assert_true(stats_jain(one, 4) == 0.25);
    assert_true(stats_jain(zero, 4) == 1);
    assert_true(stats_jain(NULL, 0) == 1);
    assert_true(near(stats_jain(some, 3), 36.0 / 42));
    assert_true(near(stats_jain(large, 3), 1));
    for (uint64_t count = 1000000000; count < 1000001000; count++)
        assert_true(stats_jain((uint64_t[]){count, count, count}, 3) <= 1);
}

static void test_williams_is_balanced(void **state)
{
    enum { MOST = 12 };

    (void)state;
    for (unsigned n = 1; n <= MOST; n++) {
        unsigned rows = n % 2 ? 2 * n : n;
        unsigned at[MOST][MOST] = {{0}}, after[MOST][MOST] = {{0}};

        for (unsigned row = 0; row < rows; row++) {
            unsigned order[MOST], again[MOST];

            stats_williams(n, row, order);
            for (unsigned i = 0; i < n; i++) {
                assert_in_range(order[i], 0, n - 1);
                at[order[i]][i]++;
                if (i > 0)
                    after[order[i - 1]][order[i]]++;
            }
            stats_williams(n, row + 5 * rows, again);
            assert_memory_equal(order, again, n * sizeof(order[0]));
        }
        for (unsigned a = 0; a < n; a++) {
            for (unsigned b = 0; b < n; b++) {
                assert_int_equal(at[a][b], rows / n);
                assert_int_equal(after[a][b], a == b ? 0 : rows / n);
            }
        }
    }
    stats_williams(0, 3, NULL);
}

/* The first outputs of the published generator from seed 1234567. */
static void test_random_known_answers(void **state)
{
    const uint64_t known[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
    uint64_t seed = 1234567;

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_true(stats_random(&seed) == known[i]);
}

static void test_shuffle_permutes(void **state)
{
    enum { N = 100 };
    unsigned x[N], again[N], same = 0;
    bool seen[N] = {false};
    uint64_t seed = 42, other = 42;

    (void)state;
    for (unsigned i = 0; i < N; i++)
        x[i] = again[i] = i;
    stats_shuffle(x, N, &seed);
    stats_shuffle(again, N, &other);
    assert_memory_equal(x, again, sizeof(x));
    for (unsigned i = 0; i < N; i++) {
        assert_in_range(x[i], 0, N - 1);
        assert_false(seen[x[i]]);
        seen[x[i]] = true;
        same += x[i] == i;
    }
    assert_in_range(same, 0, 10); /* 1 is expected */
    stats_shuffle(again, N, &other);
    assert_memory_not_equal(x, again, sizeof(x));
    stats_shuffle(NULL, 0, &seed);
}

static void test_shuffle_is_fair(void **state)
{
    enum { RUNS = 24000 };
    unsigned seen[4 * 4 * 4] = {0}, orders = 0;
    uint64_t seed = 7;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        unsigned x[] = {0, 1, 2, 3};

        stats_shuffle(x, 4, &seed);
        seen[x[0] * 16 + x[1] * 4 + x[2]]++;
    }
    for (size_t i = 0; i < COUNT(seen); i++) {
        if (seen[i] == 0)
            continue;
        assert_in_range(seen[i], 850, 1150); /* 1000 is expected, standard deviation 31 */
        orders++;
    }
    assert_int_equal(orders, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_no_quantile),
        cmocka_unit_test(test_sign_test_ranks),
        cmocka_unit_test(test_interval_of_nothing),
        cmocka_unit_test(test_ties_and_outliers),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_ratio_skips),
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_proportion),
        cmocka_unit_test(test_proportion_covers),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_claims_agree_with_intervals),
        cmocka_unit_test(test_corrections),
        cmocka_unit_test(test_errors_of_many_claims),
        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_bootstrap_covers),
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_coverage_when_stopped),
        cmocka_unit_test(test_group_share),
        cmocka_unit_test(test_detectable),
        cmocka_unit_test(test_jain),
        cmocka_unit_test(test_williams_is_balanced),
        cmocka_unit_test(test_random_known_answers),
        cmocka_unit_test(test_shuffle_permutes),
        cmocka_unit_test(test_shuffle_is_fair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
