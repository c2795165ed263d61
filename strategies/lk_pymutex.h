// SPDX-License-Identifier: MIT
//
// A mutex of one byte, with a parking lot, and hand-off to who has waited too long: CPython 3.13's
// PyMutex (Python/lock.c, S. Gross), which follows WebKit's WTF::Lock (F. Pizlo, Locking in WebKit,
// 2016). pymutex and optimistic lock containers with it, critical_section puts sections on top.
// Two bits: LOCKED, and PARKED, which says that threads may sleep in the lot for this byte. Locking
// is one compare-exchange from 0 to LOCKED, unlocking one back. Who finds it locked yields the
// processor forty times, then sets PARKED and sleeps; who unlocks with PARKED set wakes the one who
// has slept longest. The woken one competes with whoever comes along (the lock may have been taken
// ten times before it runs, and rightly: none of them had to wait for it to wake), but when it
// began to wait more than a millisecond ago the unlocker leaves LOCKED set and makes it the owner.
//
// Invariants: one thread owns the byte while LOCKED is set. PARKED is set while the lot's queue
// holds a sleeper for the byte.
//
// No wake-up is lost. The lot (parking_lot.h) asks that LOCKED|PARKED, the value at which one goes
// to sleep, ends under the bucket's mutex only. It does: a compare-exchange from LOCKED fails, one
// that locks expects LOCKED clear, one that sets PARKED changes nothing, and what is left is the
// unlocker's store in pymutex_pass_on. That store clears PARKED only if nobody sleeps in the bucket
// once the first sleeper is taken out (sleepers for other bytes count, as in CPython: PARKED then
// stays set for nothing, until an unlock that finds nobody), so every later unlock comes to the
// bucket as long as somebody is there. Who was woken and loses the race sets PARKED again before it
// sleeps again; what others did to the bit meanwhile is none of its business.
//
// Bounded waiting. As long as somebody sleeps for the byte, each unlock takes one out of the queue,
// in order. The deadline is the waiter's own, taken once when the wait begins: woken before it and
// in vain, it keeps it. So who is in the queue after his deadline owns the lock after as many
// unlocks at most as there are sleepers before him, whatever others do.
//
// Memory order. Acquire, release: taking the byte pairs with what gave it, the compare-exchange in
// pymutex_unlock or the store in pymutex_pass_on. Relaxed: changes of PARKED alone, since the mutex
// orders sleepers, and a read-modify-write leaves the release before it visible to who acquires
// after it. An owner by hand-off acquires through the lot's `woken`.
//
// In 3.13 the forty turns do not look at the byte (the original reloads it since python/cpython
// #146064, 2026, and there finds that under heavy contention not to look was the best); neither do
// these. CPython detaches a thread when it sleeps; here the forty turns are offline too, for
// contention as a whole is a wait (lk.h).
// On a processor that others keep busy each turn may last a time slice, and the queue, from where a
// hand-off is due, comes after forty of them.
//
// A scheme's struct lk_thread and struct lk_world have parts that pymutex_self and pymutex_world
// find.
#ifndef LK_PYMUTEX_CORE_H
#define LK_PYMUTEX_CORE_H

#include "lk.h"
#include "parking_lot.h"

enum { PYMUTEX_LOCKED = 1, PYMUTEX_PARKED = 2 };
enum { PYMUTEX_SPINS = 40 };        // MAX_SPIN_COUNT of the free-threaded build
enum { PYMUTEX_FAIR_NS = 1000000 }; // TIME_TO_BE_FAIR_NS
#define LK_HAND_OFF_NS PYMUTEX_FAIR_NS

struct pymutex {
    _Atomic(uint8_t) bits;
};
_Static_assert(sizeof(struct pymutex) == 1, "the lock is one byte");
// A sleeper's line is his waker's to write: the sleeper does not use it meanwhile.
struct pymutex_thread {
    struct parked parked; // first: the lot knows the thread by it
    uint64_t fair_at;     // from this time on the lock is handed over; by the waiter
    bool handed_over;     // the waiter owns the lock; by the waker
};
struct pymutex_world {
    struct parking_lot lot;
};
API struct pymutex_thread *pymutex_self(struct thread *t);
API struct pymutex_world *pymutex_world(struct thread *t);

API void pymutex_world_init(struct pymutex_world *pw)
{
    parking_init(&pw->lot);
}
API void pymutex_world_fini(struct pymutex_world *pw)
{
    parking_fini(&pw->lot);
}

