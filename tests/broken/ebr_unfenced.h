// SPDX-License-Identifier: MIT
//
// ebr_unfenced: ebr, but a reader may read before its announcement is seen. x86-64 does not forgive
// it.
#ifndef RL_EBR_UNFENCED_H
#define RL_EBR_UNFENCED_H

#define rl_enter rl_enter_right
#include "../../strategies/reclaim/ebr.h"
#undef rl_enter

API void rl_enter(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rl_world(t)->epoch, memory_order_relaxed);
    rl_self(t)->depth++;
    atomic_store_explicit(&rl_self(t)->announced, epoch, memory_order_release);
}

#endif
