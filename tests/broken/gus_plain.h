// SPDX-License-Identifier: MIT
//
// gus_plain: gus whose sequence passes 2^64, but a goal is compared as a number, not modulo 2^64.
#ifndef RL_GUS_PLAIN_H
#define RL_GUS_PLAIN_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_passed rl_passed_right
#include "gus_old.h"
#undef rl_passed

API bool rl_passed(struct thread *t, uint64_t stamp)
{
    uint64_t rd = atomic_load_explicit(&rl_world(t)->rd, memory_order_acquire);
    return rd >= stamp || gus_scan(t) >= stamp;
}

#endif
