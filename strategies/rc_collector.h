// SPDX-License-Identifier: MIT
//
// A collector of cycles beside reference counts, as CPython has had one since 2.0 (Neil
// Schemenauer, 2000), in PEP 703's form: the world stands while it finds out what is dead, and runs
// again before the first object is destroyed, so that what an object does when it ends may wait for
// other threads.
//
// With the world stopped:
//   1. what schemes deferred is settled (collector_settle)
//   2. each object in question gets its count of references
//   3. from each, the references that such objects hold are subtracted; uncounted locals are added
//   4. what has references left is alive, and all that can be reached from it (without recursion)
//   5. of the rest, the collector takes a counted reference each, and their weak references die
// Then the world starts, and the rest is destroyed together (rc_die_together).
//
// Invariant: after step 3 the number at an object is that of its references from outside of the
// objects in question. What is not in question (an immortal object, one that was never tracked, one
// of an older generation, one that is dead and waits for its end) is not looked into: what it
// refers to is alive. An object is told to be dead before its thread can be stopped (RC_DIES), so
// none is in question that has given up a slot already.
//
// What a thread refers to while the world stands: a count says so, or collector_locals. Threads
// stop at safepoints only, or wait offline; there a container's shape is consistent, and every slot
// that obj_traverse shows holds the reference that it counts.
//
// Steps 1 to 5 are one pause. PEP 703 has a second one for finalizers, which may bring objects back
// to life: after they have run it looks again. No finalizer of ours can: obj_destroy only gives up,
// and weak references, the one other way to an object, die in step 5. What comes back from the
// question in step 4, and only there, is what can be reached from outside. Hence too: who would try
// objects (rc_try_incref) that it finds by a way that is no reference uses weak references for
// those that may be part of a cycle; until they are freed, the collector counts.
//
// Memory order: relaxed throughout. The stop orders what the others did before the collector's
// work, and the start that before what they do next. Where a global lock excludes the others
// (rc_generational.h) it orders, and neither is needed.
//
// A scheme's header has COLLECTOR_FIELDS among its members; it defines the functions that are
// declared here, before or after it includes this, and RC_DIES so that collector_forget is called.
#ifndef RC_COLLECTOR_H
#define RC_COLLECTOR_H

#include "rc.h"

// Bits of `gc`; what is above them counts references while the world is stopped. A bit that is
// read while the world runs never changes between rc_init and the object's death, but for TRACKED.
enum collector_bit {
    COLLECTOR_TRACKED = 1 << 0,  // the collector looks at it; taken away when it dies
    COLLECTOR_ASKED = 1 << 1,    // in question: step 2 came by, step 4 did not
    COLLECTOR_DEFERRED = 1 << 2, // made with RC_DEFERRED or RC_HOT: only a collector ends it
    COLLECTOR_SCHEME = 1 << 3,   // the scheme's own
    COLLECTOR_ONE = 1 << 4,      // one reference
};
#define COLLECTOR_FIELDS _Atomic(uint32_t) gc;
// References that `gc` has no room for. An object that has as many is alive.
enum { COLLECTOR_MOST = UINT32_MAX / COLLECTOR_ONE };

typedef void collector_object(void *argument, struct rc_header *h);

// --- supplied by the scheme ---

// The member of COLLECTOR_FIELDS.
API _Atomic(uint32_t) *collector_word(struct rc_header *h);

// --- ... the world is stopped ---

// Brings the counts of all threads together where the scheme keeps them elsewhere than in objects.
// Objects that turn out dead, which nobody can count any more, are given to `dead`, tracked no
// longer; they die when the world has started. What only they refer to is alive until then.
API void collector_settle(struct thread *t, collector_object *dead, void *argument);
// Shows every object with COLLECTOR_TRACKED; `visit` may be followed by collector_keep of the
// object that it was shown.
API void collector_objects(struct thread *t, collector_object *visit, void *argument);
// Shows every local, of any thread, that refers to a tracked object and is not counted.
API void collector_locals(struct thread *t, collector_object *visit, void *argument);
// Counted references to h, without what the scheme adds to keep a deferred object alive.
API int64_t collector_count(struct thread *t, struct rc_header *h);
// One more counted reference to h, which is about to die: any thread may give it up. h has lost
// COLLECTOR_TRACKED: a scheme with lists takes it out of them.
API void collector_keep(struct thread *t, struct rc_header *h);

// --- supplied to the scheme ---

API uint32_t collector_get(struct rc_header *h)
{
    return atomic_load_explicit(collector_word(h), memory_order_relaxed);
}
API void collector_set(struct rc_header *h, uint32_t gc)
{
    atomic_store_explicit(collector_word(h), gc, memory_order_relaxed);
}
// In rc_init: whether h is tracked. An immortal object lives whatever refers to it.
API bool collector_init(struct rc_header *h, unsigned flags)
{
    uint32_t gc = 0;
    if ((flags & (RC_CONTAINER | RC_IMMORTAL)) == RC_CONTAINER)
        gc |= COLLECTOR_TRACKED;
    if ((flags & (RC_DEFERRED | RC_HOT)) != 0)
        gc |= COLLECTOR_DEFERRED;
    collector_set(h, gc);
    return (gc & COLLECTOR_TRACKED) != 0;
}
// In RC_DIES: whether h was tracked.
API bool collector_forget(struct rc_header *h)
{
    uint32_t gc = collector_get(h);
    if ((gc & COLLECTOR_TRACKED) == 0)
        return false;
    collector_set(h, gc & ~(uint32_t)COLLECTOR_TRACKED);
    return true;
}

