// SPDX-License-Identifier: MIT
//
// What a placement promises is checked against a picture of the machine that the test makes itself
// with hwloc (struct model), over the machines in tests/topologies, synthetic ones, and random
// parts of both.
#include "topology.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hwloc.h>

#include <cmocka.h>

#include "build.h"

enum { MOST = 4096 }; // PUs of the largest machine here
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// --- help ---------------------------------------------------------------------------------------

static struct topology *open_or_fail(const char *source)
{
    char error[512] = "";
    struct topology *t = topology_open(source, error, sizeof error);
    if (t == NULL)
        fail_msg("%s", error);
    return t;
}

static const struct placement *find_or_fail(const char *name)
{
    char error[512] = "";
    const struct placement *p = placement_find(name, error, sizeof error);
    if (p == NULL)
        fail_msg("%s", error);
    return p;
}

static void place(const struct topology *t, const char *name, unsigned threads, unsigned *cpus)
{
    char error[512] = "";
    if (!placement_cpus(t, find_or_fail(name), threads, cpus, error, sizeof error))
        fail_msg("%s", error);
}

// All usable CPUs in the order of a placement, against "0 4 1 5".
static void expect(const struct topology *t, const char *name, const char *expected)
{
    unsigned cpus[64], n = topology_cpus(t);
    char text[256] = "";
    assert_in_range(n, 1, COUNT(cpus));
    place(t, name, n, cpus);
    for (unsigned i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "",
                 cpus[i]);
    assert_string_equal(text, expected);
}

static const char *machine(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/topologies/%s.xml", build_root(), name);
    return path;
}

// A file of the test's own for a topology; the name ends in .xml.
static char scratch[] = P_tmpdir "/topology-XXXXXX.xml";

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemps(scratch, 4);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(scratch);
}

static void write_scratch(const char *text, size_t length)
{
    FILE *f = fopen(scratch, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static hwloc_topology_t load(const char *source)
{
    hwloc_topology_t hw;
    size_t length = strlen(source);
    assert_int_equal(hwloc_topology_init(&hw), 0);
    assert_int_equal(hwloc_topology_set_flags(hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED), 0);
    if (length > 4 && strcmp(source + length - 4, ".xml") == 0)
        assert_int_equal(hwloc_topology_set_xml(hw, source), 0);
    else
        assert_int_equal(hwloc_topology_set_synthetic(hw, source), 0);
    assert_int_equal(hwloc_topology_load(hw), 0);
    return hw;
}

enum change { OFFLINE, DISALLOWED };

// Write a topology without some of its PUs to the scratch file.
static void write_without(hwloc_topology_t hw, enum change change, hwloc_const_bitmap_t without)
{
    hwloc_bitmap_t rest = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hw));
    hwloc_bitmap_andnot(rest, rest, without);
    if (change == OFFLINE)
        assert_int_equal(hwloc_topology_restrict(hw, rest, 0), 0);
    else
        assert_int_equal(hwloc_topology_allow(hw, rest, NULL, HWLOC_ALLOW_FLAG_CUSTOM), 0);
    assert_int_equal(hwloc_topology_export_xml(hw, scratch, 0), 0);
    hwloc_bitmap_free(rest);
}

static struct topology *open_without(const char *source, enum change change, const char *without)
{
    hwloc_topology_t hw = load(source);
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    assert_int_equal(hwloc_bitmap_list_sscanf(set, without), 0);
    write_without(hw, change, set);
    hwloc_bitmap_free(set);
    hwloc_topology_destroy(hw);
    return open_or_fail(scratch);
}

// --- the model ----------------------------------------------------------------------------------

// A PU, with numbers for the parts of the machine that it is in; parts count from 0.
enum part { CORE, CACHE, PACKAGE, NODE, KIND, PARTS };
struct model_pu {
    unsigned cpu, part[PARTS];
    hwloc_obj_t object[PARTS];
    bool usable, cached;
};
struct model {
    unsigned n; // online
    unsigned usable;
    struct model_pu pu[MOST];
    const struct model_pu *order[MOST]; // of a placement: the usable
};

// The number of an object among those of that part so far.
static unsigned number(struct model *m, enum part part, hwloc_obj_t object)
{
    unsigned next = 0;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->pu[i].object[part] == object)
            return m->pu[i].part[part];
        if (m->pu[i].part[part] >= next)
            next = m->pu[i].part[part] + 1;
    }
    return next;
}

static void model_read(struct model *m, const char *source)
{
    hwloc_topology_t hw = load(source);
    int kinds = hwloc_cpukinds_get_nr(hw, 0);
    m->n = m->usable = 0;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_PU, o)); m->n++) {
        struct model_pu *p = &m->pu[m->n];
        hwloc_obj_t root = hwloc_get_root_obj(hw);
        *p = (struct model_pu){.cpu = o->os_index, .object = {o, root, root, root, NULL}};
        bool inside = true; // of the package
        for (hwloc_obj_t up = o->parent; up != NULL; up = up->parent) {
            if (up->type == HWLOC_OBJ_CORE)
                p->object[CORE] = up;
            if (up->type == HWLOC_OBJ_PACKAGE) {
                p->object[PACKAGE] = up;
                if (!p->cached)
                    p->object[CACHE] = up;
                inside = false;
            }
            if (inside && up->type >= HWLOC_OBJ_L1CACHE && up->type <= HWLOC_OBJ_L5CACHE) {
                p->object[CACHE] = up;
                p->cached = true;
            }
            if (up->memory_arity > 0 && p->object[NODE] == root)
                p->object[NODE] = up;
        }
        for (enum part part = CORE; part < KIND; part++)
            p->part[part] = number(m, part, p->object[part]);
        if (kinds > 0)
            p->part[KIND] = (unsigned)(kinds - 1 - hwloc_cpukinds_get_by_cpuset(hw, o->cpuset, 0));
        p->usable = hwloc_bitmap_isset(hwloc_topology_get_allowed_cpuset(hw), o->os_index);
        m->usable += p->usable;
    }
    hwloc_topology_destroy(hw);
}

