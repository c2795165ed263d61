// SPDX-License-Identifier: MIT
#include "runtimes.h"

#include <string.h>

static const struct runtime runtimes[] = {
#define RUNTIME(name_, models_, source_, refcount_, lock_, reclaimer_, alloc_, era_, features_, \
                baseline_)                                                                      \
    {.name = name_,                                                                             \
     .models = models_,                                                                         \
     .source = source_,                                                                         \
     .scheme = {refcount_, lock_, reclaimer_, alloc_},                                          \
     .era = era_,                                                                               \
     .features = features_,                                                                     \
     .baseline = baseline_},
#include "../strategies/runtimes.def"
#undef RUNTIME
};
enum { RUNTIMES = sizeof runtimes / sizeof runtimes[0] };

const struct runtime *runtime_all(size_t *count)
{
    *count = RUNTIMES;
    return runtimes;
}

const struct runtime *runtime_find(const char *name)
{
    for (size_t i = 0; i < RUNTIMES; i++)
        if (strcmp(runtimes[i].name, name) == 0)
            return &runtimes[i];
    return NULL;
}
