// SPDX-License-Identifier: MIT
//
// try_relaxed: atomic_relaxed, but rc_try_incref is relaxed: the second look of a reader who
// counted a block that has become another object may be the older one. x86-64 forgives it.
#ifndef BROKEN_TRY_RELAXED_H
#define BROKEN_TRY_RELAXED_H

#define rc_try_incref atomic_relaxed_try_incref_right
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_try_incref

API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    do {
        if (n == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&h->count, &n, n + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

#endif
