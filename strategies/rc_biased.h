// SPDX-License-Identifier: MIT
//
// What the schemes of biased reference counting share. Most objects are counted by the thread that
// made them, so that thread counts with plain loads and stores in a word of its own, and all others
// in a second word with atomic operations: Choi, Shull and Torrellas' algorithm (PACT 2018) in the
// layout and with the states that PEP 703 gave it (CPython 3.13's object.c and brc.c).
//
// An object's true count is local + (shared >> 2). The low bits of `shared` only ever rise:
//     0 DEFAULT   local counts, and no foreign thread may try to count (rc_try_incref)
//     1 PUBLISHED local counts, foreign threads may try (the PEP: maybe-weakref)
//     2 QUEUED    as 1; a foreign decrement met a shared count of zero and put the object on its
//                 owner's queue. The queue owns the reference that was dropped: it stays counted.
//     3 MERGED    the object has no owner any more, `shared` alone counts, death at zero
// The owner merges what is in its queue at its next safepoint, and frees what turns out dead: not
// the foreign thread, which cannot know `local`. An owner that has gone no longer counts; whoever
// would have queued the object merges it instead, under the lock of the owner's queue.
//
// Invariant: `local` and `tid` are written only by the thread whose id is in tid, or while holding
// the queue lock of that id when no thread has it; once tid is 0, local is 0 for ever.
//
// Memory order. The owner's word is relaxed: it is the owner's alone, others read tid only to learn
// that they are not the owner. Decrements and merges of `shared` are acq_rel: each foreign
// decrement releases what its thread did to the object, and who brings the sum to zero acquires all
// of it, by the merge's compare-exchange, or by the acquire load when the owner finds that nobody
// ever shared. A death by the owner of an object that nobody shared thus has no read-modify-write
// at all. rc_try_incref acquires what rc_init released: the count may be that of a block's next
// object.
//
// A scheme includes this first, with BIASED_FIELDS defined if its objects need more in the header;
// its struct rc_thread and struct rc_world have parts that biased_self and biased_world find.
#ifndef RC_BIASED_CORE_H
#define RC_BIASED_CORE_H

#include "rc.h"

enum biased_state {
    BIASED_DEFAULT = 0,
    BIASED_PUBLISHED = 1,
    BIASED_QUEUED = 2,
    BIASED_MERGED = 3,
    BIASED_STATE = 3, // mask
    BIASED_ONE = 4,   // one counted reference in `shared`
};

#ifndef BIASED_FIELDS
#define BIASED_FIELDS // four bytes of them cost nothing
#endif
struct rc_header {
    _Atomic(uintptr_t) tid; // the owner's thread id; 0 when merged
    _Atomic(uint32_t) local;
    BIASED_FIELDS
    _Atomic(intptr_t) shared; // count << 2 | state; the count may be negative until merged
};

struct biased_thread {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) pending; // the queue is not empty
    sync_mutex mutex;                              // guards what follows
    bool started;                                  // mutex is initialised
    _Atomic(bool) owner_gone;                      // read under the mutex, but for a first look
    struct rc_header **queue;
    size_t count, room;
};
struct biased_world {
    _Atomic(uint32_t) orphans; // some detached thread may have left a queue
};
API struct biased_thread *biased_self(struct thread *t);
API struct biased_world *biased_world(struct thread *t);

// --- merging ----------------------------------------------------------------------------------

// Ends the object's ownership and adds `extra`; true if that leaves no reference. By the owner, or
// under the queue lock of an owner that has gone. local and tid go first: as soon as `shared` says
// MERGED, another thread may drop the last reference and free the object.
static __attribute__((noinline, unused)) bool biased_merge(struct rc_header *h, intptr_t extra)
{
    intptr_t add = (intptr_t)atomic_load_explicit(&h->local, memory_order_relaxed) + extra;
    atomic_store_explicit(&h->local, 0, memory_order_relaxed);
    atomic_store_explicit(&h->tid, 0, memory_order_relaxed);
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), merged;
    do {
        merged = (((shared >> 2) + add) * BIASED_ONE) | BIASED_MERGED;
        // release: what the owner did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, merged,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return merged == BIASED_MERGED;
}

// The owner gave up its last local reference.
static __attribute__((noinline, unused)) void biased_local_zero(struct thread *t,
                                                                struct rc_header *h)
{
    // acquire: pairs with foreign decrements that brought the shared count back to zero
    if (atomic_load_explicit(&h->shared, memory_order_acquire) == BIASED_DEFAULT ||
        biased_merge(h, 0))
        rc_die(t, h);
}

// --- the queue --------------------------------------------------------------------------------

