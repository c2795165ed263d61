// SPDX-License-Identifier: MIT
//
// pymutex_park_relaxed: pymutex, but `woken` is read relaxed: who is handed the lock may not see
// that, nor what the owner before did. x86-64 forgives it.
#ifndef BROKEN_PYMUTEX_PARK_RELAXED_H
#define BROKEN_PYMUTEX_PARK_RELAXED_H

#define parking_park parking_park_right
#include "../../strategies/parking_lot.h"
#undef parking_park

API bool parking_park(struct parking_lot *lot, _Atomic(uint8_t) *word, uint8_t expected,
                      struct parked *p)
{
    struct parking_bucket *b = parking_enter(lot, word);
    bool sleeps = atomic_load_explicit(word, memory_order_relaxed) == expected;
    if (sleeps)
        parking_append(b, p, word);
    parking_leave(b);
    while (sleeps && atomic_load_explicit(&p->woken, memory_order_relaxed) == 0)
        sync_park(&p->woken, 0);
    return sleeps;
}

#include "../../strategies/lock/pymutex.h"

#endif
