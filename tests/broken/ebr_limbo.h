// SPDX-License-Identifier: MIT
//
// ebr_limbo: ebr, but a batch gets the epoch that is read before the fence, which may be an older
// one than readers know by now. x86-64 forgives it.
#ifndef RL_EBR_LIMBO_H
#define RL_EBR_LIMBO_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_stamp rl_stamp_right
#include "../../strategies/reclaim/ebr.h"
#undef rl_stamp

API uint64_t rl_stamp(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rl_world(t)->epoch, memory_order_relaxed);
    sync_fence(memory_order_seq_cst);
    return epoch;
}

#endif
