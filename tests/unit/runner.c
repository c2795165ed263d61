// SPDX-License-Identifier: MIT
//
// The runner as a process. $TEST_CELLS is the directory with the programs of tests/runner, each
// linked with the runner like a cell (build/test/runner is the standard). Its probe also by itself.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../harness/probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PATIENCE_S = 60, ARGUMENTS_MOST = 20, SAMPLES_MOST = 16 };

struct run {
    int status; // as waitpid tells it
    char *said, *complained;
    json_t *sample[SAMPLES_MOST];
    unsigned samples;
};

static char *whole(FILE *f)
{
    long n;

    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    n = ftell(f);
    rewind(f);
    char *text = malloc((size_t)n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)n, f), n);
    text[n] = '\0';
    fclose(f);
    return text;
}

static int wait_for(pid_t child)
{
    static const struct timespec moment = {.tv_nsec = 2000000};
    int status;

    for (unsigned turn = 0; waitpid(child, &status, WNOHANG) == 0; turn++) {
        if (turn >= PATIENCE_S * 400) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            fail_msg("still running after %d s", PATIENCE_S);
        }
        nanosleep(&moment, NULL);
    }
    return status;
}

// Starts a program with the words of `arguments`, and reads each line that it prints as JSON.
static struct run start(const char *program, const char *arguments)
{
    const char *cells = getenv("TEST_CELLS");
    char path[4200], words[2000], *argv[ARGUMENTS_MOST + 1], *save;
    struct run r = {.status = -1};
    int n = 0;

    snprintf(path, sizeof path, "%s/%s", cells != NULL ? cells : "build/test/runner", program);
    if (access(path, X_OK) != 0)
        fail_msg("%s: %s; TEST_CELLS says where the programs are", path, strerror(errno));
    snprintf(words, sizeof words, "%s", arguments);
    argv[n++] = path;
    for (char *word = strtok_r(words, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        assert_in_range(n, 0, ARGUMENTS_MOST - 1);
        argv[n++] = word;
    }
    argv[n] = NULL;
    FILE *out = tmpfile(), *err = tmpfile();
    assert_true(out != NULL && err != NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), 1);
        dup2(fileno(err), 2);
        execv(path, argv);
        _exit(127);
    }
    assert_true(child > 0);
    r.status = wait_for(child);
    r.said = whole(out);
    r.complained = whole(err);
    for (char *line = r.said, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        assert_in_range(r.samples, 0, SAMPLES_MOST - 1);
        json_t *sample = json_loadb(line, (size_t)(end - line), 0, NULL);
        if (sample == NULL)
            fail_msg("no JSON: %s", line);
        assert_int_equal(json_integer_value(json_object_get(sample, "sample")), r.samples);
        r.sample[r.samples++] = sample;
    }
    return r;
}

static void stop(struct run *r)
{
    for (unsigned i = 0; i < r->samples; i++)
        json_decref(r->sample[i]);
    free(r->said);
    free(r->complained);
}

static struct run start_well(const char *program, const char *arguments, unsigned samples)
{
    struct run r = start(program, arguments);

    if (!WIFEXITED(r.status) || WEXITSTATUS(r.status) != 0)
        fail_msg("%s %s: status %d: %s%s", program, arguments, r.status, r.complained, r.said);
    assert_int_equal(r.samples, samples);
    assert_string_equal(r.complained, "");
    for (unsigned i = 0; i < samples; i++)
        assert_true(json_is_true(json_object_get(r.sample[i], "verified")));
    return r;
}

// Number i of a list of `threads` numbers.
static int64_t nth(const json_t *sample, const char *list, size_t i, size_t threads)
{
    const json_t *values = json_object_get(sample, list);

    assert_int_equal(json_array_size(values), threads);
    assert_true(json_is_integer(json_array_get(values, i)));
    return json_integer_value(json_array_get(values, i));
}

static int64_t least(const json_t *sample, const char *list, size_t threads)
{
    int64_t value = INT64_MAX;

    for (size_t i = 0; i < threads; i++)
        value = nth(sample, list, i, threads) < value ? nth(sample, list, i, threads) : value;
    return value;
}

static int64_t most(const json_t *sample, const char *list, size_t threads)
{
    int64_t value = INT64_MIN;

    for (size_t i = 0; i < threads; i++)
        value = nth(sample, list, i, threads) > value ? nth(sample, list, i, threads) : value;
    return value;
}

// The CPUs that may be used; at most 64 of them.
static unsigned usable(int *cpus)
{
    cpu_set_t set;
    unsigned n = 0;

    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    for (int i = 0; i < CPU_SETSIZE && n < 64; i++)
        if (CPU_ISSET(i, &set))
            cpus[n++] = i;
    return n;
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' does not say '%s'", text, part);
}

// --- windows ----------------------------------------------------------------------------------

// 0 is the last arrival: nothing is timed before it.
static void assert_after_arrival(const json_t *sample, size_t threads)
{
    assert_int_equal(most(sample, "thread_arrived_ns", threads), 0);
    assert_in_range(least(sample, "thread_start_ns", threads), 0, INT64_MAX);
    for (size_t i = 0; i < threads; i++)
        assert_true(nth(sample, "thread_stop_ns", i, threads) >=
                    nth(sample, "thread_start_ns", i, threads));
}

