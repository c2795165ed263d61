// SPDX-License-Identifier: MIT
//
// flags_fence_weak: flags, but the fence is acq_rel, which does not order a store before a load.
// x86-64 does not forgive it: there such a fence is no instruction.
#ifndef BROKEN_FLAGS_FENCE_WEAK_H
#define BROKEN_FLAGS_FENCE_WEAK_H

#include "../../strategies/lk.h"

static void broken_raise(struct lk_word *l, unsigned self);

// The definition in flags.h keeps its body under another name, its callers get this one.
#define flags_raise(l, self) RAISE_##l, self)
#define RAISE_struct flags_raise_right(struct
#define RAISE_l broken_raise(l
#include "flags.h"
#undef flags_raise

API void broken_raise(struct lk_word *l, unsigned self)
{
    atomic_store_explicit(&l->raised[self], 1, memory_order_relaxed);
    sync_fence(memory_order_acq_rel);
}

#endif
