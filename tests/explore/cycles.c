// SPDX-License-Identifier: MIT
//
// Collections of cycles beside threads that change what is collected. Thread 1 made the objects
// where nothing else is said, thread 2 collects. A ring is two objects that refer to each other.
#include "common.h"

#define CYCLES UNLESS(PAIR_HAS(RC_TRAITS, RC_CYCLES), "this refcount scheme collects no cycles")

struct scene {
    struct stage stage; // first
    struct rc_header *h, *second;
    struct rc_slot slot;
    struct rc_weak cell;
    _Atomic(struct rc_header *) box; // a counted reference under way, or NULL
    _Atomic(uint32_t) waits, got_on;
};

// The slot, which is empty, gets the caller's reference.
static void put(struct thread *t, struct rc_header *from, struct rc_slot *s, struct rc_header *to)
{
    rc_dirty(t, from);
    rc_swap(t, from, s, to);
}
// A ring of objects 7 and 8 of thread `maker`, which gets a reference to 7.
static struct rc_header *ring_of_type(struct scene *s, unsigned maker, const struct type *type,
                                      size_t size, unsigned flags)
{
    struct thread *t = stage_as(&s->stage, maker);
    struct rc_header *a = node_new_type(t, type, size, 7, flags);
    struct rc_header *b = node_new_type(t, type, size, 8, flags);
    rc_incref(t, a);
    put(t, b, &node_of(b)->left, a);
    put(t, a, &node_of(a)->left, b);
    return a;
}
static void ring_setup(struct scene *s)
{
    s->h = ring_of_type(s, 1, &node_type, sizeof(struct node), 0);
    s->second = rc_peek(&node_of(s->h)->left);
}
// By a holder of 7, while nobody else changes its slot: both live.
static void use_ring(struct rc_header *h)
{
    node_use(h, 7);
    node_use(rc_peek(&node_of(h)->left), 8);
}
static void drop_ring(struct thread *t, struct rc_header *h)
{
    use_ring(h);
    rc_decref(t, h);
}

// --- counted references -------------------------------------------------------------------------

static void collect_ring_setup(struct scene *s)
{
    ring_setup(s);
}
static void collect_ring_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        drop_ring(t, s->h);
    else
        rc_collect(t);
    thread_safepoint(t);
}
SCENE(collect_ring, 2, CYCLES, nothing_left,
      "the last reference to a ring goes beside a collection");

static void two_collectors_setup(struct scene *s)
{
    ring_setup(s);
}
static void two_collectors_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        drop_ring(t, s->h);
    rc_collect(t);
}
SCENE(two_collectors, 3, CYCLES, nothing_left, "three threads collect, one of them dropped a ring");

// Two threads count the objects of a ring, and one of them goes on holding it.
static void collect_shared_setup(struct scene *s)
{
    ring_setup(s);
    stage_share(&s->stage, s->h, 1, 3);
}
static void collect_shared_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        rc_collect(t);
        return;
    }
    rc_incref(t, s->h);
    drop_ring(t, s->h);
    thread_safepoint(t);
    drop_ring(t, s->h);
    thread_safepoint(t);
}
SCENE(collect_shared, 3, CYCLES, nothing_left, "two threads count and drop a ring, one collects");

// The one reference is under way from one thread to the next while the world is stopped.
static void collect_hand_over_setup(struct scene *s)
{
    ring_setup(s);
}
static void collect_hand_over_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *h;
    switch (i) {
    case 1:
        node_send(t, &s->box, s->h);
        thread_safepoint(t);
        break;
    case 2:
        rc_collect(t);
        break;
    case 3:
        h = node_receive(t, &s->box);
        if (h == NULL)
            break;
        thread_safepoint(t);
        drop_ring(t, h);
        thread_safepoint(t);
    }
}
static void take_and_drop(struct scene *s, struct thread *t)
{
    struct rc_header *h = node_receive(t, &s->box);
    if (h != NULL)
        drop_ring(t, h);
}
SCENE(collect_hand_over, 3, CYCLES, take_and_drop,
      "a ring passes from one thread to another, a third one collects");