static void test_windows_overlap(void **state)
{
    struct run r = start_well("windows", "--threads=2 --time-ns=60000000 --samples=16", 16);
    unsigned overlap = 0;

    (void)state;
    for (unsigned i = 0; i < r.samples; i++) {
        const json_t *s = r.sample[i];
        int64_t first = least(s, "thread_start_ns", 2), last = most(s, "thread_stop_ns", 2);

        assert_after_arrival(s, 2);
        if (most(s, "thread_start_ns", 2) >= least(s, "thread_stop_ns", 2))
            continue;
        overlap++;
        assert_true(first < last);
        int64_t duration = json_integer_value(json_object_get(s, "duration_ns"));
        assert_in_range(duration, 59900000, 60100000); // what was asked for
        assert_in_range(most(s, "thread_ops", 2), 1, INT64_MAX);
    }
    // on a loaded machine a thread may sleep through most windows
    assert_in_range(overlap, 1, r.samples);
    stop(&r);
}

static void test_the_last_arrives_late(void **state)
{
    for (unsigned threads = 2; threads <= 4; threads++) {
        char arguments[100];

        (void)state;
        snprintf(arguments, sizeof arguments,
                 "--threads=%u --time-ns=5000000 --samples=3 --param=late=1", threads);
        struct run r = start_well("windows", arguments, 3);
        for (unsigned i = 0; i < r.samples; i++) {
            assert_after_arrival(r.sample[i], threads);
            // the others had been there before
            assert_in_range(-least(r.sample[i], "thread_arrived_ns", threads), 1, INT64_MAX);
            assert_int_equal(nth(r.sample[i], "thread_arrived_ns", threads - 1, threads), 0);
        }
        stop(&r);
    }
}

static void test_one_thread(void **state)
{
    struct run r = start_well("windows", "--time-ns=100000000 --samples=2", 2);

    (void)state;
    for (unsigned i = 0; i < r.samples; i++) {
        assert_after_arrival(r.sample[i], 1);
        assert_in_range(json_integer_value(json_object_get(r.sample[i], "duration_ns")), 99800000,
                        100200000);
        assert_in_range(json_integer_value(json_object_get(r.sample[i], "cpu_ns")), 1, INT64_MAX);
        assert_non_null(json_object_get(r.sample[i], "clock"));
        assert_non_null(json_object_get(r.sample[i], "malloc"));
    }
    stop(&r);
}

// The barrier cannot hang: many more threads than processors.
static void test_many_threads(void **state)
{
    struct run r =
        start_well("windows", "--threads=64 --time-ns=20000000 --samples=2 --limit=50", 2);

    int cpu[64];
    char arguments[100];

    (void)state;
    for (unsigned i = 0; i < r.samples; i++)
        assert_after_arrival(r.sample[i], 64);
    stop(&r);
    assert_in_range(usable(cpu), 1, 64);
    snprintf(arguments, sizeof arguments,
             "--threads=64 --ops=1000 --samples=1 --limit=50 --cpus=%d", cpu[0]);
    r = start_well("windows", arguments, 1);
    assert_after_arrival(r.sample[0], 64);
    stop(&r);
}

// Threads that sleep through the end, as most do here, neither stretch the time nor add to the
// processor time of what is counted.
static void test_more_threads_than_processors(void **state)
{
    struct run r =
        start_well("windows", "--threads=96 --time-ns=30000000 --samples=3 --limit=50", 3);
    int cpu[64];
    unsigned cpus = usable(cpu);

    (void)state;
    for (unsigned i = 0; i < r.samples; i++) {
        int64_t duration = json_integer_value(json_object_get(r.sample[i], "duration_ns"));
        int64_t cpu_ns = json_integer_value(json_object_get(r.sample[i], "cpu_ns"));

        assert_after_arrival(r.sample[i], 96);
        assert_in_range(duration, 29900000, 30100000);
        // the bound allows for what a thread does between its counting and its reading the clock
        assert_in_range(cpu_ns, 0, 2 * (int64_t)cpus * 30000000);
    }
    stop(&r);
}

// What is under way at the start and at the end counts by its share, also where a single batch
// takes many times as long as is measured: about as many operations in a time as in a hundred times
// that time, by the hundred. A loaded machine may make a share too small, never too large.
static void test_a_share_of_a_batch(void **state)
{
    struct run a = start_well("slow", "--time-ns=1000000 --samples=5", 5);
    struct run b = start_well("slow", "--time-ns=100000000 --samples=5", 5);
    int64_t few = 0, many = 0;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        int64_t x = nth(a.sample[i], "thread_ops", 0, 1), y = nth(b.sample[i], "thread_ops", 0, 1);

        few = x > few ? x : few;
        many = y > many ? y : many;
    }
    // a batch is a thousand operations of 10 us or more
    assert_in_range(few, 1, 101);
    assert_in_range(many, 1, 10001);
    stop(&a);
    stop(&b);
}

static void test_memory_is_where_it_was_asked_for(void **state)
{
    static const char *const policy[] = {"local", "bind:0", "interleave:0"};

    (void)state;
    for (size_t k = 0; k < COUNT(policy); k++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments, "--threads=2 --ops=10 --samples=1 --memory=%s",
                 policy[k]);
        struct run r = start("windows", arguments);
        if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2) { // a kernel without NUMA
            assert_says(r.complained, "--memory: the kernel does not take this policy: ");
            stop(&r);
            continue;
        }
        const json_t *nodes = json_object_get(r.sample[0], "thread_nodes");
        assert_int_equal(json_array_size(nodes), 2);
        for (size_t i = 0; i < 2 && k != 0; i++) {
            const json_t *node = json_array_get(nodes, i);
            assert_in_range(json_array_size(node), 0, 1); // 0: the kernel does not tell
            if (json_array_size(node) == 1)
                assert_int_equal(json_integer_value(json_array_get(node, 0)), 0);
        }
        stop(&r);
    }
}

