// SPDX-License-Identifier: MIT
//
// Which cells conditions choose and which pairs they make, from rows that are made up here.
#include "selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 64 };
static struct result row[ROWS];
static struct results all;
static struct error e;
static struct pairs pairs;

static int set_up(void **state)
{
    (void)state;
    all = (struct results){.row = row};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < all.n; i++) {
        json_decref(row[i].cell);
        free(row[i].key);
    }
    return 0;
}

// A cell with the usual rest.
static struct result *put_on(const char *machine, const char *family, const char *workload,
                             const char *rc, const char *lock, int threads)
{
    struct result *r = &row[all.n++];
    json_t *params = strcmp(workload, "private_objects") == 0
                         ? json_pack("{s:i, s:i}", "objects", 16, "size", 64)
                         : json_pack("{s:i}", "owner", 0);

    assert_true(all.n <= ROWS);
    *r = (struct result){.machine = (char *)machine,
                         .family = (char *)family,
                         .cell =
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o}", "workload",
                                       workload, "rc", rc, "lock", lock, "reclaimer", "immediate",
                                       "alloc", "system", "allocator", "glibc", "threads", threads,
                                       "placement", "cores", "params", params)};
    assert_true(asprintf(&r->key, "%s %s+%s %d", workload, rc, lock, threads) > 0);
    return r;
}
static struct result *put(const char *family, const char *workload, const char *rc,
                          const char *lock, int threads)
{
    return put_on("m", family, workload, rc, lock, threads);
}
static void set(struct result *r, const char *name, json_t *value)
{
    char *key;

    json_object_set_new(r->cell, name, value);
    assert_true(asprintf(&key, "%s %s", r->key, name) > 0);
    free(r->key);
    r->key = key;
}

// One family for each number of threads, one cell for each scheme.
static void put_usual(void)
{
    static const char *const family[] = {"1", "2"};

    for (int threads = 1; threads <= 2; threads++) {
        put(family[threads - 1], "hot_object", "plain", "gil", threads);
        put(family[threads - 1], "hot_object", "atomic", "none", threads);
        put(family[threads - 1], "hot_object", "biased", "none", threads);
    }
}

static bool find_for(const char *base, const char *with, const char *workload)
{
    struct selection b, w;

    return selection_parse("--base", base, &all, &b, &e) &&
           selection_parse("--with", with, &all, &w, &e) &&
           selection_pairs(&all, &b, &w, &workload, workload != NULL, &pairs, &e);
}
static bool find(const char *base, const char *with)
{
    return find_for(base, with, NULL);
}

static void assert_pair(size_t i, size_t base, size_t with)
{
    assert_true(i < pairs.n);
    assert_int_equal(pairs.pair[i].base - row, base);
    assert_int_equal(pairs.pair[i].with - row, with);
}

static void assert_refused(bool ok, const char *expected)
{
    if (ok)
        fail_msg("'%s' is expected", expected);
    if (strstr(e.text, expected) == NULL)
        fail_msg("'%s' is not in: %s", expected, e.text);
}

static bool parses(const char *text)
{
    struct selection s;

    return selection_parse("--base", text, &all, &s, &e);
}

static void test_conditions(void **state)
{
    struct selection s;

    (void)state;
    put_usual();
    set(put("3", "private_objects", "atomic", "none", 1), "placement", json_string("0,2"));
    assert_true(selection_parse("--with", "rc=biased,threads=2", &all, &s, &e));
    assert_int_equal(s.n, 2);
    assert_string_equal(s.condition[0].key.name, "rc");
    assert_string_equal(s.condition[0].value, "biased");
    assert_string_equal(s.condition[1].value, "2");
    // commas may belong to a value
    assert_true(selection_parse("--with", "placement=0,2,rc=atomic", &all, &s, &e));
    assert_int_equal(s.n, 2);
    assert_string_equal(s.condition[0].value, "0,2");
    assert_string_equal(s.condition[1].value, "atomic");
    assert_true(selection_parse("--with", "rc=atomic,placement=0,2", &all, &s, &e));
    assert_string_equal(s.condition[1].value, "0,2");
    assert_true(selection_parse("--with", "param.objects=16,size=64,copy=0", &all, &s, &e));
    assert_string_equal(s.condition[0].key.name, "objects");
    assert_true(s.condition[0].key.param && s.condition[1].key.param && !s.condition[2].key.param);
}

