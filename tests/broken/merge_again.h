// SPDX-License-Identifier: MIT
//
// merge_again: biased, but a foreign decrement that finds the object without an owner merges it
// once more instead of subtracting: what it sees in `local` may be older than the owner's merge,
// and is counted twice. x86-64 forgives it, where local and tid are written and seen in this order.
#ifndef BROKEN_MERGE_AGAIN_H
#define BROKEN_MERGE_AGAIN_H

#include "../../strategies/rc.h"

static void broken_enqueue(struct thread *t, struct rc_header *h);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_enqueue(t, h) ENQUEUE_##t, h)
#define ENQUEUE_struct biased_enqueue_right(struct
#define ENQUEUE_t broken_enqueue(t
#include "../../strategies/refcount/biased.h"
#undef biased_enqueue

static __attribute__((noinline)) void broken_enqueue(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->tid, memory_order_relaxed) != 0)
        biased_enqueue_right(t, h);
    else if (biased_merge(h, -1))
        rc_die(t, h);
}

#endif
