// SPDX-License-Identifier: MIT
//
// log_lost: buffered, but a thread that detaches forgets what is in its logs.
#ifndef BROKEN_LOG_LOST_H
#define BROKEN_LOG_LOST_H

#define rc_thread_detach buffered_detach_right
#include "../../strategies/refcount/buffered.h"
#undef rc_thread_detach

API void rc_thread_detach(struct thread *t)
{
    for (unsigned i = 0; i < BUFFERED_LOGS; i++)
        sync_set(rc_self(t)->log[i]->n, 0);
    buffered_detach_right(t);
}

#endif