static void test_bad_conditions(void **state)
{
    char text[2 * SELECTION_TEXT];

    (void)state;
    put_usual();
    put("3", "private_objects", "atomic", "none", 1);
    assert_refused(parses(""), "'' is not KEY=VALUE");
    assert_refused(parses("rc"), "'rc' is not KEY=VALUE");
    assert_refused(parses("rc="), "is not KEY=VALUE");
    assert_refused(parses("=atomic"), "is not KEY=VALUE");
    assert_refused(parses("rc=atomic,"), "'' is not KEY=VALUE");
    assert_refused(parses(",rc=atomic"), "'' is not KEY=VALUE");
    assert_refused(parses("rc=atomic,,lock=none"), "rc 'atomic,' in the store");
    assert_refused(parses("rcc=atomic"), "no key 'rcc'; known: workload rc lock");
    assert_refused(parses("rcc=atomic"), "copy extra owner objects size");
    assert_refused(parses("param.rc=atomic"), "no key 'param.rc'");
    assert_refused(parses("rc=mine"),
                   "--base: no rc 'mine' in the store, which has: plain atomic biased");
    assert_refused(parses("threads=02"), "which has: 1 2");
    assert_refused(parses("objects=17"), "which has: 16");
    assert_refused(parses("rc=atomic,rc=plain"), "rc is given twice");
    assert_refused(parses("objects=16,param.objects=16"), "given twice");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_refused(parses(text), "longer than");
    assert_refused(selection_workload("list_get", &all, &e),
                   "no workload 'list_get' in the store, which has: hot_object private_objects");
    assert_true(selection_workload("hot_object", &all, &e));
}

