// SPDX-License-Identifier: MIT
//
// Objects that refer to each other in circles, for refcount schemes with RC_CYCLES: what is garbage
// dies, all of it and nothing else, whatever other threads do meanwhile.
#include "common.h"

#define WEAK ((RC_TRAITS & RC_WEAK) != 0)

// The slot of `from` gets a reference to `to` (NULL: none); what it held is given up.
static void set_slot(struct thread *t, struct rc_header *from, struct rc_slot *s,
                     struct rc_header *to)
{
    if (to != NULL)
        rc_incref(t, to);
    rc_dirty(t, from);
    struct rc_header *old = rc_swap(t, from, s, to);
    if (old != NULL)
        rc_decref(t, old);
}
static void set_left(struct thread *t, struct rc_header *from, struct rc_header *to)
{
    set_slot(t, from, &node_of(from)->left, to);
}
static void set_right(struct thread *t, struct rc_header *from, struct rc_header *to)
{
    set_slot(t, from, &node_of(from)->right, to);
}
// A ring of n by the left slots; the caller gets a reference to the first one.
static struct rc_header *ring_of_type(struct thread *t, const struct type *type, struct mark *mark,
                                      unsigned n, unsigned flags)
{
    struct rc_header *first = node_of_type(t, type, mark, flags), *last = first;
    for (unsigned i = 1; i < n; i++) {
        struct rc_header *h = node_of_type(t, type, mark, flags);
        set_left(t, h, last);
        if (last != first)
            rc_decref(t, last);
        last = h;
    }
    set_left(t, first, last);
    if (last != first)
        rc_decref(t, last);
    return first;
}
static struct rc_header *ring_new(struct thread *t, struct mark *mark, unsigned n)
{
    return ring_of_type(t, &node_type, mark, n, 0);
}
// A collection by this thread finds n objects, and these are the ones of the mark.
static void collects(struct thread *t, struct mark *mark, unsigned n)
{
    uint32_t before = deaths(mark);
    assert_int_equal(rc_collect(t), n);
    assert_int_equal(deaths(mark) - before, n);
    assert_int_equal(rc_collect(t), 0);
}

// --- one thread -------------------------------------------------------------------------------

static void rings_die(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned n = 1; n <= 1000; n = 3 * n + 1) {
        struct mark mark = {0};
        struct rc_header *h = ring_new(t, &mark, n);
        collects(t, &mark, 0);
        rc_decref(t, h);
        assert_int_equal(deaths(&mark), 0);
        collects(t, &mark, n);
    }
    close_world(t);
}

static void hints_do_not_save_a_ring(void **state)
{
    static const unsigned flags[] = {RC_DEFERRED, RC_HOT, RC_DEFERRED | RC_HOT};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct mark mark = {0};
        struct rc_header *h = ring_of_type(t, &node_type, &mark, 5, flags[i]);
        collects(t, &mark, 0);
        rc_decref(t, h);
        collects(t, &mark, 5);
    }
    close_world(t);
}

// One ring holds the other, or they hold each other.
static void joined_rings_die_together(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned both = 0; both < 2; both++) {
        struct mark a_mark = {0}, b_mark = {0};
        struct rc_header *a = ring_new(t, &a_mark, 3), *b = ring_new(t, &b_mark, 4);
        set_right(t, a, b);
        if (both)
            set_right(t, b, a);
        rc_decref(t, b);
        collects(t, &b_mark, 0); // by the other ring alone
        rc_decref(t, a);
        assert_int_equal(rc_collect(t), 7);
        assert_int_equal(deaths(&a_mark), 3);
        assert_int_equal(deaths(&b_mark), 4);
    }
    close_world(t);
}

