// SPDX-License-Identifier: MIT
//
// One thread makes objects and hands each of them to all others, who use and drop it at their own
// pace: a message to many readers, a future with many waiters. The reference that ends the object
// is the slowest reader's, another one each time, and never its maker's: in a biased scheme each
// object goes back to its maker's queue, who has to settle what the others counted; in any scheme
// the line of a count goes to each reader, and whoever is late frees what was allocated elsewhere.
//
// Thread 0 is the maker. Between it and each reader is a queue (ring.h) with room for `window`
// references, so that the readers' paces may differ by as much. A reader waits for the maker only
// where its queue is empty, the maker for a reader only where that one's queue is full, so they
// never wait for each other; and from the first end on nobody waits. A thread that waits has left
// the runtime. A single thread is both, and takes out what it has just put in.
//
// With a refcount scheme that never frees (`none`) each object takes memory for good, since nobody
// knows who is the last; the arena's bound of 4 GiB ends the process, with a message, after 268
// million objects in a sample.
#include "numbered.h"
#include "ring.h"

enum { USES, WINDOW };
static const struct param params[] = {
    [USES] = {"uses", "increments and decrements by each reader before it drops", 0, 1000, 1},
    [WINDOW] = {"window", "references on their way to a reader, at most", 1, RING_WINDOW_MOST, 256},
    {0},
};

struct shared {
    bool alone; // one thread is both maker and reader
    unsigned readers;
    uint64_t uses;
    struct ring *ring;
    // references by threads that have ended
    _Alignas(SYNC_LINE) _Atomic(uint64_t) sent;
    _Atomic(uint64_t) received;
    struct reader {
        _Alignas(SYNC_LINE) _Atomic(uint64_t) received; // when it last said so
    } reader[];
};
struct own {
    struct shared *shared;
    uint64_t made, sent, received;
    bool disordered;       // what came was dead, or had come before
    uint64_t next;         // the least number that may come
    struct ring_place *in; // NULL: this thread does not read
    struct reader *reader;
    unsigned readers; // 0: this thread does not make
    struct ring_place out[];
};

static const struct type type = {.name = "object for many", .destroy = numbered_destroy};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    bool alone = run->threads == 1;
    unsigned readers = alone ? 1 : run->threads - 1;
    struct shared *s = sync_alloc(sizeof *s + readers * sizeof s->reader[0]);
    s->alone = alone;
    s->readers = readers;
    s->uses = (uint64_t)run->param[USES];
    s->ring = ring_new(readers, (size_t)run->param[WINDOW]);
    return s;
}

// Queue i of the ring, which the maker enters at i, leads to reader i, who stands at i + 1.
static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    unsigned readers = index == 0 ? s->readers : 0;
    struct own *own = sync_alloc(sizeof *own + readers * sizeof own->out[0]);
    (void)t;
    own->shared = s;
    own->readers = readers;
    for (unsigned i = 0; i < readers; i++)
        own->out[i] = ring_join(s->ring, i);
    if (index != 0 || s->alone) {
        own->reader = &s->reader[index != 0 ? index - 1 : 0];
        own->in = sync_alloc(sizeof *own->in);
        *own->in = ring_join(s->ring, index % s->readers);
    }
    return own;
}

API void make_and_send(struct thread *t, struct own *own)
{
    struct numbered *o = object_new(t, &type, sizeof *o, AL_OBJECT, 0);
    struct rc_header *h = &o->base.rc;
    o->number = own->made++;
    for (unsigned i = 1; i < own->readers; i++)
        rc_incref(t, sync_opaque(h));
    for (unsigned i = 0; i < own->readers; i++) {
        if (ring_send(t, &own->out[i], h))
            own->sent++;
        else
            rc_decref(t, h);
    }
}
API void receive_and_drop(struct thread *t, struct own *own)
{
    struct rc_header *h = ring_receive(t, own->in);
    if (h == NULL)
        return;
    for (uint64_t i = own->shared->uses; i != 0; i--) {
        rc_incref(t, sync_opaque(h));
        rc_decref(t, sync_opaque(h));
    }
    uint64_t number = numbered_of(h);
    own->disordered |= number < own->next || number == NUMBERED_DEAD;
    own->next = number + 1;
    own->received++;
    rc_decref(t, h);
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0; n--) {
        if (own->readers != 0)
            make_and_send(t, own);
        if (own->in != NULL)
            receive_and_drop(t, own);
    }
    // relaxed: a figure
    if (own->in != NULL)
        atomic_store_explicit(&own->reader->received, own->received, memory_order_relaxed);
}

// An object is referred to until its last reader has received it: the maker tells for all.
static int64_t holds(const void *p)
{
    const struct own *own = p;
    uint64_t least = own->made;
    for (unsigned i = 0; i < own->readers; i++) {
        uint64_t received =
            atomic_load_explicit(&own->shared->reader[i].received, memory_order_relaxed);
        if (received < least)
            least = received;
    }
    return (int64_t)(own->made - least);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    (void)t, (void)done;
    for (unsigned i = 0; i < own->readers; i++)
        ring_leave(&own->out[i]);
    if (own->in != NULL)
        ring_leave(own->in);
    atomic_fetch_add_explicit(&s->sent, own->sent, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->received, own->received, memory_order_relaxed);
    bool disordered = own->disordered;
    sync_free(own->in);
    sync_free(own);
    return disordered ? "an object came twice, or had died on its way" : NULL;
}

// The measuring threads have been joined: relaxed loads see all they counted.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    uint64_t left = ring_clear(t, s->ring);
    uint64_t sent = atomic_load_explicit(&s->sent, memory_order_relaxed);
    uint64_t received = atomic_load_explicit(&s->received, memory_order_relaxed);
    sync_free(s);
    const char *wrong = numbered_all_died(t);
    return sent != received + left ? "the queues lost or doubled references" : wrong;
}

static const struct workload fan_out = {
    .name = "fan_out",
    .summary = "one thread makes objects that all others use and drop, each at its own pace",
    .source = "publish and subscribe; counts that end elsewhere: Choi, Shull, Torrellas, PACT 2018",
    .operation =
        "the maker's: one object made and handed to all; a reader's: one received, used and"
        " dropped",
    .needs = NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(fan_out)
