// SPDX-License-Identifier: MIT
//
// seqlock_hurried: seqlock, but a reader looks at the number again without a fence: what it read
// may be of a later instant than the number. x86-64 forgives it.
#ifndef BROKEN_SEQLOCK_HURRIED_H
#define BROKEN_SEQLOCK_HURRIED_H

#define lk_read_end seqlock_read_end_right
#include "../../strategies/lock/seqlock.h"
#undef lk_read_end

API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    uint32_t now = atomic_load_explicit(&l->number, memory_order_relaxed);
    rl_leave(t);
    return now == g->number;
}

#endif
