// SPDX-License-Identifier: MIT
//
// ebr_early: ebr, but what was retired in an epoch is freed when the next one has begun, though
// sections of the former one may still last.
#ifndef RL_EBR_EARLY_H
#define RL_EBR_EARLY_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_passed rl_passed_right
#include "../../strategies/reclaim/ebr.h"
#undef rl_passed

API bool rl_passed(struct thread *t, uint64_t stamp)
{
    return rl_passed_right(t, stamp - 1);
}

#endif
