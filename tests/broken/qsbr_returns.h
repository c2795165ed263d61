// SPDX-License-Identifier: MIT
//
// qsbr_returns: qsbr, but who comes back from offline stores its number relaxed: who finds that one
// may free what the thread has used before it went offline. x86-64 forgives it.
#ifndef RL_QSBR_RETURNS_H
#define RL_QSBR_RETURNS_H

#define rl_thread_online rl_thread_online_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_thread_online

API void rl_thread_online(struct thread *t)
{
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_relaxed);
    atomic_store_explicit(&rl_self(t)->number, period, memory_order_relaxed);
    sync_fence(memory_order_seq_cst);
}

#endif
