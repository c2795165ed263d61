// SPDX-License-Identifier: MIT
//
// atomic: one word, changed by sequentially consistent read-modify-writes. What Greg Stein's patch
// did on Windows (InterlockedIncrement) and Larry Hastings' Gilectomy everywhere
// (__sync_add_and_fetch): the obvious way to count without a lock, and the one that sends the
// object's cache line to whoever counted last.
//
// Invariant: count = number of counted references and slots that refer to the object.
// Memory order: seq_cst in every operation, as both originals had it. Weaker orders would do
// (increment relaxed, decrement release, acquire before the death); atomic_relaxed shows what that
// saves. What matters is that all earlier decrements happen before the death: each of them is a
// release and the last one an acquire of the same word.
#ifndef RC_ATOMIC_H
#define RC_ATOMIC_H

#include "rc.h"

#define RC_SUMMARY "one atomic read-modify-write a change, sequentially consistent"
#define RC_SOURCE  "Stein's free-threading patch on Win32, 1996; Hastings' Gilectomy, 2016"
#define RC_WHEN    "as the thing to be better than: right anywhere, simple, and slow everywhere"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_header {
    _Atomic(intptr_t) count;
};

// Release: pairs with rc_try_incref of a reader that still knows the block's former object, whose
// second look at the slot (rc_try_load) must not be the older one. Everybody else learns of the
// object through a release of its own.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_release);
}
// Seq_cst: not needed, since the caller's reference keeps the object alive.
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    atomic_fetch_add_explicit(&h->count, 1, memory_order_seq_cst);
}
// Seq_cst: not needed. Release: what this holder did to the object. Acquire: pairs with it in all
// earlier decrements.
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_seq_cst) == 1)
        rc_die(t, h);
}
// Relaxed load: only a first guess for the compare-exchange, which decides. Seq_cst, release: not
// needed. Acquire: pairs with the release in rc_init.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    do {
        if (n == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&h->count, &n, n + 1, memory_order_seq_cst,
                                                    memory_order_relaxed));
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 1)                                                                       \
    op(decref_own, .rmw = 1)                                                                       \
    op(incref_other, .rmw = 1)                                                                     \
    op(decref_other, .rmw = 1)                                                                     \
    op(death_own, .rmw = 1)                                                                        \
    op(try_incref, .rmw = 1, .load = 1)                                                            \
    op(local_pair, .rmw = 2)                                                                       \
    op(load, .rmw = 2, .load = 1, .store = 1)                                                      \
    op(store, .rmw = 3, .load = 1, .store = 1)
// clang-format on

#include "rc_eager.h"

#endif
