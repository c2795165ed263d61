// SPDX-License-Identifier: MIT
//
// pymutex_unfair: pymutex, but a lock is never handed over, however long a thread has slept for it.
#ifndef BROKEN_PYMUTEX_UNFAIR_H
#define BROKEN_PYMUTEX_UNFAIR_H

#define lk_unlock pymutex_unlock_right
#include "../../strategies/lock/pymutex.h"
#undef lk_unlock

// Nobody is told, so that who unlocks can lock again whatever the machine does.
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    atomic_fetch_and_explicit(&l->mutex.bits, PYMUTEX_PARKED, memory_order_release);
}

#endif
