// SPDX-License-Identifier: MIT
//
// drain_unlocked: biased, but who takes an object out of a queue merges it when the queue is
// unlocked again: if its owner had gone, a new thread with that id may count it meanwhile.
#ifndef BROKEN_DRAIN_UNLOCKED_H
#define BROKEN_DRAIN_UNLOCKED_H

#include "../../strategies/rc.h"

struct biased_thread;
static struct rc_header *broken_dequeue(struct biased_thread *q, bool own, bool *dead);

// The definition in rc_biased_queue.h keeps its body under another name, its callers get this one.
#define biased_dequeue(q, own, dead) DEQUEUE_##q, own, dead)
#define DEQUEUE_struct               biased_dequeue_right(struct
#define DEQUEUE_q                    broken_dequeue(q
#include "../../strategies/refcount/biased.h"
#undef biased_dequeue

static struct rc_header *broken_dequeue(struct biased_thread *q, bool own, bool *dead)
{
    struct rc_header *h = NULL;
    sync_mutex_lock(&q->mutex);
    size_t n = sync_get(q->count);
    if (n != 0 && (own || biased_owner_gone(q))) {
        h = sync_get(q->queue[n - 1]);
        sync_set(q->count, n - 1);
    }
    if (sync_get(q->count) == 0)
        biased_queue_empty(q);
    sync_mutex_unlock(&q->mutex);
    if (h != NULL)
        *dead = biased_merge_queued(h);
    return h;
}

#endif
