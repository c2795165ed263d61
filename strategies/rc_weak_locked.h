// SPDX-License-Identifier: MIT
//
// Weak references for schemes with rc_try_incref: an object keeps a list of its weak cells, and the
// world's stripe of its address protects list and cells (CPython keeps such a list per object too).
// Death empties the cells under the stripe before the object is destroyed; so who finds a cell
// still full while holding the stripe may touch the object's count.
#ifndef RC_WEAK_LOCKED_H
#define RC_WEAK_LOCKED_H

#include "rc.h"

struct rc_weak {
    _Atomic(struct rc_header *) object; // NULL: empty
    struct rc_weak *next, *prev;        // under the object's stripe
};

// An empty list that was not always empty. Death may skip the stripe only for an object that never
// had a cell: a list that is merely empty now may still be under another thread's hands.
#define RC_WEAK_NONE ((struct rc_weak *)1)

// Locks the stripe of the object in the cell, which may change until then. NULL: the cell is empty.
static __attribute__((noinline, unused)) struct rc_header *rc_weak_lock(struct thread *t,
                                                                        struct rc_weak *w)
{
    for (;;) {
        // acquire: pairs with the release in rc_weak_die; an empty cell's memory is the caller's
        struct rc_header *h = atomic_load_explicit(&w->object, memory_order_acquire);
        if (h == NULL)
            return NULL;
        sync_mutex_lock(world_stripe(t, h));
        // relaxed: a cell is filled and emptied under the stripe of its object
        if (atomic_load_explicit(&w->object, memory_order_relaxed) == h)
            return h;
        sync_mutex_unlock(world_stripe(t, h));
    }
}

API void rc_weak_make(struct thread *t, struct rc_weak *w, struct rc_header *h)
{
    rc_publish(t, h); // rc_weak_get on another thread must find a count to try
    _Atomic(struct rc_weak *) *list = obj_weaks(h);
    sync_mutex_lock(world_stripe(t, h));
    struct rc_weak *first = atomic_load_explicit(list, memory_order_relaxed);
    if (first == RC_WEAK_NONE)
        first = NULL;
    sync_set(w->prev, NULL);
    sync_set(w->next, first);
    if (first != NULL)
        sync_set(first->prev, w);
    // relaxed: the stripe orders; who finds the cell full looks at it again there
    atomic_store_explicit(list, w, memory_order_relaxed);
    atomic_store_explicit(&w->object, h, memory_order_relaxed);
    sync_mutex_unlock(world_stripe(t, h));
}
API struct rc_header *rc_weak_get(struct thread *t, struct rc_weak *w)
{
    struct rc_header *h = rc_weak_lock(t, w);
    if (h == NULL)
        return NULL;
    bool alive = rc_try_incref(t, h);
    sync_mutex_unlock(world_stripe(t, h));
    return alive ? h : NULL;
}
API void rc_weak_drop(struct thread *t, struct rc_weak *w)
{
    struct rc_header *h = rc_weak_lock(t, w);
    if (h == NULL)
        return;
    struct rc_weak *next = sync_get(w->next), *prev = sync_get(w->prev);
    if (next != NULL)
        sync_set(next->prev, prev);
    if (prev != NULL)
        sync_set(prev->next, next);
    else
        atomic_store_explicit(obj_weaks(h), next != NULL ? next : RC_WEAK_NONE,
                              memory_order_relaxed);
    // relaxed: the cell's memory is the caller's, and who else finds the cell empty leaves it alone
    atomic_store_explicit(&w->object, NULL, memory_order_relaxed);
    sync_mutex_unlock(world_stripe(t, h));
}
API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    _Atomic(struct rc_weak *) *list = obj_weaks(h);
    // relaxed: making a cell takes a reference, so what the last holder did not see was never made
    if (list == NULL || atomic_load_explicit(list, memory_order_relaxed) == NULL)
        return;
    sync_mutex_lock(world_stripe(t, h));
    struct rc_weak *w = atomic_load_explicit(list, memory_order_relaxed);
    while (w != NULL && w != RC_WEAK_NONE) {
        struct rc_weak *next = sync_get(w->next);
        // release: pairs with the acquire in rc_weak_lock; once empty, the cell is its holder's
        // alone
        atomic_store_explicit(&w->object, NULL, memory_order_release);
        w = next;
    }
    sync_mutex_unlock(world_stripe(t, h));
}

#endif