static __attribute__((noinline, cold, unused)) void biased_queue_grow(struct biased_thread *q)
{
    size_t room = q->room != 0 ? 2 * q->room : 64;
    struct rc_header **bigger = sync_alloc(room * sizeof *bigger);
    for (size_t i = 0; i < q->count; i++)
        bigger[i] = sync_get(q->queue[i]);
    sync_free(q->queue);
    q->queue = bigger;
    q->room = room;
}

// Relaxed: under the lock.
API bool biased_owner_gone(struct biased_thread *q)
{
    return atomic_load_explicit(&q->owner_gone, memory_order_relaxed);
}

// Under the lock. A slot without a thread keeps no memory that it does not need.
API void biased_queue_empty(struct biased_thread *q)
{
    atomic_store_explicit(&q->pending, 0, memory_order_relaxed);
    if (biased_owner_gone(q)) {
        sync_free(q->queue);
        q->queue = NULL;
        q->room = 0;
    }
}

// The caller set QUEUED, so the reference that it gave up is the queue's.
static __attribute__((noinline, unused)) void biased_enqueue(struct thread *t, struct rc_header *h)
{
    uintptr_t tid = atomic_load_explicit(&h->tid, memory_order_relaxed);
    bool dead = false;
    if (tid == 0) {
        // The owner has merged it, or is about to and has already taken `local` into its sum: this
        // reference is in `shared` either way. release: the look at tid, which the free must not
        // overtake; acquire: what all others did, if it is dead
        dead = atomic_fetch_sub_explicit(&h->shared, BIASED_ONE, memory_order_acq_rel) ==
               (BIASED_ONE | BIASED_MERGED);
    } else {
        struct biased_thread *q = biased_self(thread_of_id(t, tid));
        sync_mutex_lock(&q->mutex);
        if (biased_owner_gone(q)) {
            // under the lock, lest a new thread takes over the id and counts meanwhile
            dead = biased_merge(h, -1);
        } else {
            if (sync_get(q->count) == sync_get(q->room))
                biased_queue_grow(q);
            size_t n = sync_get(q->count);
            sync_set(q->queue[n], h);
            sync_set(q->count, n + 1);
            atomic_store_explicit(&q->pending, 1, memory_order_relaxed);
        }
        sync_mutex_unlock(&q->mutex);
    }
    if (dead)
        rc_die(t, h);
}

// Takes one object out of a queue; its reference comes with it. A queue whose owner has gone is
// anybody's, so the merge happens under the lock; *dead tells whether it was the last reference.
API struct rc_header *biased_dequeue(struct biased_thread *q, bool own, bool *dead)
{
    struct rc_header *h = NULL;
    sync_mutex_lock(&q->mutex);
    size_t n = sync_get(q->count);
    if (n != 0 && (own || biased_owner_gone(q))) {
        h = sync_get(q->queue[n - 1]);
        sync_set(q->count, n - 1);
        *dead = biased_merge(h, -1);
    }
    if (sync_get(q->count) == 0)
        biased_queue_empty(q);
    sync_mutex_unlock(&q->mutex);
    return h;
}

static __attribute__((noinline, unused)) bool biased_merge_queue(struct thread *t,
                                                                 struct biased_thread *q, bool own)
{
    bool any = false, dead;
    for (struct rc_header *h; (h = biased_dequeue(q, own, &dead)) != NULL; any = true)
        if (dead)
            rc_die(t, h);
    return any;
}

// --- life -------------------------------------------------------------------------------------

API void biased_world_init(struct biased_world *bw)
{
    atomic_store_explicit(&bw->orphans, 0, memory_order_relaxed);
}
// A thread that takes over a slot takes over its id, hence the objects and the queue of that id.
API void biased_thread_attach(struct thread *t)
{
    struct biased_thread *q = biased_self(t);
    if (!q->started) {
        sync_mutex_init(&q->mutex);
        q->started = true;
    }
    sync_mutex_lock(&q->mutex);
    atomic_store_explicit(&q->owner_gone, false, memory_order_relaxed);
    sync_mutex_unlock(&q->mutex);
}
// What is still queued stays where it is, for the next to drain.
API void biased_thread_detach(struct thread *t)
{
    struct biased_thread *q = biased_self(t);
    sync_mutex_lock(&q->mutex);
    // release: pairs with biased_drain, which uses the mutex
    atomic_store_explicit(&q->owner_gone, true, memory_order_release);
    bool left = sync_get(q->count) != 0;
    if (!left)
        biased_queue_empty(q);
    sync_mutex_unlock(&q->mutex);
    // release: who takes the task sees owner_gone. A store would end the release sequence of
    // another thread that has left a queue, which then nobody need see; clang 14 makes a store of an
    // exchange whose answer is not used, but not of this.
    if (left)
        (void)atomic_fetch_or_explicit(&biased_world(t)->orphans, 1, memory_order_release);
}
API void biased_safepoint(struct thread *t)
{
    struct biased_thread *q = biased_self(t);
    if (__builtin_expect(atomic_load_explicit(&q->pending, memory_order_relaxed) != 0, 0))
        biased_merge_queue(t, q, true);
}
API bool biased_drain(struct thread *t)
{
    bool any = biased_merge_queue(t, biased_self(t), true);
    // acquire: who takes the task sees all that left their queues before the flag was taken
    if (atomic_load_explicit(&biased_world(t)->orphans, memory_order_relaxed) != 0 &&
        atomic_exchange_explicit(&biased_world(t)->orphans, 0, memory_order_acquire) != 0)
        for (unsigned i = 0; i < thread_slots(t); i++) {
            struct biased_thread *q = thread_slot(t, i) != NULL ? biased_self(thread_slot(t, i)) : NULL;
            // not thread_attached, which is true until long after the queue was left. acquire: what
            // the owner wrote, its mutex first of all, is there
            if (q != NULL && atomic_load_explicit(&q->owner_gone, memory_order_acquire))
                any |= biased_merge_queue(t, q, false);
        }
    return any;
}

