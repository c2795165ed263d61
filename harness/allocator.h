// SPDX-License-Identifier: MIT
//
// The allocator axis: which malloc a measured process is started with.
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

struct allocator {
    const char *name, *summary, *source;
    const char *library; // preloaded; NULL: the C library's own
    const char *package; // what brings it on Debian and Ubuntu
};

const struct allocator *allocator_all(size_t *count);
const struct allocator *allocator_find(const char *name); // or NULL
// Whether its library can be loaded here.
bool allocator_present(const struct allocator *a);

#endif
