// SPDX-License-Identifier: MIT
//
// The environment that every result carries: machine, kernel, compiler, source revision.
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <jansson.h>

#include "topology.h"

// A new object. What the machine does not tell is null.
json_t *environment_json(const struct topology *t);
// One-minute load average, or -1.
double environment_load(void);

#endif
