// SPDX-License-Identifier: MIT
//
// Bursts of short references to a few objects: what an interpreter does to functions, globals and
// constants. A call takes references to what it uses, calls deeper, and on the way back all of them
// are dropped, the last one first. The objects are few, so their lines stay in the cache; between
// threads that share them these lines are all that costs, as in hot_object, but several counts are
// under way at a time and a count rises by more than one before it falls.
//
// Such references are what local references are for (local=1): a burst is then the frame of a call,
// registered once. And such objects are what RC_HOT and RC_DEFERRED mean; hot=0 shows the same
// objects to a scheme that is not told.
#include "../watched.h"
#include "../workload.h"

enum { OBJECTS, LENGTH, LOCAL, HOT, SHARED };
static const struct param params[] = {
    [OBJECTS] = {"objects", "objects that are referred to in turn", 1, 1 << 16, 4},
    [LENGTH] = {"length", "references that a burst takes before it drops them", 1, 4096, 16},
    [LOCAL] = {"local", "1: through local references instead of counted ones", 0, 1, 0},
    [HOT] = {"hot", "1: the scheme is told that all threads count them all the time", 0, 1, 1},
    [SHARED] = {"shared", "1: the same objects for all threads; 0: objects of each thread", 0, 1,
                1},
    {0},
};

struct shared {
    size_t objects, length;
    bool local;
    unsigned flags;            // of the objects
    struct rc_header **object; // NULL: each thread makes its own
    unsigned makers;
    struct maker {
        _Alignas(SYNC_LINE) _Atomic(uint64_t) deaths; // of its objects
    } maker[];                                        // the setting thread, or each other one
};
struct own {
    struct shared *shared;
    struct rc_header **object; // with a counted reference of this thread
    size_t objects, next;
    _Atomic(uint64_t) *deaths;  // of these objects
    struct rc_header **counted; // what a burst holds: the one or the other
    struct rc_local *local;
};

// On lines of their own, so that only their counts are contended for.
static struct rc_header **make(struct thread *t, const struct shared *s, _Atomic(uint64_t) *deaths)
{
    struct rc_header **object = sync_alloc(s->objects * sizeof object[0]);
    for (size_t i = 0; i < s->objects; i++)
        object[i] = watched_new(t, WATCHED_LINES, s->flags, deaths);
    return object;
}

static void *start(struct thread *t, const struct run *run)
{
    unsigned makers = run->param[SHARED] != 0 ? 1 : run->threads;
    struct shared *s = sync_alloc(sizeof *s + makers * sizeof s->maker[0]);
    s->objects = (size_t)run->param[OBJECTS];
    s->length = (size_t)run->param[LENGTH];
    s->local = run->param[LOCAL] != 0;
    s->flags = run->param[HOT] != 0 ? RC_HOT | RC_DEFERRED : 0;
    s->makers = makers;
    if (run->param[SHARED] != 0)
        s->object = make(t, s, &s->maker[0].deaths);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->shared = s;
    own->objects = s->objects;
    own->deaths = &s->maker[s->object != NULL ? 0 : index].deaths;
    own->counted = sync_alloc(s->length * sizeof own->counted[0]);
    own->local = sync_alloc(s->length * sizeof own->local[0]);
    if (s->object == NULL) {
        own->object = make(t, s, own->deaths);
        return own;
    }
    own->object = sync_alloc(s->objects * sizeof own->object[0]);
    for (size_t i = 0; i < s->objects; i++) {
        own->object[i] = s->object[i];
        rc_incref(t, own->object[i]);
    }
    return own;
}

API struct rc_header *next_object(struct own *own)
{
    struct rc_header *h = own->object[own->next];
    own->next = own->next + 1 == own->objects ? 0 : own->next + 1;
    return sync_opaque(h);
}

static void burst_counted(struct thread *t, struct own *own, size_t length)
{
    struct rc_header **held = own->counted;
    for (size_t i = 0; i < length; i++) {
        held[i] = next_object(own);
        rc_incref(t, held[i]);
    }
    while (length != 0)
        rc_decref(t, held[--length]);
}
static void burst_local(struct thread *t, struct own *own, size_t length)
{
    struct rc_local *held = own->local;
    struct rc_roots frame;
    rc_roots_push(t, &frame, held, (unsigned)length);
    for (size_t i = 0; i < length; i++)
        rc_local_of(t, &held[i], next_object(own));
    while (length != 0)
        rc_local_drop(t, &held[--length]);
    rc_roots_pop(t, &frame);
}
// The runner asks for whole bursts where time is fixed; else the last one may be shorter.
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    size_t most = own->shared->length;
    bool local = own->shared->local;
    while (n != 0) {
        size_t length = most < n ? most : (size_t)n;
        if (local)
            burst_local(t, own, length);
        else
            burst_counted(t, own, length);
        n -= length;
    }
}

static uint64_t unit(const void *own)
{
    return ((const struct own *)own)->shared->length;
}

static int64_t holds(const void *p)
{
    const struct own *own = p;
    return own->shared->object == NULL ? (int64_t)own->objects : 0;
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return s->object != NULL ? (int64_t)s->objects : 0;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    // relaxed: a death before its time is either seen here or counted twice in the end
    bool dead = atomic_load_explicit(own->deaths, memory_order_relaxed) != 0;
    for (size_t i = 0; i < own->objects && !dead; i++)
        rc_decref(t, own->object[i]);
    sync_free(own->object);
    sync_free(own->counted);
    sync_free(own->local);
    sync_free(own);
    return dead ? "an object died while it was still referred to" : NULL;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    if (s->object != NULL) {
        if (atomic_load_explicit(&s->maker[0].deaths, memory_order_relaxed) != 0)
            wrong = "an object died before its last reference";
        for (size_t i = 0; i < s->objects && wrong == NULL; i++)
            rc_decref(t, s->object[i]);
    }
    thread_drain(t);
    for (unsigned i = 0; i < s->makers && wrong == NULL && (RC_TRAITS & RC_FREES) != 0; i++)
        if (atomic_load_explicit(&s->maker[i].deaths, memory_order_relaxed) != s->objects)
            wrong = "not every object died with its last reference";
    sync_free(s->object);
    sync_free(s);
    return wrong;
}

static const struct workload burst_temporaries = {
    .name = "burst_temporaries",
    .summary = "bursts of short references to a few hot objects, nested as calls are",
    .source = "the functions, globals and constants of an interpreter: PEP 703, deferred reference"
              " counting",
    .operation = "one reference taken and dropped",
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
WORKLOAD(burst_temporaries)
