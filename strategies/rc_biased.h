// SPDX-License-Identifier: MIT
//
// What the schemes of biased reference counting share. Most objects are counted by the thread that
// made them, so that thread counts with plain loads and stores in a word of its own, and all others
// in a second word with atomic operations: Choi, Shull and Torrellas' algorithm (PACT 2018) in the
// layout and with the states that PEP 703 gave it (CPython 3.13's object.c and brc.c).
//
// An object's true count is local + (shared >> 2). The low bits of `shared` only ever rise:
//     0 DEFAULT   local counts, and no foreign thread may try to count (rc_try_incref)
//     1 PUBLISHED local counts, foreign threads may try (the PEP: maybe-weakref)
//     2 QUEUED    as 1; a foreign decrement met a shared count of zero and put the object on its
//                 owner's queue. The queue owns the reference that was dropped: it stays counted.
//     3 MERGED    the object has no owner any more, `shared` alone counts, death at zero
// The owner merges what is in its queue at its next safepoint (rc_biased_queue.h), and frees what
// turns out dead: not the foreign thread, which cannot know `local`.
//
// Invariant: `local` and `tid` of a mortal object are written only by the thread whose id is in
// tid, or while holding the queue lock of that id when no thread has it, or while the world stands
// still; once tid is 0, local is 0 for ever.
//
// Memory order. The owner's word is relaxed: it is the owner's alone, others read tid only to learn
// that they are not the owner. Decrements and merges of `shared` are acq_rel: each foreign
// decrement releases what its thread did to the object, and who brings the sum to zero acquires all
// of it, by the merge's compare-exchange, or by the acquire load when the owner finds that nobody
// ever shared. A death by the owner of an object that nobody shared thus has no read-modify-write
// at all. rc_try_incref acquires what rc_init released: the count may be that of a block's next
// object.
//
// Immortal objects, where a scheme knows them (BIASED_IMMORTALS): `local` is UINT32_MAX, for owner
// and others alike, and nobody writes the header. The test is PEP 703's, in the one load of
// `local`, which then comes before the look at tid. An object with that many references of its
// owner's becomes immortal, in CPython as here: it is leaked, not freed too early.
//
// A scheme includes this first, and has defined what it needs of
//     BIASED_FIELDS, BIASED_FIRST   further members of the header; the latter come first
//     BIASED_IMMORTALS              1: it knows immortal objects
//     BIASED_ELSEWHERE(t, h, n)     h, whose owner t is not, is counted elsewhere than in the
//                                   object: true, and n references have been
// Its struct rc_thread and struct rc_world have parts that biased_self and biased_world find.
// rc_biased_alone.h is the rest of a scheme that adds nothing.
#ifndef RC_BIASED_CORE_H
#define RC_BIASED_CORE_H

#include "rc.h"

enum biased_state {
    BIASED_DEFAULT = 0,
    BIASED_PUBLISHED = 1,
    BIASED_QUEUED = 2,
    BIASED_MERGED = 3,
    BIASED_STATE = 3, // mask
    BIASED_ONE = 4,   // one counted reference in `shared`
};

#ifndef BIASED_IMMORTALS
#define BIASED_IMMORTALS 0
#endif
#ifndef BIASED_ELSEWHERE
#define BIASED_ELSEWHERE(t, h, n) false
#endif
#ifndef BIASED_FIRST
#define BIASED_FIRST
#endif
#ifndef BIASED_FIELDS
#define BIASED_FIELDS // four bytes of them cost nothing
#endif
struct rc_header {
    BIASED_FIRST
    _Atomic(uintptr_t) tid; // the owner's thread id; 0 when merged
    _Atomic(uint32_t) local;
    BIASED_FIELDS
    _Atomic(intptr_t) shared; // count << 2 | state; the count may be negative until merged
};

// --- merging ----------------------------------------------------------------------------------

