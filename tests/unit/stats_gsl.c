// SPDX-License-Identifier: MIT

/* The same figures from the GNU Scientific Library, by other algorithms. */

#include "stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool near(double x, double expected, double error)
{
    return fabs(x - expected) <= error * fabs(expected);
}

static void test_binomial(void **state)
{
    static const unsigned sizes[] = {1, 2, 7, 30, 211, 4000};
    static const double shares[] = {1e-6, 0.013, 0.3, 0.5, 0.77, 0.9999};

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        for (size_t i = 0; i < COUNT(shares); i++) {
            for (unsigned k = 0; k < sizes[s]; k += 1 + sizes[s] / 50) {
                double expected = gsl_cdf_binomial_P(k, shares[i], sizes[s]);

                if (expected > 1e-100)
                    assert_true(near(stats_binomial(k, sizes[s], shares[i]), expected, 1e-9));
            }
        }
    }
}

/* The bounds are quantiles of beta laws (GSL finds the law more surely than its inverse). */
static void test_proportion(void **state)
{
    static const size_t sizes[] = {1, 5, 20, 333, 20000};
    static const double confidences[] = {0.5, 0.95, 0.999};

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        for (size_t c = 0; c < COUNT(confidences); c++) {
            double tail = (1 - confidences[c]) / 2;

            for (size_t n = sizes[s], k = 0; k <= n; k += 1 + n / 7) {
                struct stats_interval got = stats_proportion(k, n, confidences[c]);
                double a = (double)k, b = (double)(n - k);

                assert_true(k > 0 ? near(gsl_cdf_beta_P(got.low, a, b + 1), tail, 1e-8)
                                  : got.low == 0);
                assert_true(k < n ? near(gsl_cdf_beta_Q(got.high, a + 1, b), tail, 1e-8)
                                  : got.high == 1);
            }
        }
    }
}

static void test_sign_test(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 400; n += 1 + n / 8) {
        double x[400];

        for (unsigned above = n / 2 + 1; above <= n; above++) {
            struct stats_claim claim;

            for (unsigned i = 0; i < n; i++)
                x[i] = i < above ? 1 : -1;
            claim = stats_claim(x, n, 0.01);
            if (claim.p < 1) {
                assert_int_equal(claim.verdict, STATS_WORSE);
                assert_true(near(claim.p, 2 * gsl_cdf_binomial_P(n - above, 0.5, n), 1e-9));
            }
        }
    }
}

static void test_quantiles(void **state)
{
    uint64_t random = 1;

    (void)state;
    for (size_t n = 1; n <= 200; n++) {
        double x[200], sorted[200];

        for (size_t i = 0; i < n; i++)
            x[i] = sorted[i] = (double)(stats_random(&random) >> 40) - 0x1p23;
        gsl_sort(sorted, 1, n);
        assert_true(
            near(stats_median(x, n), gsl_stats_median_from_sorted_data(sorted, 1, n), 1e-12));
        for (double q = 0; q <= 1; q += 0.0625)
            assert_true(near(stats_quantile(x, n, q),
                             gsl_stats_quantile_from_sorted_data(sorted, 1, n, q), 1e-9));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_proportion),
        cmocka_unit_test(test_sign_test),
        cmocka_unit_test(test_quantiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