// Every cell that fits, each with that of its family.
static void test_pairs(void **state)
{
    (void)state;
    put_usual();
    assert_true(find("rc=atomic", "rc=biased"));
    assert_int_equal(pairs.n, 2);
    assert_pair(0, 1, 2);
    assert_pair(1, 4, 5);
    assert_int_equal(pairs.apart, 0);
    pairs_free(&pairs);
    assert_true(find("rc=atomic,threads=2", "rc=biased,threads=2"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 4, 5);
    pairs_free(&pairs);
    // only one of them names the lock: the other's may be any
    assert_true(find("rc=plain", "rc=atomic,lock=none"));
    assert_int_equal(pairs.n, 2);
    assert_pair(0, 0, 1);
    assert_pair(1, 3, 4);
    pairs_free(&pairs);
    assert_true(find("rc=plain,lock=gil", "rc=atomic"));
    assert_int_equal(pairs.n, 2);
    pairs_free(&pairs);
}

static void test_workloads(void **state)
{
    (void)state;
    put("1", "private_objects", "plain", "gil", 1);
    put("1", "private_objects", "atomic", "none", 1);
    put("1", "hot_object", "plain", "gil", 1);
    put("1", "hot_object", "atomic", "none", 1);
    assert_true(find_for("rc=plain,lock=gil", "rc=atomic", "hot_object"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 2, 3);
    pairs_free(&pairs);
    assert_true(find("rc=plain,lock=gil", "rc=atomic"));
    assert_int_equal(pairs.n, 2);
    pairs_free(&pairs);
    // parameters that only one of the workloads has are no difference
    assert_true(find("workload=private_objects", "workload=hot_object"));
    assert_int_equal(pairs.n, 2);
    assert_pair(0, 0, 2);
    assert_pair(1, 1, 3);
    pairs_free(&pairs);
}

static void test_ambiguous(void **state)
{
    (void)state;
    put("1", "list_get", "plain", "gil", 1);
    put("1", "list_get", "plain", "pthread", 1);
    put("1", "list_get", "biased", "pthread", 1);
    assert_refused(find("rc=plain", "rc=biased,lock=pthread"),
                   "--base: 2 cells could be what list_get biased+pthread 1 is compared with; say "
                   "which: lock=gil|pthread");
    assert_true(find("rc=plain,lock=gil", "rc=biased,lock=pthread"));
    assert_pair(0, 0, 2);
    pairs_free(&pairs);
    assert_true(find("rc=plain", "rc=biased")); // the lock is the same
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 1, 2);
    pairs_free(&pairs);
}

static void test_ambiguous_parameter(void **state)
{
    (void)state;
    put("1", "private_objects", "atomic", "none", 1);
    struct result *more = put("1", "private_objects", "atomic", "none", 1);
    json_object_set_new(json_object_get(more->cell, "params"), "objects", json_integer(256));
    put("1", "hot_object", "atomic", "none", 1);
    assert_refused(find("workload=private_objects", "workload=hot_object"),
                   "say which: objects=16|256");
    assert_true(find("workload=private_objects,objects=256", "workload=hot_object"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 1, 2);
    pairs_free(&pairs);
}

// Cells that the harness is checked with are not meant unless they are named.
static void test_checks(void **state)
{
    (void)state;
    put_usual();
    for (int copy = 1; copy <= 2; copy++)
        set(put("2", "hot_object", "biased", "none", 2), "copy", json_integer(copy));
    set(put("2", "hot_object", "atomic", "none", 2), "extra", json_integer(5));
    assert_true(find("rc=atomic", "rc=biased"));
    assert_int_equal(pairs.n, 2);
    pairs_free(&pairs);
    assert_true(find("rc=biased", "copy=1"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 5, 6);
    pairs_free(&pairs);
    assert_true(find("copy=1", "copy=2"));
    assert_pair(0, 6, 7);
    pairs_free(&pairs);
    assert_true(find("extra=0", "extra=5"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 4, 8);
    pairs_free(&pairs);
}

// The same numbers of another family or machine were measured at another time.
static void test_apart(void **state)
{
    (void)state;
    put("1", "hot_object", "plain", "gil", 1);
    put("1", "hot_object", "atomic", "none", 1);
    put("2", "hot_object", "plain", "gil", 1);
    put("2", "hot_object", "biased", "none", 1);
    assert_true(find("rc=atomic", "rc=biased"));
    assert_int_equal(pairs.n, 0);
    assert_int_equal(pairs.apart, 1);
    pairs_free(&pairs);
    // a family's baseline stands in each of its parts, and is compared in one
    assert_true(find("rc=atomic,lock=none", "rc=plain"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 1, 0);
    assert_int_equal(pairs.apart, 0);
    pairs_free(&pairs);
    put_on("n", "2", "hot_object", "atomic", "none", 1);
    put_on("n", "2", "hot_object", "atomic", "pymutex", 1);
    assert_refused(find("lock=pymutex", "rc=biased,lock=none"), "cells of different machines");
}

static void test_nothing(void **state)
{
    (void)state;
    put_usual();
    assert_refused(find("rc=atomic", "rc=atomic"), "fit the same cells");
    assert_refused(find("rc=plain", "rc=biased"), "the closest in lock (gil and none)");
    assert_refused(find("rc=plain", "rc=biased,lock=gil"),
                   "no cell fits all that --with says; the store has, if not together: rc: plain "
                   "atomic biased; lock: gil none");
    assert_refused(find("rc=biased,lock=gil", "rc=plain"), "no cell fits all that --base says");
}

static void test_differences(void **state)
{
    struct key key[KEYS_MOST];
    char value[VALUE_TEXT];

    (void)state;
    put_usual();
    set(put("3", "private_objects", "plain", "gil", 1), "copy", json_integer(1));
    assert_int_equal(selection_differences(&row[0], &row[2], key), 2);
    assert_string_equal(key[0].name, "rc");
    assert_string_equal(key[1].name, "lock");
    assert_int_equal(selection_differences(&row[0], &row[0], key), 0);
    assert_int_equal(selection_differences(&row[0], &row[6], key), 2);
    assert_string_equal(key[0].name, "workload");
    assert_string_equal(key[1].name, "copy");
    assert_true(selection_value(&row[0], key[1], value));
    assert_string_equal(value, "0");
    assert_false(selection_value(&row[0], (struct key){"memory", false}, value));
    assert_false(selection_value(&row[0], (struct key){"objects", true}, value));
}

// Runtimes with the same schemes, programs, and a cell of these schemes without a runtime: all
// differ.
static void test_runtimes(void **state)
{
    static const struct {
        const char *runtime, *program;
    } known[] = {{"gil-3.12", "fib"}, {"gil-3.9", "fib"}, {"gil-3.12", "nbody"}, {NULL, NULL}};
    struct key key[KEYS_MOST];
    struct result *r[4];
    char value[VALUE_TEXT];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        r[i] = put("1", "program", "generational", "gil", 1);
        if (known[i].runtime != NULL)
            set(r[i], "runtime", json_string(known[i].runtime));
        if (known[i].program != NULL)
            set(r[i], "program", json_string(known[i].program));
    }
    assert_int_equal(selection_differences(r[0], r[1], key), 1);
    assert_string_equal(key[0].name, "runtime");
    assert_int_equal(selection_differences(r[0], r[2], key), 1);
    assert_string_equal(key[0].name, "program");
    assert_int_equal(selection_differences(r[0], r[3], key), 2);
    assert_true(selection_value(r[3], (struct key){"runtime", false}, value));
    assert_string_equal(value, "-");

    assert_true(find("runtime=gil-3.12", "runtime=gil-3.9"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 0, 1);
    pairs_free(&pairs);
    // what has other schemes is compared with what has no runtime either
    put("1", "program", "plain", "gil", 1);
    assert_true(find("rc=generational", "rc=plain"));
    assert_int_equal(pairs.n, 1);
    assert_pair(0, 3, 4);
    pairs_free(&pairs);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_conditions),  TEST(test_bad_conditions), TEST(test_pairs),
        TEST(test_workloads),   TEST(test_ambiguous),      TEST(test_ambiguous_parameter),
        TEST(test_checks),      TEST(test_apart),          TEST(test_nothing),
        TEST(test_differences), TEST(test_runtimes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
