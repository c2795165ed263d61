// SPDX-License-Identifier: MIT
//
// global_mutex: a plain word, and one mutex for all the words of the process. Greg Stein's
// free-threading patch on POSIX (Include/pymutex.h, Python/pymutex.c): every Py_INCREF calls a
// function that locks _Py_RefMutex, adds one, unlocks, and every Py_DECREF likewise.
//
// Invariant: count = number of counted references and slots; changed only under the mutex.
// Memory order: the mutex orders everything; the word itself is relaxed. The decision to die is
// made on the value that was read under the mutex, and acted on outside. Faithful to the original:
// the mutex is pthread's with default attributes, the functions are called and not inlined, a new
// object's count is set without the mutex.
#ifndef RC_GLOBAL_MUTEX_H
#define RC_GLOBAL_MUTEX_H

#include "rc.h"

#define RC_SUMMARY "every change of any count under one process-wide pthread mutex"
#define RC_SOURCE  "Greg Stein's free-threading patch for Python 1.4 on POSIX, 1996"
#define RC_WHEN    "never; it is what free threading cost before machines had cheap atomics"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_header {
    _Atomic(intptr_t) count;
};
struct rc_world {
    sync_mutex mutex;
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    sync_mutex_init(&rw->mutex);
}
API void rc_world_fini(struct rc_world *rw)
{
    sync_mutex_destroy(&rw->mutex);
}

// _Py_SafeIncr and _Py_SafeDecr in one: adds d and answers the new count.
static __attribute__((noinline, unused)) intptr_t global_mutex_add(struct rc_world *rw,
                                                                   struct rc_header *h, intptr_t d)
{
    sync_mutex_lock(&rw->mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + d;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    sync_mutex_unlock(&rw->mutex);
    return n;
}

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    global_mutex_add(rc_world(t), h, 1);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (global_mutex_add(rc_world(t), h, -1) == 0)
        rc_die(t, h);
}
// The original has no such operation; under its mutex it is a test and an addition.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    struct rc_world *rw = rc_world(t);
    sync_mutex_lock(&rw->mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    if (n != 0)
        atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
    sync_mutex_unlock(&rw->mutex);
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
