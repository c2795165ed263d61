// SPDX-License-Identifier: MIT
//
// try_from_zero: atomic, but rc_try_incref counts first and takes it back if there was nothing:
// another attempt in between finds a count, and an object that is dying.
#ifndef BROKEN_TRY_FROM_ZERO_H
#define BROKEN_TRY_FROM_ZERO_H

#include "../../strategies/rc.h"

// The definition keeps its body under another name, its callers get this one.
#define rc_try_incref(t, h) TRY_##t, h)
#define TRY_struct          atomic_try_incref_right(struct
#define TRY_t               (rc_try_incref)(t
#include "../../strategies/refcount/atomic.h"
#undef rc_try_incref

API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    (void)t;
    if (atomic_fetch_add_explicit(&h->count, 1, memory_order_seq_cst) != 0)
        return true;
    atomic_fetch_sub_explicit(&h->count, 1, memory_order_seq_cst);
    return false;
}

#endif
