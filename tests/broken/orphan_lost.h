// SPDX-License-Identifier: MIT
//
// orphan_lost: biased, but a thread that detaches drops what is still in its queue.
#ifndef BROKEN_ORPHAN_LOST_H
#define BROKEN_ORPHAN_LOST_H

#define rc_thread_detach biased_detach_right
#include "../../strategies/refcount/biased.h"
#undef rc_thread_detach

API void rc_thread_detach(struct thread *t)
{
    struct biased_thread *q = biased_self(t);
    sync_mutex_lock(&q->mutex);
    sync_set(q->count, 0);
    sync_mutex_unlock(&q->mutex);
    biased_detach_right(t);
}

#endif