// --- counting ---------------------------------------------------------------------------------

API bool biased_mine(struct thread *t, struct rc_header *h)
{
    return atomic_load_explicit(&h->tid, memory_order_relaxed) == thread_id(t);
}

// Relaxed: whoever learns of the object does so through a release.
API void biased_init(struct thread *t, struct rc_header *h)
{
    atomic_store_explicit(&h->tid, thread_id(t), memory_order_relaxed);
    atomic_store_explicit(&h->local, 1, memory_order_relaxed);
    // release: pairs with rc_try_incref by who still knows the block's former object. All later
    // changes of the word are read-modify-writes, which pass it on. (CPython stores it plainly.)
    atomic_store_explicit(&h->shared, BIASED_DEFAULT, memory_order_release);
}
API void biased_incref(struct thread *t, struct rc_header *h)
{
    if (__builtin_expect(biased_mine(t, h), 1)) {
        uint32_t n = atomic_load_explicit(&h->local, memory_order_relaxed);
        atomic_store_explicit(&h->local, n + 1, memory_order_relaxed);
    } else {
        // relaxed: the reference that the caller holds keeps the object alive
        atomic_fetch_add_explicit(&h->shared, BIASED_ONE, memory_order_relaxed);
    }
}

// A foreign decrement. With a shared count of zero, not queued and not merged, the reference that
// goes is one that `local` counts: the queue takes it over.
static __attribute__((noinline, unused)) void biased_decref_shared(struct thread *t,
                                                                   struct rc_header *h)
{
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), next;
    bool enqueue;
    do {
        enqueue = shared == BIASED_DEFAULT || shared == BIASED_PUBLISHED;
        next = enqueue ? BIASED_QUEUED : shared - BIASED_ONE;
        // release: what this thread did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (enqueue)
        biased_enqueue(t, h);
    else if (next == BIASED_MERGED)
        rc_die(t, h);
}

API void biased_decref(struct thread *t, struct rc_header *h)
{
    if (__builtin_expect(biased_mine(t, h), 1)) {
        uint32_t n = atomic_load_explicit(&h->local, memory_order_relaxed) - 1;
        atomic_store_explicit(&h->local, n, memory_order_relaxed);
        if (__builtin_expect(n == 0, 0))
            biased_local_zero(t, h);
    } else {
        biased_decref_shared(t, h);
    }
}
// Fails for the dead, and for what was never published: its count may be in local alone, which a
// foreign thread cannot test.
API bool biased_try_incref(struct thread *t, struct rc_header *h)
{
    if (biased_mine(t, h)) {
        uint32_t n = atomic_load_explicit(&h->local, memory_order_relaxed);
        if (n != 0) {
            atomic_store_explicit(&h->local, n + 1, memory_order_relaxed);
            return true;
        }
    }
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    do {
        if (shared == BIASED_DEFAULT || shared == BIASED_MERGED)
            return false;
        // acquire: pairs with rc_init of the object that the block may have become, so that the
        // second look of rc_try_load is not the older one
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, shared + BIASED_ONE,
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}
// Whatever the count: a foreign count may be on it already. Relaxed: who tries the object came to
// it by a way that orders, or finds the release of rc_init, which is passed on here too.
API void biased_publish(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    while ((shared & BIASED_STATE) == BIASED_DEFAULT)
        if (atomic_compare_exchange_weak_explicit(&h->shared, &shared, shared | BIASED_PUBLISHED,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
}

#endif
