// SPDX-License-Identifier: MIT
//
// Comparisons of rows that are made up here, with answers worked out by hand.
#include "comparison.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

// A row whose processes are put by sweep and block.
enum { MOST = 64 };
struct cell {
    struct result row;
    struct process process[MOST];
    double sample[MOST][3 * SPEEDS];
};

static void start(struct cell *c)
{
    *c = (struct cell){.row = {.process = c->process}};
}

// Three samples, around ns, of each speed whose ns is not 0.
static struct process *put(struct cell *c, int64_t sweep, int64_t block, const double ns[SPEEDS])
{
    size_t i = c->row.processes++, n = 0;
    struct process *p = &c->process[i];

    assert_true(i < MOST);
    *p = (struct process){.sweep = sweep, .block = block, .sample = c->sample[i]};
    for (enum speed speed = 0; speed < SPEEDS; speed++) {
        p->at[speed] = ns[speed] > 0 ? ns[speed] : NAN;
        for (int k = 0; k < 3 && ns[speed] > 0; k++, p->samples[speed]++)
            c->sample[i][n++] = ns[speed] * (1 + 0.001 * (k - 1));
    }
    return p;
}

#define AT(...)            \
    (const double[SPEEDS]) \
    {                      \
        __VA_ARGS__        \
    }
#define FAST(ns)    AT([SPEED_FAST] = (ns))
#define SLOW(ns)    AT([SPEED_SLOW] = (ns))
#define MIXED(ns)   AT([SPEED_MIXED] = (ns))
#define UNKNOWN(ns) AT([SPEED_UNKNOWN] = (ns))

static bool near(double x, double expected)
{
    return fabs(x - expected) <= 1e-9 * fabs(expected);
}

static struct comparison look(const struct cell *base, const struct cell *with)
{
    struct comparison c;

    assert_true(comparison_look(&base->row, &with->row, COMPARISON_MARGIN, &c));
    return c;
}

static void test_nothing_shared(void **state)
{
    struct cell base, with;
    struct comparison c;

    (void)state;
    start(&base);
    start(&with);
    c = look(&base, &with);
    assert_int_equal(c.ratio.n, 0);
    comparison_free(&c);
    put(&base, 1, 1, FAST(1));
    put(&base, 2, 2, FAST(1));
    put(&with, 1, 2, FAST(1)); // that block of another sweep
    put(&with, 1, 3, FAST(1));
    assert_true(comparison_make(&base.row, &with.row, COMPARISON_MARGIN, &c));
    assert_ptr_equal(c.base, &base.row);
    assert_ptr_equal(c.with, &with.row);
    assert_true(c.ratio.n == 0 && isnan(c.ratio.middle));
    assert_int_equal(c.speed, SPEED_UNKNOWN);
    assert_int_equal(c.bootstrap.n, 0);
    assert_int_equal(c.mixed, 0);
    assert_int_equal(c.verdict, STATS_UNDECIDED);
    assert_true(c.p == 1 && isnan(c.layout_share));
    comparison_free(&c);
    comparison_free(&c);
}

// In the order measured; blocks that only one has are passed over.
static void test_pairs(void **state)
{
    static const double ratio[] = {1.5, 3, 2, 1.2, 4, 1.1};
    struct cell base, with;

    (void)state;
    start(&base);
    start(&with);
    for (int i = 0; i < 6; i++) {
        int64_t sweep = 1 + i / 3, block = i % 3 * 10;
        double ns = pow(10, i);
        put(&base, sweep, block, FAST(ns));
        put(&with, sweep, block, FAST(ns * ratio[i]));
        put(i % 2 != 0 ? &base : &with, sweep, block + 5, FAST(1e9));
    }
    struct comparison c = look(&base, &with);
    assert_int_equal(c.ratio.n, 6);
    for (int i = 0; i < 6; i++)
        assert_true(near(exp(c.log_ratio[i]), ratio[i]));
    assert_true(near(c.ratio.middle, sqrt(1.5 * 2)));
    assert_true(near(c.ratio.low, 1.1) && near(c.ratio.high, 4));
    assert_true(c.ratio.confidence == 0.96875);
    assert_int_equal(c.bootstrap.n, 0);
    comparison_free(&c);
}

static void two_speeds(struct cell *base, struct cell *with, int fast, int slow)
{
    start(base);
    start(with);
    for (int i = 0; i < fast; i++) {
        put(base, 1, i, FAST(1));
        put(with, 1, i, FAST(4.4));
    }
    for (int i = fast; i < fast + slow; i++) {
        put(base, 1, i, SLOW(2));
        put(with, 1, i, SLOW(6));
    }
}

