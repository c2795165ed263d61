// SPDX-License-Identifier: MIT
//
// The contract of a refcount scheme.
//
// Semantics. Three kinds of reference are kept apart, because schemes differ in exactly this:
//   counted   one unit of an object's count: rc_incref makes one, rc_decref gives one up.
//   slot      a reference that an object holds in a field (struct rc_slot).
//   local     a reference on a thread's stack (struct rc_local): PEP 703's stack references, the
//             uncounted stack of Deutsch and Bobrow's zero-count table, CDRC's snapshots. A scheme
//             that counts eagerly makes it a counted one.
// An object dies when no reference of any kind is left: at once, or later (RC_LATE) at a safepoint
// or a drain. rc_die then clears its weak references, calls the workload's obj_destroy, which gives
// up its slots, and frees it; nested deaths are queued, so no chain of objects overflows a stack.
//
// Slots are used in two ways:
//   shared     no lock: rc_load, rc_try_load, rc_store, rc_compare_exchange. They COPY: the caller
//              keeps the reference that it passed in.
//   excluded   the holder is private or its lock is held: rc_peek, rc_fill, rc_read, rc_swap,
//              rc_move, rc_copy, rc_release, rc_clear. They MOVE unless they say otherwise.
// A slot is never raw when it is read, swapped or traversed: new storage is filled with NULL to
// its capacity before it is published. rc_dirty(owner) comes before any change that obj_traverse
// would show (a length lowered before the slot is emptied loses the child for a scheme that logs).
//
// Memory ordering. What the owner of a counted reference did to the object before rc_decref happens
// before obj_destroy; what was done before rc_store happens before what follows the rc_load that
// reads it. Nothing else is ordered: a scheme says beside each order why no more is needed.
//
// A scheme completes the structs below, defines every function here (helpers at its end supply
// what it does not care about: rc_eager.h names them), and describes itself by macros:
//     RC_SUMMARY, RC_SOURCE   what it is; who published it
//     RC_WHEN                 when to use it, for the table of all schemes (docs/schemes.md)
//     RC_TRAITS               bits of enum rc_trait (pair.h)
//     RC_CENSUS(op)           what each operation costs (below)
//     RC_ALLOC, RC_RECLAIM    optional: the allocator, the reclaimer that it goes with
//     RC_DIES(t, h)           optional: rc_die was called for h, which may still have to wait
//     RC_FINI(t, h)           optional: gives up what rc_init set up in the header, before the free
//     RC_FREE(t, h)           optional: instead of rc_free_memory, which it then calls itself
//     RC_MORTAL(t, h)         optional: makes an immortal object mortal, where rc_init would forget
//                             what the header keeps beside the count
//     RC_CLEARS               optional: it has an rc_clear of its own
//     RC_BACKLOG              RC_BACKGROUND: the most changes of one thread that are not applied,
//                             or whose deaths are not done, when its rc_safepoint returns
// Whoever includes it may define
//     RC_LOG_SIZE             the length of a scheme's logs or tables, in entries, a power of two.
//                             Tests do, so that they are full soon
//     RC_LOCAL_BORROWS        it uses rc_local_borrow: locals that are counted are worth a bit
//                             that tells those which are not
// Helpers that count slots and locals are included behind a scheme's rc_incref, rc_decref and
// rc_try_incref: in the census these are counted from there on (rc_census.h).
// A prototype that a scheme gets wrong is a
// "conflicting types" error that names both places; one that it forgets is an error where the
// catalogue takes its address.
#ifndef RC_H
#define RC_H

#include "pair.h"
#include "thread.h"

struct rc_header; // what stands at the start of every object; may be empty
struct rc_slot;
struct rc_local;
struct rc_weak;
struct rc_thread;
struct rc_world;

// Flags of rc_init: hints that a scheme may ignore.
enum rc_flag {
    RC_IMMORTAL = 1 << 0,  // lives until its maker ends it (rc_end_immortal), when all are done
    RC_DEFERRED = 1 << 1,  // local references to it need not count
    RC_HOT = 1 << 2,       // counted by all threads all the time
    RC_CONTAINER = 1 << 3, // refers to others, so it may be part of a cycle; set by rc_new
};

// --- life of the world and its threads ----------------------------------------------------------
API void rc_world_init(struct rc_world *rw, struct world *w);
API void rc_world_fini(struct rc_world *rw);
// Starts and stops a background thread (RC_BACKGROUND); the caller of stop is detached.
API void rc_world_start(struct world *w);
API void rc_world_stop(struct world *w);
API void rc_thread_attach(struct thread *t);
API void rc_thread_detach(struct thread *t); // waits for nothing, kills nothing
API void rc_thread_offline(struct thread *t);
API void rc_thread_online(struct thread *t);
API void rc_safepoint(struct thread *t);
// Carries out what this thread deferred or was handed; true: something was done, call again. Every
// wait in it is a thread_safepoint or offline.
API bool rc_drain(struct thread *t);

