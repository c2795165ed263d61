// SPDX-License-Identifier: MIT
//
// load_uncounted: atomic, but every 64th load of a slot answers without having counted.
#ifndef BROKEN_LOAD_UNCOUNTED_H
#define BROKEN_LOAD_UNCOUNTED_H

#include "counted.h"

#define rc_load slot_load_right
#include "../../strategies/rc_slot_locked.h"
#undef rc_load
#include "../../strategies/refcount/atomic.h"

API struct rc_header *rc_load(struct thread *t, struct rc_slot *s)
{
    if (!broken_now(t, 64))
        return slot_load_right(t, s);
    uintptr_t word = rc_slot_lock(s);
    rc_slot_unlock(s, word);
    return (struct rc_header *)word;
}

#endif
