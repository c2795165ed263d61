// SPDX-License-Identifier: MIT
//
// A plain word, and one lock for all the words of the process: the core of global_mutex,
// global_recursive and global_spin, which differ in the lock alone. A scheme includes it after
// struct rc_world, which holds the lock, and defines rc_world_init, rc_world_fini and the two
// functions below.
//
// Invariant: count = number of counted references and slots; changed only under the lock.
// Memory order: the lock orders everything; the word itself is relaxed. The decision to die is made
// on the value that was read under the lock, and acted on outside. As in Greg Stein's patch, the
// functions are called and not inlined, and a new object's count is set without the lock.
#ifndef RC_GLOBAL_H
#define RC_GLOBAL_H

#include "rc.h"

#define RC_TRAITS (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_header {
    _Atomic(intptr_t) count;
};

// Nothing else is locked while it is held, and nobody waits.
API void global_lock(struct thread *t);
API void global_unlock(struct thread *t);

// _Py_SafeIncr and _Py_SafeDecr in one: adds d and answers the new count.
static __attribute__((noinline, unused)) intptr_t global_add(struct thread *t, struct rc_header *h,
                                                             intptr_t d)
{
    global_lock(t);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + d;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    global_unlock(t);
    return n;
}

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    global_add(t, h, 1);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (global_add(t, h, -1) == 0)
        rc_die(t, h);
}
// The original has no such operation; under its lock it is a test and an addition.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    global_lock(t);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    if (n != 0)
        atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
    global_unlock(t);
    return n != 0;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_defer.h"
#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

#endif