static void test_memory_of_the_process(void **state)
{
    struct run r = start_well("windows", "--ops=10 --samples=2", 2);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int64_t base = json_integer_value(json_object_get(r.sample[i], "base_kib"));

        assert_in_range(base, 1, INT64_MAX);
        assert_in_range(json_integer_value(json_object_get(r.sample[i], "peak_kib")), base,
                        INT64_MAX);
    }
    stop(&r);
}

// --- work -------------------------------------------------------------------------------------

static void test_fixed_work(void **state)
{
    static const int64_t work[] = {1, 2, 15, 16, 17, 1000, 65537, 1234567};

    (void)state;
    for (size_t k = 0; k < COUNT(work); k++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments, "--threads=3 --ops=%jd --samples=2",
                 (intmax_t)work[k]);
        struct run r = start_well("windows", arguments, 2);
        for (unsigned i = 0; i < r.samples; i++) {
            assert_after_arrival(r.sample[i], 3);
            assert_int_equal(least(r.sample[i], "thread_ops", 3), work[k]);
            assert_int_equal(most(r.sample[i], "thread_ops", 3), work[k]);
        }
        stop(&r);
    }
}

// Ten times the time is more operations, for the best sample of each thread.
static void test_operations_are_counted(void **state)
{
    struct run a = start_well("windows", "--threads=2 --time-ns=10000000 --samples=5", 5);
    struct run b = start_well("windows", "--threads=2 --time-ns=100000000 --samples=5", 5);

    (void)state;
    for (unsigned thread = 0; thread < 2; thread++) {
        int64_t few = 0, many = 0;

        for (unsigned i = 0; i < 5; i++) {
            int64_t x = nth(a.sample[i], "thread_ops", thread, 2);
            int64_t y = nth(b.sample[i], "thread_ops", thread, 2);

            few = x > few ? x : few;
            many = y > many ? y : many;
        }
        assert_in_range(few, 1, many - 1);
    }
    stop(&a);
    stop(&b);
}

static void test_threads_of_the_process(void **state)
{
    static const unsigned threads[] = {1, 2, 5};

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments, "--threads=%u --time-ns=20000000 --samples=3",
                 threads[i]);
        struct run r = start_well("threads", arguments, 3);
        assert_int_equal(json_integer_value(json_object_get(r.sample[0], "idle_threads")), 1);
        stop(&r);
    }
}

// What is done and what is counted, by the census, which counts each operation of the windows and
// slow programs in the window: exactly so many per cent more, as far as that is whole units.
static void assert_extra(const char *program, unsigned unit, const char *effort, unsigned percent)
{
    char arguments[100];

    snprintf(arguments, sizeof arguments, "--threads=2 --samples=2 %s --extra=%u", effort, percent);
    struct run r = start_well(program, arguments, 2);
    for (unsigned i = 0; i < 2; i++) {
        json_int_t done = 0, expected = 0;

        for (unsigned k = 0; k < 2; k++) {
            json_int_t ops = nth(r.sample[i], "thread_ops", k, 2);

            assert_in_range(ops, 1, INT64_MAX);
            expected += ops + ops * percent / 100 / unit * unit;
        }
        done = json_integer_value(json_object_get(json_object_get(r.sample[i], "counts"), "fence"));
        if (done != expected)
            fail_msg("%s %s: %jd operations instead of %jd", program, arguments, (intmax_t)done,
                     (intmax_t)expected);
    }
    stop(&r);
}

static void test_extra(void **state)
{
    static const char windows[] = "../../census/test/runner/windows";
    static const char slow[] = "../../census/test/runner/slow";
    static const unsigned percent[] = {0, 1, 7, 50, 99, 100};

    (void)state;
    for (size_t i = 0; i < COUNT(percent); i++) {
        assert_extra(windows, 1, "--time-ns=5000000", percent[i]);
        assert_extra(windows, 1, "--ops=1234567", percent[i]);
        assert_extra(windows, 1, "--ops=3", percent[i]);
    }
    assert_extra(slow, 1000, "--ops=3500", 50);
    assert_extra(slow, 1000, "--ops=3500", 70);
    assert_extra(slow, 1000, "--ops=3500", 100);
    assert_extra(slow, 1000, "--time-ns=30000000", 70);
    // what is added is verified as well, and does not count
    struct run r = start_well("windows", "--threads=3 --ops=65537 --samples=2 --extra=50", 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(least(r.sample[i], "thread_ops", 3), 65537);
        assert_int_equal(most(r.sample[i], "thread_ops", 3), 65537);
    }
    stop(&r);
}

// --- what disturbs ----------------------------------------------------------------------------

static void test_facts_of_each_thread(void **state)
{
    static const char *const effort[] = {"--time-ns=10000000", "--ops=100000"};

    (void)state;
    for (size_t k = 0; k < COUNT(effort); k++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments, "--threads=3 --samples=3 %s", effort[k]);
        struct run r = start_well("windows", arguments, 3);
        for (unsigned i = 0; i < 3; i++) {
            json_int_t cpu_ns = 0;

            assert_in_range(least(r.sample[i], "thread_cpu_ns", 3), 1, INT64_MAX);
            assert_in_range(least(r.sample[i], "thread_switches", 3), 0, INT64_MAX);
            assert_in_range(least(r.sample[i], "thread_waits", 3), 0, INT64_MAX);
            assert_in_range(least(r.sample[i], "thread_gap_ns", 3), 0, INT64_MAX);
            assert_in_range(least(r.sample[i], "thread_longest_ns", 3), 1, INT64_MAX);
            for (unsigned t = 0; t < 3; t++)
                cpu_ns += nth(r.sample[i], "thread_cpu_ns", t, 3);
            // nothing is cut off where the work is fixed
            if (k == 1)
                assert_int_equal(cpu_ns,
                                 json_integer_value(json_object_get(r.sample[i], "cpu_ns")));
        }
        stop(&r);
    }
}

