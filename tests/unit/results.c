// SPDX-License-Identifier: MIT
//
// What a store says of its cells, from invocations made up here, with answers worked out by hand.
#include "comparison.h"

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

// What further attempts, and cells that are not only measured in one layout, have.
struct how {
    unsigned attempt, layout;
    const char *disturbed;
};
static void put_how(const char *family, unsigned rank, const struct spec *s, int64_t block,
                    struct outcome o, struct how how)
{
    struct store_invocation i = {.spec = s,
                                 .family = family,
                                 .block = block,
                                 .rank = rank,
                                 .sweep = sweep.id,
                                 .environment = environment,
                                 .attempt = how.attempt,
                                 .layout = how.layout,
                                 .disturbed = how.disturbed != NULL ? how.disturbed : ""};
    struct error e;

    if (!store_add(store, &i, &o, &e))
        fail_msg("%s", e.text);
    json_decref(o.samples);
}

static void put(const char *family, unsigned rank, const struct spec *s, int64_t block,
                struct outcome o)
{
    put_how(family, rank, s, block, o, (struct how){0});
}

// A sample with what the arithmetic kernel took before and after it on a CPU.
static void add_probed(struct outcome *o, double ns, int cpu, double before, double after)
{
    add_sample(o, ns, true);
    json_object_set_new(json_array_get(o->samples, json_array_size(o->samples) - 1), "probes",
                        json_pack("[{s:i, s:[f,f]}]", "cpu", cpu, "alu_ns", before, after));
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

static struct results load(void)
{
    struct results r;
    struct error e;

    if (!results_load(store, &r, &e))
        fail_msg("%s", e.text);
    return r;
}

static void test_nothing(void **state)
{
    struct results r = load();

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
    struct results r = load();
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
    r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
}

// A family may have a control of another workload as its baseline.
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
    struct results r = load();
    assert_int_equal(r.n, 2);
    assert_int_equal(r.row[1].ratio.n, 6);
    assert_true(near(r.row[1].ratio.middle, 2));
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
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
    struct results r = load();
    assert_true(r.row[0].memory_kib.middle == 1901 && r.row[0].memory_kib.low == 901);
    assert_string_equal(json_string_value(r.row[0].distance), "SMT sibling");
    assert_int_equal(json_integer_value(json_object_get(r.row[0].fills, "all")), 8);
    assert_int_equal(r.row[1].memory_kib.n, 0);
    assert_null(r.row[1].distance);
    assert_null(r.row[1].fills);
    results_free(&r);
}

// The median of a process's samples counts, of those that tell of waits, or of messages.
static void test_latencies(void **state)
{
    struct spec s = cell("atomic", 1), other = cell("biased", 1);

    (void)state;
    for (int block = 0; block < 3; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        for (int i = 0; i < 4; i++) {
            add_sample(&o, 1, true);
            if (i != 1)
                json_object_update_new(
                    json_array_get(o.samples, (size_t)i),
                    json_pack("{s:i, s:i, s:f}", "latency_ns", 100 * i + block, "latency_p99_ns",
                              1000 * i + block, "message_bytes",
                              json_number_value(
                                  json_object_get(json_array_get(o.samples, (size_t)i), "ops")) *
                                  (i + 3 * block)));
        }
        put("f", 0, &s, block, o);
        o = ended(OUTCOME_OK, "");
        add_sample(&o, 2, true);
        put("f", 1, &other, block, o);
    }
    struct results r = load();
    assert_true(r.row[0].latency_ns.low == 200 && r.row[0].latency_ns.middle == 201);
    assert_true(r.row[0].latency_p99_ns.middle == 2001 && r.row[0].latency_p99_ns.high == 2002);
    assert_true(r.row[0].sent_bytes.low == 2 && r.row[0].sent_bytes.middle == 5);
    assert_int_equal(r.row[1].latency_ns.n, 0);
    assert_int_equal(r.row[1].sent_bytes.n, 0);
    assert_int_equal(r.row[1].latency_p99_ns.n, 0);
    results_free(&r);
}

