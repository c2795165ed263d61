// SPDX-License-Identifier: MIT
//
// ck_fas: a peer. Concurrency Kit's spinlock on a word, of the library that is installed: fetch and
// store, and who lost pauses and looks until the word is free. There is no back-off here
// (ck_spinlock_fas_lock_eb has one), no order, and no yield: a waiter that spins while the holder
// does not run spins until its time slice is over. All of it is inline. refcount/glib.h says what
// is not asked of a peer.
//
// Invariant: value is 1 while a thread stands between lk_lock and lk_unlock, and that thread alone
// saw it change from 0.
// Memory order: CK's: its lock fence after the exchange, its unlock fence before the store.
//
// libraries: ck
#ifndef LK_CK_FAS_H
#define LK_CK_FAS_H

#include "lk.h"

#if !__has_include(<ck_spinlock.h>)
#error "no <ck_spinlock.h>: make deps installs libck-dev"
#endif
#include <ck_spinlock.h>

#define LK_SUMMARY "ck_spinlock_fas_lock and _unlock of the CK that is installed"
#define LK_SOURCE  "Samy Al Bahra, Concurrency Kit (spinlock/fas.h), 2010"
#define LK_WHEN    "as the yardstick for spin"
#define LK_TRAITS  (LK_EXCLUDES | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    ck_spinlock_fas_t lock;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    ck_spinlock_fas_init(&l->lock);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
static __attribute__((noinline, cold, unused)) void ck_fas_wait(struct thread *t, struct lk_word *l)
{
    thread_offline(t);
    ck_spinlock_fas_lock(&l->lock);
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(!ck_spinlock_fas_trylock(&l->lock), 0))
        ck_fas_wait(t, l);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    ck_spinlock_fas_unlock(&l->lock);
}

#include "lk_exclusive.h"

#endif
