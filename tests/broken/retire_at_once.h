// SPDX-License-Identifier: MIT
//
// retire_at_once: optimistic, but storage that was replaced is freed at once, with readers in it.
#ifndef BROKEN_RETIRE_AT_ONCE_H
#define BROKEN_RETIRE_AT_ONCE_H

#define lk_retire optimistic_retire_right
#include "../../strategies/lock/optimistic.h"
#undef lk_retire

API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    (void)l;
    fn(t, storage);
}

#endif
