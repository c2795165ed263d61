// SPDX-License-Identifier: MIT
//
// recycle: type-stable in the worst way that al.h allows. A freed block goes on top of its world's
// list and is the next one of its size and heap that anybody gets; so who still knows the former
// object meets the next one at once.
//
// Invariant: the first sizeof(struct rc_header) bytes of a block are touched by the refcount scheme
// only. A reader may try the count of a former object there. The rest is overwritten by the free,
// plainly: who looks at a dead object's body races with that, or finds no living object.
// Memory order: the mutex; what was done to a block before its free happens before what its next
// holder does.
#ifndef AL_RECYCLE_H
#define AL_RECYCLE_H

#include "../../../strategies/al.h"

#define AL_SUMMARY "a freed block is the next one of its size, its counts still readable"
#define AL_SOURCE  "Linux's SLAB_TYPESAFE_BY_RCU (H. Dickins, 2004), without the delay"
#define AL_TRAITS  (AL_TYPE_STABLE | AL_WHOLE | AL_VISITS)

#define RECYCLE_DEAD ((uintptr_t)0xdeaddeaddeaddead)

// Before each block.
struct recycle_block {
    _Alignas(SYNC_LINE) struct recycle_block *next; // of all that were ever made
    struct recycle_block *below;                    // of those that are free
    size_t size;
    enum al_heap heap;
    bool used;
};
struct al_thread {
};
struct al_world {
    sync_mutex mutex; // guards both lists
    struct recycle_block *all, *free;
};

API void al_world_init(struct al_world *aw, struct world *w)
{
    (void)w;
    sync_mutex_init(&aw->mutex);
}
API void al_world_fini(struct al_world *aw)
{
    for (struct recycle_block *b = aw->all, *next; b != NULL; b = next) {
        next = b->next;
        sync_heap_free(b);
    }
    sync_mutex_destroy(&aw->mutex);
}
API void al_thread_attach(struct thread *t)
{
    (void)t;
}
API void al_thread_detach(struct thread *t)
{
    (void)t;
}

API void *al_alloc(struct thread *t, size_t size, enum al_heap heap)
{
    struct al_world *aw = al_world(t);
    struct recycle_block *b, **from = &aw->free;
    sync_mutex_lock(&aw->mutex);
    while ((b = sync_get(*from)) != NULL &&
           (sync_get(b->size) != size || sync_get(b->heap) != heap))
        from = &b->below;
    if (b != NULL) {
        sync_set(*from, sync_get(b->below));
    } else {
        b = sync_heap_alloc(sizeof *b + (size + SYNC_LINE - 1) / SYNC_LINE * SYNC_LINE);
        sync_set(b->size, size);
        sync_set(b->heap, heap);
        sync_set(b->next, sync_get(aw->all));
        sync_set(aw->all, b);
    }
    sync_set(b->used, true);
    sync_mutex_unlock(&aw->mutex);
    return b + 1;
}
API void al_free(struct thread *t, void *p)
{
    struct al_world *aw = al_world(t);
    struct recycle_block *b = (struct recycle_block *)p - 1;
    // whole pointers, so that a listing tells what they pointed to
    uintptr_t *word = p;
    size_t kept = sync_get(b->heap) == AL_STORAGE ? 0 : sizeof(struct rc_header);
    for (size_t i = (kept + 7) / 8; i < (sync_get(b->size) + 7) / 8; i++)
        sync_set(word[i], RECYCLE_DEAD);
    sync_mutex_lock(&aw->mutex);
    sync_set(b->used, false);
    sync_set(b->below, sync_get(aw->free));
    sync_set(aw->free, b);
    sync_mutex_unlock(&aw->mutex);
}

// The world is stopped.
API void al_visit(struct thread *t, enum al_heap heap, al_visit_fn *visit, void *argument)
{
    for (struct recycle_block *b = sync_get(al_world(t)->all); b != NULL; b = sync_get(b->next))
        if (sync_get(b->used) && sync_get(b->heap) == heap)
            visit(argument, b + 1);
}

#endif
