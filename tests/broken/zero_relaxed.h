// SPDX-License-Identifier: MIT
//
// zero_relaxed: biased, but an owner who gives up its last reference reads the shared count
// relaxed, and may kill the object before it sees what others did to it. x86-64 forgives it.
#ifndef BROKEN_ZERO_RELAXED_H
#define BROKEN_ZERO_RELAXED_H

#include "../../strategies/rc.h"

static void broken_local_zero(struct thread *t, struct rc_header *h);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_local_zero(t, h) ZERO_##t, h)
#define ZERO_struct biased_local_zero_right(struct
#define ZERO_t broken_local_zero(t
#include "../../strategies/refcount/biased.h"
#undef biased_local_zero

static __attribute__((noinline)) void broken_local_zero(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->shared, memory_order_relaxed) == BIASED_DEFAULT ||
        biased_merge(h, 0))
        rc_die(t, h);
}

#endif
