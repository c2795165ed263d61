// SPDX-License-Identifier: MIT
//
// mcs_relaxed: mcs, but the next one is let go by a relaxed store. x86-64 forgives it.
#ifndef BROKEN_MCS_RELAXED_H
#define BROKEN_MCS_RELAXED_H

#include "../../strategies/lk.h"

static void broken_go(struct lk_guard *next);

// The definition in mcs.h keeps its body under another name, its caller gets this one.
#define mcs_go(next) GO_##next)
#define GO_struct mcs_go_right(struct
#define GO_next broken_go(next
#include "mcs.h"
#undef mcs_go

API void broken_go(struct lk_guard *next)
{
    atomic_store_explicit(&next->go, 1, memory_order_relaxed);
}

#endif
