// SPDX-License-Identifier: MIT
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hwloc.h>

// --- placements by name -----------------------------------------------------------------------

static const struct placement policies[] = {
    {"compact", "fill a core's siblings, then its last-level cache, its NUMA node, its package",
     .siblings_together = true},
    {"cores", "one thread per core, cache by cache; siblings once every core has one",
     .siblings_together = false},
    {"one_per_cache",
     "one thread in each last-level cache, then a second in each, on another core; "
     "siblings once every core has one",
     .caches_take_turns = true},
    {"package",
     "packages take turns, in each one thread per core, cache by cache; siblings once "
     "every core has one",
     .packages_take_turns = true},
    {"scatter",
     "neighbours far apart: round-robin over packages, in each over its last-level "
     "caches; siblings once every core has one",
     .caches_take_turns = true, .packages_take_turns = true},
    {"smt", "a core's siblings together, successive cores as far apart as with scatter",
     .caches_take_turns = true, .packages_take_turns = true, .siblings_together = true},
};
enum { POLICIES = sizeof policies / sizeof policies[0] };

const struct placement *placement_all(size_t *count)
{
    *count = POLICIES;
    return policies;
}

// The lists asked for so far. They are kept so that the same list has the same address.
struct list {
    struct placement placement;
    struct list *next;
    char name[PLACEMENT_TEXT];
    unsigned cpus[];
};
static struct list *lists;

// A number at *text, which moves on; false if there is none, or none of a CPU.
static bool take_cpu(const char **text, unsigned *cpu)
{
    const char *begin = *text;
    for (*cpu = 0; **text >= '0' && **text <= '9' && *cpu < PLACEMENT_CPUS; ++*text)
        *cpu = *cpu * 10 + (unsigned)(**text - '0');
    return *text != begin && *cpu < PLACEMENT_CPUS;
}

// The CPUs into cpus[PLACEMENT_CPUS]; how many, or 0 with a message.
static unsigned read_list(const char *text, unsigned *cpus, char *error, size_t error_size)
{
    bool seen[PLACEMENT_CPUS] = {false};
    unsigned n = 0;
    const char *at = text;
    for (;; at++) {
        const char *entry = at;
        unsigned first, last;
        bool ok = take_cpu(&at, &first);
        last = first;
        if (ok && *at == '-') {
            at++;
            ok = take_cpu(&at, &last);
        }
        if (!ok || (*at != ',' && *at != '\0')) {
            snprintf(error, error_size,
                     "placement '%s': '%s' does not begin with a CPU's number from 0 to %d or a "
                     "range of them (a list is such as 0,2,4-7)",
                     text, entry, PLACEMENT_CPUS - 1);
            return 0;
        }
        if (last < first) {
            snprintf(error, error_size, "placement '%s': the range %u-%u does not ascend", text,
                     first, last);
            return 0;
        }
        for (unsigned cpu = first; cpu <= last; cpu++) {
            if (seen[cpu]) {
                snprintf(error, error_size, "placement '%s': CPU %u is there twice", text, cpu);
                return 0;
            }
            seen[cpu] = true;
            cpus[n++] = cpu;
        }
        if (*at == '\0')
            return n;
    }
}

// With ranges as long as they can be; false if there is not enough room.
static bool write_list(const unsigned *cpus, unsigned n, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned i = 0, last; i < n && used < size; i = last + 1) {
        for (last = i; last + 1 < n && cpus[last + 1] == cpus[last] + 1;)
            last++;
        used += (size_t)snprintf(text + used, size - used, last > i ? "%s%u-%u" : "%s%u",
                                 i > 0 ? "," : "", cpus[i], cpus[last]);
    }
    return used < size;
}

