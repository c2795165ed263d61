// SPDX-License-Identifier: MIT
//
// Nothing is kept per thread or world.
#ifndef LK_NO_STATE_H
#define LK_NO_STATE_H

#include "lk.h"
#include "lk_no_thread.h"

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
#endif