// The speed with the most blocks is the one that is read; the other is told.
static void test_speeds(void **state)
{
    static const struct {
        int fast, slow;
        enum speed speed;
    } mix[] = {{9, 5, SPEED_FAST}, {5, 9, SPEED_SLOW}, {7, 7, SPEED_FAST}, {0, 6, SPEED_SLOW}};
    struct cell base, with;

    (void)state;
    for (size_t i = 0; i < sizeof mix / sizeof mix[0]; i++) {
        two_speeds(&base, &with, mix[i].fast, mix[i].slow);
        struct comparison c = look(&base, &with);
        assert_int_equal(c.speed, mix[i].speed);
        assert_int_equal(c.at[SPEED_FAST].n, mix[i].fast);
        assert_int_equal(c.at[SPEED_SLOW].n, mix[i].slow);
        assert_int_equal(c.at[SPEED_UNKNOWN].n, 0);
        assert_int_equal(c.at[SPEED_MIXED].n, 0);
        assert_true(mix[i].fast == 0 || near(c.at[SPEED_FAST].middle, 4.4));
        assert_true(near(c.at[SPEED_SLOW].middle, 3));
        assert_true(c.ratio.n == c.at[c.speed].n && c.ratio.middle == c.at[c.speed].middle);
        for (size_t k = 0; k < c.ratio.n; k++)
            assert_true(near(c.log_ratio[k], log(c.ratio.middle)));
        assert_int_equal(c.mixed, 0);
        comparison_free(&c);
    }
}

// A block in which both have samples of both speeds counts for each.
static void test_two_speeds_in_a_block(void **state)
{
    struct cell base, with;

    (void)state;
    start(&base);
    start(&with);
    for (int i = 0; i < 6; i++) {
        put(&base, 1, i, AT([SPEED_FAST] = 1, [SPEED_SLOW] = 2, [SPEED_MIXED] = 50));
        put(&with, 1, i, i < 4 ? FAST(3) : AT([SPEED_FAST] = 3, [SPEED_SLOW] = 10));
    }
    struct comparison c = look(&base, &with);
    assert_true(c.at[SPEED_FAST].n == 6 && near(c.at[SPEED_FAST].middle, 3));
    assert_true(c.at[SPEED_SLOW].n == 2 && near(c.at[SPEED_SLOW].middle, 5));
    comparison_free(&c);
}

// What has no common speed is in no comparison, and counted.
static void test_mixed(void **state)
{
    struct cell base, with;

    (void)state;
    two_speeds(&base, &with, 6, 0);
    put(&base, 1, 10, MIXED(1));
    put(&with, 1, 10, MIXED(100));
    put(&base, 1, 11, FAST(1));
    put(&with, 1, 11, SLOW(100));
    put(&base, 1, 12, UNKNOWN(1));
    put(&with, 1, 12, FAST(100));
    put(&base, 1, 13, MIXED(1)); // no partner
    struct comparison c = look(&base, &with);
    assert_int_equal(c.mixed, 3);
    assert_true(c.ratio.n == 6 && near(c.ratio.high, 4.4));
    comparison_free(&c);
}

// Without probes there is one kind of sample, which is of no known speed.
static void test_unknown(void **state)
{
    struct cell base, with;

    (void)state;
    two_speeds(&base, &with, 6, 0);
    for (int i = 10; i < 17; i++) {
        put(&base, 1, i, UNKNOWN(1));
        put(&with, 1, i, UNKNOWN(1.5));
    }
    struct comparison c = look(&base, &with);
    assert_int_equal(c.speed, SPEED_UNKNOWN);
    assert_true(c.ratio.n == 7 && near(c.ratio.middle, 1.5));
    assert_int_equal(c.at[SPEED_FAST].n, 6);
    comparison_free(&c);
}

static void test_disturbed(void **state)
{
    struct cell base, with;

    (void)state;
    two_speeds(&base, &with, 6, 2);
    base.process[0].disturbed = with.process[0].disturbed = true;
    base.process[1].disturbed = true;
    with.process[2].disturbed = true;
    with.process[7].disturbed = true; // of the other speed
    struct comparison c = look(&base, &with);
    assert_int_equal(c.disturbed, 3);
    comparison_free(&c);
}

// One program's layout decides how long it takes; the other's hardly.
static void test_layouts(void **state)
{
    struct cell base, with;
    double share[4];

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        start(&base);
        start(&with);
        for (int i = 0; i < 30; i++) {
            unsigned layout = (unsigned)i % 3;
            double noise = 1 + 0.001 * (i * 7 % 10);
            struct process *b = put(&base, 1, i, FAST(1)), *w;
            w = put(&with, 1, i, FAST(noise * (1 + 0.1 * layout)));
            b->layout = kind == 1 ? (unsigned)i % 5 : kind == 2 ? layout : 0;
            w->layout = kind != 3 ? layout : 4;
        }
        struct comparison c = look(&base, &with);
        share[kind] = c.layout_share;
        comparison_free(&c);
    }
    assert_true(share[0] > 0.9 && share[0] < 1);
    assert_true(share[1] >= share[0] && share[1] <= 1); // that of the base is about 0
    assert_true(share[2] == share[0]);                  // the same layouts are one cause
    assert_true(isnan(share[3]));
}

