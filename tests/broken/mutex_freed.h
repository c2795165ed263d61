// SPDX-License-Identifier: MIT
//
// mutex_freed: object_mutex, but the object dies before its mutex is unlocked.
#ifndef BROKEN_MUTEX_FREED_H
#define BROKEN_MUTEX_FREED_H

#define rc_decref object_mutex_decref_right
#include "../../strategies/refcount/object_mutex.h"
#undef rc_decref

API void rc_decref(struct thread *t, struct rc_header *h)
{
    sync_mutex_lock(&h->mutex);
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) - 1;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    if (n == 0)
        rc_die(t, h);
    sync_mutex_unlock(&h->mutex);
}

#endif
