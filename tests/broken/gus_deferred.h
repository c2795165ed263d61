// SPDX-License-Identifier: MIT
//
// gus_deferred: gus as it was before: a goal is one step ahead of the sequence, and the step is
// anybody's. Who makes it need not have seen what was unlinked for that goal. Here every other
// thread leaves the step to the rest. x86-64 does not forgive it, but rarely punishes it.
#ifndef RL_GUS_DEFERRED_H
#define RL_GUS_DEFERRED_H

#define rl_stamp rl_stamp_right
#include "../../strategies/reclaim/gus.h"
#undef rl_stamp

API uint64_t rl_stamp(struct thread *t)
{
    if (thread_id(t) % 2 != 0)
        return rl_stamp_right(t);
    return atomic_load_explicit(&rl_world(t)->wr, memory_order_acquire) + GUS_STEP;
}

#endif
