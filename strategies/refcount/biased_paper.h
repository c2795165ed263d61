// SPDX-License-Identifier: MIT
//
// biased_paper: biased reference counting as its paper has it. Most objects are touched by the
// thread that made them, so that one counts without atomics in a half-word of its own, and all
// others with compare-exchanges in the other half.
//
//     RCWord   biased half: owner's thread id 18 bits, counter 14
//              shared half: reserved 16 bits, counter 14 (may be negative), Merged, Queued
//
// The object's count is the sum of the two counters (algorithms 2 to 4 of the paper):
//   * The owner counts down (FastDecrement); at zero it sets Merged by compare-exchange. If the
//     shared counter is zero the object dies; else it has no owner any more, and `shared` alone
//     counts.
//   * Another thread counts down (SlowDecrement); a counter that turns negative sets Queued. Who
//     set it puts the object on the owner's list, and the owner merges what is there now and then
//     (ExplicitMerge; here at a safepoint). If the owner has gone, who would have queued it merges.
// Its death costs a compare-exchange, always, where PEP 703's (biased.h) costs none; in return the
// Merged flag tells the dead from the living for everybody, so that no object need be published
// before another thread may try to count it.
//
// Where this is not the paper's listing:
//   * The paper drops the ownership after the compare-exchange that sets Merged. By then another
//     thread may have given up the last reference and freed the object: here the owner's half is
//     cleared before.
//   * An object with Queued is in a list, or on the way to one, and only who takes it out there may
//     free it: the references may have come back to the counters from which they were dropped, and
//     the owner may have set Merged, meanwhile. The merge clears Queued.
//   * The two halves are two 32-bit atomics in the word's eight bytes. C11 has no access to a part
//     of an atomic object.
//   * Counters. 14 bits are few: one value in a large table has more references. The paper leaves
//     open what an overflow does. Here an owner whose counter is full counts in the shared half,
//     whose counter goes on into the reserved bits; a program that fills these too, with 2^29
//     references, ends with a message.
//
// Invariant: the biased half is written only by the thread whose id is in it, or under the lock of
// that id's list when no thread has it; once it is 0 it stays 0.
// Memory order: as in rc_biased.h. The biased half is relaxed; decrements and merges of the shared
// half are acq_rel, so that who brings the sum to zero has seen what all others did to the object.
#ifndef RC_BIASED_PAPER_H
#define RC_BIASED_PAPER_H

#include "rc_biased_queue.h"

#define RC_SUMMARY "biased as the paper has it: one word of two halves, Merged by compare-exchange"
#define RC_SOURCE  "J. Choi, T. Shull, J. Torrellas, Biased reference counting, PACT 2018"
#define RC_WHEN    "beside biased, to see what the layout and the death by compare-exchange cost"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_LATE | RC_COUNTS | RC_WEAK | RC_TRY_FREED)

enum {
    PAPER_COUNTER_BITS = 14,
    PAPER_COUNTER = (1 << PAPER_COUNTER_BITS) - 1, // mask; the owner's id stands above
    PAPER_QUEUED = 1 << 0,
    PAPER_MERGED = 1 << 1,
    PAPER_ONE = 1 << 2,               // one reference in the shared counter
    PAPER_SHARED_MAX = (1 << 29) - 1, // 14 bits and the reserved 16
};
_Static_assert(THREADS_MAX < 1 << 18, "18 bits hold a thread's id");

struct rc_header {
    _Alignas(8) _Atomic(uint32_t) biased; // id << 14 | counter; 0: no owner
    _Atomic(uint32_t) shared;             // counter << 2 | Merged | Queued
};

API int32_t paper_counter(uint32_t shared)
{
    return (int32_t)shared >> 2;
}
API uint32_t paper_add(uint32_t shared, int32_t n)
{
    int32_t counter = paper_counter(shared) + n;
    sync_check(counter <= PAPER_SHARED_MAX && counter >= -PAPER_SHARED_MAX - 1,
               "more references than the counters of a word hold");
    return (shared & (PAPER_MERGED | PAPER_QUEUED)) | (uint32_t)(counter * PAPER_ONE);
}
// No reference is left, and nobody else knows the object: Merged alone.
API bool paper_dead(uint32_t shared)
{
    return shared == PAPER_MERGED;
}

// --- merging ----------------------------------------------------------------------------------

// Ends the ownership, and with it the list's hold where that calls. `keep`: the flags that stay.
static __attribute__((noinline, unused)) bool paper_merge(struct rc_header *h, uint32_t keep)
{
    uint32_t biased = atomic_load_explicit(&h->biased, memory_order_relaxed);
    // first, since another thread may free the object as soon as it is merged
    atomic_store_explicit(&h->biased, 0, memory_order_relaxed);
    uint32_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), merged;
    do {
        merged = (paper_add(shared, (int32_t)(biased & PAPER_COUNTER)) & keep) | PAPER_MERGED;
        // release: what the owner did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, merged,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return paper_dead(merged);
}
// ExplicitMerge.
API bool biased_merge_queued(struct rc_header *h)
{
    return paper_merge(h, ~(uint32_t)PAPER_QUEUED);
}

