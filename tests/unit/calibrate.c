// SPDX-License-Identifier: MIT
//
// The plan that a machine is calibrated with is one, for any workloads that there are.
#include "calibrate.h"

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
    size_t n;
    const struct workload *const *all = catalogue_workloads(&n);

    (void)state;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        struct plan *p = plan_of(all, n, cpus);
        assert_int_equal(p->families, cpus * n); // of each workload one for a number of threads
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
        struct plan *p = plan_of(&all[i], 1, 64);
        assert_true(p->families > 2 && p->families % 2 == 0); // several pairs, 1 and 2 threads
        for (size_t f = 0; f < p->families; f++) {
            assert_family(&p->family[f]);
            assert_ptr_equal(p->family[f].cell[0].workload, all[i]);
        }
        plan_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
