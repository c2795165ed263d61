// SPDX-License-Identifier: MIT
//
// The contract of an object allocator.
//
// Semantics. al_alloc returns memory aligned to 16, and to a cache line where the size is a
// multiple of one; never NULL: when memory runs out the process ends with a message. The heap says
// what will live there, so that an allocator may keep counts at the same offset of a block for as
// long as a reader may try them (AL_TYPE_STABLE: a freed block is reused only for an object of the
// same heap and size class until a grace period has passed). al_free may come from any thread; p is
// not NULL.
//
// al_visit shows every block of a heap that is allocated (AL_VISITS), while the world is stopped:
// what finds a collector's objects without a list of them. `visit` may neither allocate nor free.
//
// Macros: AL_SUMMARY, AL_SOURCE, AL_WHEN, AL_TRAITS.
#ifndef AL_H
#define AL_H

#include "pair.h"
#include "thread.h"

enum al_heap {
    AL_OBJECT,    // plain objects
    AL_CONTAINER, // objects that refer to others
    AL_STORAGE,   // no objects: a container's table
};

struct al_thread;
struct al_world;

API void al_world_init(struct al_world *aw, struct world *w);
API void al_world_fini(struct al_world *aw);
API void al_thread_attach(struct thread *t);
API void al_thread_detach(struct thread *t);

API void *al_alloc(struct thread *t, size_t size, enum al_heap heap);
API void al_free(struct thread *t, void *p);

typedef void al_visit_fn(void *argument, void *p);
API void al_visit(struct thread *t, enum al_heap heap, al_visit_fn *visit, void *argument);

#endif
