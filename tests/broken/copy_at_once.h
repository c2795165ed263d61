// SPDX-License-Identifier: MIT
//
// copy_at_once: rcu_copy, but storage that was replaced gives its elements up at once, with readers
// in it.
#ifndef BROKEN_COPY_AT_ONCE_H
#define BROKEN_COPY_AT_ONCE_H

#define lk_retire rcu_copy_retire_right
#include "../../strategies/lock/rcu_copy.h"
#undef lk_retire

API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    (void)l;
    fn(t, storage);
}

#endif
