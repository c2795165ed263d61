// SPDX-License-Identifier: MIT
//
// What copies and extra costs say of a machine, from rows that are made up here.
#include "checks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 200, BLOCKS = 12 };
static struct result row[ROWS];
static struct process process[ROWS][BLOCKS];
static struct results all;

static int set_up(void **state)
{
    (void)state;
    all = (struct results){.row = row};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < all.n; i++)
        json_decref(row[i].cell);
    return 0;
}

// A cell in so many blocks, of which each takes longer than the one before: ns, 2 ns, ...
static struct result *put(const char *machine, const char *family, unsigned copy, unsigned extra,
                          double ns, size_t blocks)
{
    struct result *r = &row[all.n];

    assert_true(all.n < ROWS && blocks <= BLOCKS);
    *r =
        (struct result){.machine = (char *)machine,
                        .family = (char *)family,
                        .rank = all.n > 0 && strcmp(r[-1].family, family) == 0 ? r[-1].rank + 1 : 0,
                        .process = process[all.n],
                        .processes = blocks,
                        .cell = json_pack("{s:s, s:i, s:{s:i}}", "rc", "atomic", "threads", 1,
                                          "params", "objects", 16)};
    if (copy != 0)
        json_object_set_new(r->cell, "copy", json_integer(copy));
    if (extra != 0)
        json_object_set_new(r->cell, "extra", json_integer(extra));
    for (size_t i = 0; i < blocks; i++) {
        struct process *p = &process[all.n][i];
        *p = (struct process){.block = (int64_t)i, .samples = {[SPEED_UNKNOWN] = 1}};
        p->at[SPEED_UNKNOWN] = ns * (1 + (double)i);
        p->sample = &p->at[SPEED_UNKNOWN];
    }
    all.n++;
    return r;
}

static struct checks make(const char *machine)
{
    struct checks c;

    assert_true(checks_make(&all, machine, 0.01, &c));
    return c;
}

static bool near(double x, double expected)
{
    return fabs(x - expected) <= 1e-9 * fabs(expected);
}

static void assert_prints(const struct checks *c, const char *expected)
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    assert_non_null(to);
    checks_print(c, to);
    assert_int_equal(fclose(to), 0);
    if (strstr(text, expected) == NULL)
        fail_msg("'%s' is not in: %s", expected, text);
    free(text);
}

static void test_nothing(void **state)
{
    (void)state;
    struct checks c = make(NULL);
    assert_true(isnan(c.noise) && c.margin == 0.01 && c.sames == 0 && c.extras == 0);
    assert_prints(&c, "A/A: no cell");
    checks_free(&c);
    put("m", "f", 0, 0, 1, BLOCKS);
    put("m", "g", 1, 0, 1, BLOCKS); // whose original is in another family
    put("m", "h", 0, 5, 1, BLOCKS);
    put("m", "i", 0, 0, 1, BLOCKS);
    json_object_set_new(put("m", "i", 1, 0, 1, BLOCKS)->cell, "threads", json_integer(2));
    json_object_set_new(json_object_get(put("m", "i", 0, 5, 1, BLOCKS)->cell, "params"), "objects",
                        json_integer(17));
    c = make(NULL);
    assert_true(isnan(c.noise) && c.margin == 0.01 && c.sames == 0 && c.extras == 0);
    checks_free(&c);
    checks_free(&c);
}

// Each cell is in one A/A comparison at most.
static void test_disjoint(void **state)
{
    (void)state;
    for (unsigned copy = 0; copy < 4; copy++)
        put("m", "f", copy, 0, 2 + copy, BLOCKS);
    put("m", "f", 0, 5, 2.1, BLOCKS);
    for (unsigned copy = 0; copy < 3; copy++)
        put("m", "g", copy, 0, 1, BLOCKS);
    struct checks c = make(NULL);
    assert_int_equal(c.sames, 3);
    static const size_t base[] = {0, 2, 5}, with[] = {1, 3, 6};
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(c.same[i].base, &row[base[i]]);
        assert_ptr_equal(c.same[i].with, &row[with[i]]);
    }
    assert_true(near(c.same[0].ratio.middle, 1.5) && near(c.same[1].ratio.middle, 1.25));
    assert_int_equal(c.extras, 1);
    assert_ptr_equal(c.extra[0].base, &row[0]);
    assert_ptr_equal(c.extra[0].with, &row[4]);
    checks_free(&c);
}

