// SPDX-License-Identifier: MIT
//
// leave_once: qsbr, but a thread that leaves its batches behind links them once, not again when
// another thread has left some meanwhile: those are lost.
#ifndef RL_LEAVE_ONCE_H
#define RL_LEAVE_ONCE_H

#define retired_leave retired_leave_right
#include "../../strategies/rl_retired.h"
#undef retired_leave

API void retired_leave(struct retired_world *w, struct retired_list *l)
{
    if (l->first == NULL)
        return;
    struct retired_batch *top = atomic_load_explicit(&w->orphans, memory_order_relaxed);
    sync_set(l->last->next, top);
    while (!atomic_compare_exchange_weak_explicit(&w->orphans, &top, l->first, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    *l = (struct retired_list){0};
}

#include "../../strategies/reclaim/qsbr.h"

#endif
