// SPDX-License-Identifier: MIT
//
// epoch_early: epoch, but a stamp passes while a reader is left that entered in the epoch before
// it.
#ifndef RL_EPOCH_EARLY_H
#define RL_EPOCH_EARLY_H

#define rl_passed rl_passed_right
#include "epoch.h"
#undef rl_passed

API bool rl_passed(struct thread *t, uint64_t stamp)
{
    return rl_passed_right(t, stamp - 1);
}

#endif
