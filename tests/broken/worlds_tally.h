// SPDX-License-Identifier: MIT
//
// worlds_tally: isolated, but how often a lock was taken is counted for all worlds together:
// threads that share nothing race for the number.
#ifndef BROKEN_WORLDS_TALLY_H
#define BROKEN_WORLDS_TALLY_H

#define lk_lock worlds_lock_right
#include "../../strategies/lock/isolated.h"
#undef lk_lock

static uint64_t worlds_taken;

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    sync_set(worlds_taken, sync_get(worlds_taken) + 1);
    worlds_lock_right(t, l, g);
}

#endif
