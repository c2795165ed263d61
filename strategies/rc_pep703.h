// SPDX-License-Identifier: MIT
//
// What the schemes of PEP 703's kind share: biased counting (rc_biased.h) with immortal objects,
// deferred ones, and a collector of cycles that stops the world (rc_collector.h).
//
// A deferred object (RC_DEFERRED, RC_HOT: CPython's functions, code, modules, types) is one that
// threads refer to all the time from their stacks. Counted references to it count as always; local
// ones do not, and write nothing but the local. So its count may be zero while it lives: a bias
// that is added to `shared` when it is made keeps it from dying of that (CPython 3.14 adds
// PY_SSIZE_T_MAX / 8 there), and only the collector ends it, which takes the bias away again in its
// sum and finds the local references in the threads' frames. A local that is not counted says so by
// a bit of its word (3.14's _PyStackRef), so that who drops it need not look at the object. A
// borrowed local has the bit too, whatever it refers to: the local that it was borrowed from keeps
// that alive. Who makes a second local of one that has the bit does look.
//
// Invariant: an object's references are its count and the tagged locals in registered frames; a
// tagged local refers to a deferred object, or to what an untagged local of its thread, which
// outlives it, counts.
//
// rc_local_get of a shared slot. What it finds might die, and its block become another object, at
// any moment, until it is known to be deferred: then it can end only when the world has been
// stopped, and this thread stops at its next safepoint, where the local stands in its frame. So it
// looks at the slot, at the object's `gc`, and at the slot again. If both looks at the slot agree,
// the block was that of a deferred object at the second look at the latest, and this one was in the
// slot then: whatever the block held before, a deferred object that it held in between lives still.
// The allocator keeps `gc` where it is while we look (AL_TYPE_STABLE). Other objects are counted,
// with the slot's lock (rc_slot_locked.h).
//
// Memory order: `gc` is stored with release when an object is made deferred, and read by acquire
// between the two looks, so that the second one is not the older. Frames and locals are a thread's
// own; the collector reads them in a stopped world, which orders.
//
// A scheme defines struct pep703_thread and struct pep703_world (what it adds to a thread's and the
// world's state) before it includes this, and of rc_biased.h's options what it needs; after it, the
// functions that are declared first, and collector_objects.
#ifndef RC_PEP703_H
#define RC_PEP703_H

#define BIASED_IMMORTALS 1
#define BIASED_FIELDS    COLLECTOR_FIELDS
#include "rc_collector_due.h"

#include "rc_biased.h"

#define PEP703_TRAITS                                                                \
    (RC_FREES | RC_LATE | RC_COUNTS | RC_WEAK | RC_TRY_FREED | RC_ROOTS | RC_STOPS | \
     RC_UNCOUNTED | RC_CYCLES | RC_DEFERS) // and RC_SHARED
#define PEP703_BIAS (INTPTR_MAX / 8)       // references

struct rc_thread {
    struct biased_thread biased;
    struct collector_thread collector;
    struct rc_roots *roots; // innermost frame
    struct pep703_thread own;
};
struct rc_world {
    struct biased_world biased;
    struct collector_world collector;
    struct pep703_world own;
};
API struct biased_thread *biased_self(struct thread *t)
{
    return &rc_self(t)->biased;
}
API struct biased_world *biased_world(struct thread *t)
{
    return &rc_world(t)->biased;
}
API struct collector_thread *collector_self(struct thread *t)
{
    return &rc_self(t)->collector;
}
API struct collector_world *collector_world(struct thread *t)
{
    return &rc_world(t)->collector;
}
API _Atomic(uint32_t) *collector_word(struct rc_header *h)
{
    return &h->gc;
}

// --- supplied by the scheme -------------------------------------------------------------------

API void pep703_world_init(struct pep703_world *pw);
API void pep703_world_fini(struct pep703_world *pw);
API void pep703_thread_detach(struct thread *t);
// h, with the flags of rc_init, is tracked from now on; it is so no longer: dead, or about to be.
API void pep703_made(struct thread *t, struct rc_header *h, unsigned flags);
API void pep703_ended(struct thread *t, struct rc_header *h);
// The world is stopped: counts that lie elsewhere come into the objects.
API void pep703_settle(struct thread *t);

