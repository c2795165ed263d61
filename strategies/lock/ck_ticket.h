// SPDX-License-Identifier: MIT
//
// ck_ticket: a peer. Concurrency Kit's ticket lock, of the library that is installed: who comes
// takes the next number, and pauses and looks until it is the one that is served. First come, first
// served. All of it is inline. refcount/glib.h says what is not asked of a peer.
//
// CK has an attempt to lock on x86 only, and it is another way in: a look and a compare-exchange
// instead of the one fetch-and-add, an uncontended pair of which costs a fifth more. So none is
// made, and as nobody can tell beforehand whether ck_spinlock_ticket_lock will wait, a thread is
// offline whenever it locks; where the other layers wish to know of it, that is a cost which this
// file adds to CK's.
//
// Invariant: position is the number of the thread between lk_lock and lk_unlock, or the next one to
// be given out when there is none.
// Memory order: CK's: its lock fence after the number was seen, its unlock fence before the next is
// served.
//
// libraries: ck
#ifndef LK_CK_TICKET_H
#define LK_CK_TICKET_H

#include "lk.h"

#if !__has_include(<ck_spinlock.h>)
#error "no <ck_spinlock.h>: make deps installs libck-dev"
#endif
#include <ck_spinlock.h>

#define LK_SUMMARY "ck_spinlock_ticket_lock and _unlock of the CK that is installed"
#define LK_SOURCE  "Samy Al Bahra, Concurrency Kit (spinlock/ticket.h), 2010"
#define LK_WHEN    "as the yardstick for a spinlock that is fair"
#define LK_TRAITS  (LK_EXCLUDES | LK_TURNS | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    ck_spinlock_ticket_t lock;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    ck_spinlock_ticket_init(&l->lock);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    thread_offline(t);
    ck_spinlock_ticket_lock(&l->lock);
    thread_back(t);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    ck_spinlock_ticket_unlock(&l->lock);
}

#include "lk_exclusive.h"

#endif
