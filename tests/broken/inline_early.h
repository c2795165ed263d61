// SPDX-License-Identifier: MIT
//
// inline_early: atomic, and an inline cache that gets its new version before its new value: who
// finds the version may still find the value of the one before.
#ifndef BROKEN_INLINE_EARLY_H
#define BROKEN_INLINE_EARLY_H

#include "../../strategies/refcount/atomic.h"

#define inline_cache_fill inline_cache_fill_right
#include "../../workloads/container/inline_cache.h"
#undef inline_cache_fill

API void inline_cache_fill(struct thread *t, struct inline_cache *c, uint64_t version,
                           struct rc_header *value)
{
    atomic_store_explicit(&c->version, version, memory_order_release);
    rc_store(t, NULL, &c->value, value);
}

#endif
