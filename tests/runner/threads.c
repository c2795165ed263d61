// SPDX-License-Identifier: MIT
//
// Each batch looks at how many threads the process has: in the end the measuring ones and the one
// that set the sample up.
#include "../../workloads/workload.h"

#include <stdio.h>

static const struct param params[] = {{0}};

struct shared {
    unsigned threads;
    _Atomic(uint32_t) most;
};

static unsigned threads_now(void)
{
    char line[128];
    unsigned n = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL && sscanf(line, "Threads: %u", &n) != 1)
        ;
    if (f != NULL)
        fclose(f);
    return n;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    (void)t;
    s->threads = run->threads;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    (void)t, (void)index;
    return shared;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct shared *s = p;
    uint32_t now = threads_now();
    uint32_t most = atomic_load_explicit(&s->most, memory_order_relaxed);
    (void)t, (void)n;
    while (most < now && !atomic_compare_exchange_weak_explicit(
                             &s->most, &most, now, memory_order_relaxed, memory_order_relaxed))
        ;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    (void)t, (void)p, (void)done;
    return NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    uint32_t most = atomic_load_explicit(&s->most, memory_order_relaxed);
    static char text[96];
    bool right = most == s->threads + 1;
    (void)t, (void)done;
    snprintf(text, sizeof text, "%u threads measure, and the process had %u", s->threads, most);
    sync_free(s);
    return right ? NULL : text;
}

static const struct workload threads = {
    .name = "threads",
    .summary = "counts the threads of its process",
    .source = "of the tests",
    .operation = "nothing",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .end = end,
    .finish = finish,
};
WORKLOAD(threads)
