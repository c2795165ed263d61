// SPDX-License-Identifier: MIT
//
// death_unordered: atomic_relaxed, but the last decrement does not acquire what the others
// released. x86-64 forgives it: there the load that is missing would order nothing.
#ifndef BROKEN_DEATH_UNORDERED_H
#define BROKEN_DEATH_UNORDERED_H

#define rc_decref atomic_relaxed_decref_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_decref

API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_release) == 1)
        rc_die(t, h);
}

#endif
