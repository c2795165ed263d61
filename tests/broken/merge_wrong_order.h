// SPDX-License-Identifier: MIT
//
// merge_wrong_order: biased, but a merge clears local and tid after the compare-exchange, when
// another thread may have freed the object.
#ifndef BROKEN_MERGE_WRONG_ORDER_H
#define BROKEN_MERGE_WRONG_ORDER_H

#include "../../strategies/rc.h"

static bool broken_merge(struct rc_header *h, intptr_t extra);

// The definition in rc_biased.h keeps its body under another name, its callers get this one.
#define biased_merge(h, extra) MERGE_##h, extra)
#define MERGE_struct biased_merge_right(struct
#define MERGE_h broken_merge(h
#include "../../strategies/refcount/biased.h"
#undef biased_merge

static __attribute__((noinline)) bool broken_merge(struct rc_header *h, intptr_t extra)
{
    intptr_t add = (intptr_t)atomic_load_explicit(&h->local, memory_order_relaxed) + extra;
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed), merged;
    do {
        merged = (((shared >> 2) + add) * BIASED_ONE) | BIASED_MERGED;
    } while (!atomic_compare_exchange_weak_explicit(&h->shared, &shared, merged,
                                                    memory_order_acq_rel, memory_order_relaxed));
    atomic_store_explicit(&h->local, 0, memory_order_relaxed);
    atomic_store_explicit(&h->tid, 0, memory_order_relaxed);
    return merged == BIASED_MERGED;
}

#endif
