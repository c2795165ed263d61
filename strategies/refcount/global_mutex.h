// SPDX-License-Identifier: MIT
//
// global_mutex: a plain word, and one mutex for all the words of the process. Greg Stein's
// free-threading patch on POSIX (Include/pymutex.h, Python/pymutex.c): every Py_INCREF calls a
// function that locks _Py_RefMutex, adds one, unlocks, and every Py_DECREF likewise.
//
// Invariant and memory order are rc_global.h's. Faithful to the original: the mutex is pthread's
// with default attributes.
#ifndef RC_GLOBAL_MUTEX_H
#define RC_GLOBAL_MUTEX_H

#include "rc.h"

#define RC_SUMMARY "every change of any count under one process-wide pthread mutex"
#define RC_SOURCE  "Greg Stein's free-threading patch for Python 1.4 on POSIX, 1996"
#define RC_WHEN    "never; it is what free threading cost before machines had cheap atomics"

struct rc_world {
    sync_mutex mutex;
};

#include "rc_global.h"

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    sync_mutex_init(&rw->mutex);
}
API void rc_world_fini(struct rc_world *rw)
{
    sync_mutex_destroy(&rw->mutex);
}
API void global_lock(struct thread *t)
{
    sync_mutex_lock(&rc_world(t)->mutex);
}
API void global_unlock(struct thread *t)
{
    sync_mutex_unlock(&rc_world(t)->mutex);
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

#endif
