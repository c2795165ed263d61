// SPDX-License-Identifier: MIT
//
// pool_remembers: pool, but the addresses of an arena that has gone back to the system are still
// known as a pool's.
#ifndef AL_POOL_REMEMBERS_H
#define AL_POOL_REMEMBERS_H

#include "../../strategies/al.h"

struct pool_arena;
static void broken_end(struct al_world *aw, struct pool_arena *a);

// The definition in al_pool.h keeps its body under another name, its callers get this one.
#define pool_arena_end(aw, a) END_##aw, a)
#define END_struct            pool_arena_end_right(struct
#define END_aw                broken_end(aw
#include "../../strategies/alloc/pool.h"
#undef pool_arena_end

static void broken_end(struct al_world *aw, struct pool_arena *a)
{
    const void *address = a->address;
    pool_arena_end_right(aw, a);
    pool_set(aw, address, true);
}

#endif
