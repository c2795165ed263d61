// SPDX-License-Identifier: MIT
//
// pymalloc, CPython's allocator of small blocks, as it was from 3.10 to 3.12 (Objects/obmalloc.c):
// classes of 16 bytes up to 512, pools of 16 KiB that serve one class each, arenas of 1 MiB from
// which pools are cut; what is larger is malloc's. Its body, shared by pool.h and pool_locked.h.
//
// Pools with blocks both in use and free stand on a list of their class; a full one stands on none,
// and comes back at the first free; an empty one goes back to its arena. A pool links its blocks
// one at a time, when its free ones are used up. Arenas with free pools are sorted by how many they
// have, and pools come from the one with the fewest, so that the others empty; one that is empty
// goes back to the system unless it is the last in the list. with_free[n] is the last one that has
// n free pools, which keeps the list sorted at a constant cost (3.8).
//
// A block belongs to an arena or to malloc; a radix tree over addresses tells (3.10), without
// touching what may be foreign memory.
//
// What is not the original's: arenas are aligned to their size, so that the tree's leaves need to
// know only whether there is one; a pool's head takes a line, as al.h promises blocks that are
// aligned to one; memory comes from sync.h instead of mmap.
//
// The scheme that includes this has defined struct pool_locks, and defines the hooks.
#ifndef AL_POOL_H
#define AL_POOL_H

#include "al.h"
#include "al_no_visit.h"

enum {
#ifdef SYNC_EXPLORE // small, so that scenarios see all of it
    POOL_SIZE = 1024,
    POOL_ARENA = 4096,
    POOL_NODE = 64,
#else
    POOL_SIZE = 16384,
    POOL_ARENA = 1 << 20,
    POOL_NODE = 1024, // entries of the tree's inner nodes
#endif
    POOL_LEAF = 256,
    POOL_POOLS = POOL_ARENA / POOL_SIZE,
    POOL_STEP = 16,
    POOL_LARGEST = 512,
    POOL_CLASSES = POOL_LARGEST / POOL_STEP,
    POOL_NO_CLASS = POOL_CLASSES,
};

struct pool_block {
    struct pool_block *next;
};
// The head of a pool. Under the lock of its class.
struct pool {
    _Alignas(SYNC_LINE) struct pool_block *free;
    struct pool *next, *before; // of its class; of the arena's free ones, next only
    struct pool_arena *arena;
    uint32_t used;   // blocks
    uint32_t class;  // the last one that it served
    uint32_t linked; // offset of the first block that never was
};
// Under the lock of arenas.
struct pool_arena {
    struct pool_arena *next, *before;
    char *address;
    struct pool *pools; // free ones that have been cut
    uint32_t cut;       // pools
    uint32_t free;      // pools, cut or not
};
struct pool_leaf {
    _Atomic(uint8_t) arena[POOL_LEAF];
};
struct pool_inner {
    _Atomic(void *) leaf[POOL_NODE]; // struct pool_leaf
};
struct al_thread {
};
struct al_world {
    struct pool_locks locks;
    struct pool used[POOL_CLASSES]; // heads of circular lists
    struct pool_arena *usable, *with_free[POOL_POOLS + 1];
    _Atomic(void *) inner[POOL_NODE]; // struct pool_inner
};

// The hooks.
API void pool_locks_init(struct pool_locks *l);
API void pool_lock_class(struct pool_locks *l, unsigned class);
API void pool_unlock_class(struct pool_locks *l, unsigned class);
API void pool_lock_arenas(struct pool_locks *l);
API void pool_unlock_arenas(struct pool_locks *l);
API void pool_allocated(struct pool_locks *l);
API void pool_freed(struct pool_locks *l);
// A node of the tree, once it is there; it is there from now on, by who has the lock of arenas.
API void *pool_follow(_Atomic(void *) *at);
API void pool_publish(_Atomic(void *) *at, void *node);

API void al_thread_attach(struct thread *t)
{
    (void)t;
}
API void al_thread_detach(struct thread *t)
{
    (void)t;
}

// --- whose memory is it? ------------------------------------------------------------------------

API uintptr_t pool_index(const void *p)
{
    return sync_address(p) / POOL_ARENA;
}
API bool pool_has(struct al_world *aw, const void *p)
{
    uintptr_t i = pool_index(p);
    if (i / POOL_LEAF / POOL_NODE >= POOL_NODE)
        return false;
    struct pool_inner *inner = pool_follow(&aw->inner[i / POOL_LEAF / POOL_NODE]);
    if (inner == NULL)
        return false;
    struct pool_leaf *leaf = pool_follow(&inner->leaf[i / POOL_LEAF % POOL_NODE]);
    // relaxed: who has a block of the arena knows that it is there, who has another one, that it is
    // not: nobody else's arena can lie where his block is
    return leaf != NULL &&
           atomic_load_explicit(&leaf->arena[i % POOL_LEAF], memory_order_relaxed) != 0;
}
// Under the lock of arenas, which is why a node that is there needs no order.
API void pool_set(struct al_world *aw, const void *p, bool there)
{
    uintptr_t i = pool_index(p);
    sync_check(i / POOL_LEAF / POOL_NODE < POOL_NODE, "the system gave memory beyond 48 bits");
    _Atomic(void *) *at = &aw->inner[i / POOL_LEAF / POOL_NODE];
    struct pool_inner *inner = atomic_load_explicit(at, memory_order_relaxed);
    if (inner == NULL) {
        inner = sync_alloc(sizeof *inner);
        pool_publish(at, inner);
    }
    _Atomic(void *) *below = &inner->leaf[i / POOL_LEAF % POOL_NODE];
    struct pool_leaf *leaf = atomic_load_explicit(below, memory_order_relaxed);
    if (leaf == NULL) {
        leaf = sync_alloc(sizeof *leaf);
        pool_publish(below, leaf);
    }
    atomic_store_explicit(&leaf->arena[i % POOL_LEAF], there, memory_order_relaxed);
}