static const struct model_pu *model_find(const struct model *m, unsigned cpu)
{
    for (unsigned i = 0; i < m->n; i++)
        if (m->pu[i].cpu == cpu)
            return &m->pu[i];
    return NULL;
}

static unsigned different(const struct model_pu *const *order, unsigned n, enum part part)
{
    bool seen[MOST] = {false};
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++) {
        count += !seen[order[i]->part[part]];
        seen[order[i]->part[part]] = true;
    }
    return count;
}

// Is each part left for good before the next is entered?
static void check_one_by_one(const struct model_pu *const *order, unsigned n, enum part part)
{
    unsigned visits = n > 0;
    for (unsigned i = 1; i < n; i++)
        visits += order[i]->part[part] != order[i - 1]->part[part];
    assert_int_equal(visits, different(order, n, part));
}

// Do the parts of each `whole` take turns? The next PU is in the part with the fewest so far, of
// those that are not used up; the first of several.
static void check_turns(const struct model_pu *const *order, unsigned n, enum part part,
                        enum part whole)
{
    unsigned total[MOST] = {0}, used[MOST] = {0}, within[MOST] = {0}, parts = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned p = order[i]->part[part];
        total[p]++;
        within[p] = whole == PARTS ? 0 : order[i]->part[whole];
        parts = p >= parts ? p + 1 : parts;
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned p = order[i]->part[part];
        for (unsigned q = 0; q < parts; q++)
            if (used[q] < total[q] && within[q] == within[p])
                assert_true(used[q] > used[p] || (used[q] == used[p] && q >= p));
        used[p]++;
    }
}

// What is left of an order in one part.
static unsigned filter(const struct model_pu *const *order, unsigned n, enum part part,
                       unsigned which, const struct model_pu **some)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++)
        if (order[i]->part[part] == which)
            some[count++] = order[i];
    return count;
}

// The rounds of a kind: `n` PUs on as many cores, each with equally many threads before.
typedef void check_round(const struct model_pu *const *order, unsigned n);

static void cores_round(const struct model_pu *const *order, unsigned n)
{
    check_one_by_one(order, n, CACHE);
    check_one_by_one(order, n, NODE);
    check_one_by_one(order, n, PACKAGE);
}

static void scatter_round(const struct model_pu *const *order, unsigned n)
{
    check_turns(order, n, PACKAGE, PARTS);
    check_turns(order, n, CACHE, PACKAGE);
}

static void one_per_cache_round(const struct model_pu *const *order, unsigned n)
{
    check_turns(order, n, CACHE, PARTS);
}

static void package_round(const struct model_pu *const *order, unsigned n)
{
    const struct model_pu *some[MOST];
    check_turns(order, n, PACKAGE, PARTS);
    for (unsigned p = 0, left = n; left > 0; p++) {
        unsigned count = filter(order, n, PACKAGE, p, some);
        check_one_by_one(some, count, CACHE);
        left -= count;
    }
}

// The PUs of one kind, for the policies that give every core a thread before any a second one.
static void check_rounds(const struct model_pu *const *order, unsigned n, check_round *check)
{
    unsigned threads[MOST] = {0}, begin = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned level = threads[order[i]->part[CORE]]++;
        unsigned last = i > 0 ? threads[order[i - 1]->part[CORE]] - 1 : 0;
        if (i > 0 && level == last && order[i]->part[CORE] != order[i - 1]->part[CORE])
            continue;
        if (i == 0)
            continue;
        // all that have one more PU have got one
        assert_int_equal(level, last + (order[i]->part[CORE] != order[i - 1]->part[CORE]));
        check(order + begin, i - begin);
        begin = i;
    }
    check(order + begin, n - begin);
}

static void check_cores(const struct model_pu *const *order, unsigned n)
{
    check_rounds(order, n, cores_round);
}

static void check_scatter(const struct model_pu *const *order, unsigned n)
{
    check_rounds(order, n, scatter_round);
}

static void check_one_per_cache(const struct model_pu *const *order, unsigned n)
{
    check_rounds(order, n, one_per_cache_round);
}

static void check_package(const struct model_pu *const *order, unsigned n)
{
    check_rounds(order, n, package_round);
}

static void check_compact(const struct model_pu *const *order, unsigned n)
{
    check_one_by_one(order, n, CORE);
    check_one_by_one(order, n, CACHE);
    check_one_by_one(order, n, NODE);
    check_one_by_one(order, n, PACKAGE);
}

