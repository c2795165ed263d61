// SPDX-License-Identifier: MIT
//
// gil_ticks: one lock for the whole runtime, given up and taken again after every hundred ticks.
// CPython's global interpreter lock until 3.1 (2009; Python/ceval.c, Python/thread_pthread.h), with
// the lock that it had on Linux in its last years: a semaphore.
//
// The evaluation loop counts a ticker down; below 0 it is set to the check interval, 100 (until 2.2
// 10, which a runtime may ask for: FEATURE_CHECK_10), and the
// lock is given and taken at once, in the hope that somebody else takes it in between. Nothing says
// that somebody does: the semaphore's value is 1 again, who has it in cache takes it, and the one
// that was woken finds 0 and sleeps on. With several processors that is the usual case, and a
// thread that waits for its turn after each read of a socket waits for a computing one again and
// again (the convoy: D. Beazley, Understanding the Python GIL, 2010). gil.h is what came of it.
//
// Invariant: value + threads in the runtime = 1; the ticker belongs to who is in the runtime.
//
// No wake-up is lost. A waiter says so before it looks at the value, a giver adds to the value
// before it looks for waiters, and all four are seq_cst: one of the two sees the other. The kernel
// puts a waiter to sleep only while the value is 0.
//
// Memory order. Acquire, release: taking the value pairs with giving it. Seq_cst: as above.
#ifndef LK_GIL_TICKS_H
#define LK_GIL_TICKS_H

#include "lk.h"

#define LK_SUMMARY "one lock for the runtime, a semaphore, given and taken again every 100 ticks"
#define LK_SOURCE  "CPython until 3.1, 2009: Python/ceval.c, Python/thread_pthread.h"
#define LK_WHEN    "never; it is where the convoy comes from"
#define LK_TRAITS  (LK_EXCLUDES | LK_GLOBAL)

#ifdef FEATURE_CHECK_10
enum { GIL_CHECK_INTERVAL = 10 }; // sys.setcheckinterval's default until 2.2
#else
enum { GIL_CHECK_INTERVAL = 100 };
#endif

struct lk_world {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) value; // 1: free
    _Atomic(uint32_t) waiters;
    _Alignas(SYNC_LINE) int32_t ticker;
};

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)w;
    atomic_init(&lw->value, 1);
    atomic_init(&lw->waiters, 0);
    sync_set(lw->ticker, GIL_CHECK_INTERVAL);
}
API void lk_world_fini(struct lk_world *lw)
{
    (void)lw;
}

static __attribute__((noinline, cold, unused)) void gil_ticks_wait(struct thread *t)
{
    struct lk_world *lw = lk_world(t);
    thread_offline(t);
    // seq_cst: before the look at the value; a giver looks here behind it
    atomic_fetch_add_explicit(&lw->waiters, 1, memory_order_seq_cst);
    for (;;) {
        uint32_t n = atomic_load_explicit(&lw->value, memory_order_seq_cst);
        if (n == 0)
            sync_park(&lw->value, 0);
        else if (atomic_compare_exchange_weak_explicit(&lw->value, &n, n - 1, memory_order_acquire,
                                                       memory_order_relaxed))
            break;
    }
    // relaxed: seen late it costs a wake-up of nobody
    atomic_fetch_sub_explicit(&lw->waiters, 1, memory_order_relaxed);
    thread_back(t);
}
API void gil_ticks_take(struct thread *t)
{
    uint32_t one = 1;
    // acquire: pairs with gil_ticks_give
    if (!atomic_compare_exchange_strong_explicit(&lk_world(t)->value, &one, 0, memory_order_acquire,
                                                 memory_order_relaxed))
        gil_ticks_wait(t);
}
API void gil_ticks_give(struct thread *t)
{
    struct lk_world *lw = lk_world(t);
    // release: pairs with who takes it. seq_cst: before the look for waiters
    atomic_fetch_add_explicit(&lw->value, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&lw->waiters, memory_order_seq_cst) != 0)
        sync_unpark(&lw->value, 1);
}

API void lk_enter(struct thread *t)
{
    gil_ticks_take(t);
}
API void lk_leave(struct thread *t)
{
    gil_ticks_give(t);
}
API void lk_blocking_begin(struct thread *t)
{
    gil_ticks_give(t);
    thread_offline(t);
}
API void lk_blocking_end(struct thread *t)
{
    thread_back(t);
    gil_ticks_take(t);
}
static __attribute__((noinline, cold, unused)) void gil_ticks_check(struct thread *t)
{
    sync_set(lk_world(t)->ticker, GIL_CHECK_INTERVAL);
    gil_ticks_give(t);
    // others may run now
    gil_ticks_take(t);
}
API void lk_safepoint(struct thread *t)
{
    int32_t ticker = sync_get(lk_world(t)->ticker) - 1;
    sync_set(lk_world(t)->ticker, ticker);
    if (__builtin_expect(ticker < 0, 0))
        gil_ticks_check(t);
}

// A container costs nothing; a tick is no line of an object.
// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, 0)                                                                                    \
    op(lock2, 0)                                                                                   \
    op(read, 0)                                                                                    \
    op(enter, .rmw = 2)                                                                            \
    op(safepoint, 0)
// clang-format on

#include "lk_no_lock.h"
#include "lk_no_read.h"
#include "lk_no_thread.h"

#endif
