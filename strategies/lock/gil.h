// SPDX-License-Identifier: MIT
//
// gil: one lock for the whole runtime, with a switch interval and a forced switch. CPython's global
// interpreter lock since 3.2 (Antoine Pitrou, 2009; Python/ceval_gil.c). A waiter sleeps on the
// lock for 5 ms; if it was not handed over meanwhile it sets the drop request, which the holder's
// next safepoint sees; and the holder that drops it on request waits until another thread has taken
// it, so that it cannot snatch it back before the waiter has woken.
//
// Invariant: one thread is in the runtime; whoever gives the lock up on request is not the next to
// take it.
// Memory order: everything but the drop request is under the mutex, which orders one holder's turn
// before the next one's. The drop request is relaxed: a hint that may be seen late.
#ifndef LK_GIL_H
#define LK_GIL_H

#include "lk.h"

#define LK_SUMMARY "one lock for the runtime: 5 ms interval, drop request, forced switch"
#define LK_SOURCE  "A. Pitrou, CPython 3.2's ceval_gil.h, 2009"
#define LK_WHEN    "threads wait more than they compute, or call what is not safe otherwise"
#define LK_TRAITS  (LK_EXCLUDES | LK_GLOBAL)

#define GIL_INTERVAL_NS 5000000u // sys.getswitchinterval()

struct lk_world {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) drop_request; // what every safepoint reads
    _Alignas(SYNC_LINE) sync_mutex mutex;               // guards the rest
    bool locked;
    uintptr_t last_holder; // thread id
    uint64_t switches;     // times that the holder changed
    unsigned takers;       // threads that sleep on freed
    unsigned droppers;     // threads that sleep on taken
    // Two condition variables: a number that each signal changes, and on which waiters sleep.
    _Atomic(uint32_t) freed, taken;
};

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)w;
    sync_mutex_init(&lw->mutex);
}
API void lk_world_fini(struct lk_world *lw)
{
    sync_mutex_destroy(&lw->mutex);
}

// Under the mutex: changes a condition's number; the caller wakes sleepers after unlocking.
// Relaxed, as the sleeper's read in gil_wait: both happen under the mutex, and the kernel compares
// the number with the word when the sleeper goes to sleep.
API void gil_signal(_Atomic(uint32_t) *condition)
{
    uint32_t n = atomic_load_explicit(condition, memory_order_relaxed);
    atomic_store_explicit(condition, n + 1, memory_order_relaxed);
}
// Under the mutex, which it gives up meanwhile. False when the time was up.
API bool gil_wait(struct lk_world *lw, _Atomic(uint32_t) *condition, unsigned *sleepers,
                  uint64_t ns)
{
    uint32_t n = atomic_load_explicit(condition, memory_order_relaxed);
    ++*sleepers;
    sync_mutex_unlock(&lw->mutex);
    bool in_time = sync_park_for(condition, n, ns);
    sync_mutex_lock(&lw->mutex);
    --*sleepers;
    return in_time;
}

static __attribute__((noinline, unused)) void gil_take(struct thread *t)
{
    struct lk_world *lw = lk_world(t);
    bool waited = false;
    sync_mutex_lock(&lw->mutex);
    while (lw->locked) {
        if (!waited) {
            // the other layers' hooks take locks of their own: not under this mutex
            sync_mutex_unlock(&lw->mutex);
            thread_offline(t);
            waited = true;
            sync_mutex_lock(&lw->mutex);
            continue;
        }
        uint64_t switches = lw->switches;
        bool in_time = gil_wait(lw, &lw->freed, &lw->takers, GIL_INTERVAL_NS);
        if (!in_time && lw->locked && lw->switches == switches)
            atomic_store_explicit(&lw->drop_request, 1, memory_order_relaxed);
    }
    lw->locked = true;
    if (lw->last_holder != thread_id(t)) {
        lw->last_holder = thread_id(t);
        lw->switches++;
    }
    atomic_store_explicit(&lw->drop_request, 0, memory_order_relaxed);
    bool wake = lw->droppers != 0;
    if (wake)
        gil_signal(&lw->taken);
    sync_mutex_unlock(&lw->mutex);
    if (wake)
        sync_unpark(&lw->taken, UINT32_MAX);
    if (waited)
        thread_back(t);
}

// `forced`: wait until another thread has it, if one asked.
static __attribute__((noinline, unused)) void gil_drop(struct thread *t, bool forced)
{
    struct lk_world *lw = lk_world(t);
    sync_mutex_lock(&lw->mutex);
    sync_check(lw->locked && lw->last_holder == thread_id(t),
               "gil: dropped by a thread that does not hold it");
    lw->locked = false;
    bool wake = lw->takers != 0;
    if (wake)
        gil_signal(&lw->freed);
    sync_mutex_unlock(&lw->mutex);
    if (wake)
        sync_unpark(&lw->freed, 1);
    if (!forced)
        return;
    thread_offline(t);
    sync_mutex_lock(&lw->mutex);
    // without a sleeper the request is stale: whoever made it has been served or has gone
    while (lw->last_holder == thread_id(t) && lw->takers != 0 && !lw->locked)
        gil_wait(lw, &lw->taken, &lw->droppers, UINT64_MAX);
    sync_mutex_unlock(&lw->mutex);
    thread_back(t);
}

API void lk_enter(struct thread *t)
{
    gil_take(t);
}
API void lk_leave(struct thread *t)
{
    gil_drop(t, false);
}
API void lk_blocking_begin(struct thread *t)
{
    gil_drop(t, false);
    thread_offline(t);
}
API void lk_blocking_end(struct thread *t)
{
    thread_back(t);
    gil_take(t);
}
static __attribute__((noinline, cold, unused)) void gil_switch(struct thread *t)
{
    gil_drop(t, true);
    gil_take(t);
}
API void lk_safepoint(struct thread *t)
{
    if (__builtin_expect(
            atomic_load_explicit(&lk_world(t)->drop_request, memory_order_relaxed) != 0, 0))
        gil_switch(t);
}

// A container costs nothing; entering and leaving take the lock's own mutex once each.
// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, 0)                                                                                    \
    op(lock2, 0)                                                                                   \
    op(read, 0)                                                                                    \
    op(enter, .lock_pair = 2)                                                                      \
    op(safepoint, 0)
// clang-format on

#include "lk_no_lock.h"
#include "lk_no_read.h"
#include "lk_no_thread.h"

#endif