static const struct placement *find_list(const char *text, char *error, size_t error_size)
{
    unsigned cpus[PLACEMENT_CPUS], n = read_list(text, cpus, error, error_size);
    char name[PLACEMENT_TEXT];
    if (n == 0)
        return NULL;
    if (!write_list(cpus, n, name, sizeof name)) {
        snprintf(error, error_size, "placement '%s': a list may have %d characters", text,
                 PLACEMENT_TEXT - 1);
        return NULL;
    }
    for (const struct list *l = lists; l != NULL; l = l->next)
        if (strcmp(l->name, name) == 0)
            return &l->placement;
    struct list *l = calloc(1, sizeof *l + n * sizeof cpus[0]);
    if (l == NULL) {
        snprintf(error, error_size, "placement '%s': out of memory", text);
        return NULL;
    }
    memcpy(l->name, name, sizeof name);
    memcpy(l->cpus, cpus, n * sizeof cpus[0]);
    l->placement = (struct placement){l->name, "the CPUs that are listed, in this order",
                                      .entries = n, .cpus = l->cpus};
    l->next = lists;
    lists = l;
    return &l->placement;
}

const struct placement *placement_find(const char *name, char *error, size_t error_size)
{
    if (name[0] >= '0' && name[0] <= '9')
        return find_list(name, error, error_size);
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < POLICIES; i++) {
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
        used += (size_t)snprintf(known + used, sizeof known - used, "%s ", policies[i].name);
    }
    snprintf(error, error_size, "no placement '%s'; known: %sand lists of CPUs such as 0,2,4-7",
             name, known);
    return NULL;
}

// --- the machine ------------------------------------------------------------------------------

struct pu {
    unsigned os_index;
    bool usable;
    bool cached; // the machine tells of a cache
    struct place place;
    unsigned logical; // place in hwloc's depth-first order, which nests every level of the machine
    // for arrange()
    unsigned round; // 0 for the first usable PU of its core, and so on
    unsigned turn;
    unsigned key[3]; // most significant first
};

struct topology {
    bool this_machine;
    unsigned cpus; // usable
    unsigned pus;  // online
    hwloc_bitmap_t usable;
    hwloc_bitmap_t nodes; // with memory that may be used
    char summary[128];
    struct pu pu[];
};

// The object of that type around a PU, or else the given one.
static hwloc_obj_t around(hwloc_topology_t hw, hwloc_obj_type_t type, hwloc_obj_t pu,
                          hwloc_obj_t otherwise)
{
    return hwloc_get_ancestor_obj_by_type(hw, type, pu) ?: otherwise;
}

// The outermost cache from a core to its package, else the package.
static hwloc_obj_t last_level_cache(hwloc_obj_t core, hwloc_obj_t package)
{
    hwloc_obj_t cache = package;
    for (hwloc_obj_t o = core->parent; o != NULL && o != package; o = o->parent)
        if (hwloc_obj_type_is_dcache(o->type))
            cache = o;
    return cache;
}

// The node with memory in the smallest part of the machine around a PU that has one; of several the
// first, as the kernel puts nodes with CPUs first. Every node is somewhere in the root.
static int nearest_node(hwloc_topology_t hw, hwloc_obj_t pu, hwloc_const_bitmap_t nodes)
{
    int nearest = -1;
    for (hwloc_obj_t o = pu; o != NULL && nearest < 0; o = o->parent)
        for (hwloc_obj_t n = NULL; (n = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_NUMANODE, n));)
            if (hwloc_bitmap_isset(nodes, n->os_index) &&
                (o->parent == NULL || (hwloc_bitmap_isincluded(n->cpuset, o->cpuset) &&
                                       !hwloc_bitmap_iszero(n->cpuset))) &&
                (nearest < 0 || (int)n->os_index < nearest))
                nearest = (int)n->os_index;
    return nearest;
}

