// SPDX-License-Identifier: MIT
//
// cas_packed: Swift's counts. Strong and unowned references are counted in one word, which a
// compare-exchange loop changes; the object is destroyed when nobody refers to it strongly, and its
// memory is freed when nobody refers to it unowned either. The word is that of Swift 4 and later on
// 64 bits (stdlib/public/SwiftShims/RefCount.h; Swift 3 had two words of 32 bits):
//     bit 0       set: in Swift, the class is not Objective-C's
//     bits 1-31   unowned references, and one more that all strong ones have together
//     bit 32      the object is being destroyed, or has been
//     bits 33-62  strong references but one
//     bit 63      a slow path; here, the object is immortal, and bits 33-62 are 2
// The sign tells all slow paths at once: an increment of an immortal or overflowing count, and a
// decrement of the last strong reference, come out negative. (Swift sets all of bits 0-31 of an
// immortal object too, so that its unowned count stops as well. Ours goes on: immortal objects end
// with their world here, and weak references to them must learn of it.)
//
// Why a loop, where one addition would do? A decrement to nothing sets bit 32 in the same step, and
// after it no attempt to count (rc_try_incref) brings the object back.
//
// Weak references. Swift 4 puts them into a side table, to which the word then points, so that they
// do not keep the object's memory. Here they go through the unowned count, like Swift's unowned
// references and Swift 3's weak ones: a full cell keeps the memory of a dead object until it is
// dropped, or asked in vain. The side table is left out, and with it the indirection that in Swift
// each count of an object with weak references pays. A weak variable that one thread changes while
// another reads it is a race in Swift; our cells may be used so: a bit of the cell is a lock.
//
// Invariant: strong = counted references and slots; unowned = full cells, + 1 until the object has
// been destroyed. The word of a freed block keeps bit 32 until rc_init.
// Memory order: RefCount.h has increments relaxed, decrements release, and an acquire before the
// destruction. Its unowned counts are relaxed, as nothing is destroyed after them. But memory is
// freed, whose count word others have looked at through their cells: ours are release, with an
// acquire before the free. What atomic_relaxed says of an acquire load in place of a fence, and of
// rc_try_incref and rc_init, holds here.
#ifndef RC_CAS_PACKED_H
#define RC_CAS_PACKED_H

#include "al.h"
#include "rc.h"

#define RC_SUMMARY "strong and unowned counts in one word, changed by compare-exchange loops"
#define RC_SOURCE  "Swift 4 and later (stdlib/public/SwiftShims/RefCount.h), 2017"
#define RC_WHEN    "weak references cost nothing at death, and the compiler drops needless pairs"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_UNCOUNTED)

#define CAS_PACKED_PURE    ((uint64_t)1)
#define CAS_PACKED_UNOWNED ((uint64_t)1 << 1)
#define CAS_PACKED_LOW     ((uint64_t)UINT32_MAX) // bits 0-31
#define CAS_PACKED_DEAD    ((uint64_t)1 << 32)
#define CAS_PACKED_STRONG  ((uint64_t)1 << 33)
#define CAS_PACKED_SLOW    ((uint64_t)1 << 63)

struct rc_header {
    _Atomic(uint64_t) word;
};
struct rc_weak {
    _Atomic(uintptr_t) word; // the object, 0: empty; the lowest bit is a lock
};
enum { CAS_PACKED_LOCKED = 1 };

// Release: pairs with the acquire in rc_try_incref of a reader that still knows the block's former
// object.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t;
    uint64_t word = CAS_PACKED_UNOWNED | CAS_PACKED_PURE;
    if ((flags & RC_IMMORTAL) != 0)
        word |= CAS_PACKED_SLOW | 2 * CAS_PACKED_STRONG;
    atomic_store_explicit(&h->word, word, memory_order_release);
}
// Relaxed: all others are done with the object but for their weak references.
API void cas_packed_mortal(struct rc_header *h)
{
    atomic_fetch_and_explicit(&h->word, CAS_PACKED_LOW, memory_order_relaxed);
}
#define RC_MORTAL(t, h) cas_packed_mortal(h)

