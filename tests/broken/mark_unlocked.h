// SPDX-License-Identifier: MIT
//
// mark_unlocked: optimistic, but the first foreign reader marks the container as shared before it
// has the lock: another one may find the mark, and storage that the owner, who did not, frees at
// once.
#ifndef BROKEN_MARK_UNLOCKED_H
#define BROKEN_MARK_UNLOCKED_H

#define lk_lock_read optimistic_lock_read_right
#include "../../strategies/lock/optimistic.h"
#undef lk_lock_read

API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    if (!optimistic_mine(t, l))
        atomic_store_explicit(&l->shared, true, memory_order_release);
    lk_lock(t, l, g);
}

#endif
