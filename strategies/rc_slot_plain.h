// SPDX-License-Identifier: MIT
//
// Shared slots for schemes where what was loaded since the last safepoint cannot die: because a
// global lock is held, because nothing ever dies, or because decrements are delayed that long.
#ifndef RC_SLOT_PLAIN_H
#define RC_SLOT_PLAIN_H

#include "rc_slot_excluded.h"

// Acquire: pairs with the release in the stores; who finds an object here sees it complete.
API struct rc_header *rc_load(struct thread *t, struct rc_slot *s)
{
    struct rc_header *h = (struct rc_header *)atomic_load_explicit(&s->word, memory_order_acquire);
    if (h != NULL)
        rc_incref(t, h);
    return h;
}
API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h)
{
    return (*h = rc_load(t, s)) != NULL;
}
// Release: pairs with rc_load. Nothing is acquired: what comes out is not looked at, and who ends
// it has other ways to know what was done to it (buffered: the mutex, by which all logs of its
// epoch come).
API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s, struct rc_header *h)
{
    (void)owner;
    if (h != NULL)
        rc_incref(t, h);
    uintptr_t old = atomic_exchange_explicit(&s->word, (uintptr_t)h, memory_order_release);
    if (old != 0)
        rc_decref(t, (struct rc_header *)old);
}
// Release: as in rc_store.
API bool rc_compare_exchange(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                             struct rc_header *expected, struct rc_header *desired)
{
    (void)owner;
    uintptr_t word = (uintptr_t)expected;
    if (!atomic_compare_exchange_strong_explicit(&s->word, &word, (uintptr_t)desired,
                                                 memory_order_release, memory_order_relaxed))
        return false;
    // counted only now: nothing that the caller holds, and nothing that it displaced, can die
    // before the next safepoint
    if (desired != NULL)
        rc_incref(t, desired);
    if (expected != NULL)
        rc_decref(t, expected);
    return true;
}

#endif
