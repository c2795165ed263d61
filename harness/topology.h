// SPDX-License-Identifier: MIT

/*
 * Where threads go: the order in which a placement uses the processing units (PUs) of a machine, a
 * pure function of its topology and of the PUs that may be used. Nothing is bound here.
 */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

/* A placement policy; constant, never freed. */
struct placement {
    const char *name;
    const char *summary;
};

/* NULL if there is no placement of that name. */
const struct placement *placement_find(const char *name);

/* All of them, as an array. */
const struct placement *placement_all(size_t *count);

struct topology;

/*
 * source: NULL is this machine, a name ending in ".xml" a file that hwloc exported, anything else a
 * synthetic description such as "package:2 l3:4 core:8 pu:2". Usable are the PUs that are online
 * and allowed by hwloc (cgroups) and, on this machine, in the affinity of the calling thread.
 * NULL with a message in error on failure. The caller closes it.
 */
struct topology *topology_open(const char *source, char *error, size_t error_size);

/* NULL is allowed. */
void topology_close(struct topology *topology);

/* May its PUs be bound to? False also where hwloc's environment variables replace this machine. */
bool topology_is_this_machine(const struct topology *topology);

/* Usable PUs; may be 0. */
unsigned topology_cpus(const struct topology *topology);

/* One line, such as "1 package, 2 L3, 16 cores, 32 PUs (30 allowed)"; it lives as long as the
 * topology. What the machine does not tell is left out, as is the bracket if all are allowed. */
const char *topology_summary(const struct topology *topology);

/*
 * The OS indexes of the PUs for that many threads, thread 0 first, into cpus[threads]; placement
 * comes from the functions above. All usable PUs are used before the order is repeated, and fewer
 * threads get a prefix of what more would get. 0, or -1 if there is no usable PU.
 */
int placement_cpus(const struct topology *topology, const struct placement *placement,
                   unsigned threads, unsigned *cpus);

#endif
