// SPDX-License-Identifier: MIT
//
// The contract of a lock scheme: how a container is kept consistent.
//
// Semantics. A container embeds one lk_word. Writers stand between lk_lock and lk_unlock (lk_lock2
// for two containers, which may be the same one), readers between lk_read_begin and lk_read_end. A
// scheme that excludes makes a read a lock; an optimistic one (LK_OPTIMISTIC) lets it run beside a
// writer and tells at the end whether what it saw was consistent; where writers put a changed copy
// in the place of the storage (LK_COPIES), what a reader sees does not change. Between them:
//   lk_read_begin  false: no such read now (a container not yet marked as shared); there is no end
//   lk_read_watch  loads the container's storage pointer and remembers it for the validation
//   lk_read_end    true: the watched storage is still the container's or, where reads exclude or
//                  are compared with a version (LK_VERSIONED), nothing has changed since
//                  lk_read_begin; always where writers copy
// Whom one of them refuses, and who did not get hold of an element, reads again between
// lk_lock_read and lk_unlock. Elements belong to the refcount scheme (rc_read when they cannot go
// meanwhile, rc_try_load when they can), storage belongs here: what a reader may still hold is
// given back by lk_retire.
//
// Locks nest: the one that was taken last is given back first. Where LK_SUSPENDS a thread that
// waits, for a further lock or outside the runtime, has meanwhile lost all locks that it held, and
// has the outer ones back when the inner ones end: lk_unlock of an inner lock may wait too. Only
// the innermost lock is sure to be held. Elsewhere nested locks are the caller's to order.
//
// A scheme with LK_GLOBAL is a GIL: who has entered the runtime excludes all others until it passes
// a safepoint or leaves, and lk_lock costs nothing. Blocking outside the runtime stands between
// lk_blocking_begin and lk_blocking_end. An isolated scheme (LK_ISOLATED) needs no lock because
// each thread has a world of its own.
//
// A scheme with LK_BRINGS_MAP supplies a concurrent map of its own, which dictionaries then use
// (lk_map.h).
//
// Memory ordering. lk_unlock happens before the next lk_lock of the same word. A read that
// lk_read_end accepts saw storage and elements as some lk_unlock left them.
//
// Waiting in any of these is thread_offline .. thread_back (thread.h).
// Macros: LK_SUMMARY, LK_SOURCE, LK_WHEN (as in rc.h), LK_TRAITS, LK_CENSUS(op); optional LK_ALLOC,
// LK_RECLAIM, and LK_HAND_OFF_NS: a thread that has slept longer than that for a lock is the next
// to hold it.
#ifndef LK_H
#define LK_H

#include "pair.h"
#include "rc.h"
#include "rl.h"

struct lk_word;  // in every container; may be empty
struct lk_guard; // on the caller's stack between lock and unlock; may be empty
struct lk_thread;
struct lk_world;

API void lk_world_init(struct lk_world *lw, struct world *w);
API void lk_world_fini(struct lk_world *lw);
API void lk_thread_attach(struct thread *t);
API void lk_thread_detach(struct thread *t);

API void lk_enter(struct thread *t);
API void lk_leave(struct thread *t);
API void lk_blocking_begin(struct thread *t);
API void lk_blocking_end(struct thread *t);
API void lk_safepoint(struct thread *t);

API void lk_init(struct thread *t, struct lk_word *l);
API void lk_destroy(struct thread *t, struct lk_word *l);
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g);
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g);
// Both, without deadlock; a and b may be the same. g: two guards.
API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g);
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g);

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g);
API void *lk_read_watch(struct thread *t, struct lk_guard *g, _Atomic(void *) *storage);
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g);
// Keeps writers out, and perhaps readers; ended by lk_unlock. For reads that lk_read_begin or
// lk_read_end refused, and for those that take more than one step to see something whole.
API void lk_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g);
// The storage was unlinked while l was locked, and l is free again, the container the caller's to
// look at; it is freed by fn when no reader can hold it.
API void lk_retire(struct thread *t, struct lk_word *l, void *storage, rl_free_fn *fn);

// What the census test measures of a scheme, uncontended; op(name, counts...) for each:
//   lock     lk_lock and lk_unlock          lock2    lk_lock2 and lk_unlock2, two words
//   read     lk_read_begin, lk_read_end and, of a pointer elsewhere, lk_read_watch
//   enter    lk_enter and lk_leave
//   safepoint  lk_safepoint when nobody asks for anything
//   map_get  lk_map_get_borrowed of the only key of a map (LK_BRINGS_MAP)
//   map_set  lk_map_set of another value for it

#endif
