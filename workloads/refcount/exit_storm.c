// SPDX-License-Identifier: MIT
//
// Short-lived threads: each attaches, makes objects, leaves them to others and is gone, while
// objects of threads that went before it still wait to be dropped. What a scheme keeps in a thread
// (a queue, a log, counts of hot objects) must be settled or inherited when the thread ends; an
// object whose owner has gone must still die; and an id that is used again must not make a newcomer
// the owner of what it never saw.
//
// To the schemes such a life is a thread of its own, with its own struct thread, between attach and
// detach. To the system it is not: the measuring thread leaves the runtime, as one does that waits
// for a thread it has started, and plays that thread itself. So what is timed is attach, the life
// and detach, and not the system's creation of threads, which costs ten times as much and is the
// same for all schemes. A life passes one safepoint at its end and does not drain: what it leaves
// behind, others have to look after, as thread.h allows.
//
// The objects go through a mailbox that all threads share: a life puts each object into a box that
// it draws, and takes out what lies there, in one exchange, so nobody waits. What it took out is
// dropped by the measuring thread when the life is over: the maker of such an object has gone, or
// lives anew under the same id, or, with other threads, is just going. Each object refers to one
// that lives on, as an instance does to its type; with hot=1 that is made with RC_HOT and
// RC_DEFERRED, and schemes that keep counts of such objects in each thread must fold them.
//
// Attaching takes the first free slot under the world's mutex: with many threads that is part of
// the cost, and the same for all schemes. Where a scheme never frees, the next life gives back the
// memory of what was dropped: the floor is allocation without counts, not ever more memory.
#include "../watched.h"
#include "numbered.h"

enum { OBJECTS, BOXES, HOT };
static const struct param params[] = {
    [OBJECTS] = {"objects", "objects that a life makes", 1, 1 << 16, 16},
    [BOXES] = {"boxes", "objects that wait to be dropped, at most", 1, 1 << 16, 256},
    [HOT] = {"hot", "1: the scheme is told that all threads count their type", 0, 1, 1},
    {0},
};

struct letter {
    struct numbered base; // the number is its maker's measuring thread's
    struct rc_slot kind;
};
struct shared {
    unsigned threads;
    size_t objects, boxes;
    struct rc_header *kind;
    _Atomic(uint64_t) deaths;                              // of kind
    _Alignas(SYNC_LINE) _Atomic(struct rc_header *) box[]; // NULL: empty
};
struct own {
    struct shared *shared;
    unsigned index;
    int64_t posted; // less what was taken
    bool dead;      // something had died before it was dropped
    size_t taken;
    struct rc_header *parcel[]; // what the last life took out
};

static void letter_destroy(struct thread *t, struct object *o)
{
    rc_clear(t, &((struct letter *)o)->kind);
    numbered_destroy(t, o);
}
static void letter_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct letter *)o)->kind);
}
static const struct type letter_type = {
    .name = "letter", .destroy = letter_destroy, .traverse = letter_traverse};

static void *start(struct thread *t, const struct run *run)
{
    size_t boxes = (size_t)run->param[BOXES];
    struct shared *s = sync_alloc(sizeof *s + boxes * sizeof s->box[0]);
    s->threads = run->threads;
    s->objects = (size_t)run->param[OBJECTS];
    s->boxes = boxes;
    s->kind =
        watched_new(t, WATCHED_LINES, run->param[HOT] != 0 ? RC_HOT | RC_DEFERRED : 0, &s->deaths);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + s->objects * sizeof own->parcel[0]);
    own->shared = s;
    own->index = index;
    rc_incref(t, s->kind); // the lives borrow it
    return own;
}

static struct rc_header *letter_new(struct thread *t, const struct own *own)
{
    struct letter *l = object_new(t, &letter_type, sizeof *l, AL_CONTAINER, 0);
    l->base.number = own->index;
    rc_incref(t, own->shared->kind);
    rc_fill(t, &l->base.base.rc, &l->kind, own->shared->kind);
    return &l->base.base.rc;
}
static void life(struct thread *t, struct own *own)
{
    struct shared *s = own->shared;
    for (size_t i = 0; i < own->taken && (RC_TRAITS & RC_FREES) == 0; i++)
        al_free(t, own->parcel[i]);
    own->taken = 0;
    for (size_t i = 0; i < s->objects; i++) {
        struct rc_header *h = letter_new(t, own);
        rc_give(t, h);
        // release, acquire: pairs with the other's, so that an object is seen complete
        h = atomic_exchange_explicit(&s->box[(sync_rand(t) >> 32) * s->boxes >> 32], h,
                                     memory_order_acq_rel);
        if (h != NULL)
            own->parcel[own->taken++] = h;
    }
    own->posted += (int64_t)(s->objects - own->taken);
    thread_safepoint(t);
}
API void drop(struct thread *t, struct own *own, struct rc_header *h)
{
    rc_take(t, h);
    own->dead |= numbered_of(h) >= own->shared->threads;
    rc_decref(t, h);
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0; n--) {
        lk_blocking_begin(t);
        struct thread *other = thread_attach(t->world);
        sync_here.self = other;
        lk_enter(other);
        life(other, own);
        lk_leave(other);
        thread_detach(other);
        sync_here.self = t;
        lk_blocking_end(t);
        for (size_t i = 0; i < own->taken; i++)
            drop(t, own, own->parcel[i]);
    }
}

static int64_t holds(const void *own)
{
    return ((const struct own *)own)->posted;
}
static int64_t shares(const void *shared)
{
    (void)shared;
    return 1;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    (void)done;
    const char *wrong = own->dead ? "an object had died before it was dropped" : NULL;
    // relaxed: a death before its time is either seen here or counted twice in the end
    if (atomic_load_explicit(&s->deaths, memory_order_relaxed) != 0)
        wrong = "the type died while there were objects of it";
    if (wrong == NULL)
        rc_decref(t, s->kind);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    for (size_t i = 0; i < s->boxes; i++) {
        // relaxed: the threads have been joined
        struct rc_header *h = atomic_load_explicit(&s->box[i], memory_order_relaxed);
        if (h != NULL) {
            rc_take(t, h);
            rc_decref(t, h);
        }
    }
    thread_drain(t);
    if (atomic_load_explicit(&s->deaths, memory_order_relaxed) != 0)
        wrong = "the type died before its last reference";
    else if ((RC_TRAITS & RC_FREES) != 0 && world_live(t->world) != 1)
        wrong = "not every object died with its last reference: something was lost at an exit";
    if (wrong == NULL)
        rc_decref(t, s->kind);
    if (wrong == NULL)
        wrong = numbered_all_died(t);
    sync_free(s);
    return wrong;
}

static const struct workload exit_storm = {
    .name = "exit_storm",
    .summary = "short-lived threads make objects, leave them to others and are gone",
    .source =
        "the end of a thread in PEP 703 (CPython 3.13's brc.c: queues that nobody owns) and in"
        " CPython 3.14 (per-thread counts that are folded)",
    .operation = "one life: attached, objects made and left, detached; as many others dropped",
    .needs = NEEDS_SHARING | NEEDS_TWICE,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(exit_storm)
