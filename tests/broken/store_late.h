// SPDX-License-Identifier: MIT
//
// store_late: atomic, but a store counts the slot's reference after it has put the object there:
// who displaces it at once gives up a reference that the caller still uses.
#ifndef BROKEN_STORE_LATE_H
#define BROKEN_STORE_LATE_H

#define rc_store slot_store_right
#include "../../strategies/refcount/atomic.h"
#undef rc_store

API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s, struct rc_header *h)
{
    (void)owner;
    struct rc_header *old = (struct rc_header *)rc_slot_lock(s);
    rc_slot_unlock(s, (uintptr_t)h);
    if (h != NULL)
        rc_incref(t, h);
    if (old != NULL)
        rc_decref(t, old);
}

#endif
