// SPDX-License-Identifier: MIT
//
// What generational and generational_immortal share: the collector of cycles that CPython had from
// 2.0 until its free-threaded build (Neil Schemenauer, 2000; Modules/gcmodule.c), beside counts
// that a global lock protects. Each object that may refer to others is in a doubly linked list, of
// which there are three, by age; most garbage is young, so the youngest is looked at often, and
// what lives through that grows older.
//
// Invariant: count = number of counted references and slots of an object that is not immortal by
// its count; a tracked object is in the list of exactly one generation, others in none.
// Memory order: relaxed throughout, as plain; the global lock orders one thread's turn before the
// next one's. Between two safepoints nobody else runs, so no world is stopped.
//
// The mechanism. `count` of the youngest generation goes up with each tracked object that is made
// and down with each that dies; above 700 it asks the next safepoint for a collection (3.12 moved
// it there from the allocation; 2000 is 3.13's). `count` of an older one is how often the next
// younger one was collected; above 10 it is collected itself, with all that are younger. The oldest
// waits further until what has come to it since its last collection (long-lived pending) is more
// than a quarter of what lived through that (long-lived total), which makes the work linear in the
// number of objects; so it is since 2.7 and 3.1. Thresholds:
// Include/internal/pycore_runtime_init.h. A collection looks at the objects of its generation only;
// what older ones refer to has references from outside. Who lives is appended to the next older
// list.
//
// What differs. A collection is at a safepoint for both, not within an allocation, where what the
// allocation's caller was about to do had to bear it before 3.12. CPython keeps the numbers of step
// 2 and 3 in the links (before 3.8, in a word beside them), and moves objects to a list of the
// unreachable and back; here they are in `gc`, and a fourth pass takes what is dead. The links are
// 16 bytes before those objects only that are tracked; here they are in every header. Garbage is
// destroyed together, not one after another as tp_clear breaks the cycles open. Tuples and
// dictionaries are never untracked for what they hold.
//
// A scheme includes this after struct rc_header, which has `struct linked link`, a count and
// COLLECTOR_FIELDS, and after what counts: rc_plain.h or rc_plain_immortal.h.
#ifndef RC_GENERATIONAL_CORE_H
#define RC_GENERATIONAL_CORE_H

#include "rc_linked.h"

#define GENERATIONAL_SOURCE "N. Schemenauer, CPython 2.0, 2000; Modules/gcmodule.c of CPython "
#define GENERATIONAL_TRAITS (RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_CYCLES)

API _Atomic(uint32_t) *collector_word(struct rc_header *h)
{
    return &h->gc;
}

enum { GENERATIONS = 3, GENERATIONAL_OLDEST = GENERATIONS - 1 };
static const uint32_t generational_threshold[GENERATIONS] = {700, 10, 10};

struct rc_thread {
    bool collecting; // ends garbage: its safepoints collect no further
};
struct rc_world {
    struct generation {
        struct linked objects;
        uint32_t count;
    } generation[GENERATIONS];
    unsigned asked; // the generation that is being collected
    uint64_t pending, total;
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    for (unsigned i = 0; i < GENERATIONS; i++)
        linked_init(&rw->generation[i].objects);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
API void rc_thread_attach(struct thread *t)
{
    (void)t;
}
API void rc_thread_detach(struct thread *t)
{
    (void)t;
}

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    struct generation *young = &rc_world(t)->generation[0];
    plain_init(h, flags);
    if (!collector_init(h, flags))
        return;
    linked_add(&young->objects, &h->link);
    sync_set(young->count, sync_get(young->count) + 1);
}
#define RC_DIES(t, h) generational_dies(t, h)
API void generational_dies(struct thread *t, struct rc_header *h)
{
    struct generation *young = &rc_world(t)->generation[0];
    if (!collector_forget(h))
        return;
    linked_remove(&h->link);
    if (sync_get(young->count) != 0)
        sync_set(young->count, sync_get(young->count) - 1);
}

// --- cycles -----------------------------------------------------------------------------------

