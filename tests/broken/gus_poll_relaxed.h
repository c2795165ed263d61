// SPDX-License-Identifier: MIT
//
// gus_poll_relaxed: gus, but who finds a goal reached by another thread's poll does so relaxed, and
// may free what a reader has used before that has come to pass. x86-64 forgives it.
#ifndef RL_GUS_POLL_RELAXED_H
#define RL_GUS_POLL_RELAXED_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_passed rl_passed_right
#include "../../strategies/reclaim/gus.h"
#undef rl_passed

API bool rl_passed(struct thread *t, uint64_t stamp)
{
    uint64_t rd = atomic_load_explicit(&rl_world(t)->rd, memory_order_relaxed);
    return !gus_before(rd, stamp) || !gus_before(gus_scan(t), stamp);
}

#endif
