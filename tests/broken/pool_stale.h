// SPDX-License-Identifier: MIT
//
// pool_stale: pool, but an arena from which a pool is taken is still known as the last one with as
// many free pools as it had.
#ifndef AL_POOL_STALE_H
#define AL_POOL_STALE_H

#include "../../strategies/al.h"

static struct pool *broken_take(struct al_world *aw);

// The definition in al_pool.h keeps its body under another name, its caller gets this one.
#define pool_take(aw) TAKE_##aw)
#define TAKE_struct   pool_take_right(struct
#define TAKE_aw       broken_take(aw
#include "../../strategies/alloc/pool.h"
#undef pool_take

static struct pool *broken_take(struct al_world *aw)
{
    struct pool_arena *a = aw->usable;
    uint32_t free = a != NULL ? a->free : 0;
    struct pool_arena *last = aw->with_free[free];
    struct pool *pool = pool_take_right(aw);
    if (last == a)
        aw->with_free[free] = last;
    return pool;
}

#endif
