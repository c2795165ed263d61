// SPDX-License-Identifier: MIT
//
// The programs of cells: where they are, and that a plan of any size and all its layouts are made.
#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct spec cell(const char *refcount)
{
    return (struct spec){
        .workload = catalogue_workload("private_objects"),
        .scheme = {[REFCOUNT] = catalogue_scheme(REFCOUNT, refcount),
                   [LOCK] = catalogue_scheme(LOCK, "none"),
                   [RECLAIM] = catalogue_scheme(RECLAIM, "immediate"),
                   [ALLOC] = catalogue_scheme(ALLOC, "system")},
    };
}

static void assert_path(unsigned layout, bool census, const char *end)
{
    struct spec s = cell("atomic");
    char path[BUILD_PATH];
    build_path(&s, census, layout, path);
    assert_int_equal(path[0], '/');
    assert_true(strlen(path) > strlen(end));
    assert_string_equal(path + strlen(path) - strlen(end), end);
}

static void test_paths(void **state)
{
    (void)state;
    assert_path(0, false, "/cells/private_objects/atomic+none");
    assert_path(1, false, "/cells/private_objects/atomic+none@1");
    assert_path(12, true, "/census/cells/private_objects/atomic+none@12");
}

static void test_layouts(void **state)
{
    (void)state;
    enum { LAYOUTS = 3 };
    struct spec s = cell("plain");
    struct error e;
    char path[LAYOUTS][BUILD_PATH];
    for (unsigned i = 0; i < LAYOUTS; i++) {
        build_path(&s, false, i, path[i]);
        unlink(path[i]);
    }
    assert_true(build_cells(&(const struct spec *){&s}, 1, false, LAYOUTS - 1, &e));
    assert_int_equal(access(path[0], X_OK), 0);
    assert_int_equal(access(path[1], X_OK), 0);
    assert_int_not_equal(access(path[2], F_OK), 0);
    assert_true(build_cells(&(const struct spec *){&s}, 1, false, LAYOUTS, &e));
    assert_int_equal(access(path[2], X_OK), 0);
}

// More than the 6 MiB that Linux ever takes as a command line, and one program is missing.
static void test_many(void **state)
{
    (void)state;
    enum { LAYOUTS = 2 };
    struct spec s[] = {cell("plain"), cell("atomic")};
    struct error e;
    char path[BUILD_PATH];
    build_path(&s[1], false, LAYOUTS - 1, path);
    unlink(path);
    size_t n = (6 << 20) / LAYOUTS / strlen(path) + 1;
    const struct spec **list = calloc(n, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < n; i++)
        list[i] = &s[i == n - 1];
    assert_true(build_cells(list, n, false, LAYOUTS, &e));
    assert_int_equal(access(path, X_OK), 0);
    free(list);
}

static void test_impossible(void **state)
{
    (void)state;
    static const struct workload nowhere = {.name = "nowhere"};
    struct spec s[] = {cell("plain"), cell("plain")};
    s[1].workload = &nowhere;
    char path[BUILD_PATH];
    build_path(&s[0], false, 0, path);
    unlink(path);
    struct error e = {""};
    assert_false(build_cells((const struct spec *[]){&s[1], &s[0]}, 2, false, 1, &e));
    assert_non_null(strstr(e.text, "some cells"));
    assert_int_equal(access(path, X_OK), 0); // the others are made all the same
    assert_false(build_cells(&(const struct spec *){&s[1]}, 1, false, 1, &e));
    assert_non_null(strstr(e.text, "cells/nowhere/plain+none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_impossible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