// What only garbage refers to goes with it, in storage and out of it; what others refer to stays.
static void what_a_ring_holds(void **state)
{
    struct mark ring_mark = {0}, hung_mark = {0}, kept_mark = {0}, leaf_mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *h = ring_new(t, &ring_mark, 3), *kept = node_new(t, &kept_mark);
    struct box *b = box_new(t, 4);
    for (unsigned i = 0; i < 2; i++) {
        struct rc_header *hung = node_new(t, &hung_mark);
        set_slot(t, &b->o.rc, &b->item[i], hung);
        rc_decref(t, hung);
    }
    set_slot(t, &b->o.rc, &b->item[2], kept);
    set_slot(t, &b->o.rc, &b->item[3], h); // so the box is in the circle
    set_right(t, h, &b->o.rc);
    rc_decref(t, &b->o.rc);
    struct node *leaf = object_new(t, &node_type, sizeof *leaf, AL_OBJECT, 0); // never in one
    leaf->mark = &leaf_mark;
    leaf->alive = NODE_ALIVE;
    atomic_init(&leaf->weaks, NULL);
    rc_fill(t, &leaf->o.rc, &leaf->left, NULL);
    rc_fill(t, &leaf->o.rc, &leaf->right, NULL);
    set_right(t, rc_peek(&node_of(h)->left), &leaf->o.rc);
    rc_decref(t, &leaf->o.rc);
    rc_decref(t, h);
    assert_int_equal(rc_collect(t), 3 + 2 + 1);
    assert_int_equal(deaths(&ring_mark), 3);
    assert_int_equal(deaths(&hung_mark), 2);
    assert_true(dies(t, &leaf_mark));
    assert_int_equal(deaths(&kept_mark), 0);
    assert_true(alive(kept));
    rc_decref(t, kept);
    assert_true(dies(t, &kept_mark));
    close_world(t);
}

// A ring lives by each kind of reference from outside, and dies without it.
static void what_holds_a_ring(void **state)
{
    enum { COUNTED, LOCAL, DEFERRED, IMMORTAL, SLOT, MORTAL, WAYS };
    (void)state;
    struct thread *t = open_world();
    for (unsigned way = 0; way < WAYS; way++) {
        struct mark mark = {0}, holder_mark = {0};
        struct rc_local l[2] = {};
        struct rc_roots frame;
        struct rc_slot s;
        unsigned flags = way == DEFERRED ? RC_DEFERRED : 0;
        struct rc_header *h = ring_of_type(t, &node_type, &mark, 10, flags), *holder = NULL;
        rc_fill(t, NULL, &s, NULL);
        rc_roots_push(t, &frame, l, 2);
        switch (way) {
        case COUNTED:
            rc_incref(t, h);
            break;
        case LOCAL:
        case DEFERRED:
            rc_local_of(t, &l[0], h);
            rc_local_dup(t, &l[1], &l[0]);
            rc_local_drop(t, &l[0]);
            break;
        case IMMORTAL:
        case MORTAL:
            holder = node_of_type(t, &node_type, &holder_mark, way == IMMORTAL ? RC_IMMORTAL : 0);
            set_left(t, holder, h);
            break;
        case SLOT:
            rc_store(t, NULL, &s, h);
            break;
        }
        rc_decref(t, h);
        assert_true(lives(t, &mark));
        collects(t, &mark, 0);
        for (unsigned i = 0; i < 10; i++) { // all of them, and their slots
            assert_true(alive(h));
            h = rc_peek(&node_of(h)->left);
        }
        switch (way) {
        case COUNTED:
            rc_decref(t, h);
            break;
        case LOCAL:
        case DEFERRED:
            rc_local_drop(t, &l[1]);
            break;
        case IMMORTAL:
            rc_end_immortal(t, holder);
            assert_true(dies(t, &holder_mark));
            break;
        case MORTAL:
            rc_decref(t, holder);
            break;
        case SLOT:
            rc_store(t, NULL, &s, NULL);
            break;
        }
        rc_roots_pop(t, &frame);
        thread_drain(t);
        assert_int_equal(deaths(&mark), 10);
        assert_int_equal(deaths(&holder_mark), way == IMMORTAL || way == MORTAL);
    }
    close_world(t);
}

