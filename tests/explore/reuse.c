// SPDX-License-Identifier: MIT
//
// Optimistic readers: rc_try_load of slots that a writer changes meanwhile, in memory whose freed
// blocks become other objects at once (alloc/recycle.h). Thread 1 is the only writer, so its slots
// are excluded ones; readers have no lock, and no answer is a right answer. A wrong one is an
// object that was never in the slot, or that is dead.
#undef AL_SCHEME
#undef AL_HEADER
#define AL_SCHEME recycle
#include "common.h"

struct scene {
    struct stage stage; // first
    struct rc_header *h;
    struct rc_slot slot, other;
    _Atomic(struct rc_header *) box;
};

#define TRIES_FREED                                                                \
    UNLESS(PAIR_HAS(RC_TRAITS, RC_TRY_FREED) && !PAIR_HAS(RC_TRAITS, RC_TRY_HELD), \
           "this refcount scheme does not try counts of freed blocks")

static void fill(struct scene *s, struct rc_slot *slot, unsigned maker, uint32_t payload)
{
    struct thread *t = stage_as(&s->stage, maker);
    struct rc_header *h = node_new(t, payload);
    rc_publish(t, h);
    rc_give(t, h);
    t = stage_as(&s->stage, 1);
    rc_take(t, h);
    rc_swap(t, NULL, slot, h);
}
static void take_out(struct thread *t, struct rc_slot *slot)
{
    struct rc_header *h = rc_swap(t, NULL, slot, NULL);
    if (h != NULL)
        rc_decref(t, h);
}
static void empty_slots(struct scene *s, struct thread *t)
{
    take_out(t, &s->slot);
    take_out(t, &s->other);
}
// `also`: another payload that the slot may have held.
static void try_load(struct thread *t, struct rc_slot *slot, uint32_t payload, uint32_t also)
{
    struct rc_header *h;
    if (!rc_try_load(t, slot, &h))
        return;
    uint32_t found = node_payload(h);
    sync_check(found == payload || found == also,
               "rc_try_load gave an object that was never in the slot");
    node_use(h, found);
    rc_decref(t, h);
}

// The writer makes an object, which nobody else has a way to yet: in the block of one that has
// died.
static struct rc_header *make_next(struct thread *t)
{
    return node_new(t, 8);
}
static void put_in(struct thread *t, struct rc_slot *slot, struct rc_header *h)
{
    rc_publish(t, h);
    rc_swap(t, NULL, slot, h);
}

static void reuse_same_slot_setup(struct scene *s)
{
    fill(s, &s->slot, 1, 7);
}
static void reuse_same_slot_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        take_out(t, &s->slot);
        put_in(t, &s->slot, make_next(t));
    } else {
        try_load(t, &s->slot, 7, 8);
    }
    thread_safepoint(t);
}
SCENE(reuse_same_slot, 3, TRIES_FREED, empty_slots,
      "two readers try a slot whose object dies and is followed there by one in its block");

static void reuse_other_slot_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_other_slot_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        take_out(t, &s->slot);
        put_in(t, &s->other, make_next(t));
    } else {
        try_load(t, &s->slot, 7, 7);
        if (i == 3)
            try_load(t, &s->other, 8, 8);
    }
    thread_safepoint(t);
}
SCENE(
    reuse_other_slot, 3, TRIES_FREED, empty_slots,
    "two readers try a slot whose object dies and is followed in another slot by one in its block");

// The next object is not published, but another thread counts it.
static void reuse_private_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_private_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *h;
    if (i == 1) {
        take_out(t, &s->slot);
        h = make_next(t);
        rc_give(t, h);
        atomic_store_explicit(&s->box, h, memory_order_release); // pairs with thread 3's load
    } else if (i == 2) {
        try_load(t, &s->slot, 7, 7);
    } else if ((h = atomic_load_explicit(&s->box, memory_order_acquire)) != NULL) {
        atomic_store_explicit(&s->box, NULL, memory_order_relaxed);
        rc_take(t, h);
        rc_incref(t, h);
        node_use(h, 8);
        rc_decref(t, h);
        rc_decref(t, h);
    }
    thread_safepoint(t);
}
static void drop_what_was_sent(struct scene *s, struct thread *t)
{
    struct rc_header *h = atomic_load_explicit(&s->box, memory_order_relaxed);
    if (h != NULL) {
        rc_take(t, h);
        rc_decref(t, h);
    }
    empty_slots(s, t);
}
SCENE(reuse_private, 3, TRIES_FREED, drop_what_was_sent,
      "a reader tries a slot whose object dies; another thread counts the next one in its block");