// Of dead objects and pauses the most of a process counts, of an object's bytes the last sample's;
// the background's time belongs to an operation's. Samples of before know nothing of all this.
static void test_memory_beside_time(void **state)
{
    struct spec s = cell("atomic", 1), other = cell("biased", 1);

    (void)state;
    for (int block = 0; block < 3; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        for (int i = 0; i < 3; i++) {
            add_sample(&o, 1, true);
            json_object_update_new(json_array_get(o.samples, (size_t)i),
                                   json_pack("{s:i, s:i, s:f, s:i, s:i}", "dead_peak",
                                             i == 1 ? 900 + block : 5, "pause_ns",
                                             i == 0 ? 7000 : 0, "object_bytes", 100.5 + i,
                                             "background_ns", 1000 * i, "header_bytes", 16));
        }
        put("f", 0, &s, block, o);
        o = ended(OUTCOME_OK, "");
        add_sample(&o, 2, true);
        put("f", 1, &other, block, o);
    }
    struct results r = load();
    assert_true(r.row[0].dead_peak.middle == 901 && r.row[0].dead_peak.high == 902);
    assert_true(r.row[0].pause_ns.middle == 7000);
    assert_true(r.row[0].object_bytes.middle == 102.5);
    assert_true(near(r.row[0].background_ns.middle, 10));
    assert_true(near(r.row[0].cpu_ns, 2 + 10));
    assert_true(r.row[0].header_bytes == 16);
    assert_int_equal(r.row[1].dead_peak.n, 0);
    assert_int_equal(r.row[1].pause_ns.n, 0);
    assert_int_equal(r.row[1].object_bytes.n, 0);
    assert_true(r.row[1].background_ns.middle == 0);
    assert_true(near(r.row[1].cpu_ns, 4));
    assert_true(isnan(r.row[1].header_bytes));
    results_free(&r);
}

// Of each block the last attempt counts, however it ended.
static void test_attempts(void **state)
{
    struct spec s = cell("atomic", 1);

    (void)state;
    for (int block = 0; block < 6; block++) {
        one("f", 0, "plain", block, 10);
        for (unsigned attempt = 0; attempt < 3; attempt++) {
            struct outcome o = ended(OUTCOME_OK, "");
            add_sample(&o, attempt == 2 ? 20 : 1e6, true);
            put_how("f", 1, &s, block, o, (struct how){attempt, 0, attempt < 2 ? "by me" : ""});
        }
    }
    struct outcome o = ended(OUTCOME_OK, "");
    add_sample(&o, 20, true);
    put_how("f", 1, &s, 6, o, (struct how){0, 0, "by me"});
    o = ended(OUTCOME_OK, "");
    add_sample(&o, 1e6, true);
    put_how("f", 1, &s, 7, o, (struct how){0, 0, "by me"});
    put_how("f", 1, &s, 7, ended(OUTCOME_HUNG, "still running"), (struct how){1, 0, ""});
    put_how("f", 1, &s, 8, ended(OUTCOME_CRASHED, "gone"), (struct how){0, 0, "by me"});
    o = ended(OUTCOME_OK, "");
    add_sample(&o, 20, true);
    put_how("f", 1, &s, 8, o, (struct how){1, 0, ""});
    struct results r = load();
    const struct result *row = &r.row[1];
    assert_int_equal(row->processes, 8);
    assert_true(row->ns.low == 20 && row->ns.high == 20);
    assert_true(row->ratio.n == 6 && near(row->ratio.high, 2));
    assert_int_equal(row->repeated, 14);
    assert_int_equal(row->disturbed, 1);
    assert_true(row->hung == 1 && row->crashed == 0);
    assert_string_equal(row->message, "still running");
    assert_true(row->process[6].disturbed && !row->process[5].disturbed);
    assert_int_equal(r.row[0].repeated + r.row[0].disturbed, 0);
    results_free(&r);
}

