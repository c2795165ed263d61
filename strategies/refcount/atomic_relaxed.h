// SPDX-License-Identifier: MIT
//
// atomic_relaxed: one word, changed by read-modify-writes of the weakest orders that are right.
// What shared pointers do: Boost's (detail/sp_counted_base_gcc_atomic.hpp), std::shared_ptr, Rust's
// Arc; Linux documents the same orders for refcount_t
// (Documentation/core-api/refcount-vs-atomic.rst).
//
// Invariant: count = number of counted references and slots that refer to the object; it never
// leaves zero again.
//
// Memory order. An increment is relaxed: its maker holds a reference, so the object is there, and
// hands the new one on through something that orders. A decrement is a release, and who brought the
// count to zero loads it once more with acquire before the death: all changes of the word are
// read-modify-writes, so that load stands in the release sequence of every earlier decrement, and
// what each holder did happens before obj_destroy. Boost writes acq_rel into every decrement, Arc a
// fence where the load stands (and the load under ThreadSanitizer, which does not model fences):
// the load is paid by deaths only, and it is the form that tools understand.
//
// rc_try_incref by a reader without a lock is the one increment without a reference: the block may
// have been freed and be another object's by now, in an allocator that keeps count words. The
// reader then looks again where the address came from (rc_try_load), and that look must not be the
// older one: acquire in the compare-exchange, paired with a release in rc_init. Linux has
// refcount_inc_not_zero_acquire() and refcount_set_release() for just this (2025).
//
// On x86-64 each read-modify-write is one locked instruction of whatever order, so the timed loops
// of atomic and atomic_relaxed are the same instructions: there the two are each other's A/A check.
// The difference shows on arm64, where seq_cst is ldaddal and these are ldadd and ldaddl.
#ifndef RC_ATOMIC_RELAXED_H
#define RC_ATOMIC_RELAXED_H

#include "rc.h"

#define RC_SUMMARY "one atomic read-modify-write a change, ordered no more than it must be"
#define RC_SOURCE  "Peter Dimov's boost::shared_ptr; std::shared_ptr; Rust's Arc; Linux refcount_t"
#define RC_WHEN    "few objects, few counts, or counts that several threads change in equal parts"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

struct rc_header {
    _Atomic(intptr_t) count;
};

// Release: pairs with the acquire in rc_try_incref of a reader that still knows the block's former
// object. Everybody else learns of the object through a release of its own.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    atomic_store_explicit(&h->count, 1, memory_order_release);
}
// Relaxed: the reference that the caller holds keeps the object alive.
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    atomic_fetch_add_explicit(&h->count, 1, memory_order_relaxed);
}
// Release: what this holder did to the object. Acquire: pairs with it in all earlier decrements.
API void rc_decref(struct thread *t, struct rc_header *h)
{
    if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_release) == 1) {
        (void)atomic_load_explicit(&h->count, memory_order_acquire);
        rc_die(t, h);
    }
}
// Relaxed load: only a first guess. Acquire on success: pairs with the release in rc_init and keeps
// the second look of rc_try_load behind the count. Relaxed on failure: the answer is no.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t n = atomic_load_explicit(&h->count, memory_order_relaxed);
    do {
        if (n == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&h->count, &n, n + 1, memory_order_acquire,
                                                    memory_order_relaxed));
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// As atomic, and a load more for a death.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 1)                                                                       \
    op(decref_own, .rmw = 1)                                                                       \
    op(incref_other, .rmw = 1)                                                                     \
    op(decref_other, .rmw = 1)                                                                     \
    op(death_own, .rmw = 1, .load = 1)                                                             \
    op(try_incref, .rmw = 1, .load = 1)                                                            \
    op(local_pair, .rmw = 2)                                                                       \
    op(load, .rmw = 2, .load = 1, .store = 1)                                                      \
    op(store, .rmw = 3, .load = 1, .store = 1)
// clang-format on

#include "rc_eager.h"

#endif
