// SPDX-License-Identifier: MIT
//
// striped_mutex: a plain word, and a table of mutexes of which the object's address chooses one.
// What runtimes do whose counts have no lock of their own: Boost guards the counts of shared_ptr by
// a pool of 41 spinlocks where there are no atomics (sp_counted_base_spin.hpp, spinlock_pool<1>),
// and Objective-C keeps retain counts in 64 side tables, each with a lock on a line of its own
// (objc4, StripedMap, SideTable). Table, size and hash here are Objective-C's; the count stands in
// the object as Boost's does, the lock is a pthread mutex, so that global_mutex, striped_mutex and
// object_mutex differ only in how many mutexes there are.
//
// Invariant: count = number of counted references and slots; changed only under the mutex of the
// object's stripe.
// Memory order: the stripe orders everything, the word itself is relaxed. Who brings the count to
// zero has the stripe after all earlier decrements, so what their threads did happens before the
// death. The decision is made on the value that was read under the mutex, and acted on outside: a
// death counts other objects, perhaps of the same stripe.
//
// Objects that share nothing share stripes: two threads that count their own objects meet in one of
// 64 mutexes now and then, and hand its line to each other far more often than they meet. An object
// that all threads count has one mutex, as under global_mutex.
//
// The stripes are the scheme's own and not world_stripe: rc_weak_get holds the world's stripe of an
// object when it calls rc_try_incref, which would lock it again. As it is, the world's stripe comes
// first and the scheme's second, and nothing is called while a stripe of the scheme is held.
//
// The lock outlives the object, so rc_try_incref may ask for one whose block has been freed, if the
// allocator keeps count words. rc_init needs no order for that: who finds the new count there has
// the stripe after whoever gave up the old object.
#ifndef RC_STRIPED_MUTEX_H
#define RC_STRIPED_MUTEX_H

#include "rc.h"

#define RC_SUMMARY "every change of a count under one of 64 mutexes, chosen by the object's address"
#define RC_SOURCE  "Boost's spinlock_pool (Peter Dimov, 2008); Objective-C's SideTables (objc4)"
#define RC_WHEN    "never where there are atomics; it shows what stripes save over one lock"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

enum { STRIPED_MUTEX_STRIPES = 64 }; // as objc4 has but on iOS devices (8)

struct rc_header {
    _Atomic(intptr_t) count;
};
struct rc_world {
    struct {
        _Alignas(SYNC_LINE) sync_mutex mutex;
    } stripe[STRIPED_MUTEX_STRIPES];
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    for (unsigned i = 0; i < STRIPED_MUTEX_STRIPES; i++)
        sync_mutex_init(&rw->stripe[i].mutex);
}
API void rc_world_fini(struct rc_world *rw)
{
    for (unsigned i = 0; i < STRIPED_MUTEX_STRIPES; i++)
        sync_mutex_destroy(&rw->stripe[i].mutex);
}

// objc4's indexForPointer: without the bits that alignment leaves zero.
API sync_mutex *striped_mutex_of(struct thread *t, struct rc_header *h)
{
    uintptr_t address = sync_address(h);
    return &rc_world(t)->stripe[((address >> 4) ^ (address >> 9)) % STRIPED_MUTEX_STRIPES].mutex;
}

// Adds d and answers the new count.
API intptr_t striped_mutex_add(struct thread *t, struct rc_header *h, intptr_t d)
{
    sync_mutex *mutex = striped_mutex_of(t, h);
    sync_mutex_lock(mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + d;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    sync_mutex_unlock(mutex);
    return n;
}

// Relaxed, and without the mutex: nobody else knows the object yet.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    striped_mutex_add(t, h, 1);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (striped_mutex_add(t, h, -1) == 0)
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    sync_mutex *mutex = striped_mutex_of(t, h);
    sync_mutex_lock(mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    if (n != 0)
        atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
    sync_mutex_unlock(mutex);
    return n != 0;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .lock_pair = 1, .load = 1, .store = 1)                                          \
    op(decref_own, .lock_pair = 1, .load = 1, .store = 1)                                          \
    op(incref_other, .lock_pair = 1, .load = 1, .store = 1)                                        \
    op(decref_other, .lock_pair = 1, .load = 1, .store = 1)                                        \
    op(death_own, .lock_pair = 1, .load = 1, .store = 1)                                           \
    op(try_incref, .lock_pair = 1, .load = 1, .store = 1)                                          \
    op(local_pair, .lock_pair = 2, .load = 2, .store = 2)                                          \
    op(load, .lock_pair = 1, .rmw = 1, .load = 2, .store = 2)                                      \
    op(store, .lock_pair = 2, .rmw = 1, .load = 3, .store = 3)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_defer.h"
#include "rc_no_cycles.h"
#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

#endif
