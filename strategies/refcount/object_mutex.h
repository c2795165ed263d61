// SPDX-License-Identifier: MIT
//
// object_mutex: a mutex inside each object guards its count. The first thing that one thinks of
// when the global lock goes, and what Boost's shared_ptr did on POSIX systems without atomics
// (detail/sp_counted_base_pt.hpp: a pthread mutex beside the counts).
//
// Invariant: count = number of counted references and slots; changed only under the object's mutex.
// Memory order: the mutex orders everything, the word itself is relaxed. Who brings the count to
// zero has the mutex after all earlier decrements, so what their threads did happens before the
// death. Nothing is contended but what is really shared; what it costs is the lock and unlock, and
// 40 bytes an object (48 on arm64): more than most objects of an interpreter have besides. A lock
// of one byte would do; sync_mutex is taken because that is what the patch takes, and what makes
// this scheme comparable with global_mutex and striped_mutex.
//
// The mutex dies with what it guards. The last holder unlocks before rc_die. Each earlier holder
// released the mutex before the last one could lock it, but may not have returned from its unlock
// yet: POSIX demands that a mutex can be destroyed, and its memory freed, as soon as one has locked
// and unlocked it as its last user, and its rationale (pthread_mutex_destroy, "Destroying Mutexes")
// has this very use, a reference count inside the object, as the example. An implementation may
// touch nothing after the store that releases; glibc's wakes a sleeper by the address alone (it
// once did read the mutex there: bug 13690), so that at worst somebody who sleeps on the reused
// word wakes for no reason. RC_FINI destroys the mutex, not rc_decref: until obj_destroy is done,
// other threads may still ask the dying object (rc_weak_get; a table that it takes itself out of).
//
// A lock that lies in the object cannot tell whether the object is still there. rc_try_incref needs
// a block that is not freed, and even an allocator that keeps count words does not help: rc_init of
// the next object would set up a mutex that a late reader holds (Linux says the same of locks in
// SLAB_TYPESAFE_BY_RCU memory, include/linux/slab.h). So optimistic readers cannot have this scheme
// (RC_TRY_HELD); striped_mutex, whose locks outlive all objects, serves them.
#ifndef RC_OBJECT_MUTEX_H
#define RC_OBJECT_MUTEX_H

#include "rc.h"

#define RC_SUMMARY "every change of a count under a pthread mutex in the object itself"
#define RC_SOURCE  "Peter Dimov's boost::shared_ptr on POSIX, 2004 (sp_counted_base_pt.hpp)"
#define RC_WHEN    "never for counts alone; an object that needs its lock anyway has it at hand"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_HELD)

struct rc_header {
    _Atomic(intptr_t) count;
    sync_mutex mutex;
};

// Adds d and answers the new count.
API intptr_t object_mutex_add(struct rc_header *h, intptr_t d)
{
    sync_mutex_lock(&h->mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + d;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    sync_mutex_unlock(&h->mutex);
    return n;
}

// Relaxed, and without the mutex: nobody else knows the object yet.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    sync_mutex_init(&h->mutex);
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
#define RC_FINI(t, h) sync_mutex_destroy(&(h)->mutex)

API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    object_mutex_add(h, 1);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (object_mutex_add(h, -1) == 0)
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    sync_mutex_lock(&h->mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    if (n != 0)
        atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
    sync_mutex_unlock(&h->mutex);
    return n != 0;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// What the mutex itself does to the object's line is in lock_pair.
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

#include "rc_eager.h"

#endif