// Once in so many operations the program pauses for 20 ms, in which it may take up the processor: a
// batch that takes so long, and a thousand times the others. The bounds leave room for the others.
static void test_gaps(void **state)
{
    struct run r = start_well("pauses", "--ops=4194304 --samples=3", 3);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(nth(r.sample[i], "thread_longest_ns", 0, 1), 19900000, INT64_MAX);
        assert_in_range(nth(r.sample[i], "thread_gap_ns", 0, 1), 10000000, INT64_MAX);
    }
    stop(&r);
    r = start_well("pauses", "--ops=4194304 --samples=3 --param=how=1", 3);
    for (unsigned i = 0; i < 3; i++) {
        json_int_t time =
            nth(r.sample[i], "thread_stop_ns", 0, 1) - nth(r.sample[i], "thread_start_ns", 0, 1);

        assert_in_range(nth(r.sample[i], "thread_waits", 0, 1), 1, INT64_MAX);
        assert_in_range(nth(r.sample[i], "thread_longest_ns", 0, 1), 19900000, INT64_MAX);
        // the processor was somebody else's
        assert_in_range(nth(r.sample[i], "thread_cpu_ns", 0, 1), 1, time - 10000000);
    }
    stop(&r);
}

// The batch that is under way at the start is a gap as well. A machine may come between the program
// and its plan to pause exactly there, but not each time.
static void test_a_gap_at_the_start(void **state)
{
    struct run r = start_well("pauses", "--time-ns=5000000 --samples=8 --param=how=2", 8);
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        seen += nth(r.sample[i], "thread_gap_ns", 0, 1) >= 10000000 &&
                nth(r.sample[i], "thread_longest_ns", 0, 1) >= 10000000;
    assert_in_range(seen, 1, 8);
    stop(&r);
}

// Two threads that want the same processor for 100 ms each do not get it in one piece.
static void test_involuntary_switches(void **state)
{
    int cpu[64];
    char arguments[100];

    (void)state;
    assert_in_range(usable(cpu), 1, 64);
    snprintf(arguments, sizeof arguments, "--threads=2 --samples=2 --ops=20971520 --cpus=%d",
             cpu[0]);
    struct run r = start_well("pauses", arguments, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_in_range(most(r.sample[i], "thread_switches", 2), 1, INT64_MAX);
    stop(&r);
}

// --- memory -----------------------------------------------------------------------------------

static int64_t figure(const json_t *sample, const char *name)
{
    const json_t *value = json_object_get(sample, name);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void test_dead_objects(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments,
                 "--threads=%u --time-ns=5000000 --samples=2 --param=dead=700 --param=held=30",
                 threads);
        struct run r = start_well("footprint", arguments, 2);
        for (unsigned i = 0; i < r.samples; i++) {
            assert_int_equal(figure(r.sample[i], "dead_peak"), 700 * threads);
            // those of the setting thread too
            assert_int_equal(figure(r.sample[i], "objects"), 30 * threads + 1000);
            assert_true(json_is_null(json_object_get(r.sample[i], "object_bytes")));
            assert_says(json_string_value(json_object_get(r.sample[i], "object_bytes_absent")),
                        "too few objects");
        }
        stop(&r);
    }
    // with a fixed number of operations, too
    struct run r = start_well("footprint", "--ops=1000 --samples=1 --param=dead=7", 1);
    assert_int_equal(figure(r.sample[0], "dead_peak"), 7);
    stop(&r);
    // who does not tell what it refers to has no figure, and says so
    r = start_well("windows", "--time-ns=1000000 --samples=1", 1);
    assert_true(json_is_null(json_object_get(r.sample[0], "dead_peak")));
    assert_says(json_string_value(json_object_get(r.sample[0], "dead_absent")), "does not tell");
    stop(&r);
}

static void test_bytes_of_an_object(void **state)
{
    struct run r = start_well(
        "footprint", "--time-ns=1000000 --samples=1 --param=held=50000 --param=size=512", 1);

    (void)state;
    const json_t *bytes = json_object_get(r.sample[0], "object_bytes");
    assert_true(json_is_number(bytes));
    // pages that were there before are used again; a malloc aligns as it likes
    if (json_number_value(bytes) < 500 || json_number_value(bytes) > 1600)
        fail_msg("an object of 512 bytes takes %g", json_number_value(bytes));
    stop(&r);
}

static void test_pauses(void **state)
{
    struct run r =
        start_well("footprint", "--threads=2 --time-ns=5000000 --samples=2 --param=pause=12345", 2);

    (void)state;
    for (unsigned i = 0; i < r.samples; i++)
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(nth(r.sample[i], "thread_pause_ns", k, 2), 12345);
    stop(&r);
    r = start_well("windows", "--time-ns=1000000 --samples=1", 1);
    assert_int_equal(nth(r.sample[0], "thread_pause_ns", 0, 1), 0);
    stop(&r);
}

