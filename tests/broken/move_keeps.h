// SPDX-License-Identifier: MIT
//
// move_keeps: atomic, but rc_move leaves the old slot full, so that a reader who validates against
// retired storage finds nothing wrong.
#ifndef BROKEN_MOVE_KEEPS_H
#define BROKEN_MOVE_KEEPS_H

#define rc_move atomic_move_right
#include "../../strategies/refcount/atomic.h"
#undef rc_move

API void rc_move(struct thread *t, struct rc_header *owner, struct rc_slot *raw,
                 struct rc_slot *from)
{
    rc_fill(t, owner, raw, rc_peek(from));
}

#endif
