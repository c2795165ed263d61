// SPDX-License-Identifier: MIT
//
// cell_relaxed: atomic_relaxed, but death empties weak cells by relaxed stores: who finds his cell
// empty may reuse it while it is still read. x86-64 forgives it.
#ifndef BROKEN_CELL_RELAXED_H
#define BROKEN_CELL_RELAXED_H

#define rc_weak_die atomic_relaxed_weak_die_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_weak_die

API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    _Atomic(struct rc_weak *) *list = obj_weaks(h);
    if (list == NULL || atomic_load_explicit(list, memory_order_relaxed) == NULL)
        return;
    sync_mutex_lock(world_stripe(t, h));
    struct rc_weak *w = atomic_load_explicit(list, memory_order_relaxed);
    while (w != NULL && w != RC_WEAK_NONE) {
        struct rc_weak *next = w->next;
        atomic_store_explicit(&w->object, NULL, memory_order_relaxed);
        w = next;
    }
    sync_mutex_unlock(world_stripe(t, h));
}

#endif
