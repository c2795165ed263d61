// SPDX-License-Identifier: MIT
//
// A slot is one word, the object's address, and excluded slots need no more than that: who holds
// the container's lock moves references about. Readers that only validate (rc_try_load) may look at
// the same time, hence atomics. Includes the slot itself; rc_slot_locked.h and rc_slot_plain.h add
// the shared operations.
#ifndef RC_SLOT_EXCLUDED_H
#define RC_SLOT_EXCLUDED_H

#include "rc_census.h"

struct rc_slot {
    _Atomic(uintptr_t) word;
};

// Relaxed: the container's lock orders the holders, and nobody else may follow the pointer.
API struct rc_header *rc_peek(struct rc_slot *s)
{
    return (struct rc_header *)atomic_load_explicit(&s->word, memory_order_relaxed);
}
// Relaxed: raw memory is published later, with the storage that contains it.
API void rc_fill(struct thread *t, struct rc_header *owner, struct rc_slot *raw,
                 struct rc_header *h)
{
    (void)t, (void)owner;
    atomic_store_explicit(&raw->word, (uintptr_t)h, memory_order_relaxed);
}
API struct rc_header *rc_read(struct thread *t, struct rc_slot *s)
{
    struct rc_header *h = rc_peek(s);
    if (h != NULL)
        rc_incref(t, h);
    return h;
}
// Release: pairs with the acquire in rc_try_load, which follows the pointer without the lock.
API struct rc_header *rc_swap(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                              struct rc_header *h)
{
    (void)t, (void)owner;
    struct rc_header *old = rc_peek(s);
    atomic_store_explicit(&s->word, (uintptr_t)h, memory_order_release);
    return old;
}
// Relaxed: an empty slot tells a reader only to take the lock.
API void rc_move(struct thread *t, struct rc_header *owner, struct rc_slot *raw,
                 struct rc_slot *from)
{
    rc_fill(t, owner, raw, rc_peek(from));
    atomic_store_explicit(&from->word, 0, memory_order_relaxed);
}
API void rc_copy(struct thread *t, struct rc_slot *raw, struct rc_slot *from)
{
    rc_fill(t, NULL, raw, rc_read(t, from));
}
API void rc_release(struct thread *t, struct rc_slot *s)
{
    struct rc_header *h = rc_peek(s);
    if (h != NULL)
        rc_decref(t, h);
}
#ifndef RC_CLEARS
API void rc_clear(struct thread *t, struct rc_slot *s)
{
    rc_release(t, s);
}
#endif
API void rc_dirty(struct thread *t, struct rc_header *owner)
{
    (void)t, (void)owner;
}

#endif
