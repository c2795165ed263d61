// SPDX-License-Identifier: MIT
//
// qsbr_unfenced: qsbr, but who comes back from offline may read before that is seen. x86-64 does
// not forgive it.
#ifndef RL_QSBR_UNFENCED_H
#define RL_QSBR_UNFENCED_H

#define rl_thread_online rl_thread_online_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_thread_online

API void rl_thread_online(struct thread *t)
{
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_relaxed);
    atomic_store_explicit(&rl_self(t)->number, period, memory_order_release);
}

#endif
