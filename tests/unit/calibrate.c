// SPDX-License-Identifier: MIT
//
// The plan that a machine is calibrated with is one, for any workloads that there are; what follows
// from measurements that are made up here.
#include "calibrate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct plan *plan_of(const struct workload *const *workload, size_t n, unsigned cpus)
{
    struct error e;
    char *text = calibrate_plan(workload, n, cpus, &e);

    if (text == NULL)
        fail_msg("%s", e.text);
    struct plan *p = plan_parse(CALIBRATE_PLAN, text, NULL, &e);
    if (p == NULL)
        fail_msg("%s", e.text);
    // so that a store's plan is the same when it is read again
    assert_string_equal(p->text, text);
    free(text);
    return p;
}

// A cell, three copies, and one with an extra cost; all alike else.
static void assert_family(const struct family *f)
{
    unsigned copies = 0, extra = 0;

    assert_int_equal(f->cells, 5);
    assert_true(f->cell[0].copy == 0 && f->cell[0].extra == 0);
    for (unsigned i = 0; i < 5; i++) {
        copies |= 1u << f->cell[i].copy;
        extra += f->cell[i].extra;
        assert_true(f->cell[i].copy == 0 || f->cell[i].extra == 0);
        assert_ptr_equal(f->cell[i].workload, f->cell[0].workload);
        assert_ptr_equal(f->cell[i].scheme[REFCOUNT], f->cell[0].scheme[REFCOUNT]);
        assert_ptr_equal(f->cell[i].scheme[LOCK], f->cell[0].scheme[LOCK]);
        assert_int_equal(f->cell[i].threads, f->cell[0].threads);
    }
    assert_true(copies == 15 && extra == 5);
}

static void test_all(void **state)
{
    size_t n, measured = 0;
    const struct workload *const *all = catalogue_workloads(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        measured += all[i]->load == NULL;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        struct plan *p = plan_of(all, n, cpus);
        assert_int_equal(p->families, cpus * measured); // of each workload one for a number of threads
        assert_string_equal(p->name, CALIBRATE_PLAN);
        assert_true(p->rounds_least == ROUNDS_LEAST && p->rounds > 1000);
        for (size_t f = 0; f < p->families; f++)
            assert_family(&p->family[f]);
        plan_free(p);
    }
}

static void test_one(void **state)
{
    size_t n;
    const struct workload *const *all = catalogue_workloads(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (all[i]->load != NULL)
            continue; // it goes with runtimes
        struct plan *p = plan_of(&all[i], 1, 64);
        assert_true(p->families > 2 && p->families % 2 == 0); // several pairs, 1 and 2 threads
        for (size_t f = 0; f < p->families; f++) {
            assert_family(&p->family[f]);
            assert_ptr_equal(p->family[f].cell[0].workload, all[i]);
        }
        plan_free(p);
    }
}

// A process that took 50 ms.
static void put(struct store *s, const struct store_sweep *sweep, int64_t environment,
                const struct family *f, unsigned rank, int64_t block, double ns)
{
    struct error e;
    struct store_invocation i = {.spec = &f->cell[rank],
                                 .family = f->name,
                                 .rank = rank,
                                 .sweep = sweep->id,
                                 .block = block,
                                 .environment = environment,
                                 .disturbed = ""};
    struct outcome o = {.status = OUTCOME_OK, .wall_ns = 50000000};

    o.samples = json_pack("[{s:f, s:i, s:b}]", "ns_per_op", ns, "ops", 100, "verified", 1);
    if (!store_add(s, &i, &o, &e))
        fail_msg("%s", e.text);
    json_decref(o.samples);
}

// Copies with odd numbers differ by -2, -1, 0, 1 or 2 per cent in turn, the third by 0.5 more.
static void fill(struct store *s, const struct plan *p, unsigned blocks)
{
    struct error e;
    int64_t environment;
    struct store_sweep sweep = {
        .machine = "m", .plan = "calibrate", .plan_text = "", .shard = "1/1", .cells = ""};

    assert_true(store_begin(s, &sweep, &e));
    assert_true(store_environment(s, sweep.id, "{}", &environment, &e));
    for (unsigned block = 0; block < blocks; block++)
        for (unsigned c = 0; c < p->family[0].cells; c++) {
            const struct spec *cell = &p->family[0].cell[c];
            double ns = cell->copy % 2 != 0 ? 100 * exp(0.01 * ((int)block % 5 - 2)) : 100;
            ns *= cell->copy == 3 ? exp(0.005) : 1;
            put(s, &sweep, environment, &p->family[0], c, block, cell->extra != 0 ? 1.05 * ns : ns);
        }
}

static bool near(double x, double expected)
{
    return fabs(x - expected) <= 1e-9 * fabs(expected);
}

static void test_cells(void **state)
{
    enum { BLOCKS = 25 };
    const struct workload *w = catalogue_workload("hot_object");
    struct plan *p = plan_of(&w, 1, 1);
    struct error e;
    struct results r;
    struct checks c;
    struct calibrated *list;
    size_t n;

    (void)state;
    struct store *s = store_create(":memory:", &e);
    assert_non_null(s);
    fill(s, p, BLOCKS);
    assert_true(results_load(s, &r, &e));
    assert_true(checks_make(&r, NULL, 0.01, &c));
    assert_true(calibrate_cells(s, &r, &c, &list, &n, &e));
    assert_int_equal(n, 1); // families that were not measured are not here
    assert_ptr_equal(list[0].cell, &r.row[0]);
    assert_int_equal(list[0].blocks, BLOCKS);
    assert_true(near(list[0].block_s, 0.1));
    assert_true(near(list[0].scatter, expm1(0.02)));
    assert_true(near(list[0].half_width, expm1(0.01)));
    assert_ptr_equal(list[0].extra, &c.extra[0]);
    assert_int_equal(c.found, 1);
    assert_true(c.margin == 0.01);
    // more blocks, smaller effects; none is below the margin
    assert_true(list[0].detectable > list[0].budget[1]);
    assert_true(list[0].budget[2] > 1.0099);
    assert_true(list[0].budget[0] >= list[0].budget[1] && list[0].budget[1] >= list[0].budget[2]);
    free(list);
    checks_free(&c);
    results_free(&r);
    store_close(s);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