static void check_smt(const struct model_pu *const *order, unsigned n)
{
    const struct model_pu *firsts[MOST];
    unsigned cores = 0;
    check_one_by_one(order, n, CORE);
    for (unsigned i = 0; i < n; i++)
        if (i == 0 || order[i]->part[CORE] != order[i - 1]->part[CORE])
            firsts[cores++] = order[i];
    scatter_round(firsts, cores);
}

static const struct {
    const char *name;
    void (*check)(const struct model_pu *const *order, unsigned n);
} promises[] = {
    {"compact", check_compact}, {"cores", check_cores},     {"one_per_cache", check_one_per_cache},
    {"package", check_package}, {"scatter", check_scatter}, {"smt", check_smt},
};

// Each usable PU once before any twice, repetition, prefixes. Leaves the order in the model.
static void check_order(struct model *m, const struct topology *t, const char *name)
{
    static unsigned longest[2 * MOST + 3], cpus[2 * MOST + 4];
    bool seen[MOST] = {false};
    unsigned total = m->usable, threads = 2 * total + 3;
    unsigned lengths[] = {0, 1, 2, 3, total / 2, total, total + 1};
    place(t, name, threads, longest);
    for (unsigned i = 0; i < threads; i++) {
        if (i >= total) {
            assert_int_equal(longest[i], longest[i - total]);
            continue;
        }
        m->order[i] = model_find(m, longest[i]);
        assert_non_null(m->order[i]);
        assert_true(m->order[i]->usable);
        assert_false(seen[m->order[i] - m->pu]);
        seen[m->order[i] - m->pu] = true;
    }
    for (size_t i = 0; i < COUNT(lengths); i++) {
        cpus[lengths[i]] = UINT32_MAX;
        place(t, name, lengths[i], cpus);
        assert_memory_equal(cpus, longest, lengths[i] * sizeof cpus[0]);
        assert_int_equal(cpus[lengths[i]], UINT32_MAX);
    }
}

// Counted thread by thread.
static void check_fills(const struct model *m, const struct topology *t, const char *name)
{
    struct placement_fills fills, counted = {0};
    unsigned core[MOST] = {0}, cache[MOST] = {0}, package[MOST] = {0};
    unsigned cores = 0, caches = 0, packages = 0;
    for (unsigned n = 1; n <= m->usable; n++) {
        const unsigned *part = m->order[n - 1]->part;
        cores += core[part[CORE]]++ == 0;
        caches += cache[part[CACHE]]++ == 0;
        packages += package[part[PACKAGE]]++ == 0;
        counted.own_core += cores == n;
        counted.own_cache += caches == n;
        counted.one_cache += caches == 1;
        counted.one_package += packages == 1;
        counted.all++;
    }
    assert_true(placement_fills(t, find_or_fail(name), &fills, NULL, 0));
    assert_memory_equal(&fills, &counted, sizeof fills);
}

// All that the places say, and how far PUs are apart.
static void check_places(const struct model *m, const struct topology *t)
{
    unsigned siblings[MOST] = {0};
    for (unsigned i = 0; i < m->n; i++) {
        const struct model_pu *p = &m->pu[i], *q = &m->pu[(i + 1) % m->n];
        struct place at;
        assert_true(topology_where(t, p->cpu, &at));
        assert_int_equal(at.package, p->part[PACKAGE]);
        assert_int_equal(at.cache, p->part[CACHE]);
        assert_int_equal(at.core, p->part[CORE]);
        assert_int_equal(at.sibling, siblings[p->part[CORE]]++);
        assert_int_equal(at.kind, p->part[KIND]);
        // the next one, and some farther away
        for (unsigned k = 0; k < 5; k++, q = &m->pu[(i * 7 + k * k * 13) % m->n]) {
            const char *expected = p == q                               ? "same CPU"
                                   : p->object[CORE] == q->object[CORE] ? "SMT sibling"
                                   : p->object[CACHE] == q->object[CACHE] && p->cached
                                       ? "same cache"
                                   : p->object[PACKAGE] == q->object[PACKAGE] ? "same package"
                                                                              : "other package";
            assert_string_equal(topology_distance(t, p->cpu, q->cpu), expected);
        }
    }
}

static void check_machine(const char *source)
{
    static struct model m;
    struct topology *t = open_or_fail(source);
    size_t policies;
    const struct placement *all = placement_all(&policies);
    model_read(&m, source);
    assert_int_equal(topology_cpus(t), m.usable);
    check_places(&m, t);
    assert_int_equal(policies, COUNT(promises));
    for (size_t i = 0; i < policies; i++) {
        unsigned begin = 0;
        assert_string_equal(all[i].name, promises[i].name);
        check_order(&m, t, all[i].name);
        check_fills(&m, t, all[i].name);
        for (unsigned k = 1; k <= m.usable; k++) {
            if (k < m.usable && m.order[k]->part[KIND] == m.order[k - 1]->part[KIND])
                continue;
            if (k < m.usable) // the fastest first
                assert_in_range(m.order[k]->part[KIND], m.order[k - 1]->part[KIND] + 1, MOST);
            promises[i].check(m.order + begin, k - begin);
            begin = k;
        }
    }
    topology_close(t);
}

// --- machines -----------------------------------------------------------------------------------

