// SPDX-License-Identifier: MIT
//
// safethread: Adam Olsen's python-safethread. An object belongs to the thread that made it, which
// counts plainly. As soon as another thread counts it, it is promoted, for ever: it becomes
// asynchronous, and from then on every thread notes its changes in a table of its own. Nobody knows
// the count of such an object any more, so nobody can tell that it is dead but a collector that
// stops all threads, brings their tables together, and looks what can be reached. Biased counting
// with a one-way bias and coalescing buffers, ten years before the paper.
//
// The original, Modules/gcmodule.c of its archive, which is a CPython 3.0 alpha:
//   owned        ob_refowner is the thread; ob_refcnt++. The owner's last decrement kills at once.
//   asynchronous ob_refowner is a constant. The table is direct-mapped, 2048 entries {object,
//   diff};
//                an entry that another object holds is flushed by an atomic addition and taken
//                over; a diff of nothing empties it.
//   promotion    A thread holds a lock of its own while it works, and gives it up where it waits,
//                and at a safepoint where it is asked (inspect_lock, inspect_flag). Who promotes
//                waits for it, so that the owner is in the midst of no count, and puts the constant
//                there by compare-exchange; here, where all who do so hold that lock, by a store.
//   tracing      All objects are in one doubly linked list, behind one lock; freed ones stay there,
//                in caches. In the archived revision it is switched off, so there asynchronous
//                objects never die; what is here is what it was to become.
//
// What differs. Lists are per thread, and an object is in its first owner's as soon as the
// collector has to see it: if it refers to others, or is promoted. What protects a thread's list is
// the lock that it works under, and that who promotes has to have anyway. A weak reference, whose
// object may be asked from anywhere, promotes (rc_publish). The owner's last decrement leaves 0,
// not 1.
//
// Invariant. `owner` is a thread's id, or ASYNC, or DEAD, and only goes on in this order. While it
// is an id, `count` is exact, and only the thread with that id changes it, and only while it holds
// its lock; it is in that thread's list or in none. While it is ASYNC, count and all tables' diffs
// are together exact, and it is in a list.
//
// Memory order. The lock orders the owner before who promotes. The constant is stored with release
// and loaded with acquire, so that what a table adds to `count` comes after the owner's last store.
// Counts order nothing besides: an owned object dies where it was counted; for others the stop of
// the world orders what all did before the collector's work.
//
// Who waits. A count of another thread's object waits for it: at most until its next safepoint, and
// offline (RC_WAITS). rc_try_incref does not wait; it refuses what was never published. rc_load may
// not wait while it holds the slot's bit, for which the owner may be waiting: it lets go, waits for
// the owner, and looks again while it has the owner's lock.
#ifndef RC_SAFETHREAD_H
#define RC_SAFETHREAD_H

#include "rc_collector_due.h"
#include "rc_linked.h"

#define RC_SUMMARY \
    "owned counts, promoted one way to per-thread tables; shared objects die by tracing"
#define RC_SOURCE "Adam Olsen, python-safethread, 2008 (Modules/gcmodule.c)"
#define RC_WHEN   "few objects are shared, and those that are may die late"
#define RC_TRAITS \
    (RC_SHARED | RC_FREES | RC_LATE | RC_WEAK | RC_TRY_FREED | RC_WAITS | RC_STOPS | RC_CYCLES)

#ifndef RC_LOG_SIZE
#define RC_LOG_SIZE 2048
#endif

#define SAFETHREAD_DEAD  ((uintptr_t)0)
#define SAFETHREAD_ASYNC UINTPTR_MAX

struct rc_header {
    struct linked link; // while tracked
    _Atomic(uintptr_t) owner;
    _Atomic(intptr_t) count;
    COLLECTOR_FIELDS
};
API _Atomic(uint32_t) *collector_word(struct rc_header *h)
{
    return &h->gc;
}

// Who has the lock of a thread: it works under it itself; another one is its guest, which waits for
// nobody while it is.
enum safethread_lock { SAFETHREAD_FREE, SAFETHREAD_OWNER, SAFETHREAD_GUEST };

struct rc_thread {
    struct collector_thread collector;
    bool started;          // the list is a list
    struct linked objects; // tracked ones that belong, or belonged, to the thread; under the lock
    struct safethread_entry {
        struct rc_header *object;
        intptr_t diff;
    } table[RC_LOG_SIZE];
    _Alignas(SYNC_LINE) _Atomic(uint32_t) lock; // guests sleep on it
    _Atomic(uint32_t) guests; // that have it or wait for it; the owner sleeps on it
};
struct rc_world {
    struct collector_world collector;
};
API struct collector_thread *collector_self(struct thread *t)
{
    return &rc_self(t)->collector;
}
API struct collector_world *collector_world(struct thread *t)
{
    return &rc_world(t)->collector;
}

