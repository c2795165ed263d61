// SPDX-License-Identifier: MIT
//
// pymutex_neighbour: pymutex, but the bucket's first sleeper is woken, whichever word he sleeps
// for.
#ifndef BROKEN_PYMUTEX_NEIGHBOUR_H
#define BROKEN_PYMUTEX_NEIGHBOUR_H

#define parking_take parking_take_right
#include "../../strategies/parking_lot.h"
#undef parking_take

API struct parked *parking_take(struct parking_bucket *b, const void *address)
{
    struct parked *p = sync_get(b->first);
    return parking_take_right(b, p != NULL ? sync_get(p->address) : address);
}

#include "../../strategies/lock/pymutex.h"

#endif