struct collector_list {
    struct rc_header **object;
    size_t n, room;
};
struct collection {
    struct thread *t;
    uint64_t alive;                // objects that were in question and live
    struct collector_list work;    // step 4: alive, and what they refer to is yet to be reached
    struct collector_list dead;    // step 1
    struct collector_list garbage; // step 5
};

static __attribute__((noinline, cold, unused)) void collector_grow(struct collector_list *l)
{
    size_t room = l->room != 0 ? 2 * l->room : 64;
    struct rc_header **bigger = sync_alloc(room * sizeof *bigger);
    for (size_t i = 0; i < l->n; i++)
        bigger[i] = l->object[i];
    sync_free(l->object);
    l->object = bigger;
    l->room = room;
}
API void collector_push(struct collector_list *l, struct rc_header *h)
{
    if (l->n == l->room)
        collector_grow(l);
    l->object[l->n++] = h;
}
API bool collector_asks(struct rc_header *h)
{
    return (collector_get(h) & COLLECTOR_ASKED) != 0;
}

// 1
API void collector_dead(void *argument, struct rc_header *h)
{
    struct collection *c = argument;
    collector_push(&c->dead, h);
}
// 2
API void collector_ask(void *argument, struct rc_header *h)
{
    const struct collection *c = argument;
    int64_t n = collector_count(c->t, h);
    sync_check(n >= 0, "an object has fewer than no references");
    if (n < COLLECTOR_MOST)
        collector_set(h, (collector_get(h) & (COLLECTOR_ONE - 1)) | COLLECTOR_ASKED |
                             (uint32_t)n * COLLECTOR_ONE);
}
// 3
API void collector_subtract_slot(void *argument, struct rc_slot *s)
{
    struct rc_header *h = rc_peek(s);
    (void)argument;
    if (h == NULL || !collector_asks(h))
        return;
    sync_check(collector_get(h) >= COLLECTOR_ONE, "more slots refer to an object than it counts");
    collector_set(h, collector_get(h) - COLLECTOR_ONE);
}
API void collector_subtract(void *argument, struct rc_header *h)
{
    if (collector_asks(h))
        obj_traverse(h, collector_subtract_slot, argument);
}
API void collector_add(void *argument, struct rc_header *h)
{
    (void)argument;
    if (collector_asks(h))
        collector_set(h, collector_get(h) + COLLECTOR_ONE);
}
// 4
API void collector_lives(struct collection *c, struct rc_header *h)
{
    collector_set(h, collector_get(h) & ~(uint32_t)COLLECTOR_ASKED);
    c->alive++;
    collector_push(&c->work, h);
}
API void collector_reach_slot(void *argument, struct rc_slot *s)
{
    struct rc_header *h = rc_peek(s);
    if (h != NULL && collector_asks(h))
        collector_lives(argument, h);
}
API void collector_reach(void *argument, struct rc_header *h)
{
    struct collection *c = argument;
    if (!collector_asks(h) || collector_get(h) < COLLECTOR_ONE)
        return;
    collector_lives(c, h);
    while (c->work.n != 0)
        obj_traverse(c->work.object[--c->work.n], collector_reach_slot, c);
}
// 5
API void collector_take(void *argument, struct rc_header *h)
{
    struct collection *c = argument;
    if (!collector_asks(h))
        return;
    collector_set(h, collector_get(h) & ~(uint32_t)(COLLECTOR_TRACKED | COLLECTOR_ASKED));
    collector_keep(c->t, h);
    collector_push(&c->garbage, h);
}
API void collector_end_weaks(struct collection *c)
{
    for (size_t i = 0; i < c->garbage.n; i++)
        rc_weak_die(c->t, c->garbage.object[i]);
}

// All five steps, while nobody else runs; c has its thread, and zeroes.
static __attribute__((noinline, unused)) void collector_find(struct collection *c)
{
    collector_settle(c->t, collector_dead, c);
    collector_objects(c->t, collector_ask, c);
    collector_objects(c->t, collector_subtract, c);
    collector_locals(c->t, collector_add, c);
    collector_objects(c->t, collector_reach, c);
    collector_objects(c->t, collector_take, c);
    collector_end_weaks(c);
}
// Ends what was found, while others run; how many objects.
static __attribute__((noinline, unused)) uint64_t collector_end(struct collection *c)
{
    uint64_t n = c->dead.n + c->garbage.n;
    for (size_t i = 0; i < c->dead.n; i++)
        rc_die(c->t, c->dead.object[i]);
    rc_die_together(c->t, c->garbage.object, c->garbage.n);
    sync_free(c->work.object);
    sync_free(c->dead.object);
    sync_free(c->garbage.object);
    return n;
}

// A collection by a scheme with RC_STOPS, at a safepoint; c has its thread, and zeroes. How many
// objects died. Of two threads that wish for one, the second one waits offline and then finds what
// has become garbage since. Its pause is the time until the world starts again; what objects do
// when they end is their own.
API uint64_t collector_collect(struct collection *c)
{
    uint64_t from = sync_now_ns();
    world_stop(c->t);
    collector_find(c);
    world_start(c->t);
    thread_paused(c->t, sync_now_ns() - from);
    return collector_end(c);
}

#endif
