// SPDX-License-Identifier: MIT
//
// pymutex_pass_relaxed: pymutex, but an unlock that found sleepers stores the byte relaxed. x86-64
// forgives it.
#ifndef BROKEN_PYMUTEX_PASS_RELAXED_H
#define BROKEN_PYMUTEX_PASS_RELAXED_H

#include "../../strategies/lk.h"

struct pymutex;
static void broken_pass_on(struct thread *t, struct pymutex *m);

// The definition in lk_pymutex.h keeps its body under another name, its callers get this one.
#define pymutex_pass_on(t, m) PASS_##t, m)
#define PASS_struct pymutex_pass_on_right(struct
#define PASS_t broken_pass_on(t
#include "../../strategies/lock/pymutex.h"
#undef pymutex_pass_on

static __attribute__((noinline, cold)) void broken_pass_on(struct thread *t, struct pymutex *m)
{
    struct parking_bucket *b = parking_enter(&pymutex_world(t)->lot, m);
    sync_check(atomic_load_explicit(&m->bits, memory_order_relaxed) ==
                   (PYMUTEX_LOCKED | PYMUTEX_PARKED),
               "pymutex: unlocked, but not locked");
    uint8_t bits = 0;
    struct parked *first = parking_take(b, m);
    if (first != NULL) {
        struct pymutex_thread *heir = (struct pymutex_thread *)first;
        bool fair = sync_now_ns() > sync_get(heir->fair_at);
        sync_set(heir->handed_over, fair);
        bits = (fair ? PYMUTEX_LOCKED : 0) | (parking_empty(b) ? 0 : PYMUTEX_PARKED);
    }
    atomic_store_explicit(&m->bits, bits, memory_order_relaxed);
    parking_leave(b);
    if (first != NULL)
        parking_wake(first);
}

#endif
