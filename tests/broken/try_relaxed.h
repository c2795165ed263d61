// SPDX-License-Identifier: MIT
//
// try_relaxed: atomic_relaxed, but rc_try_incref is relaxed: the second look of a reader who
// counted a block that has become another object may be the older one. x86-64 forgives it.
#ifndef BROKEN_TRY_RELAXED_H
#define BROKEN_TRY_RELAXED_H

#include "../../strategies/rc.h"

static bool broken_try(struct thread *t, struct rc_header *h);

// The definition in atomic_relaxed.h keeps its body under another name, its callers get this one.
#define rc_try_incref(t, h) TRY_##t, h)
#define TRY_struct atomic_relaxed_try_incref_right(struct
#define TRY_t broken_try(t
#include "../../strategies/refcount/atomic_relaxed.h"
#undef rc_try_incref

API bool broken_try(struct thread *t, struct rc_header *h)
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
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    return broken_try(t, h);
}

#endif
