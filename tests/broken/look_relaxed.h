// SPDX-License-Identifier: MIT
//
// look_relaxed: atomic_relaxed, but the first look of rc_try_load is relaxed: the count that it
// then takes is ordered behind rc_init, but not behind what the object's maker wrote after that.
// x86-64 forgives it.
#ifndef BROKEN_LOOK_RELAXED_H
#define BROKEN_LOOK_RELAXED_H

#define rc_try_load atomic_relaxed_try_load_right
API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h);
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_try_load

API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h)
{
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    if (word == 0 || !rc_try_incref(t, (struct rc_header *)word))
        return false;
    if (atomic_load_explicit(&s->word, memory_order_relaxed) != word) {
        rc_decref(t, (struct rc_header *)word);
        return false;
    }
    *h = (struct rc_header *)word;
    return true;
}

#endif
