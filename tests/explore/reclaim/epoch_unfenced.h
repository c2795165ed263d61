// SPDX-License-Identifier: MIT
//
// epoch_unfenced: epoch, but a reader may read before its announcement is seen.
#ifndef RL_EPOCH_UNFENCED_H
#define RL_EPOCH_UNFENCED_H

#define rl_enter rl_enter_right
#include "epoch.h"
#undef rl_enter

API void rl_enter(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rl_world(t)->epoch, memory_order_acquire);
    atomic_store_explicit(&rl_self(t)->entered, epoch, memory_order_release);
}

#endif
