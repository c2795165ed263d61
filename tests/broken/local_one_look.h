// SPDX-License-Identifier: MIT
//
// local_one_look: pep703, but a local reference does not look at the slot again when it has found
// a deferred object: that may be the block's next one, which the slot never held.
#ifndef BROKEN_LOCAL_ONE_LOOK_H
#define BROKEN_LOCAL_ONE_LOOK_H

#define rc_local_get pep703_local_get_right
#include "../../strategies/refcount/pep703.h"
#undef rc_local_get

API struct rc_header *rc_local_get(struct thread *t, struct rc_local *l, struct rc_slot *s)
{
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_acquire);
    struct rc_header *h = (struct rc_header *)word;
    if (word == 0 || (word & RC_SLOT_LOCKED) != 0 ||
        !pep703_deferred(atomic_load_explicit(&h->gc, memory_order_acquire)))
        return pep703_local_get_right(t, l, s);
    pep703_local(l, h);
    return h;
}

#endif