// Of all threads' waits in the window; what each took is known to a thirty-second of it, or
// exactly.
static void test_latencies(void **state)
{
    static const int took[] = {1, 63, 64, 1000, 123456, 1 << 20};

    (void)state;
    for (size_t i = 0; i < sizeof took / sizeof took[0]; i++) {
        char arguments[100];
        snprintf(arguments, sizeof arguments,
                 "--threads=2 --time-ns=1000000 --samples=1 --param=latency=%d", took[i]);
        struct run r = start_well("footprint", arguments, 1);
        int64_t half = figure(r.sample[0], "latency_ns");
        int64_t most = figure(r.sample[0], "latency_p99_ns"), off = took[i] < 64 ? 0 : took[i] / 60;

        assert_in_range(half, took[i] - off, took[i] + off);
        off = 10 * took[i] < 64 ? 0 : took[i] / 6;
        assert_in_range(most, 10 * took[i] - off, 10 * took[i] + off);
        // whole batches of both threads
        assert_true(figure(r.sample[0], "latencies") >= 200);
        assert_int_equal(figure(r.sample[0], "latencies") % 100, 0);
        stop(&r);
    }
    struct run r = start_well("footprint", "--time-ns=1000000 --samples=1", 1);
    assert_null(json_object_get(r.sample[0], "latency_ns"));
    stop(&r);
    r = start_well("windows", "--time-ns=1000000 --samples=1", 1);
    assert_null(json_object_get(r.sample[0], "latency_ns"));
    stop(&r);
}

// What is sent in the window, by all threads together, and what of it belongs to the operations
// that count.
static void test_messages(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        char arguments[100];

        snprintf(arguments, sizeof arguments,
                 "--threads=%u --time-ns=1000000 --samples=2 --param=sent=50", threads);
        struct run r = start_well("footprint", arguments, 2);
        for (unsigned i = 0; i < r.samples; i++) {
            int64_t bytes = figure(r.sample[i], "message_bytes");

            assert_in_range(figure(r.sample[i], "messages"), 1, INT64_MAX);
            // each thread's share of a batch is cut off
            assert_in_range(bytes - 100 * figure(r.sample[i], "messages"), 0, 100 * threads);
        }
        stop(&r);
    }
    struct run r = start_well("footprint", "--ops=1000 --samples=1 --param=sent=7", 1);
    // whole batches, of an operation or more
    assert_in_range(figure(r.sample[0], "messages"), 7, 7000);
    assert_int_equal(figure(r.sample[0], "messages") % 7, 0);
    assert_int_equal(figure(r.sample[0], "message_bytes"), 100 * figure(r.sample[0], "messages"));
    stop(&r);
    r = start_well("windows", "--time-ns=1000000 --samples=1", 1);
    assert_null(json_object_get(r.sample[0], "messages"));
    stop(&r);
}

// A world for each thread, which sets it up and closes it: what start makes is there once a world,
// and the figures are those of all worlds.
static void test_isolated_worlds(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        char arguments[120];

        snprintf(arguments, sizeof arguments,
                 "--threads=%u --time-ns=5000000 --samples=2 --param=dead=700 --param=held=30 "
                 "--param=pause=123 --param=latency=63",
                 threads);
        struct run r = start_well("isolated", arguments, 2);
        for (unsigned i = 0; i < r.samples; i++) {
            assert_after_arrival(r.sample[i], threads);
            assert_int_equal(figure(r.sample[i], "dead_peak"), 700 * threads);
            assert_int_equal(figure(r.sample[i], "objects"), (30 + 1000) * threads);
            assert_int_equal(figure(r.sample[i], "latency_ns"), 63);
            assert_int_equal(least(r.sample[i], "thread_pause_ns", threads), 123);
            assert_int_equal(figure(r.sample[i], "idle_threads"), 1);
        }
        stop(&r);
    }
    // more of them than CPUs, with a fixed number of operations
    struct run r = start_well("isolated", "--threads=64 --ops=1000 --samples=2 --limit=50", 2);
    for (unsigned i = 0; i < r.samples; i++) {
        assert_int_equal(least(r.sample[i], "thread_ops", 64), 1000);
        assert_int_equal(figure(r.sample[i], "objects"), 1000 * 64);
    }
    stop(&r);
    // a background thread of a world is one of the process
    r = start_well("isolated", "--time-ns=5000000 --samples=2 --param=background=1 --param=dead=5",
                   2);
    for (unsigned i = 0; i < r.samples; i++) {
        assert_int_equal(figure(r.sample[i], "background_threads"), 1);
        assert_int_equal(figure(r.sample[i], "dead_peak"), 5);
    }
    stop(&r);
}

// Its time is counted, what dies on it is dead for all, and it may run wherever the process may,
// though a bound thread started it.
static void test_background_threads(void **state)
{
    int cpu[64];
    unsigned cpus = usable(cpu);
    char arguments[100];

    (void)state;
    snprintf(arguments, sizeof arguments,
             "--time-ns=100000000 --samples=2 --param=background=1 --param=dead=5 --cpus=%d",
             cpu[0]);
    struct run r = start_well("footprint", arguments, 2);
    for (unsigned i = 0; i < r.samples; i++) {
        assert_int_equal(figure(r.sample[i], "background_threads"), 1);
        assert_in_range(figure(r.sample[i], "background_ns"), 1, 110000000);
        assert_int_equal(figure(r.sample[i], "dead_peak"), 5);
        for (unsigned k = 0; k < cpus; k++)
            assert_int_equal(nth(r.sample[i], "background_cpus", k, cpus), cpu[k]);
    }
    stop(&r);
    r = start_well("footprint", "--time-ns=1000000 --samples=1", 1);
    assert_int_equal(figure(r.sample[0], "background_threads"), 0);
    assert_int_equal(figure(r.sample[0], "background_ns"), 0);
    assert_int_equal(json_array_size(json_object_get(r.sample[0], "background_cpus")), 0);
    stop(&r);
}

// --- speed ------------------------------------------------------------------------------------

