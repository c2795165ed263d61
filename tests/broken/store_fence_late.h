// SPDX-License-Identifier: MIT
//
// store_fence_late: atomic_relaxed, but the release of rc_store is a fence that stands behind the
// store to the slot instead of before it. x86-64 forgives it: such a fence is no instruction.
#ifndef BROKEN_STORE_FENCE_LATE_H
#define BROKEN_STORE_FENCE_LATE_H

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
    sync_fence(memory_order_release);
    if (old != NULL)
        rc_decref(t, old);
}

#endif
