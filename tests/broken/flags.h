// SPDX-License-Identifier: MIT
//
// flags: right, and what flags_* are made from: each thread has a flag, which it raises before it
// looks at all the others'; of two that raise theirs at a time one sees the other's.
#ifndef BROKEN_FLAGS_H
#define BROKEN_FLAGS_H

#include "../../strategies/lk.h"

#define LK_SUMMARY "a flag for each thread, raised before the others' are read"
#define LK_SOURCE  "J. E. Burns and N. A. Lynch, Information and Computation 107, 1993"
#define LK_TRAITS  LK_EXCLUDES

enum { FLAGS_MAX = 8 }; // threads: enough for a scenario
struct lk_word {
    _Atomic(uint8_t) raised[FLAGS_MAX];
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    for (unsigned i = 0; i < FLAGS_MAX; i++)
        atomic_init(&l->raised[i], 0);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
// The fence pairs with itself on the other thread: the store comes before the loads that follow.
API void flags_raise(struct lk_word *l, unsigned self)
{
    atomic_store_explicit(&l->raised[self], 1, memory_order_relaxed);
    sync_fence(memory_order_seq_cst);
}
// Release: what was done under the lock.
API void flags_lower(struct lk_word *l, unsigned self)
{
    atomic_store_explicit(&l->raised[self], 0, memory_order_release);
}
// Acquire: pairs with the release in flags_lower.
API bool flags_up(struct lk_word *l, unsigned i)
{
    return atomic_load_explicit(&l->raised[i], memory_order_acquire) != 0;
}
// Who sees the flag of a lower number lowers its own until that is down. So of those that keep
// theirs up the highest waits for nobody, and the others for it.
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    unsigned self = (unsigned)thread_id(t) - 1;
    sync_check(self < FLAGS_MAX, "flags: too many threads");
    thread_offline(t);
    flags_raise(l, self);
    for (unsigned i = 0; i < self;)
        if (!flags_up(l, i)) {
            i++;
        } else {
            flags_lower(l, self);
            sync_await(!flags_up(l, i));
            flags_raise(l, self);
            i = 0;
        }
    for (unsigned i = self + 1; i < FLAGS_MAX; i++)
        sync_await(!flags_up(l, i));
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    flags_lower(l, (unsigned)thread_id(t) - 1);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .load = 7, .store = 2, .fence = 1)                                                    \
    op(lock2, .load = 14, .store = 4, .fence = 2)                                                  \
    op(read, .load = 7, .store = 2, .fence = 1)                                                    \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "../../strategies/lk_exclusive.h"

#endif
