// SPDX-License-Identifier: MIT
//
// No global lock: threads enter, leave and block as they like, and nothing is kept for them.
#ifndef LK_NO_HOOKS_H
#define LK_NO_HOOKS_H

#include "lk.h"

struct lk_thread {
};
struct lk_world {
};

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)lw, (void)w;
}
API void lk_world_fini(struct lk_world *lw)
{
    (void)lw;
}
API void lk_thread_attach(struct thread *t)
{
    (void)t;
}
API void lk_thread_detach(struct thread *t)
{
    (void)t;
}
API void lk_enter(struct thread *t)
{
    (void)t;
}
API void lk_leave(struct thread *t)
{
    (void)t;
}
// Outside the runtime a thread is offline: nobody waits for its safepoints.
API void lk_blocking_begin(struct thread *t)
{
    thread_offline(t);
}
API void lk_blocking_end(struct thread *t)
{
    thread_back(t);
}
API void lk_safepoint(struct thread *t)
{
    (void)t;
}

#endif
