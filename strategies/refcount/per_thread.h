// SPDX-License-Identifier: MIT
//
// per_thread: pep703, and objects that all threads count all the time (RC_HOT; CPython 3.14: types,
// code objects) have a count for each thread. A count of one line that everybody writes does not
// scale, even where it is rarely local references that are counted: each new instance counts its
// type.
//
// A hot object has a number, its place in an array of counts that each thread has. A count by any
// thread, the maker too, is a plain addition to its own array, and may be negative there. The
// counts come together in the object when a thread goes and when the world is stopped for a
// collection, which alone ends the object. Numbers are reused; a thread's array grows when it first
// counts an object whose number is beyond it.
//
// Invariant: a hot object's count is its `shared` and what all arrays have at its number, and every
// array has 0 at a number that is free. Nobody is its owner: tid is HOT + number, no thread's id,
// and local is 0; nobody writes its line but who publishes it, a thread that goes, and the
// collector.
// Memory order: arrays are their threads' own, and the world's stop orders what they did. tid is
// stored with release when an object is made hot: pairs with rc_try_incref by who knows the block's
// former object.
//
// 3.14 keeps the number in the type (ht->unique_id) and asks for it after a look at the owner; this
// finds it in the look.
#ifndef RC_PER_THREAD_H
#define RC_PER_THREAD_H

#include "rc.h"

// Numbers that tables have room for at first; it doubles.
#ifndef RC_LOG_SIZE
#define RC_LOG_SIZE 16
#endif

enum { PER_THREAD_HOT = 1 << 20 }; // above any thread's id
_Static_assert(THREADS_MAX < (int)PER_THREAD_HOT, "a hot object's number is nobody's id");

struct pep703_thread {
    int64_t *count; // by number
    size_t room;
};
struct pep703_world {
    sync_mutex mutex;          // guards what follows
    struct rc_header **object; // by number; NULL: free
    size_t numbers, room;      // numbers in use or free; slots
    size_t *free;
    size_t free_count;
};

#define BIASED_ELSEWHERE(t, h, n) per_thread_count(t, h, n)
API bool per_thread_count(struct thread *t, struct rc_header *h, int n);
#include "rc_pep703_pages.h"

#define RC_SUMMARY "pep703, and hot objects have a count for each thread"
#define RC_SOURCE  "CPython 3.14's uniqueid.c (Sam Gross, 2024)"
#define RC_WHEN    "as pep703, where all threads make and end objects of the same few types"
#define RC_TRAITS  (RC_SHARED | PEP703_TRAITS | RC_VISITS | RC_SPREADS)
#define RC_ALLOC   heaps
#define RC_RECLAIM gus

// --- numbers ----------------------------------------------------------------------------------

API void pep703_world_init(struct pep703_world *pw)
{
    sync_mutex_init(&pw->mutex);
    pw->object = NULL;
    pw->free = NULL;
    pw->numbers = pw->room = pw->free_count = 0;
}
API void pep703_world_fini(struct pep703_world *pw)
{
    sync_free(pw->object);
    sync_free(pw->free);
    sync_mutex_destroy(&pw->mutex);
}
// Under the mutex.
static __attribute__((noinline, cold, unused)) void per_thread_world_grow(struct pep703_world *pw)
{
    size_t n = sync_get(pw->numbers), room = n != 0 ? 2 * n : RC_LOG_SIZE;
    struct rc_header **object = sync_alloc(room * sizeof *object);
    for (size_t i = 0; i < n; i++)
        sync_set(object[i], sync_get(pw->object[i]));
    sync_free(sync_get(pw->object));
    sync_free(sync_get(pw->free)); // all are in use
    sync_set(pw->object, object);
    sync_set(pw->free, sync_alloc(room * sizeof *pw->free));
    sync_set(pw->room, room);
}
static __attribute__((noinline, unused)) size_t per_thread_number(struct thread *t,
                                                                  struct rc_header *h)
{
    struct pep703_world *pw = &rc_world(t)->own;
    sync_mutex_lock(&pw->mutex);
    size_t free = sync_get(pw->free_count), number = sync_get(pw->numbers);
    if (free != 0) {
        number = sync_get(pw->free[free - 1]);
        sync_set(pw->free_count, free - 1);
    } else {
        if (number == sync_get(pw->room))
            per_thread_world_grow(pw);
        sync_set(pw->numbers, number + 1);
    }
    sync_set(pw->object[number], h);
    sync_mutex_unlock(&pw->mutex);
    return number;
}

