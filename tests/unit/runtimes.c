// SPDX-License-Identifier: MIT
//
// The table of runtimes: each row can be built and run, and scripts/runtime tells the same.
#include "runtimes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"

static void test_names(void **state)
{
    size_t n;
    const struct runtime *all = runtime_all(&n);

    (void)state;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        const char *name = all[i].name;
        // what stands in the name of a cell, whose layout begins with '@' and whose schemes have
        // '+'
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_"), strlen(name));
        assert_true(strlen(name) > 0 && strlen(name) < PROGRAM_TEXT);
        assert_ptr_equal(runtime_find(name), &all[i]); // else it is there twice
        assert_true(strlen(all[i].models) > 0 && strlen(all[i].source) > 0);
    }
    assert_null(runtime_find(""));
    assert_null(runtime_find("nonsense"));
}

// Alone and in threads, for a workload that asks nothing of them.
static void test_schemes(void **state)
{
    size_t n;
    const struct runtime *all = runtime_all(&n);
    struct error e;
    const struct workload *w;

    (void)state;
    assert_true(spec_workload("private_objects", &w, &e));
    for (size_t i = 0; i < n; i++)
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct spec s;
            spec_start(&s, w);
            s.threads = threads;
            if (!spec_runtime(&s, all[i].name, &e) || !spec_complete(&s, &e))
                fail_msg("%s: %s", all[i].name, e.text);
            for (int kind = 0; kind < SCHEME_KINDS; kind++)
                assert_string_equal(s.scheme[kind]->name, all[i].scheme[kind]);
        }
}

static void test_baselines(void **state)
{
    size_t n;
    const struct runtime *all = runtime_all(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        if (all[i].baseline[0] != '\0' && runtime_find(all[i].baseline) == NULL)
            fail_msg("%s: no runtime %s, its baseline", all[i].name, all[i].baseline);
}

// "-DERA=312 -DFEATURE_IMMORTAL", as the table has it.
static void macros(const struct runtime *r, char *text, size_t size)
{
    unsigned major, minor;
    char features[200], *save, end;

    assert_int_equal(sscanf(r->era, "%u.%u%c", &major, &minor, &end), 2);
    assert_true(minor < 100);
    int used = snprintf(text, size, "-DERA=%u", 100 * major + minor);
    snprintf(features, sizeof features, "%s", r->features);
    for (char *word = strtok_r(features, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        bool immortal = strcmp(word, "immortal") == 0, check = strcmp(word, "check_10") == 0;
        if (!immortal && !check)
            fail_msg("%s: '%s' is no feature", r->name, word);
        used += snprintf(text + used, size - (size_t)used, " -DFEATURE_%s",
                         immortal ? "IMMORTAL" : "CHECK_10");
    }
}

static void test_script(void **state)
{
    size_t n;
    const struct runtime *all = runtime_all(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        char command[5000], told[1000] = "", flags[500], expected[1000];
        snprintf(command, sizeof command, "'%s/scripts/runtime' %s", build_root(), all[i].name);
        FILE *f = popen(command, "r");
        assert_non_null(f);
        assert_non_null(fgets(told, sizeof told, f));
        assert_int_equal(pclose(f), 0);
        macros(&all[i], flags, sizeof flags);
        snprintf(expected, sizeof expected, "%s %s %s %s '-DRUNTIME_NAME=\"%s\"' %s\n",
                 all[i].scheme[REFCOUNT], all[i].scheme[LOCK], all[i].scheme[RECLAIM],
                 all[i].scheme[ALLOC], all[i].name, flags);
        assert_string_equal(told, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_baselines),
        cmocka_unit_test(test_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
