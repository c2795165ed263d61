// SPDX-License-Identifier: MIT
//
// immortal_late: biased_immortal, but an increment by the owner stores the sum and then looks
// whether it is zero, and an immortal object keeps its maker as owner. Its count wraps, and from
// then on it is mortal.
#ifndef BROKEN_IMMORTAL_LATE_H
#define BROKEN_IMMORTAL_LATE_H

#define rc_init   biased_immortal_init_right
#define rc_incref biased_immortal_incref_right
#include "../../strategies/refcount/biased_immortal.h"
#undef rc_init
#undef rc_incref

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    biased_immortal_init_right(t, h, flags);
    atomic_store_explicit(&h->tid, thread_id(t), memory_order_relaxed);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    if (biased_mine(t, h))
        atomic_store_explicit(&h->local, biased_local(h) + 1, memory_order_relaxed);
    else
        biased_immortal_incref_right(t, h);
}

#endif
