// SPDX-License-Identifier: MIT
//
// hazard_own: hazard, but a thread does not look at its own announcements when it frees what it
// has retired.
#ifndef RL_HAZARD_OWN_H
#define RL_HAZARD_OWN_H

#include "../../strategies/rl.h"

static bool broken_scan(struct thread *t);

// The definition in hazard.h keeps its body under another name, its callers get this one.
#define hazard_scan(t) SCAN_##t)
#define SCAN_struct    hazard_scan_right(struct
#define SCAN_t         broken_scan(t
#include "../../strategies/reclaim/hazard.h"
#undef hazard_scan

static bool broken_scan(struct thread *t)
{
    const void *announced[RL_PROTECT_SLOTS];
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++) {
        announced[i] = atomic_load_explicit(&rl_self(t)->announced[i], memory_order_relaxed);
        atomic_store_explicit(&rl_self(t)->announced[i], NULL, memory_order_relaxed);
    }
    bool any = hazard_scan_right(t);
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
        atomic_store_explicit(&rl_self(t)->announced[i], announced[i], memory_order_relaxed);
    return any;
}

#endif
