// SPDX-License-Identifier: MIT
//
// A parking lot: threads sleep until something happens to a word, and the word need not be larger
// for it. The queues of sleepers stand in a table of the process, found by the word's address.
// WebKit's ParkingLot (F. Pizlo, Locking in WebKit, 2016); CPython 3.13 has one in
// Python/parking_lot.c, whose number of buckets, hash and order of steps these are.
//
// Semantics. A sleeper says what the word must still contain; who changes the word holds the word's
// bucket meanwhile, takes the first sleeper of this word from the queue, gives the bucket back, and
// wakes him. Sleepers of one word are woken in the order in which they came. The words of a bucket
// share its queue, and no more.
//
// No wake-up is lost. Under the bucket's mutex the sleeper looks at the word and enters the queue,
// and under the same mutex the waker changes the word and looks into the queue. Of these two turns
// one comes first: the sleeper's, then the waker finds him; or the waker's, then the sleeper finds
// the word changed and does not sleep. Between the queue and the sleep nothing is lost either: the
// waker first sets `woken`, on which the sleeper's park is conditional. This asks of a word that
// what a sleeper expects goes away under the mutex only; how it comes does not matter.
//
// Memory order. Relaxed: the sleeper's look at the word, since the mutex orders word and queue; a
// change that was made under the mutex before is seen, and others do not concern him. Release,
// acquire: `woken` is stored and read so, and what the waker did before parking_wake happens before
// what the sleeper does.
//
// Liveness. Under a bucket's mutex nobody waits, allocates or calls into another layer: it is held
// for a bounded number of steps, so one may wait for it without going offline. It is the mutex of
// the C library, which sleeps when its holder does not run; CPython brings a lock of its own
// because its own must work before and without a thread library. A bucket fills a line.
//
// A place in the queue belongs to a thread's structure and not to its stack, as it does in CPython
// and WebKit: the waker unparks a word that the sleeper may have left already, and may find another
// sleep there, which it ends early and harmlessly, but always a word.
#ifndef PARKING_LOT_H
#define PARKING_LOT_H

#include "thread.h"

// A prime, so that the strides of objects do not meet in few buckets.
enum { PARKING_BUCKETS = 257 };

// A thread sleeps in one place at a time.
struct parked {
    struct parked *next; // under the bucket's mutex, as the address
    const void *address;
    _Atomic(uint32_t) woken;
};
struct parking_bucket {
    _Alignas(SYNC_LINE) sync_mutex mutex;
    struct parked *first, *last; // oldest and newest sleeper; last is of no meaning without first
};
struct parking_lot {
    struct parking_bucket bucket[PARKING_BUCKETS];
};

API void parking_init(struct parking_lot *lot)
{
    for (unsigned i = 0; i < PARKING_BUCKETS; i++) {
        sync_mutex_init(&lot->bucket[i].mutex);
        lot->bucket[i].first = NULL;
    }
}
API void parking_fini(struct parking_lot *lot)
{
    for (unsigned i = 0; i < PARKING_BUCKETS; i++) {
        sync_check(lot->bucket[i].first == NULL, "a world ends while a thread sleeps for a lock");
        sync_mutex_destroy(&lot->bucket[i].mutex);
    }
}

// The address's bucket, with its mutex held.
API struct parking_bucket *parking_enter(struct parking_lot *lot, const void *address)
{
    struct parking_bucket *b = &lot->bucket[sync_address(address) % PARKING_BUCKETS];
    sync_mutex_lock(&b->mutex);
    return b;
}
API void parking_leave(struct parking_bucket *b)
{
    sync_mutex_unlock(&b->mutex);
}
// Nobody sleeps in the bucket: neither for one word nor for another.
API bool parking_empty(struct parking_bucket *b)
{
    return sync_get(b->first) == NULL;
}
API void parking_append(struct parking_bucket *b, struct parked *p, const void *address)
{
    sync_set(p->next, NULL);
    sync_set(p->address, address);
    // relaxed: who will set it finds p under the mutex
    atomic_store_explicit(&p->woken, 0, memory_order_relaxed);
    if (sync_get(b->first) == NULL)
        sync_set(b->first, p);
    else
        sync_set(sync_get(b->last)->next, p);
    sync_set(b->last, p);
}
// Takes the oldest sleeper of that address out of the queue; NULL if there is none.
API struct parked *parking_take(struct parking_bucket *b, const void *address)
{
    struct parked *before = NULL, *p = sync_get(b->first);
    while (p != NULL && sync_get(p->address) != address) {
        before = p;
        p = sync_get(p->next);
    }
    if (p == NULL)
        return NULL;
    if (before == NULL)
        sync_set(b->first, sync_get(p->next));
    else
        sync_set(before->next, sync_get(p->next));
    if (sync_get(b->last) == p)
        sync_set(b->last, before);
    return p;
}
// Wakes whom parking_take found, after parking_leave.
API void parking_wake(struct parked *p)
{
    atomic_store_explicit(&p->woken, 1, memory_order_release);
    sync_unpark(&p->woken, 1);
}
// Sleeps until woken. False, without having slept, if the word is not as expected. The caller is
// offline.
API bool parking_park(struct parking_lot *lot, _Atomic(uint8_t) *word, uint8_t expected,
                      struct parked *p)
{
    struct parking_bucket *b = parking_enter(lot, word);
    bool sleeps = atomic_load_explicit(word, memory_order_relaxed) == expected;
    if (sleeps)
        parking_append(b, p, word);
    parking_leave(b);
    while (sleeps && atomic_load_explicit(&p->woken, memory_order_acquire) == 0)
        sync_park(&p->woken, 0);
    return sleeps;
}

#endif
