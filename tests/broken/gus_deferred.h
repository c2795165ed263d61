// SPDX-License-Identifier: MIT
//
// gus_deferred: gus as it was before: a goal is one step ahead of the sequence, and the step is
// left to whoever polls first. Who makes it need not have seen what was unlinked for that goal.
// x86-64 does not forgive it where the unlink is a plain store, but rarely punishes it.
#ifndef RL_GUS_DEFERRED_H
#define RL_GUS_DEFERRED_H

#include "../../strategies/rl_batches.h" // calls what follows

#define rl_stamp  rl_stamp_right
#define rl_passed rl_passed_right
#include "../../strategies/reclaim/gus.h"
#undef rl_stamp
#undef rl_passed

API uint64_t rl_stamp(struct thread *t)
{
    return atomic_load_explicit(&rl_world(t)->wr, memory_order_acquire) + GUS_STEP;
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    uint64_t wr = atomic_load_explicit(&rl_world(t)->wr, memory_order_acquire);
    if (gus_before(wr, stamp)) {
        rl_stamp_right(t);
        rl_quiesce(t);
    }
    return rl_passed_right(t, stamp);
}

#endif
