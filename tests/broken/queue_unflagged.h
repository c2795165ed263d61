// SPDX-License-Identifier: MIT
//
// queue_unflagged: biased_paper, but a foreign decrement that leaves the counter negative puts the
// object on its owner's list without setting Queued, since the sign says it. So it may be there
// twice, and the owner, or who drops the last reference, may free it while it is there.
#ifndef BROKEN_QUEUE_UNFLAGGED_H
#define BROKEN_QUEUE_UNFLAGGED_H

#include "../../strategies/rc.h"

static void broken_slow_decrement(struct thread *t, struct rc_header *h, uint32_t tid);

// The definition in biased_paper.h keeps its body under another name, its caller gets this one.
#define paper_slow_decrement(t, h, tid) DECREF_##t, h, tid)
#define DECREF_struct paper_slow_decrement_right(struct
#define DECREF_t broken_slow_decrement(t
#include "../../strategies/refcount/biased_paper.h"
#undef paper_slow_decrement

static void broken_slow_decrement(struct thread *t, struct rc_header *h, uint32_t tid)
{
    uint32_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), next;
    do {
        next = paper_add(shared, -1);
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (paper_counter(next) < 0)
        paper_queue(t, h, tid);
    else if (paper_dead(next))
        rc_die(t, h);
}

#endif
