// SPDX-License-Identifier: MIT

#include "stats.h"

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

/* On a law with a long tail (log-uniform) the true median is covered as often as is claimed. */
static void test_coverage_when_skewed(void **state)
{
    enum { RUNS = 8000, N = 15 };
    uint64_t seed = 1;
    unsigned covered = 0;
    double claimed = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        struct stats_interval got;
        double x[N];

        for (size_t i = 0; i < N; i++)
            x[i] = exp(8 * ((double)stats_random(&seed) / 0x1p64 - 0.5)); /* median 1 */
        got = stats_median_interval(x, N, 0.95);
        covered += got.low <= 1 && 1 <= got.high;
        claimed = got.confidence;
    }
    assert_true(near(claimed, 0.96484375));
    assert_true(fabs(covered / (double)RUNS - claimed) < 0.008); /* four standard errors */
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
        cmocka_unit_test(test_coverage_when_skewed),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_ratio_skips),
        cmocka_unit_test(test_jain),
        cmocka_unit_test(test_williams_is_balanced),
        cmocka_unit_test(test_random_known_answers),
        cmocka_unit_test(test_shuffle_permutes),
        cmocka_unit_test(test_shuffle_is_fair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