API void pymutex_init(struct pymutex *m)
{
    atomic_init(&m->bits, 0);
}

// Locks the byte if it is as *bits says, and *bits says unlocked; else *bits is what it is.
API bool pymutex_take(struct pymutex *m, uint8_t *bits)
{
    return (*bits & PYMUTEX_LOCKED) == 0 &&
           atomic_compare_exchange_weak_explicit(&m->bits, bits, *bits | PYMUTEX_LOCKED,
                                                 memory_order_acquire, memory_order_relaxed);
}
// Locks the byte if it is unlocked, though others may sleep for it. May fail for no reason.
API bool pymutex_try(struct pymutex *m)
{
    uint8_t bits = atomic_load_explicit(&m->bits, memory_order_relaxed);
    return pymutex_take(m, &bits);
}
// The caller is offline, and was when it came near the place in the queue: the other layers' hooks
// may lock containers.
API void pymutex_contend(struct thread *t, struct pymutex *m)
{
    struct pymutex_thread *self = pymutex_self(t);
    uint8_t bits = atomic_load_explicit(&m->bits, memory_order_relaxed);
    sync_set(self->fair_at, sync_now_ns() + PYMUTEX_FAIR_NS);
    unsigned spins = 0;
    while (!pymutex_take(m, &bits)) {
        if ((bits & PYMUTEX_LOCKED) == 0)
            continue;
        if ((bits & PYMUTEX_PARKED) == 0) {
            if (spins++ < PYMUTEX_SPINS) {
                sync_yield();
                continue;
            }
            if (!atomic_compare_exchange_weak_explicit(&m->bits, &bits, bits | PYMUTEX_PARKED,
                                                       memory_order_relaxed, memory_order_relaxed))
                continue;
        }
        if (parking_park(&pymutex_world(t)->lot, &m->bits, PYMUTEX_LOCKED | PYMUTEX_PARKED,
                         &self->parked) &&
            sync_get(self->handed_over))
            break;
        bits = atomic_load_explicit(&m->bits, memory_order_relaxed);
    }
}
static __attribute__((noinline, cold, unused)) void pymutex_wait(struct thread *t,
                                                                 struct pymutex *m)
{
    if (pymutex_try(m)) // unlocked, and others sleep for it
        return;
    thread_offline(t);
    pymutex_contend(t, m);
    thread_back(t);
}
// After the store the byte is not touched again: its next owner may free the container.
static __attribute__((noinline, cold, unused)) void pymutex_pass_on(struct thread *t,
                                                                    struct pymutex *m)
{
    struct parking_bucket *b = parking_enter(&pymutex_world(t)->lot, m);
    sync_check(atomic_load_explicit(&m->bits, memory_order_relaxed) ==
                   (PYMUTEX_LOCKED | PYMUTEX_PARKED),
               "pymutex: unlocked, but not locked");
    uint8_t bits = 0;
    struct parked *first = parking_take(b, m);
    if (first != NULL) {
        struct pymutex_thread *heir = (struct pymutex_thread *)first;
        bool fair = sync_now_ns() > sync_get(heir->fair_at);
        sync_set(heir->handed_over, fair);
        bits = (fair ? PYMUTEX_LOCKED : 0) | (parking_empty(b) ? 0 : PYMUTEX_PARKED);
    }
    atomic_store_explicit(&m->bits, bits, memory_order_release);
    parking_leave(b);
    if (first != NULL)
        parking_wake(first);
}

// Strong, as a failure means contention, which costs more than another try.
API bool pymutex_lock_fast(struct pymutex *m)
{
    uint8_t bits = 0;
    return __builtin_expect(atomic_compare_exchange_strong_explicit(&m->bits, &bits, PYMUTEX_LOCKED,
                                                                    memory_order_acquire,
                                                                    memory_order_relaxed),
                            1);
}
API void pymutex_lock(struct thread *t, struct pymutex *m)
{
    if (!pymutex_lock_fast(m))
        pymutex_wait(t, m);
}
// Fails only where PARKED is set: nobody else changes a locked byte in another way.
API void pymutex_unlock(struct thread *t, struct pymutex *m)
{
    uint8_t bits = PYMUTEX_LOCKED;
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(
                             &m->bits, &bits, 0, memory_order_release, memory_order_relaxed),
                         0))
        pymutex_pass_on(t, m);
}

#endif