// --- arenas -------------------------------------------------------------------------------------

API void pool_arena_unlink(struct al_world *aw, struct pool_arena *a)
{
    struct pool_arena *next = sync_get(a->next), *before = sync_get(a->before);
    if (before != NULL)
        sync_set(before->next, next);
    else
        sync_set(aw->usable, next);
    if (next != NULL)
        sync_set(next->before, before);
}
// Behind `before`; NULL: at the front.
API void pool_arena_link(struct al_world *aw, struct pool_arena *a, struct pool_arena *before)
{
    struct pool_arena *next = before != NULL ? sync_get(before->next) : sync_get(aw->usable);
    sync_set(a->before, before);
    sync_set(a->next, next);
    if (before != NULL)
        sync_set(before->next, a);
    else
        sync_set(aw->usable, a);
    if (next != NULL)
        sync_set(next->before, a);
}
API struct pool_arena *pool_arena_new(struct al_world *aw)
{
    struct pool_arena *a = sync_alloc(sizeof *a);
    char *address = sync_heap_aligned(POOL_ARENA, POOL_ARENA);
    sync_set(a->address, address);
    sync_set(a->free, POOL_POOLS);
    pool_set(aw, address, true);
    pool_arena_link(aw, a, NULL);
    sync_set(aw->with_free[POOL_POOLS], a);
    return a;
}
API void pool_arena_end(struct al_world *aw, struct pool_arena *a)
{
    pool_arena_unlink(aw, a);
    pool_set(aw, sync_get(a->address), false);
    sync_heap_free(sync_get(a->address));
    sync_free(a);
}
// A pool of no class, or that served one and has all its blocks.
API struct pool *pool_take(struct al_world *aw)
{
    pool_lock_arenas(&aw->locks);
    struct pool_arena *a = sync_get(aw->usable);
    if (a == NULL)
        a = pool_arena_new(aw);
    // it is the first, so if it is the last with so many it is the only one
    uint32_t free = sync_get(a->free);
    if (sync_get(aw->with_free[free]) == a)
        sync_set(aw->with_free[free], NULL);
    sync_set(a->free, --free);
    if (free != 0)
        sync_set(aw->with_free[free], a);
    else
        pool_arena_unlink(aw, a);
    struct pool *pool = sync_get(a->pools);
    if (pool != NULL) {
        sync_set(a->pools, sync_get(pool->next));
    } else {
        pool = (struct pool *)(sync_get(a->address) + (size_t)sync_get(a->cut) * POOL_SIZE);
        sync_set(a->cut, sync_get(a->cut) + 1);
        sync_set(pool->arena, a);
        sync_set(pool->class, POOL_NO_CLASS);
        sync_poison(pool + 1, POOL_SIZE - sizeof *pool);
    }
    pool_unlock_arenas(&aw->locks);
    return pool;
}
API void pool_give(struct al_world *aw, struct pool *pool)
{
    pool_lock_arenas(&aw->locks);
    struct pool_arena *a = sync_get(pool->arena);
    sync_set(pool->next, sync_get(a->pools));
    sync_set(a->pools, pool);
    uint32_t free = sync_get(a->free);
    struct pool_arena *last = sync_get(aw->with_free[free]);
    if (free != 0 && last == a) {
        struct pool_arena *before = sync_get(a->before);
        bool as_many = before != NULL && sync_get(before->free) == free;
        sync_set(aw->with_free[free], as_many ? before : NULL);
    }
    sync_set(a->free, ++free);
    if (free == POOL_POOLS && sync_get(a->next) != NULL) {
        pool_arena_end(aw, a);
    } else {
        if (free == 1)
            pool_arena_link(aw, a, NULL);
        if (sync_get(aw->with_free[free]) == NULL)
            sync_set(aw->with_free[free], a);
        if (free != 1 && last != a) {
            pool_arena_unlink(aw, a);
            pool_arena_link(aw, a, last);
        }
    }
    pool_unlock_arenas(&aw->locks);
}

// --- pools --------------------------------------------------------------------------------------