// What is known of them without looking: what each policy is good for.
static const struct {
    const char *name, *summary;
    unsigned nodes;
    unsigned compact_cache;   // threads that compact puts into one cache
    unsigned compact_package; // into one package
    unsigned caches;          // that one_per_cache fills with a thread each
    unsigned cores;           // that cores does
} machines[] = {
    // clang-format off
    {"amd-threadripper-1950x", "1 package, 4 L3, 16 cores, 32 PUs", 2, 8, 32, 4, 16},
    {"amd-threadripper-2990wx", "1 package, 8 L3, 32 cores, 64 PUs", 2, 8, 64, 8, 32},
    {"amd-threadripper-3960x", "1 package, 8 L3, 24 cores, 48 PUs", 1, 6, 48, 8, 24},
    {"amd-threadripper-3990x", "1 package, 16 L3, 64 cores, 128 PUs", 1, 8, 128, 16, 64},
    {"amd-threadripper-pro-7995wx", "1 package, 12 L3, 96 cores, 192 PUs", 1, 16, 192, 12, 96},
    {"amd-epyc-7742-2s", "2 packages, 32 L3, 128 cores, 256 PUs", 2, 8, 128, 32, 128},
    {"amd-epyc-7r13-2s", "2 packages, 12 L3, 96 cores, 192 PUs", 2, 16, 96, 12, 96},
    {"amd-epyc-9754-2s", "2 packages, 32 L3, 256 cores, 512 PUs", 3, 16, 256, 32, 256},
    // in each L3 every second core
    {"amd-epyc-7313-2s-cpuset", "2 packages, 8 L3, 16 cores, 32 PUs", 2, 4, 16, 8, 16},
    // one L3 lost siblings 20 to 23 and CPUs 0, 1 and 16; the other core 9 with CPU 25's sibling
    {"amd-ryzen-5950x-offline", "1 package, 2 L3, 16 cores, 27 PUs (24 allowed)", 1, 9, 24, 2, 15},
    {"intel-xeon-phi-7250", "1 package, 34 L2, 68 cores, 272 PUs", 1, 8, 272, 34, 68},
    // before a slow core comes a fast one's sibling
    {"intel-core-i9-13900k", "1 package, 1 L3, 24 cores, 32 PUs", 1, 32, 32, 1, 8},
    // clang-format on
};

static const struct {
    const char *source, *summary;
} shapes[] = {
    {"package:4 l3:2 core:3 pu:4", "4 packages, 8 L3, 24 cores, 96 PUs"},
    {"package:2 l3:16 core:8 pu:2", "2 packages, 32 L3, 256 cores, 512 PUs"},
    {"package:3 numa:2 l3:3 l2:5 core:1 pu:2", "3 packages, 18 L3, 90 cores, 180 PUs"},
    {"package:2 l2:2 core:2 pu:1", "2 packages, 4 L2, 8 cores, 8 PUs"},
    {"package:2 l2:4 l1:1 core:1 pu:2", "2 packages, 8 L2, 8 cores, 16 PUs"},
    {"package:1 core:4 pu:1", "1 package, 4 cores, 4 PUs"},
    {"package:2 core:4 pu:2", "2 packages, 8 cores, 16 PUs"},
    {"numa:2 l3:2 core:2 pu:2", "4 L3, 8 cores, 16 PUs"},
    {"core:4 pu:2", "4 cores, 8 PUs"},
    {"l2:3 pu:2", "3 L2, 6 PUs"},
    {"pu:3", "3 PUs"},
    {"pu:1", "1 PU"},
    // a cache around packages is no package's last level
    {"l4:2 package:2 l3:2 core:2 pu:2", "4 packages, 2 L4, 16 cores, 32 PUs"},
    {"package:1 l3:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)", "1 package, 2 L3, 4 cores, 8 PUs"},
};

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        struct topology *t = open_or_fail(machine(machines[i].name));
        struct placement_fills fills;
        assert_false(topology_is_this_machine(t));
        assert_string_equal(topology_summary(t), machines[i].summary);
        assert_int_equal(topology_nodes(t, NULL, 0), machines[i].nodes);
        assert_true(placement_fills(t, find_or_fail("compact"), &fills, NULL, 0));
        assert_int_equal(fills.one_cache, machines[i].compact_cache);
        assert_int_equal(fills.one_package, machines[i].compact_package);
        assert_int_equal(fills.all, topology_cpus(t));
        assert_true(placement_fills(t, find_or_fail("one_per_cache"), &fills, NULL, 0));
        assert_int_equal(fills.own_cache, machines[i].caches);
        assert_true(placement_fills(t, find_or_fail("cores"), &fills, NULL, 0));
        assert_int_equal(fills.own_core, machines[i].cores);
        topology_close(t);
        check_machine(machine(machines[i].name));
    }
}

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct topology *t = open_or_fail(shapes[i].source);
        assert_string_equal(topology_summary(t), shapes[i].summary);
        topology_close(t);
        check_machine(shapes[i].source);
    }
}

static void test_largest(void **state)
{
    (void)state;
    check_machine("package:4 l3:16 core:32 pu:2");
}

