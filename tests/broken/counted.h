// SPDX-License-Identifier: MIT
//
// A counter in the world, which makes the wrong schemes go wrong at the same operation in every
// run. Takes the place of rc_no_state.h.
#ifndef BROKEN_COUNTED_H
#define BROKEN_COUNTED_H

#include "../../strategies/rc_no_defer.h"
#include "../../strategies/rc_no_hooks.h"
#define RC_NO_STATE_H

struct rc_world {
    _Atomic(uint64_t) events;
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    atomic_store_explicit(&rw->events, 0, memory_order_relaxed);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
// True once in n events, and once in two where a schedule has only a few.
API bool broken_now(struct thread *t, uint64_t n)
{
#ifdef SYNC_EXPLORE
    n = 2;
#endif
    return (atomic_fetch_add_explicit(&rc_world(t)->events, 1, memory_order_relaxed) + 1) % n == 0;
}

#endif
