// SPDX-License-Identifier: MIT
//
// pooled_late: pooled, but a lock is put into its container when the pool has been left: two
// threads may each put one there.
#ifndef BROKEN_POOLED_LATE_H
#define BROKEN_POOLED_LATE_H

#define lk_lock lk_lock_right
#include "../../strategies/lock/pooled.h"
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    struct lk_world *lw = lk_world(t);
    sync_mutex_lock(&lw->mutex);
    struct pooled_lock *p = sync_get(l->lock) == NULL ? pooled_take(lw) : NULL;
    sync_mutex_unlock(&lw->mutex);
    if (p == NULL) {
        lk_lock_right(t, l, g);
        return;
    }
    sync_set(l->lock, p);
    atomic_store_explicit(&p->thread_id, thread_id(t), memory_order_relaxed);
}

#endif
