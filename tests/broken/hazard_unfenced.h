// SPDX-License-Identifier: MIT
//
// hazard_unfenced: hazard, but the reader's second look at the link may come before its
// announcement is seen. x86-64 does not forgive it.
#ifndef RL_HAZARD_UNFENCED_H
#define RL_HAZARD_UNFENCED_H

#define rl_protect rl_protect_right
#include "../../strategies/reclaim/hazard.h"
#undef rl_protect

API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    atomic_store_explicit(&rl_self(t)->announced[slot], p, memory_order_release);
}

#endif
