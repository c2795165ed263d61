// SPDX-License-Identifier: MIT
//
// seqlock_late: seqlock, but no fence stands between the odd number and what the writer changes:
// readers may see the change first. x86-64 forgives it.
#ifndef BROKEN_SEQLOCK_LATE_H
#define BROKEN_SEQLOCK_LATE_H

#define lk_lock seqlock_lock_right
#include "../../strategies/lock/seqlock.h"
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    pymutex_lock(t, &l->mutex);
    uint32_t even = atomic_load_explicit(&l->number, memory_order_relaxed);
    atomic_store_explicit(&l->number, even + 1, memory_order_relaxed);
}

#endif
