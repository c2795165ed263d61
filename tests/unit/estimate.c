// SPDX-License-Identifier: MIT
#include "estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct param no_params[] = {{0}};
static const struct workload quick = {.name = "t_quick", .params = no_params};
static const struct workload slow = {.name = "t_slow", .params = no_params};
static const struct effort effort = {.time_ns = 20000000, .samples = 3};

static struct spec cell(const struct workload *w, unsigned threads)
{
    struct spec s;
    spec_start(&s, w);
    s.threads = threads;
    return s;
}

static void test_before_anything_is_known(void **state)
{
    struct estimate *e = estimate_new(&effort, 2);
    struct spec one = cell(&quick, 1), many = cell(&quick, 64);

    (void)state;
    assert_int_equal(estimate_left_ns(e), 0);
    assert_true(estimate_expect(e, &one, 10));
    // at least the samples themselves, and not several times as long
    assert_in_range(estimate_left_ns(e), 600000000, 1200000000);
    uint64_t few = estimate_left_ns(e);
    assert_true(estimate_expect(e, &many, 10));
    // where threads take turns on two CPUs it takes longer
    assert_true(estimate_left_ns(e) > 3 * few);
    estimate_free(e);
    estimate_free(NULL);
}

static void test_what_was_seen_counts(void **state)
{
    struct estimate *e = estimate_new(&effort, 2);
    struct spec a = cell(&quick, 1), b = cell(&slow, 1);

    (void)state;
    assert_true(estimate_expect(e, &a, 100) && estimate_expect(e, &b, 50));
    estimate_took(e, &a, 100);
    estimate_took(e, &a, 300);
    estimate_took(e, &b, 1000);
    assert_int_equal(estimate_left_ns(e), 98 * 200 + 49 * 1000);
    estimate_skip(e, &b);
    assert_int_equal(estimate_left_ns(e), 98 * 200 + 48 * 1000);
    for (int i = 0; i < 200; i++) // more than was expected
        estimate_took(e, &a, 200);
    assert_int_equal(estimate_left_ns(e), 48 * 1000);
    estimate_free(e);
}

// A kind not yet seen takes its guess, times what the others took beyond theirs.
static void test_others_tell_of_the_unseen(void **state)
{
    struct estimate *e = estimate_new(&effort, 2);
    struct spec a = cell(&quick, 1), b = cell(&slow, 1);

    (void)state;
    assert_true(estimate_expect(e, &b, 1));
    uint64_t guess = estimate_left_ns(e);
    assert_true(estimate_expect(e, &a, 1));
    estimate_took(e, &a, 3 * guess);
    assert_in_range(estimate_left_ns(e), 3 * guess - 2, 3 * guess + 2);
    estimate_free(e);
}

// A plan's order: rounds over cells of very different cost. After a tenth of it the estimate is
// right within a fifth, though every process differs from the next by a third.
static void test_right_within_a_fifth(void **state)
{
    struct estimate *e = estimate_new(&effort, 4);
    struct spec s[8];
    uint64_t cost[8], left = 0, turn = 0;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        s[i] = cell(i % 2 == 0 ? &quick : &slow, 1u << i / 2 * 2);
        cost[i] = 50000000 + 90000000ull * i * i;
        assert_true(estimate_expect(e, &s[i], 60));
        left += 60 * cost[i];
    }
    for (unsigned round = 0; round < 6; round++)
        for (unsigned i = 0; i < 8; i++) {
            uint64_t third = cost[i] / 3;
            estimate_took(e, &s[i], turn++ % 2 == 0 ? cost[i] - third : cost[i] + third);
            left -= cost[i];
        }
    uint64_t guess = estimate_left_ns(e);
    assert_in_range(guess, left - left / 5, left + left / 5);
    estimate_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_anything_is_known),
        cmocka_unit_test(test_what_was_seen_counts),
        cmocka_unit_test(test_others_tell_of_the_unseen),
        cmocka_unit_test(test_right_within_a_fifth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
