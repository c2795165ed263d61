// SPDX-License-Identifier: MIT
//
// What identifies a machine.
#include "environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_cpus(void **state)
{
    (void)state;
    assert_int_equal(environment_count_cpus("0"), 1);
    assert_int_equal(environment_count_cpus("0-127"), 128);
    assert_int_equal(environment_count_cpus("0-3,8,10-11"), 7);
    assert_int_equal(environment_count_cpus(""), 0);
    assert_int_equal(environment_count_cpus("x"), 0);
    assert_int_equal(environment_count_cpus("3-1"), 0);
}

static void test_machine(void **state)
{
    char a[MACHINE_TEXT], b[MACHINE_TEXT], c[MACHINE_TEXT];

    (void)state;
    environment_machine_text("secret", "Chip 9", 128, a);
    environment_machine_text("secret", "Chip 9", 64, b);
    environment_machine_text("other", "Chip 9", 128, c);
    assert_int_equal(strncmp(a, "Chip 9 x 128, ", 14), 0);
    assert_int_equal(strlen(a), 14 + 16);
    assert_null(strstr(a, "secret"));
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, c);
    environment_machine_text(NULL, NULL, 0, b);
    assert_int_equal(strncmp(b, "unknown processor x 0, ", 23), 0);
    environment_machine(a);
    environment_machine(b);
    assert_string_equal(a, b);
    assert_non_null(strstr(a, " x "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cpus), cmocka_unit_test(test_machine)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
