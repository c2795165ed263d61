// SPDX-License-Identifier: MIT
//
// decrement_relaxed: atomic_relaxed, but a decrement does not release what its holder wrote.
// x86-64 forgives it.
#ifndef BROKEN_DECREMENT_RELAXED_H
#define BROKEN_DECREMENT_RELAXED_H

#define rc_decref atomic_relaxed_decref_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_decref

API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_relaxed) == 1) {
        (void)atomic_load_explicit(&h->count, memory_order_acquire);
        rc_die(t, h);
    }
}

#endif
