// SPDX-License-Identifier: MIT
//
// flags_fence_early: flags, but the fence stands before the store that raises the flag instead of
// behind it. x86-64 does not forgive it, but rarely punishes it.
#ifndef BROKEN_FLAGS_FENCE_EARLY_H
#define BROKEN_FLAGS_FENCE_EARLY_H

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
    sync_fence(memory_order_seq_cst);
    atomic_store_explicit(&l->raised[self], 1, memory_order_relaxed);
}

#endif
