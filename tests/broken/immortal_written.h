// SPDX-License-Identifier: MIT
//
// immortal_written: plain_immortal, but an increment stores the saturated count again.
#ifndef BROKEN_IMMORTAL_WRITTEN_H
#define BROKEN_IMMORTAL_WRITTEN_H

#define rc_incref plain_immortal_incref_right
#include "../../strategies/refcount/plain_immortal.h"
#undef rc_incref

API void rc_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    uint32_t n = atomic_load_explicit(&h->count, memory_order_relaxed) + 1;
    atomic_store_explicit(&h->count, n != 0 ? n : UINT32_MAX, memory_order_relaxed);
}

#endif
