// SPDX-License-Identifier: MIT
//
// pool_locked: pymalloc without a GIL, as L. Hastings' gilectomy of 2016 had it: a futex lock for
// each size class and one for the arenas, and a count of all allocated blocks, one word for the
// whole process, that every allocation and every free changes atomically. (His "per-size class
// locking is a small win".) The body is al_pool.h's, which is some years younger than his.
//
// The lock is U. Drepper's with three states, 0 free, 1 held, 2 held and perhaps waited for; it
// takes 32 bytes, as the original's, so two classes share a line. The original also wrote the file
// and line of each holder into the lock, for debugging; this does not.
//
// Invariant: al_pool.h's; a class's pools change under its lock, arenas under theirs, which is
// taken inside. Neither is held at a safepoint, so nobody goes offline for them.
// Memory order. Acquire, release: taking a lock pairs with what set it free. The count orders
// nothing: relaxed, where the original had a full barrier, which x86-64 does not tell apart.
// A free asks the tree of addresses without a lock.
#ifndef AL_POOL_LOCKED_H
#define AL_POOL_LOCKED_H

#include "al.h"

#define AL_SUMMARY "the pools with a futex lock for each class, and one count of all blocks"
#define AL_SOURCE  "gilectomy (L. Hastings, 2016); the lock: U. Drepper, Futexes Are Tricky, 2005"
#define AL_WHEN    "never; it is what a pool for one thread costs when it gets locks"
#define AL_TRAITS  0

struct pool_lock {
    _Alignas(32) _Atomic(uint32_t) state;
};
struct pool_locks {
    struct pool_lock class[512 / 16], arenas;
    _Alignas(SYNC_LINE) _Atomic(uint64_t) allocated;
};

#include "al_pool.h"

// acquire: pairs with pool_unlock
static __attribute__((noinline, cold, unused)) void pool_wait(struct pool_lock *l)
{
    while (atomic_exchange_explicit(&l->state, 2, memory_order_acquire) != 0)
        sync_park(&l->state, 2);
}
API void pool_lock(struct pool_lock *l)
{
    uint32_t none = 0;
    // acquire: pairs with pool_unlock
    if (!atomic_compare_exchange_strong_explicit(&l->state, &none, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        pool_wait(l);
}
API void pool_unlock(struct pool_lock *l)
{
    // release: pairs with pool_lock and pool_wait
    if (atomic_fetch_sub_explicit(&l->state, 1, memory_order_release) != 1) {
        atomic_store_explicit(&l->state, 0, memory_order_release);
        sync_unpark(&l->state, 1);
    }
}

API void pool_locks_init(struct pool_locks *l)
{
    (void)l; // zeroes
}
API void pool_lock_class(struct pool_locks *l, unsigned class)
{
    pool_lock(&l->class[class]);
}
API void pool_unlock_class(struct pool_locks *l, unsigned class)
{
    pool_unlock(&l->class[class]);
}
API void pool_lock_arenas(struct pool_locks *l)
{
    pool_lock(&l->arenas);
}
API void pool_unlock_arenas(struct pool_locks *l)
{
    pool_unlock(&l->arenas);
}
API void pool_allocated(struct pool_locks *l)
{
    atomic_fetch_add_explicit(&l->allocated, 1, memory_order_relaxed);
}
API void pool_freed(struct pool_locks *l)
{
    atomic_fetch_sub_explicit(&l->allocated, 1, memory_order_relaxed);
}
// acquire: pairs with pool_publish, so that a free of what is no pool's sees a node as sync_alloc
// made it. The explorer cannot show it: its new memory is zeroes for everybody.
API void *pool_follow(_Atomic(void *) *at)
{
    return atomic_load_explicit(at, memory_order_acquire);
}
// release: pairs with pool_follow, see there
API void pool_publish(_Atomic(void *) *at, void *node)
{
    atomic_store_explicit(at, node, memory_order_release);
}

#endif