// The reference moves along the ring.
static void collect_moving_setup(struct scene *s)
{
    ring_setup(s);
}
static void collect_moving_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        rc_collect(t);
        return;
    }
    struct rc_header *h = rc_read(t, &node_of(s->h)->left);
    rc_decref(t, s->h);
    thread_safepoint(t);
    node_use(h, 8);
    node_use(rc_peek(&node_of(h)->left), 7);
    rc_decref(t, h);
    thread_safepoint(t);
}
SCENE(collect_moving, 2, CYCLES, nothing_left,
      "a thread goes along a ring and drops it behind itself, another collects");

// A ring is taken apart, and one of its objects lives on.
static void collect_broken_setup(struct scene *s)
{
    ring_setup(s);
}
static void collect_broken_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        rc_collect(t);
        return;
    }
    rc_dirty(t, s->h);
    struct rc_header *b = rc_swap(t, s->h, &node_of(s->h)->left, NULL);
    thread_safepoint(t);
    node_use(b, 8);
    rc_decref(t, b);
    thread_safepoint(t);
    node_use(s->h, 7);
    rc_decref(t, s->h);
}
SCENE(collect_broken, 2, CYCLES, nothing_left, "a ring is taken apart beside a collection");

// --- other references ---------------------------------------------------------------------------

// Thread 3's local holds the ring when the slot lets go of it.
static void local_setup(struct scene *s, unsigned flags)
{
    s->h = ring_of_type(s, 1, &node_type, sizeof(struct node), flags);
    struct thread *t = stage_as(&s->stage, 1);
    rc_fill(t, NULL, &s->slot, NULL);
    rc_store(t, NULL, &s->slot, s->h);
    rc_decref(t, s->h);
}
static void collect_local_setup(struct scene *s)
{
    local_setup(s, 0);
}
static void collect_local_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i != 3) {
        if (i == 1)
            rc_store(t, NULL, &s->slot, NULL);
        else
            rc_collect(t);
        thread_safepoint(t);
        return;
    }
    struct rc_local local[2] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 2);
    struct rc_header *h = rc_local_get(t, &local[0], &s->slot);
    if (h != NULL) {
        thread_safepoint(t);
        use_ring(h);
        rc_local_dup(t, &local[1], &local[0]);
        rc_local_drop(t, &local[0]);
        thread_safepoint(t);
        use_ring(h);
        h = rc_local_own(t, &local[1]);
    }
    rc_roots_pop(t, &frame);
    thread_safepoint(t);
    if (h != NULL)
        drop_ring(t, h);
}
SCENE(collect_local, 3, CYCLES, nothing_left,
      "a local refers to a ring that a slot gives up, a third thread collects");

// The local need not count.
static void collect_deferred_setup(struct scene *s)
{
    local_setup(s, RC_DEFERRED);
}
static void collect_deferred_run(struct scene *s, struct thread *t, unsigned i)
{
    collect_local_run(s, t, i);
}
SCENE(collect_deferred, 3, CYCLES, nothing_left,
      "a local refers to a deferred ring that a slot gives up, a third thread collects");

static void collect_weak_setup(struct scene *s)
{
    ring_setup(s);
    rc_weak_make(stage_as(&s->stage, 1), &s->cell, s->h);
}
static void collect_weak_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        drop_ring(t, s->h);
    if (i == 2)
        rc_collect(t);
    struct rc_header *h = i == 3 ? rc_weak_get(t, &s->cell) : NULL;
    thread_safepoint(t);
    if (h != NULL)
        drop_ring(t, h);
}
static void drop_cell(struct scene *s, struct thread *t)
{
    rc_weak_drop(t, &s->cell);
}
#define CYCLES_AND_WEAK                                                    \
    UNLESS(PAIR_HAS(RC_TRAITS, RC_CYCLES) && PAIR_HAS(RC_TRAITS, RC_WEAK), \
           "this refcount scheme collects no cycles or has no weak references")
SCENE(collect_weak, 3, CYCLES_AND_WEAK, drop_cell,
      "a weak cell of a ring is asked while the ring is dropped and collected");