// --- counted references ------------------------------------------------------------------------

// A new object, private to t, which gets one counted reference.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags);
// The caller holds a reference of any kind to h.
API void rc_incref(struct thread *t, struct rc_header *h);
// Gives up a counted reference of this thread (RC_GIVES) or of anyone.
API void rc_decref(struct thread *t, struct rc_header *h);
// A counted reference unless h is dead; h was read from somewhere that could not be locked. False
// may also mean "not without the lock" for an object that was never published.
API bool rc_try_incref(struct thread *t, struct rc_header *h);
// Others may rc_try_incref h from now on; by a holder, under whatever lock protects the way to h.
API void rc_publish(struct thread *t, struct rc_header *h);
// Hands a counted reference from one thread to another: both calls, in this order.
API void rc_give(struct thread *t, struct rc_header *h);
API void rc_take(struct thread *t, struct rc_header *h);

// --- shared slots: copy ------------------------------------------------------------------------

// A new counted reference to what the slot holds, or NULL.
API struct rc_header *rc_load(struct thread *t, struct rc_slot *s);
// The same from storage that may have been retired meanwhile. False: take the lock and read again.
API bool rc_try_load(struct thread *t, struct rc_slot *s, struct rc_header **h);
// The slot of `owner` (NULL: of no object) gets its own reference to h, which may be NULL.
API void rc_store(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                  struct rc_header *h);
API bool rc_compare_exchange(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                             struct rc_header *expected, struct rc_header *desired);

// --- excluded slots: move ----------------------------------------------------------------------

// What the slot holds; no reference is taken.
API struct rc_header *rc_peek(struct rc_slot *s);
// Initialises raw memory with the caller's counted reference to h, or NULL.
API void rc_fill(struct thread *t, struct rc_header *owner, struct rc_slot *raw,
                 struct rc_header *h);
// A new counted reference to what the slot holds, or NULL.
API struct rc_header *rc_read(struct thread *t, struct rc_slot *s);
// The caller's counted reference h goes in, the old one comes out, counted. Either may be NULL.
API struct rc_header *rc_swap(struct thread *t, struct rc_header *owner, struct rc_slot *s,
                              struct rc_header *h);
// Moves a reference into raw memory when storage grows. `from` is left empty, so that a reader who
// validates against it learns that the storage is old.
API void rc_move(struct thread *t, struct rc_header *owner, struct rc_slot *raw,
                 struct rc_slot *from);
// A second storage gets its own reference in raw memory; a retired one gives it up again, on any
// thread; an empty one is given up too. A scheme that counts by obj_traverse does nothing in both.
API void rc_copy(struct thread *t, struct rc_slot *raw, struct rc_slot *from);
API void rc_release(struct thread *t, struct rc_slot *s);
// Gives up the slot's reference, if it has one; from obj_destroy only.
API void rc_clear(struct thread *t, struct rc_slot *s);
// Before a change of owner that obj_traverse would show.
API void rc_dirty(struct thread *t, struct rc_header *owner);

// --- local references: by address --------------------------------------------------------------

// A frame of n locals, registered once a call and in stack order, where RC_ROOTS. A local of
// zeroes is an empty one.
struct rc_roots {
    struct rc_roots *prev;
    struct rc_local *local;
    unsigned n;
};
API void rc_roots_push(struct thread *t, struct rc_roots *r, struct rc_local *local, unsigned n);
API void rc_roots_pop(struct thread *t, struct rc_roots *r);
// A local reference to what a shared slot holds; the answer is NULL if it holds nothing.
API struct rc_header *rc_local_get(struct thread *t, struct rc_local *l, struct rc_slot *s);
// The same from storage that may have been retired meanwhile, as rc_try_load.
API bool rc_try_local(struct thread *t, struct rc_local *l, struct rc_slot *s,
                      struct rc_header **h);