// What locals hold in a call, and in the one that it calls: each until its own end. A local that was
// turned into a counted reference is none any more.
static void locals_of_nested_calls(void **state)
{
    enum { RING = 10 };
    (void)state;
    struct thread *t = open_world();
    for (unsigned flags = 0; flags <= RC_DEFERRED; flags += RC_DEFERRED) {
        struct mark outer_mark = {0}, inner_mark = {0};
        struct rc_local outer[2] = {}, inner[1] = {};
        struct rc_roots outer_frame, inner_frame;
        struct rc_header *h = ring_of_type(t, &node_type, &outer_mark, RING, flags);
        rc_roots_push(t, &outer_frame, outer, 2);
        rc_local_of(t, &outer[1], h);
        rc_decref(t, h);
        h = ring_of_type(t, &node_type, &inner_mark, RING, flags);
        rc_roots_push(t, &inner_frame, inner, 1);
        rc_local_of(t, &inner[0], h);
        rc_decref(t, h);
        collects(t, &outer_mark, 0);
        collects(t, &inner_mark, 0);
        rc_local_drop(t, &inner[0]);
        rc_roots_pop(t, &inner_frame);
        collects(t, &inner_mark, RING);
        collects(t, &outer_mark, 0);
        h = rc_local_own(t, &outer[1]);
        collects(t, &outer_mark, 0);
        rc_decref(t, h);
        collects(t, &outer_mark, RING);
        rc_roots_pop(t, &outer_frame);
    }
    close_world(t);
}

// Reached, subtracted and destroyed without recursion.
static void a_long_list_in_a_circle(void **state)
{
    enum { LENGTH = LARGE(1000000, 100000) };
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *h = ring_new(t, &mark, LENGTH);
    collects(t, &mark, 0);
    rc_decref(t, h);
    collects(t, &mark, LENGTH);
    close_world(t);
}
// The work list is as wide as the box.
static void a_wide_box_in_a_circle(void **state)
{
    enum { WIDTH = LARGE(100000, 20000) };
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct box *b = box_new(t, WIDTH);
    for (unsigned i = 0; i < WIDTH; i++) {
        struct rc_header *h = node_new(t, &mark);
        set_left(t, h, &b->o.rc);
        set_slot(t, &b->o.rc, &b->item[i], h);
        rc_decref(t, h);
    }
    collects(t, &mark, 0);
    rc_decref(t, &b->o.rc);
    assert_int_equal(rc_collect(t), WIDTH + 1);
    assert_int_equal(deaths(&mark), WIDTH);
    close_world(t);
}

// A program that never asks is collected all the same.
static void a_scheme_collects_by_itself(void **state)
{
    enum { RINGS = 10000, RING = 4 };
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < RINGS; i++) {
        rc_decref(t, ring_new(t, &mark, RING));
        thread_safepoint(t);
    }
    assert_true(deaths(&mark) > RINGS * RING / 2);
    thread_drain(t);
    assert_int_equal(deaths(&mark), RINGS * RING);
    close_world(t);
}

// So is one whose garbage has lived through collections before it became garbage: no more of it is
// there than a few times what lives.
static void old_garbage_dies_by_itself(void **state)
{
    enum { RINGS = 50000, LIVING = 10000, RING = 4 };
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header **living = sync_alloc(LIVING * sizeof *living);
    for (unsigned i = 0; i < RINGS; i++) {
        struct rc_header **oldest = &living[i % LIVING];
        if (*oldest != NULL)
            rc_decref(t, *oldest);
        *oldest = ring_new(t, &mark, RING);
        thread_safepoint(t);
    }
    assert_true(deaths(&mark) > RINGS * RING / 2);
    for (unsigned i = 0; i < LIVING; i++)
        rc_decref(t, living[i]);
    thread_drain(t);
    assert_int_equal(deaths(&mark), RINGS * RING);
    sync_free(living);
    close_world(t);
}

// What was in rings is used on, and dies as others do.
static void a_ring_is_broken(void **state)
{
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *h = ring_new(t, &mark, 100);
    collects(t, &mark, 0);
    set_left(t, h, NULL);
    assert_true(LATE || deaths(&mark) == 99);
    rc_decref(t, h);
    thread_drain(t);
    assert_int_equal(deaths(&mark), 100);
    close_world(t);
}

// --- weak references --------------------------------------------------------------------------

