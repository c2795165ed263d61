// SPDX-License-Identifier: MIT
//
// Writers keep readers out, so a reader needs no look at the storage pointer that tells more than
// the pointer, and storage is freed when it is replaced.
#ifndef LK_NO_WATCH_H
#define LK_NO_WATCH_H

#include "lk.h"

// Relaxed: the lock orders the storage and what is in it.
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t, (void)g;
    return atomic_load_explicit(storage, memory_order_relaxed);
}
API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_lock(t, l, g);
}
API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    (void)l;
    fn(t, storage);
}

#endif