// Ends the object's ownership and adds `extra`; true if that leaves no reference. By the owner, or
// under the queue lock of an owner that has gone. local and tid go first: as soon as `shared` says
// MERGED, another thread may drop the last reference and free the object.
static __attribute__((noinline, unused)) bool biased_merge(struct rc_header *h, intptr_t extra)
{
    intptr_t add = (intptr_t)atomic_load_explicit(&h->local, memory_order_relaxed) + extra;
    atomic_store_explicit(&h->local, 0, memory_order_relaxed);
    atomic_store_explicit(&h->tid, 0, memory_order_relaxed);
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), merged;
    do {
        merged = (((shared >> 2) + add) * BIASED_ONE) | BIASED_MERGED;
        // release: what the owner did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, merged,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return merged == BIASED_MERGED;
}

// The owner gave up its last local reference.
static __attribute__((noinline, unused)) void biased_local_zero(struct thread *t,
                                                                struct rc_header *h)
{
    // acquire: pairs with foreign decrements that brought the shared count back to zero
    if (atomic_load_explicit(&h->shared, memory_order_acquire) == BIASED_DEFAULT ||
        biased_merge(h, 0))
        rc_die(t, h);
}

#include "rc_biased_queue.h"

// The queue's reference goes.
API bool biased_merge_queued(struct rc_header *h)
{
    return biased_merge(h, -1);
}

// The caller set QUEUED, so the reference that it gave up is the queue's.
static __attribute__((noinline, unused)) void biased_enqueue(struct thread *t, struct rc_header *h)
{
    uintptr_t tid = atomic_load_explicit(&h->tid, memory_order_relaxed);
    bool dead;
    if (tid == 0)
        // The owner has merged it, or is about to and has already taken `local` into its sum: this
        // reference is in `shared` either way. release: the look at tid, which the free must not
        // overtake; acquire: what all others did, if it is dead
        dead = atomic_fetch_sub_explicit(&h->shared, BIASED_ONE, memory_order_acq_rel) ==
               (BIASED_ONE | BIASED_MERGED);
    else
        dead = biased_queue_put(t, tid, h);
    if (dead)
        rc_die(t, h);
}

// --- counting ---------------------------------------------------------------------------------

API bool biased_mine(struct thread *t, struct rc_header *h)
{
    return atomic_load_explicit(&h->tid, memory_order_relaxed) == thread_id(t);
}
API uint32_t biased_local(struct rc_header *h)
{
    return atomic_load_explicit(&h->local, memory_order_relaxed);
}
enum biased_whose { BIASED_MINE, BIASED_OTHERS, BIASED_NOBODYS };
// Who counts h in `local`, which is answered too where that is t: the caller may write it then.
// Nobody counts the immortal.
API enum biased_whose biased_whose(struct thread *t, struct rc_header *h, uint32_t *local)
{
    if (BIASED_IMMORTALS && __builtin_expect((*local = biased_local(h)) == UINT32_MAX, 0))
        return BIASED_NOBODYS;
    if (__builtin_expect(!biased_mine(t, h), 0))
        return BIASED_OTHERS;
    if (!BIASED_IMMORTALS)
        *local = biased_local(h);
    return BIASED_MINE;
}

