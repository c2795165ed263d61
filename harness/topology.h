// SPDX-License-Identifier: MIT
//
// Where threads go: the order in which a placement uses the processing units (PUs, Linux's CPUs) of
// a machine, a pure function of its topology and of the PUs that may be used. Nothing is bound
// here.
//
// The last-level cache of a PU is the outermost data cache around its core inside its package; a
// machine that tells of none has one for each package, one that tells of no packages is a package.
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

// A policy, or an explicit list of CPUs. Constant and never freed; two are the same if their
// addresses are.
struct placement {
    const char *name; // a list's is its shortest text
    const char *summary;
    // of a policy
    bool caches_take_turns;   // the caches of a package
    bool packages_take_turns; // thread by thread
    bool siblings_together;   // else a core's second PU is used once every core has a thread
    // of a list
    unsigned entries; // 0: a policy
    const unsigned *cpus;
};
// The CPUs of a list, and the bytes of its shortest text; Linux knows at most 8192 CPUs.
enum { PLACEMENT_CPUS = 8192, PLACEMENT_TEXT = 512 };

// By name, or a list such as "0,2,4-7": numbers and ascending ranges, each CPU once, in the order
// of the threads. NULL with a message in error, which lists the known if the name is none. Not for
// several threads at a time.
const struct placement *placement_find(const char *name, char *error, size_t error_size);

// The policies, as an array.
const struct placement *placement_all(size_t *count);

struct topology;

// source: NULL is this machine, a name ending in ".xml" a file that hwloc exported, anything else a
// synthetic description such as "package:2 l3:4 core:8 pu:2". Usable are the PUs that are online
// and allowed by hwloc (cgroups) and, on this machine, in the affinity of the calling thread.
// NULL with a message in error on failure. The caller closes it.
struct topology *topology_open(const char *source, char *error, size_t error_size);

// NULL is allowed.
void topology_close(struct topology *topology);

// May its PUs be bound to? False also where hwloc's environment variables replace this machine.
bool topology_is_this_machine(const struct topology *topology);

// Usable PUs; may be 0.
unsigned topology_cpus(const struct topology *topology);

// One line, such as "1 package, 2 L3, 16 cores, 32 PUs (30 allowed)"; it lives as long as the
// topology. What the machine does not tell is left out, as is the bracket if all are allowed.
const char *topology_summary(const struct topology *topology);

// Where a PU is. The numbers of packages, caches and cores count from 0 over what is online of the
// whole machine, in hwloc's order: those of one package before those of the next.
struct place {
    unsigned package, cache, core;
    unsigned sibling; // the PU's number in its core
    unsigned kind;    // 0 the fastest cores, and the only ones unless the machine ranks them
    int node; // OS index of the nearest NUMA node with memory that may be used; -1: there is none
};
// False if there is no such PU, or it is offline. Usable it need not be.
bool topology_where(const struct topology *topology, unsigned cpu, struct place *place);

// "same CPU", "SMT sibling", "same cache", "same package", "other package"; NULL if one of the two
// is not there. Where no cache is told, no two share one.
const char *topology_distance(const struct topology *topology, unsigned cpu_a, unsigned cpu_b);

// OS indexes, ascending, of the NUMA nodes with memory that may be used: at most `room` into nodes.
// How many there are.
unsigned topology_nodes(const struct topology *topology, unsigned *nodes, unsigned room);

// The OS indexes of the PUs for that many threads, thread 0 first, into cpus[threads]. A policy
// uses all usable PUs, those of the fastest kind first, before it repeats the order; a list its
// entries. Fewer threads get a prefix of what more would get. False with a message in error if no
// PU is usable, or one of a list's is not; then cpus is as it was.
bool placement_cpus(const struct topology *topology, const struct placement *placement,
                    unsigned threads, unsigned *cpus, char *error, size_t error_size);

// The largest numbers of threads, placed by a placement and none on another's PU, ...
struct placement_fills {
    unsigned one_cache;   // that share one last-level cache
    unsigned one_package; // that are in one package
    unsigned own_cache;   // of which each has a last-level cache of its own
    unsigned own_core;    // of which each has a core of its own
    unsigned all;         // of which each has a PU: the usable ones, or the entries of a list
};
// False as placement_cpus.
bool placement_fills(const struct topology *topology, const struct placement *placement,
                     struct placement_fills *fills, char *error, size_t error_size);

#endif
