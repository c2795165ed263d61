// SPDX-License-Identifier: MIT
//
// leak: atomic, but every 64th last decrement forgets to kill.
#ifndef BROKEN_LEAK_H
#define BROKEN_LEAK_H

#include "counted.h"

#define rc_decref atomic_decref_right
#include "../../strategies/refcount/atomic.h"
#undef rc_decref

API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_seq_cst) == 1 && !broken_now(t, 64))
        rc_die(t, h);
}

#endif
