// SPDX-License-Identifier: MIT

#define _GNU_SOURCE 1 /* sched_setaffinity */

#include "topology.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hwloc.h>

#include <cmocka.h>

enum { MOST = 512 }; /* PUs of the largest topology here */

/* Regular machines, so that a PU's core, cache and package follow from its index by division. */
struct shape {
    const char *source;
    const char *summary;
    unsigned packages;
    unsigned caches; /* of a package */
    unsigned cores;  /* of a cache */
    unsigned siblings;
};

static const struct shape shapes[] = {
    {"package:1 l3:4 core:4 pu:2", "1 package, 4 L3, 16 cores, 32 PUs", 1, 4, 4, 2},
    {"package:1 l3:16 core:4 pu:2", "1 package, 16 L3, 64 cores, 128 PUs", 1, 16, 4, 2},
    {"package:2 l3:8 core:8 pu:2", "2 packages, 16 L3, 128 cores, 256 PUs", 2, 8, 8, 2},
    {"package:2 l3:16 core:8 pu:2", "2 packages, 32 L3, 256 cores, 512 PUs", 2, 16, 8, 2},
    {"package:4 l3:2 core:3 pu:4", "4 packages, 8 L3, 24 cores, 96 PUs", 4, 2, 3, 4},
    {"package:1 numa:2 l3:2 l2:4 core:1 pu:2", "1 package, 4 L3, 16 cores, 32 PUs", 1, 4, 4, 2},
    {"package:2 l2:2 core:2 pu:1", "2 packages, 4 L2, 8 cores, 8 PUs", 2, 2, 2, 1},
    {"package:1 core:4 pu:1", "1 package, 4 cores, 4 PUs", 1, 1, 4, 1},
    {"core:4 pu:2", "4 cores, 8 PUs", 1, 1, 4, 2},
    {"pu:3", "3 PUs", 1, 1, 3, 1},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static unsigned total_cores(const struct shape *s)
{
    return s->packages * s->caches * s->cores;
}

static unsigned core_of(const struct shape *s, unsigned cpu)
{
    return cpu / s->siblings;
}

static unsigned cache_of(const struct shape *s, unsigned cpu)
{
    return core_of(s, cpu) / s->cores;
}

static unsigned package_of(const struct shape *s, unsigned cpu)
{
    return cache_of(s, cpu) / s->caches;
}

typedef unsigned part_of(const struct shape *s, unsigned cpu);

static unsigned different(const struct shape *s, part_of *part, const unsigned *cpus, unsigned n)
{
    bool seen[MOST] = {false};
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++) {
        count += !seen[part(s, cpus[i])];
        seen[part(s, cpus[i])] = true;
    }
    return count;
}

/* Is each part left for good before the next is entered? */
static bool one_by_one(const struct shape *s, part_of *part, const unsigned *cpus, unsigned n)
{
    unsigned changes = 1;

    for (unsigned i = 1; i < n; i++)
        changes += part(s, cpus[i]) != part(s, cpus[i - 1]);
    return changes == different(s, part, cpus, n);
}

static struct topology *open_or_fail(const char *source)
{
    char error[256] = "";
    struct topology *t = topology_open(source, error, sizeof(error));

    if (!t)
        fail_msg("%s", error);
    return t;
}

static void place(const struct topology *t, const char *name, unsigned threads, unsigned *cpus)
{
    assert_int_equal(placement_cpus(t, placement_find(name), threads, cpus), 0);
}

static void place_shape(const struct shape *s, const char *name, unsigned *cpus)
{
    struct topology *t = open_or_fail(s->source);

    place(t, name, total_cores(s) * s->siblings, cpus);
    topology_close(t);
}

static void test_names(void **state)
{
    size_t count;
    const struct placement *all = placement_all(&count);

    (void)state;
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(placement_find(all[i].name), &all[i]);
        assert_true(all[i].summary[0]);
    }
    assert_non_null(placement_find("compact"));
    assert_non_null(placement_find("cores"));
    assert_non_null(placement_find("scatter"));
    assert_null(placement_find("compac"));
    assert_null(placement_find(""));
}

