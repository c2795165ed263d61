// SPDX-License-Identifier: MIT
//
// An object with a number that its death spoils, so that whoever reads it through a reference sees
// whether the object is still alive. The number is read by all holders and written by the death
// without an order of their own: it is the count that must order them, and ThreadSanitizer sees
// whether it does.
#ifndef NUMBERED_H
#define NUMBERED_H

#include "../workload.h"

#define NUMBERED_DEAD UINT64_MAX

struct numbered {
    struct object base;
    uint64_t number; // never NUMBERED_DEAD while it lives
};

API uint64_t numbered_of(struct rc_header *h)
{
    return ((struct numbered *)h)->number;
}
// Opaque: the block is freed next, so that a compiler may otherwise do without the store.
API void numbered_destroy(struct thread *t, struct object *o)
{
    (void)t;
    sync_opaque((struct numbered *)o)->number = NUMBERED_DEAD;
}

// By the setting thread when the others have left the world and nothing is referred to any more,
// so that its drain does whatever is left: what is wrong, or NULL.
API const char *numbered_all_died(struct thread *t)
{
    thread_drain(t);
    if ((RC_TRAITS & RC_FREES) == 0 || world_live(t->world) == 0)
        return NULL;
    return "not every object died with its last reference, or some died twice";
}

#endif
