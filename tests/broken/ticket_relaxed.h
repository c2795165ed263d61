// SPDX-License-Identifier: MIT
//
// ticket_relaxed: ticket, but the next number is served by a relaxed store. x86-64 forgives it.
#ifndef BROKEN_TICKET_RELAXED_H
#define BROKEN_TICKET_RELAXED_H

#define lk_unlock ticket_unlock_right
#include "ticket.h"
#undef lk_unlock

API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    uint32_t mine = atomic_load_explicit(&l->serving, memory_order_relaxed);
    atomic_store_explicit(&l->serving, mine + 1, memory_order_relaxed);
}

#endif
