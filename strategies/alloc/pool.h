// SPDX-License-Identifier: MIT
//
// pool: pymalloc as CPython with a GIL has it (al_pool.h). There is no lock in it: whoever
// allocates or frees holds the global one, so that a free list is a load, a store and a test.
//
// Invariant: al_pool.h's; one thread at a time.
// Memory order: relaxed; the global lock orders one thread's turn before the next one's.
#ifndef AL_POOL_ALONE_H
#define AL_POOL_ALONE_H

#include "al.h"

#define AL_SUMMARY "CPython's pools for small blocks, under its GIL; malloc for the others"
#define AL_SOURCE  "pymalloc (V. Marangozov, T. Peters), as in CPython 3.10 to 3.12"
#define AL_WHEN    "a global lock that stays, and small objects"
#define AL_TRAITS  AL_UNLOCKED

struct pool_locks {
};

#include "al_pool.h"

API void pool_locks_init(struct pool_locks *l)
{
    (void)l;
}
API void pool_lock_class(struct pool_locks *l, unsigned class)
{
    (void)l, (void)class;
}
API void pool_unlock_class(struct pool_locks *l, unsigned class)
{
    (void)l, (void)class;
}
API void pool_lock_arenas(struct pool_locks *l)
{
    (void)l;
}
API void pool_unlock_arenas(struct pool_locks *l)
{
    (void)l;
}
API void pool_allocated(struct pool_locks *l)
{
    (void)l;
}
API void pool_freed(struct pool_locks *l)
{
    (void)l;
}
API void *pool_follow(_Atomic(void *) *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}
API void pool_publish(_Atomic(void *) *at, void *node)
{
    atomic_store_explicit(at, node, memory_order_relaxed);
}

#endif
