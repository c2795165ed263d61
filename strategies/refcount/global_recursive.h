// SPDX-License-Identifier: MIT
//
// global_recursive: global_mutex with the lock that Greg Stein's patch had on Windows NT, where
// PyMutex is a CRITICAL_SECTION, which its owner may enter again.
//
// What is history: on NT the patch counted by InterlockedIncrement and InterlockedDecrement, which
// is what atomic does, and took CRITICAL_SECTIONs for everything else. What is reconstruction: this
// scheme, the counts as the patch had them on POSIX with NT's lock, which nobody shipped. It tells
// the lock from the way of counting in "about twice as slow", which is said of NT, and "even
// worse", which is said of Linux (the Python FAQ).
//
// The lock is NT's as it was until 2003, by its fields: a count that starts at -1 and that each
// comer adds one to, the owner, how often it entered, and something to sleep on. A leave that
// leaves somebody behind hands the section over: the count does not return to -1, so newcomers
// queue up behind the sleeper that is woken, and two threads that count in turns can switch at
// every count. That is where it is worse than a mutex that whoever comes first takes.
//
// Invariant: rc_global.h's; lock_count + 1 = threads inside or waiting + times the owner entered
// again; whoever raised it from -1, or took a wake-up, is the owner.
// Memory order: acquire by whoever becomes owner, release by whoever leaves. No count enters the
// section a second time, but each pays for being able to: two stores for the owner and the depth.
#ifndef RC_GLOBAL_RECURSIVE_H
#define RC_GLOBAL_RECURSIVE_H

#include "rc.h"

#define RC_SUMMARY "every change of any count under one process-wide re-entrant lock"
#define RC_SOURCE  "after Greg Stein, 1996 (PyMutex on NT); M. Pietrek, MSDN Magazine, 2003"
#define RC_WHEN    "never; it is what free threading cost where locks were re-entrant"

struct rc_world {
    _Alignas(SYNC_LINE) _Atomic(int32_t) lock_count; // -1: free
    _Atomic(uint32_t) recursion_count;               // the owner's
    _Atomic(uintptr_t) owning_thread;                // 0: nobody
    _Atomic(uint32_t) lock_semaphore;                // wake-ups that nobody took yet; waiters sleep
};

#include "rc_global.h"

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->lock_count, -1);
    atomic_init(&rw->recursion_count, 0);
    atomic_init(&rw->owning_thread, 0);
    atomic_init(&rw->lock_semaphore, 0);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
// Acquire: pairs with the release in global_recursive_wake; who takes the wake-up is the owner.
static __attribute__((noinline, cold, unused)) void global_recursive_sleep(struct rc_world *rw)
{
    for (;;) {
        uint32_t n = atomic_load_explicit(&rw->lock_semaphore, memory_order_relaxed);
        if (n == 0)
            sync_park(&rw->lock_semaphore, 0);
        else if (atomic_compare_exchange_weak_explicit(&rw->lock_semaphore, &n, n - 1,
                                                       memory_order_acquire, memory_order_relaxed))
            return;
    }
}
// Release: pairs with the acquire in global_recursive_sleep.
static __attribute__((noinline, cold, unused)) void global_recursive_wake(struct rc_world *rw)
{
    atomic_fetch_add_explicit(&rw->lock_semaphore, 1, memory_order_release);
    sync_unpark(&rw->lock_semaphore, 1);
}
// EnterCriticalSection. Acquire: pairs with the release in global_unlock. Relaxed: owner and depth
// are the owner's, and who is not the owner reads neither its own name nor the depth.
API void global_lock(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    if (atomic_fetch_add_explicit(&rw->lock_count, 1, memory_order_acquire) != -1) {
        if (atomic_load_explicit(&rw->owning_thread, memory_order_relaxed) == thread_id(t)) {
            uint32_t depth = atomic_load_explicit(&rw->recursion_count, memory_order_relaxed);
            atomic_store_explicit(&rw->recursion_count, depth + 1, memory_order_relaxed);
            return;
        }
        global_recursive_sleep(rw);
    }
    atomic_store_explicit(&rw->owning_thread, thread_id(t), memory_order_relaxed);
    atomic_store_explicit(&rw->recursion_count, 1, memory_order_relaxed);
}
// LeaveCriticalSection. Release: pairs with the acquire in global_lock.
API void global_unlock(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    uint32_t depth = atomic_load_explicit(&rw->recursion_count, memory_order_relaxed) - 1;
    atomic_store_explicit(&rw->recursion_count, depth, memory_order_relaxed);
    if (depth == 0)
        atomic_store_explicit(&rw->owning_thread, 0, memory_order_relaxed);
    if (atomic_fetch_sub_explicit(&rw->lock_count, 1, memory_order_release) != 0 && depth == 0)
        global_recursive_wake(rw);
}

// The lock's own loads and stores are in no line of an object.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 2, .load = 1, .store = 1)                                                \
    op(decref_own, .rmw = 2, .load = 1, .store = 1)                                                \
    op(incref_other, .rmw = 2, .load = 1, .store = 1)                                              \
    op(decref_other, .rmw = 2, .load = 1, .store = 1)                                              \
    op(death_own, .rmw = 2, .load = 1, .store = 1)                                                 \
    op(try_incref, .rmw = 2, .load = 1, .store = 1)                                                \
    op(local_pair, .rmw = 4, .load = 2, .store = 2)                                                \
    op(load, .rmw = 3, .load = 2, .store = 2)                                                      \
    op(store, .rmw = 5, .load = 3, .store = 3)
// clang-format on

#endif
