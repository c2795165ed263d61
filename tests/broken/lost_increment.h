// SPDX-License-Identifier: MIT
//
// lost_increment: atomic, but every 4096th increment is lost.
#ifndef BROKEN_LOST_INCREMENT_H
#define BROKEN_LOST_INCREMENT_H

#include "counted.h"

#define rc_incref atomic_incref_right
#include "../../strategies/refcount/atomic.h"
#undef rc_incref

API void rc_incref(struct thread *t, struct rc_header *h)
{
    if (!broken_now(t, 4096))
        atomic_incref_right(t, h);
}

#endif