// Number `which` of a probe's two, before and after the sample.
static json_int_t probed(const json_t *sample, size_t i, const char *kernel, size_t which)
{
    const json_t *probe = json_array_get(json_object_get(sample, "probes"), i);

    assert_int_equal(json_object_size(probe), 3);
    return nth(probe, kernel, which, 2);
}

static void assert_probed(const char *option, const int *cpu, size_t n)
{
    static const char *const kernel[] = {"alu_ns", "locked_ns"};
    char arguments[100];

    snprintf(arguments, sizeof arguments, "--threads=2 --ops=10 --samples=3 %s", option);
    struct run r = start_well("windows", arguments, 3);
    for (unsigned i = 0; i < 3; i++) {
        const json_t *probes = json_object_get(r.sample[i], "probes");

        assert_int_equal(json_array_size(probes), n);
        for (size_t k = 0; k < n; k++) {
            const json_t *on = json_object_get(json_array_get(probes, k), "cpu");

            assert_true(json_integer_value(on) == cpu[k]);
            for (size_t j = 0; j < COUNT(kernel); j++) {
                assert_in_range(probed(r.sample[i], k, kernel[j], 0), 1, INT64_MAX);
                assert_in_range(probed(r.sample[i], k, kernel[j], 1), 1, INT64_MAX);
                // what is after a sample is before the next
                if (i != 0)
                    assert_true(probed(r.sample[i], k, kernel[j], 0) ==
                                probed(r.sample[i - 1], k, kernel[j], 1));
            }
        }
    }
    stop(&r);
}

static void test_probes(void **state)
{
    int cpu[64];
    unsigned n = usable(cpu);
    char option[60];

    (void)state;
    assert_probed("", n == 1 ? cpu : (int[]){-1}, 1);
    for (unsigned i = 0; i < n && i < 4; i++) {
        snprintf(option, sizeof option, "--probe=%d", cpu[i]);
        assert_probed(option, &cpu[i], 1);
    }
    if (n < 2)
        skip();
    snprintf(option, sizeof option, "--probe=%d,%d --cpus=%d", cpu[1], cpu[0], cpu[0]);
    assert_probed(option, (int[]){cpu[1], cpu[0]}, 2);
    // beside the threads that measure there is none of the probes
    snprintf(option, sizeof option, "--time-ns=5000000 --samples=3 --probe=%d,%d --ping=%d,%d",
             cpu[0], cpu[1], cpu[0], cpu[1]);
    struct run r = start_well("threads", option, 3);
    stop(&r);
}

static void assert_pinged(const json_t *sample, const int *cpu, size_t n)
{
    const json_t *cpus = json_object_get(sample, "ping_cpus");

    assert_true(json_is_array(cpus));
    assert_int_equal(json_array_size(cpus), n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_integer_value(json_array_get(cpus, i)), cpu[i]);
}

static void test_pings(void **state)
{
    int cpu[64];
    unsigned n = usable(cpu), met = 0;
    char arguments[100];

    (void)state;
    for (unsigned again = 0; again < 2; again++) { // nobody is asked for, or no other
        snprintf(arguments, sizeof arguments, "--ops=10 --samples=2 --ping=%d,%d", cpu[0], cpu[0]);
        struct run r = start_well("windows", again ? arguments : "--ops=10 --samples=2", 2);
        for (unsigned i = 0; i < 2; i++) {
            assert_true(json_is_null(json_object_get(r.sample[i], "ping_ns")));
            assert_pinged(r.sample[i], NULL, 0);
        }
        stop(&r);
    }
    if (n < 2)
        skip();
    // on a loaded machine the two may miss each other often
    for (unsigned turn = 0; turn < 200 && met == 0; turn++) {
        snprintf(arguments, sizeof arguments, "--ops=10 --samples=2 --ping=%d,%d", cpu[1], cpu[0]);
        struct run r = start_well("windows", arguments, 2);
        const json_t *ns = json_object_get(r.sample[0], "ping_ns");

        assert_true(json_is_null(ns) || json_number_value(ns) > 0);
        assert_true(json_equal(ns, json_object_get(r.sample[1], "ping_ns")));
        for (unsigned i = 0; i < 2; i++)
            assert_pinged(r.sample[i], (int[]){cpu[1], cpu[0]}, 2);
        met += json_is_number(ns);
        stop(&r);
    }
    assert_int_equal(met, 1);
}

// Either player gives up when the other is not there, or has no processor of its own.
static void test_pings_end(void **state)
{
    struct ticks clock = ticks_start();
    int cpu[64];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        // nobody came, or somebody who left again
        struct ping p = {.clock = &clock, .meet = ticks_now(&clock) + 1000000, .most = 1000000};
        uint64_t begin = ticks_now(&clock);

        atomic_init(&p.there, i / 2);
        (i % 2 == 0 ? ping_server : ping_receiver)(&p);
        assert_int_equal(p.parts, 0);
        assert_true(ticks_now(&clock) >= begin + (i < 2 ? p.meet - begin : p.most));
    }
    assert_in_range(usable(cpu), 1, 64);
    for (unsigned i = 0; i < 10; i++)
        assert_true(ping(&clock, cpu[0], cpu[0]) >= 0);
}

static void test_median(void **state)
{
    static const uint64_t expected[] = {5, 5, 5, 5, 4};
    uint64_t time[COUNT(expected)];

    (void)state;
    for (size_t n = 1; n <= COUNT(expected); n++) {
        memcpy(time, (const uint64_t[]){5, 1, UINT64_MAX, 4, 3}, sizeof time);
        assert_true(median(time, n) == expected[n - 1]);
    }
}

// --- pinning ----------------------------------------------------------------------------------