API uint32_t pool_block_size(unsigned class)
{
    return (class + 1) * POOL_STEP;
}
API void pool_unlink(struct pool *pool)
{
    struct pool *next = sync_get(pool->next), *before = sync_get(pool->before);
    sync_set(before->next, next);
    sync_set(next->before, before);
}
API void pool_link(struct al_world *aw, struct pool *pool, unsigned class)
{
    struct pool *head = &aw->used[class], *next = sync_get(head->next);
    sync_set(pool->next, next);
    sync_set(pool->before, head);
    sync_set(next->before, pool);
    sync_set(head->next, pool);
}
// One more block, if there is one.
API struct pool_block *pool_extend(struct pool *pool, unsigned class)
{
    uint32_t linked = sync_get(pool->linked);
    if (linked + pool_block_size(class) > POOL_SIZE)
        return NULL;
    struct pool_block *b = (struct pool_block *)((char *)pool + linked);
    sync_set(pool->linked, linked + pool_block_size(class));
    sync_unpoison(b, sizeof *b);
    sync_set(b->next, NULL);
    sync_poison(b, sizeof *b);
    sync_set(pool->free, b);
    return b;
}
static __attribute__((noinline, unused)) struct pool *pool_start(struct al_world *aw,
                                                                 unsigned class)
{
    struct pool *pool = pool_take(aw);
    pool_link(aw, pool, class);
    if (sync_get(pool->class) != class) {
        sync_set(pool->class, class);
        sync_set(pool->used, 0);
        sync_set(pool->linked, sizeof *pool);
        pool_extend(pool, class);
    }
    return pool;
}
static __attribute__((noinline, unused)) void pool_exhausted(struct pool *pool, unsigned class)
{
    if (pool_extend(pool, class) == NULL)
        pool_unlink(pool);
}
// It was full, or is empty.
static __attribute__((noinline, unused)) void pool_changed(struct al_world *aw, struct pool *pool,
                                                           unsigned class, bool was_full)
{
    if (was_full)
        pool_link(aw, pool, class);
    if (sync_get(pool->used) == 0) {
        pool_unlink(pool);
        pool_give(aw, pool);
    }
}

API void *al_alloc(struct thread *t, size_t size, enum al_heap heap)
{
    (void)heap;
    struct al_world *aw = al_world(t);
    pool_allocated(&aw->locks);
    if (__builtin_expect(size - 1 >= POOL_LARGEST, 0)) // 0 too
        return sync_heap_alloc(size);
    unsigned class = (unsigned)(size - 1) / POOL_STEP;
    pool_lock_class(&aw->locks, class);
    struct pool *pool = sync_get(aw->used[class].next);
    if (__builtin_expect(pool == &aw->used[class], 0))
        pool = pool_start(aw, class);
    struct pool_block *b = sync_get(pool->free);
    sync_unpoison(b, size < sizeof *b ? sizeof *b : size);
    struct pool_block *next = sync_get(b->next);
    sync_set(pool->free, next);
    sync_set(pool->used, sync_get(pool->used) + 1);
    if (__builtin_expect(next == NULL, 0))
        pool_exhausted(pool, class);
    pool_unlock_class(&aw->locks, class);
    return b;
}
API void al_free(struct thread *t, void *p)
{
    struct al_world *aw = al_world(t);
    pool_freed(&aw->locks);
    if (__builtin_expect(!pool_has(aw, p), 0)) {
        sync_heap_free(p);
        return;
    }
    struct pool *pool = (struct pool *)((uintptr_t)p & ~(uintptr_t)(POOL_SIZE - 1));
    struct pool_block *b = p;
    unsigned class = sync_get(pool->class); // it cannot change while a block is in use
    pool_lock_class(&aw->locks, class);
    struct pool_block *next = sync_get(pool->free);
    sync_set(b->next, next);
    sync_poison(b, pool_block_size(class));
    sync_set(pool->free, b);
    uint32_t used = sync_get(pool->used) - 1;
    sync_set(pool->used, used);
    if (__builtin_expect(next == NULL || used == 0, 0))
        pool_changed(aw, pool, class, next == NULL);
    pool_unlock_class(&aw->locks, class);
}

API void al_world_init(struct al_world *aw, struct world *w)
{
    (void)w;
    pool_locks_init(&aw->locks);
    for (unsigned i = 0; i < POOL_CLASSES; i++)
        aw->used[i].next = aw->used[i].before = &aw->used[i];
}
// An arena with a block that was never freed is left behind, so that what looks for leaks finds it.
API void al_world_fini(struct al_world *aw)
{
    for (struct pool_arena *a = aw->usable, *next; a != NULL; a = next) {
        next = a->next;
        if (a->free == POOL_POOLS)
            pool_arena_end(aw, a);
    }
    for (unsigned i = 0; i < POOL_NODE; i++) {
        struct pool_inner *inner = atomic_load_explicit(&aw->inner[i], memory_order_relaxed);
        for (unsigned k = 0; inner != NULL && k < POOL_NODE; k++)
            sync_free(atomic_load_explicit(&inner->leaf[k], memory_order_relaxed));
        sync_free(inner);
    }
}

#endif
