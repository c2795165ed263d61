// SPDX-License-Identifier: MIT
//
// pymutex_two_owners: pymutex, but who hands the lock over unlocks it too.
#ifndef BROKEN_PYMUTEX_TWO_OWNERS_H
#define BROKEN_PYMUTEX_TWO_OWNERS_H

#define lk_unlock pymutex_unlock_right
#include "../../strategies/lock/pymutex.h"
#undef lk_unlock

API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    uint8_t bits = PYMUTEX_LOCKED;
    (void)g;
    if (atomic_compare_exchange_strong_explicit(&l->mutex.bits, &bits, 0, memory_order_release,
                                                memory_order_relaxed))
        return;
    struct parking_bucket *b = parking_enter(&pymutex_world(t)->lot, &l->mutex);
    struct parked *first = parking_take(b, &l->mutex);
    if (first != NULL) {
        struct pymutex_thread *heir = (struct pymutex_thread *)first;
        sync_set(heir->handed_over, sync_now_ns() > sync_get(heir->fair_at));
    }
    atomic_store_explicit(&l->mutex.bits, parking_empty(b) ? 0 : PYMUTEX_PARKED,
                          memory_order_release);
    parking_leave(b);
    if (first != NULL)
        parking_wake(first);
}

#endif