API void collector_settle(struct thread *t, collector_object *dead, void *argument)
{
    (void)t, (void)dead, (void)argument;
}
API void collector_locals(struct thread *t, collector_object *visit, void *argument)
{
    (void)t, (void)visit, (void)argument;
}
API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    struct rc_world *rw = rc_world(t);
    linked_visit(&rw->generation[sync_get(rw->asked)].objects, visit, argument);
}
// In generational_immortal, one that became immortal by a count of 2^31 has more than
// COLLECTOR_MOST.
API int64_t collector_count(struct thread *t, struct rc_header *h)
{
    (void)t;
    return atomic_load_explicit(&h->count, memory_order_relaxed);
}
API void collector_keep(struct thread *t, struct rc_header *h)
{
    linked_remove(&h->link);
    rc_incref(t, h);
}

static __attribute__((noinline, unused)) uint64_t generational_collect(struct thread *t,
                                                                       unsigned asked)
{
    struct rc_world *rw = rc_world(t);
    struct generation *g = rw->generation;
    struct collection c = {.t = t};
    uint64_t from = sync_now_ns();
    for (unsigned i = 0; i <= asked; i++)
        sync_set(g[i].count, 0);
    if (asked != GENERATIONAL_OLDEST)
        sync_set(g[asked + 1].count, sync_get(g[asked + 1].count) + 1);
    for (unsigned i = 0; i < asked; i++)
        linked_append(&g[asked].objects, &g[i].objects);
    sync_set(rw->asked, asked);
    collector_find(&c);
    if (asked == GENERATIONAL_OLDEST) {
        sync_set(rw->pending, 0);
        sync_set(rw->total, c.alive);
    } else {
        if (asked + 1 == GENERATIONAL_OLDEST)
            sync_set(rw->pending, sync_get(rw->pending) + c.alive);
        linked_append(&g[asked + 1].objects, &g[asked].objects);
    }
    thread_paused(t, sync_now_ns() - from);
    // an object's end may wait for others, and they may collect
    bool within = rc_self(t)->collecting;
    rc_self(t)->collecting = true;
    uint64_t died = collector_end(&c);
    rc_self(t)->collecting = within;
    return died;
}
API bool generational_due(struct rc_world *rw, unsigned i)
{
    return sync_get(rw->generation[i].count) > generational_threshold[i] &&
           (i != GENERATIONAL_OLDEST || sync_get(rw->pending) >= sync_get(rw->total) / 4);
}
static __attribute__((noinline, cold, unused)) void generational_collect_due(struct thread *t)
{
    for (unsigned i = GENERATIONS; i-- != 0;)
        if (generational_due(rc_world(t), i)) {
            generational_collect(t, i);
            return;
        }
}
API void rc_safepoint(struct thread *t)
{
    if (__builtin_expect(generational_due(rc_world(t), 0), 0) && !rc_self(t)->collecting)
        generational_collect_due(t);
}
API uint64_t rc_collect(struct thread *t)
{
    return generational_collect(t, GENERATIONAL_OLDEST);
}
API bool rc_drain(struct thread *t)
{
    return rc_collect(t) != 0;
}

// As plain and plain_immortal, whose objects nobody tracks; a death asks whether it was.
// clang-format off
#define GENERATIONAL_CENSUS(op)                                                                              \
    op(incref_own, .load = 1, .store = 1)                                                          \
    op(decref_own, .load = 1, .store = 1)                                                          \
    op(incref_other, .load = 1, .store = 1)                                                        \
    op(decref_other, .load = 1, .store = 1)                                                        \
    op(death_own, .load = 2, .store = 1)                                                           \
    op(tracked_new, .store = 5)                                                                    \
    op(tracked_death, .load = 4, .store = 3)                                                       \
    op(try_incref, .load = 2, .store = 1)                                                          \
    op(local_pair, .load = 2, .store = 2)                                                          \
    op(load, .load = 2, .store = 1)                                                                \
    op(store, .load = 3, .store = 3)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_alone.h"
#include "rc_weak_locked.h"

#endif
