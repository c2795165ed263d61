// SPDX-License-Identifier: MIT
//
// A local reference is a counted one; frames need not be registered.
#ifndef RC_LOCAL_COUNTED_H
#define RC_LOCAL_COUNTED_H

#include "rc.h"

struct rc_local {
    struct rc_header *object;
};

API void rc_roots_push(struct thread *t, struct rc_roots *r, struct rc_local *local, unsigned n)
{
    (void)t, (void)r, (void)local, (void)n;
}
API void rc_roots_pop(struct thread *t, struct rc_roots *r)
{
    (void)t, (void)r;
}
API struct rc_header *rc_local_get(struct thread *t, struct rc_local *l, struct rc_slot *s)
{
    return l->object = rc_load(t, s);
}
API bool rc_try_local(struct thread *t, struct rc_local *l, struct rc_slot *s, struct rc_header **h)
{
    if (!rc_try_load(t, s, h))
        return false;
    l->object = *h;
    return true;
}
API void rc_local_of(struct thread *t, struct rc_local *l, struct rc_header *h)
{
    rc_incref(t, h);
    l->object = h;
}
API void rc_local_dup(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    rc_local_of(t, to, from->object);
}
API void rc_local_drop(struct thread *t, struct rc_local *l)
{
    rc_decref(t, l->object);
    l->object = NULL;
}
API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l)
{
    (void)t;
    struct rc_header *h = l->object;
    l->object = NULL;
    return h;
}

#endif