// Relaxed: whoever learns of the object does so through a release.
API void biased_start(struct thread *t, struct rc_header *h, unsigned flags, intptr_t shared)
{
    if (BIASED_IMMORTALS && (flags & RC_IMMORTAL) != 0) {
        atomic_store_explicit(&h->tid, 0, memory_order_relaxed);
        atomic_store_explicit(&h->shared, BIASED_DEFAULT, memory_order_relaxed);
        // release: pairs with rc_try_incref, as the one below
        atomic_store_explicit(&h->local, UINT32_MAX, memory_order_release);
        return;
    }
    atomic_store_explicit(&h->tid, thread_id(t), memory_order_relaxed);
    atomic_store_explicit(&h->local, 1, memory_order_relaxed);
    // release: pairs with rc_try_incref by who still knows the block's former object. All later
    // changes of the word are read-modify-writes, which pass it on. (CPython stores it plainly.)
    atomic_store_explicit(&h->shared, shared, memory_order_release);
}
API void biased_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    biased_start(t, h, flags, BIASED_DEFAULT);
}
API void biased_incref(struct thread *t, struct rc_header *h)
{
    uint32_t n;
    switch (biased_whose(t, h, &n)) {
    case BIASED_MINE:
        atomic_store_explicit(&h->local, n + 1, memory_order_relaxed);
        break;
    case BIASED_OTHERS:
        // relaxed: the reference that the caller holds keeps the object alive
        if (!BIASED_ELSEWHERE(t, h, 1))
            atomic_fetch_add_explicit(&h->shared, BIASED_ONE, memory_order_relaxed);
        break;
    case BIASED_NOBODYS:
        break;
    }
}

// A foreign decrement. With a shared count of zero, not queued and not merged, the reference that
// goes is one that `local` counts: the queue takes it over.
static __attribute__((noinline, unused)) void biased_decref_shared(struct thread *t,
                                                                   struct rc_header *h)
{
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), next;
    bool enqueue;
    do {
        enqueue = shared == BIASED_DEFAULT || shared == BIASED_PUBLISHED;
        next = enqueue ? BIASED_QUEUED : shared - BIASED_ONE;
        // release: what this thread did to the object; acquire: what all others did, if it is dead
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (enqueue)
        biased_enqueue(t, h);
    else if (next == BIASED_MERGED)
        rc_die(t, h);
}

API void biased_decref(struct thread *t, struct rc_header *h)
{
    uint32_t n;
    switch (biased_whose(t, h, &n)) {
    case BIASED_MINE:
        atomic_store_explicit(&h->local, n - 1, memory_order_relaxed);
        if (__builtin_expect(n == 1, 0))
            biased_local_zero(t, h);
        break;
    case BIASED_OTHERS:
        if (!BIASED_ELSEWHERE(t, h, -1))
            biased_decref_shared(t, h);
        break;
    case BIASED_NOBODYS:
        break;
    }
}
// Fails for the dead, and for what was never published: its count may be in local alone, which a
// foreign thread cannot test.
API bool biased_try_incref(struct thread *t, struct rc_header *h)
{
    uint32_t n;
    switch (biased_whose(t, h, &n)) {
    case BIASED_MINE:
        if (n == 0)
            break;
        atomic_store_explicit(&h->local, n + 1, memory_order_relaxed);
        return true;
    case BIASED_OTHERS:
        if (!BIASED_ELSEWHERE(t, h, 1))
            break;
        // acquire: pairs with rc_init of the object that the block may have become, as below
        (void)atomic_load_explicit(&h->tid, memory_order_acquire);
        return true;
    case BIASED_NOBODYS:
        // acquire: pairs with rc_init of the object that the block may have become, as below
        (void)atomic_load_explicit(&h->local, memory_order_acquire);
        return true;
    }
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    do {
        if (shared == BIASED_DEFAULT || shared == BIASED_MERGED)
            return false;
        // acquire: pairs with rc_init of the object that the block may have become, so that the
        // second look of rc_try_load is not the older one
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, shared + BIASED_ONE,
                                                    memory_order_acquire, memory_order_relaxed));
    return true;
}
// Whatever the count: a foreign count may be on it already. Relaxed: who tries the object came to
// it by a way that orders, or finds the release of rc_init, which is passed on here too.
API void biased_publish(struct thread *t, struct rc_header *h)
{
    (void)t;
    if (BIASED_IMMORTALS && biased_local(h) == UINT32_MAX)
        return;
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    while ((shared & BIASED_STATE) == BIASED_DEFAULT)
        if (atomic_compare_exchange_weak_explicit(&h->shared, &shared, shared | BIASED_PUBLISHED,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
}

#endif
