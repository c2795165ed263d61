// SPDX-License-Identifier: MIT
//
// rwlock_intrudes: rwlock, but a writer that found readers goes in as soon as no other writer is
// there.
#ifndef BROKEN_RWLOCK_INTRUDES_H
#define BROKEN_RWLOCK_INTRUDES_H

#define rwlock_wait rwlock_wait_right
#define lk_lock     lk_lock_right
#include "../../strategies/lock/rwlock.h"
#undef rwlock_wait
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t s = 0;
    if (!atomic_compare_exchange_strong_explicit(&l->state, &s, RWLOCK_WRITER, memory_order_acquire,
                                                 memory_order_relaxed))
        rwlock_wait_right(t, l, RWLOCK_WRITER, RWLOCK_WRITER, RWLOCK_SLEEPS | RWLOCK_WANTED);
}

#endif
