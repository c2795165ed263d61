// SPDX-License-Identifier: MIT
//
// pymutex_forgets: pymutex, but who wakes a sleeper clears PARKED though others still sleep, so
// that the next unlock passes them by.
#ifndef BROKEN_PYMUTEX_FORGETS_H
#define BROKEN_PYMUTEX_FORGETS_H

#define parking_empty parking_empty_right
#include "../../strategies/parking_lot.h"
#undef parking_empty

API bool parking_empty(struct parking_bucket *b)
{
    (void)b;
    return true;
}

#include "../../strategies/lock/pymutex.h"

#endif
