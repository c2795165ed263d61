// SPDX-License-Identifier: MIT
//
// One thread, one world. `struct thread` is composed of the parts that the four layers keep per
// thread, `struct world` of what they keep per process (or per isolated heap): cell.h completes
// both, after the schemes. A scheme sees them incomplete and reaches its own part by rc_self(t),
// rc_world(t) and so on, which the compiler folds into a displacement; another layer's part it
// never reaches, only that layer's functions. Every function takes the calling thread `t`.
//
// A thread's life:
//     thread_attach(world)          refcount, reclaimer, allocator, lock scheme learn of it
//       lk_enter(t)                 from here on it may touch objects
//         ... thread_safepoint(t)   now and then: the eval breaker
//         thread_drain(t)           what it deferred is carried out, as far as others let it
//       lk_leave(t)
//     thread_detach(t)              waits for nothing: what is still pending stays in its slot,
//                                   which others look after or the next thread inherits
//
// Waiting. Whoever waits for another thread, in any layer, does so between thread_offline(t) and
// thread_back(t): the others need not expect a safepoint from it meanwhile. Hence a call that may
// wait (lk_lock, lk_lock2, lk_unlock within another lock, lk_enter, lk_blocking_*, lk_safepoint, and
// rc_decref of an object whose obj_destroy locks) is itself a safepoint: no result of rc_peek, no
// watched storage and no unregistered local lives across it, and a container's shape is consistent
// when it is called.
#ifndef THREAD_H
#define THREAD_H

#include "../harness/sync.h"

#define API static inline __attribute__((unused))

// Threads that one world can have attached at a time, background threads included.
enum { THREADS_MAX = 1024 };

struct thread;
struct world;
struct rc_header;

// Each layer's own part; declared here, defined last in cell.h.
API struct rc_thread *rc_self(struct thread *t);
API struct lk_thread *lk_self(struct thread *t);
API struct rl_thread *rl_self(struct thread *t);
API struct al_thread *al_self(struct thread *t);
API struct rc_world *rc_world(struct thread *t);
API struct lk_world *lk_world(struct thread *t);
API struct rl_world *rl_world(struct thread *t);
API struct al_world *al_world(struct thread *t);
// The same for who has no thread: rc_world_start and rc_world_stop.
API struct rc_world *world_rc(struct world *w);

// 1..THREADS_MAX, unique among the attached; reused after detach. 0 is nobody.
API uintptr_t thread_id(const struct thread *t);
// The attached thread in slot i (0-based), or NULL.
API struct thread *thread_nth(struct thread *t, unsigned i);
// The thread structure in slot i whether attached or not, or NULL if the slot was never used: a
// detached thread's logs may be full. Slots are reused and never freed while the world lives.
API struct thread *thread_slot(struct thread *t, unsigned i);
// The same from a thread id, as found in an object's header. id > 0.
API struct thread *thread_of_id(struct thread *t, uintptr_t id);
// Slots used so far: the bound for i.
API unsigned thread_slots(struct thread *t);
API bool thread_attached(const struct thread *t);

API void thread_offline(struct thread *t);
API void thread_back(struct thread *t);
// lk_safepoint, then rc_safepoint, then rl_quiesce.
API void thread_safepoint(struct thread *t);

// A scheme kept t from its work for so long: by a stopped world, by a collection that t carried
// out, by back-pressure. The longest one is a figure of the run.
API void thread_paused(struct thread *t, uint64_t ns);
// By t: ns of the longest one since it last asked.
API uint64_t thread_longest_pause(struct thread *t);
// Objects that t made, and that died on it, over all lives of its slot. Any thread may ask.
API uint64_t thread_made(const struct thread *t);
API uint64_t thread_died(const struct thread *t);

API struct thread *thread_attach(struct world *w);
// Drains the reclaimer and the refcount scheme in turn until neither had anything to do that it
// could do alone. True if something was done. The caller has entered the runtime.
API bool thread_drain(struct thread *t);
API void thread_detach(struct thread *t);

// Stops all other threads of the world, each at its next safepoint, or where it is while offline;
// and lets them go on. A thread that waits to be the one who stops does so offline, so both calls
// are made at a safepoint. Only for schemes with RC_STOPS; the others pay nothing.
API void world_stop(struct thread *t);
API void world_start(struct thread *t);

// One of the world's mutexes, by address: for cold paths that need a lock for any object.
API sync_mutex *world_stripe(struct thread *t, const void *p);

#endif
