// SPDX-License-Identifier: MIT

#include "topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hwloc.h>

enum { COMPACT, CORES, SCATTER, PLACEMENTS };

static const struct placement placements[PLACEMENTS] = {
    [COMPACT] = {"compact", "fill a core's siblings, then its last-level cache, its NUMA node, "
                            "its package"},
    [CORES] = {"cores", "one thread per core, cache by cache; siblings once every core has one"},
    [SCATTER] = {"scatter", "neighbours far apart: round-robin over packages, in each over its "
                            "last-level caches; siblings once every core has one"},
};

struct topology {
    bool this_machine;
    unsigned cpus;
    char summary[128];
    unsigned order[]; /* cpus OS indexes for each placement */
};

struct key {
    unsigned a, b, c, d; /* most significant first */
};

/* A usable PU. Core, cache and package are known by the lowest OS index in them. */
struct pu {
    unsigned os_index;
    unsigned logical; /* place in hwloc's depth-first order */
    unsigned core;
    unsigned cache;
    unsigned package;
    unsigned sibling; /* 0 for the first usable PU of its core, and so on */
    unsigned turn;    /* set by take_turns */
    struct key key;   /* what to sort by */
};

static int compare(unsigned x, unsigned y)
{
    return (x > y) - (x < y);
}

static int by_key(const void *x, const void *y)
{
    const struct key *k = &((const struct pu *)x)->key, *l = &((const struct pu *)y)->key;

    return compare(k->a, l->a) ?: compare(k->b, l->b) ?: compare(k->c, l->c) ?: compare(k->d, l->d);
}

static void sort(struct pu *pus, unsigned count)
{
    qsort(pus, count, sizeof(*pus), by_key);
}

/* Sort by key, and count turns from 0 among those that agree in its parts a and b. */
static void take_turns(struct pu *pus, unsigned count)
{
    sort(pus, count);
    pus[0].turn = 0;
    for (unsigned i = 1; i < count; i++) {
        const struct pu *last = &pus[i - 1];
        bool same = pus[i].key.a == last->key.a && pus[i].key.b == last->key.b;

        pus[i].turn = same ? last->turn + 1 : 0;
    }
}

static void sort_cores(struct pu *pus, unsigned count)
{
    for (struct pu *p = pus; p < pus + count; p++)
        p->key = (struct key){.a = p->sibling, .b = p->logical};
    sort(pus, count);
}

/* First the PUs of a cache take turns, then the caches of a package, then the packages. Where they
 * are uneven, the smaller drop out early; all first siblings go before any second one. */
static void sort_scatter(struct pu *pus, unsigned count)
{
    for (struct pu *p = pus; p < pus + count; p++)
        p->key = (struct key){.a = p->cache, .b = p->sibling, .c = p->logical};
    take_turns(pus, count);
    for (struct pu *p = pus; p < pus + count; p++)
        p->key = (struct key){.a = p->package, .b = p->sibling, .c = p->turn, .d = p->cache};
    take_turns(pus, count);
    for (struct pu *p = pus; p < pus + count; p++)
        p->key = (struct key){.a = p->sibling, .b = p->turn, .c = p->package};
    sort(pus, count);
}

static void keep_order(struct topology *topology, unsigned placement, const struct pu *pus)
{
    for (unsigned i = 0; i < topology->cpus; i++)
        topology->order[placement * topology->cpus + i] = pus[i].os_index;
}

/* The object of that type around a PU, or else the given one. */
static hwloc_obj_t around(hwloc_topology_t hw, hwloc_obj_type_t type, hwloc_obj_t pu,
                          hwloc_obj_t otherwise)
{
    return hwloc_get_ancestor_obj_by_type(hw, type, pu) ?: otherwise;
}

/* The outermost cache around a PU, else its package. */
static hwloc_obj_t last_level_cache(hwloc_obj_t pu, hwloc_obj_t package)
{
    hwloc_obj_t cache = NULL;

    for (hwloc_obj_t o = pu->parent; o; o = o->parent) {
        if (hwloc_obj_type_is_dcache(o->type))
            cache = o;
    }
    return cache ?: package;
}

static unsigned lowest(hwloc_obj_t object)
{
    return (unsigned)hwloc_bitmap_first(object->cpuset);
}

/* Describe the usable PUs in hwloc's order, which nests every level of the machine. */
static unsigned list_pus(hwloc_topology_t hw, hwloc_const_bitmap_t usable, struct pu *pus)
{
    unsigned count = 0;

    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_PU, o));) {
        hwloc_obj_t package = around(hw, HWLOC_OBJ_PACKAGE, o, hwloc_get_root_obj(hw));
        struct pu *p = &pus[count];

        if (!hwloc_bitmap_isset(usable, o->os_index))
            continue;
        p->os_index = o->os_index;
        p->logical = o->logical_index;
        p->core = lowest(around(hw, HWLOC_OBJ_CORE, o, o));
        p->cache = lowest(last_level_cache(o, package));
        p->package = lowest(package);
        p->sibling = count > 0 && p[-1].core == p->core ? p[-1].sibling + 1 : 0;
        count++;
    }
    return count;
}

