// SPDX-License-Identifier: MIT
//
// collected: right, atomic_relaxed with a collector that stops the world and finds its objects in
// one list under one lock: the least that rc_collector.h can do, to be made wrong.
#ifndef BROKEN_COLLECTED_H
#define BROKEN_COLLECTED_H

#include "../../strategies/rc_collector_due.h"
#include "../../strategies/rc_linked.h"

#define RC_SUMMARY "atomic counts, and a collector of cycles with one list"
#define RC_SOURCE  "rclab's own, for its tests"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_STOPS | RC_CYCLES)

struct rc_header {
    struct linked link; // while tracked
    _Atomic(uint32_t) count;
    COLLECTOR_FIELDS
};
API _Atomic(uint32_t) *collector_word(struct rc_header *h)
{
    return &h->gc;
}

struct rc_thread {
    struct collector_thread collector;
};
struct rc_world {
    struct collector_world collector;
    sync_mutex mutex; // guards objects, but for who stopped the world
    struct linked objects;
};
API struct collector_thread *collector_self(struct thread *t)
{
    return &rc_self(t)->collector;
}
API struct collector_world *collector_world(struct thread *t)
{
    return &rc_world(t)->collector;
}

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    collector_world_init(&rw->collector);
    sync_mutex_init(&rw->mutex);
    linked_init(&rw->objects);
}
API void rc_world_fini(struct rc_world *rw)
{
    sync_mutex_destroy(&rw->mutex);
}
API void rc_thread_attach(struct thread *t)
{
    (void)t;
}
API void rc_thread_detach(struct thread *t)
{
    (void)t;
}
API void rc_safepoint(struct thread *t)
{
    collector_safepoint(t);
}
API uint64_t rc_collect(struct thread *t)
{
    return collector_collect_now(t);
}
API bool rc_drain(struct thread *t)
{
    return rc_collect(t) != 0;
}

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    // release: pairs with rc_try_incref of the block's former object
    atomic_store_explicit(&h->count, 1, memory_order_release);
    if (!collector_init(h, flags))
        return;
    collector_made(t);
    sync_mutex_lock(&rc_world(t)->mutex);
    linked_add(&rc_world(t)->objects, &h->link);
    sync_mutex_unlock(&rc_world(t)->mutex);
}
#ifndef RC_DIES
#define RC_DIES(t, h) collected_dies(t, h)
#endif
API void collected_dies(struct thread *t, struct rc_header *h)
{
    if (!collector_forget(h))
        return;
    collector_ended(t);
    sync_mutex_lock(&rc_world(t)->mutex);
    linked_remove(&h->link);
    sync_mutex_unlock(&rc_world(t)->mutex);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    atomic_fetch_add_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    // release: what this holder did; acquire: what all others did, if it is dead
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_acq_rel) == 1)
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    uint32_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    do {
        if (n == 0)
            return false;
        // acquire: pairs with the release in rc_init
    } while (!atomic_compare_exchange_weak_explicit(&h->count, &n, n + 1, memory_order_acquire,
                                                    memory_order_relaxed));
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

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
    linked_visit(&rc_world(t)->objects, visit, argument);
}
API int64_t collector_count(struct thread *t, struct rc_header *h)
{
    (void)t;
    return atomic_load_explicit(&h->count, memory_order_relaxed);
}
API void collector_keep(struct thread *t, struct rc_header *h)
{
    collector_ended(t);
    linked_remove(&h->link);
    rc_incref(t, h);
}

// An object that is not tracked: as atomic, and a death asks whether it is.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 1)                                                                       \
    op(decref_own, .rmw = 1)                                                                       \
    op(incref_other, .rmw = 1)                                                                     \
    op(decref_other, .rmw = 1)                                                                     \
    op(death_own, .rmw = 1, .load = 1)                                                             \
    op(tracked_new, .store = 5, .lock_pair = 1)                                                    \
    op(tracked_death, .rmw = 1, .load = 3, .store = 2, .lock_pair = 1)                             \
    op(try_incref, .rmw = 1, .load = 1)                                                            \
    op(local_pair, .rmw = 2)                                                                       \
    op(load, .rmw = 2, .load = 1, .store = 1)                                                      \
    op(store, .rmw = 3, .load = 1, .store = 1)
// clang-format on

#include "../../strategies/rc_local_counted.h"
#include "../../strategies/rc_no_hooks.h"
#include "../../strategies/rc_no_move.h"
#include "../../strategies/rc_slot_locked.h"
#include "../../strategies/rc_weak_locked.h"

#endif
