// SPDX-License-Identifier: MIT
//
// A slot whose lowest bit is a lock, and what can be done with it that counts outside of the lock
// only: rc_slot_locked.h and safethread have the rest.
#ifndef RC_SLOT_BIT_H
#define RC_SLOT_BIT_H

#include "rc_slot_excluded.h"

enum { RC_SLOT_LOCKED = 1 };

// The slot's word, without the bit, which is now set. The holder counts and unlocks: it never
// waits.
static __attribute__((noinline, unused)) uintptr_t rc_slot_lock(struct rc_slot *s)
{
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    for (;;) {
        if ((word & RC_SLOT_LOCKED) != 0)
            sync_await(((word = atomic_load_explicit(&s->word, memory_order_relaxed)) &
                        RC_SLOT_LOCKED) == 0);
        // acquire: pairs with the release in rc_slot_unlock, so that the object is seen complete
        if (atomic_compare_exchange_weak_explicit(&s->word, &word, word | RC_SLOT_LOCKED,
                                                  memory_order_acquire, memory_order_relaxed))
            return word;
    }
}
// Release: pairs with the acquire in rc_slot_lock, for the object and for its count.
API void rc_slot_unlock(struct rc_slot *s, uintptr_t word)
{
    atomic_store_explicit(&s->word, word, memory_order_release);
}

// Excluded slots never carry the bit, so the word is the address. The second look makes sure that
// the count that was taken is that of the object which the slot still holds: its block may have
// been freed and reused between the first look and the count; what orders the look behind the count
// is the acquire in rc_try_incref.
API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h)
{
    // acquire: pairs with the release in rc_swap, so that the count is at least the object's first
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_acquire);
    if (word == 0 || !rc_try_incref(t, (struct rc_header *)word))
        return false;
    // acquire: pairs with the same; the block may hold another object than at the first look
    if (atomic_load_explicit(&s->word, memory_order_acquire) != word) {
        rc_decref(t, (struct rc_header *)word);
        return false;
    }
    *h = (struct rc_header *)word;
    return true;
}
API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s, struct rc_header *h)
{
    (void)owner;
    if (h != NULL)
        rc_incref(t, h);
    struct rc_header *old = (struct rc_header *)rc_slot_lock(s);
    rc_slot_unlock(s, (uintptr_t)h);
    if (old != NULL)
        rc_decref(t, old);
}
#endif