// --- the lock that a thread works under ---------------------------------------------------------

// Acquire: pairs with the release of whoever had it.
API bool safethread_take(struct rc_thread *o, uint32_t as)
{
    uint32_t lock = SAFETHREAD_FREE;
    return atomic_compare_exchange_strong_explicit(&o->lock, &lock, as, memory_order_acquire,
                                                   memory_order_relaxed);
}
// Guests go first: they are few and quick, and whoever asked at a safepoint would else never be let
// in.
API void safethread_begin(struct rc_thread *o)
{
    for (;;) {
        uint32_t guests = atomic_load_explicit(&o->guests, memory_order_relaxed);
        if (guests != 0)
            sync_park(&o->guests, guests);
        else if (safethread_take(o, SAFETHREAD_OWNER))
            return;
        else // the collector has it
            sync_park(&o->lock, SAFETHREAD_GUEST);
    }
}
// Release: pairs with the acquire in safethread_take. Seq_cst: the store of `lock` and the load of
// `guests`, against a guest's, who adds and looks the other way round (Dekker).
API void safethread_end(struct rc_thread *o)
{
    atomic_store_explicit(&o->lock, SAFETHREAD_FREE, memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&o->guests, memory_order_seq_cst) != 0, 0))
        sync_unpark(&o->lock, UINT32_MAX);
}
// Waits for the thread with that id, offline: until safethread_leave t counts nothing of its own.
// Seq_cst: see safethread_end.
static __attribute__((noinline, unused)) struct rc_thread *safethread_visit(struct thread *t,
                                                                            uintptr_t id)
{
    struct rc_thread *o = rc_self(thread_of_id(t, id));
    thread_offline(t);
    atomic_fetch_add_explicit(&o->guests, 1, memory_order_seq_cst);
    while (!safethread_take(o, SAFETHREAD_GUEST)) {
        uint32_t lock = atomic_load_explicit(&o->lock, memory_order_seq_cst);
        if (lock != SAFETHREAD_FREE)
            sync_park(&o->lock, lock);
    }
    return o;
}
// Release: pairs with the acquire in safethread_take.
API void safethread_give(struct rc_thread *o)
{
    atomic_store_explicit(&o->lock, SAFETHREAD_FREE, memory_order_release);
    sync_unpark(&o->lock, UINT32_MAX);
}
API void safethread_leave(struct thread *t, struct rc_thread *o)
{
    safethread_give(o);
    if (atomic_fetch_sub_explicit(&o->guests, 1, memory_order_relaxed) == 1)
        sync_unpark(&o->guests, 1);
    thread_back(t);
}

// --- promotion ----------------------------------------------------------------------------------

// Under the lock of the owner, o. Release: pairs with the acquire in safethread_owner.
API void safethread_promote(struct thread *t, struct rc_thread *o, struct rc_header *h)
{
    uint32_t gc = collector_get(h);
    if ((gc & COLLECTOR_TRACKED) == 0) {
        collector_set(h, gc | COLLECTOR_TRACKED);
        linked_add(&o->objects, &h->link);
        collector_made(t);
    }
    atomic_store_explicit(&h->owner, SAFETHREAD_ASYNC, memory_order_release);
}
// Acquire: pairs with the release in safethread_promote.
API uintptr_t safethread_owner(struct rc_header *h)
{
    return atomic_load_explicit(&h->owner, memory_order_acquire);
}
// Another one may have promoted it meanwhile, but the owner has not: the caller holds the object.
static __attribute__((noinline, unused)) void
safethread_promote_foreign(struct thread *t, struct rc_header *h, uintptr_t owner)
{
    struct rc_thread *o = safethread_visit(t, owner);
    if (safethread_owner(h) == owner)
        safethread_promote(t, o, h);
    safethread_leave(t, o);
}

// --- the table ----------------------------------------------------------------------------------

// Relaxed: it is read where the world stands.
API void safethread_flush(struct safethread_entry *e)
{
    atomic_fetch_add_explicit(&sync_get(e->object)->count, sync_get(e->diff), memory_order_relaxed);
    sync_set(e->object, NULL);
    sync_set(e->diff, 0);
}
// _Py_GetAsyncRefEntry: its hash, and what it does where another object is there already.
API struct safethread_entry *safethread_place(struct rc_thread *o, struct rc_header *h)
{
    uintptr_t p = sync_address(h);
    return &o->table[(p ^ (p >> 3) ^ (p >> 7) ^ (p >> 17)) & (RC_LOG_SIZE - 1)];
}
API struct safethread_entry *safethread_entry(struct rc_thread *o, struct rc_header *h)
{
    struct safethread_entry *e = safethread_place(o, h);
    struct rc_header *other = sync_get(e->object);
    if (other != h && other != NULL)
        safethread_flush(e);
    return e;
}
API void safethread_note(struct thread *t, struct rc_header *h, intptr_t d)
{
    struct safethread_entry *e = safethread_entry(rc_self(t), h);
    intptr_t diff = sync_get(e->diff) + d;
    sync_set(e->diff, diff);
    sync_set(e->object, diff != 0 ? h : NULL);
}

