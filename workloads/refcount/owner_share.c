// SPDX-License-Identifier: MIT
//
// Each thread counts objects of which a given share is its own and the rest was made by the setting
// thread. Every object is counted by one thread only, so nothing is contended: what changes along
// the curve is how often the counting thread is the owner, which is what biased counting bets on. A
// scheme that knows no owner draws a flat line.
#include "pass.h"

enum { OBJECTS, SIZE, SHARE, CALLED };
static const struct param params[] = {
    [OBJECTS] = {"objects", "objects of each thread", 1, 1 << 24, 16384},
    [SIZE] = {"size",
              "bytes of an object, or what its header needs; multiples of 64 have their own lines",
              PASS_SIZE_LEAST, 4096, 64},
    [SHARE] = {"share", "percent of the objects that the thread made itself", 0, 100, 100},
    [CALLED] = {"called", "1: by calls, as of a runtime that is a library; 0: inlined", 0, 1, 0},
    {0},
};

struct shared {
    size_t objects, size;
    size_t others;        // objects of each thread that the setting thread made
    size_t made;          // ... and of all threads
    bool called;          // count by calls
    uint64_t died_before; // on the setting thread, when it had made them
    struct rc_header *other[];
};

static const struct type visited_type = {.name = "visited object"};

static void *start(struct thread *t, const struct run *run)
{
    size_t objects = (size_t)run->param[OBJECTS];
    size_t others = objects - objects * (size_t)run->param[SHARE] / 100;
    size_t made = others * run->threads;
    struct shared *s = sync_alloc(sizeof *s + made * sizeof s->other[0]);
    s->objects = objects;
    s->size = object_size(run->param[SIZE], sizeof(struct object));
    s->others = others;
    s->made = made;
    s->called = run->param[CALLED] != 0;
    for (size_t i = 0; i < made; i++) {
        struct object *o = object_new(t, &visited_type, s->size, AL_OBJECT, 0);
        s->other[i] = &o->rc;
    }
    s->died_before = thread_died(t);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct pass *p = pass_new(t, &visited_type, s->size, s->objects, s->objects - s->others,
                              &s->other[index * s->others]);
    p->called = s->called;
    return p;
}

// As Swift's runtime retains and releases: through a pointer, and what is nil is let be.
static void retain(struct thread *t, struct rc_header *h)
{
    if (h != NULL)
        rc_incref(t, h);
}
static void release(struct thread *t, struct rc_header *h)
{
    if (h != NULL)
        rc_decref(t, h);
}

static void work(struct thread *t, void *own, uint64_t n)
{
    if (((const struct pass *)own)->called)
        pass_work(t, own, n, sync_opaque(&retain), sync_opaque(&release));
    else
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
static int64_t shares(const void *shared)
{
    return (int64_t)((const struct shared *)shared)->made;
}

static const char *end(struct thread *t, void *own, uint64_t done)
{
    (void)done;
    return pass_end(t, own);
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    if (thread_died(t) != s->died_before)
        wrong = "an object of the setting thread died while it was still referred to";
    for (size_t i = 0; i < s->made; i++)
        rc_decref(t, s->other[i]);
    if (wrong == NULL && !died_since(t, s->died_before, s->made))
        wrong = "not every object of the setting thread died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload owner_share = {
    .name = "owner_share",
    .summary = "uncontended counting of objects, a share of which is the counting thread's own",
    .source = "the bet of Choi, Shull, Torrellas, PACT 2018: an object's owner counts most",
    .operation = "one incref and one decref",
    .needs = NEEDS_SHARING,
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
WORKLOAD(owner_share)
