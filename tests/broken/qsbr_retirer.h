// SPDX-License-Identifier: MIT
//
// qsbr_retirer: qsbr, but who retires counts as quiescent, as who waits for the end of a period
// does, though it may not have ended its own read.
#ifndef RL_QSBR_RETIRER_H
#define RL_QSBR_RETIRER_H

#define rl_retire rl_retire_right
#include "../../strategies/reclaim/qsbr.h"
#undef rl_retire

API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    rl_retire_right(t, p, fn);
    rl_quiesce(t);
}

#endif
