// SPDX-License-Identifier: MIT
//
// flags_relaxed: flags, but a flag is read relaxed: what the holder before did may not be seen.
// x86-64 forgives it.
#ifndef BROKEN_FLAGS_RELAXED_H
#define BROKEN_FLAGS_RELAXED_H

#include "../../strategies/lk.h"

static bool broken_up(struct lk_word *l, unsigned i);

// The definition in flags.h keeps its body under another name, its callers get this one.
#define flags_up(l, i) UP_##l, i)
#define UP_struct flags_up_right(struct
#define UP_l broken_up(l
#include "flags.h"
#undef flags_up

API bool broken_up(struct lk_word *l, unsigned i)
{
    return atomic_load_explicit(&l->raised[i], memory_order_relaxed) != 0;
}

#endif