// hwloc ranks kinds from the slowest to the fastest, or not at all; a PU without a kind comes last.
static unsigned kind_of(hwloc_topology_t hw, hwloc_obj_t pu)
{
    int kinds = hwloc_cpukinds_get_nr(hw, 0), efficiency = -1;
    if (kinds > 0)
        hwloc_cpukinds_get_info(hw, 0, NULL, &efficiency, NULL, NULL, 0);
    if (efficiency < 0)
        return 0;
    return (unsigned)(kinds - 1 - hwloc_cpukinds_get_by_cpuset(hw, pu->cpuset, 0));
}

static void list_pus(hwloc_topology_t hw, struct topology *t)
{
    hwloc_obj_t package = NULL, cache = NULL, core = NULL;
    struct place place = {0};
    unsigned round = 0;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_PU, o));) {
        hwloc_obj_t last_package = package, last_cache = cache, last_core = core;
        package = around(hw, HWLOC_OBJ_PACKAGE, o, hwloc_get_root_obj(hw));
        core = around(hw, HWLOC_OBJ_CORE, o, o);
        cache = last_level_cache(core, package);
        if (last_core != NULL) {
            place.package += package != last_package;
            place.cache += cache != last_cache;
            place.core += core != last_core;
            place.sibling = core == last_core ? place.sibling + 1 : 0;
            round = core == last_core ? round : 0;
        }
        place.kind = kind_of(hw, o);
        place.node = nearest_node(hw, o, t->nodes);
        bool usable = hwloc_bitmap_isset(t->usable, o->os_index);
        t->pu[t->pus] = (struct pu){.os_index = o->os_index,
                                    .usable = usable,
                                    .cached = cache != package,
                                    .place = place,
                                    .logical = t->pus,
                                    .round = round};
        t->pus++;
        t->cpus += usable;
        round += usable;
    }
}

// The PUs that may be used, to be freed; NULL if memory is short.
static hwloc_bitmap_t usable_pus(hwloc_topology_t hw)
{
    hwloc_bitmap_t usable = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hw));
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    // an affinity that cannot be read forbids nothing
    if (usable != NULL && bound != NULL && hwloc_topology_is_thissystem(hw) &&
        hwloc_get_cpubind(hw, bound, HWLOC_CPUBIND_THREAD) == 0)
        hwloc_bitmap_and(usable, usable, bound);
    hwloc_bitmap_free(bound);
    return usable;
}

static hwloc_bitmap_t usable_nodes(hwloc_topology_t hw)
{
    hwloc_bitmap_t nodes = hwloc_bitmap_alloc();
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_nodeset(hw);
    for (hwloc_obj_t n = NULL;
         nodes != NULL && (n = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_NUMANODE, n));)
        if (n->attr->numanode.local_memory > 0 && hwloc_bitmap_isset(allowed, n->os_index))
            hwloc_bitmap_set(nodes, n->os_index);
    return nodes;
}

static void add_count(char *line, size_t size, int count, const char *one, const char *many)
{
    size_t used = strlen(line);
    if (count > 0)
        snprintf(line + used, size - used, "%s%d %s", used != 0 ? ", " : "", count,
                 count == 1 ? one : many);
}

static void summarise(hwloc_topology_t hw, struct topology *t)
{
    char *line = t->summary;
    size_t size = sizeof t->summary;
    add_count(line, size, hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PACKAGE), "package", "packages");
    for (int depth = 0; depth < hwloc_topology_get_depth(hw); depth++) {
        hwloc_obj_t o = hwloc_get_obj_by_depth(hw, depth, 0);
        char level[16];
        if (!hwloc_obj_type_is_dcache(o->type))
            continue;
        snprintf(level, sizeof level, "L%u", o->attr->cache.depth);
        add_count(line, size, hwloc_get_nbobjs_by_depth(hw, depth), level, level);
        break;
    }
    add_count(line, size, hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_CORE), "core", "cores");
    add_count(line, size, (int)t->pus, "PU", "PUs");
    if (t->pus != t->cpus)
        snprintf(line + strlen(line), size - strlen(line), " (%u allowed)", t->cpus);
}

