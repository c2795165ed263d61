// SPDX-License-Identifier: MIT
//
// Each thread counts objects that it made and nobody else sees: what most counting in a real
// program is (Choi et al. found 93 to 99.98 % of objects private). A pass of increments over the
// objects in a fixed shuffled order, then a pass of decrements in the same order.
#include "pass.h"

enum { OBJECTS, SIZE };
static const struct param params[] = {
    [OBJECTS] = {"objects", "objects of each thread", 1, 1 << 24, 16384},
    [SIZE] = {"size",
              "bytes of an object, or what its header needs; multiples of 64 have their own lines",
              PASS_SIZE_LEAST, 4096, 64},
    {0},
};

struct shared {
    size_t objects, size;
};

static const struct type private_type = {.name = "private object"};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s);
    s->objects = (size_t)run->param[OBJECTS];
    s->size = object_size(run->param[SIZE], sizeof(struct object));
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    (void)index;
    return pass_new(t, &private_type, s->size, s->objects, s->objects, NULL);
}

static void work(struct thread *t, void *own, uint64_t n)
{
    pass_work(t, own, n, rc_incref, rc_decref);
}

static uint64_t unit(const void *own)
{
    return ((const struct pass *)own)->n;
}

static int64_t holds(const void *own)
{
    return (int64_t)((const struct pass *)own)->made;
}

static const char *end(struct thread *t, void *own, uint64_t done)
{
    (void)done;
    return pass_end(t, own);
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)done;
    sync_free(shared);
    return NULL;
}

static const struct workload private_objects = {
    .name = "private_objects",
    .summary = "each thread counts its own objects, in a fixed shuffled order",
    .source = "the private objects of Choi, Shull, Torrellas, PACT 2018, table 1",
    .operation = "one incref and one decref",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(private_objects)
