// SPDX-License-Identifier: MIT
//
// seqlock_barges: seqlock, but a reader does not mind an odd number: the writer who is inside will
// not change it before it has left.
#ifndef BROKEN_SEQLOCK_BARGES_H
#define BROKEN_SEQLOCK_BARGES_H

#define lk_read_begin seqlock_read_begin_right
#include "../../strategies/lock/seqlock.h"
#undef lk_read_begin

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    g->number = atomic_load_explicit(&l->number, memory_order_acquire);
    rl_enter(t);
    return true;
}

#endif