static void test_layouts(void **state)
{
    struct spec s = cell("atomic", 1);

    (void)state;
    for (unsigned block = 0; block < 4; block++) {
        struct outcome o = ended(OUTCOME_OK, "");
        add_sample(&o, 20, true);
        put_how("f", 0, &s, block, o, (struct how){0, 3 - block, ""});
    }
    struct results r = load();
    for (unsigned block = 0; block < 4; block++)
        assert_int_equal(r.row[0].process[block].layout, 3 - block);
    results_free(&r);
}

// The samples of a process stand by their speed; each speed has its median.
static void test_speeds(void **state)
{
    static const struct {
        double ns, before, after;
    } sample[] = {
        {1, 100, 101}, {9, 160, 161}, {50, 100, 160}, {3, 104, 102}, {7, 170, 160}, {2, 119, 119},
    };
    struct spec s = cell("atomic", 1);
    struct outcome o = ended(OUTCOME_OK, "");

    (void)state;
    for (size_t i = 0; i < 6; i++)
        add_probed(&o, sample[i].ns, 0, sample[i].before, sample[i].after);
    add_sample(&o, 6, true);
    put("f", 0, &s, 0, o);
    struct results r = load();
    const struct result *row = &r.row[0];
    const struct process *p = row->process;
    static const unsigned n[SPEEDS] = {1, 3, 2, 1};
    static const double at[SPEEDS] = {6, 2, 8, 50}, sorted[] = {6, 1, 3, 2, 9, 7, 50};
    for (enum speed speed = 0; speed < SPEEDS; speed++) {
        assert_int_equal(p->samples[speed], n[speed]);
        assert_int_equal(row->samples[speed], n[speed]);
        assert_true(p->at[speed] == at[speed]);
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(p->sample[i] == sorted[i]);
    assert_true(p->ns_per_op == 6); // of all of them
    results_free(&r);
}

// One sample on that CPU; its speed is the only one that it has then.
static enum speed speed_on(const char *family, int cpu, double probe_ns)
{
    struct spec s = cell("atomic", 1);
    struct outcome o = ended(OUTCOME_OK, "");
    enum speed speed = SPEEDS;

    add_probed(&o, 5, cpu, probe_ns, probe_ns);
    put(family, 0, &s, 1000 + family[0], o);
    struct results r = load();
    for (size_t i = 0; i < r.n; i++)
        for (enum speed k = 0; k < SPEEDS && strcmp(r.row[i].family, family) == 0; k++)
            if (r.row[i].samples[k] != 0)
                speed = k;
    results_free(&r);
    return speed;
}

// Each CPU of each machine has a reference of its own: a low quantile of all its probes, of
// attempts that count or not, but of none that did not end well.
static void test_references(void **state)
{
    struct spec s = cell("plain", 1);
    struct outcome o;

    (void)state;
    for (int i = 0; i < 20; i++) {
        o = ended(OUTCOME_OK, "");
        add_probed(&o, 5, 0, 100, 100);
        add_probed(&o, 5, 1, 300, 300);
        add_probed(&o, 5, -1, 50, 50);
        put_how("f", 0, &s, i, o, (struct how){0, 0, "by me"});
        o = ended(OUTCOME_OK, "");
        add_probed(&o, 5, 1, 500, 500);
        put_how("f", 0, &s, i, o, (struct how){1, 0, ""});
        o = ended(OUTCOME_OK, "");
        add_probed(&o, 5, 3, 100, 200);
        put("o", 0, &s, 200 + i, o);
        o = ended(OUTCOME_VOID, "");
        add_probed(&o, 5, 1, 1, 1);
        put("f", 0, &s, 100 + i, o);
    }
    o = ended(OUTCOME_OK, "");
    add_probed(&o, 5, 0, 1, 1); // a probe alone is no reference
    put("f", 0, &s, 50, o);
    assert_int_equal(speed_on("g", 0, 119), SPEED_FAST);
    assert_int_equal(speed_on("h", 0, 121), SPEED_SLOW);
    assert_int_equal(speed_on("i", 1, 301), SPEED_FAST);
    assert_int_equal(speed_on("j", 1, 500), SPEED_SLOW);
    assert_int_equal(speed_on("k", -1, 51), SPEED_FAST);
    assert_int_equal(speed_on("l", -1, 100), SPEED_SLOW);
    assert_int_equal(speed_on("m", 2, 1000), SPEED_FAST);
    begin("another", "");
    assert_int_equal(speed_on("n", 0, 900), SPEED_FAST);
    struct results r = load();
    for (size_t i = 0; i < r.n; i++)
        if (strcmp(r.row[i].family, "f") == 0)
            assert_true(r.row[i].samples[SPEED_SLOW] == 20 && r.row[i].samples[SPEED_FAST] == 1);
        else if (strcmp(r.row[i].family, "o") == 0)
            assert_int_equal(r.row[i].samples[SPEED_MIXED], 20);
    results_free(&r);
}

// 3.0 when the machine is fast, 4.4 when it is slow: the ratio is that of the more frequent.
static void test_ratio_is_of_one_speed(void **state)
{
    struct spec plain = cell("plain", 1), atomic = cell("atomic", 1);

    (void)state;
    for (int block = 0; block < 20; block++) {
        bool slow = block % 5 < 3;
        double probe = slow ? 180 : 100;
        struct outcome o = ended(OUTCOME_OK, "");
        add_probed(&o, slow ? 2 : 1, 0, probe, probe);
        put("f", 0, &plain, block, o);
        o = ended(OUTCOME_OK, "");
        add_probed(&o, slow ? 8.8 : 3, 0, probe, probe);
        put("f", 1, &atomic, block, o);
    }
    struct results r = load();
    struct comparison c;
    assert_true(comparison_look(&r.row[0], &r.row[1], COMPARISON_MARGIN, &c));
    assert_int_equal(c.speed, SPEED_SLOW);
    assert_true(c.at[SPEED_SLOW].n == 12 && near(c.at[SPEED_SLOW].middle, 4.4));
    assert_true(c.at[SPEED_FAST].n == 8 && near(c.at[SPEED_FAST].middle, 3));
    comparison_free(&c);
    assert_true(r.row[1].ratio.n == 12 && near(r.row[1].ratio.high, 4.4));
    assert_true(r.row[1].ns.middle == 8.8 && r.row[1].ns.n == 20); // whatever the speed
    results_free(&r);
}

// A copy and an extra cost belong to the cell that is like them otherwise.
static void test_checks(void **state)
{
    struct spec s = cell("atomic", 1), other = cell("biased", 1);
    unsigned rank = 0;

    (void)state;
    for (unsigned copy = 0; copy < 3; copy++)
        for (unsigned extra = 0; extra <= 5; extra += 5, rank++) {
            struct outcome o = ended(OUTCOME_OK, "");
            s.copy = copy;
            s.extra = extra;
            add_sample(&o, 1, true);
            put("f", rank, &s, 0, o);
        }
    other.copy = 1;
    struct outcome o = ended(OUTCOME_OK, "");
    add_sample(&o, 1, true);
    put("f", rank, &other, 0, o);
    one("g", 0, "biased", 1, 1);
    struct results r = load();
    assert_int_equal(r.n, 8);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(result_is_check(&r.row[i]), i != 0);
        assert_ptr_equal(results_original(&r, &r.row[i]), &r.row[0]);
    }
    assert_true(result_is_check(&r.row[6]) && !result_is_check(&r.row[7]));
    assert_null(results_original(&r, &r.row[6])); // that of another family is not it
    results_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),
        TEST(test_memory_and_place),
        TEST(test_memory_beside_time),
        TEST(test_latencies),
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
        TEST(test_attempts),
        TEST(test_layouts),
        TEST(test_speeds),
        TEST(test_references),
        TEST(test_ratio_is_of_one_speed),
        TEST(test_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
