// SPDX-License-Identifier: MIT
//
// mutex_early: object_mutex, but the last decrement destroys the mutex while weak references can
// still ask the object.
#ifndef BROKEN_MUTEX_EARLY_H
#define BROKEN_MUTEX_EARLY_H

#define rc_decref object_mutex_decref_right
#include "../../strategies/refcount/object_mutex.h"
#undef rc_decref
#undef RC_FINI

API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (object_mutex_add(h, -1) == 0) {
        sync_mutex_destroy(&h->mutex);
        rc_die(t, h);
    }
}

#endif
