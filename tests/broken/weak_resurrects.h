// SPDX-License-Identifier: MIT
//
// weak_resurrects: cas_packed, but rc_weak_get counts without asking whether the object is dying;
// its memory is there, after all.
#ifndef BROKEN_WEAK_RESURRECTS_H
#define BROKEN_WEAK_RESURRECTS_H

#define rc_weak_get cas_packed_weak_get_right
#include "../../strategies/refcount/cas_packed.h"
#undef rc_weak_get

API struct rc_header *rc_weak_get(struct thread *t, struct rc_weak *w)
{
    struct rc_header *h = cas_packed_lock(w);
    if (h == NULL)
        return NULL;
    rc_incref(t, h);
    cas_packed_unlock(w, h);
    return h;
}

#endif
