// SPDX-License-Identifier: MIT
//
// The runtimes, as strategies/runtimes.def lists them, which says what their columns mean.
#ifndef RUNTIMES_H
#define RUNTIMES_H

#include "catalogue.h"

struct runtime {
    const char *name, *models, *source;
    const char *scheme[SCHEME_KINDS]; // by name
    const char *era, *features, *baseline;
};

// In the order of the file.
const struct runtime *runtime_all(size_t *count);
// By name, or NULL.
const struct runtime *runtime_find(const char *name);

#endif
