// SPDX-License-Identifier: MIT
//
// online_unlocked: buffered, but who comes back online reads the epoch before it takes the mutex,
// and may log for one that ends, or has ended, without it.
#ifndef BROKEN_ONLINE_UNLOCKED_H
#define BROKEN_ONLINE_UNLOCKED_H

#define rc_thread_online buffered_online_right
#include "../../strategies/refcount/buffered.h"
#undef rc_thread_online

API void rc_thread_online(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rc_world(t)->epoch, memory_order_relaxed);
    buffered_online_right(t);
    rc_self(t)->epoch = epoch;
}

#endif