static void test_description(void **state)
{
    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        struct topology *t = open_or_fail(s->source);

        assert_string_equal(topology_summary(t), s->summary);
        assert_int_equal(topology_cpus(t), total_cores(s) * s->siblings);
        assert_false(topology_is_this_machine(t));
        topology_close(t);
    }
}

/* What every placement promises: each PU once before any twice, repetition, prefixes. */
static void check_order(const struct topology *t, const struct placement *p, unsigned most_index)
{
    static unsigned longest[2 * MOST + 3], cpus[2 * MOST + 3];
    bool seen[MOST] = {false};
    unsigned total = topology_cpus(t), threads = 2 * total + 3;
    unsigned lengths[] = {0, 1, 2, 3, total / 2, total, total + 1};

    assert_in_range(total, 1, MOST);
    assert_int_equal(placement_cpus(t, p, threads, longest), 0);
    for (unsigned i = 0; i < threads; i++) {
        if (i >= total) {
            assert_int_equal(longest[i], longest[i - total]);
            continue;
        }
        assert_in_range(longest[i], 0, most_index);
        assert_false(seen[longest[i]]);
        seen[longest[i]] = true;
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        cpus[lengths[i]] = UINT32_MAX;
        assert_int_equal(placement_cpus(t, p, lengths[i], cpus), 0);
        assert_memory_equal(cpus, longest, lengths[i] * sizeof(cpus[0]));
        assert_int_equal(cpus[lengths[i]], UINT32_MAX);
    }
}

static void test_every_placement(void **state)
{
    size_t count;
    const struct placement *all = placement_all(&count);

    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        struct topology *t = open_or_fail(s->source);

        for (size_t i = 0; i < count; i++)
            check_order(t, &all[i], topology_cpus(t) - 1);
        topology_close(t);
    }
}

static void test_compact(void **state)
{
    unsigned cpus[MOST];

    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        unsigned total = total_cores(s) * s->siblings;

        place_shape(s, "compact", cpus);
        assert_true(one_by_one(s, core_of, cpus, total));
        assert_true(one_by_one(s, cache_of, cpus, total));
        assert_true(one_by_one(s, package_of, cpus, total));
    }
}

static void test_cores(void **state)
{
    unsigned cpus[MOST];

    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        unsigned cores = total_cores(s);

        place_shape(s, "cores", cpus);
        for (unsigned i = 0; i < s->siblings; i++) {
            assert_int_equal(different(s, core_of, cpus + i * cores, cores), cores);
            assert_true(one_by_one(s, cache_of, cpus + i * cores, cores));
            assert_true(one_by_one(s, package_of, cpus + i * cores, cores));
        }
    }
}

static void test_scatter(void **state)
{
    unsigned cpus[MOST];

    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        unsigned cores = total_cores(s), caches = s->packages * s->caches;

        place_shape(s, "scatter", cpus);
        for (unsigned i = 0; i < cores * s->siblings; i += cores)
            assert_int_equal(different(s, core_of, cpus + i, cores), cores);
        for (unsigned i = 0; i + caches <= cores * s->siblings; i++) {
            assert_int_equal(different(s, package_of, cpus + i, s->packages), s->packages);
            assert_int_equal(different(s, cache_of, cpus + i, caches), caches);
        }
    }
}

