// SPDX-License-Identifier: MIT
//
// What a store says of its cells, from invocations made up here, with answers worked out by hand.
#include "results.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct store *store;
static int64_t environment;
static struct store_sweep sweep;
static char path[] = "/tmp/rclab-results-XXXXXX";

static int set_up(void **state)
{
    struct error e;

    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    close(file);
    store = store_create(path, &e);
    sweep = (struct store_sweep){
        .machine = "m", .plan = "p", .plan_text = "", .shard = "1/1", .cells = ""};
    return store != NULL && store_begin(store, &sweep, &e) &&
                   store_environment(store, sweep.id, "{}", &environment, &e)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return unlink(path);
}

static bool near(double x, double expected)
{
    return fabs(x - expected) <= 1e-9 * fabs(expected);
}

static struct spec cell(const char *rc, unsigned threads)
{
    const struct workload *w;
    struct spec s;
    struct error e;

    assert_true(spec_workload("hot_object", &w, &e));
    spec_start(&s, w);
    s.threads = threads;
    assert_true(spec_scheme(&s, REFCOUNT, rc, &e) && spec_complete(&s, &e));
    return s;
}

// A sample of 100 operations at ns each.
static void add_sample(struct outcome *o, double ns, bool verified)
{
    json_array_append_new(o->samples,
                          json_pack("{s:f, s:i, s:f, s:f, s:f, s:b}", "ns_per_op", ns, "ops", 100,
                                    "cpu_ns", ns * 200, "ops_per_s", 1e9 / ns, "fairness",
                                    1 / (1 + ns), "verified", verified));
}

static void put(const char *family, unsigned rank, const struct spec *s, int64_t block,
                struct outcome o)
{
    struct store_invocation i = {.spec = s,
                                 .family = family,
                                 .block = block,
                                 .rank = rank,
                                 .sweep = sweep.id,
                                 .environment = environment};
    struct error e;

    if (!store_add(store, &i, &o, &e))
        fail_msg("%s", e.text);
    json_decref(o.samples);
}

static struct outcome ended(enum outcome_status status, const char *message)
{
    struct outcome o = {.status = status, .samples = json_array()};

    snprintf(o.message, sizeof o.message, "%s", message);
    return o;
}

// One process with one sample.
static void one(const char *family, unsigned rank, const char *rc, int64_t block, double ns)
{
    struct spec s = cell(rc, 1);
    struct outcome o = ended(OUTCOME_OK, "");

    add_sample(&o, ns, true);
    put(family, rank, &s, block, o);
}

static struct results load(const char *workload)
{
    struct results r;
    struct error e;

    if (!results_load(store, workload, &r, &e))
        fail_msg("%s", e.text);
    return r;
}

static void test_nothing(void **state)
{
    struct results r = load(NULL);

    (void)state;
    assert_int_equal(r.n, 0);
    results_free(&r);
    results_free(&r);
}

// One number a process, however many samples it has; the median over the processes' numbers.
static void test_median_of_medians(void **state)
{
    static const double sample[6][3] = {{1, 100, 2}, {4, 3, 5},    {900, 1, 3},
                                        {7, 7, 7},   {6, 50, 0.1}, {11, 10, 12}};
    struct spec s = cell("atomic", 1);

    (void)state;
    for (int block = 0; block < 6; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        for (int i = 0; i < 3; i++)
            add_sample(&o, sample[block][i], true);
        put("f", 0, &s, block, o); // medians 2 4 3 7 6 11
    }
    struct results r = load(NULL);
    const struct result *row = &r.row[0];
    assert_int_equal(r.n, 1);
    assert_int_equal(row->processes, 6);
    assert_true(row->process[2].ns_per_op == 3 && row->process[2].block == 2);
    assert_true(near(row->process[2].cpu_ns_per_op, 6));
    assert_true(row->ns.middle == 5 && row->ns.low == 2 && row->ns.high == 11);
    assert_true(row->ns.n == 6 && row->ns.confidence == 0.96875);
    assert_true(near(row->cpu_ns, 10));
    assert_true(near(row->ops_per_s, (1e9 / 4 + 1e9 / 6) / 2));
    assert_true(near(row->fairness.middle, (1 / 5.0 + 1 / 7.0) / 2));
    // an even number of samples
    struct outcome o = ended(OUTCOME_OK, "");
    add_sample(&o, 10, true);
    add_sample(&o, 20, true);
    put("g", 0, &s, 100, o);
    results_free(&r);
    r = load(NULL);
    assert_true(r.row[1].process[0].ns_per_op == 15);
    assert_true(r.row[1].ns.n == 1 && r.row[1].ns.confidence == 0);
    results_free(&r);
}