// It sees the samples of the speed that is read, and no others.
static void test_bootstrap(void **state)
{
    struct cell base, with;
    struct comparison c, again;

    (void)state;
    start(&base);
    start(&with);
    for (int i = 0; i < 12; i++) {
        put(&base, 1, i,
            AT([SPEED_UNKNOWN] = 7 * i, [SPEED_FAST] = 1, [SPEED_SLOW] = 100 * i,
               [SPEED_MIXED] = 1000));
        put(&with, 1, i,
            AT([SPEED_UNKNOWN] = 500 * i, [SPEED_FAST] = 2 + 0.01 * i, [SPEED_SLOW] = 1,
               [SPEED_MIXED] = 1));
    }
    assert_true(comparison_make(&base.row, &with.row, COMPARISON_MARGIN, &c));
    assert_int_equal(c.speed, SPEED_FAST);
    assert_int_equal(c.bootstrap.n, 12);
    assert_true(c.bootstrap.low > 2 && c.bootstrap.high < 2.12);
    assert_true(c.bootstrap.low < c.ratio.middle && c.bootstrap.high > c.ratio.middle);
    assert_true(comparison_make(&base.row, &with.row, COMPARISON_MARGIN, &again));
    assert_true(again.bootstrap.low == c.bootstrap.low && again.bootstrap.high == c.bootstrap.high);
    comparison_free(&c);
    comparison_free(&again);
}

// Blocks of a ratio, a little apart.
static struct comparison of_ratio(struct cell *base, struct cell *with, double ratio, int blocks)
{
    start(base);
    start(with);
    for (int i = 0; i < blocks; i++) {
        put(base, 1, i, FAST(1));
        put(with, 1, i, FAST(ratio + 0.0001 * i));
    }
    return look(base, with);
}

static void test_claims(void **state)
{
    static const struct {
        double ratio;
        enum stats_verdict verdict;
    } claim[] = {{1.011, STATS_WORSE},
                 {0.989, STATS_BETTER},
                 {1.005, STATS_EQUIVALENT},
                 {1, STATS_EQUIVALENT},
                 {1.0098, STATS_UNDECIDED}};
    struct cell base, with;

    (void)state;
    for (size_t i = 0; i < sizeof claim / sizeof claim[0]; i++) {
        struct comparison c = of_ratio(&base, &with, claim[i].ratio, 6);
        assert_int_equal(c.verdict, claim[i].verdict);
        assert_true(c.p == c.claim.p);
        assert_true(c.verdict == STATS_UNDECIDED || near(c.p, 0.03125));
        comparison_free(&c);
        c = of_ratio(&base, &with, claim[i].ratio, 5); // too few for 95 %
        assert_int_equal(c.verdict, STATS_UNDECIDED);
        comparison_free(&c);
    }
}

// Of six blocks each: alone, each would be claimed.
static void test_corrections(void **state)
{
    struct cell cell[3][2];
    struct comparison c[3];

    (void)state;
    c[0] = of_ratio(&cell[0][0], &cell[0][1], 2, 6);
    c[1] = of_ratio(&cell[1][0], &cell[1][1], 0.5, 6);
    assert_true(c[0].verdict == STATS_WORSE && c[1].verdict == STATS_BETTER);
    assert_true(comparisons_correct(c, 1, CORRECT_CLAIMS));
    assert_int_equal(c[0].verdict, STATS_WORSE);
    assert_true(comparisons_correct(c, 2, CORRECT_CLAIMS));
    assert_true(near(c[0].p, 0.0625) && near(c[1].p, 0.0625) && near(c[0].claim.p, 0.03125));
    assert_true(c[0].verdict == STATS_UNDECIDED && c[1].verdict == STATS_UNDECIDED);
    // from the claims, not from what was corrected before
    assert_true(comparisons_correct(c, 2, CORRECT_SCREEN));
    assert_true(near(c[0].p, 0.03125));
    assert_true(c[0].verdict == STATS_WORSE && c[1].verdict == STATS_BETTER);
    c[2] = of_ratio(&cell[2][0], &cell[2][1], 1, 0);
    assert_true(comparisons_correct(c, 3, CORRECT_SCREEN));
    assert_true(near(c[0].p, 0.03125 * 3 / 2) && c[0].verdict == STATS_WORSE);
    assert_true(c[2].p == 1 && c[2].verdict == STATS_UNDECIDED);
    assert_true(comparisons_correct(NULL, 0, CORRECT_SCREEN));
    for (int i = 0; i < 3; i++)
        comparison_free(&c[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_shared), cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_speeds),         cmocka_unit_test(test_two_speeds_in_a_block),
        cmocka_unit_test(test_mixed),          cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_disturbed),      cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_bootstrap),      cmocka_unit_test(test_claims),
        cmocka_unit_test(test_corrections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
