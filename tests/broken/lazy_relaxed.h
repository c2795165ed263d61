// SPDX-License-Identifier: MIT
//
// lazy_relaxed: lazy, but the first look is relaxed: the mutex may not be found made. x86-64
// forgives it.
#ifndef BROKEN_LAZY_RELAXED_H
#define BROKEN_LAZY_RELAXED_H

#include "../../strategies/lk.h"

static sync_mutex *broken_look(struct lk_word *l);

// The definition in lazy.h keeps its body under another name, its caller gets this one.
#define lazy_look(l) LOOK_##l)
#define LOOK_struct lazy_look_right(struct
#define LOOK_l broken_look(l
#include "lazy.h"
#undef lazy_look

API sync_mutex *broken_look(struct lk_word *l)
{
    return atomic_load_explicit(&l->mutex, memory_order_relaxed);
}

#endif