// Cells with the same extra cost are equal, too; the cost is found against the same copy.
static void test_copies_with_extra(void **state)
{
    (void)state;
    put("m", "f", 0, 0, 1, BLOCKS);
    put("m", "f", 0, 5, 1.05, BLOCKS);
    put("m", "f", 1, 0, 1, BLOCKS);
    put("m", "f", 1, 5, 1.05, BLOCKS);
    struct checks c = make(NULL);
    assert_int_equal(c.sames, 2);
    assert_ptr_equal(c.same[1].base, &row[1]);
    assert_ptr_equal(c.same[1].with, &row[3]);
    assert_int_equal(c.extras, 2);
    assert_ptr_equal(c.extra[1].base, &row[2]);
    assert_ptr_equal(c.extra[1].with, &row[3]);
    assert_true(c.found == 2 && c.alarms == 0 && c.excluded == 0);
    checks_free(&c);
}

static void test_machines(void **state)
{
    (void)state;
    put("a", "f", 0, 0, 1, BLOCKS);
    put("a", "f", 1, 0, 1.2, BLOCKS);
    put("b", "f", 0, 0, 1, BLOCKS);
    put("b", "f", 1, 0, 1.04, BLOCKS);
    struct checks c = make("b");
    assert_true(c.sames == 1 && near(c.noise, 0.04) && near(c.margin, 0.04));
    checks_free(&c);
    c = make(NULL);
    assert_int_equal(c.sames, 2);
    checks_free(&c);
    c = make("c");
    assert_int_equal(c.sames, 0);
    checks_free(&c);
}

// An interval of less confidence than the usual one is no check.
static void test_few_blocks(void **state)
{
    (void)state;
    put("m", "f", 0, 0, 1, 5);
    put("m", "f", 1, 0, 1.5, BLOCKS);
    put("m", "f", 0, 5, 1.05, 5);
    put("m", "g", 0, 0, 1, 6);
    put("m", "g", 1, 0, 1.02, BLOCKS);
    put("m", "g", 0, 5, 1.05, 6);
    struct checks c = make(NULL);
    assert_true(c.sames == 1 && c.extras == 1 && near(c.noise, 0.02));
    assert_string_equal(c.same[0].base->family, "g");
    // they are counted, and told of
    assert_int_equal(c.few, 2);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    checks_print(&c, to);
    assert_int_equal(fclose(to), 0);
    assert_non_null(strstr(text, "2 more comparisons of checks had too few blocks"));
    free(text);
    checks_free(&c);
}

// 95 % of the way through what 21 comparisons differ by is the last but one; as ratios and their
// inverses differ alike.
static void test_noise(void **state)
{
    static char family[21][8];

    (void)state;
    for (unsigned i = 0; i < 21; i++) {
        double ratio = 1 + 0.001 * (i + 1);
        snprintf(family[i], sizeof family[i], "%u", i);
        put("m", family[i], 0, 0, 1, BLOCKS);
        put("m", family[i], 1, 0, i % 2 != 0 ? ratio : 1 / ratio, BLOCKS);
    }
    struct checks c = make(NULL);
    assert_int_equal(c.sames, 21);
    assert_true(near(c.noise, 0.020) && near(c.margin, 0.020));
    assert_int_equal(c.excluded, 21);
    assert_int_equal(c.alarms, 1); // what is beyond the margin, 1.021
    assert_prints(&c, "21 comparisons of equal cells, 21 intervals beside 1: 100 % [84, 100]");
    assert_prints(&c, "1 better or worse; noise floor 2 %, margin 2 %");
    checks_free(&c);
}

// The margin is not what was asked for but what the machine can show.
static void test_extra(void **state)
{
    (void)state;
    put("m", "f", 0, 0, 1, BLOCKS);
    put("m", "f", 1, 0, 1, BLOCKS);
    put("m", "f", 0, 5, 1.05, BLOCKS);
    put("m", "g", 0, 0, 1, BLOCKS);
    put("m", "g", 0, 5, 1.005, BLOCKS);
    put("m", "h", 0, 0, 1, BLOCKS);
    put("m", "h", 0, 10, 1.1, BLOCKS);
    struct checks c = make(NULL);
    assert_true(c.noise == 0 && c.margin == 0.01 && c.excluded == 0 && c.alarms == 0);
    assert_true(c.extras == 3 && c.found == 2);
    assert_prints(&c, "1 comparison of equal cells, 0 intervals beside 1: 0 %");
    assert_prints(&c, "none better or worse");
    assert_prints(&c, "+5 %: 1 of 2 found: 50 %");
    assert_prints(&c, "typical ratio 1.02");
    assert_prints(&c, "+10 %: 1 of 1 found");
    checks_free(&c);
    put("m", "i", 0, 0, 1, BLOCKS);
    put("m", "i", 1, 0, 1.3, BLOCKS);
    c = make(NULL);
    assert_true(c.margin > 0.1 && c.found == 0);
    checks_free(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),  TEST(test_disjoint),   TEST(test_copies_with_extra),
        TEST(test_machines), TEST(test_few_blocks), TEST(test_noise),
        TEST(test_extra),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
