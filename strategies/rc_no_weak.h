// SPDX-License-Identifier: MIT
//
// No weak references (no RC_WEAK): nobody but the scheme itself can tell the living from the dead.
#ifndef RC_NO_WEAK_H
#define RC_NO_WEAK_H

#include "rc.h"

struct rc_weak {
};

API void rc_weak_make(struct thread *t, struct rc_weak *w, struct rc_header *h)
{
    (void)t, (void)w, (void)h;
    sync_check(false, "this refcount scheme has no weak references");
}
API struct rc_header *rc_weak_get(struct thread *t, struct rc_weak *w)
{
    (void)t, (void)w;
    return NULL;
}
API void rc_weak_drop(struct thread *t, struct rc_weak *w)
{
    (void)t, (void)w;
}
API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

#endif
