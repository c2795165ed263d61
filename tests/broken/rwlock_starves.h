// SPDX-License-Identifier: MIT
//
// rwlock_starves: rwlock, but a reader does not look whether a writer waits: as long as readers
// come while others are inside, no writer gets in.
#ifndef BROKEN_RWLOCK_STARVES_H
#define BROKEN_RWLOCK_STARVES_H

#define lk_read_begin lk_read_begin_right
#include "../../strategies/lock/rwlock.h"
#undef lk_read_begin

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t s = atomic_load_explicit(&l->state, memory_order_relaxed);
    if ((s & RWLOCK_WRITER) != 0 ||
        !atomic_compare_exchange_strong_explicit(&l->state, &s, s + 1, memory_order_acquire,
                                                 memory_order_relaxed))
        rwlock_wait(t, l, RWLOCK_WRITER, 1, RWLOCK_SLEEPS);
    return true;
}

#endif
