// SPDX-License-Identifier: MIT
//
// store_relaxed: atomic_relaxed, but rc_store puts the new reference into the slot, and unlocks
// it, by a relaxed store: who loads it may not find what the object's maker wrote. x86-64 forgives
// it.
#ifndef BROKEN_STORE_RELAXED_H
#define BROKEN_STORE_RELAXED_H

#define rc_store atomic_relaxed_store_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_store

API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s, struct rc_header *h)
{
    (void)owner;
    if (h != NULL)
        rc_incref(t, h);
    struct rc_header *old = (struct rc_header *)rc_slot_lock(s);
    atomic_store_explicit(&s->word, (uintptr_t)h, memory_order_relaxed);
    if (old != NULL)
        rc_decref(t, old);
}

#endif
