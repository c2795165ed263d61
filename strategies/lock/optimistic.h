// SPDX-License-Identifier: MIT
//
// optimistic: how CPython's free-threaded build reads lists and dictionaries. PEP 703,
// "Optimistically Avoiding Locking" (S. Gross, 2023); list_get_item_ref and the dictionary's
// threadsafe lookup in CPython 3.13.
//
// A reader loads the storage pointer, an element, tries to count it, and looks again: the element
// must stand where it stood, and the storage be the one that it was. What the second look compares
// is what was read, not a version: a writer of one element does not disturb the reader of another.
// Who fails anywhere takes the lock and reads again.
//
// What makes the try harmless is not done here: the words of a freed object stay count words until
// all who may look at them are quiescent (an allocator with AL_TYPE_STABLE), and storage that was
// replaced stays readable as long (lk_retire).
//
// Most containers are seen by one thread only, and their storage need not wait: it is freed at once
// while no other thread has read it. The first read by another thread takes the lock, once, and
// marks the container as shared (CPython: _PyObject_GC_SET_SHARED); from then on everyone reads
// without, and what is replaced waits. The owner, who made the container, needs no mark to read:
// nobody else frees storage that is not marked at once (CPython's ensure_shared_on_resize).
//
// Invariant: while a container is not shared, nobody but its owner reads it without the lock.
// Memory order. Acquire: lk_read_begin's look at the mark, which is set with release under the
// lock. So a reader who finds it set sees the storage that was there when it was set, or a later
// one: none that was freed at once. Acquire: the storage pointer, which the container stores with
// release. Relaxed: the second look at it, which the acquire of the element's second look (or of
// its index) orders behind. The rest is the critical sections' (lk_critical_section.h), the
// refcount scheme's and the reclaimer's.
//
// CPython needs that second look, since what its resize leaves behind still holds the pointers. A
// slot that rc_move leaves is empty, so here the element's own second look tells as much; the
// other one is part of what PEP 703 asks of a read, and stays.
//
// The mark costs nothing: with the owner's number it has the place beside the byte.
#ifndef LK_OPTIMISTIC_H
#define LK_OPTIMISTIC_H

#include "lk_pymutex.h"

#define LK_SUMMARY "reads take no lock: try the element, look again; critical sections for all else"
#define LK_SOURCE  "PEP 703 (S. Gross, 2023); CPython 3.13's lists and dictionaries"
#define LK_WHEN    "shared containers are mostly read, and an element's count can be tried"
#define LK_TRAITS  (LK_EXCLUDES | LK_OPTIMISTIC | LK_GRACE | LK_SUSPENDS)
#define LK_ALLOC   heaps
#define LK_RECLAIM gus

struct lk_word {
    struct pymutex mutex;
    _Atomic(bool) shared; // under the mutex: from false to true
    uint16_t owner;       // thread_id of who made the container
};
_Static_assert(THREADS_MAX <= UINT16_MAX, "an owner's number has 16 bits");
// Of a reader: where the storage pointer stands, and what it was.
#define SECTION_FIELDS        \
    _Atomic(void *) *storage; \
    void *seen;

API void lk_init(struct thread *t, struct lk_word *l)
{
    pymutex_init(&l->mutex);
    atomic_init(&l->shared, false);
    sync_set(l->owner, (uint16_t)thread_id(t));
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
#include "lk_critical_section.h"

API bool optimistic_mine(struct thread *t, struct lk_word *l)
{
    return sync_get(l->owner) == thread_id(t);
}
API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    // acquire: pairs with lk_lock_read
    if (__builtin_expect(!atomic_load_explicit(&l->shared, memory_order_acquire), 0) &&
        !optimistic_mine(t, l))
        return false;
    rl_enter(t);
    return true;
}
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage)
{
    (void)t;
    g->storage = storage;
    // acquire: pairs with the release by which the container publishes its storage
    return g->seen = atomic_load_explicit(storage, memory_order_acquire);
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)l;
    bool same = atomic_load_explicit(g->storage, memory_order_relaxed) == g->seen;
    rl_leave(t);
    return __builtin_expect(same, 1);
}
API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_lock(t, l, g);
    if (!optimistic_mine(t, l))
        // release: pairs with lk_read_begin
        atomic_store_explicit(&l->shared, true, memory_order_release);
}
// Relaxed: who sets the mark after this thread's unlock has seen the new storage under the lock.
API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn)
{
    if (optimistic_mine(t, l) && !atomic_load_explicit(&l->shared, memory_order_relaxed))
        fn(t, storage);
    else
        rl_retire(t, storage, fn);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .load = 2)                                                                            \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#endif
