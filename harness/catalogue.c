// SPDX-License-Identifier: MIT
#include "catalogue.h"

#include <stdio.h>
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

void catalogue_traits(const struct scheme *s, char text[TRAITS_TEXT])
{
    static const struct trait {
        uint32_t bit;
        const char *word;
    } known[SCHEME_KINDS][20] = {
        [REFCOUNT] = {{RC_SHARED, "threads"},
                      {RC_FREES, "frees"},
                      {RC_LATE, "late"},
                      {RC_COUNTS, "counts"},
                      {RC_WEAK, "weak"},
                      {RC_TRY_FREED, "tries freed blocks"},
                      {RC_TRY_HELD, "tries held blocks only"},
                      {RC_ROOTS, "roots"},
                      {RC_GIVES, "gives"},
                      {RC_WAITS, "waits"},
                      {RC_PROTECTS, "needs protection"},
                      {RC_BACKGROUND, "background thread"},
                      {RC_STOPS, "stops the world"},
                      {RC_UNCOUNTED, "immortals uncounted"},
                      {RC_CYCLES, "cycles"},
                      {RC_VISITS, "visits the heap"},
                      {RC_NATIVE, "peer"}},
        [LOCK] = {{LK_EXCLUDES, "excludes"},
                  {LK_GLOBAL, "global"},
                  {LK_ISOLATED, "isolated"},
                  {LK_OPTIMISTIC, "optimistic"},
                  {LK_VERSIONED, "versioned"},
                  {LK_COPIES, "copies"},
                  {LK_GRACE, "needs grace periods"},
                  {LK_BRINGS_MAP, "a map of its own"},
                  {LK_DEADLOCKS, "can deadlock"},
                  {LK_TURNS, "no more threads than CPUs"},
                  {LK_SUSPENDS, "suspends"},
                  {LK_URCU, "needs liburcu's readers"},
                  {LK_NATIVE, "peer"}},
        [RECLAIM] = {{RL_GRACE, "grace periods"},
                     {RL_STAMPS, "stamps"},
                     {RL_PROTECTS, "protects"},
                     {RL_TLS, "thread-local"},
                     {RL_URCU, "liburcu's readers"},
                     {RL_NATIVE, "peer"}},
        [ALLOC] = {{AL_TYPE_STABLE, "type-stable"},
                   {AL_STAMPS, "needs stamps"},
                   {AL_WHOLE, "given back whole"},
                   {AL_UNLOCKED, "needs a global lock"},
                   {AL_VISITS, "shows its blocks"}},
    };
    size_t used = 0;
    text[0] = '\0';
    for (const struct trait *k = known[s->kind]; k->word != NULL; k++)
        if ((s->traits & k->bit) != 0 && used < TRAITS_TEXT)
            used += (size_t)snprintf(text + used, TRAITS_TEXT - used, "%s%s", used != 0 ? ", " : "",
                                     k->word);
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
