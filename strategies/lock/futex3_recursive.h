// SPDX-License-Identifier: MIT
//
// futex3_recursive: the lock in each list and dict of the Gilectomy (Larry Hastings, 2016), his
// "furtex": futex3 with what its owner needs to enter it again, and with two notes of a file and a
// line.
//
// The mechanism (the tree of 2016). The inner lock is futex3's word with a description, a file and
// a line: who takes it writes file and line, also in a release build, and who gives it writes the
// line again, negated. Around it stand a count, the owner's thread, and once more a file and a
// line. Locking asks for the count and the owner first: the owner adds to the count; everybody else
// takes the inner lock, then writes file, line, owner and count. Unlocking subtracts from the
// count; at 0 the inner lock is given. Two containers are locked in the order of their addresses,
// one and the same twice.
//
// Invariant: futex3's of the inner word; `count` is how often the owner has entered; owner and
// count are written by who holds the inner lock.
//
// Memory order. The inner word's: acquire and release. The owner's name stays when it has gone, so
// a thread may find its own there: it must not find it with the next owner's count. Hence whoever
// writes a count that is not 0 releases the name before it, and who asks acquires the count before
// it looks at the name. The original is written in this order and says nothing; x86-64 asks for no
// more.
//
// The notes are why a container is 64 bytes longer, and why each pair writes eight words where one
// would do. The original is handed its caller's file and line; here they are this header's own,
// constants that tell nobody who took the lock. The same words are written: that cost is what is
// reproduced. `thread_id` stands for pthread_self.
#ifndef LK_FUTEX3_RECURSIVE_H
#define LK_FUTEX3_RECURSIVE_H

#include "lk.h"
#include "lk_futex3.h"

#define LK_SUMMARY "futex3, re-entrant, with owner, count, and a file and a line noted twice"
#define LK_SOURCE  "L. Hastings, the Gilectomy's py_recursivelock_t, 2016"
#define LK_WHEN    "never; it is what the Gilectomy's containers paid"
#define LK_TRAITS  LK_EXCLUDES

struct futex3_note {
    const char *description, *file;
    int line;
};
struct lk_word {
    _Atomic(uint32_t) futex;
    struct futex3_note inner;
    _Atomic(uint32_t) count;
    _Atomic(uintptr_t) owner; // 0: nobody yet
    struct futex3_note outer;
};
struct lk_guard {
};

API void futex3_describe(struct futex3_note *n, const char *description)
{
    n->description = description;
    n->file = NULL;
    n->line = 0;
}
API void futex3_note(struct futex3_note *n, const char *file, int line)
{
    sync_set(n->file, file);
    sync_set(n->line, line);
}
API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->futex, FUTEX3_FREE);
    atomic_init(&l->count, 0);
    atomic_init(&l->owner, 0);
    futex3_describe(&l->inner, "container, inner");
    futex3_describe(&l->outer, "container");
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    // acquire: the name is that count's, or a later one
    uint32_t n = atomic_load_explicit(&l->count, memory_order_acquire);
    if (n != 0 && atomic_load_explicit(&l->owner, memory_order_relaxed) == thread_id(t)) {
        // release: the name, as below
        atomic_store_explicit(&l->count, n + 1, memory_order_release);
        return;
    }
    futex3_take(t, &l->futex);
    futex3_note(&l->inner, __FILE__, __LINE__);
    futex3_note(&l->outer, __FILE__, __LINE__);
    atomic_store_explicit(&l->owner, thread_id(t), memory_order_relaxed);
    // release: the name, for who asks
    atomic_store_explicit(&l->count, 1, memory_order_release);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t n = atomic_load_explicit(&l->count, memory_order_relaxed) - 1;
    // release: the name, where others' counts are left
    atomic_store_explicit(&l->count, n, memory_order_release);
    if (n != 0)
        return;
    sync_set(l->inner.line, -sync_get(l->inner.line));
    futex3_give(&l->futex);
}
API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    bool ordered = sync_address(a) < sync_address(b);
    lk_lock(t, ordered ? a : b, &g[0]);
    lk_lock(t, ordered ? b : a, &g[1]);
}
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    lk_unlock(t, a, &g[1]);
    lk_unlock(t, b, &g[0]);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2, .load = 3, .store = 8)                                                      \
    op(lock2, .rmw = 4, .load = 6, .store = 16)                                                    \
    op(read, .rmw = 2, .load = 3, .store = 8)                                                      \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_no_hooks.h"
#include "lk_no_read.h"
#include "lk_no_state.h"

#endif
