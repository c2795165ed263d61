// SPDX-License-Identifier: MIT
//
// What a workload's file includes first; WORKLOAD(w), for its `static const struct workload w`, is
// its last line. The rest is the glue between one cell's schemes, which are inlined here, and the
// runner, which does not know them.
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "../harness/run.h"
#include "object.h"

// --- what many workloads say ------------------------------------------------------------------

// A measuring thread's own part holds no object.
API int64_t holds_nothing(const void *own)
{
    (void)own;
    return 0;
}
// Whether exactly n objects died on this thread since thread_died was `before`. A scheme that lets
// them die later, or lets another thread carry it out, is judged by the runner, who finds every
// world empty or not.
API bool died_since(struct thread *t, uint64_t before, uint64_t n)
{
    thread_drain(t);
    return (RC_TRAITS & (RC_FREES | RC_LATE)) != RC_FREES || thread_died(t) - before == n;
}

// --- the glue ---------------------------------------------------------------------------------

static struct thread *cell_enter(struct world *w)
{
    struct thread *t = thread_attach(w);
    // relaxed: asked while no thread of the harness comes or goes
    atomic_store_explicit(&t->entered, true, memory_order_relaxed);
    lk_enter(t);
    return t;
}
static void cell_leave(struct thread *t)
{
    thread_drain(t);
    lk_leave(t);
    // the slot's next life may be another's
    atomic_store_explicit(&t->entered, false, memory_order_relaxed);
    thread_detach(t);
}
static int64_t cell_net(const struct thread *t)
{
    return (int64_t)(thread_made(t) - thread_died(t));
}
static int64_t cell_net_background(struct world *w)
{
    int64_t net = 0;
    // acquire: pairs with thread_reserve; that many slots are there
    unsigned n = atomic_load_explicit(&w->slots, memory_order_acquire);
    for (unsigned i = 0; i < n; i++) {
        const struct thread *t = atomic_load_explicit(&w->slot[i], memory_order_relaxed);
        if (!atomic_load_explicit(&t->entered, memory_order_relaxed))
            net += cell_net(t);
    }
    return net;
}

static const struct cell_calls cell_calls = {
    .world_open = world_open,
    .world_close = world_close,
    .world_live = world_live,
    .enter = cell_enter,
    .leave = cell_leave,
    .drain = thread_drain,
    .safepoint = thread_safepoint,
    .blocking_begin = lk_blocking_begin,
    .blocking_end = lk_blocking_end,
    .net = cell_net,
    .net_background = cell_net_background,
    .pause = thread_longest_pause,
    .frees = (RC_TRAITS & RC_FREES) != 0,
    .cycles = (RC_TRAITS & RC_CYCLES) != 0,
    .isolated = (LK_TRAITS & LK_ISOLATED) != 0,
};

#define WORKLOAD(w)                                                                          \
    static const struct cell_program w##_program = {.workload = &(w), .calls = &cell_calls}; \
    static const struct cell_program *const w##_entry                                        \
        __attribute__((used, section(RUN_SECTION))) = &w##_program;

#endif