// The machine gets slower by far; in each block the second costs 1.5 times the first.
static void test_ratio_is_paired(void **state)
{
    (void)state;
    for (int block = 0; block < 8; block++) {
        one("f", 0, "plain", block, pow(10, block));
        one("f", 1, "atomic", block, 1.5 * pow(10, block));
    }
    // blocks that only one of them has
    one("f", 0, "plain", 100, 1);
    one("f", 1, "atomic", 101, 1000);
    struct results r = load(NULL);
    assert_int_equal(r.n, 2);
    const struct result *row = &r.row[1];
    assert_ptr_equal(results_baseline(&r, row), &r.row[0]);
    assert_ptr_equal(results_baseline(&r, &r.row[0]), &r.row[0]);
    assert_int_equal(row->processes, 9);
    assert_int_equal(row->ratio.n, 8);
    assert_true(near(row->ratio.middle, 1.5));
    assert_true(near(row->ratio.low, 1.5) && near(row->ratio.high, 1.5));
    assert_true(r.row[0].ratio.n == 9 && r.row[0].ratio.middle == 1);
    results_free(&r);
}

static void test_ratio_interval(void **state)
{
    static const double ratio[] = {1.2, 0.8, 2, 1.1, 1, 4};

    (void)state;
    for (int block = 0; block < 6; block++) { // in another order than the baseline's
        one("f", 0, "plain", block, 10 + block);
        one("f", 1, "atomic", 5 - block, (10 + 5 - block) * ratio[5 - block]);
    }
    struct results r = load(NULL);
    const struct result *row = &r.row[1];
    assert_int_equal(row->ratio.n, 6);
    assert_true(near(row->ratio.low, 0.8) && near(row->ratio.high, 4));
    assert_true(near(row->ratio.middle, sqrt(1.1 * 1.2)));
    assert_true(row->ratio.confidence == 0.96875);
    results_free(&r);
}

static void test_what_ended_badly(void **state)
{
    struct spec s = cell("atomic", 1);
    struct outcome o;

    (void)state;
    for (int block = 0; block < 6; block++)
        one("f", 0, "plain", block, 2);
    one("f", 1, "atomic", 0, 6);
    // a void process has samples, one of them verified: none counts
    o = ended(OUTCOME_VOID, "verification failed: first");
    add_sample(&o, 1000, true);
    add_sample(&o, 1000, false);
    put("f", 1, &s, 1, o);
    put("f", 1, &s, 2, ended(OUTCOME_CRASHED, "ended by signal 6"));
    // a hung one has what it printed before
    o = ended(OUTCOME_HUNG, "still running");
    add_sample(&o, 0.001, true);
    put("f", 1, &s, 3, o);
    put("f", 1, &s, 4, ended(OUTCOME_CRASHED, "ended by signal 11"));
    one("f", 1, "atomic", 5, 8);
    struct results r = load(NULL);
    const struct result *row = &r.row[1];
    assert_int_equal(r.n, 2);
    assert_int_equal(row->voided, 1);
    assert_int_equal(row->crashed, 2);
    assert_int_equal(row->hung, 1);
    assert_string_equal(row->message, "ended by signal 11");
    assert_int_equal(row->processes, 2);
    assert_true(row->ns.n == 2 && row->ns.middle == 7 && row->ns.low == 6 && row->ns.high == 8);
    assert_true(row->ratio.n == 2 && near(row->ratio.middle, sqrt(12)));
    assert_true(r.row[0].voided + r.row[0].crashed + r.row[0].hung == 0);
    assert_string_equal(r.row[0].message, "");
    results_free(&r);
}

