// SPDX-License-Identifier: MIT
//
// The contract of a reclaimer: when memory that a lock-free reader may still hold is given back.
//
// Semantics. rl_retire(p, fn) calls fn(t, p) once no thread can still hold p, on some thread that
// has entered the runtime; fn may decref, retire and lock. How a reader shows that it holds
// something differs: a read section (rl_enter, rl_leave), an announcement (rl_protect), or merely
// that it has not passed a quiescent point (rl_quiesce) since. An offline thread holds nothing.
// Memory of a given size that is only reused after a grace period (a type-stable allocator's pages)
// polls instead: rl_stamp now, rl_passed later.
//
// Memory ordering. The unlinking write happens before rl_retire's caller calls it; whatever a
// reader did with p happens before fn.
//
// Call-backs run where their thread passes a safepoint (rl_quiesce) or drains, never in rl_retire,
// which may be called under a lock that they take; only `immediate` calls them at once. rl_drain is
// called where the thread holds nothing that it has read, as at a safepoint. What a thread leaves
// behind when it detaches is carried out by others, so a world's last thread drains before it goes.
//
// Macros: RL_SUMMARY, RL_SOURCE, RL_WHEN, RL_TRAITS, RL_CENSUS(op).
#ifndef RL_H
#define RL_H

#include "pair.h"
#include "thread.h"

enum { RL_PROTECT_SLOTS = 8 };

struct rl_thread;
struct rl_world;

API void rl_world_init(struct rl_world *rw, struct world *w);
API void rl_world_fini(struct rl_world *rw);
API void rl_thread_attach(struct thread *t);
API void rl_thread_detach(struct thread *t);
API void rl_thread_offline(struct thread *t);
API void rl_thread_online(struct thread *t);

API void rl_enter(struct thread *t);
API void rl_leave(struct thread *t);
// Announces p (NULL: nothing) in slot 0..RL_PROTECT_SLOTS-1, ordered before the caller's next load:
// if p is still where it was found, it stays allocated until the slot is overwritten.
API void rl_protect(struct thread *t, unsigned slot, const void *p);
API void rl_quiesce(struct thread *t);

typedef void rl_free_fn(struct thread *t, void *p);
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn);
// All threads that were reading at rl_stamp have stopped since, once rl_passed says so.
API uint64_t rl_stamp(struct thread *t);
API bool rl_passed(struct thread *t, uint64_t stamp);
// Calls what is due; true: something was done, call again.
API bool rl_drain(struct thread *t);

// What the census test measures of a scheme when nobody else is there; op(name, counts...) for each:
//   enter_leave  a section             protect  an announcement, and its end
//   quiesce      when nothing is due   retire   without what is done for many together

#endif