/* The PUs that may be used, to be freed; NULL if memory is short. */
static hwloc_bitmap_t usable_pus(hwloc_topology_t hw)
{
    hwloc_bitmap_t usable = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hw));
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();

    /* An affinity that cannot be read forbids nothing. */
    if (usable && bound && hwloc_topology_is_thissystem(hw) &&
        hwloc_get_cpubind(hw, bound, HWLOC_CPUBIND_THREAD) == 0)
        hwloc_bitmap_and(usable, usable, bound);
    hwloc_bitmap_free(bound);
    return usable;
}

static void add_count(char *line, size_t size, int count, const char *one, const char *many)
{
    size_t used = strlen(line);

    if (count > 0)
        snprintf(line + used, size - used, "%s%d %s", used ? ", " : "", count,
                 count == 1 ? one : many);
}

static void summarise(hwloc_topology_t hw, struct topology *topology)
{
    char *line = topology->summary;
    size_t size = sizeof(topology->summary);
    int pus = hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PU);

    add_count(line, size, hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PACKAGE), "package", "packages");
    for (int depth = 0; depth < hwloc_topology_get_depth(hw); depth++) {
        hwloc_obj_t o = hwloc_get_obj_by_depth(hw, depth, 0);
        char level[16];

        if (!hwloc_obj_type_is_dcache(o->type))
            continue;
        snprintf(level, sizeof(level), "L%u", o->attr->cache.depth);
        add_count(line, size, hwloc_get_nbobjs_by_depth(hw, depth), level, level);
        break;
    }
    add_count(line, size, hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_CORE), "core", "cores");
    add_count(line, size, pus, "PU", "PUs");
    if ((unsigned)pus != topology->cpus)
        snprintf(line + strlen(line), size - strlen(line), " (%u allowed)", topology->cpus);
}

/* NULL with errno set on failure. Disallowed PUs are kept, for the summary. */
static hwloc_topology_t load(const char *source)
{
    size_t length = source ? strlen(source) : 0;
    hwloc_topology_t hw;
    int rc, reason;

    if (hwloc_topology_init(&hw) < 0)
        return NULL;
    rc = hwloc_topology_set_flags(hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (rc == 0 && length >= 4 && strcmp(source + length - 4, ".xml") == 0)
        rc = hwloc_topology_set_xml(hw, source);
    else if (rc == 0 && source)
        rc = hwloc_topology_set_synthetic(hw, source);
    if (rc == 0)
        rc = hwloc_topology_load(hw);
    if (rc == 0)
        return hw;
    reason = errno;
    hwloc_topology_destroy(hw);
    errno = reason;
    return NULL;
}

/* What is needed of an hwloc topology; NULL if memory is short. */
static struct topology *digest(hwloc_topology_t hw)
{
    size_t most = (size_t)hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PU);
    struct topology *topology = calloc(1, sizeof(*topology) + PLACEMENTS * most * sizeof(unsigned));
    struct pu *pus = calloc(most, sizeof(*pus));
    hwloc_bitmap_t usable = usable_pus(hw);

    if (!topology || !pus || !usable) {
        free(topology);
        topology = NULL;
        goto out;
    }
    topology->this_machine = hwloc_topology_is_thissystem(hw);
    topology->cpus = list_pus(hw, usable, pus);
    summarise(hw, topology);
    keep_order(topology, COMPACT, pus); /* as they are listed */
    sort_cores(pus, topology->cpus);
    keep_order(topology, CORES, pus);
    sort_scatter(pus, topology->cpus);
    keep_order(topology, SCATTER, pus);
out:
    hwloc_bitmap_free(usable);
    free(pus);
    return topology;
}

struct topology *topology_open(const char *source, char *error, size_t error_size)
{
    hwloc_topology_t hw = load(source);
    struct topology *topology;

    if (!hw) {
        snprintf(error, error_size,
                 "cannot load topology '%s': %s (expected a file *.xml that hwloc exported, or a "
                 "description such as 'package:2 l3:4 core:8 pu:2')",
                 source ?: "this machine", strerror(errno));
        return NULL;
    }
    topology = digest(hw);
    if (!topology)
        snprintf(error, error_size, "cannot load topology: out of memory");
    hwloc_topology_destroy(hw);
    return topology;
}

void topology_close(struct topology *topology)
{
    free(topology);
}

bool topology_is_this_machine(const struct topology *topology)
{
    return topology->this_machine;
}

unsigned topology_cpus(const struct topology *topology)
{
    return topology->cpus;
}

const char *topology_summary(const struct topology *topology)
{
    return topology->summary;
}

const struct placement *placement_all(size_t *count)
{
    *count = PLACEMENTS;
    return placements;
}

const struct placement *placement_find(const char *name)
{
    for (size_t i = 0; i < PLACEMENTS; i++) {
        if (strcmp(placements[i].name, name) == 0)
            return &placements[i];
    }
    return NULL;
}

int placement_cpus(const struct topology *topology, const struct placement *placement,
                   unsigned threads, unsigned *cpus)
{
    const unsigned *order = topology->order + (size_t)(placement - placements) * topology->cpus;

    if (topology->cpus == 0)
        return -1;
    for (unsigned i = 0; i < threads; i++)
        cpus[i] = order[i % topology->cpus];
    return 0;
}
