// SPDX-License-Identifier: MIT
//
// Readers exclude as writers do, so a read is always consistent and storage is freed when it is
// replaced.
#ifndef LK_NO_READ_H
#define LK_NO_READ_H

#include "lk.h"

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_lock(t, l, g);
    return true;
}
// Relaxed: the lock orders the storage and what is in it.
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t, (void)g;
    return atomic_load_explicit(storage, memory_order_relaxed);
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_unlock(t, l, g);
    return true;
}
API void lk_retire(struct thread *t, void *storage, rl_free_fn *fn)
{
    fn(t, storage);
}

#endif
