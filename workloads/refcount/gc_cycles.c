// SPDX-License-Identifier: MIT
//
// Each thread makes rings of objects and drops them, beside objects of its own that live on: what
// garbage costs that only a collector ends. That all of it dies is the runner's to judge, who finds
// the world empty or not.
#include "rings.h"

enum { RING, LIVE, SIZE };
static const struct param params[] = {
    [RING] = {"ring", "objects that refer to each other in a circle", 1, RINGS_LONGEST, 4},
    [LIVE] = {"live", "objects of each thread that live on, in a list", 0, 1 << 24, 10000},
    [SIZE] = {"size", "bytes of an object, or what it needs; multiples of 64 have their own lines",
              RINGS_SIZE_LEAST, 4096, RINGS_SIZE_LEAST},
    {0},
};

struct shared {
    uint64_t ring, live;
    size_t size;
};
struct own {
    const struct shared *shared;
    struct rc_header *list;
};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s);
    s->ring = (uint64_t)run->param[RING];
    s->live = (uint64_t)run->param[LIVE];
    s->size = object_size(run->param[SIZE], sizeof(struct ring_node));
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = shared;
    own->list = ring_list(t, own->shared->size, own->shared->live);
    rc_collect(t); // they are old, where a scheme knows ages
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    const struct own *own = p;
    ring_work(t, own->shared->size, own->shared->ring, n);
}

static uint64_t unit(const void *p)
{
    return ((const struct own *)p)->shared->ring;
}

static int64_t holds(const void *p)
{
    return (int64_t)((const struct own *)p)->shared->live;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    bool lived = ring_list_end(t, own->list, own->shared->live);
    sync_free(own);
    return lived ? NULL : "an object died while it was still referred to";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)done;
    sync_free(shared);
    return NULL;
}

static const struct workload gc_cycles = {
    .name = "gc_cycles",
    .summary = "each thread makes rings of objects and drops them, beside objects that live on",
    .source = "the garbage that CPython's collector was written for (N. Schemenauer, 2000)",
    .operation = "one object made that dies in a cycle",
    .needs = NEEDS_CYCLES,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(gc_cycles)
