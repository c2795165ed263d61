// SPDX-License-Identifier: MIT
//
// pymutex_woken_relaxed: pymutex, but `woken` is stored relaxed: who is handed the lock may not
// see that, nor what the owner before did. x86-64 forgives it.
#ifndef BROKEN_PYMUTEX_WOKEN_RELAXED_H
#define BROKEN_PYMUTEX_WOKEN_RELAXED_H

#define parking_wake parking_wake_right
#include "../../strategies/parking_lot.h"
#undef parking_wake

API void parking_wake(struct parked *p)
{
    atomic_store_explicit(&p->woken, 1, memory_order_relaxed);
    sync_unpark(&p->woken, 1);
}

#include "../../strategies/lock/pymutex.h"

#endif
