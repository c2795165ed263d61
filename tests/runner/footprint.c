// SPDX-License-Identifier: MIT
//
// Nothing but memory: each thread has objects of which it says that it refers to fewer, so that the
// others pass for dead, and tells of a pause, of waits and of messages. On demand the first thread,
// which is bound, starts a background thread, on which objects die that the setting thread made,
// and which then spins. Where worlds meet it is counted which calls have been made: each world has
// its start and its finish, by the thread that measures in it if each thread has one.
#include "../../workloads/workload.h"

enum { DEAD, HELD, SIZE, PAUSE, BACKGROUND, LATENCY, SENT };
static const struct param params[] = {
    [DEAD] = {"dead", "objects of each thread that pass for dead", 0, 1 << 20, 0},
    [HELD] = {"held", "objects of each thread that it refers to", 0, 1 << 20, 0},
    [SIZE] = {"size", "bytes of an object", 32, 4096, 32},
    [PAUSE] = {"pause", "ns of a pause in each batch; a longer one comes before", 0, 1 << 20, 0},
    [BACKGROUND] = {"background", "1: a background thread works", 0, 1, 0},
    [LATENCY] = {"latency", "ns of 98 of 100 waits; two are ten times as long; 0: none", 0, 1 << 20,
                 0},
    [SENT] = {"sent", "messages of 100 bytes in each batch", 0, 1 << 20, 0},
    {0},
};
enum { MADE_BY_SETTER = 1000 };

static const struct type block = {.name = "block"};

struct meeting {
    unsigned threads, worlds;
    _Atomic(uint32_t) starts, ends, finishes;
};
struct shared {
    struct meeting *meeting;
    struct thread *setter;
    uint64_t sent;
    size_t dead, held, size;
    uint64_t pause, latency;
    bool background;
    struct world *world;
    sync_thread thread;
    _Atomic(bool) dropped, stop;
    struct rc_header *object[MADE_BY_SETTER];
};
struct own {
    struct shared *shared;
    struct latency waits;
    struct sent sent;
    struct rc_header *object[];
};

static void *meet(const struct run *run)
{
    struct meeting *m = sync_alloc(sizeof *m);
    m->threads = run->threads;
    m->worlds = run->worlds;
    return m;
}
static void part(void *met)
{
    struct meeting *m = met;
    sync_check(atomic_load_explicit(&m->starts, memory_order_relaxed) == m->worlds &&
                   atomic_load_explicit(&m->finishes, memory_order_relaxed) == m->worlds &&
                   atomic_load_explicit(&m->ends, memory_order_relaxed) == m->threads,
               "not one start and one finish for each world, and one end for each thread");
    sync_free(m);
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->meeting = run->met;
    s->setter = t;
    atomic_fetch_add_explicit(&s->meeting->starts, 1, memory_order_relaxed);
    s->sent = (uint64_t)run->param[SENT];
    s->dead = (size_t)run->param[DEAD];
    s->held = (size_t)run->param[HELD];
    s->size = (size_t)run->param[SIZE];
    s->pause = (uint64_t)run->param[PAUSE];
    s->background = run->param[BACKGROUND] != 0;
    s->latency = (uint64_t)run->param[LATENCY];
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
    sync_check((s->setter == t) == ((LK_TRAITS & LK_ISOLATED) != 0),
               "who measures in a world of its own sets it up, and nobody else does");
    own->sent = (struct sent){1000, 1000000}; // before the window: they do not count
    for (size_t i = 0; i < n; i++) {
        struct object *o = object_new(t, &block, s->size, AL_OBJECT, 0);
        own->object[i] = &o->rc;
    }
    if (s->background && index == 0) {
        sync_thread_start(&s->thread, background, s);
        sync_await(atomic_load_explicit(&s->dropped, memory_order_acquire));
    }
    thread_paused(t, 10 * s->pause);
    for (unsigned i = 0; i < 100000; i++) // before the window: they do not count
        latency_add(&own->waits, 100 * s->latency);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0; n--)
        sync_opaque(own);
    thread_paused(t, own->shared->pause / 2);
    thread_paused(t, own->shared->pause);
    own->sent.messages += own->shared->sent;
    own->sent.bytes += 100 * own->shared->sent;
    for (unsigned i = 0; i < 100 && own->shared->latency != 0; i++)
        latency_add(&own->waits, own->shared->latency * (i < 98 ? 1 : 10));
}

static struct latency *latency(void *p)
{
    struct own *own = p;
    return own->shared->latency != 0 ? &own->waits : NULL;
}

static struct sent sent(const void *p)
{
    return ((const struct own *)p)->sent;
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
    struct meeting *m = own->shared->meeting;
    (void)done;
    // all get here, and may wait for one another
    atomic_fetch_add_explicit(&m->ends, 1, memory_order_relaxed);
    lk_blocking_begin(t);
    sync_await(atomic_load_explicit(&m->ends, memory_order_relaxed) == m->threads);
    lk_blocking_end(t);
    for (size_t i = 0; i < own->shared->dead + own->shared->held; i++)
        rc_decref(t, own->object[i]);
    sync_free(own);
    return NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    atomic_fetch_add_explicit(&s->meeting->finishes, 1, memory_order_relaxed);
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
    .meet = meet,
    .part = part,
    .start = start,
    .begin = begin,
    .work = work,
    .latency = latency,
    .sent = sent,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(footprint)
