// SPDX-License-Identifier: MIT
//
// swap_relaxed: atomic_relaxed, but rc_swap stores relaxed: a reader who does not lock
// (rc_try_load) may follow the reference to an object that it does not find made. x86-64 forgives
// it.
#ifndef BROKEN_SWAP_RELAXED_H
#define BROKEN_SWAP_RELAXED_H

#define rc_swap atomic_relaxed_swap_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_swap

API struct rc_header *rc_swap(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                              struct rc_header *h)
{
    (void)t, (void)owner;
    struct rc_header *old = rc_peek(s);
    atomic_store_explicit(&s->word, (uintptr_t)h, memory_order_relaxed);
    return old;
}

#endif
