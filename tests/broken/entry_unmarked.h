// SPDX-License-Identifier: MIT
//
// entry_unmarked: atomic, and a method cache whose writer counts the sequence on when it has done,
// and does not say that it is about to write: a reader may find the same number before and after,
// and the value of another name.
#ifndef BROKEN_ENTRY_UNMARKED_H
#define BROKEN_ENTRY_UNMARKED_H

#include "../../strategies/refcount/atomic.h"

#define method_cache_put method_cache_put_right
#include "../../workloads/container/method_cache.h"
#undef method_cache_put

API void method_cache_put(struct thread *t, struct method_cache_entry *e, uint64_t version,
                          const void *name, struct rc_header *value)
{
    atomic_store_explicit(&e->version, version, memory_order_release);
    atomic_store_explicit(&e->name, name, memory_order_release);
    rc_store(t, NULL, &e->value, value);
    atomic_fetch_add_explicit(&e->sequence, 2, memory_order_acq_rel);
}

#endif
