// SPDX-License-Identifier: MIT
//
// pymutex_blind: pymutex, but who goes to sleep does not look at the byte once more under the
// bucket's mutex, so that an unlock just before is overlooked.
#ifndef BROKEN_PYMUTEX_BLIND_H
#define BROKEN_PYMUTEX_BLIND_H

#define parking_park parking_park_right
#include "../../strategies/parking_lot.h"
#undef parking_park

API bool parking_park(struct parking_lot *lot, _Atomic(uint8_t) *word, uint8_t expected,
                      struct parked *p)
{
    (void)expected;
    struct parking_bucket *b = parking_enter(lot, word);
    parking_append(b, p, word);
    parking_leave(b);
    while (atomic_load_explicit(&p->woken, memory_order_acquire) == 0)
        sync_park(&p->woken, 0);
    return true;
}

#include "../../strategies/lock/pymutex.h"

#endif
