// SPDX-License-Identifier: MIT
//
// futex3: a word with three states and the kernel's wait queue. Ulrich Drepper's second mutex
// (Futexes Are Tricky, 2011), which Larry Hastings put into the Gilectomy of 2016 as its native
// lock on Linux (futex3_recursive.h is what its containers had around it).
//
//     0  free        1  taken        2  taken, and somebody may sleep
//
// Locking is one compare-exchange from 0 to 1. Who finds the word taken exchanges it for 2 until
// what comes back is 0, and sleeps in between while it stays 2. Unlocking subtracts 1: from 1 that
// is all, from 2 the word is set free and one sleeper woken.
//
// Invariant: the word is 0 while nobody stands between lk_lock and lk_unlock; who took it from 0 is
// the owner; while somebody sleeps, the word is 2, or the owner has yet to wake one.
//
// No wake-up is lost. A sleeper has left 2 behind, and the kernel puts it to sleep only if it is
// still there. An unlock that meets 2 wakes one, who takes the lock with 2 and not with 1, since it
// cannot know whether it was the last: so others who still sleep are woken by its unlock. The price
// is a wake-up of nobody when it was.
//
// Nothing is fair: who comes along when the word is free takes it before the woken one runs.
//
// Memory order. Acquire: what takes the word from 0 pairs with what made it 0, the subtraction or
// the store. Release: these. The subtraction from 2 releases too, for nobody knows before it.
//
// The word costs a container 8 bytes, because a length follows it.
#ifndef LK_FUTEX3_H
#define LK_FUTEX3_H

#include "lk.h"
#include "lk_futex3.h"

#define LK_SUMMARY \
    "a word of three states: free, taken, taken and waited for; sleepers in the kernel"
#define LK_SOURCE "U. Drepper, Futexes Are Tricky, 2011; L. Hastings, the Gilectomy, 2016"
#define LK_WHEN   "four bytes are to spare, waits are short, and who waits long may"
#define LK_TRAITS LK_EXCLUDES

struct lk_word {
    _Atomic(uint32_t) state;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->state, FUTEX3_FREE);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    futex3_take(t, &l->state);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    futex3_give(&l->state);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2)                                                                             \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_exclusive.h"

#endif
