// SPDX-License-Identifier: MIT
//
// mark_relaxed: optimistic, but a reader looks at the mark relaxed: it may find it and storage that
// the owner freed at once, as nobody else had read it. x86-64 forgives it.
#ifndef BROKEN_MARK_RELAXED_H
#define BROKEN_MARK_RELAXED_H

#define lk_read_begin optimistic_read_begin_right
#include "../../strategies/lock/optimistic.h"
#undef lk_read_begin

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (!atomic_load_explicit(&l->shared, memory_order_relaxed) && !optimistic_mine(t, l))
        return false;
    rl_enter(t);
    return true;
}

#endif
