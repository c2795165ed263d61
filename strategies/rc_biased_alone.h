// SPDX-License-Identifier: MIT
//
// The rest of a scheme of biased counting that adds nothing to its counts (biased_init, _incref,
// _decref, _try_incref, _publish) and its queues.
#ifndef RC_BIASED_ALONE_H
#define RC_BIASED_ALONE_H

#include "rc_biased_queue.h"

struct rc_thread {
    struct biased_thread biased;
};
struct rc_world {
    struct biased_world biased;
};
API struct biased_thread *biased_self(struct thread *t)
{
    return &rc_self(t)->biased;
}
API struct biased_world *biased_world(struct thread *t)
{
    return &rc_world(t)->biased;
}

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    biased_world_init(&rw->biased);
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
API void rc_thread_attach(struct thread *t)
{
    biased_thread_attach(t);
}
API void rc_thread_detach(struct thread *t)
{
    biased_thread_detach(t);
}
API void rc_safepoint(struct thread *t)
{
    biased_safepoint(t);
}
API bool rc_drain(struct thread *t)
{
    return biased_drain(t);
}
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    biased_init(t, h, flags);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    biased_incref(t, h);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    biased_decref(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    return biased_try_incref(t, h);
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    biased_publish(t, h);
}

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

#endif