enum { WATCHED = 16 };
static struct watch {
    struct rc_weak cell[WATCHED];
    unsigned found; // by objects that are being destroyed
} watch;
static void weak_destroy(struct thread *t, struct object *o)
{
    for (unsigned i = 0; i < WATCHED; i++)
        watch.found += rc_weak_get(t, &watch.cell[i]) != NULL;
    node_destroy(t, o);
}
static const struct type weak_type = {
    .name = "weak", .destroy = weak_destroy, .traverse = node_traverse, .weaks = node_weaks};

static void weak_cells_of_garbage(void **state)
{
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    watch = (struct watch){.found = 0};
    struct rc_header *h = ring_of_type(t, &weak_type, &mark, WATCHED, 0), *got;
    for (unsigned i = 0; i < WATCHED; i++) {
        rc_weak_make(t, &watch.cell[i], h);
        h = rc_peek(&node_of(h)->left);
    }
    collects(t, &mark, 0);
    rc_decref(t, h);
    got = rc_weak_get(t, &watch.cell[WATCHED / 2]);
    assert_non_null(got);
    collects(t, &mark, 0); // what a weak cell gave holds the ring
    rc_decref(t, got);
    collects(t, &mark, WATCHED);
    assert_int_equal(watch.found, 0);
    for (unsigned i = 0; i < WATCHED; i++)
        assert_null(rc_weak_get(t, &watch.cell[i]));
    close_world(t);
}

// --- several threads --------------------------------------------------------------------------

static void collect_all_the_time(struct thread *t, struct phase *until)
{
    while (phase_now(until) == 0) {
        rc_collect(t);
        thread_safepoint(t);
        if (GLOBAL) {
            lk_blocking_begin(t);
            lk_blocking_end(t);
        }
    }
}

// A ring that another thread holds, by a slot of an object of its own and by a local.
struct elsewhere {
    struct rc_header *h;
    struct mark mark, holder_mark;
    struct phase phase;
};
static void hold_elsewhere(struct thread *t, void *argument, unsigned index)
{
    struct elsewhere *e = argument;
    struct rc_header *holder = node_new(t, &e->holder_mark);
    struct rc_local l[1] = {};
    struct rc_roots frame;
    (void)index;
    rc_roots_push(t, &frame, l, 1);
    rc_take(t, e->h);
    set_left(t, holder, e->h);
    rc_decref(t, e->h);
    phase_set(&e->phase, 1);
    phase_await(t, &e->phase, 2);
    sync_check(deaths(&e->mark) == 0, "a ring died that another thread's object holds");
    rc_local_of(t, &l[0], rc_peek(&node_of(holder)->left));
    set_left(t, holder, NULL);
    phase_set(&e->phase, 3);
    phase_await(t, &e->phase, 4);
    sync_check(deaths(&e->mark) == 0, "a ring died that another thread's local holds");
    rc_local_drop(t, &l[0]);
    rc_roots_pop(t, &frame);
    rc_decref(t, holder);
}
static void a_ring_held_by_another_thread(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct elsewhere e = {.h = ring_new(t, &e.mark, 10)};
    struct team team = {.work = hold_elsewhere, .argument = &e, .n = 1, .undrained = true};
    rc_give(t, e.h);
    team_start(t, &team);
    for (uint32_t phase = 1; phase <= 3; phase += 2) {
        phase_await(t, &e.phase, phase);
        assert_int_equal(rc_collect(t), 0);
        phase_set(&e.phase, phase + 1);
    }
    team_join(t, &team);
    assert_true(dies(t, &e.holder_mark));
    thread_drain(t);
    assert_int_equal(deaths(&e.mark), 10);
    close_world(t);
}

// The end of garbage may wait for a thread that has to get on meanwhile.
static struct phase waits, others_run;
static void waiting_destroy(struct thread *t, struct object *o)
{
    struct node *n = (struct node *)o;
    rc_clear(t, &n->left); // half of it: what a collection meanwhile must not look into
    phase_set(&waits, 1);
    phase_await(t, &others_run, 1);
    rc_clear(t, &n->right);
    n->alive = NODE_DEAD;
    mark_death(t, n->mark);
}
static const struct type waiting_type = {
    .name = "waiting", .destroy = waiting_destroy, .traverse = node_traverse, .weaks = node_weaks};
