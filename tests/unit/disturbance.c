// SPDX-License-Identifier: MIT
#include "disturbance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *text(const char *json)
{
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    return object;
}

// --- speed

static enum speed judge(const char *json, double reference_0, double reference_1)
{
    struct speed_probe probe[PROBES_MOST];
    json_t *sample = text(json);
    unsigned n = speed_probes(sample, probe);
    json_decref(sample);
    return speed_of(probe, n, (double[]){reference_0, reference_1});
}

static void test_speed_is_that_of_all_probes(void **state)
{
    (void)state;
    assert_int_equal(judge("{\"probes\":[{\"cpu\":3,\"alu_ns\":[100,110]}]}", 100, 0), SPEED_FAST);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":3,\"alu_ns\":[170,160]}]}", 100, 0), SPEED_SLOW);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":3,\"alu_ns\":[100,160]}]}", 100, 0), SPEED_MIXED);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":3,\"alu_ns\":[160,100]}]}", 100, 0), SPEED_MIXED);
    const char *two = "{\"probes\":[{\"cpu\":0,\"alu_ns\":[100,100]},"
                      "{\"cpu\":1,\"alu_ns\":[160,160]}]}";
    assert_int_equal(judge(two, 100, 100), SPEED_MIXED);
    // each CPU has a reference of its own: cores of a hybrid processor differ
    assert_int_equal(judge(two, 100, 160), SPEED_FAST);
    assert_int_equal(judge(two, 60, 100), SPEED_SLOW);
}

static void test_speed_without_probes_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(judge("{}", 100, 100), SPEED_UNKNOWN);
    assert_int_equal(judge("{\"probes\":[]}", 100, 100), SPEED_UNKNOWN);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":0,\"alu_ns\":[100]}]}", 100, 100), SPEED_UNKNOWN);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":0,\"alu_ns\":[0,100]}]}", 100, 0), SPEED_UNKNOWN);
    assert_int_equal(judge("{\"probes\":[{\"cpu\":0,\"alu_ns\":[9,9]}]}", 0, 0), SPEED_UNKNOWN);
    assert_int_equal(judge("{\"probes\":7}", 100, 100), SPEED_UNKNOWN);
}

static void test_probes_of_a_sample(void **state)
{
    (void)state;
    struct speed_probe probe[PROBES_MOST];
    json_t *sample =
        text("{\"probes\":[{\"cpu\":-1,\"alu_ns\":[1.5,2]},{\"cpu\":7,\"alu_ns\":[3,4]},"
             "{\"cpu\":8,\"alu_ns\":[5,6]}]}");
    assert_int_equal(speed_probes(sample, probe), 2);
    assert_int_equal(probe[0].cpu, -1);
    assert_true(probe[0].before_ns == 1.5 && probe[0].after_ns == 2);
    assert_int_equal(probe[1].cpu, 7);
    assert_true(probe[1].before_ns == 3 && probe[1].after_ns == 4);
    json_decref(sample);
}

// --- disturbance

static bool disturbed(const char *json, bool crowded, char why[200])
{
    json_t *samples = text(json);
    bool found = disturbance_find(samples, crowded, why, 200);
    json_decref(samples);
    return found;
}
// One thread that measured for ten milliseconds; figures are in microseconds.
#define ONE(cpu, waits, gap)                                                         \
    "{\"thread_ops\":[1],\"thread_start_ns\":[50000],\"thread_stop_ns\":[10050000]," \
    "\"thread_cpu_ns\":[" cpu "e3],\"thread_waits\":[" waits "],\"thread_gap_ns\":[" gap "e3]}"

static void test_lost_time_disturbs(void **state)
{
    (void)state;
    char why[200] = "";
    assert_false(disturbed("[" ONE("10000", "0", "0") "]", false, why));
    assert_false(disturbed("[" ONE("9850", "0", "150") "]", false, why));
    assert_true(disturbed("[" ONE("9700", "0", "0") "]", false, why));
    assert_string_equal(why, "sample 0: thread 0 lost 3.0 % of its time to other processes");
    // a hypervisor takes time that counts as the guest's own
    assert_true(disturbed("[" ONE("10000", "0", "0") "," ONE("10000", "0", "400") "]", false, why));
    assert_string_equal(why, "sample 1: thread 0 lost 4.0 % of its time in gaps");
}

