// SPDX-License-Identifier: MIT
//
// Each thread counts objects that it made and nobody else sees: what most counting in a real
// program is (Choi et al. found 93 to 99.98 % of objects private). A pass of increments over the
// objects in a fixed shuffled order, then a pass of decrements in the same order.
#include "../workload.h"

enum { OBJECTS, SIZE };
static const struct param params[] = {
    [OBJECTS] = {"objects", "objects of each thread", 1, 1 << 24, 16384},
    [SIZE] = {"size", "bytes of an object; multiples of 64 stand on lines of their own", 32, 4096, 64},
    {0},
};

struct shared {
    size_t objects, size;
};
struct own {
    size_t n, next;
    uint64_t died_before;
    struct rc_header *object[];
};

static const struct type private_type = {.name = "private object"};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s);
    s->objects = (size_t)run->param[OBJECTS];
    s->size = (size_t)run->param[SIZE];
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + s->objects * sizeof own->object[0]);
    (void)index;
    own->n = s->objects;
    for (size_t i = 0; i < own->n; i++) {
        struct object *o = object_new(t, &private_type, s->size, AL_OBJECT, 0);
        own->object[i] = &o->rc;
    }
    for (size_t i = own->n - 1; i > 0; i--) { // Fisher-Yates
        size_t j = sync_rand(t) % (i + 1);
        struct rc_header *h = own->object[i];
        own->object[i] = own->object[j];
        own->object[j] = h;
    }
    own->died_before = t->died;
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    while (n != 0) {
        size_t count = own->n - own->next < n ? own->n - own->next : (size_t)n;
        struct rc_header **object = &own->object[own->next];
        for (size_t i = 0; i < count; i++)
            rc_incref(t, sync_opaque(object[i]));
        for (size_t i = 0; i < count; i++)
            rc_decref(t, sync_opaque(object[i]));
        own->next = own->next + count == own->n ? 0 : own->next + count;
        n -= count;
    }
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    const char *wrong = NULL;
    if (t->died != own->died_before) {
        wrong = "an object died while it was still referred to";
    } else {
        for (size_t i = 0; i < own->n; i++)
            rc_decref(t, own->object[i]);
        thread_drain(t);
        if ((RC_TRAITS & RC_FREES) != 0 && t->died - own->died_before != own->n)
            wrong = "not every object died with its last reference";
    }
    sync_free(own);
    return wrong;
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
    .end = end,
    .finish = finish,
};
WORKLOAD(private_objects)
