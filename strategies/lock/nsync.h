// SPDX-License-Identifier: MIT
//
// nsync: a peer. Google's nsync_mu in every container, of the library that is installed: a word and
// the queue of those who wait, readers or a writer inside. Who finds it taken spins a little with
// back-off, then joins the queue and sleeps; who has been woken in vain too often has its turn
// next. What it costs is a call of a shared library for each half of a pair. refcount/glib.h says
// what is not asked of a peer.
//
// Reads are reads (nsync_mu_rlock): the lock has that mode, a container's reads need no more, and
// uncontended it costs what the other does, one compare-exchange from 0 and one back.
//
// Invariant: the word says that a writer is inside, or how many readers, never both.
// Memory order: nsync's: the compare-exchange that locks acquires, the one that unlocks releases.
// A lock that is taken is waited for offline, so that the other layers do not wait for the waiter.
//
// libraries: -lnsync
#ifndef LK_NSYNC_H
#define LK_NSYNC_H

#include "lk.h"

#if !__has_include(<nsync_mu.h>)
#error "no <nsync_mu.h>: make deps installs libnsync-dev"
#endif
#include <nsync_mu.h>

#define LK_SUMMARY "nsync_mu of the nsync that is installed; reads share"
#define LK_SOURCE  "Mike Burrows, nsync (github.com/google/nsync), 2016"
#define LK_WHEN    "as the yardstick for pymutex and rwlock"
#define LK_TRAITS  (LK_EXCLUDES | LK_NATIVE)
#define LK_CENSUS(op)

struct lk_word {
    nsync_mu mu;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    nsync_mu_init(&l->mu);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
static __attribute__((noinline, cold, unused)) void
wait_for_nsync(struct thread *t, struct lk_word *l, void (*lock)(nsync_mu *))
{
    thread_offline(t);
    lock(&l->mu);
    thread_back(t);
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(!nsync_mu_trylock(&l->mu), 0))
        wait_for_nsync(t, l, nsync_mu_lock);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    nsync_mu_unlock(&l->mu);
}
API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    if (__builtin_expect(!nsync_mu_rtrylock(&l->mu), 0))
        wait_for_nsync(t, l, nsync_mu_rlock);
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)g;
    nsync_mu_runlock(&l->mu);
    return true;
}

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_state.h"
#include "lk_no_watch.h"

#endif
