// SPDX-License-Identifier: MIT
//
// Shared slots for schemes that run under a global lock: every slot is an excluded one, since no
// other thread runs between two safepoints.
#ifndef RC_SLOT_ALONE_H
#define RC_SLOT_ALONE_H

#include "rc_slot_excluded.h"

API struct rc_header *rc_load(struct thread *t, struct rc_slot *s)
{
    return rc_read(t, s);
}
API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h)
{
    return (*h = rc_read(t, s)) != NULL;
}
API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s, struct rc_header *h)
{
    if (h != NULL)
        rc_incref(t, h);
    struct rc_header *old = rc_swap(t, owner, s, h);
    if (old != NULL)
        rc_decref(t, old);
}
API bool rc_compare_exchange(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                             struct rc_header *expected, struct rc_header *desired)
{
    if (rc_peek(s) != expected)
        return false;
    rc_store(t, owner, s, desired);
    return true;
}

#endif
