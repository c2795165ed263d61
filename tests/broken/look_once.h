// SPDX-License-Identifier: MIT
//
// look_once: optimistic, whose readers count what a slot held and do not look again: the element
// may have been freed before it was counted, and its block be another's.
#ifndef BROKEN_LOOK_ONCE_H
#define BROKEN_LOOK_ONCE_H

#include "../../strategies/lock/optimistic.h"

API bool broken_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h)
{
    *h = (struct rc_header *)atomic_load_explicit(&s->word, memory_order_acquire);
    return *h != NULL && rc_try_incref(t, *h);
}
#define rc_try_load broken_try_load

#endif
