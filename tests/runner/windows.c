// SPDX-License-Identifier: MIT
//
// Some arithmetic that shares nothing. With late=1 the last thread does not begin before the others
// are warm. The census counts each operation as a fence, as it does those of slow.c.
#include "../../workloads/workload.h"

enum { LATE };
static const struct param params[] = {[LATE] = {"late", "1: the last thread begins late", 0, 1, 0},
                                      {0}};

struct shared {
    bool late;
    unsigned threads;
    _Atomic(unsigned) warm; // threads that must have arrived
};
struct own {
    struct shared *shared;
    uint64_t done, value, first_ns;
    unsigned long_ago; // batches that began long after the first
};
enum { LONG_NS = 20000000 }; // several times what a thread warms up

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    (void)t;
    s->late = run->param[LATE] != 0;
    s->threads = run->threads;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)t;
    own->shared = s;
    if (s->late && index == s->threads - 1)
        sync_await(atomic_load_explicit(&s->warm, memory_order_relaxed) == s->threads - 1);
    own->first_ns = sync_now_ns();
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    (void)t;
    // between two such batches the runner has looked at the clock
    if (own->long_ago < 2 && sync_now_ns() - own->first_ns > LONG_NS && ++own->long_ago == 2)
        atomic_fetch_add_explicit(&own->shared->warm, 1, memory_order_relaxed);
    own->done += n;
    for (; n != 0; n--) {
        own->value = own->value * 5 + (uint64_t)(sync_opaque(own) == own);
        SYNC_COUNT(fence);
    }
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t;
    bool right = own->done == done;
    sync_free(own);
    return right ? NULL : "the runner counts other operations than were done";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)done;
    sync_free(shared);
    return NULL;
}

static const struct workload windows = {
    .name = "windows",
    .summary = "arithmetic",
    .source = "of the tests",
    .operation = "one addition",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .end = end,
    .finish = finish,
};
WORKLOAD(windows)
