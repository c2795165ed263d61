// SPDX-License-Identifier: MIT
//
// The choices that workloads make beforehand: the alias table against Zipf's law, exactly, and what
// is drawn from it against the table. The seeds are fixed, so each case always goes the same way.
#include "../../workloads/container/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_order_visits_each_once(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 1000, 65537};
    (void)state;
    sync_here.seed = 1;
    for (size_t k = 0; k < COUNT(sizes); k++) {
        size_t n = sizes[k];
        uint32_t *item = choice_order(NULL, n);
        bool *seen = calloc(n, sizeof *seen);
        for (size_t i = 0; i < n; i++) {
            assert_true(item[i] < n);
            assert_false(seen[item[i]]);
            seen[item[i]] = true;
        }
        free(seen);
        sync_free(item);
    }
}

static void test_orders_are_equally_likely(void **state)
{
    enum { RUNS = 24000 };
    unsigned seen[4 * 4 * 4] = {0}, orders = 0;
    (void)state;
    sync_here.seed = 7;
    for (unsigned run = 0; run < RUNS; run++) {
        uint32_t *item = choice_order(NULL, 4);
        seen[item[0] * 16 + item[1] * 4 + item[2]]++;
        sync_free(item);
    }
    for (size_t i = 0; i < COUNT(seen); i++) {
        if (seen[i] == 0)
            continue;
        assert_in_range(seen[i], 850, 1150); // 1000 is expected, standard deviation 31
        orders++;
    }
    assert_int_equal(orders, 24);
}

static void test_order_sum(void **state)
{
    enum { ITEMS = 5 };
    uint64_t sum = 0;
    (void)state;
    sync_here.seed = 3;
    uint32_t *item = choice_order(NULL, ITEMS);
    for (uint64_t done = 0; done < 4 * ITEMS; done++) {
        assert_int_equal(choice_order_sum(item, ITEMS, done), sum);
        sum += item[done % ITEMS] + 1;
    }
    sync_free(item);
}

// What the table gives each item, summed over all columns.
static double *probabilities(const struct choice *c)
{
    double *p = calloc(c->n, sizeof *p);
    for (size_t i = 0; i < c->n; i++) {
        double keep = c->column[i].keep;
        assert_true(keep >= 0 && keep <= 1 && c->column[i].alias < c->n);
        p[i] += keep / (double)c->n;
        p[c->column[i].alias] += (1 - keep) / (double)c->n;
    }
    return p;
}
static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static const struct {
    size_t n;
    double exponent;
} laws[] = {
    {1, 0},    {1, 2},       {2, 1},      {7, 0},          {10, 2},      {100, 0.5},
    {1000, 0}, {1000, 0.01}, {1000, 0.5}, {1000, 0.99},    {1000, 1},    {1000, 2},
    {1024, 0}, {1024, 0.99}, {65536, 0},  {1 << 20, 0.99}, {1 << 20, 2},
};

static void test_table_is_zipf(void **state)
{
    (void)state;
    sync_here.seed = 5;
    for (size_t k = 0; k < COUNT(laws); k++) {
        size_t n = laws[k].n;
        struct choice *c = choice_zipf(NULL, n, laws[k].exponent);
        double *p = probabilities(c), total = 0, sum = 0;
        qsort(p, n, sizeof *p, descending);
        for (size_t r = n; r > 0; r--) {
            total += p[r - 1];
            sum += pow((double)r, -laws[k].exponent);
        }
        assert_true(fabs(total - 1) < 1e-9);
        // differences of columns near 1 lose digits, but none that could be measured
        for (size_t r = 1; r <= n; r++)
            assert_true(fabs(p[r - 1] - pow((double)r, -laws[k].exponent) / sum) < 1e-12);
        free(p);
        sync_free(c);
    }
}

static void test_draws_follow_the_table(void **state)
{
    enum { EACH = 200 }; // draws for each item, on average
    (void)state;
    sync_here.seed = 11;
    for (size_t k = 0; k < COUNT(laws); k++) {
        size_t n = laws[k].n, cells = 0;
        if (n < 2 || n > 1000)
            continue;
        struct choice *c = choice_zipf(NULL, n, laws[k].exponent);
        double *p = probabilities(c), draws = (double)(EACH * n), chi = 0, rare = 0, seldom = 0;
        unsigned *seen = calloc(n, sizeof *seen);
        for (size_t i = 0; i < EACH * n; i++)
            seen[choice_draw(NULL, c)]++;
        // items expected fewer than ten times are judged together
        for (size_t i = 0; i < n; i++) {
            double expected = p[i] * draws;
            if (expected < 10) {
                rare += expected;
                seldom += seen[i];
            } else {
                chi += (seen[i] - expected) * (seen[i] - expected) / expected;
                cells++;
            }
        }
        if (rare >= 10) {
            chi += (seldom - rare) * (seldom - rare) / rare;
            cells++;
        }
        // chi-square: mean cells - 1, variance twice that; six deviations and a little
        double freedom = (double)cells - 1;
        assert_true(chi < freedom + 6 * sqrt(2 * freedom) + 10);
        free(seen);
        free(p);
        sync_free(c);
    }
}

// Each item is the hottest one equally often, and the second hottest is anywhere else.
static void test_ranks_are_scattered(void **state)
{
    enum { ITEMS = 8, RUNS = 8000 };
    unsigned hot[ITEMS] = {0}, beside = 0;
    (void)state;
    sync_here.seed = 13;
    for (unsigned run = 0; run < RUNS; run++) {
        struct choice *c = choice_zipf(NULL, ITEMS, 1);
        double *p = probabilities(c);
        size_t first = 0, second = 1;
        for (size_t i = 0; i < ITEMS; i++)
            if (p[i] > p[first])
                first = i;
        second = first == 0;
        for (size_t i = 0; i < ITEMS; i++)
            if (i != first && p[i] > p[second])
                second = i;
        hot[first]++;
        beside += second == first + 1;
        free(p);
        sync_free(c);
    }
    for (unsigned i = 0; i < ITEMS; i++)
        assert_in_range(hot[i], 850, 1150);
    assert_in_range(beside, 850, 1150); // 7 of 56 ordered pairs
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_visits_each_once),
        cmocka_unit_test(test_orders_are_equally_likely),
        cmocka_unit_test(test_order_sum),
        cmocka_unit_test(test_table_is_zipf),
        cmocka_unit_test(test_draws_follow_the_table),
        cmocka_unit_test(test_ranks_are_scattered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
