// SPDX-License-Identifier: MIT
//
// init_unordered: biased, but a new object's shared word is stored without release, so that a
// reader who counts it in place of the block's former object may find that one in its slot once
// more. x86-64 forgives it.
#ifndef BROKEN_INIT_UNORDERED_H
#define BROKEN_INIT_UNORDERED_H

#define rc_init biased_init_right
#include "../../strategies/refcount/biased.h"
#undef rc_init

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)flags;
    atomic_store_explicit(&h->tid, thread_id(t), memory_order_relaxed);
    atomic_store_explicit(&h->local, 1, memory_order_relaxed);
    atomic_store_explicit(&h->shared, BIASED_DEFAULT, memory_order_relaxed);
}

#endif