// --- counting -----------------------------------------------------------------------------------

// Relaxed: a reader that still knows the block's former object is refused when it finds the maker's
// id, and the promotion releases.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
    atomic_store_explicit(&h->owner, thread_id(t), memory_order_relaxed);
    if (collector_init(h, flags)) {
        linked_add(&rc_self(t)->objects, &h->link);
        collector_made(t);
    }
}
#define RC_DIES(t, h) safethread_dies(t, h)
API void safethread_dies(struct thread *t, struct rc_header *h)
{
    if (!collector_forget(h))
        return;
    linked_remove(&h->link);
    collector_ended(t);
}

API intptr_t safethread_add_own(struct rc_header *h, intptr_t d)
{
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + d;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    return n;
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    uintptr_t owner = safethread_owner(h);
    if (__builtin_expect(owner == thread_id(t), 1)) {
        safethread_add_own(h, 1);
        return;
    }
    if (owner != SAFETHREAD_ASYNC)
        safethread_promote_foreign(t, h, owner);
    safethread_note(t, h, 1);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    uintptr_t owner = safethread_owner(h);
    if (__builtin_expect(owner == thread_id(t), 1)) {
        if (safethread_add_own(h, -1) == 0)
            rc_die(t, h);
        return;
    }
    if (owner == SAFETHREAD_DEAD) // a slot of what dies with it
        return;
    if (owner != SAFETHREAD_ASYNC)
        safethread_promote_foreign(t, h, owner);
    safethread_note(t, h, -1);
}
// An asynchronous object is alive until the world has stood, however few references it has.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    uintptr_t owner = safethread_owner(h);
    if (owner == thread_id(t)) {
        if (atomic_load_explicit(&h->count, memory_order_relaxed) == 0)
            return false;
        safethread_add_own(h, 1);
        return true;
    }
    if (owner != SAFETHREAD_ASYNC)
        return false;
    safethread_note(t, h, 1);
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    uintptr_t owner = safethread_owner(h);
    if (owner == thread_id(t))
        safethread_promote(t, rc_self(t), h);
    else if (owner != SAFETHREAD_ASYNC)
        safethread_promote_foreign(t, h, owner);
}

// --- shared slots -------------------------------------------------------------------------------

#include "rc_slot_bit.h" // calls what stands above

// The slot holds, or held, another thread's object: takes it while it has that thread's lock.
// False: the slot holds one of somebody else meanwhile.
static __attribute__((noinline, unused)) bool
safethread_load_foreign(struct thread *t, struct rc_slot *s, uintptr_t owner, struct rc_header **h)
{
    struct rc_thread *o = safethread_visit(t, owner);
    uintptr_t word = rc_slot_lock(s);
    *h = (struct rc_header *)word;
    uintptr_t now = word != 0 ? safethread_owner(*h) : SAFETHREAD_ASYNC;
    if (now == owner) {
        safethread_promote(t, o, *h);
        now = SAFETHREAD_ASYNC;
    }
    if (word != 0 && now == SAFETHREAD_ASYNC)
        safethread_note(t, *h, 1);
    rc_slot_unlock(s, word);
    safethread_leave(t, o);
    return now == SAFETHREAD_ASYNC;
}
API struct rc_header *rc_load(struct thread *t, struct rc_slot *s)
{
    for (;;) {
        uintptr_t word = rc_slot_lock(s);
        struct rc_header *h = (struct rc_header *)word;
        uintptr_t owner = h != NULL ? safethread_owner(h) : SAFETHREAD_ASYNC;
        bool now = owner == SAFETHREAD_ASYNC || owner == thread_id(t);
        if (h != NULL && now)
            rc_incref(t, h); // does not wait
        rc_slot_unlock(s, word);
        if (now || safethread_load_foreign(t, s, owner, &h))
            return h;
    }
}
API bool rc_compare_exchange(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                             struct rc_header *expected, struct rc_header *desired)
{
    (void)owner;
    if (desired != NULL)
        rc_incref(t, desired); // before the bit is taken: it may wait
    uintptr_t word = rc_slot_lock(s);
    bool same = word == (uintptr_t)expected;
    rc_slot_unlock(s, same ? (uintptr_t)desired : word);
    struct rc_header *dropped = same ? expected : desired;
    if (dropped != NULL)
        rc_decref(t, dropped);
    return same;
}

