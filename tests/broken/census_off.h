// SPDX-License-Identifier: MIT
//
// census_off: atomic, but rc_incref does one read-modify-write more than it states.
#ifndef BROKEN_CENSUS_OFF_H
#define BROKEN_CENSUS_OFF_H

#define rc_incref atomic_incref_right
#include "../../strategies/refcount/atomic.h"
#undef rc_incref

API void rc_incref(struct thread *t, struct rc_header *h)
{
    atomic_fetch_add_explicit(&h->count, 0, memory_order_relaxed);
    atomic_incref_right(t, h);
}

#endif