// Parts of a machine, with few PUs or with most.
static void check_parts(const char *source)
{
    for (unsigned i = 0; i < 6; i++) {
        hwloc_topology_t hw = load(source);
        hwloc_bitmap_t without = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hw));
        int keep = hwloc_bitmap_first(without);
        for (int cpu = keep; cpu >= 0; cpu = hwloc_bitmap_next(without, cpu))
            if (cpu == keep || (unsigned)rand() % 6 <= i)
                hwloc_bitmap_clr(without, (unsigned)cpu);
        write_without(hw, i % 2 == 0 ? DISALLOWED : OFFLINE, without);
        hwloc_bitmap_free(without);
        hwloc_topology_destroy(hw);
        check_machine(scratch);
    }
}

static void test_parts(void **state)
{
    (void)state;
    srand(20);
    for (size_t i = 0; i < COUNT(machines); i++)
        check_parts(machine(machines[i].name));
    for (size_t i = 0; i < COUNT(shapes); i++)
        check_parts(shapes[i].source);
}

// Three kinds of cores in any mixture.
static void test_kinds(void **state)
{
    (void)state;
    srand(21);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        hwloc_topology_t hw = load(shapes[i].source);
        hwloc_bitmap_t kinds[3] = {hwloc_bitmap_alloc(), hwloc_bitmap_alloc(),
                                   hwloc_bitmap_alloc()};
        for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_PU, o));) {
            hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(hw, HWLOC_OBJ_CORE, o) ?: o;
            if (o == core || o == core->first_child)
                for (int cpu = -1, k = rand() % 3;
                     (cpu = hwloc_bitmap_next(core->cpuset, cpu)) >= 0;)
                    hwloc_bitmap_set(kinds[k], (unsigned)cpu);
        }
        for (int k = 0; k < 3; k++) {
            if (!hwloc_bitmap_iszero(kinds[k]))
                assert_int_equal(hwloc_cpukinds_register(hw, kinds[k], k, 0, NULL, 0), 0);
            hwloc_bitmap_free(kinds[k]);
        }
        assert_int_equal(hwloc_topology_export_xml(hw, scratch, 0), 0);
        hwloc_topology_destroy(hw);
        check_machine(scratch);
    }
}

// The slow cores of a cache take their turns as if there were no fast one.
static void test_one_fast_core(void **state)
{
    hwloc_topology_t hw = load("package:1 l3:2 core:3 pu:1");
    hwloc_bitmap_t fast = hwloc_bitmap_alloc(), slow = hwloc_bitmap_alloc();
    (void)state;
    hwloc_bitmap_set(fast, 0);
    hwloc_bitmap_set_range(slow, 1, 5);
    assert_int_equal(hwloc_cpukinds_register(hw, fast, 1, 0, NULL, 0), 0);
    assert_int_equal(hwloc_cpukinds_register(hw, slow, 0, 0, NULL, 0), 0);
    assert_int_equal(hwloc_topology_export_xml(hw, scratch, 0), 0);
    hwloc_bitmap_free(fast);
    hwloc_bitmap_free(slow);
    hwloc_topology_destroy(hw);
    struct topology *t = open_or_fail(scratch);
    expect(t, "one_per_cache", "0 1 3 2 4 5");
    expect(t, "scatter", "0 1 3 2 4 5");
    topology_close(t);
}

// Linux numbers the second siblings after all the first ones.
static void test_os_indexes(void **state)
{
    struct topology *t = open_or_fail("package:1 l3:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)");
    (void)state;
    expect(t, "compact", "0 4 1 5 2 6 3 7");
    expect(t, "cores", "0 1 2 3 4 5 6 7");
    expect(t, "scatter", "0 2 1 3 4 6 5 7");
    expect(t, "smt", "0 4 2 6 1 5 3 7");
    expect(t, "one_per_cache", "0 2 1 3 4 6 5 7");
    expect(t, "package", "0 1 2 3 4 5 6 7");
    topology_close(t);
}

static void test_two_packages(void **state)
{
    struct topology *t = open_or_fail("package:2 l3:2 core:2 pu:2");
    (void)state;
    expect(t, "scatter", "0 8 4 12 2 10 6 14 1 9 5 13 3 11 7 15");
    expect(t, "smt", "0 1 8 9 4 5 12 13 2 3 10 11 6 7 14 15");
    expect(t, "one_per_cache", "0 4 8 12 2 6 10 14 1 5 9 13 3 7 11 15");
    expect(t, "package", "0 8 2 10 4 12 6 14 1 9 3 11 5 13 7 15");
    topology_close(t);
}

// Left of 2 packages x 2 caches x 2 cores x 2 PUs, cache by cache: package 0: core {0}, core {2,
// 3}; package 1: cores {8, 9}, {10, 11}, and in a cache alone {12, 13}.
static void check_uneven(struct topology *t, const char *summary)
{
    assert_string_equal(topology_summary(t), summary);
    expect(t, "compact", "0 2 3 8 9 10 11 12 13");
    expect(t, "cores", "0 2 8 10 12 3 9 11 13");
    expect(t, "scatter", "0 8 2 12 10 3 9 13 11");
    expect(t, "smt", "0 8 9 2 3 12 13 10 11");
    expect(t, "one_per_cache", "0 8 12 2 10 3 9 13 11");
    expect(t, "package", "0 8 2 10 12 3 9 11 13");
    topology_close(t);
}

static void test_uneven(void **state)
{
    const char *source = "package:2 l3:2 core:2 pu:2", *without = "1,4-7,14-15";
    (void)state;
    check_uneven(open_without(source, OFFLINE, without), "2 packages, 3 L3, 5 cores, 9 PUs");
    check_uneven(open_without(source, DISALLOWED, without),
                 "2 packages, 4 L3, 8 cores, 16 PUs (9 allowed)");
}

