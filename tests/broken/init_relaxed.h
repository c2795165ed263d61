// SPDX-License-Identifier: MIT
//
// init_relaxed: atomic_relaxed, but rc_init is relaxed: who takes the new object in a reused block
// for the former one learns nothing by its count. x86-64 forgives it.
#ifndef BROKEN_INIT_RELAXED_H
#define BROKEN_INIT_RELAXED_H

#define rc_init atomic_relaxed_init_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_init

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}

#endif