// --- life -------------------------------------------------------------------------------------

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    biased_world_init(&rw->biased);
    collector_world_init(&rw->collector);
    pep703_world_init(&rw->own);
}
API void rc_world_fini(struct rc_world *rw)
{
    pep703_world_fini(&rw->own);
}
API void rc_thread_attach(struct thread *t)
{
    biased_thread_attach(t);
}
API void rc_thread_detach(struct thread *t)
{
    pep703_thread_detach(t);
    biased_thread_detach(t);
}
API void rc_safepoint(struct thread *t)
{
    biased_safepoint(t);
    collector_safepoint(t);
}
API uint64_t rc_collect(struct thread *t)
{
    return collector_collect_now(t);
}
API bool rc_drain(struct thread *t)
{
    bool any = biased_drain(t);
    any |= rc_collect(t) != 0;
    return any;
}

// --- counting ---------------------------------------------------------------------------------

API bool pep703_deferred(uint32_t gc)
{
    return (gc & COLLECTOR_DEFERRED) != 0;
}
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    enum { DEFERRED = RC_DEFERRED | RC_HOT };
    bool deferred = (flags & DEFERRED) != 0 && (flags & RC_IMMORTAL) == 0;
    bool tracked = collector_init(h, flags & ~(unsigned)DEFERRED);
    biased_start(t, h, flags, deferred ? PEP703_BIAS * BIASED_ONE : BIASED_DEFAULT);
    // release: pairs with rc_local_get by who still finds the block's former object in a slot
    if (deferred)
        atomic_store_explicit(&h->gc, collector_get(h) | COLLECTOR_DEFERRED, memory_order_release);
    if (tracked) {
        collector_made(t);
        pep703_made(t, h, flags);
    }
}
#define RC_DIES(t, h) pep703_dies(t, h)
API void pep703_dies(struct thread *t, struct rc_header *h)
{
    if (!collector_forget(h))
        return;
    collector_ended(t);
    pep703_ended(t, h);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    biased_incref(t, h);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    biased_decref(t, h);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    return biased_try_incref(t, h);
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    biased_publish(t, h);
}

#include "rc_no_hooks.h"
#include "rc_no_move.h"
#include "rc_slot_locked.h"
#include "rc_weak_locked.h"

// --- local references -------------------------------------------------------------------------

enum { PEP703_UNCOUNTED = 1 };
struct rc_local {
    uintptr_t word; // the object's address, and PEP703_UNCOUNTED; 0: empty
};