static void get_on(struct thread *t, void *argument, unsigned index)
{
    struct mark *mark = argument;
    (void)index;
    phase_await(t, &waits, 1);
    for (unsigned i = 0; i < 100; i++) {
        rc_decref(t, ring_new(t, mark, 3));
        thread_safepoint(t);
        rc_collect(t);
    }
    sync_check(deaths(mark) >= 300, "no collection beside one whose objects wait");
    phase_set(&others_run, 1);
}
static void garbage_waits_for_another_thread(void **state)
{
    (void)state;
    struct thread *t = open_world();
    // 0: a ring; 1: an object that dies by its count
    for (unsigned alone = 0; alone < 2; alone++) {
        struct mark mark = {0}, other_mark = {0};
        struct team team = {.work = get_on, .argument = &other_mark, .n = 1};
        phase_set(&waits, 0);
        phase_set(&others_run, 0);
        team_start(t, &team);
        struct rc_header *h = ring_of_type(t, &waiting_type, &mark, 3, 0);
        if (alone) {
            set_left(t, h, NULL); // the other two wait
            rc_decref(t, h);
            thread_drain(t);
        } else {
            rc_decref(t, h);
            assert_int_equal(rc_collect(t), 3);
        }
        assert_int_equal(deaths(&mark), 3);
        team_join(t, &team);
        assert_int_equal(deaths(&other_mark), 300);
    }
    close_world(t);
}

// Trees and rings come and go by their counts while other threads collect; some wait in between.
enum { DYING_THREADS = 2, DYING_ROUNDS = LARGE(3000, 1000) };
struct dying {
    struct phase done;
    _Atomic(uint32_t) left;
    struct mark mark[DYING_THREADS];
};
static void pausing_destroy(struct thread *t, struct object *o)
{
    struct node *n = (struct node *)o;
    rc_clear(t, &n->left);
    if (sync_rand(t) % 16 == 0) {
        lk_blocking_begin(t);
        sync_yield();
        lk_blocking_end(t);
    }
    rc_clear(t, &n->right);
    n->alive = NODE_DEAD;
    mark_death(t, n->mark);
}
static const struct type pausing_type = {
    .name = "pausing", .destroy = pausing_destroy, .traverse = node_traverse, .weaks = node_weaks};
static void die_beside_collections(struct thread *t, void *argument, unsigned index)
{
    struct dying *d = argument;
    if (index >= DYING_THREADS) {
        collect_all_the_time(t, &d->done);
        return;
    }
    struct mark *mark = &d->mark[index];
    for (unsigned round = 0; round < DYING_ROUNDS; round++) {
        struct rc_header *h = node_of_type(t, &pausing_type, mark, 0);
        for (unsigned i = 0; i < 4; i++) {
            struct rc_header *parent = node_of_type(t, &pausing_type, mark, 0);
            set_left(t, parent, h);
            set_right(t, parent, h);
            rc_decref(t, h);
            h = parent;
        }
        thread_safepoint(t);
        rc_decref(t, h);
        thread_safepoint(t);
    }
    if (atomic_fetch_sub_explicit(&d->left, 1, memory_order_relaxed) == 1)
        phase_set(&d->done, 1);
}
static void deaths_beside_collections(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct dying d = {.left = DYING_THREADS};
    team_run(t, DYING_THREADS + 2, die_beside_collections, &d);
    thread_drain(t);
    for (unsigned i = 0; i < DYING_THREADS; i++)
        assert_int_equal(deaths(&d.mark[i]), 5 * DYING_ROUNDS);
    close_world(t);
}

