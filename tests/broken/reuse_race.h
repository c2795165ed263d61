// SPDX-License-Identifier: MIT
//
// reuse_race: biased, but an object whose owner has gone is merged without the lock of the owner's
// queue, while a new thread in the owner's slot counts it as its own.
#ifndef BROKEN_REUSE_RACE_H
#define BROKEN_REUSE_RACE_H

#include "../../strategies/rc.h"

static void broken_enqueue(struct thread *t, struct rc_header *h);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_enqueue(t, h) ENQUEUE_##t, h)
#define ENQUEUE_struct biased_enqueue_right(struct
#define ENQUEUE_t broken_enqueue(t
#include "../../strategies/refcount/biased.h"
#undef biased_enqueue

static __attribute__((noinline)) void broken_enqueue(struct thread *t, struct rc_header *h)
{
    uintptr_t tid = atomic_load_explicit(&h->tid, memory_order_relaxed);
    if (tid == 0 || thread_attached(thread_of_id(t, tid))) {
        biased_enqueue_right(t, h);
        return;
    }
    intptr_t add = (intptr_t)atomic_load_explicit(&h->local, memory_order_relaxed) - 1;
    atomic_store_explicit(&h->local, 0, memory_order_relaxed);
    atomic_store_explicit(&h->tid, 0, memory_order_relaxed);
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), merged;
    do {
        merged = (((shared >> 2) + add) * BIASED_ONE) | BIASED_MERGED;
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, merged,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (merged == BIASED_MERGED)
        rc_die(t, h);
}

#endif