/* Linux numbers the second siblings after all the first ones. */
static void test_os_indexes(void **state)
{
    static const unsigned compact[] = {0, 4, 1, 5, 2, 6, 3, 7};
    static const unsigned cores[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const unsigned scatter[] = {0, 2, 1, 3, 4, 6, 5, 7};
    struct topology *t = open_or_fail("package:1 l3:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)");
    unsigned cpus[8];

    (void)state;
    place(t, "compact", 8, cpus);
    assert_memory_equal(cpus, compact, sizeof(cpus));
    place(t, "cores", 8, cpus);
    assert_memory_equal(cpus, cores, sizeof(cpus));
    place(t, "scatter", 8, cpus);
    assert_memory_equal(cpus, scatter, sizeof(cpus));
    topology_close(t);
}

enum change { KEEP, TAKE_OFFLINE, DISALLOW };

/* Open a synthetic topology by way of an XML file, without the listed PUs. */
static struct topology *open_xml(const char *source, enum change change, const char *without)
{
    char path[] = P_tmpdir "/topology-XXXXXX.xml";
    int fd = mkstemps(path, 4);
    hwloc_bitmap_t rest = hwloc_bitmap_alloc();
    hwloc_topology_t hw;
    struct topology *t;
    int rc = 0;

    assert_true(fd >= 0);
    assert_int_equal(hwloc_topology_init(&hw), 0);
    assert_int_equal(hwloc_topology_set_flags(hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED), 0);
    assert_int_equal(hwloc_topology_set_synthetic(hw, source), 0);
    assert_int_equal(hwloc_topology_load(hw), 0);
    assert_int_equal(hwloc_bitmap_list_sscanf(rest, without), 0);
    hwloc_bitmap_andnot(rest, hwloc_topology_get_topology_cpuset(hw), rest);
    if (change == TAKE_OFFLINE)
        rc = hwloc_topology_restrict(hw, rest, 0);
    else if (change == DISALLOW)
        rc = hwloc_topology_allow(hw, rest, NULL, HWLOC_ALLOW_FLAG_CUSTOM);
    assert_int_equal(rc, 0);
    assert_int_equal(hwloc_topology_export_xml(hw, path, 0), 0);
    hwloc_topology_destroy(hw);
    hwloc_bitmap_free(rest);
    t = open_or_fail(path);
    close(fd);
    unlink(path);
    return t;
}

static void test_xml_round_trip(void **state)
{
    unsigned direct[MOST], cpus[MOST];
    size_t count;
    const struct placement *all = placement_all(&count);

    (void)state;
    for (const struct shape *s = shapes; s < shapes + SHAPES; s++) {
        struct topology *t = open_xml(s->source, KEEP, "");
        unsigned total = topology_cpus(t);

        assert_false(topology_is_this_machine(t));
        assert_string_equal(topology_summary(t), s->summary);
        for (size_t i = 0; i < count; i++) {
            place_shape(s, all[i].name, direct);
            place(t, all[i].name, total, cpus);
            assert_memory_equal(cpus, direct, total * sizeof(cpus[0]));
        }
        topology_close(t);
    }
}

/*
 * Left of 2 packages x 2 caches x 2 cores x 2 PUs, cache by cache:
 * package 0: core {0}, core {2, 3}; package 1: cores {8, 9}, {10, 11}, and in a cache alone {12,
 * 13}.
 */
static void check_uneven(struct topology *t, const char *summary)
{
    static const unsigned compact[] = {0, 2, 3, 8, 9, 10, 11, 12, 13};
    static const unsigned cores[] = {0, 2, 8, 10, 12, 3, 9, 11, 13};
    static const unsigned scatter[] = {0, 8, 2, 12, 10, 3, 9, 13, 11};
    unsigned cpus[9];
    size_t count;
    const struct placement *all = placement_all(&count);

    assert_string_equal(topology_summary(t), summary);
    assert_int_equal(topology_cpus(t), 9);
    for (size_t i = 0; i < count; i++)
        check_order(t, &all[i], 13);
    place(t, "compact", 9, cpus);
    assert_memory_equal(cpus, compact, sizeof(cpus));
    place(t, "cores", 9, cpus);
    assert_memory_equal(cpus, cores, sizeof(cpus));
    place(t, "scatter", 9, cpus);
    assert_memory_equal(cpus, scatter, sizeof(cpus));
    topology_close(t);
}

static void test_uneven(void **state)
{
    const char *source = "package:2 l3:2 core:2 pu:2", *without = "1,4-7,14-15";

    (void)state;
    check_uneven(open_xml(source, TAKE_OFFLINE, without), "2 packages, 3 L3, 5 cores, 9 PUs");
    check_uneven(open_xml(source, DISALLOW, without),
                 "2 packages, 4 L3, 8 cores, 16 PUs (9 allowed)");
}

static void test_nonsense(void **state)
{
    static const char *const sources[] = {"nonsense", "", "package:0 core:2", "none/such.xml"};
    char error[256], small[8];

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        error[0] = 0;
        assert_null(topology_open(sources[i], error, sizeof(error)));
        assert_non_null(strstr(error, sources[i]));
        assert_non_null(strstr(error, "expected"));
    }
    assert_null(topology_open("nonsense", small, sizeof(small)));
    assert_int_equal(strlen(small), sizeof(small) - 1);
    assert_null(topology_open("nonsense", NULL, 0));
    topology_close(NULL);
}

