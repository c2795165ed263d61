// SPDX-License-Identifier: MIT
//
// publish_not_sticky: biased, but rc_publish does nothing while the shared count is positive, and
// that count may be gone when a foreign thread tries the object.
#ifndef BROKEN_PUBLISH_NOT_STICKY_H
#define BROKEN_PUBLISH_NOT_STICKY_H

#define rc_publish biased_publish_right
#include "../../strategies/refcount/biased.h"
#undef rc_publish

API void rc_publish(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->shared, memory_order_relaxed) < BIASED_ONE)
        biased_publish_right(t, h);
}

#endif
