// SPDX-License-Identifier: MIT
//
// weak_late: atomic, but weak cells are emptied when the next object dies, long after obj_destroy
// and the free.
#ifndef BROKEN_WEAK_LATE_H
#define BROKEN_WEAK_LATE_H

#include "../../strategies/rc_no_defer.h"
#include "../../strategies/rc_no_hooks.h"
#define RC_NO_STATE_H

struct rc_world {
    struct rc_weak *full; // cells of the last that died
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    rw->full = NULL;
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}

#define rc_weak_die atomic_weak_die_right
#include "../../strategies/refcount/atomic.h"
#undef rc_weak_die

API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    struct rc_world *rw = rc_world(t);
    for (struct rc_weak *w = rw->full; w != NULL && w != RC_WEAK_NONE; w = w->next)
        atomic_store_explicit(&w->object, NULL, memory_order_release);
    rw->full =
        obj_weaks(h) != NULL ? atomic_load_explicit(obj_weaks(h), memory_order_relaxed) : NULL;
}

#endif
