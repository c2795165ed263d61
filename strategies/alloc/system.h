// SPDX-License-Identifier: MIT
//
// system: the malloc with which the process was started (the allocator axis preloads another one).
#ifndef AL_SYSTEM_H
#define AL_SYSTEM_H

#include "al.h"

#define AL_SUMMARY "the process's malloc, whichever is preloaded"
#define AL_SOURCE  "ISO C; glibc's ptmalloc (W. Gloger, 1996-2006) unless another is preloaded"
#define AL_WHEN    "unless a scheme needs to know where its objects are"
#define AL_TRAITS  0

struct al_thread {
};
struct al_world {
};

API void al_world_init(struct al_world *aw, struct world *w)
{
    (void)aw, (void)w;
}
API void al_world_fini(struct al_world *aw)
{
    (void)aw;
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
    (void)t, (void)heap;
    return sync_heap_alloc(size);
}
API void al_free(struct thread *t, void *p)
{
    (void)t;
    sync_heap_free(p);
}

#include "al_no_visit.h"

#endif
