// SPDX-License-Identifier: MIT
//
// The counts of plain and generational: one word, added to and subtracted from.
//
// Invariant: count = number of counted references and slots that refer to the object.
// Memory order: relaxed throughout; the global lock orders one thread's turn before the next one's.
// Loads and stores are atomic all the same, so that a compiler neither merges an increment with the
// decrement that follows nor turns the pair into nothing: an interpreter could not do that either.
//
// A scheme includes this after struct rc_header, which has `_Atomic(intptr_t) count`.
#ifndef RC_PLAIN_CORE_H
#define RC_PLAIN_CORE_H

#include "rc.h"

API void plain_init(struct rc_header *h, unsigned flags)
{
    (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    atomic_store_explicit(&h->count, n + 1, memory_order_relaxed);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed) - 1;
    atomic_store_explicit(&h->count, n, memory_order_relaxed);
    if (n == 0)
        rc_die(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->count, memory_order_relaxed) == 0)
        return false;
    rc_incref(t, h);
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

#endif
