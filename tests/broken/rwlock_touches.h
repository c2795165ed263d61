// SPDX-License-Identifier: MIT
//
// rwlock_touches: rwlock, but who leaves the container looks at the word again, to clear the bits
// of those who sleep, when the next holder may have freed it.
#ifndef BROKEN_RWLOCK_TOUCHES_H
#define BROKEN_RWLOCK_TOUCHES_H

#define lk_unlock lk_unlock_right
#include "../../strategies/lock/rwlock.h"
#undef lk_unlock

API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t s = atomic_fetch_sub_explicit(&l->state, RWLOCK_WRITER, memory_order_release);
    if ((s & RWLOCK_SLEEPS) == 0)
        return;
    atomic_fetch_and_explicit(&l->state, ~(uint32_t)(RWLOCK_SLEEPS | RWLOCK_WANTED),
                              memory_order_relaxed);
    sync_unpark(&l->state, UINT32_MAX);
}

#endif
