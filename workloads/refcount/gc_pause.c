// SPDX-License-Identifier: MIT
//
// Threads make rings of objects and drop them beside a large heap that lives on: what matters is
// the longest time for which a collection kept a thread from its work (thread_paused). The first
// `makers` threads make garbage, or as many as there are; the others count an object of their own
// and hold still when the world does.
#include "rings.h"

enum { LIVE, RING, MAKERS, SIZE };
static const struct param params[] = {
    [LIVE] = {"live", "objects that live on, in a list that the threads share", 0, 1 << 24,
              1000000},
    [RING] = {"ring", "objects that refer to each other in a circle", 1, RINGS_LONGEST, 4},
    [MAKERS] = {"makers", "threads that make garbage", 1, 1024, 1024},
    [SIZE] = {"size", "bytes of an object, or what it needs; multiples of 64 have their own lines",
              RINGS_SIZE_LEAST, 4096, RINGS_SIZE_LEAST},
    {0},
};

struct shared {
    uint64_t ring, live;
    unsigned makers;
    size_t size;
    struct rc_header *list; // the setting thread's reference
};
struct own {
    const struct shared *shared;
    struct rc_header *counted; // NULL: makes garbage
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->ring = (uint64_t)run->param[RING];
    s->live = (uint64_t)run->param[LIVE];
    s->makers = (unsigned)run->param[MAKERS];
    s->size = object_size(run->param[SIZE], sizeof(struct ring_node));
    s->list = ring_list(t, s->size, s->live);
    rc_collect(t); // a heap that has lived for long: old, where a scheme knows ages
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    own->shared = shared;
    if (index >= own->shared->makers)
        own->counted = ring_node_new(t, own->shared->size, NULL, 1);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    const struct own *own = p;
    const struct shared *s = own->shared;
    if (own->counted == NULL) {
        ring_work(t, s->size, s->ring, n);
        return;
    }
    struct rc_header *h = own->counted;
    for (uint64_t i = 0; i < n; i++) {
        rc_incref(t, sync_opaque(h));
        rc_decref(t, sync_opaque(h));
        if (i % s->ring == 0)
            thread_safepoint(t);
    }
}

static uint64_t unit(const void *p)
{
    return ((const struct own *)p)->shared->ring;
}

static int64_t holds(const void *p)
{
    return ((const struct own *)p)->counted != NULL;
}
static int64_t shares(const void *shared)
{
    return (int64_t)((const struct shared *)shared)->live;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    bool lived = own->counted == NULL || ring_list_end(t, own->counted, 1);
    sync_free(own);
    return lived ? NULL : "an object died while it was still referred to";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    bool lived = ring_list_end(t, s->list, s->live);
    sync_free(s);
    return lived ? NULL : "an object of the heap died while it was still referred to";
}

static const struct workload gc_pause = {
    .name = "gc_pause",
    .summary =
        "threads make garbage in rings beside a large heap; the longest pause is what matters",
    .source =
        "GCBench's long-lived structures beside short-lived ones (J. Ellis, P. Kovac, H. Boehm)",
    .operation = "one object made that dies in a cycle, or one incref and one decref beside that",
    .needs = NEEDS_CYCLES | NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(gc_pause)