static void test_places(void **state)
{
    struct topology *t = open_or_fail(machine("amd-ryzen-5950x-offline"));
    struct place at;
    (void)state;
    assert_true(topology_where(t, 0, &at)); // though it is not allowed
    assert_true(topology_where(t, 26, &at));
    assert_int_equal(at.package, 0);
    assert_int_equal(at.cache, 1);
    assert_int_equal(at.core, 9); // hwloc's order: core 9 lost its first PU, and comes last
    assert_int_equal(at.sibling, 1);
    assert_int_equal(at.kind, 0);
    assert_int_equal(at.node, 0);
    assert_false(topology_where(t, 9, &at)); // offline
    assert_false(topology_where(t, 32, &at));
    assert_string_equal(topology_distance(t, 10, 26), "SMT sibling");
    assert_string_equal(topology_distance(t, 2, 26), "same package");
    assert_null(topology_distance(t, 2, 9));
    assert_null(topology_distance(t, 32, 2));
    topology_close(t);

    t = open_or_fail(machine("intel-core-i9-13900k"));
    assert_true(topology_where(t, 15, &at));
    assert_int_equal(at.kind, 0);
    assert_true(topology_where(t, 16, &at));
    assert_int_equal(at.kind, 1);
    assert_int_equal(at.core, 8);
    topology_close(t);
}

static void check_node(const struct topology *t, unsigned cpu, int node)
{
    struct place at;
    assert_true(topology_where(t, cpu, &at));
    assert_int_equal(at.node, node);
}

static void test_nodes(void **state)
{
    unsigned nodes[4] = {9, 9, 9, 9};
    struct topology *t = open_or_fail(machine("amd-threadripper-2990wx"));
    (void)state;
    assert_int_equal(topology_nodes(t, nodes, 1), 2);
    assert_int_equal(nodes[0], 0);
    assert_int_equal(nodes[1], 9);
    assert_int_equal(topology_nodes(t, nodes, 4), 2);
    assert_int_equal(nodes[1], 2);
    assert_int_equal(nodes[2], 9);
    check_node(t, 0, 0);
    check_node(t, 23, 2);
    check_node(t, 8, 0); // none of its own
    topology_close(t);

    t = open_or_fail(machine("amd-epyc-9754-2s"));
    assert_int_equal(topology_nodes(t, nodes, 4), 3); // node 2 has no CPUs
    assert_int_equal(nodes[2], 2);
    check_node(t, 0, 0);
    check_node(t, 128, 1);
    check_node(t, 511, 1);
    topology_close(t);

    // as where the system does not tell of memory
    hwloc_topology_t hw = load("package:2 core:2 pu:1");
    hwloc_get_obj_by_type(hw, HWLOC_OBJ_NUMANODE, 0)->attr->numanode.local_memory = 0;
    assert_int_equal(hwloc_topology_export_xml(hw, scratch, 0), 0);
    hwloc_topology_destroy(hw);
    t = open_or_fail(scratch);
    assert_int_equal(topology_nodes(t, nodes, 4), 0);
    check_node(t, 1, -1);
    topology_close(t);
}

// A node that a cgroup forbids.
static void test_forbidden_node(void **state)
{
    hwloc_topology_t hw = load("package:2 numa:1 core:2 pu:1");
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    unsigned node;
    (void)state;
    hwloc_bitmap_set(allowed, 1);
    assert_int_equal(hwloc_topology_allow(hw, NULL, allowed, HWLOC_ALLOW_FLAG_CUSTOM), 0);
    assert_int_equal(hwloc_topology_export_xml(hw, scratch, 0), 0);
    hwloc_bitmap_free(allowed);
    hwloc_topology_destroy(hw);
    struct topology *t = open_or_fail(scratch);
    assert_int_equal(topology_nodes(t, &node, 1), 1);
    assert_int_equal(node, 1);
    check_node(t, 0, 1);
    topology_close(t);
}

// --- names and lists ----------------------------------------------------------------------------

static void test_names(void **state)
{
    size_t count;
    const struct placement *all = placement_all(&count);
    char error[512], small[8];
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(find_or_fail(all[i].name), &all[i]);
        assert_true(all[i].summary[0] != '\0');
        assert_int_equal(all[i].entries, 0);
    }
    assert_null(placement_find("compac", error, sizeof error));
    assert_string_equal(error, "no placement 'compac'; known: compact cores one_per_cache package "
                               "scatter smt and lists of CPUs such as 0,2,4-7");
    assert_null(placement_find("", error, sizeof error));
    assert_null(placement_find("-1", NULL, 0));
    assert_null(placement_find("nonsense", small, sizeof small));
    assert_int_equal(strlen(small), sizeof small - 1);
}

