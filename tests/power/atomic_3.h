// SPDX-License-Identifier: MIT
//
// atomic_3: atomic with a real extra cost of three per cent: with every 33rd increment comes one more
// pair of an increment and a decrement. A comparison must find it.
#ifndef POWER_ATOMIC_3_H
#define POWER_ATOMIC_3_H

#include "../../strategies/rc.h"
#include "../../strategies/rc_no_hooks.h"
#define RC_NO_STATE_H

#ifndef ATOMIC_EXTRA_EVERY
#define ATOMIC_EXTRA_EVERY 33
#endif

struct rc_thread {
    unsigned turn;
};
struct rc_world {
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)rw, (void)w;
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}
API void rc_thread_attach(struct thread *t)
{
    rc_self(t)->turn = 0;
}
API void rc_thread_detach(struct thread *t)
{
    (void)t;
}
API void rc_safepoint(struct thread *t)
{
    (void)t;
}
API bool rc_drain(struct thread *t)
{
    (void)t;
    return false;
}

#define rc_incref atomic_incref_alone
#include "../../strategies/refcount/atomic.h"
#undef rc_incref

API void rc_incref(struct thread *t, struct rc_header *h)
{
    struct rc_thread *rt = rc_self(t);
    atomic_incref_alone(t, h);
    if (++rt->turn == ATOMIC_EXTRA_EVERY) {
        rt->turn = 0;
        atomic_incref_alone(t, h);
        rc_decref(t, h);
    }
}

#endif
