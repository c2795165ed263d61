// SPDX-License-Identifier: MIT
//
// ticket: right, and what ticket_relaxed is made from: who locks draws a number and waits for it
// to be served.
#ifndef BROKEN_TICKET_H
#define BROKEN_TICKET_H

#include "../../strategies/lk.h"

#define LK_SUMMARY "tickets, served in order"
#define LK_SOURCE  "D. P. Reed and R. K. Kanodia, CACM 22(2), 1979"
#define LK_TRAITS  LK_EXCLUDES

struct lk_word {
    _Atomic(uint32_t) next, serving;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    atomic_init(&l->next, 0);
    atomic_init(&l->serving, 0);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    // relaxed: the number alone; acquire: pairs with the release in lk_unlock
    uint32_t mine = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);
    thread_offline(t);
    sync_await(atomic_load_explicit(&l->serving, memory_order_acquire) == mine);
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t mine = atomic_load_explicit(&l->serving, memory_order_relaxed);
    atomic_store_explicit(&l->serving, mine + 1, memory_order_release);
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 1, .load = 2, .store = 1)                                                      \
    op(lock2, .rmw = 2, .load = 4, .store = 2)                                                     \
    op(read, .rmw = 1, .load = 2, .store = 1)                                                      \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "../../strategies/lk_exclusive.h"

#endif