// Who got an object from a weak cell holds it and its ring.
enum { WEAK_ROUNDS = LARGE(3000, 1000) };
struct weak_rings {
    struct rc_weak cell[4];
    struct phase done;
};
static void use_weak_rings(struct thread *t, void *argument, unsigned index)
{
    struct weak_rings *g = argument;
    for (unsigned round = 0; index == 0 && round < WEAK_ROUNDS; round++) {
        struct rc_weak *cell = &g->cell[round % 4];
        struct rc_header *h = ring_new(t, NULL, 1 + round % 3);
        rc_weak_drop(t, cell);
        rc_weak_make(t, cell, h);
        rc_decref(t, h);
        thread_safepoint(t);
    }
    if (index == 0)
        phase_set(&g->done, 1);
    if (index == 1)
        collect_all_the_time(t, &g->done);
    for (unsigned round = 0; phase_now(&g->done) == 0; round++) {
        struct rc_header *h = rc_weak_get(t, &g->cell[round % 4]);
        if (h != NULL) {
            sync_check(alive(h), "a weak cell led to a dead object");
            if (round % 4 == 0)
                rc_collect(t);
            thread_safepoint(t);
            sync_check(alive(rc_peek(&node_of(h)->left)), "a ring died that a weak cell gave");
            rc_decref(t, h);
        }
        thread_safepoint(t);
        if (GLOBAL) {
            lk_blocking_begin(t);
            lk_blocking_end(t);
        }
    }
}
static void weak_get_against_a_collection(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct weak_rings *g = sync_alloc(sizeof *g);
    team_run(t, 3, use_weak_rings, g);
    for (unsigned i = 0; i < 4; i++)
        rc_weak_drop(t, &g->cell[i]);
    close_world(t);
    sync_free(g);
}

// Its maker goes right after another thread gave up the last reference to a ring from outside.
struct gone {
    struct rc_header *h;
    struct mark mark;
    struct phase phase;
};
static void make_and_go(struct thread *t, void *argument, unsigned index)
{
    struct gone *g = argument;
    (void)index;
    g->h = ring_new(t, &g->mark, 7);
    rc_give(t, g->h);
    phase_set(&g->phase, 1);
    phase_await(t, &g->phase, 2);
}
static void garbage_of_a_thread_that_has_gone(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct gone g = {.h = NULL};
    struct team team = {.work = make_and_go, .argument = &g, .n = 1, .undrained = true};
    team_start(t, &team);
    phase_await(t, &g.phase, 1);
    rc_take(t, g.h);
    rc_decref(t, g.h);
    phase_set(&g.phase, 2);
    team_join(t, &team);
    collects(t, &g.mark, 7);
    close_world(t);
}

static void leave_garbage(struct thread *t, void *argument, unsigned index)
{
    (void)index;
    for (unsigned i = 0; i < 50; i++)
        rc_decref(t, ring_new(t, argument, 7));
}
static void threads_leave_garbage(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned round = 0; round < 20; round++) {
        struct mark mark = {0};
        struct team team = {.work = leave_garbage, .argument = &mark, .n = 3, .undrained = true};
        struct rc_header *kept = ring_new(t, NULL, 7);
        team_start(t, &team);
        team_join(t, &team);
        thread_drain(t);
        assert_int_equal(deaths(&mark), 3 * 50 * 7);
        assert_int_equal(world_live(t->world), 7);
        rc_decref(t, kept);
        thread_drain(t);
        assert_int_equal(world_live(t->world), 0);
    }
    close_world(t);
}

// --- random histories -------------------------------------------------------------------------

