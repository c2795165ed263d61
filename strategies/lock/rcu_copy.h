// SPDX-License-Identifier: MIT
//
// rcu_copy: readers take what storage they find and write nothing; a writer, alone under the lock,
// puts a changed copy in its place and leaves the old one to those who still read it, until a grace
// period has passed. P. E. McKenney and J. D. Slingwine, Read-Copy Update (PDCS 1998); the JVM's
// CopyOnWriteArrayList (D. Lea, JSR 166) is the same with a collector for the grace period.
//
// A copy has references of its own to all elements, so an element that a reader finds lives at
// least as long as the reader's section: it is counted without a doubt and without a second look,
// and needs no type-stable memory. A change costs as much as the container is long, with a count
// for each element.
//
// Invariant: storage that was published does not change; it is freed, and gives its references up,
// when every section in which it may have been found is over.
// Memory order. Release, acquire: the storage pointer, by the container and by lk_read_watch; all
// that a reader sees was written before. The rest is the reclaimer's.
#ifndef LK_RCU_COPY_H
#define LK_RCU_COPY_H

#include "lk_pymutex_word.h"

#define LK_SUMMARY \
    "a writer puts a changed copy in the storage's place, readers neither wait nor write"
#define LK_SOURCE  "P. E. McKenney, J. D. Slingwine, Read-Copy Update, PDCS 1998"
#define LK_WHEN    "small containers that are read all the time and hardly ever change"
#define LK_TRAITS  (LK_EXCLUDES | LK_COPIES | LK_GRACE)
#define LK_RECLAIM qsbr

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)l, (void)g;
    rl_enter(t);
    return true;
}
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t, (void)g;
    // acquire: pairs with the release by which the container publishes its storage
    return atomic_load_explicit(storage, memory_order_acquire);
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)l, (void)g;
    rl_leave(t);
    return true;
}
API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_lock(t, l, g);
}
API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    (void)l;
    rl_retire(t, storage, fn);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, 0)                                                                                    \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_pymutex_state.h"

#endif
