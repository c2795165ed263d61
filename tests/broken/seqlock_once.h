// SPDX-License-Identifier: MIT
//
// seqlock_once: seqlock, but what was read counts without a second look at the number.
#ifndef BROKEN_SEQLOCK_ONCE_H
#define BROKEN_SEQLOCK_ONCE_H

#define lk_read_end seqlock_read_end_right
#include "../../strategies/lock/seqlock.h"
#undef lk_read_end

API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)l, (void)g;
    rl_leave(t);
    return true;
}

#endif
