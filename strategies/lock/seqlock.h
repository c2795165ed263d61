// SPDX-License-Identifier: MIT
//
// seqlock: readers write nothing and look at a number that writers move on, before and after; what
// they read beside a writer they read again. C. Lameter, Effective Synchronization on Linux/NUMA
// Systems (Gelato conference, 2005), for Linux' seqlock.h; how it is said in C11's memory model:
// H.-J. Boehm, Can Seqlocks Get Along With Programming Language Memory Models? (MSPC 2012).
//
// A writer makes the number odd once it has the lock, and even before it gives the lock up. A
// reader who finds it odd, or changed, does not try again and again but takes the lock, as Linux'
// read_seqbegin_or_lock does at its second turn: containers are read in so few steps that who was
// disturbed once would meet the same writer. So it does not starve either. Reading under the lock
// leaves the number as it is and other readers in peace.
//
// Each write of a container sends all its readers of that moment to the lock, whatever they look
// at: the number knows no elements. What `optimistic` asks instead is only of the element.
//
// Invariant: the number is odd while a writer may change the container.
// Memory order. The writer's release fence stands between the odd number and its changes, the
// reader's acquire fence between what it has read and its second look at the number: who has seen a
// change sees at least the odd number. Release, acquire: the even number and the first look at it,
// so that an undisturbed reader sees all that writers have done so far. Relaxed: the number under
// the lock. What readers see change they load atomically (container.h), elements they try.
//
// The number has 32 bits, as Linux' has: a reader that sleeps while exactly 2^31 writers, or a
// multiple, pass by would not notice.
#ifndef LK_SEQLOCK_H
#define LK_SEQLOCK_H

#include "lk_pymutex.h"

#define LK_SUMMARY "readers look at a number that writers move on, and read again under the lock"
#define LK_SOURCE  "C. Lameter, 2005, Linux' seqlock; H.-J. Boehm, MSPC 2012"
#define LK_WHEN    "hardly ever a writer, and readers that want several things of one instant"
#define LK_TRAITS  (LK_EXCLUDES | LK_OPTIMISTIC | LK_VERSIONED | LK_GRACE)
#define LK_ALLOC   heaps
#define LK_RECLAIM gus

struct lk_word {
    struct pymutex mutex;
    _Atomic(uint32_t) number; // of changes begun and ended
};
struct lk_guard {
    uint32_t number;
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    pymutex_init(&l->mutex);
    atomic_init(&l->number, 0);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    pymutex_lock(t, &l->mutex);
    uint32_t even = atomic_load_explicit(&l->number, memory_order_relaxed);
    atomic_store_explicit(&l->number, even + 1, memory_order_relaxed);
    // release: pairs with the fence in lk_read_end, for who sees one of the writer's changes
    sync_fence(memory_order_release);
}
API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    pymutex_lock(t, &l->mutex);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    uint32_t number = atomic_load_explicit(&l->number, memory_order_relaxed);
    if (number % 2 != 0) // a writer's
        // release: pairs with lk_read_begin
        atomic_store_explicit(&l->number, number + 1, memory_order_release);
    pymutex_unlock(t, &l->mutex);
}

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    // acquire: pairs with lk_unlock
    g->number = atomic_load_explicit(&l->number, memory_order_acquire);
    if (__builtin_expect(g->number % 2 != 0, 0))
        return false;
    rl_enter(t);
    return true;
}
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t, (void)g;
    // acquire: pairs with who stored it, as lk_read_begin's number may be an older writer's
    return atomic_load_explicit(storage, memory_order_acquire);
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    // acquire: pairs with the fence in lk_lock
    sync_fence(memory_order_acquire);
    uint32_t now = atomic_load_explicit(&l->number, memory_order_relaxed);
    rl_leave(t);
    return __builtin_expect(now == g->number, 1);
}
API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    (void)l;
    rl_retire(t, storage, fn);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2, .fence = 1, .load = 2, .store = 2)                                          \
    op(lock2, .rmw = 4, .fence = 2, .load = 4, .store = 4)                                         \
    op(read, .fence = 1, .load = 2)                                                                \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_pymutex_state.h"

#endif
