// SPDX-License-Identifier: MIT
//
// spin: a word that is tested, and set when it was seen free, with bounded exponential back-off.
// Rudolph and Segall (1984) test before they set, so that waiters spin on a copy in their own cache
// and the holder keeps the line until it unlocks. What remains is the moment of the unlock, when
// all waiters see the free word and all try to set it; Anderson (1990) lets those that lost stay
// away for a while that doubles with each loss, as an Ethernet does, and Mellor-Crummey and Scott
// (1991) found that enough to compare with their queues but for fairness: who has waited long has
// the worst chances, and nothing bounds the wait.
//
// Invariant: the word is 1 while a thread stands between lk_lock and lk_unlock, and that thread
// alone saw it change from 0.
// Memory order. Acquire: the exchange that takes the word pairs with lk_unlock's store. Release:
// that store pairs with it. Relaxed: the tests decide only when to try.
//
// The first try is the exchange without a test: the free lock is the common one, and a test would
// fetch the line twice, to read and then to write.
//
// The back-off is for waiters that run: a loser tests again after SPIN_DELAY_MAX pauses at most.
// When there are more threads than processors the holder may not be running, so the test is
// sync_await, which yields the processor after 128 turns. That keeps the lock alive and no more: a
// yield is a switch to the next spinner, and there may be one for each thread before the holder
// runs. The whole wait is offline, as a spinner that does not run answers no safepoint.
//
// A byte would do, but of one or two bytes an exchange waits longer for the store that set them
// free than of four or eight: an uncontended pair takes 6.1 ns and not 3.7 on AMD's Zen 3. And
// either costs a container 8 bytes, because a length follows it; a pthread mutex costs 40.
#ifndef LK_SPIN_H
#define LK_SPIN_H

#include "lk.h"

#define LK_SUMMARY "test-and-test-and-set on a word, bounded exponential back-off"
#define LK_SOURCE                                                                 \
    "L. Rudolph and Z. Segall, ISCA 1984; T. E. Anderson, IEEE TPDS 1(1), 1990; " \
    "J. Mellor-Crummey and M. L. Scott, ACM TOCS 9(1), 1991"
#define LK_WHEN   "sections of some instructions, and never more threads than processors"
#define LK_TRAITS LK_EXCLUDES

// Pauses before the next test, at most: after the first loss, and after many. A pause takes 10 to
// 50 ns on x86-64, so the first is the time in which a line changes hands, and the last the time in
// which some sixty threads have their turn at a container. On most arm64 cores a pause takes no
// time to speak of; the back-off is that much shorter there, and the line busier.
enum { SPIN_DELAY_MIN = 4, SPIN_DELAY_MAX = 256 };

struct lk_word {
    _Atomic(uint32_t) locked;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->locked, 0);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
static __attribute__((noinline, cold, unused)) void spin_wait(struct thread *t, struct lk_word *l)
{
    thread_offline(t);
    for (unsigned most = SPIN_DELAY_MIN;; most = most < SPIN_DELAY_MAX ? 2 * most : most) {
        sync_await(atomic_load_explicit(&l->locked, memory_order_relaxed) == 0);
        if (atomic_exchange_explicit(&l->locked, 1, memory_order_acquire) == 0)
            break;
        // by chance, lest those that lost together come back together
        for (uint64_t delay = sync_rand(t) % most + 1; delay != 0; delay--)
            sync_pause();
    }
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(atomic_exchange_explicit(&l->locked, 1, memory_order_acquire) != 0, 0))
        spin_wait(t, l);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    atomic_store_explicit(&l->locked, 0, memory_order_release);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 1, .store = 1)                                                                 \
    op(lock2, .rmw = 2, .store = 2)                                                                \
    op(read, .rmw = 1, .store = 1)                                                                 \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_exclusive.h"

#endif
