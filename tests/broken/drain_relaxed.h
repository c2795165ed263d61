// SPDX-License-Identifier: MIT
//
// drain_relaxed: biased, but who looks for the queues of threads that have gone reads relaxed that
// one has, and may not find the queue's mutex. x86-64 forgives it.
#ifndef BROKEN_DRAIN_RELAXED_H
#define BROKEN_DRAIN_RELAXED_H

#define rc_drain biased_drain_right
#include "../../strategies/refcount/biased.h"
#undef rc_drain

API bool rc_drain(struct thread *t)
{
    bool any = biased_merge_queue(t, biased_self(t), true);
    if (atomic_load_explicit(&biased_world(t)->orphans, memory_order_relaxed) != 0 &&
        atomic_exchange_explicit(&biased_world(t)->orphans, 0, memory_order_acq_rel) != 0)
        for (unsigned i = 0; i < thread_slots(t); i++) {
            struct biased_thread *q =
                thread_slot(t, i) != NULL ? biased_self(thread_slot(t, i)) : NULL;
            if (q != NULL && atomic_load_explicit(&q->owner_gone, memory_order_relaxed))
                any |= biased_merge_queue(t, q, false);
        }
    return any;
}

#endif