// ... to h, which the caller holds while calling.
API void rc_local_of(struct thread *t, struct rc_local *l, struct rc_header *h);
// What the local refers to, or NULL: good while the local is.
API struct rc_header *rc_local_peek(const struct rc_local *l);
// A further local to what `from` refers to, which stays when `from` goes.
API void rc_local_dup(struct thread *t, struct rc_local *to, const struct rc_local *from);
// The same by who knows that `from` stays as it is until `to` has been dropped, moved from or owned
// (CPython 3.14's LOAD_FAST_BORROW): a scheme may save the count. What `to` is moved to takes its
// place in this.
API void rc_local_borrow(struct thread *t, struct rc_local *to, const struct rc_local *from);
// Moves: `to` was empty, `from` is afterwards.
API void rc_local_move(struct thread *t, struct rc_local *to, struct rc_local *from);
API void rc_local_drop(struct thread *t, struct rc_local *l);
// Turns the local into a counted reference, which the caller gets; the local is empty afterwards.
API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l);
// The inverse: the caller's counted reference to h becomes the local's, which was empty.
API void rc_local_take(struct thread *t, struct rc_local *l, struct rc_header *h);

// --- weak references (RC_WEAK) -----------------------------------------------------------------

// The caller holds h, whose type has weak references (obj_weaks). The cell's memory is the
// caller's.
API void rc_weak_make(struct thread *t, struct rc_weak *w, struct rc_header *h);
// A counted reference, or NULL if the object is dead or dying; the cell is empty then. Until then,
// or until it is dropped, a cell may keep the memory of a dead object.
API struct rc_header *rc_weak_get(struct thread *t, struct rc_weak *w);
API void rc_weak_drop(struct thread *t, struct rc_weak *w);
// The object dies: its cells answer NULL from now on. Called by rc_die only.
API void rc_weak_die(struct thread *t, struct rc_header *h);

// --- cycles (RC_CYCLES) ------------------------------------------------------------------------

// Ends all objects that are reachable neither from a counted reference outside of them nor from a
// local; how many, of those with RC_CONTAINER. What is held by an object that is dead already, and
// waits for its end, is found by the next call. A safepoint. A scheme also collects by itself, at
// safepoints, when it thinks fit, and in rc_drain until nothing is found.
API uint64_t rc_collect(struct thread *t);

// --- supplied by the workload ------------------------------------------------------------------

// Visits an object's slots, also empty ones.
typedef void rc_visit(void *argument, struct rc_slot *s);
API void obj_traverse(struct rc_header *h, rc_visit *visit, void *argument);
// Gives up what the object holds: rc_clear of each slot, its storage, its lock; not the object.
API void obj_destroy(struct thread *t, struct rc_header *h);
// Where the object keeps its list of weak cells (NULL inside: it never had one), or NULL: its type
// has none. Only rc_weak_* touch the list.
API _Atomic(struct rc_weak *) *obj_weaks(struct rc_header *h);

// A workload may define CELL_LEAF(h), before it includes cell.h: whether h, which is dead, refers to
// nothing and has no weak references, so that its death is that of its memory.
//
// A workload with free lists of its own defines CELL_FREE(t, h), before it includes cell.h: takes
// the memory of a dead object instead of al_free, to keep it for rc_new_in or to al_free it later.
// The header stays as it is: a collector that finds its objects by al_visit, or one who tries
// objects that may have been freed, looks at it.

// --- supplied by cell.h ------------------------------------------------------------------------

// The last reference is gone: destroys and frees h and whatever dies with it, iteratively.
static void rc_die(struct thread *t, struct rc_header *h);
// Objects that refer to each other are dead: destroys them all, then frees them all. Their weak
// references are dead already, and the caller holds a counted reference to each, so that none of
// them dies by itself meanwhile.
static void rc_die_together(struct thread *t, struct rc_header **h, size_t n);

// The memory of a dead object goes back: RC_FREE ends in it.
API void rc_free_memory(struct thread *t, struct rc_header *h);

// What the census test measures of a scheme. RC_CENSUS(op) has one line for each of these names:
// op(name, counts that are not zero...), in the fields of struct sync_counts. "own" is the thread
// that made the object, "other" one that did not while the object is shared by both.
//   incref_own, decref_own       a pair on a private object that lives on
//   incref_other, decref_other   the same pair, by another thread
//   death_own                    decref of the only reference, obj_destroy and free
//   tracked_new, tracked_death   rc_new with RC_CONTAINER, and death_own of that (RC_CYCLES)
//   try_incref                   by another thread, of a published object
//   local_pair                   rc_local_of and rc_local_drop by another thread
//   load                         rc_load of another thread's object
//   store                        rc_store that displaces an object that lives on, both own
//   incref_immortal, decref_immortal   of an immortal object, by another thread (RC_UNCOUNTED)
//   local_deferred               local_pair of an object made with RC_DEFERRED (RC_DEFERS)
//   incref_hot, decref_hot       of an object made with RC_HOT, by another thread (RC_SPREADS)

#endif