static void test_who_came_late_lost_no_more_than_all(void **state)
{
    (void)state;
    char why[200];
    const char *late = "[{\"duration_ns\":1000000,\"thread_ops\":[1],\"thread_start_ns\":[600000],"
                       "\"thread_stop_ns\":[1000000],\"thread_cpu_ns\":[400000],"
                       "\"thread_waits\":[0],\"thread_gap_ns\":[600000]}]";
    assert_true(disturbed(late, false, why));
    assert_string_equal(why, "sample 0: thread 0 lost 60.0 % of its time in gaps");
}

static void test_waiting_does_not_disturb(void **state)
{
    (void)state;
    char why[200];
    assert_false(disturbed("[" ONE("4000", "3", "6000") "]", false, why));
    assert_false(disturbed("[" ONE("4000", "0", "6000") "]", true, why));
    assert_false(disturbed("[]", false, why));
    assert_false(disturbed("[{\"thread_ops\":[1]}]", false, why)); // facts that are not known
}

static void test_the_background_does_not_disturb(void **state)
{
    (void)state;
    char why[200];
    const char *sample = "[{\"duration_ns\":10000000,\"thread_ops\":[1],\"thread_start_ns\":[0],"
                         "\"thread_stop_ns\":[10000000],\"thread_cpu_ns\":[6000000],"
                         "\"background_ns\":4000000,\"thread_waits\":[0],"
                         "\"thread_gap_ns\":[4000000]}]";
    assert_false(disturbed(sample, false, why));
    sample = "[{\"duration_ns\":10000000,\"thread_ops\":[1],\"thread_start_ns\":[0],"
             "\"thread_stop_ns\":[10000000],\"thread_cpu_ns\":[5000000],"
             "\"background_ns\":4000000,\"thread_waits\":[0],\"thread_gap_ns\":[0]}]";
    assert_true(disturbed(sample, false, why));
    assert_string_equal(why, "sample 0: thread 0 lost 10.0 % of its time to other processes");
}

static void test_clocks_may_be_off_a_little(void **state)
{
    (void)state;
    char why[200];
    assert_false(disturbed("[{\"duration_ns\":2000,\"thread_ops\":[1],\"thread_start_ns\":[0],"
                           "\"thread_stop_ns\":[2000],\"thread_cpu_ns\":[1500],"
                           "\"thread_waits\":[0],\"thread_gap_ns\":[0]}]",
                           false, why));
}

static void test_any_thread_disturbs(void **state)
{
    (void)state;
    char why[200];
    assert_true(
        disturbed("[{\"thread_ops\":[1,1],\"thread_start_ns\":[0,0],"
                  "\"thread_stop_ns\":[2000000,2000000],\"thread_cpu_ns\":[2000000,1800000],"
                  "\"thread_waits\":[0,0],\"thread_gap_ns\":[0,0]}]",
                  false, why));
    assert_string_equal(why, "sample 0: thread 1 lost 10.0 % of its time to other processes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speed_is_that_of_all_probes),
        cmocka_unit_test(test_speed_without_probes_is_unknown),
        cmocka_unit_test(test_probes_of_a_sample),
        cmocka_unit_test(test_lost_time_disturbs),
        cmocka_unit_test(test_who_came_late_lost_no_more_than_all),
        cmocka_unit_test(test_waiting_does_not_disturb),
        cmocka_unit_test(test_the_background_does_not_disturb),
        cmocka_unit_test(test_clocks_may_be_off_a_little),
        cmocka_unit_test(test_any_thread_disturbs),
    };
    return cmocka_run_group_tests_name("disturbance", tests, NULL, NULL);
}