// The caller set Queued; tid is what it saw before, which was the owner then.
static __attribute__((noinline, unused)) void paper_queue(struct thread *t, struct rc_header *h,
                                                          uint32_t tid)
{
    bool dead;
    if (tid != 0)
        dead = biased_queue_put(t, tid, h);
    else
        // The owner is on its way to set Merged, or has done so: it leaves the object to the list,
        // in which nobody will put it. release: what this thread did to the object; acquire: what
        // all others did, if it is dead. Only C11's load buffering comes here, since nothing orders
        // the biased half, and so no schedule of the explorer.
        dead = atomic_fetch_and_explicit(&h->shared, ~(uint32_t)PAPER_QUEUED,
                                         memory_order_acq_rel) == (PAPER_MERGED | PAPER_QUEUED);
    if (dead)
        rc_die(t, h);
}

// --- counting ---------------------------------------------------------------------------------

API uint32_t paper_biased(struct rc_header *h)
{
    return atomic_load_explicit(&h->biased, memory_order_relaxed);
}
API bool paper_mine(struct thread *t, uint32_t biased)
{
    return __builtin_expect(biased >> PAPER_COUNTER_BITS == thread_id(t), 1);
}

static __attribute__((noinline, unused)) void paper_slow_increment(struct rc_header *h)
{
    uint32_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    // relaxed: the reference that the caller holds keeps the object alive
    while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, paper_add(shared, 1),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}
static __attribute__((noinline, unused)) void
paper_slow_decrement(struct thread *t, struct rc_header *h, uint32_t tid)
{
    uint32_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), next;
    do {
        next = paper_add(shared, -1);
        if (paper_counter(next) < 0)
            next |= PAPER_QUEUED;
        // release: what this thread did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if ((next & PAPER_QUEUED) != (shared & PAPER_QUEUED))
        paper_queue(t, h, tid);
    else if (paper_dead(next))
        rc_die(t, h);
}

API void biased_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)flags;
    // relaxed: whoever learns of the object does so through a release
    atomic_store_explicit(&h->biased, (uint32_t)thread_id(t) << PAPER_COUNTER_BITS | 1,
                          memory_order_relaxed);
    // release: pairs with rc_try_incref by who still knows the block's former object. All later
    // changes of the half-word are read-modify-writes, which pass it on.
    atomic_store_explicit(&h->shared, 0, memory_order_release);
}
API void biased_incref(struct thread *t, struct rc_header *h)
{
    uint32_t biased = paper_biased(h);
    if (paper_mine(t, biased) && __builtin_expect((biased & PAPER_COUNTER) != PAPER_COUNTER, 1))
        atomic_store_explicit(&h->biased, biased + 1, memory_order_relaxed);
    else
        paper_slow_increment(h);
}
API void biased_decref(struct thread *t, struct rc_header *h)
{
    uint32_t biased = paper_biased(h);
    if (!paper_mine(t, biased)) {
        paper_slow_decrement(t, h, biased >> PAPER_COUNTER_BITS);
        return;
    }
    atomic_store_explicit(&h->biased, biased - 1, memory_order_relaxed);
    if (__builtin_expect((biased & PAPER_COUNTER) == 1, 0) && paper_merge(h, UINT32_MAX))
        rc_die(t, h);
}
// Fails for the dead. The owner's counter is zero only when the object is merged or about to be.
API bool biased_try_incref(struct thread *t, struct rc_header *h)
{
    uint32_t biased = paper_biased(h);
    if (paper_mine(t, biased) && (biased & PAPER_COUNTER) != 0) {
        biased_incref(t, h);
        return true;
    }
    uint32_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    do {
        if (paper_dead(shared))
            return false;
        // acquire: pairs with rc_init of the object that the block may have become, so that the
        // second look of rc_try_load is not the older one
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, paper_add(shared, 1),
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}
API void biased_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// The owner's death: the read-modify-write that biased has not.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, .load = 1, .store = 1)                                                          \
    op(decref_own, .load = 1, .store = 1)                                                          \
    op(incref_other, .rmw = 1, .load = 2)                                                          \
    op(decref_other, .rmw = 1, .load = 2)                                                          \
    op(death_own, .rmw = 1, .load = 3, .store = 2)                                                 \
    op(try_incref, .rmw = 1, .load = 2)                                                            \
    op(local_pair, .rmw = 2, .load = 4)                                                            \
    op(load, .rmw = 2, .load = 3, .store = 1)                                                      \
    op(store, .rmw = 1, .load = 3, .store = 3)
// clang-format on

#include "rc_biased_alone.h"

#endif
