// SPDX-License-Identifier: MIT
//
// Nothing is kept per thread or world.
#ifndef LK_NO_STATE_H
#define LK_NO_STATE_H

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
#endif
