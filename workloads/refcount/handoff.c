// SPDX-License-Identifier: MIT
//
// Each thread hands references to its own objects to the next thread, who uses and drops them: what
// a queue between a producer and a consumer costs the count. The reference is counted by one thread
// and given up by another, so the line of the count goes from the one to the other and back, and
// its distance is that of the two CPUs. A biased scheme loses its bet: the first drop on another
// thread ends the ownership, and from then on the maker pays as well.
//
// The maker keeps a reference to each of its objects, as a program does that posts the same strings
// or functions again and again, so nothing is made or dies in the loop: an allocator would cost
// more than the counts do. cross_thread_free has objects made and freed.
#include "../watched.h"
#include "pass.h"
#include "ring.h"

enum { USES, WINDOW };
static const struct param params[] = {
    [USES] = {"uses", "increments and decrements by the receiver before it drops", 0, 1000, 1},
    [WINDOW] = {"window", "references on their way between two threads, at most", 1,
                RING_WINDOW_MOST, 256},
    {0},
};

struct shared {
    unsigned threads;
    uint64_t uses;
    size_t objects; // of each thread
    struct ring *ring;
    struct maker {
        _Alignas(SYNC_LINE) _Atomic(uint64_t) deaths; // of its objects
    } maker[];
};
struct own {
    struct ring_place place;
    uint64_t uses;
    _Atomic(uint64_t) *deaths;
    size_t objects, next;
    struct rc_header *object[]; // in a shuffled order, with a counted reference each
};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s + run->threads * sizeof s->maker[0]);
    size_t window = (size_t)run->param[WINDOW];
    s->threads = run->threads;
    s->uses = (uint64_t)run->param[USES];
    // what is in the queue, what its sender holds ready, and what its receiver uses are different
    s->objects = window + 2;
    s->ring = ring_new(run->threads, window);
    return s;
}

API void hand_over(struct thread *t, struct own *own)
{
    struct rc_header *h = sync_opaque(own->object[own->next]);
    own->next = own->next + 1 == own->objects ? 0 : own->next + 1;
    rc_incref(t, h);
    if (!ring_send(t, &own->place, h))
        rc_decref(t, h);
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + s->objects * sizeof own->object[0]);
    own->place = ring_join(s->ring, index);
    own->uses = s->uses;
    own->deaths = &s->maker[index].deaths;
    own->objects = s->objects;
    for (size_t i = 0; i < own->objects; i++)
        own->object[i] = watched_new(t, SYNC_LINE, 0, own->deaths);
    pass_shuffle(t, own->object, own->objects);
    for (size_t n = ring_lead(s->ring); n != 0; n--)
        hand_over(t, own);
    return own;
}
_Static_assert(sizeof(struct watched) <= SYNC_LINE, "a scheme's header is too large");

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    uint64_t uses = own->uses;
    for (; n != 0; n--) {
        hand_over(t, own);
        struct rc_header *h = ring_receive(t, &own->place);
        if (h == NULL)
            continue;
        for (uint64_t i = 0; i < uses; i++) {
            rc_incref(t, sync_opaque(h));
            rc_decref(t, sync_opaque(h));
        }
        rc_decref(t, h);
    }
}

static int64_t holds(const void *own)
{
    return (int64_t)((const struct own *)own)->objects;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    ring_leave(&own->place);
    // relaxed: a death before its time is either seen here or counted twice in the end
    bool dead = atomic_load_explicit(own->deaths, memory_order_relaxed) != 0;
    for (size_t i = 0; i < own->objects && !dead; i++)
        rc_decref(t, own->object[i]);
    sync_free(own);
    return dead ? "an object died while it was still referred to" : NULL;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = ring_end(t, s->ring);
    thread_drain(t);
    for (unsigned i = 0; i < s->threads && wrong == NULL && (RC_TRAITS & RC_FREES) != 0; i++)
        if (atomic_load_explicit(&s->maker[i].deaths, memory_order_relaxed) != s->objects)
            wrong = "not every object died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload handoff = {
    .name = "handoff",
    .summary = "threads in a ring hand references to the next one, who uses and drops them",
    .source = "the producer and consumer of Lamport, TOPLAS 5(2), 1983; counts that end elsewhere:"
              " Choi, Shull, Torrellas, PACT 2018",
    .operation = "one reference counted, handed over, used and dropped",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(handoff)