// --- deaths -------------------------------------------------------------------------------------

// An object whose end waits outside of the runtime, half of its slots given up.
struct waiting {
    struct node n; // first
    struct scene *scene;
};
static void waiting_destroy(struct thread *t, struct object *o)
{
    struct scene *s = ((struct waiting *)o)->scene;
    struct node *n = (struct node *)o;
    sync_check(sync_get(n->alive) == NODE_ALIVE, "an object is destroyed twice");
    sync_set(n->alive, NODE_DEAD);
    rc_clear(t, &n->left);
    atomic_store_explicit(&s->waits, 1, memory_order_release);
    lk_blocking_begin(t);
    sync_await(atomic_load_explicit(&s->got_on, memory_order_acquire) != 0);
    lk_blocking_end(t);
    rc_clear(t, &n->right);
}
static const struct type waiting_type = {
    .name = "waiting", .destroy = waiting_destroy, .traverse = node_traverse, .weaks = node_weaks};

// Thread 3 gets on when it is waited for: it needs the world to run.
static void get_on(struct scene *s, struct thread *t)
{
    lk_blocking_begin(t);
    sync_await(atomic_load_explicit(&s->waits, memory_order_acquire) != 0);
    lk_blocking_end(t);
    rc_collect(t);
    atomic_store_explicit(&s->got_on, 1, memory_order_release);
}

static void collect_waiting_setup(struct scene *s)
{
    s->h = ring_of_type(s, 1, &waiting_type, sizeof(struct waiting), 0);
    ((struct waiting *)s->h)->scene = s;
    ((struct waiting *)rc_peek(&node_of(s->h)->left))->scene = s;
    rc_decref(stage_as(&s->stage, 1), s->h);
}
static void collect_waiting_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        rc_collect(t);
    else
        get_on(s, t);
}
SCENE(collect_waiting, 2, CYCLES, nothing_left,
      "the end of a ring waits for a thread that collects before it gets on");

// The same of an object that dies by its count, and refers to a ring and to what dies with it.
static void collect_dying_setup(struct scene *s)
{
    ring_setup(s);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h = node_new_type(t, &waiting_type, sizeof(struct waiting), 9, 0);
    ((struct waiting *)h)->scene = s;
    put(t, h, &node_of(h)->left, node_new(t, 10));
    put(t, h, &node_of(h)->right, s->h);
    s->h = h;
}
static void collect_dying_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        rc_decref(t, s->h);
        thread_drain(t);
    } else {
        get_on(s, t);
    }
}
SCENE(collect_dying, 2, CYCLES, nothing_left,
      "an object waits in the middle of its end for a thread that collects");

// Two objects that die beside a collection refer to a ring, which goes with the last of them.
static void collect_beside_deaths_setup(struct scene *s)
{
    ring_setup(s);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *a = node_new(t, 9);
    put(t, a, &node_of(a)->left, s->h);
    t = stage_as(&s->stage, 3);
    struct rc_header *b = node_new(t, 10);
    stage_share(&s->stage, s->second, 1, 3);
    t = stage_as(&s->stage, 3);
    put(t, b, &node_of(b)->left, s->second);
    s->h = a;
    s->second = b;
}
static void collect_beside_deaths_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2)
        rc_collect(t);
    else
        rc_decref(t, i == 1 ? s->h : s->second);
    thread_safepoint(t);
}
SCENE(collect_beside_deaths, 3, CYCLES, nothing_left,
      "two objects that hold a ring die beside a collection");

// Who made the ring leaves it as garbage and goes, undrained.
static void collect_after_exit_setup(struct scene *s)
{
    ring_setup(s);
    stage_share(&s->stage, s->h, 1, 3);
}
static void collect_after_exit_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        rc_collect(t);
        return;
    }
    drop_ring(t, s->h);
    if (i == 1)
        stage_exit(&s->stage, 1);
}
SCENE(collect_after_exit, 3, CYCLES, nothing_left,
      "a thread drops its ring and goes, another drops it too, a third one collects");
