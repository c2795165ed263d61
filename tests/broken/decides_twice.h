// SPDX-License-Identifier: MIT
//
// decides_twice: biased, but a foreign decrement subtracts and then looks whether the object is
// dead, each by itself an atomic operation. Two threads may both find it dead, or one a freed
// block.
#ifndef BROKEN_DECIDES_TWICE_H
#define BROKEN_DECIDES_TWICE_H

#include "../../strategies/rc.h"

static void broken_decref_shared(struct thread *t, struct rc_header *h);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_decref_shared(t, h) DECREF_##t, h)
#define DECREF_struct biased_decref_shared_right(struct
#define DECREF_t broken_decref_shared(t
#include "../../strategies/refcount/biased.h"
#undef biased_decref_shared

static __attribute__((noinline)) void broken_decref_shared(struct thread *t, struct rc_header *h)
{
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    if (shared == BIASED_DEFAULT || shared == BIASED_PUBLISHED) {
        biased_decref_shared_right(t, h);
        return;
    }
    atomic_fetch_sub_explicit(&h->shared, BIASED_ONE, memory_order_acq_rel);
    if (atomic_load_explicit(&h->shared, memory_order_acquire) == BIASED_MERGED)
        rc_die(t, h);
}

#endif
