// SPDX-License-Identifier: MIT
#include "catalogue.h"

#include <string.h>

#include "../strategies/pair.h"

extern const struct scheme *const scheme_first[] __asm__("__start_" CATALOGUE_SECTION);
extern const struct scheme *const scheme_end[] __asm__("__stop_" CATALOGUE_SECTION);
extern const struct cell_program *const workload_first[] __asm__("__start_" RUN_SECTION);
extern const struct cell_program *const workload_end[] __asm__("__stop_" RUN_SECTION);

enum { MOST = 512 };

const char *catalogue_kind(enum scheme_kind kind)
{
    static const char *const name[SCHEME_KINDS] = {"refcount", "lock", "reclaim", "alloc"};
    return name[kind];
}

bool catalogue_peer(const struct scheme *s)
{
    static const uint32_t native[SCHEME_KINDS] = {RC_NATIVE, LK_NATIVE, RL_NATIVE, 0};
    return PAIR_HAS(s->traits, native[s->kind]);
}

static int by_scheme_name(const void *a, const void *b)
{
    const struct scheme *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}
static int by_workload_name(const void *a, const void *b)
{
    const struct workload *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

const struct scheme *const *catalogue_schemes(enum scheme_kind kind, size_t *count)
{
    static const struct scheme *sorted[SCHEME_KINDS][MOST];
    static size_t counts[SCHEME_KINDS];
    if (counts[kind] == 0) {
        for (const struct scheme *const *s = scheme_first; s < scheme_end; s++)
            if ((*s)->kind == kind && counts[kind] < MOST)
                sorted[kind][counts[kind]++] = *s;
        qsort(sorted[kind], counts[kind], sizeof sorted[kind][0], by_scheme_name);
    }
    *count = counts[kind];
    return sorted[kind];
}

const struct workload *const *catalogue_workloads(size_t *count)
{
    static const struct workload *sorted[MOST];
    static size_t n;
    if (n == 0) {
        for (const struct cell_program *const *p = workload_first; p < workload_end && n < MOST;
             p++)
            sorted[n++] = (*p)->workload;
        qsort(sorted, n, sizeof sorted[0], by_workload_name);
    }
    *count = n;
    return sorted;
}

const struct scheme *catalogue_scheme(enum scheme_kind kind, const char *name)
{
    size_t n;
    const struct scheme *const *s = catalogue_schemes(kind, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(s[i]->name, name) == 0)
            return s[i];
    return NULL;
}

const struct workload *catalogue_workload(const char *name)
{
    size_t n;
    const struct workload *const *w = catalogue_workloads(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(w[i]->name, name) == 0)
            return w[i];
    return NULL;
}
