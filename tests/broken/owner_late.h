// SPDX-License-Identifier: MIT
//
// owner_late: biased_paper, but who queues an object asks for its owner after the compare-exchange
// that set Queued. The owner may have given it up meanwhile, and there is no list of nobody's.
#ifndef BROKEN_OWNER_LATE_H
#define BROKEN_OWNER_LATE_H

#include "../../strategies/rc.h"

static void broken_queue(struct thread *t, struct rc_header *h, uint32_t tid);

// The definition in biased_paper.h keeps its body under another name, its caller gets this one.
#define paper_queue(t, h, tid) QUEUE_##t, h, tid)
#define QUEUE_struct paper_queue_right(struct
#define QUEUE_t broken_queue(t
#include "../../strategies/refcount/biased_paper.h"
#undef paper_queue

static void broken_queue(struct thread *t, struct rc_header *h, uint32_t tid)
{
    (void)tid;
    if (biased_queue_put(t, paper_biased(h) >> PAPER_COUNTER_BITS, h))
        rc_die(t, h);
}

#endif