static void test_only_bad_ones(void **state)
{
    struct spec plain = cell("plain", 1);

    (void)state;
    for (int block = 0; block < 6; block++) {
        put("f", 0, &plain, block, ended(OUTCOME_CRASHED, "exit status 127"));
        one("f", 1, "atomic", block, 3);
    }
    struct results r = load(NULL);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.row[0].crashed, 6);
    assert_int_equal(r.row[0].processes, 0);
    assert_true(r.row[0].ns.n == 0 && isnan(r.row[0].ns.middle) && isnan(r.row[0].cpu_ns));
    assert_true(r.row[1].ns.middle == 3);
    // a baseline without numbers gives no ratios
    assert_ptr_equal(results_baseline(&r, &r.row[1]), &r.row[0]);
    assert_true(r.row[1].ratio.n == 0 && isnan(r.row[1].ratio.middle));
    results_free(&r);
}

static void test_no_baseline(void **state)
{
    (void)state;
    one("f", 1, "atomic", 0, 3);
    one("f", 2, "biased", 0, 4);
    one("g", 0, "plain", 1, 3);
    struct results r = load(NULL);
    assert_int_equal(r.n, 3);
    for (size_t i = 0; i < 2; i++) {
        assert_null(results_baseline(&r, &r.row[i])); // not another family's
        assert_true(r.row[i].ratio.n == 0 && isnan(r.row[i].ratio.middle));
        assert_int_equal(r.row[i].ns.n, 1);
    }
    assert_non_null(results_baseline(&r, &r.row[2]));
    results_free(&r);
}

// Samples without a figure: no operation was done, or a field is missing.
static void test_odd_samples(void **state)
{
    struct spec s = cell("atomic", 1);
    struct outcome o = ended(OUTCOME_OK, "");

    (void)state;
    json_array_append_new(o.samples,
                          json_pack("{s:n, s:i, s:b}", "ns_per_op", "ops", 0, "verified", 1));
    json_array_append_new(o.samples, json_object());
    add_sample(&o, 5, true);
    put("f", 0, &s, 0, o);
    o = ended(OUTCOME_OK, "");
    json_array_append_new(o.samples,
                          json_pack("{s:n, s:i, s:b}", "ns_per_op", "ops", 0, "verified", 1));
    put("f", 0, &s, 1, o);
    struct results r = load(NULL);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.row[0].processes, 1);
    assert_true(r.row[0].ns.middle == 5);
    results_free(&r);
}

// As the plan lists them, whatever was measured first: in round 0 the block is the family's number.
static void test_order(void **state)
{
    static const char *const family[] = {"zeta", "alpha", "mid", "beta"};
    static const char *const rc[] = {"plain", "atomic", "biased"};
    static const unsigned shuffled[4] = {2, 0, 3, 1}, ranks[3] = {1, 2, 0};

    (void)state;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 4; i++)
            for (unsigned k = 0; k < 3; k++) {
                unsigned f = shuffled[round == 0 ? i : 3 - i];
                one(family[f], ranks[k], rc[ranks[k]], round * 4 + f, 1);
            }
    struct results r = load(NULL);
    assert_int_equal(r.n, 12);
    for (unsigned i = 0; i < 12; i++) {
        assert_string_equal(r.row[i].family, family[i / 3]);
        assert_int_equal(r.row[i].rank, i % 3);
        assert_string_equal(result_text(&r.row[i], "rc"), rc[i % 3]);
        assert_int_equal(r.row[i].processes, 2);
    }
    results_free(&r);
}

