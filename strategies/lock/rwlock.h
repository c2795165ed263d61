// SPDX-License-Identifier: MIT
//
// rwlock: readers share a container, a writer is alone there; a writer who waits keeps new readers
// out until those inside have left. P. J. Courtois, F. Heymans and D. L. Parnas, Concurrent Control
// with "Readers" and "Writers" (CACM 14(10), 1971), their second problem, in one word with the
// kernel's wait queue.
//
//     bits 0 to 28  readers inside
//     bit 29        somebody sleeps
//     bit 30        a writer waits
//     bit 31        a writer is inside
//
// A reader adds itself when neither of the upper two is set, a writer sets bit 31 when that and the
// readers are 0. Everybody else sleeps while the word stays what it was. Who leaves the container
// empty makes the word 0, and wakes everybody if bit 29 was set: there is no queue, so no order
// either, and those who lose set their bits again. That is one step, as the next holder may free
// the container: nobody looks at the word of a lock that it has given up.
//
// A read that many do at once costs each of them two read-modify-writes of the same line: it keeps
// readers from waiting for each other's sections, not for each other's caches.
//
// Invariant: bit 31 and readers are never set at the same time. A sleeper's value of the word has
// bit 29; whoever clears it wakes all.
//
// Memory order. Acquire: who comes in pairs with all who left since the container was another's.
// Release: leaving. Every change of the word is a read-modify-write, so readers that leave one
// after the other are one release sequence, and the next writer acquires what each of them did.
// Relaxed: bits 29 and 30 alone.
#ifndef LK_RWLOCK_H
#define LK_RWLOCK_H

#include "lk.h"

#define LK_SUMMARY "readers share, writers are alone, one who waits keeps new readers out; one word"
#define LK_SOURCE  "P. J. Courtois, F. Heymans, D. L. Parnas, CACM 14(10), 1971"
#define LK_WHEN    "reads take long, so that two more writes of the line do not matter"
#define LK_TRAITS  LK_EXCLUDES

enum rwlock_bits {
    RWLOCK_READERS = (1u << 29) - 1,
    RWLOCK_SLEEPS = 1u << 29,
    RWLOCK_WANTED = 1u << 30,
};
#define RWLOCK_WRITER ((uint32_t)1 << 31)

struct lk_word {
    _Atomic(uint32_t) state;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->state, 0);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}

// One look: comes in, or sets the bits and sleeps. False: look again.
API bool rwlock_look(struct lk_word *l, uint32_t excluded_by, uint32_t becomes, uint32_t bits)
{
    uint32_t s = atomic_load_explicit(&l->state, memory_order_relaxed);
    if ((s & excluded_by) == 0)
        return atomic_compare_exchange_weak_explicit(&l->state, &s, s + becomes,
                                                     memory_order_acquire, memory_order_relaxed);
    if ((s & bits) == bits ||
        atomic_compare_exchange_weak_explicit(&l->state, &s, s | bits, memory_order_relaxed,
                                              memory_order_relaxed))
        sync_park(&l->state, s | bits);
    return false;
}
static __attribute__((noinline, cold, unused)) void rwlock_wait(struct thread *t, struct lk_word *l,
                                                                uint32_t excluded_by,
                                                                uint32_t becomes, uint32_t bits)
{
    thread_offline(t);
    while (!rwlock_look(l, excluded_by, becomes, bits))
        ;
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t s = 0;
    // acquire: pairs with whoever left
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(&l->state, &s, RWLOCK_WRITER,
                                                                  memory_order_acquire,
                                                                  memory_order_relaxed),
                         0))
        rwlock_wait(t, l, RWLOCK_WRITER | RWLOCK_READERS, RWLOCK_WRITER,
                    RWLOCK_SLEEPS | RWLOCK_WANTED);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    // release: pairs with whoever comes in
    uint32_t s = atomic_exchange_explicit(&l->state, 0, memory_order_release);
    if (__builtin_expect((s & RWLOCK_SLEEPS) != 0, 0))
        sync_unpark(&l->state, UINT32_MAX);
}

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t s = atomic_load_explicit(&l->state, memory_order_relaxed);
    // acquire: pairs with the writer that left
    if (__builtin_expect((s & (RWLOCK_WRITER | RWLOCK_WANTED)) != 0 ||
                             !atomic_compare_exchange_strong_explicit(
                                 &l->state, &s, s + 1, memory_order_acquire, memory_order_relaxed),
                         0))
        rwlock_wait(t, l, RWLOCK_WRITER | RWLOCK_WANTED, 1, RWLOCK_SLEEPS);
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t s = atomic_load_explicit(&l->state, memory_order_relaxed), left;
    do
        left = (s & RWLOCK_READERS) == 1 ? 0 : s - 1;
    // release: pairs with the next writer
    while (!atomic_compare_exchange_weak_explicit(&l->state, &s, left, memory_order_release,
                                                  memory_order_relaxed));
    if (__builtin_expect(left == 0 && (s & RWLOCK_SLEEPS) != 0, 0))
        sync_unpark(&l->state, UINT32_MAX);
    return true;
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2, .load = 2)                                                                  \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_state.h"
#include "lk_no_watch.h"

#endif