static void test_this_machine(void **state)
{
    struct topology *t = open_or_fail(NULL);
    unsigned total = topology_cpus(t), *cpus = calloc(total, sizeof(*cpus));
    size_t count;
    const struct placement *all = placement_all(&count);
    cpu_set_t allowed;

    (void)state;
    assert_non_null(cpus);
    assert_true(topology_is_this_machine(t));
    assert_non_null(strstr(topology_summary(t), "PU"));
    assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    assert_int_equal(total, CPU_COUNT(&allowed));
    for (size_t i = 0; i < count; i++) {
        place(t, all[i].name, total, cpus);
        for (unsigned k = 0; k < total; k++)
            assert_true(CPU_ISSET(cpus[k], &allowed));
    }
    free(cpus);
    topology_close(t);
}

static void test_affinity(void **state)
{
    struct topology *t = open_or_fail(NULL);
    unsigned last = topology_cpus(t) - 1, *cpus = calloc(last + 1, sizeof(*cpus)), again[3];
    cpu_set_t before, one;

    (void)state;
    assert_non_null(cpus);
    place(t, "compact", last + 1, cpus);
    topology_close(t);
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&one);
    CPU_SET(cpus[last], &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    t = open_or_fail(NULL);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
    assert_int_equal(topology_cpus(t), 1);
    place(t, "scatter", 3, again);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(again[i], cpus[last]);
    free(cpus);
    topology_close(t);
}

/* hwloc is told that a file describes this machine; none of the file's PUs is in our affinity. */
static void test_no_usable_pu(void **state)
{
    struct topology *t;
    unsigned cpu = 7;

    (void)state;
    assert_int_equal(setenv("HWLOC_THISSYSTEM", "1", 1), 0);
    t = open_xml("core:2 pu:1(indexes=30000,30001)", KEEP, "");
    assert_int_equal(unsetenv("HWLOC_THISSYSTEM"), 0);
    assert_string_equal(topology_summary(t), "2 cores, 2 PUs (0 allowed)");
    assert_int_equal(topology_cpus(t), 0);
    assert_int_equal(placement_cpus(t, placement_find("scatter"), 1, &cpu), -1);
    assert_int_equal(cpu, 7);
    topology_close(t);
}

static void test_replaced_by_environment(void **state)
{
    struct topology *t;

    (void)state;
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "core:5 pu:1", 1), 0);
    t = open_or_fail(NULL);
    assert_false(topology_is_this_machine(t));
    assert_int_equal(topology_cpus(t), 5);
    topology_close(t);
    t = open_or_fail("core:6 pu:1");
    assert_int_equal(topology_cpus(t), 6);
    topology_close(t);
    assert_int_equal(unsetenv("HWLOC_SYNTHETIC"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_description),
        cmocka_unit_test(test_every_placement), cmocka_unit_test(test_compact),
        cmocka_unit_test(test_cores),           cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_os_indexes),      cmocka_unit_test(test_xml_round_trip),
        cmocka_unit_test(test_uneven),          cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_this_machine),    cmocka_unit_test(test_affinity),
        cmocka_unit_test(test_no_usable_pu),    cmocka_unit_test(test_replaced_by_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
