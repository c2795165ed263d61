// SPDX-License-Identifier: MIT
//
// inline_one_look: atomic, and an inline cache whose reader does not look at the version again: the
// value may be that of the next one.
#ifndef BROKEN_INLINE_ONE_LOOK_H
#define BROKEN_INLINE_ONE_LOOK_H

#include "../../strategies/refcount/atomic.h"

#define inline_cache_get inline_cache_get_right
#include "../../workloads/container/inline_cache.h"
#undef inline_cache_get

API struct rc_header *inline_cache_get(struct thread *t, struct inline_cache *c, uint64_t version,
                                       struct rc_local *l)
{
    if (atomic_load_explicit(&c->version, memory_order_acquire) != version)
        return NULL;
    return rc_local_get(t, l, &c->value);
}

#endif
