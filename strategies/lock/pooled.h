// SPDX-License-Identifier: MIT
//
// pooled: a container has the address of a lock while it is locked, and nothing otherwise. Greg
// Stein's free threading patch for Python 1.4, in its version of January 1997, whose lists and
// dictionaries have it (Include/pypooledlock.h, Python/pypooledlock.c).
//
// The mechanism. A pool, under one mutex of the process, has a queue of locks that nobody uses;
// they are kept locked. Who locks a container takes the pool's mutex and finds
//   - no lock there: takes one from the queue, or makes one, puts it there and has the container;
//   - a lock: adds itself to those who wait, gives the pool's mutex up and waits for the lock.
// Who unlocks takes the pool's mutex again. When nobody else waits the lock goes back to the queue,
// locked as it is, and the container has none; otherwise the lock is set free and whoever gets it
// has the container. So a pair that nobody contends is two pairs of the same mutex for all
// containers, and never touches the lock itself.
//
// Two containers are locked in the order of the arguments, as the patch's list concatenation did:
// two threads that take the same two crosswise wait for each other for good (LK_DEADLOCKS). A
// thread that waits for itself was told ("deadlock detected"); here it is a failed check.
//
// Invariant: a container's lock is NULL while nobody has it or waits for it; `waiting` counts who
// has it and who waits; a lock in the queue is locked, with waiting 1.
//
// Memory order. The pool's mutex orders who has a container with the next one, when nobody waited;
// else the lock does. The owner's name is relaxed: a thread looks for its own only.
//
// What differs. The patch's lock is a pthread mutex, which one thread locks and another unlocks: by
// POSIX undefined, by LinuxThreads allowed. Here it is futex3's word, which has no owner.
// lk_lock2 of one container locks it once; the patch's concatenation of a list with itself locked
// it twice, so that its check found a deadlock and the operation raised SystemError.
#ifndef LK_POOLED_H
#define LK_POOLED_H

#include "lk.h"
#include "lk_futex3.h"

#define LK_SUMMARY "locks from a pool, which one mutex guards, for as long as a container is locked"
#define LK_SOURCE  "G. Stein, free threading patch for Python 1.4: pypooledlock.c, 1997"
#define LK_WHEN    "never; it is what Stein's lists and dictionaries paid"
#define LK_TRAITS  (LK_EXCLUDES | LK_DEADLOCKS)

struct pooled_lock {
    _Atomic(uint32_t) word;
    _Atomic(uintptr_t) thread_id; // 0: nobody
    unsigned waiting;
    struct pooled_lock *next; // in the queue
};
struct lk_word {
    struct pooled_lock *lock; // guarded by the pool's mutex
};
struct lk_guard {
};
struct lk_world {
    _Alignas(SYNC_LINE) sync_mutex mutex; // guards all but the locks' words and owners
    struct pooled_lock *queue;
};

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)w;
    sync_mutex_init(&lw->mutex);
    sync_set(lw->queue, NULL);
}
API void lk_world_fini(struct lk_world *lw)
{
    for (struct pooled_lock *l = sync_get(lw->queue), *next; l != NULL; l = next) {
        next = sync_get(l->next);
        sync_free(l);
    }
    sync_mutex_destroy(&lw->mutex);
}

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    sync_set(l->lock, NULL);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}

// Under the pool's mutex: a lock that is locked.
API struct pooled_lock *pooled_take(struct lk_world *lw)
{
    struct pooled_lock *p = sync_get(lw->queue);
    if (p != NULL) {
        sync_set(lw->queue, sync_get(p->next));
        return p;
    }
    p = sync_alloc(sizeof *p);
    atomic_init(&p->word, FUTEX3_TAKEN);
    atomic_init(&p->thread_id, 0);
    sync_set(p->waiting, 1);
    return p;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    struct lk_world *lw = lk_world(t);
    sync_mutex_lock(&lw->mutex);
    struct pooled_lock *p = sync_get(l->lock);
    bool waits = p != NULL;
    if (waits) {
        sync_check(atomic_load_explicit(&p->thread_id, memory_order_relaxed) != thread_id(t),
                   "pooled: deadlock detected");
        sync_set(p->waiting, sync_get(p->waiting) + 1);
    } else {
        p = pooled_take(lw);
        sync_set(l->lock, p);
    }
    sync_mutex_unlock(&lw->mutex);
    if (waits)
        futex3_take(t, &p->word);
    atomic_store_explicit(&p->thread_id, thread_id(t), memory_order_relaxed);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    struct lk_world *lw = lk_world(t);
    sync_mutex_lock(&lw->mutex);
    struct pooled_lock *p = sync_get(l->lock);
    unsigned others = sync_get(p->waiting) - 1;
    atomic_store_explicit(&p->thread_id, 0, memory_order_relaxed);
    if (others == 0) {
        sync_set(p->next, sync_get(lw->queue));
        sync_set(lw->queue, p);
        sync_set(l->lock, NULL);
    } else {
        sync_set(p->waiting, others);
    }
    sync_mutex_unlock(&lw->mutex);
    if (others != 0)
        futex3_give(&p->word);
}
API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    lk_lock(t, a, &g[0]);
    if (a != b)
        lk_lock(t, b, &g[1]);
}
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    if (a != b)
        lk_unlock(t, b, &g[1]);
    lk_unlock(t, a, &g[0]);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .lock_pair = 2, .load = 2, .store = 2)                                                \
    op(lock2, .lock_pair = 4, .load = 4, .store = 4)                                               \
    op(read, .lock_pair = 2, .load = 2, .store = 2)                                                \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_no_hooks.h"
#include "lk_no_read.h"
#include "lk_no_thread.h"

#endif
