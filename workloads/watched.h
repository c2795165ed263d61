// SPDX-License-Identifier: MIT
//
// An object whose death is counted, on whichever thread it happens: a scheme that defers may let
// the owner, the setting thread or a thread of its own carry it out.
#ifndef WATCHED_H
#define WATCHED_H

#include "object.h"

struct watched {
    struct object base;
    _Atomic(uint64_t) *deaths; // outlives the object
};

API void watched_destroy(struct thread *t, struct object *o)
{
    (void)t;
    // relaxed: read after the threads have been joined, or to see that nothing died yet
    atomic_fetch_add_explicit(((struct watched *)o)->deaths, 1, memory_order_relaxed);
}
static const struct type watched_type = {.name = "watched object", .destroy = watched_destroy};

// Bytes of a watched object on cache lines of its own: one, unless the scheme's header is large.
enum { WATCHED_LINES = (sizeof(struct watched) + SYNC_LINE - 1) / SYNC_LINE * SYNC_LINE };

// size: at least that of struct watched.
API struct rc_header *watched_new(struct thread *t, size_t size, unsigned flags,
                                  _Atomic(uint64_t) *deaths)
{
    struct watched *o = object_new(t, &watched_type, size, AL_OBJECT, flags);
    o->deaths = deaths;
    return &o->base.rc;
}

#endif
