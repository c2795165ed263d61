// SPDX-License-Identifier: MIT
//
// queue_skipped: pep703, but a collection leaves the queues of threads that have gone as they are.
#ifndef BROKEN_QUEUE_SKIPPED_H
#define BROKEN_QUEUE_SKIPPED_H

#include "../../strategies/rc_collector.h"

#define collector_settle pep703_settle_right
#include "../../strategies/refcount/pep703.h"
#undef collector_settle

API void collector_settle(struct thread *t, collector_object *dead, void *argument)
{
    struct pep703_settling s = {t, dead, argument};
    for (unsigned i = 0; i < thread_slots(t); i++) {
        struct biased_thread *q = biased_self(thread_slot(t, i));
        bool last;
        if (!q->started || biased_owner_gone(q))
            continue;
        for (struct rc_header *h; (h = biased_dequeue(q, true, &last)) != NULL;)
            if (last)
                pep703_merged_dead(&s, h);
    }
}

#endif