// What a change of the word that came out negative means.
static __attribute__((noinline, cold, unused)) void cas_packed_overflow(uint64_t word)
{
    sync_check((word & CAS_PACKED_SLOW) != 0, "more references than the word can count (2^30)");
}

// Relaxed: the caller's reference keeps the object alive; the load is a first guess.
API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    uint64_t word = atomic_load_explicit(&h->word, memory_order_relaxed);
    do {
        if (__builtin_expect((int64_t)(word + CAS_PACKED_STRONG) < 0, 0)) {
            cas_packed_overflow(word);
            return;
        }
    } while (!atomic_compare_exchange_weak_explicit(&h->word, &word, word + CAS_PACKED_STRONG,
                                                    memory_order_relaxed, memory_order_relaxed));
}
// The last strong reference, or an immortal object. Release, acquire: as in rc_decref.
static __attribute__((noinline, unused)) void cas_packed_last(struct thread *t, struct rc_header *h,
                                                              uint64_t word)
{
    uint64_t next;
    do {
        if ((word & CAS_PACKED_SLOW) != 0)
            return;
        // somebody else may have counted meanwhile
        next = word - CAS_PACKED_STRONG;
        if ((int64_t)next < 0) {
            sync_check((word & CAS_PACKED_DEAD) == 0, "a dead object is given up again");
            next = word | CAS_PACKED_DEAD;
        }
    } while (!atomic_compare_exchange_weak_explicit(&h->word, &word, next, memory_order_release,
                                                    memory_order_relaxed));
    if ((next & CAS_PACKED_DEAD) == 0)
        return;
    (void)atomic_load_explicit(&h->word, memory_order_acquire);
    rc_die(t, h);
}
// Release: what this holder did to the object. Acquire: pairs with it in all earlier decrements.
API void rc_decref(struct thread *t, struct rc_header *h)
{
    uint64_t word = atomic_load_explicit(&h->word, memory_order_relaxed);
    do {
        if ((int64_t)(word - CAS_PACKED_STRONG) < 0) {
            cas_packed_last(t, h, word);
            return;
        }
    } while (!atomic_compare_exchange_weak_explicit(&h->word, &word, word - CAS_PACKED_STRONG,
                                                    memory_order_release, memory_order_relaxed));
}
// Relaxed load: only a first guess. Acquire on success: pairs with the release in rc_init and keeps
// the second look of rc_try_load behind the count. Relaxed on failure: the answer is no.
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    uint64_t word = atomic_load_explicit(&h->word, memory_order_relaxed);
    do {
        if ((word & CAS_PACKED_DEAD) != 0)
            return false;
        if (__builtin_expect((int64_t)(word + CAS_PACKED_STRONG) < 0, 0)) {
            cas_packed_overflow(word);
            // acquire: as below, where nothing is counted
            (void)atomic_load_explicit(&h->word, memory_order_acquire);
            return true;
        }
    } while (!atomic_compare_exchange_weak_explicit(&h->word, &word, word + CAS_PACKED_STRONG,
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// --- unowned references -------------------------------------------------------------------------

// Relaxed: the caller holds the object.
API void cas_packed_own_memory(struct rc_header *h)
{
    uint64_t word = atomic_load_explicit(&h->word, memory_order_relaxed);
    do {
        sync_check(((word + CAS_PACKED_UNOWNED) & CAS_PACKED_LOW) != CAS_PACKED_LOW,
                   "more weak references than the word can count (2^31)");
    } while (!atomic_compare_exchange_weak_explicit(&h->word, &word, word + CAS_PACKED_UNOWNED,
                                                    memory_order_relaxed, memory_order_relaxed));
}
// Release: this reference looked at the word. Acquire: pairs with it in all earlier ones; then the
// memory is free.
API void cas_packed_disown_memory(struct thread *t, struct rc_header *h)
{
    uint64_t word = atomic_load_explicit(&h->word, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&h->word, &word, word - CAS_PACKED_UNOWNED,
                                                  memory_order_release, memory_order_relaxed))
        ;
    if (((word - CAS_PACKED_UNOWNED) & CAS_PACKED_LOW) == CAS_PACKED_PURE) {
        (void)atomic_load_explicit(&h->word, memory_order_acquire);
        rc_free_memory(t, h);
    }
}
// The object has been destroyed. Where no cell knows it, as mostly, nothing is written
// (canBeFreedNow in RefCount.h): nobody can make one of a dead object. Acquire: pairs with the
// release in cas_packed_disown_memory.
API void cas_packed_destroyed(struct thread *t, struct rc_header *h)
{
    uint64_t word = atomic_load_explicit(&h->word, memory_order_acquire);
    if ((word & CAS_PACKED_LOW) == (CAS_PACKED_UNOWNED | CAS_PACKED_PURE))
        rc_free_memory(t, h);
    else
        cas_packed_disown_memory(t, h);
}
#define RC_FREE(t, h) cas_packed_destroyed(t, h)

// --- weak references ----------------------------------------------------------------------------

// The object in the cell, which is locked now; NULL: it is empty, and is not. While it is locked it
// keeps its unowned reference, so that the word may be looked at. The holder never waits.
// Acquire: pairs with the release in cas_packed_unlock, for the object's word.
static __attribute__((noinline, unused)) struct rc_header *cas_packed_lock(struct rc_weak *w)
{
    uintptr_t word = atomic_load_explicit(&w->word, memory_order_relaxed);
    for (;;) {
        if ((word & CAS_PACKED_LOCKED) != 0)
            sync_await(((word = atomic_load_explicit(&w->word, memory_order_relaxed)) &
                        CAS_PACKED_LOCKED) == 0);
        if (word == 0)
            return NULL;
        if (atomic_compare_exchange_weak_explicit(&w->word, &word, word | CAS_PACKED_LOCKED,
                                                  memory_order_acquire, memory_order_relaxed))
            return (struct rc_header *)word;
    }
}
// Release: pairs with the acquire in cas_packed_lock.
API void cas_packed_unlock(struct rc_weak *w, struct rc_header *h)
{
    atomic_store_explicit(&w->word, (uintptr_t)h, memory_order_release);
}

API void rc_weak_make(struct thread *t, struct rc_weak *w, struct rc_header *h)
{
    (void)t;
    cas_packed_own_memory(h);
    cas_packed_unlock(w, h); // an empty cell is not locked
}
API struct rc_header *rc_weak_get(struct thread *t, struct rc_weak *w)
{
    struct rc_header *h = cas_packed_lock(w);
    if (h == NULL)
        return NULL;
    bool alive = rc_try_incref(t, h);
    cas_packed_unlock(w, alive ? h : NULL);
    if (alive)
        return h;
    cas_packed_disown_memory(t, h);
    return NULL;
}
API void rc_weak_drop(struct thread *t, struct rc_weak *w)
{
    struct rc_header *h = cas_packed_lock(w);
    if (h == NULL)
        return;
    cas_packed_unlock(w, NULL);
    cas_packed_disown_memory(t, h);
}
// Bit 32 says it to all cells at once.
API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// A death loads once more before it destroys, and once before it frees.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .rmw = 1, .load = 1)                                                            \
    op(decref_own, .rmw = 1, .load = 1)                                                            \
    op(incref_other, .rmw = 1, .load = 1)                                                          \
    op(decref_other, .rmw = 1, .load = 1)                                                          \
    op(death_own, .rmw = 1, .load = 3)                                                             \
    op(try_incref, .rmw = 1, .load = 1)                                                            \
    op(local_pair, .rmw = 2, .load = 2)                                                            \
    op(load, .rmw = 2, .load = 2, .store = 1)                                                      \
    op(store, .rmw = 3, .load = 3, .store = 1)                                                     \
    op(incref_immortal, .load = 1)                                                                 \
    op(decref_immortal, .load = 1)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_state.h"
#include "rc_slot_locked.h"

#endif
