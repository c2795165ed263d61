// SPDX-License-Identifier: MIT
//
// qsbr_stale: qsbr, but the period's number is read relaxed: who copies it may still find what was
// unlinked before the period began. x86-64 forgives it.
#ifndef RL_QSBR_STALE_H
#define RL_QSBR_STALE_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_quiesce rl_quiesce_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_quiesce

API void rl_quiesce(struct thread *t)
{
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_relaxed);
    atomic_store_explicit(&rl_self(t)->number, period, memory_order_release);
    batches_safepoint(t);
}

#endif