static void test_lists(void **state)
{
    static const unsigned cpus[] = {0, 2, 4, 5, 6, 7};
    const struct placement *p = find_or_fail("0,2,4-7");
    size_t count;
    (void)state;
    assert_string_equal(p->name, "0,2,4-7");
    assert_true(p->summary[0] != '\0');
    assert_int_equal(p->entries, COUNT(cpus));
    assert_memory_equal(p->cpus, cpus, sizeof cpus);
    assert_ptr_equal(find_or_fail("0,2,4-7"), p);
    assert_ptr_equal(find_or_fail("00,2-2,4,5-6,7"), p);
    assert_ptr_not_equal(find_or_fail("2,0,4-7"), p);
    assert_string_equal(find_or_fail("3,2,1,0")->name, "3,2,1,0");
    assert_string_equal(find_or_fail("0,1")->name, "0-1");
    assert_string_equal(find_or_fail("8191")->name, "8191");
    assert_int_equal(find_or_fail("0-8191")->entries, PLACEMENT_CPUS);
    placement_all(&count);
    assert_int_equal(count, COUNT(promises));
}

static void test_malformed_lists(void **state)
{
    static const char *const lists[][2] = {
        {"0,", "does not begin with"},       {"0,,1", "',1' does not begin with"},
        {"0-", "does not begin with"},       {"0-a", "'0-a' does not begin with"},
        {"0 1", "does not begin with"},      {"4x", "'4x' does not begin with"},
        {"1-2-3", "does not begin with"},    {"0,-1", "'-1' does not begin with"},
        {"0,2,1-3", "CPU 2 is there twice"}, {"5,5", "CPU 5 is there twice"},
        {"8192", "from 0 to 8191"},          {"4294967296", "from 0 to 8191"},
        {"7-4", "7-4 does not ascend"},      {"0-99999999999999999999", "from 0 to 8191"},
    };
    char error[512], all[8 * PLACEMENT_TEXT] = "0";
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        error[0] = '\0';
        assert_null(placement_find(lists[i][0], error, sizeof error));
        assert_non_null(strstr(error, lists[i][0]));
        assert_non_null(strstr(error, lists[i][1]));
    }
    // as long as it can be, and longer: even numbers do not make ranges
    for (unsigned cpu = 2; strlen(all) < PLACEMENT_TEXT + 3; cpu += 2) {
        bool fits = strlen(all) < PLACEMENT_TEXT;
        assert_true((placement_find(all, error, sizeof error) != NULL) == fits);
        snprintf(all + strlen(all), sizeof all - strlen(all), ",%u", cpu);
    }
    assert_null(placement_find(all, error, sizeof error));
    assert_non_null(strstr(error + PLACEMENT_TEXT - 20, ",")); // of a long list, what fits
}

static void test_lists_on_machines(void **state)
{
    static const unsigned again[] = {17, 2, 24, 17, 2, 24, 17};
    struct topology *t = open_or_fail(machine("amd-ryzen-5950x-offline"));
    unsigned cpus[COUNT(again) + 1] = {[COUNT(again)] = 7};
    struct placement_fills fills;
    char error[512];
    (void)state;
    place(t, "17,2,24", COUNT(again), cpus);
    assert_memory_equal(cpus, again, sizeof again);
    assert_int_equal(cpus[COUNT(again)], 7);
    assert_true(placement_fills(t, find_or_fail("2,18,3,19,8"), &fills, error, sizeof error));
    assert_int_equal(fills.one_cache, 4);
    assert_int_equal(fills.one_package, 5);
    assert_int_equal(fills.own_cache, 1);
    assert_int_equal(fills.own_core, 1);
    assert_int_equal(fills.all, 5);

    // offline, disallowed, not there; even if fewer threads would not need it
    assert_false(placement_cpus(t, find_or_fail("2,9"), 1, cpus, error, sizeof error));
    assert_string_equal(error, "placement 2,9: CPU 9 is not there or offline; usable: "
                               "2-8,10-15,17-19,24-31");
    assert_false(placement_cpus(t, find_or_fail("2,16"), 2, cpus, error, sizeof error));
    assert_string_equal(error, "placement 2,16: CPU 16 is not allowed (affinity, cgroup); usable: "
                               "2-8,10-15,17-19,24-31");
    assert_false(placement_fills(t, find_or_fail("32"), &fills, error, sizeof error));
    assert_non_null(strstr(error, "CPU 32 is not there"));
    assert_memory_equal(cpus, again, sizeof again);
    topology_close(t);
}

// --- what cannot be loaded ----------------------------------------------------------------------

static void check_refused(const char *source, const char *reason)
{
    char error[512] = "";
    assert_null(topology_open(source, error, sizeof error));
    assert_non_null(strstr(error, source));
    assert_non_null(strstr(error, reason));
    assert_non_null(strstr(error, "expected"));
}

static void test_nonsense(void **state)
{
    static const char *const texts[] = {"", "garbage", "<a/>", "<topology version=\"2.0\"/>"};
    char small[8];
    (void)state;
    check_refused("nonsense", "hwloc cannot read it");
    check_refused("", "hwloc cannot read it");
    check_refused("package:0 core:2", "hwloc cannot read it");
    check_refused("core:2 pu:1(indexes=8191,8192)", "no number up to 8191");
    check_refused("none/such.xml", "No such file");
    check_refused(".xml", "No such file");
    for (size_t i = 0; i < COUNT(texts); i++) {
        write_scratch(texts[i], strlen(texts[i]));
        check_refused(scratch, "hwloc cannot read it");
    }
    assert_int_equal(unlink(scratch), 0);
    assert_int_equal(mkdir(scratch, 0700), 0);
    check_refused(scratch, "not a regular file");
    assert_int_equal(rmdir(scratch), 0);
    assert_int_equal(mkfifo(scratch, 0600), 0); // without a writer, so that reading would wait
    check_refused(scratch, "not a regular file");
    assert_int_equal(unlink(scratch), 0);
    write_scratch("", 0);
    assert_null(topology_open("nonsense", small, sizeof small));
    assert_int_equal(strlen(small), sizeof small - 1);
    assert_null(topology_open("nonsense", NULL, 0));
    topology_close(NULL);
}

