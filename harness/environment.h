// SPDX-License-Identifier: MIT
//
// The environment that every result carries: machine, kernel, compiler, source revision.
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <jansson.h>

#include "topology.h"

// The machine's identity, the same over reboots, kernels and CPU sets: processor, CPUs present, and
// a hash of its id, which is nobody else's business.
enum { MACHINE_TEXT = 256 };
void environment_machine(char text[MACHINE_TEXT]);
// From its parts; NULL and 0: not known. Without an id the host's name does.
void environment_machine_text(const char *id, const char *cpu, unsigned cpus,
                              char text[MACHINE_TEXT]);
// CPUs in a list such as "0-3,8"; 0 if it is none.
unsigned environment_count_cpus(const char *list);

// A new object. What the machine does not tell is null.
json_t *environment_json(const struct topology *t);
// One-minute load average, or -1.
double environment_load(void);

#endif