static void assert_pinned(const char *list, const int *expected, unsigned threads)
{
    char arguments[200];

    snprintf(arguments, sizeof arguments, "--threads=%u --time-ns=1000000 --samples=2 --cpus=%s",
             threads, list);
    struct run r = start_well("windows", arguments, 2);
    for (unsigned i = 0; i < r.samples; i++)
        for (unsigned k = 0; k < threads; k++)
            assert_int_equal(nth(r.sample[i], "thread_cpus", k, threads), expected[k]);
    stop(&r);
}

static void test_pinning(void **state)
{
    int cpu[64];
    unsigned n = usable(cpu);
    char list[100];

    (void)state;
    for (unsigned i = 0; i < n && i < 4; i++) {
        snprintf(list, sizeof list, "%d", cpu[i]);
        assert_pinned(list, (int[]){cpu[i], cpu[i], cpu[i]}, 3);
    }
    if (n < 2)
        skip();
    snprintf(list, sizeof list, "%d,%d", cpu[1], cpu[0]);
    assert_pinned(list, (int[]){cpu[1], cpu[0]}, 2);
    // a list that is shorter begins again
    assert_pinned(list, (int[]){cpu[1], cpu[0], cpu[1], cpu[0], cpu[1]}, 5);
    snprintf(list, sizeof list, "%d,%d,%d", cpu[0], cpu[1], cpu[1]);
    assert_pinned(list, (int[]){cpu[0], cpu[1], cpu[1]}, 3);
    // not bound
    struct run r = start_well("windows", "--threads=2 --time-ns=1000000 --samples=1", 1);
    assert_true(nth(r.sample[0], "thread_cpus", 0, 2) == -1);
    stop(&r);
}

static void test_no_such_cpu(void **state)
{
    struct run r = start("windows", "--cpus=4095 --time-ns=1000000 --samples=1");

    (void)state;
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2);
    assert_says(r.complained, "CPU 4095");
    assert_string_equal(r.said, "");
    stop(&r);
    r = start("windows", "--probe=4095 --time-ns=1000000 --samples=1");
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2);
    assert_says(r.complained, "a probe on CPU 4095 cannot be started: ");
    stop(&r);
    r = start("windows", "--ping=0,4095 --time-ns=1000000 --samples=1");
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2);
    assert_says(r.complained, "a ping on CPU 4095 cannot be started: ");
    stop(&r);
}

// --- what goes wrong --------------------------------------------------------------------------

static void test_verification(void **state)
{
    static const struct {
        const char *arguments, *wrong;
    } faults[] = {
        {"--param=how=1 --ops=10 --samples=2", "wrong in the end"},
        {"--param=how=1 --ops=10 --samples=2 --threads=3", "wrong in the end"},
        {"--param=how=2 --ops=10 --samples=2", "wrong when all is finished"},
        {"--param=how=3 --ops=10 --samples=2", "objects are left"},
    };

    (void)state;
    struct run fine = start_well("faulty", "--ops=10 --samples=2", 2);
    stop(&fine);
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct run r = start("faulty", faults[i].arguments);

        assert_true(WIFEXITED(r.status));
        assert_int_equal(WEXITSTATUS(r.status), 1);
        assert_int_equal(r.samples, 2);
        for (unsigned k = 0; k < 2; k++) {
            assert_true(json_is_false(json_object_get(r.sample[k], "verified")));
            const char *wrong = json_string_value(json_object_get(r.sample[k], "wrong"));
            assert_non_null(wrong);
            assert_says(wrong, faults[i].wrong);
        }
        stop(&r);
    }
}

// Of a program that is the text.
static struct run start_program(const char *cell, const char *text, size_t length)
{
    char path[] = "/tmp/runner-XXXXXX", arguments[200];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
    snprintf(arguments, sizeof arguments, "--ops=10 --samples=2 --threads=2 --program=%s", path);
    struct run r = start(cell, arguments);
    unlink(path);
    return r;
}

static void test_programs(void **state)
{
    static const struct {
        const char *cell, *text;
        const char *result; // NULL: none
        int status, leaked;
    } known[] = {
        {"programs", "42", "42", 0, 0},
        {"programs", "", NULL, 0, 0},
        {"programs", "\"a\\b\"\n\t\x01\x7f", "\"a\\b\"\n\t\x01\x7f", 0, 0},
        {"programs", "\"quoted\"\n is wrong", "\"quoted\"\n is wrong", 1, 0},
        {"programs", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d", "\u00e9 \u20ac \U0001f40d", 0, 0},
        // overlong, a surrogate, beyond the last, cut off
        {"programs", "\xc0\xafx", "??x", 0, 0},
        {"programs", "\xe0\x80\xafx", "???x", 0, 0},
        {"programs", "\xed\xa0\x80x", "???x", 0, 0},
        {"programs", "\xf4\x90\x80\x80x", "????x", 0, 0},
        {"programs", "\xff\xe2\x82", "???", 0, 0},
        {"programs", "leaks", "leaks", 0, 3},
        {"programs_collected", "42", "42", 0, 0},
        {"programs_collected", "leaks", "leaks", 1, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct run r = start_program(known[i].cell, known[i].text, strlen(known[i].text));

        assert_true(WIFEXITED(r.status));
        assert_int_equal(WEXITSTATUS(r.status), known[i].status);
        assert_int_equal(r.samples, 2);
        for (unsigned k = 0; k < 2; k++) {
            const char *result = json_string_value(json_object_get(r.sample[k], "result"));
            const char *wrong = json_string_value(json_object_get(r.sample[k], "wrong"));
            if (known[i].result == NULL)
                assert_null(result);
            else
                assert_string_equal(result, known[i].result);
            assert_int_equal(json_integer_value(json_object_get(r.sample[k], "leaked")),
                             known[i].leaked);
            assert_int_equal(wrong != NULL, known[i].status != 0);
            if (wrong != NULL && known[i].leaked == 0)
                assert_string_equal(wrong, known[i].result);
        }
        stop(&r);
    }
}

static void test_refused_programs(void **state)
{
    static const struct {
        const char *cell, *arguments, *why;
    } known[] = {
        {"programs", "", "--program"},
        {"programs", "--program=/nonsense", "No such file"},
        {"faulty", "--program=/nonsense", "runs no programs"},
    };

    (void)state;
    struct run r = start_program("programs", "refused", 7);
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2);
    assert_string_equal(r.said, "");
    assert_says(r.complained, "it says so");
    stop(&r);
    for (size_t i = 0; i < COUNT(known); i++) {
        r = start(known[i].cell, known[i].arguments);
        assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2);
        assert_says(r.complained, known[i].why);
        stop(&r);
    }
}