// --- counting ---------------------------------------------------------------------------------

static __attribute__((noinline, cold, unused)) void per_thread_grow(struct pep703_thread *own,
                                                                    size_t number)
{
    size_t had = sync_get(own->room), room = had != 0 ? had : RC_LOG_SIZE;
    while (room <= number)
        room *= 2;
    int64_t *count = sync_alloc(room * sizeof *count);
    for (size_t i = 0; i < had; i++)
        sync_set(count[i], sync_get(own->count[i]));
    sync_free(sync_get(own->count));
    sync_set(own->count, count);
    sync_set(own->room, room);
}
API bool per_thread_count(struct thread *t, struct rc_header *h, int n)
{
    uintptr_t tid = atomic_load_explicit(&h->tid, memory_order_relaxed);
    if (tid < PER_THREAD_HOT)
        return false;
    struct pep703_thread *own = &rc_self(t)->own;
    size_t number = tid - PER_THREAD_HOT;
    if (__builtin_expect(number >= sync_get(own->room), 0))
        per_thread_grow(own, number);
    sync_set(own->count[number], sync_get(own->count[number]) + n);
    return true;
}
// Brings a thread's counts into the objects: by that thread under the mutex, or in a stopped world.
API void per_thread_fold(struct pep703_world *pw, struct pep703_thread *own)
{
    for (size_t i = 0; i < sync_get(own->room); i++) {
        int64_t n = sync_get(own->count[i]);
        if (n == 0)
            continue;
        sync_set(own->count[i], 0);
        // relaxed: nobody decides anything by the count before the world has been stopped
        atomic_fetch_add_explicit(&sync_get(pw->object[i])->shared, n * BIASED_ONE,
                                  memory_order_relaxed);
    }
}
API void pep703_thread_detach(struct thread *t)
{
    struct pep703_world *pw = &rc_world(t)->own;
    struct pep703_thread *own = &rc_self(t)->own;
    sync_mutex_lock(&pw->mutex);
    per_thread_fold(pw, own);
    sync_mutex_unlock(&pw->mutex);
    sync_free(sync_get(own->count));
    sync_set(own->count, NULL);
    sync_set(own->room, 0);
}
API void pep703_settle(struct thread *t)
{
    for (unsigned i = 0; i < thread_slots(t); i++)
        per_thread_fold(&rc_world(t)->own, &rc_self(thread_slot(t, i))->own);
}

// The maker's reference moves into its array.
API void pep703_made(struct thread *t, struct rc_header *h, unsigned flags)
{
    if ((flags & RC_HOT) == 0)
        return;
    size_t number = per_thread_number(t, h);
    atomic_store_explicit(&h->local, 0, memory_order_relaxed);
    // release: see the head
    atomic_store_explicit(&h->tid, PER_THREAD_HOT + number, memory_order_release);
    per_thread_count(t, h, 1);
}
// By the collector; the counts have come together.
API void pep703_ended(struct thread *t, struct rc_header *h)
{
    struct pep703_world *pw = &rc_world(t)->own;
    uintptr_t tid = atomic_load_explicit(&h->tid, memory_order_relaxed);
    if (tid < PER_THREAD_HOT)
        return;
    sync_set(pw->object[tid - PER_THREAD_HOT], NULL);
    sync_set(pw->free[sync_get(pw->free_count)], tid - PER_THREAD_HOT);
    sync_set(pw->free_count, sync_get(pw->free_count) + 1);
}

// As pep703; a count by another thread than the owner looks whether the object is hot.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 2, .store = 1)                                                          \
    op(decref_own, .load = 2, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 3)                                                          \
    op(decref_other, .rmw = 1, .load = 4)                                                          \
    op(death_own, .load = 4, .store = 1)                                                           \
    op(tracked_new, .store = 4)                                                                    \
    op(tracked_death, .load = 5, .store = 2)                                                       \
    op(try_incref, .rmw = 1, .load = 4)                                                            \
    op(local_pair, .rmw = 2, .load = 8)                                                            \
    op(load, .rmw = 2, .load = 4, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 5, .store = 3)                                                     \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)                                                                 \
    op(local_deferred, .load = 1)                                                                  \
    op(incref_hot, .load = 3)                                                                      \
    op(decref_hot, .load = 3)
// clang-format on

#endif
