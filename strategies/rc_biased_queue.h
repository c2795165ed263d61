// SPDX-License-Identifier: MIT
//
// The queues of biased counting. A thread that finds an object whose count only the owner can tell
// puts it on the owner's queue; the owner merges what is in its queue at its next safepoint, and
// frees what turns out dead: not the foreign thread. An owner that has gone no longer counts;
// whoever would have queued the object merges it instead, under the lock of the owner's queue, and
// so does who drains what it left.
//
// Invariant: an object is in one queue at most, that of the thread with the id in its header, whom
// a new thread in its slot succeeds.
//
// A scheme includes this after its counts; its struct rc_thread and struct rc_world have parts that
// biased_self and biased_world find.
#ifndef RC_BIASED_QUEUE_H
#define RC_BIASED_QUEUE_H

#include "rc.h"

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

// Ends the ownership of what a queue held, and the queue's own reference if it has one; true if no
// reference is left. By the owner, or under the queue lock of an owner that has gone.
API bool biased_merge_queued(struct rc_header *h);

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

// Onto the queue of the thread with that id. True if its owner has gone and that leaves no
// reference: the caller ends the object.
API bool biased_queue_put(struct thread *t, uintptr_t tid, struct rc_header *h)
{
    bool dead = false;
    struct biased_thread *q = biased_self(thread_of_id(t, tid));
    sync_mutex_lock(&q->mutex);
    if (biased_owner_gone(q)) {
        // under the lock, lest a new thread takes over the id and counts meanwhile
        dead = biased_merge_queued(h);
    } else {
        if (sync_get(q->count) == sync_get(q->room))
            biased_queue_grow(q);
        size_t n = sync_get(q->count);
        sync_set(q->queue[n], h);
        sync_set(q->count, n + 1);
        atomic_store_explicit(&q->pending, 1, memory_order_relaxed);
    }
    sync_mutex_unlock(&q->mutex);
    return dead;
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
        *dead = biased_merge_queued(h);
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
    // another thread that has left a queue, which then nobody need see; clang 14 makes a store of
    // an exchange whose answer is not used, but not of this.
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
            struct biased_thread *q =
                thread_slot(t, i) != NULL ? biased_self(thread_slot(t, i)) : NULL;
            // not thread_attached, which is true until long after the queue was left. acquire: what
            // the owner wrote, its mutex first of all, is there
            if (q != NULL && atomic_load_explicit(&q->owner_gone, memory_order_acquire))
                any |= biased_merge_queue(t, q, false);
        }
    return any;
}

// With the world stopped: merges what is in all queues, and shows what turns out dead.
API void biased_settle(struct thread *t, void (*dead)(void *, struct rc_header *), void *argument)
{
    for (unsigned i = 0; i < thread_slots(t); i++) {
        struct biased_thread *q = biased_self(thread_slot(t, i));
        bool last;
        if (!q->started)
            continue;
        for (struct rc_header *h; (h = biased_dequeue(q, true, &last)) != NULL;)
            if (last)
                dead(argument, h);
    }
}

#endif
