// SPDX-License-Identifier: MIT
//
// arena: memory is handed out by advancing a pointer and given back whole when the world ends. For
// runtimes that never free objects (`none`). What a container gives back by al_free (its outgrown
// storage) is kept by size class for the thread that gave it back, so that a list that grows and is
// cleared for ever does not use ever more memory.
//
// Invariant: every block belongs to one of the world's regions, which nobody frees before the end.
// Memory order: a region list under a mutex; everything else is a thread's own.
#ifndef AL_ARENA_H
#define AL_ARENA_H

#include "al.h"

#define AL_SUMMARY "bump pointer, given back whole with its world; bounded at 4 GiB"
#define AL_SOURCE  "D. T. Ross, CACM 10(8), 1967 (zones); D. R. Hanson, SP&E 20(1), 1990 (arenas)"
#define AL_WHEN    "everything dies together, with a request or a phase"
#define AL_TRAITS  AL_WHOLE

enum {
    ARENA_CLASSES = 40,       // powers of two from 16 bytes
    ARENA_CHUNK = 1 << 16,    // bytes and alignment of a chunk, which serves one class
    ARENA_REGION = 1 << 20,   // bytes taken from the system at a time
    ARENA_REGIONS_MAX = 4096, // ... so many times at most
};

struct arena_block {
    struct arena_block *next;
};
// At the start of each chunk: what al_free needs to know of a block, found by masking its address.
struct arena_chunk {
    _Alignas(SYNC_LINE) unsigned class;
};
struct arena_region {
    struct arena_region *next;
};
struct al_world {
    sync_mutex mutex;
    struct arena_region *regions;
    size_t taken; // in units of ARENA_REGION
};
struct al_thread {
    char *next, *end; // what is left of this thread's region, in chunks
    struct arena_class {
        char *next, *end; // what is left of the class's chunk
        struct arena_block *given_back;
    } class[ARENA_CLASSES];
};

API void al_world_init(struct al_world *aw, struct world *w)
{
    (void)w;
    sync_mutex_init(&aw->mutex);
    aw->regions = NULL;
    aw->taken = 0;
}
API void al_world_fini(struct al_world *aw)
{
    for (struct arena_region *r = aw->regions, *next; r != NULL; r = next) {
        next = r->next;
        sync_heap_free(r);
    }
    sync_mutex_destroy(&aw->mutex);
}
// A thread that takes over a slot takes over its chunks.
API void al_thread_attach(struct thread *t)
{
    (void)t;
}
API void al_thread_detach(struct thread *t)
{
    (void)t;
}

// A region of at least size bytes behind its link, and room to align a chunk in it.
static __attribute__((noinline, cold, unused)) void arena_region(struct thread *t, size_t size)
{
    struct al_world *aw = al_world(t);
    size_t units = (size + 2 * (size_t)ARENA_CHUNK + ARENA_REGION - 1) / ARENA_REGION;
    struct arena_region *r = sync_heap_alloc(units * ARENA_REGION);
    sync_mutex_lock(&aw->mutex);
    aw->taken += units;
    bool full = aw->taken > ARENA_REGIONS_MAX;
    r->next = aw->regions;
    aw->regions = r;
    sync_mutex_unlock(&aw->mutex);
    sync_check(!full, "the arena's bound of 4 GiB is reached: use fewer operations or less time");
    uintptr_t first = ((uintptr_t)(r + 1) + ARENA_CHUNK - 1) & ~(uintptr_t)(ARENA_CHUNK - 1);
    al_self(t)->next = (char *)first;
    al_self(t)->end = (char *)r + units * ARENA_REGION;
}
// A chunk for one class; a block that is larger than a chunk gets one as large as it needs.
static __attribute__((noinline, cold, unused)) void arena_chunk(struct thread *t, unsigned class)
{
    struct al_thread *at = al_self(t);
    size_t size = sizeof(struct arena_chunk) + ((size_t)16 << class);
    size = (size + ARENA_CHUNK - 1) & ~(size_t)(ARENA_CHUNK - 1);
    if ((size_t)(at->end - at->next) < size)
        arena_region(t, size);
    struct arena_chunk *c = (struct arena_chunk *)at->next;
    at->next += size;
    c->class = class;
    at->class[class].next = (char *)(c + 1);
    at->class[class].end = (char *)c + size;
}

API void *al_alloc(struct thread *t, size_t size, enum al_heap heap)
{
    (void)heap;
    unsigned class = size <= 16 ? 0 : 60 - (unsigned)__builtin_clzll(size - 1);
    struct arena_class *c = &al_self(t)->class[class];
    size_t bytes = (size_t)16 << class;
    struct arena_block *b = c->given_back;
    if (b != NULL) {
        sync_unpoison(b, bytes);
        c->given_back = sync_get(b->next);
        return b;
    }
    if ((size_t)(c->end - c->next) < bytes)
        arena_chunk(t, class);
    void *p = c->next;
    c->next += bytes;
    return p;
}
API void al_free(struct thread *t, void *p)
{
    const struct arena_chunk *chunk =
        (const struct arena_chunk *)((uintptr_t)p & ~(uintptr_t)(ARENA_CHUNK - 1));
    struct arena_class *c = &al_self(t)->class[chunk->class];
    struct arena_block *b = p;
    sync_set(b->next, c->given_back);
    c->given_back = b;
    sync_poison(b, (size_t)16 << chunk->class);
}

#include "al_no_visit.h"

#endif