// Files cut short, and without one attribute each: refused or read, but no crash.
static void test_damaged(void **state)
{
    static char text[16384], rest[16384];
    FILE *f = fopen(machine("amd-threadripper-1950x"), "r");
    size_t length = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
    char error[512];
    (void)state;
    assert_in_range(length, 1000, sizeof text - 2);
    assert_int_equal(fclose(f), 0);
    for (size_t n = 0; n < length - 20; n += length / 24) {
        write_scratch(text, n);
        check_refused(scratch, "hwloc cannot read it");
    }
    for (const char *at = text; (at = strchr(at, '=')) != NULL && at < text + 1050; at++) {
        const char *name = at, *end = strchr(at + 2, '"') + 1;
        while (name[-1] != ' ')
            name--;
        snprintf(rest, sizeof rest, "%.*s%s", (int)(name - text), text, end);
        write_scratch(rest, strlen(rest));
        struct topology *t = topology_open(scratch, error, sizeof error);
        if (t == NULL)
            assert_non_null(strstr(error, "hwloc"));
        topology_close(t);
    }
}

// --- this machine -------------------------------------------------------------------------------

static void test_this_machine(void **state)
{
    struct topology *t = open_or_fail(NULL);
    unsigned total = topology_cpus(t), *cpus = calloc(total, sizeof *cpus);
    size_t count;
    const struct placement *all = placement_all(&count);
    cpu_set_t allowed;
    (void)state;
    assert_non_null(cpus);
    assert_true(topology_is_this_machine(t));
    assert_non_null(strstr(topology_summary(t), "PU"));
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    assert_int_equal(total, CPU_COUNT(&allowed));
    for (size_t i = 0; i < count; i++) {
        place(t, all[i].name, total, cpus);
        for (unsigned k = 0; k < total; k++) {
            struct place at;
            assert_true(CPU_ISSET(cpus[k], &allowed));
            assert_true(topology_where(t, cpus[k], &at));
        }
    }
    free(cpus);
    topology_close(t);
}

static void test_affinity(void **state)
{
    struct topology *t = open_or_fail(NULL);
    unsigned last = topology_cpus(t) - 1, *cpus = calloc(last + 1, sizeof *cpus), again[3];
    char error[512];
    cpu_set_t before, one;
    (void)state;
    assert_non_null(cpus);
    place(t, "compact", last + 1, cpus);
    topology_close(t);
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(cpus[last], &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    t = open_or_fail(NULL);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(topology_cpus(t), 1);
    place(t, "scatter", 3, again);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(again[i], cpus[last]);
    if (last > 0) {
        snprintf(error, sizeof error, "%u", cpus[0]);
        assert_false(placement_cpus(t, find_or_fail(error), 1, again, error, sizeof error));
        assert_non_null(strstr(error, "is not allowed"));
    }
    free(cpus);
    topology_close(t);
}

// hwloc is told that a file describes this machine; none of the file's PUs is in our affinity.
static void test_no_usable_pu(void **state)
{
    struct placement_fills fills;
    unsigned cpu = 7;
    char error[512];
    (void)state;
    assert_int_equal(setenv("HWLOC_THISSYSTEM", "1", 1), 0);
    struct topology *t = open_without("core:2 pu:1(indexes=8190,8191)", DISALLOWED, "");
    assert_int_equal(unsetenv("HWLOC_THISSYSTEM"), 0);
    assert_string_equal(topology_summary(t), "2 cores, 2 PUs (0 allowed)");
    assert_int_equal(topology_cpus(t), 0);
    assert_false(placement_cpus(t, find_or_fail("scatter"), 1, &cpu, error, sizeof error));
    assert_string_equal(error,
                        "placement scatter: no CPU may be used (2 cores, 2 PUs (0 allowed))");
    assert_false(placement_cpus(t, find_or_fail("0"), 1, &cpu, error, sizeof error));
    assert_false(placement_fills(t, find_or_fail("smt"), &fills, error, sizeof error));
    assert_int_equal(cpu, 7);
    topology_close(t);
}

static void test_replaced_by_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "core:5 pu:1", 1), 0);
    struct topology *t = open_or_fail(NULL);
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
        cmocka_unit_test(test_machines),        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_largest),         cmocka_unit_test(test_parts),
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_one_fast_core),
        cmocka_unit_test(test_os_indexes),      cmocka_unit_test(test_two_packages),
        cmocka_unit_test(test_uneven),          cmocka_unit_test(test_places),
        cmocka_unit_test(test_nodes),           cmocka_unit_test(test_forbidden_node),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_lists),
        cmocka_unit_test(test_malformed_lists), cmocka_unit_test(test_lists_on_machines),
        cmocka_unit_test(test_nonsense),        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_this_machine),    cmocka_unit_test(test_affinity),
        cmocka_unit_test(test_no_usable_pu),    cmocka_unit_test(test_replaced_by_environment),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
