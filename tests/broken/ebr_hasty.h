// SPDX-License-Identifier: MIT
//
// ebr_hasty: ebr, but who moves the epoch reads it behind the fence: another thread may have moved
// it meanwhile, for what was retired since, and its look at readers is as old as the fence. x86-64
// forgives it.
#ifndef RL_EBR_HASTY_H
#define RL_EBR_HASTY_H

#include "../../strategies/rl.h"

static bool broken_advance(struct thread *t);

// The definition in ebr.h keeps its body under another name, its caller gets this one.
#define ebr_advance(t) ADVANCE_##t)
#define ADVANCE_struct ebr_advance_right(struct
#define ADVANCE_t      broken_advance(t
#include "../../strategies/reclaim/ebr.h"
#undef ebr_advance

static bool broken_advance(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    sync_fence(memory_order_seq_cst);
    uint64_t epoch = atomic_load_explicit(&rw->epoch, memory_order_relaxed);
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        uint64_t announced =
            atomic_load_explicit(&rl_self(thread_slot(t, i))->announced, memory_order_acquire);
        if (announced != EBR_OUTSIDE && announced != epoch)
            return false;
    }
    return atomic_compare_exchange_strong_explicit(&rw->epoch, &epoch, epoch + 1,
                                                   memory_order_release, memory_order_relaxed);
}

#endif
