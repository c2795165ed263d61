// SPDX-License-Identifier: MIT
//
// hazard_relaxed: hazard, but what was done with a pointer may come after the announcement is
// withdrawn. x86-64 forgives it.
#ifndef RL_HAZARD_RELAXED_H
#define RL_HAZARD_RELAXED_H

#define rl_protect rl_protect_right
#include "../../strategies/reclaim/hazard.h"
#undef rl_protect

API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    atomic_store_explicit(&rl_self(t)->announced[slot], p, memory_order_relaxed);
    if (p != NULL)
        sync_fence(memory_order_seq_cst);
}

#endif
