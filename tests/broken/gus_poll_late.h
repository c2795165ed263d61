// SPDX-License-Identifier: MIT
//
// gus_poll_late: gus, but a poll reads the write sequence behind the fence, as CPython does, and
// keeps the answer for all: for goals, too, whose unlinking the fence did not follow.
#ifndef RL_GUS_POLL_LATE_H
#define RL_GUS_POLL_LATE_H

#define rl_passed rl_passed_right
#include "../../strategies/reclaim/gus.h"
#undef rl_passed

// The right poll but for the order of its first two steps.
API uint64_t gus_poll_late(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    sync_fence(memory_order_seq_cst);
    uint64_t oldest = atomic_load_explicit(&rw->wr, memory_order_acquire);
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        uint64_t seq = atomic_load_explicit(&rl_self(thread_slot(t, i))->seq, memory_order_acquire);
        if (seq != GUS_OFFLINE && gus_before(seq, oldest))
            oldest = seq;
    }
    uint64_t rd = atomic_load_explicit(&rw->rd, memory_order_relaxed);
    if (gus_before(rd, oldest))
        atomic_compare_exchange_strong_explicit(&rw->rd, &rd, oldest, memory_order_release,
                                                memory_order_relaxed);
    return oldest;
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    uint64_t rd = atomic_load_explicit(&rl_world(t)->rd, memory_order_acquire);
    return !gus_before(rd, stamp) || !gus_before(gus_poll_late(t), stamp);
}

#endif