// Storage grows: readers still look at the old one, whose slots tell them so.
static void reuse_moved_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_moved_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        rc_move(t, NULL, &s->other, &s->slot);
        take_out(t, &s->other);
        put_in(t, &s->other, make_next(t));
    } else {
        try_load(t, &s->slot, 7, 7);
    }
    thread_safepoint(t);
}
SCENE(
    reuse_moved, 3, TRIES_FREED, empty_slots,
    "two readers try a slot from which an object is moved before it dies and its block is reused");

// A reader is the owner, who must end the object at its safepoint.
static void reuse_by_owner_setup(struct scene *s)
{
    fill(s, &s->slot, 2, 7);
}
static void reuse_by_owner_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        take_out(t, &s->slot);
        put_in(t, &s->other, make_next(t));
    } else {
        try_load(t, &s->slot, 7, 7);
        thread_safepoint(t);
        try_load(t, &s->other, 8, 8);
    }
    thread_safepoint(t);
}
SCENE(reuse_by_owner, 3, TRIES_FREED, empty_slots,
      "readers, one of them its maker, try an object that dies, and the next one in its block");

// ... and its counts are of another kind: immortal, or spread over the threads (RC_HOT).
static void other_kind(struct scene *s, struct thread *t, unsigned i, unsigned flags)
{
    if (i == 1) {
        take_out(t, &s->slot);
        s->h = node_new_flags(t, 8, flags);
        rc_swap(t, NULL, &s->other, s->h);
    } else {
        try_load(t, &s->slot, 7, 7);
    }
    thread_safepoint(t);
}
static void reuse_immortal_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_immortal_run(struct scene *s, struct thread *t, unsigned i)
{
    other_kind(s, t, i, RC_IMMORTAL);
}
static void end_other(struct scene *s, struct thread *t)
{
    take_out(t, &s->slot);
    rc_swap(t, NULL, &s->other, NULL);
    rc_end_immortal(t, s->h);
}
SCENE(reuse_immortal, 3, TRIES_FREED, end_other,
      "two readers try a slot whose object dies and is followed elsewhere by an immortal one");

static void reuse_hot_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_hot_run(struct scene *s, struct thread *t, unsigned i)
{
    other_kind(s, t, i, RC_HOT);
}
SCENE(reuse_hot, 3, TRIES_FREED, empty_slots,
      "two readers try a slot whose object dies and is followed elsewhere by a hot one");

#define DEFERS \
    UNLESS(PAIR_HAS(RC_TRAITS, RC_DEFERS), "this refcount scheme counts every local reference")

// The slots are shared ones here: the one gets a new object.
static void store_new(struct thread *t, struct rc_slot *slot, unsigned flags)
{
    struct rc_header *h = node_new_flags(t, 8, flags);
    rc_store(t, NULL, slot, h);
    rc_decref(t, h);
}
static void use_local(struct thread *t, struct rc_slot *slot, uint32_t payload, uint32_t also)
{
    struct rc_local local[1] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 1);
    struct rc_header *h = rc_local_get(t, &local[0], slot);
    if (h != NULL) {
        node_use(h, node_payload(h) == also ? also : payload);
        rc_local_drop(t, &local[0]);
    }
    rc_roots_pop(t, &frame);
}

// A local reference looks at the object before it knows what it is.
static void reuse_deferred_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_deferred_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        rc_store(t, NULL, &s->slot, NULL);
        store_new(t, &s->other, RC_DEFERRED);
    } else {
        use_local(t, &s->slot, 7, 7);
    }
}
SCENE(
    reuse_deferred, 3, DEFERS, empty_slots,
    "two local references to a slot whose object dies and is followed elsewhere by a deferred one");

static void reuse_deferred_here_setup(struct scene *s)
{
    reuse_same_slot_setup(s);
}
static void reuse_deferred_here_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        rc_store(t, NULL, &s->slot, NULL);
        store_new(t, &s->slot, RC_DEFERRED);
    } else {
        use_local(t, &s->slot, 7, 8);
    }
}
SCENE(reuse_deferred_here, 2, DEFERS, empty_slots,
      "a local reference to a slot whose object dies and is followed there by a deferred one");

// The block was that of a deferred object, which a collection has ended.
static void reuse_after_deferred_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    rc_decref(t, node_new_flags(t, 7, RC_DEFERRED));
    rc_collect(t);
}
static void reuse_after_deferred_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        store_new(t, &s->slot, 0);
        rc_store(t, NULL, &s->slot, NULL);
    } else {
        use_local(t, &s->slot, 8, 8);
    }
}
SCENE(reuse_after_deferred, 2, DEFERS, empty_slots,
      "a local reference to an object that dies, in the block of a deferred one that has died");