static void test_bad_ends(void **state)
{
    struct run r = start("faulty", "--param=how=4 --time-ns=1000000");

    (void)state;
    assert_true(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGABRT);
    assert_int_equal(r.samples, 0);
    stop(&r);
    r = start("faulty", "--param=how=6 --time-ns=1000000");
    assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 7);
    assert_int_equal(r.samples, 0);
    stop(&r);
}

static void test_limit(void **state)
{
    time_t begin = time(NULL);
    struct run r = start("faulty", "--param=how=5 --threads=2 --time-ns=1000000 --limit=1");

    (void)state;
    assert_true(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGALRM);
    assert_in_range(time(NULL) - begin, 0, 10);
    assert_string_equal(r.said, "");
    stop(&r);
}

static void test_bad_options(void **state)
{
    static const char *const wrong[] = {
        "--threads=0",     "--threads=-1",
        "--threads=1001",  "--threads=two",
        "--threads=",      "--threads=2x",
        "--time-ns=0",     "--time-ns=1e9",
        "--time-ns=-5",    "--time-ns=99999999999999999999999",
        "--ops=0",         "--ops=-1",
        "--ops=many",      "--samples=0",
        "--samples=-1",    "--samples=1000001",
        "--limit=0",       "--limit=x",
        "--cpus=x",        "--cpus=-1",
        "--memory=",       "--memory=far",
        "--memory=bind",   "--memory=bind:",
        "--memory=bind:x", "--memory=local:0",
        "--cpus=4096",     "--cpus=0,,x",
        "--param=late",    "--param=late=2",
        "--param=late=-1", "--param=late=",
        "--param=late=x",  "--param=nonsense=1",
        "--param==1",      "--nonsense",
        "nonsense",        "--threads",
        "--ops=1 more",    "--time-ns=+5",
        "--threads=0x2",   "--cpus=",
        "--probe=",        "--probe=x",
        "--probe=4096",    "--probe=0,0,0",
        "--ping=",         "--ping=0",
        "--ping=0,x",      "--ping=0,0,0",
        "--extra=",        "--extra=-1",
        "--extra=101",     "--extra=5%",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char arguments[100];

        // that one last, as one that is right must not make up for it
        snprintf(arguments, sizeof arguments, "--samples=1 --ops=1 %s", wrong[i]);
        struct run r = start("windows", arguments);
        if (!WIFEXITED(r.status) || WEXITSTATUS(r.status) != 2)
            fail_msg("%s: status %d: %s", wrong[i], r.status, r.said);
        assert_string_equal(r.said, "");
        assert_true(strlen(r.complained) > 5);
        stop(&r);
    }
}

static void test_bad_options_say_why(void **state)
{
    static const struct {
        const char *arguments, *says;
    } known[] = {
        {"--threads=0", "--threads: '0' is not a number from 1 to 1000"},
        {"--memory=bind:1000", "--memory: the kernel does not take this policy: "}, // no such node
        {"--param=late=2", "late: '2' is not a number from 0 to 1"},
        {"--param=nonsense=1", "no such parameter: nonsense"},
        {"--ping=0", "--ping: too few"},
        {"--probe=0,0,0", "--probe: too many"},
        {"--extra=101", "--extra: '101' is not a number from 0 to 100"},
        {"nonsense", "nonsense"},
        {"--nonsense", "[--threads N]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct run r = start("windows", known[i].arguments);
        assert_says(r.complained, known[i].says);
        stop(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_overlap),
        cmocka_unit_test(test_the_last_arrives_late),
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_more_threads_than_processors),
        cmocka_unit_test(test_a_share_of_a_batch),
        cmocka_unit_test(test_memory_is_where_it_was_asked_for),
        cmocka_unit_test(test_memory_of_the_process),
        cmocka_unit_test(test_fixed_work),
        cmocka_unit_test(test_operations_are_counted),
        cmocka_unit_test(test_threads_of_the_process),
        cmocka_unit_test(test_extra),
        cmocka_unit_test(test_facts_of_each_thread),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_a_gap_at_the_start),
        cmocka_unit_test(test_involuntary_switches),
        cmocka_unit_test(test_dead_objects),
        cmocka_unit_test(test_bytes_of_an_object),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_latencies),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_isolated_worlds),
        cmocka_unit_test(test_background_threads),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_pings),
        cmocka_unit_test(test_pings_end),
        cmocka_unit_test(test_median),
        cmocka_unit_test(test_pinning),
        cmocka_unit_test(test_no_such_cpu),
        cmocka_unit_test(test_verification),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_refused_programs),
        cmocka_unit_test(test_bad_ends),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_bad_options_say_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