// --- tracing ------------------------------------------------------------------------------------

// The world is stopped, so each other thread has its lock for good, or has none; guests are offline
// and work on. Takes what locks there are: what is theirs is in no slot and no list meanwhile.
API void safethread_shut(struct thread *t)
{
    for (unsigned i = 0; i < thread_slots(t); i++) {
        struct rc_thread *o = rc_self(thread_slot(t, i));
        uint32_t lock;
        do
            // relaxed: only a first look
            sync_await((lock = atomic_load_explicit(&o->lock, memory_order_relaxed)) !=
                       SAFETHREAD_GUEST);
        while (lock != SAFETHREAD_OWNER && !safethread_take(o, SAFETHREAD_GUEST));
    }
}
API void safethread_open(struct thread *t)
{
    for (unsigned i = 0; i < thread_slots(t); i++) {
        struct rc_thread *o = rc_self(thread_slot(t, i));
        // relaxed: nobody else changes it
        if (atomic_load_explicit(&o->lock, memory_order_relaxed) == SAFETHREAD_GUEST)
            safethread_give(o);
    }
}

API void safethread_flush_table(struct rc_thread *o)
{
    for (unsigned i = 0; i < RC_LOG_SIZE; i++)
        if (sync_get(o->table[i].object) != NULL)
            safethread_flush(&o->table[i]);
}
API void collector_settle(struct thread *t, collector_object *dead, void *argument)
{
    (void)dead, (void)argument;
    safethread_shut(t);
    for (unsigned i = 0; i < thread_slots(t); i++)
        safethread_flush_table(rc_self(thread_slot(t, i)));
    safethread_open(t);
}
// Between two visits somebody may promote what is not in question, or count what can be reached.
API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    safethread_shut(t);
    for (unsigned i = 0; i < thread_slots(t); i++) {
        struct rc_thread *o = rc_self(thread_slot(t, i));
        if (o->started)
            linked_visit(&o->objects, visit, argument);
    }
    safethread_open(t);
}
API void collector_locals(struct thread *t, collector_object *visit, void *argument)
{
    (void)t, (void)visit, (void)argument;
}
API int64_t collector_count(struct thread *t, struct rc_header *h)
{
    (void)t;
    return atomic_load_explicit(&h->count, memory_order_relaxed);
}
// From now on nobody counts it. Relaxed: the start of the world orders.
API void collector_keep(struct thread *t, struct rc_header *h)
{
    linked_remove(&h->link);
    atomic_store_explicit(&h->owner, SAFETHREAD_DEAD, memory_order_relaxed);
    collector_ended(t);
}

API uint64_t rc_collect(struct thread *t)
{
    return collector_collect_now(t);
}

// --- life ---------------------------------------------------------------------------------------

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    collector_world_init(&rw->collector);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
API void rc_world_start(struct world *w)
{
    (void)w;
}
API void rc_world_stop(struct world *w)
{
    (void)w;
}
API void rc_thread_online(struct thread *t)
{
    safethread_begin(rc_self(t));
}
API void rc_thread_offline(struct thread *t)
{
    safethread_end(rc_self(t));
}
// Who takes over a slot takes over its id, hence its objects and its list.
API void rc_thread_attach(struct thread *t)
{
    struct rc_thread *o = rc_self(t);
    safethread_begin(o);
    if (!o->started)
        linked_init(&o->objects);
    o->started = true;
}
API void rc_thread_detach(struct thread *t)
{
    safethread_flush_table(rc_self(t));
    safethread_end(rc_self(t));
}
API void rc_safepoint(struct thread *t)
{
    if (__builtin_expect(atomic_load_explicit(&rc_self(t)->guests, memory_order_relaxed) != 0, 0)) {
        thread_offline(t);
        thread_back(t);
    }
    collector_safepoint(t);
}
API bool rc_drain(struct thread *t)
{
    return rc_collect(t) != 0;
}

// An asynchronous object is counted where no other thread looks.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .load = 1)                                                                    \
    op(decref_other, .load = 1)                                                                    \
    op(death_own, .load = 3, .store = 1)                                                           \
    op(try_incref, .load = 1)                                                                      \
    op(local_pair, .load = 2)                                                                      \
    op(load, .rmw = 1, .load = 3, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)                                                     \
    op(tracked_new, .store = 6)                                                                    \
    op(tracked_death, .load = 5, .store = 3)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_move.h"
#include "rc_weak_locked.h"

#endif