// What is needed of an hwloc topology; NULL if memory is short.
static struct topology *digest(hwloc_topology_t hw)
{
    size_t most = (size_t)hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PU);
    struct topology *t = calloc(1, sizeof *t + most * sizeof t->pu[0]);
    if (t == NULL)
        return NULL;
    t->this_machine = hwloc_topology_is_thissystem(hw);
    t->usable = usable_pus(hw);
    t->nodes = usable_nodes(hw);
    if (t->usable == NULL || t->nodes == NULL) {
        topology_close(t);
        return NULL;
    }
    list_pus(hw, t);
    summarise(hw, t);
    return t;
}

// --- loading ----------------------------------------------------------------------------------

static bool is_file(const char *source)
{
    size_t length = strlen(source);
    return length >= 4 && strcmp(source + length - 4, ".xml") == 0;
}

// NULL with errno set on failure. Disallowed PUs are kept: they have a place too.
static hwloc_topology_t load(const char *source)
{
    hwloc_topology_t hw;
    if (hwloc_topology_init(&hw) < 0)
        return NULL;
    int rc = hwloc_topology_set_flags(hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (rc == 0 && source != NULL)
        rc = is_file(source) ? hwloc_topology_set_xml(hw, source)
                             : hwloc_topology_set_synthetic(hw, source);
    if (rc == 0)
        rc = hwloc_topology_load(hw);
    if (rc == 0)
        return hw;
    int reason = errno;
    hwloc_topology_destroy(hw);
    errno = reason;
    return NULL;
}

static bool numbered(hwloc_topology_t hw, hwloc_obj_type_t type)
{
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(hw, type, o));)
        if (o->os_index >= PLACEMENT_CPUS)
            return false;
    return true;
}

