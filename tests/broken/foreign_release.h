// SPDX-License-Identifier: MIT
//
// foreign_release: biased, but a foreign decrement does not acquire, though it may be the last
// one. x86-64 forgives it.
#ifndef BROKEN_FOREIGN_RELEASE_H
#define BROKEN_FOREIGN_RELEASE_H

#include "../../strategies/rc.h"

static void broken_decref_shared(struct thread *t, struct rc_header *h);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_decref_shared(t, h) DECREF_##t, h)
#define DECREF_struct biased_decref_shared_right(struct
#define DECREF_t broken_decref_shared(t
#include "../../strategies/refcount/biased.h"
#undef biased_decref_shared

static __attribute__((noinline)) void broken_decref_shared(struct thread *t, struct rc_header *h)
{
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), next;
    bool enqueue;
    do {
        enqueue = shared == BIASED_DEFAULT || shared == BIASED_PUBLISHED;
        next = enqueue ? BIASED_QUEUED : shared - BIASED_ONE;
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, next, memory_order_release,
                                                    memory_order_relaxed));
    if (enqueue)
        biased_enqueue(t, h);
    else if (next == BIASED_MERGED)
        rc_die(t, h);
}

#endif
