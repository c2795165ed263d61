// SPDX-License-Identifier: MIT
//
// weak_garbage: collected, but the weak references of garbage stay as they are, and it has a count
// (collector_keep) when another thread asks for it.
#ifndef BROKEN_WEAK_GARBAGE_H
#define BROKEN_WEAK_GARBAGE_H

#include "../../strategies/rc_collector.h"

#define rc_weak_die collected_weak_die
#include "collected.h"
#undef rc_weak_die

API void rc_weak_die(struct thread *t, struct rc_header *h)
{
    if (atomic_load_explicit(&h->count, memory_order_relaxed) == 0)
        collected_weak_die(t, h);
}

#endif
