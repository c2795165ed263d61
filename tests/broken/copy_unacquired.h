// SPDX-License-Identifier: MIT
//
// copy_unacquired: rcu_copy, but readers load the storage pointer relaxed: they may find it without
// what was written there before. x86-64 forgives it, and most of arm64, for addresses depend.
#ifndef BROKEN_COPY_UNACQUIRED_H
#define BROKEN_COPY_UNACQUIRED_H

#define lk_read_watch rcu_copy_read_watch_right
#include "../../strategies/lock/rcu_copy.h"
#undef lk_read_watch

API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t, (void)g;
    return atomic_load_explicit(storage, memory_order_relaxed);
}

#endif
