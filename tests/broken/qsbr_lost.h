// SPDX-License-Identifier: MIT
//
// qsbr_lost: qsbr, but what a thread has retired goes with it.
#ifndef RL_QSBR_LOST_H
#define RL_QSBR_LOST_H

#define rl_thread_detach rl_thread_detach_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_thread_detach

API void rl_thread_detach(struct thread *t)
{
    rl_self(t)->batches.list = (struct retired_list){0};
    rl_thread_offline(t);
}

#endif
