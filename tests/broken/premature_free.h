// SPDX-License-Identifier: MIT
//
// premature_free: atomic, but a decrement decides on two loads instead of one read-modify-write, so
// that a reference taken between them is overlooked.
#ifndef BROKEN_PREMATURE_FREE_H
#define BROKEN_PREMATURE_FREE_H

#define rc_decref atomic_decref_right
#include "../../strategies/refcount/atomic.h"
#undef rc_decref

API void rc_decref(struct thread *t, struct rc_header *h)
{
    bool last = atomic_load_explicit(&h->count, memory_order_seq_cst) == 1;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_seq_cst);
    atomic_store_explicit(&h->count, n - 1, memory_order_seq_cst);
    if (last)
        rc_die(t, h);
}

#endif
