// SPDX-License-Identifier: MIT
//
// The counts of plain_immortal and generational_immortal: one word that nobody adds to when it says
// that its object never dies. PEP 683 as CPython 3.12 has it (Include/object.h, 64-bit build with a
// GIL).
//
// Invariant: count = number of counted references and slots of a mortal object; a count whose
// highest bit is set is not a number, and no decrement changes it.
// Memory order: relaxed throughout, as plain; the global lock orders one thread's turn before the
// next one's.
//
// The mechanism of 3.12. An immortal count is UINT32_MAX in the low 32 bits of the word. An
// increment adds to these and stores the sum unless it is zero, so the test is the addition's own
// carry; a decrement leaves the count alone if it is negative as a signed 32-bit number. (3.14
// chose another value.) A mortal object with 2^31 references thereby becomes immortal, in CPython
// as here: it is leaked, not freed too early. What 3.12 calls the upper half of the word is always
// zero, and is not here: its increment writes 32 bits and its decrement reads and writes 64, which
// C11's atomics cannot say of one word. So these schemes do not pay for what 3.12 pays when a
// decrement follows its increment closely: a load that is wider than the store before it waits
// until that is in the cache. Where one object is counted over and over, that is most of the pair's
// cost.
//
// An immortal object's maker ends it (rc_end_immortal) by making it mortal again, with one
// reference: CPython's _Py_ClearImmortal, which its finalization calls.
//
// A scheme includes this after struct rc_header, which has `_Atomic(uint32_t) count`.
#ifndef RC_PLAIN_IMMORTAL_CORE_H
#define RC_PLAIN_IMMORTAL_CORE_H

#include "rc.h"

API void plain_init(struct rc_header *h, unsigned flags)
{
    atomic_store_explicit(&h->count, (flags & RC_IMMORTAL) != 0 ? UINT32_MAX : 1,
                          memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    uint32_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + 1;
    if (n != 0)
        atomic_store_explicit(&h->count, n, memory_order_relaxed);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    uint32_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    if ((int32_t)n < 0)
        return;
    atomic_store_explicit(&h->count, n - 1, memory_order_relaxed);
    if (n == 1)
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
