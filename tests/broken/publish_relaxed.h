// SPDX-License-Identifier: MIT
//
// publish_relaxed: biased, but rc_publish is relaxed: the second look of a reader who counted a
// block that has become another object may be the older one. x86-64 forgives it.
#ifndef BROKEN_PUBLISH_RELAXED_H
#define BROKEN_PUBLISH_RELAXED_H

#define rc_publish biased_publish_right
#include "../../strategies/refcount/biased.h"
#undef rc_publish

API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed);
    while ((shared & BIASED_STATE) == BIASED_DEFAULT)
        if (atomic_compare_exchange_weak_explicit(&h->shared, &shared, shared | BIASED_PUBLISHED,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
}

#endif