API void rc_roots_push(struct thread *t, struct rc_roots *r, struct rc_local *local, unsigned n)
{
    sync_set(r->prev, sync_get(rc_self(t)->roots));
    sync_set(r->local, local);
    sync_set(r->n, n);
    sync_set(rc_self(t)->roots, r);
}
API void rc_roots_pop(struct thread *t, struct rc_roots *r)
{
    sync_set(rc_self(t)->roots, sync_get(r->prev));
}
// An uncounted one to h, which is deferred or kept by another local.
API void pep703_local(struct rc_local *l, struct rc_header *h)
{
    sync_set(l->word, (uintptr_t)h | PEP703_UNCOUNTED);
}
// An uncounted one to what the slot holds, now and at a second look, if that is deferred; or NULL.
API struct rc_header *pep703_borrow(struct rc_local *l, struct rc_slot *s)
{
    // acquire: pairs with the release in the stores to slots, so that `gc` is the object's own
    uintptr_t word = atomic_load_explicit(&s->word, memory_order_acquire);
    struct rc_header *h = (struct rc_header *)word;
    // acquire: `gc` pairs with rc_init, see above; the slot with the stores again, for the object
    if (word == 0 || (word & RC_SLOT_LOCKED) != 0 ||
        !pep703_deferred(atomic_load_explicit(&h->gc, memory_order_acquire)) ||
        atomic_load_explicit(&s->word, memory_order_acquire) != word)
        return NULL;
    pep703_local(l, h);
    return h;
}
API struct rc_header *rc_local_get(struct thread *t, struct rc_local *l, struct rc_slot *s)
{
    struct rc_header *h = pep703_borrow(l, s);
    if (h == NULL) {
        h = rc_load(t, s);
        sync_set(l->word, (uintptr_t)h);
    }
    return h;
}
API bool rc_try_local(struct thread *t, struct rc_local *l, struct rc_slot *s, struct rc_header **h)
{
    if ((*h = pep703_borrow(l, s)) != NULL)
        return true;
    if (!rc_try_load(t, s, h))
        return false;
    sync_set(l->word, (uintptr_t)*h);
    return true;
}
API void rc_local_of(struct thread *t, struct rc_local *l, struct rc_header *h)
{
    if (pep703_deferred(collector_get(h))) {
        pep703_local(l, h);
    } else {
        rc_incref(t, h);
        sync_set(l->word, (uintptr_t)h);
    }
}
API struct rc_header *rc_local_peek(const struct rc_local *l)
{
    return (struct rc_header *)(sync_get(l->word) & ~(uintptr_t)PEP703_UNCOUNTED);
}
API void rc_local_take(struct thread *t, struct rc_local *l, struct rc_header *h)
{
    (void)t;
    sync_set(l->word, (uintptr_t)h);
}
API bool pep703_uncounted(const struct rc_local *l)
{
    return (sync_get(l->word) & PEP703_UNCOUNTED) != 0;
}
// Of a borrowed one too, which may refer to any object.
API void rc_local_dup(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    struct rc_header *h = rc_local_peek(from);
    if (pep703_uncounted(from)) {
        rc_local_of(t, to, h);
    } else {
        rc_incref(t, h);
        rc_local_take(t, to, h);
    }
}
API void rc_local_borrow(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    (void)t;
    pep703_local(to, rc_local_peek(from));
}
API void rc_local_move(struct thread *t, struct rc_local *to, struct rc_local *from)
{
    (void)t;
    sync_set(to->word, sync_get(from->word));
    sync_set(from->word, 0);
}
API void rc_local_drop(struct thread *t, struct rc_local *l)
{
    uintptr_t word = sync_get(l->word);
    sync_set(l->word, 0);
    if ((word & PEP703_UNCOUNTED) == 0)
        rc_decref(t, (struct rc_header *)word);
}
API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l)
{
    struct rc_header *h = rc_local_peek(l);
    if (pep703_uncounted(l))
        rc_incref(t, h);
    sync_set(l->word, 0);
    return h;
}

// --- the collector's questions ----------------------------------------------------------------

struct pep703_settling {
    struct thread *t;
    collector_object *dead;
    void *argument;
};
// A merge left no reference: the object is in no cycle and dies of its count, like others; who
// tries it meanwhile finds it dead.
API void pep703_merged_dead(void *argument, struct rc_header *h)
{
    const struct pep703_settling *s = argument;
    pep703_dies(s->t, h);
    s->dead(s->argument, h);
}
API void collector_settle(struct thread *t, collector_object *dead, void *argument)
{
    struct pep703_settling s = {t, dead, argument};
    pep703_settle(t);
    biased_settle(t, pep703_merged_dead, &s);
}
API void collector_locals(struct thread *t, collector_object *visit, void *argument)
{
    for (unsigned i = 0; i < thread_slots(t); i++)
        for (struct rc_roots *r = sync_get(rc_self(thread_slot(t, i))->roots); r != NULL;
             r = sync_get(r->prev))
            for (unsigned n = 0; n < sync_get(r->n); n++) {
                uintptr_t word = sync_get(sync_get(r->local)[n].word);
                if ((word & PEP703_UNCOUNTED) != 0)
                    visit(argument, (struct rc_header *)(word ^ PEP703_UNCOUNTED));
            }
}
API int64_t collector_count(struct thread *t, struct rc_header *h)
{
    (void)t;
    intptr_t shared = atomic_load_explicit(&h->shared, memory_order_relaxed) >> 2;
    return (int64_t)biased_local(h) + shared -
           (pep703_deferred(collector_get(h)) ? PEP703_BIAS : 0);
}
API void collector_keep(struct thread *t, struct rc_header *h)
{
    collector_ended(t);
    pep703_ended(t, h);
    biased_merge(h, 1);
}

#endif
