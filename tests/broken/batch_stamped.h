// SPDX-License-Identifier: MIT
//
// batch_stamped: qsbr, but a batch that has its stamp and is not full takes more: what is retired
// later is freed with it, too early.
#ifndef RL_BATCH_STAMPED_H
#define RL_BATCH_STAMPED_H

#define retired_add retired_add_right
#include "../../strategies/rl_retired.h"
#undef retired_add

API bool retired_add(struct retired_list *l, void *p, rl_free_fn *fn)
{
    struct retired_batch *b = l->last;
    if (b == NULL || sync_get(b->stamp) == 0)
        return retired_add_right(l, p, fn);
    uint64_t stamp = sync_get(b->stamp);
    sync_set(b->stamp, 0);
    bool full = retired_add_right(l, p, fn);
    sync_set(b->stamp, stamp);
    return full;
}

#include "../../strategies/reclaim/qsbr.h"

#endif
