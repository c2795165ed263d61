// SPDX-License-Identifier: MIT
//
// Nothing but memory: each thread has objects of which it says that it refers to fewer, so that the
// others pass for dead, and tells of a pause. On demand the first thread, which is bound, starts a
// background thread, on which objects die that the setting thread made, and which then spins.
#include "../../workloads/workload.h"

enum { DEAD, HELD, SIZE, PAUSE, BACKGROUND };
static const struct param params[] = {
    [DEAD] = {"dead", "objects of each thread that pass for dead", 0, 1 << 20, 0},
    [HELD] = {"held", "objects of each thread that it refers to", 0, 1 << 20, 0},
    [SIZE] = {"size", "bytes of an object", 32, 4096, 32},
    [PAUSE] = {"pause", "ns of a pause in each batch; a longer one comes before", 0, 1 << 20, 0},
    [BACKGROUND] = {"background", "1: a background thread works", 0, 1, 0},
    {0},
};
enum { MADE_BY_SETTER = 1000 };

static const struct type block = {.name = "block"};

struct shared {
    size_t dead, held, size;
    uint64_t pause;
    bool background;
    struct world *world;
    sync_thread thread;
    _Atomic(bool) dropped, stop;
    struct rc_header *object[MADE_BY_SETTER];
};
struct own {
    struct shared *shared;
    struct rc_header *object[];
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->dead = (size_t)run->param[DEAD];
    s->held = (size_t)run->param[HELD];
    s->size = (size_t)run->param[SIZE];
    s->pause = (uint64_t)run->param[PAUSE];
    s->background = run->param[BACKGROUND] != 0;
    s->world = t->world;
    for (unsigned i = 0; i < MADE_BY_SETTER; i++) {
        struct object *o = object_new(t, &block, s->size, AL_OBJECT, 0);
        s->object[i] = &o->rc;
    }
    return s;
}

static void background(void *argument)
{
    struct shared *s = argument;
    struct thread *t = thread_attach(s->world);
    lk_enter(t);
    for (unsigned i = 0; i < MADE_BY_SETTER; i++)
        rc_decref(t, s->object[i]);
    atomic_store_explicit(&s->dropped, true, memory_order_release);
    while (!atomic_load_explicit(&s->stop, memory_order_relaxed))
        sync_pause();
    lk_leave(t);
    thread_detach(t);
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    size_t n = s->dead + s->held;
    struct own *own = sync_alloc(sizeof *own + n * sizeof own->object[0]);
    own->shared = s;
    for (size_t i = 0; i < n; i++) {
        struct object *o = object_new(t, &block, s->size, AL_OBJECT, 0);
        own->object[i] = &o->rc;
    }
    if (s->background && index == 0) {
        sync_thread_start(&s->thread, background, s);
        sync_await(atomic_load_explicit(&s->dropped, memory_order_acquire));
    }
    thread_paused(t, 10 * s->pause);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0; n--)
        sync_opaque(own);
    thread_paused(t, own->shared->pause / 2);
    thread_paused(t, own->shared->pause);
}

static int64_t holds(const void *p)
{
    return (int64_t)((const struct own *)p)->shared->held;
}
static int64_t shares(const void *p)
{
    return ((const struct shared *)p)->background ? 0 : MADE_BY_SETTER;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    for (size_t i = 0; i < own->shared->dead + own->shared->held; i++)
        rc_decref(t, own->object[i]);
    sync_free(own);
    return NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    if (s->background) {
        atomic_store_explicit(&s->stop, true, memory_order_relaxed);
        sync_thread_join(&s->thread);
    }
    for (unsigned i = 0; i < MADE_BY_SETTER && !s->background; i++)
        rc_decref(t, s->object[i]);
    sync_free(s);
    return NULL;
}

static const struct workload footprint = {
    .name = "footprint",
    .summary = "objects, dead and alive",
    .source = "of the tests",
    .operation = "nothing",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(footprint)
