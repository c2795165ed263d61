// SPDX-License-Identifier: MIT
//
// inline_relaxed: pep703, and an inline cache whose version is stored relaxed: who finds it may
// still find the value of the one before. x86-64 forgives it.
#ifndef BROKEN_INLINE_RELAXED_H
#define BROKEN_INLINE_RELAXED_H

#include "../../strategies/refcount/pep703.h"

#define inline_cache_fill inline_cache_fill_right
#include "../../workloads/container/inline_cache.h"
#undef inline_cache_fill

API void inline_cache_fill(struct thread *t, struct inline_cache *c, uint64_t version,
                           struct rc_header *value)
{
    atomic_store_explicit(&c->version, 0, memory_order_relaxed);
    rc_store(t, NULL, &c->value, value);
    atomic_store_explicit(&c->version, version, memory_order_relaxed);
}

#endif