// The same cell in two families is two rows, each with its own baseline.
static void test_same_cell_in_two_families(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        one("f", 0, "plain", 2 * round, 1);
        one("f", 1, "atomic", 2 * round, 2);
        one("f, part 2", 0, "plain", 2 * round + 1, 10);
        one("f, part 2", 1, "atomic", 2 * round + 1, 50);
    }
    struct results r = load(NULL);
    assert_int_equal(r.n, 4);
    assert_true(near(r.row[1].ratio.middle, 2) && near(r.row[3].ratio.middle, 5));
    assert_true(r.row[0].ns.middle == 1 && r.row[2].ns.middle == 10);
    results_free(&r);
}

static void test_members(void **state)
{
    struct spec s = cell("atomic", 2);
    struct outcome o = ended(OUTCOME_OK, "");
    char text[SPEC_TEXT];

    (void)state;
    add_sample(&o, 5, true);
    put("f", 0, &s, 0, o);
    struct results r = load("hot_object");
    assert_int_equal(r.n, 1);
    assert_string_equal(result_text(&r.row[0], "workload"), "hot_object");
    assert_string_equal(result_text(&r.row[0], "lock"), "none");
    assert_string_equal(result_text(&r.row[0], "nonsense"), "");
    assert_int_equal(result_number(&r.row[0], "threads"), 2);
    assert_int_equal(result_number(&r.row[0], "nonsense"), 0);
    result_params(&r.row[0], text);
    assert_non_null(strstr(text, "local=0"));
    assert_non_null(strstr(text, "owner=0"));
    spec_key(&s, text);
    assert_string_equal(r.row[0].key, text);
    results_free(&r);
    r = load("dict_get");
    assert_int_equal(r.n, 0);
    results_free(&r);
}

// A family may have a control of another workload as its baseline; what is shown of the family
// alone is still compared with it.
static void test_ratio_to_another_workload(void **state)
{
    struct spec control = cell("plain", 1);
    struct error e;

    (void)state;
    assert_true(spec_workload("private_objects", &control.workload, &e));
    for (int64_t block = 0; block < 6; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        add_sample(&o, 5 + (double)block, true);
        put("f", 0, &control, block, o);
        one("f", 1, "atomic", block, 2 * (5 + (double)block));
    }
    struct results r = load("hot_object");
    assert_int_equal(r.n, 1);
    assert_int_equal(r.row[0].ratio.n, 6);
    assert_true(near(r.row[0].ratio.middle, 2));
    results_free(&r);
}

static void begin(const char *machine, const char *text)
{
    struct error e;

    sweep.machine = machine;
    sweep.plan_text = text;
    if (!store_begin(store, &sweep, &e) ||
        !store_environment(store, sweep.id, "{}", &environment, &e))
        fail_msg("%s", e.text);
}

// Processes of one machine pool, pairs are made inside each sweep.
static void test_two_sweeps(void **state)
{
    (void)state;
    for (int block = 0; block < 6; block++)
        one("f", 0, "plain", block, 10);
    begin("m", "");
    for (int block = 0; block < 6; block++)
        one("f", 1, "atomic", block, 90); // of the same numbers, but no partner
    for (int block = 10; block < 16; block++) {
        one("f", 0, "plain", block, 30);
        one("f", 1, "atomic", block, 60);
    }
    struct results r = load(NULL);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.row[0].processes, 12);
    assert_int_equal(r.row[1].processes, 12);
    assert_true(r.row[1].ratio.n == 6 && near(r.row[1].ratio.middle, 2));
    assert_true(r.row[0].ns.middle == 20 && r.row[1].ns.middle == 75);
    results_free(&r);
}

static void test_two_machines(void **state)
{
    (void)state;
    one("g", 0, "plain", 0, 5);
    one("f", 0, "plain", 1, 10);
    one("f", 1, "atomic", 1, 20);
    begin("another", "");
    one("f", 0, "plain", 1, 100);
    one("f", 1, "atomic", 1, 300);
    struct results r = load(NULL);
    assert_int_equal(r.n, 5);
    static const char *const machine[] = {"another", "another", "m", "m", "m"};
    static const char *const family[] = {"f", "f", "g", "f", "f"};
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(r.row[i].machine, machine[i]);
        assert_string_equal(r.row[i].family, family[i]);
    }
    assert_true(near(r.row[1].ratio.middle, 3) && near(r.row[4].ratio.middle, 2));
    assert_ptr_equal(results_baseline(&r, &r.row[4]), &r.row[3]);
    results_free(&r);
}