// hwloc trusts what it reads: a file without some attributes is a segmentation fault, a PU without
// a number is that with the largest and makes huge sets, a description of a million PUs takes
// hours. So another process reads it first, for some seconds at most. Answers with its status.
enum { UNREADABLE = 1, UNNUMBERED };
static int try_to_load(const char *source)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    pid_t child = fork();
    if (child == 0) {
        // no handler of ours, no core file, no complaint on our terminal
        for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
            signal(deadly[i], SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        setrlimit(RLIMIT_CPU, &(struct rlimit){20, 20});
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        hwloc_topology_t hw = load(source);
        _exit(hw == NULL                                                       ? UNREADABLE
              : numbered(hw, HWLOC_OBJ_PU) && numbered(hw, HWLOC_OBJ_NUMANODE) ? 0
                                                                               : UNNUMBERED);
    }
    int status = 0; // without a process there is no trial
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

// Why hwloc cannot load it, as far as that is known; NULL: it can.
static const char *reason_against(const char *source)
{
    struct stat about;
    if (is_file(source) && stat(source, &about) != 0)
        return strerror(errno);
    if (is_file(source) && !S_ISREG(about.st_mode))
        return "not a regular file";
    if (is_file(source) && access(source, R_OK) != 0)
        return strerror(errno);
    int status = try_to_load(source);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL
                   ? "too large"
                   : "hwloc crashes on it; is it damaged?";
    return WEXITSTATUS(status) == UNREADABLE   ? "hwloc cannot read it"
           : WEXITSTATUS(status) == UNNUMBERED ? "a PU or NUMA node has no number up to 8191"
                                               : NULL;
}

struct topology *topology_open(const char *source, char *error, size_t error_size)
{
    const char *reason = source != NULL ? reason_against(source) : NULL;
    hwloc_topology_t hw = reason == NULL ? load(source) : NULL;
    if (hw == NULL) {
        snprintf(error, error_size,
                 "cannot load topology '%s': %s (expected a file *.xml that hwloc exported, or a "
                 "description such as 'package:2 l3:4 core:8 pu:2')",
                 source ?: "this machine", reason ?: strerror(errno));
        return NULL;
    }
    struct topology *t = digest(hw);
    if (t == NULL)
        snprintf(error, error_size, "cannot load topology: out of memory");
    hwloc_topology_destroy(hw);
    return t;
}

void topology_close(struct topology *t)
{
    if (t == NULL)
        return;
    hwloc_bitmap_free(t->usable);
    hwloc_bitmap_free(t->nodes);
    free(t);
}

// --- questions --------------------------------------------------------------------------------

bool topology_is_this_machine(const struct topology *t)
{
    return t->this_machine;
}

unsigned topology_cpus(const struct topology *t)
{
    return t->cpus;
}

const char *topology_summary(const struct topology *t)
{
    return t->summary;
}

static const struct pu *find_pu(const struct topology *t, unsigned cpu)
{
    for (unsigned i = 0; i < t->pus; i++)
        if (t->pu[i].os_index == cpu)
            return &t->pu[i];
    return NULL;
}

bool topology_where(const struct topology *t, unsigned cpu, struct place *place)
{
    const struct pu *p = find_pu(t, cpu);
    if (p != NULL)
        *place = p->place;
    return p != NULL;
}

const char *topology_distance(const struct topology *t, unsigned cpu_a, unsigned cpu_b)
{
    const struct pu *a = find_pu(t, cpu_a), *b = find_pu(t, cpu_b);
    if (a == NULL || b == NULL)
        return NULL;
    return a == b                                          ? "same CPU"
           : a->place.core == b->place.core                ? "SMT sibling"
           : a->cached && a->place.cache == b->place.cache ? "same cache"
           : a->place.package == b->place.package          ? "same package"
                                                           : "other package";
}

unsigned topology_nodes(const struct topology *t, unsigned *nodes, unsigned room)
{
    unsigned n = 0;
    for (int i = -1; (i = hwloc_bitmap_next(t->nodes, i)) >= 0; n++)
        if (n < room)
            nodes[n] = (unsigned)i;
    return n;
}

// --- placing ----------------------------------------------------------------------------------

static int compare(unsigned x, unsigned y)
{
    return (x > y) - (x < y);
}

static int by_key(const void *x, const void *y)
{
    const struct pu *p = x, *q = y;
    int order = compare(p->place.kind, q->place.kind);
    for (int i = 0; i < 3 && order == 0; i++)
        order = compare(p->key[i], q->key[i]);
    return order != 0 ? order : compare(p->logical, q->logical);
}

static void sort(struct pu *pus, unsigned n)
{
    qsort(pus, n, sizeof *pus, by_key);
}

// In each package or each cache, count the PUs in the order of the turns they had before; those of
// another round count for themselves. Where parts are uneven, the smaller drop out early.
static void take_turns(struct pu *pus, unsigned n, bool packages)
{
    for (struct pu *p = pus; p < pus + n; p++) {
        p->key[0] = packages ? p->place.package : p->place.cache;
        p->key[1] = p->round;
        p->key[2] = p->turn;
    }
    sort(pus, n);
    pus[0].turn = 0;
    for (struct pu *p = pus + 1; p < pus + n; p++) {
        bool same = p->place.kind == p[-1].place.kind && p->key[0] == p[-1].key[0] &&
                    p->key[1] == p[-1].key[1];
        p->turn = same ? p[-1].turn + 1 : 0;
    }
}

// Siblings get the turn of their core's first.
static void follow_first(struct pu *pus, unsigned n)
{
    for (struct pu *p = pus; p < pus + n; p++)
        p->key[0] = p->key[1] = p->key[2] = 0;
    sort(pus, n);
    for (struct pu *p = pus; p < pus + n; p++)
        if (p->round > 0)
            p->turn = p[-1].turn;
}

static void arrange(const struct placement *policy, struct pu *pus, unsigned n)
{
    for (struct pu *p = pus; p < pus + n; p++)
        p->turn = 0;
    if (policy->caches_take_turns)
        take_turns(pus, n, false);
    if (policy->packages_take_turns)
        take_turns(pus, n, true);
    if (policy->siblings_together)
        follow_first(pus, n);
    for (struct pu *p = pus; p < pus + n; p++) {
        p->key[0] = policy->siblings_together ? p->turn : p->round;
        p->key[1] = policy->siblings_together ? p->place.core : p->turn;
        p->key[2] = 0;
    }
    sort(pus, n);
}

// The PUs of a list's entries; false with a message if one is not usable.
static bool take_listed(const struct topology *t, const struct placement *list, struct pu *pus,
                        char *error, size_t error_size)
{
    for (unsigned i = 0; i < list->entries; i++) {
        const struct pu *p = find_pu(t, list->cpus[i]);
        if (p == NULL || !p->usable) {
            char usable[256];
            hwloc_bitmap_list_snprintf(usable, sizeof usable, t->usable);
            snprintf(error, error_size, "placement %s: CPU %u is %s; usable: %s", list->name,
                     list->cpus[i],
                     p == NULL ? "not there or offline" : "not allowed (affinity, cgroup)", usable);
            return false;
        }
        pus[i] = *p;
    }
    return true;
}

// The PUs in the order of a placement, how many in n; the caller's to free. NULL with a message.
static struct pu *placed(const struct topology *t, const struct placement *placement, unsigned *n,
                         char *error, size_t error_size)
{
    if (t->cpus == 0) {
        snprintf(error, error_size, "placement %s: no CPU may be used (%s)", placement->name,
                 t->summary);
        return NULL;
    }
    *n = placement->entries > 0 ? placement->entries : t->cpus;
    struct pu *pus = calloc(*n, sizeof *pus);
    if (pus == NULL) {
        snprintf(error, error_size, "placement %s: out of memory", placement->name);
        return NULL;
    }
    if (placement->entries > 0) {
        if (take_listed(t, placement, pus, error, error_size))
            return pus;
        free(pus);
        return NULL;
    }
    for (unsigned i = 0, k = 0; i < t->pus; i++)
        if (t->pu[i].usable)
            pus[k++] = t->pu[i];
    arrange(placement, pus, *n);
    return pus;
}

bool placement_cpus(const struct topology *t, const struct placement *placement, unsigned threads,
                    unsigned *cpus, char *error, size_t error_size)
{
    unsigned n;
    struct pu *pus = placed(t, placement, &n, error, error_size);
    if (pus == NULL)
        return false;
    for (unsigned i = 0; i < threads; i++)
        cpus[i] = pus[i % n].os_index;
    free(pus);
    return true;
}

static unsigned cache_of(const struct pu *p)
{
    return p->place.cache;
}

static unsigned package_of(const struct pu *p)
{
    return p->place.package;
}

static unsigned core_of(const struct pu *p)
{
    return p->place.core;
}

// The first PUs that are in one part.
static unsigned shared(const struct pu *pus, unsigned n, unsigned part(const struct pu *))
{
    unsigned i = 1;
    while (i < n && part(&pus[i]) == part(&pus[0]))
        i++;
    return i;
}

// The first PUs of which no two are in one part.
static unsigned owned(const struct pu *pus, unsigned n, unsigned part(const struct pu *))
{
    for (unsigned i = 1; i < n; i++)
        for (unsigned k = 0; k < i; k++)
            if (part(&pus[i]) == part(&pus[k]))
                return i;
    return n;
}

bool placement_fills(const struct topology *t, const struct placement *placement,
                     struct placement_fills *fills, char *error, size_t error_size)
{
    unsigned n;
    struct pu *pus = placed(t, placement, &n, error, error_size);
    if (pus == NULL)
        return false;
    *fills = (struct placement_fills){.one_cache = shared(pus, n, cache_of),
                                      .one_package = shared(pus, n, package_of),
                                      .own_cache = owned(pus, n, cache_of),
                                      .own_core = owned(pus, n, core_of),
                                      .all = n};
    free(pus);
    return true;
}