// Threads change a graph, of which a shadow is kept beside it under one lock; collections run at
// any moment. What the shadow reaches must live at all times, and when all threads have come to
// rest and one has collected, nothing else does.
enum {
    GRAPH_THREADS = 3,
    GRAPH_ROUNDS = 20,
    GRAPH_STEPS = 300, // of a thread in a round
    GRAPH_NODES = GRAPH_THREADS * GRAPH_ROUNDS * GRAPH_STEPS,
    GRAPH_HELD = 6,
    GRAPH_HOLDERS = 4, // immortal
};
struct graph {
    sync_mutex mutex;
    struct phase round, rest[GRAPH_THREADS];
    unsigned nodes;
    unsigned held[GRAPH_THREADS][GRAPH_HELD]; // node number + 1, or 0; the last one is a local
    unsigned held_by_holder[GRAPH_HOLDERS];
    struct rc_header *holder[GRAPH_HOLDERS];
    struct shadow {
        struct mark mark;
        unsigned left, right; // as held
        bool reached;
    } shadow[GRAPH_NODES];
    unsigned work[GRAPH_NODES];
};
static void graph_lock(struct thread *t, struct graph *g)
{
    if (!sync_mutex_trylock(&g->mutex)) {
        thread_offline(t);
        sync_mutex_lock(&g->mutex);
        thread_back(t);
    }
}
static struct shadow *shadow_of(struct graph *g, unsigned number)
{
    return &g->shadow[number - 1];
}
static void graph_holds(struct graph *g, unsigned number, struct rc_header *h)
{
    if (number != 0)
        sync_check(deaths(&shadow_of(g, number)->mark) == 0 && alive(h), "a held object has died");
    sync_check((number != 0) == (h != NULL), "a slot is not what was put there");
}
static void graph_step(struct thread *t, struct graph *g, unsigned me, struct rc_header **h,
                       struct rc_local *local)
{
    uint64_t dice = sync_rand(t);
    unsigned *held = g->held[me];
    unsigned a = (unsigned)(dice >> 8) % (GRAPH_HELD - 1),
             b = (unsigned)(dice >> 16) % (GRAPH_HELD - 1), i = (dice >> 24) % GRAPH_HOLDERS;
    unsigned local_at = GRAPH_HELD - 1, *edge;
    bool left = (dice >> 32) % 2 == 0;
    struct rc_header *old = h[a];
    struct rc_slot *s;
    graph_holds(g, held[a], h[a]);
    switch (dice % 8) {
    case 0: // a new one
    case 1:
        held[a] = ++g->nodes;
        h[a] = node_new(t, &shadow_of(g, held[a])->mark);
        break;
    case 2: // an edge, also to itself
    case 3:
    case 4: // ... taken away
        if (held[a] == 0)
            return;
        edge = left ? &shadow_of(g, held[a])->left : &shadow_of(g, held[a])->right;
        *edge = dice % 8 == 4 ? 0 : held[b];
        s = left ? &node_of(h[a])->left : &node_of(h[a])->right;
        set_slot(t, h[a], s, *edge == 0 ? NULL : h[b]);
        return;
    case 5: // along an edge
        if (held[a] == 0)
            return;
        edge = left ? &shadow_of(g, held[a])->left : &shadow_of(g, held[a])->right;
        s = left ? &node_of(h[a])->left : &node_of(h[a])->right;
        graph_holds(g, *edge, rc_peek(s));
        held[a] = *edge;
        h[a] = rc_read(t, s);
        break;
    case 6: // by way of an immortal one, which another thread may have filled
        s = &node_of(g->holder[i])->left;
        if (left) {
            g->held_by_holder[i] = held[a];
            set_slot(t, g->holder[i], s, h[a]);
            return;
        }
        graph_holds(g, g->held_by_holder[i], rc_peek(s));
        held[a] = g->held_by_holder[i];
        h[a] = rc_read(t, s);
        break;
    case 7: // the reference becomes the local, and the local's a counted one
        old = held[local_at] != 0 ? rc_local_own(t, local) : NULL;
        graph_holds(g, held[local_at], old);
        if (h[a] != NULL) {
            rc_local_of(t, local, h[a]);
            rc_decref(t, h[a]);
        }
        h[a] = old;
        b = held[a];
        held[a] = held[local_at];
        held[local_at] = b;
        return;
    }
    if (old != NULL)
        rc_decref(t, old);
}
static void change_graph(struct thread *t, void *argument, unsigned me)
{
    struct graph *g = argument;
    struct rc_header *h[GRAPH_HELD - 1] = {NULL};
    struct rc_local local[1] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 1);
    for (unsigned round = 1; round <= GRAPH_ROUNDS; round++) {
        for (unsigned step = 0; step < GRAPH_STEPS; step++) {
            graph_lock(t, g);
            graph_step(t, g, me, h, local);
            sync_mutex_unlock(&g->mutex);
            thread_safepoint(t);
            if (sync_rand(t) % 64 == 0)
                rc_collect(t);
            if (GLOBAL && sync_rand(t) % 8 == 0) {
                lk_blocking_begin(t);
                lk_blocking_end(t);
            }
        }
        phase_set(&g->rest[me], round);
        phase_await(t, &g->round, round);
    }
    for (unsigned i = 0; i < GRAPH_HELD - 1; i++)
        if (h[i] != NULL)
            rc_decref(t, h[i]);
    if (g->held[me][GRAPH_HELD - 1] != 0)
        rc_local_drop(t, local);
    rc_roots_pop(t, &frame);
}
static void graph_reach(struct graph *g, unsigned number, unsigned *work)
{
    if (number != 0 && !shadow_of(g, number)->reached) {
        shadow_of(g, number)->reached = true;
        g->work[(*work)++] = number;
    }
}
// All threads rest: exactly what the shadow reaches lives.
static void graph_judge(struct thread *t, struct graph *g)
{
    unsigned work = 0;
    for (unsigned i = 0; i < g->nodes; i++)
        g->shadow[i].reached = false;
    for (unsigned i = 0; i < GRAPH_THREADS; i++)
        for (unsigned k = 0; k < GRAPH_HELD; k++)
            graph_reach(g, g->held[i][k], &work);
    for (unsigned i = 0; i < GRAPH_HOLDERS; i++)
        graph_reach(g, g->held_by_holder[i], &work);
    while (work != 0) {
        const struct shadow *s = shadow_of(g, g->work[--work]);
        graph_reach(g, s->left, &work);
        graph_reach(g, s->right, &work);
    }
    while (rc_collect(t) != 0) // what died of its count may have held a ring
        ;
    unsigned wrong = 0;
    for (unsigned i = 0; i < g->nodes; i++)
        wrong += deaths(&g->shadow[i].mark) != !g->shadow[i].reached;
    assert_int_equal(wrong, 0);
}
static void random_graphs(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct graph *g = sync_alloc(sizeof *g);
    struct team team = {.work = change_graph, .argument = g, .n = THREADED ? GRAPH_THREADS : 1};
    sync_mutex_init(&g->mutex);
    for (unsigned i = 0; i < GRAPH_HOLDERS; i++)
        g->holder[i] = node_of_type(t, &node_type, NULL, RC_IMMORTAL);
    team_start(t, &team);
    for (unsigned round = 1; round <= GRAPH_ROUNDS; round++) {
        for (unsigned i = 0; i < team.n; i++)
            phase_await(t, &g->rest[i], round);
        graph_judge(t, g);
        phase_set(&g->round, round);
    }
    team_join(t, &team);
    for (unsigned i = 0; i < GRAPH_HOLDERS; i++)
        rc_end_immortal(t, g->holder[i]);
    close_world(t);
    for (unsigned i = 0; i < g->nodes; i++)
        assert_int_equal(deaths(&g->shadow[i].mark), 1);
    sync_mutex_destroy(&g->mutex);
    sync_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_die),
        cmocka_unit_test(hints_do_not_save_a_ring),
        cmocka_unit_test(joined_rings_die_together),
        cmocka_unit_test(what_a_ring_holds),
        cmocka_unit_test(what_holds_a_ring),
        cmocka_unit_test(locals_of_nested_calls),
        cmocka_unit_test(a_long_list_in_a_circle),
        cmocka_unit_test(a_wide_box_in_a_circle),
        cmocka_unit_test(a_scheme_collects_by_itself),
        cmocka_unit_test(old_garbage_dies_by_itself),
        cmocka_unit_test(a_ring_is_broken),
        WHEN(WEAK, weak_cells_of_garbage),
        WHEN(THREADED, a_ring_held_by_another_thread),
        WHEN(THREADED, garbage_waits_for_another_thread),
        WHEN(THREADED, deaths_beside_collections),
        WHEN(THREADED && WEAK, weak_get_against_a_collection),
        WHEN(THREADED, garbage_of_a_thread_that_has_gone),
        WHEN(THREADED, threads_leave_garbage),
        WHEN(THREADED, random_graphs),
    };
    return RUN("cycles", tests);
}