// Families stay together, though two plans begin with the same block.
static void test_two_plans(void **state)
{
    (void)state;
    one("b", 0, "plain", 0, 1);
    one("b", 1, "atomic", 0, 2);
    begin("m", "another plan");
    one("a", 0, "plain", 0, 3);
    one("a", 1, "atomic", 0, 9);
    begin("m", ""); // a shard of the first
    one("c", 0, "plain", 1, 1);
    struct results r = load(NULL);
    assert_int_equal(r.n, 5);
    static const char *const family[] = {"b", "b", "c", "a", "a"};
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(r.row[i].family, family[i]);
    assert_true(near(r.row[1].ratio.middle, 2) && near(r.row[4].ratio.middle, 3));
    results_free(&r);
}

// Thousands of cells, by which a search through all of them for each would be felt.
static void test_many(void **state)
{
    enum { CELLS = 2000, ROUNDS = 3 };
    struct spec s = cell("atomic", 1);
    struct error e;
    char family[32];

    (void)state;
    assert_true(store_execute(store, "PRAGMA synchronous = OFF", &e));
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CELLS; i++) {
            struct outcome o = ended(OUTCOME_OK, "");
            snprintf(family, sizeof family, "f %d", i / 10);
            s.threads = 1 + (unsigned)i % 1000;
            s.param[0] = i / 1000;
            add_sample(&o, 1 + i % 10, true);
            put(family, (unsigned)i % 10, &s, round * (CELLS / 10) + i / 10, o);
        }
    struct results r = load(NULL);
    assert_int_equal(r.n, CELLS);
    for (int i = 0; i < CELLS; i++) {
        assert_int_equal(r.row[i].processes, ROUNDS);
        assert_int_equal(r.row[i].rank, i % 10);
        assert_true(near(r.row[i].ratio.middle, 1 + i % 10));
    }
    results_free(&r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

// Of a process the peak at its last sample counts; what samples do not tell is no figure.
static void test_memory_and_place(void **state)
{
    struct spec s = cell("atomic", 2), other = cell("biased", 2);

    (void)state;
    for (int block = 0; block < 3; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        add_sample(&o, 1, true);
        add_sample(&o, 1, true);
        for (size_t i = 0; i < 2; i++)
            json_object_update_new(json_array_get(o.samples, i),
                                   json_pack("{s:i, s:i, s:s, s:{s:i, s:i}}", "base_kib", 100,
                                             "peak_kib", (int)(1000 * (size_t)(block + 1) + i),
                                             "distance", "SMT sibling", "fills", "cache", 4, "all",
                                             8));
        put("f", 0, &s, block, o);
        o = ended(OUTCOME_OK, "");
        add_sample(&o, 2, true);
        put("f", 1, &other, block, o);
    }
    struct results r = load(NULL);
    assert_true(r.row[0].memory_kib.middle == 1901 && r.row[0].memory_kib.low == 901);
    assert_string_equal(json_string_value(r.row[0].distance), "SMT sibling");
    assert_int_equal(json_integer_value(json_object_get(r.row[0].fills, "all")), 8);
    assert_int_equal(r.row[1].memory_kib.n, 0);
    assert_null(r.row[1].distance);
    assert_null(r.row[1].fills);
    results_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),
        TEST(test_memory_and_place),
        TEST(test_median_of_medians),
        TEST(test_ratio_is_paired),
        TEST(test_ratio_interval),
        TEST(test_what_ended_badly),
        TEST(test_only_bad_ones),
        TEST(test_no_baseline),
        TEST(test_odd_samples),
        TEST(test_order),
        TEST(test_same_cell_in_two_families),
        TEST(test_members),
        TEST(test_ratio_to_another_workload),
        TEST(test_two_sweeps),
        TEST(test_two_machines),
        TEST(test_two_plans),
        TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
