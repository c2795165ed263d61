// SPDX-License-Identifier: MIT
//
// drain_half: qsbr, but a drain notes that its thread is quiescent before it closes the batch, so
// the stamp cannot have passed, and says that nothing was to be done.
#ifndef RL_DRAIN_HALF_H
#define RL_DRAIN_HALF_H

#define rl_drain rl_drain_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_drain

API bool rl_drain(struct thread *t)
{
    rl_quiesce(t);
    batches_close(t);
    return batches_run(t);
}

#endif
