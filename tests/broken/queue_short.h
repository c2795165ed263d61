// SPDX-License-Identifier: MIT
//
// queue_short: biased, but a queue that grows forgets the object that it has had for the longest.
#ifndef BROKEN_QUEUE_SHORT_H
#define BROKEN_QUEUE_SHORT_H

#include "../../strategies/rc.h"

struct biased_thread;
static void broken_grow(struct biased_thread *q);

// The definition in rc_biased_queue.h keeps its body under another name, its callers get this one.
#define biased_queue_grow(q) GROW_##q)
#define GROW_struct          biased_queue_grow_right(struct
#define GROW_q               broken_grow(q
#include "../../strategies/refcount/biased.h"
#undef biased_queue_grow

static void broken_grow(struct biased_thread *q)
{
    biased_queue_grow_right(q);
    size_t n = sync_get(q->count);
    if (n == 0)
        return;
    sync_set(q->queue[0], sync_get(q->queue[n - 1]));
    sync_set(q->count, n - 1);
}

#endif
