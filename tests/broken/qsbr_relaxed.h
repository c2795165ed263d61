// SPDX-License-Identifier: MIT
//
// qsbr_relaxed: qsbr, but the number is copied relaxed: what the thread read before may be read
// after it. x86-64 forgives it.
#ifndef RL_QSBR_RELAXED_H
#define RL_QSBR_RELAXED_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_quiesce rl_quiesce_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_quiesce

API void rl_quiesce(struct thread *t)
{
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_acquire);
    atomic_store_explicit(&rl_self(t)->number, period, memory_order_relaxed);
    batches_safepoint(t);
}

#endif
