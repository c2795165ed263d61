// SPDX-License-Identifier: MIT
//
// Shared slots for schemes whose rc_incref needs a living object: between loading the pointer and
// counting, another thread could drop the last reference. The lowest bit of the word is a lock that
// covers the two (the locked pointer of C++'s atomic<shared_ptr> implementations). A load costs one
// compare-exchange and one store beside the increment, a store the same beside the two counts.
#ifndef RC_SLOT_LOCKED_H
#define RC_SLOT_LOCKED_H

#include "rc_slot_bit.h"

API struct rc_header *rc_load(struct thread *t, struct rc_slot *s)
{
    uintptr_t word = rc_slot_lock(s);
    struct rc_header *h = (struct rc_header *)word;
    if (h != NULL)
        rc_incref(t, h);
    rc_slot_unlock(s, word);
    return h;
}
API bool rc_compare_exchange(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                             struct rc_header *expected, struct rc_header *desired)
{
    (void)owner;
    uintptr_t word = rc_slot_lock(s);
    if (word != (uintptr_t)expected) {
        rc_slot_unlock(s, word);
        return false;
    }
    if (desired != NULL)
        rc_incref(t, desired);
    rc_slot_unlock(s, (uintptr_t)desired);
    if (expected != NULL)
        rc_decref(t, expected);
    return true;
}

#endif
