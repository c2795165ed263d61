// SPDX-License-Identifier: MIT
//
// global_spin: global_mutex with a spin lock in the mutex's place: what of Stein's cost was
// pthread's mutex, and what the one line that every count of every thread goes through. It is told
// that David Beazley tried Stein's patch so in 2011 ("An Inside Look at the GIL Removal Patch of
// Lore"); the copy of that text that is left has figures for the mutex only. So this is a
// reconstruction: the lock is the simplest one that is not foolish, test-and-test-and-set (Rudolph
// and Segall, 1984), and nothing is known of his.
//
// Invariant: rc_global.h's; the word is 1 while a thread stands between global_lock and
// global_unlock, and that thread alone saw it change from 0.
// Memory order: an acquire that takes the lock, a release that gives it up. No back-off: the lock
// is held for a load, an addition and a store. A waiter whose holder does not run yields after a
// while (sync_await).
#ifndef RC_GLOBAL_SPIN_H
#define RC_GLOBAL_SPIN_H

#include "rc.h"

#define RC_SUMMARY "every change of any count under one process-wide spin lock"
#define RC_SOURCE  "after Greg Stein, 1996; ascribed to David Beazley, 2011"
#define RC_WHEN    "never; it shows how much of global_mutex is the mutex"

// A line of its own: what the word shares a line with would go with it from thread to thread.
struct rc_world {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) locked;
};

#include "rc_global.h"

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->locked, 0);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
// Acquire: pairs with the release in global_unlock. Relaxed: the test decides only when to try.
API void global_lock(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    while (atomic_exchange_explicit(&rw->locked, 1, memory_order_acquire) != 0)
        sync_await(atomic_load_explicit(&rw->locked, memory_order_relaxed) == 0);
}
// Release: pairs with the acquire in global_lock.
API void global_unlock(struct thread *t)
{
    atomic_store_explicit(&rc_world(t)->locked, 0, memory_order_release);
}

// The lock's own store is in no line of an object.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 1, .load = 1, .store = 1)                                                \
    op(decref_own, .rmw = 1, .load = 1, .store = 1)                                                \
    op(incref_other, .rmw = 1, .load = 1, .store = 1)                                              \
    op(decref_other, .rmw = 1, .load = 1, .store = 1)                                              \
    op(death_own, .rmw = 1, .load = 1, .store = 1)                                                 \
    op(try_incref, .rmw = 1, .load = 1, .store = 1)                                                \
    op(local_pair, .rmw = 2, .load = 2, .store = 2)                                                \
    op(load, .rmw = 2, .load = 2, .store = 2)                                                      \
    op(store, .rmw = 3, .load = 3, .store = 3)
// clang-format on

#endif
