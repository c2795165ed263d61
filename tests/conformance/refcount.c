// SPDX-License-Identifier: MIT
//
// What rc.h promises, tried on one refcount scheme: first by one thread, then, where the pair of
// schemes allows threads, by several.
#define RC_LOG_SIZE 16 // full soon and often
#include "common.h"

#include <malloc.h>

#define WEAK ((RC_TRAITS & RC_WEAK) != 0)

// --- one thread -------------------------------------------------------------------------------

// Gives up one of *count references; tells whether the object died exactly when it should.
static bool give_up(struct thread *t, struct rc_header *h, uint32_t *count, struct mark *m,
                    uint32_t died)
{
    rc_decref(t, h);
    if (--*count != 0 || !FREES)
        return deaths(m) == died;
    for (unsigned round = 0; LATE && round < 10000 && deaths(m) == died; round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    return deaths(m) == died + 1;
}
static void counts(void **state)
{
    enum { OBJECTS = 64, STEPS = 40000 };
    struct mark mark[OBJECTS] = {0};
    struct rc_header *h[OBJECTS] = {NULL};
    uint32_t count[OBJECTS] = {0};
    (void)state;
    struct thread *t = open_world();
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = sync_rand(t) % OBJECTS;
        if (count[i] == 0) {
            h[i] = node_new(t, &mark[i]);
            count[i] = 1;
        } else if (sync_rand(t) % 2 == 0) {
            rc_incref(t, h[i]);
            count[i]++;
        } else {
            assert_true(give_up(t, h[i], &count[i], &mark[i], deaths(&mark[i])));
        }
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        while (count[i] != 0)
            assert_true(give_up(t, h[i], &count[i], &mark[i], deaths(&mark[i])));
    close_world(t);
}

static void flags_are_hints(void **state)
{
    static const unsigned flags[] = {0, RC_HOT};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct mark mark = {0};
        struct rc_header *h = node_of_type(t, &node_type, &mark, flags[i]);
        for (unsigned n = 0; n < 100; n++)
            rc_incref(t, h);
        for (unsigned n = 0; n < 100; n++)
            rc_decref(t, h);
        assert_true(lives(t, &mark));
        rc_decref(t, h);
        assert_true(dies(t, &mark));
    }
    close_world(t);
}

// More objects that all threads count than a table has room for at first.
enum { HOT_OBJECTS = 200 };
static struct rc_header *hot[HOT_OBJECTS];
static void count_hot(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    for (unsigned i = 0; i < HOT_OBJECTS; i++)
        rc_incref(t, hot[i]);
    for (unsigned i = 0; i < HOT_OBJECTS; i++)
        rc_decref(t, hot[i]);
}
static void many_hot_objects(void **state)
{
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < HOT_OBJECTS; i++)
        hot[i] = node_of_type(t, &node_type, &mark, RC_HOT);
    count_hot(t, NULL, 0);
    if (THREADED)
        team_run(t, 1, count_hot, NULL);
    thread_drain(t);
    assert_int_equal(deaths(&mark), 0);
    for (unsigned i = 0; i < HOT_OBJECTS; i++)
        rc_decref(t, hot[i]);
    thread_drain(t);
    assert_int_equal(deaths(&mark), FREES ? HOT_OBJECTS : 0);
    close_world(t);
}

// An immortal object outlives whatever is done with references to it, and dies when it is ended;
// what it holds dies with it.
static void immortals(void **state)
{
    struct mark mark = {0}, held_mark = {0}, holder_mark = {0};
    struct rc_local l[1] = {};
    struct rc_roots frame;
    struct rc_weak cell = {};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *h = node_of_type(t, &node_type, &mark, RC_IMMORTAL), *got;
    struct rc_header *holder = node_new(t, &holder_mark);
    rc_dirty(t, h);
    rc_swap(t, h, &node_of(h)->left, node_new(t, &held_mark));
    for (unsigned i = 0; i < 1000; i++)
        rc_incref(t, h);
    for (unsigned i = 0; i < 1000; i++)
        rc_decref(t, h);
    assert_true(lives(t, &mark));
    for (unsigned i = 0; UNCOUNTED && i < 1000; i++) // more than there ever were
        rc_decref(t, h);
    rc_publish(t, h);
    assert_true(rc_try_incref(t, h));
    rc_decref(t, h);

    rc_roots_push(t, &frame, l, 1);
    rc_store(t, holder, &node_of(holder)->left, h);
    assert_ptr_equal(rc_local_get(t, &l[0], &node_of(holder)->left), h);
    rc_local_drop(t, &l[0]);
    rc_roots_pop(t, &frame);
    if (WEAK) {
        rc_weak_make(t, &cell, h);
        assert_ptr_equal(got = rc_weak_get(t, &cell), h);
        rc_decref(t, got);
    }
    rc_decref(t, holder); // gives up its slot
    assert_true(dies(t, &holder_mark));
    assert_true(lives(t, &mark));
    assert_true(alive(h));
    assert_true(lives(t, &held_mark));

    rc_end_immortal(t, h);
    assert_true(dies(t, &mark));
    assert_true(dies(t, &held_mark));
    if (WEAK && FREES)
        assert_null(rc_weak_get(t, &cell));
    close_world(t);
}

static void try_incref_of_the_living(void **state)
{
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *h = node_new(t, &mark);
    if (rc_try_incref(t, h)) // may be refused before it is published
        rc_decref(t, h);
    rc_incref(t, h);
    rc_publish(t, h);
    rc_publish(t, h);
    for (unsigned i = 0; i < 10; i++)
        assert_true(rc_try_incref(t, h));
    for (unsigned i = 0; i < 11; i++)
        rc_decref(t, h);
    assert_true(lives(t, &mark));
    assert_true(rc_try_incref(t, h));
    rc_decref(t, h);
    rc_decref(t, h);
    assert_true(dies(t, &mark));
    close_world(t);
}

// In obj_destroy the object is dead while its block is still valid.
static unsigned tried, revived, weak_found;
static struct rc_weak destroy_cell;
static void dying_destroy(struct thread *t, struct object *o)
{
    tried++;
    revived += rc_try_incref(t, &o->rc);
    if (WEAK)
        weak_found += rc_weak_get(t, &destroy_cell) != NULL;
    node_destroy(t, o);
}
static const struct type dying_type = {
    .name = "dying", .destroy = dying_destroy, .traverse = node_traverse, .weaks = node_weaks};

static void try_incref_of_the_dead(void **state)
{
    (void)state;
    struct thread *t = open_world();
    tried = revived = weak_found = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct mark mark = {0};
        struct rc_header *h = node_of_type(t, &dying_type, &mark, 0);
        if (i >= 1)
            rc_publish(t, h);
        if (i == 2 && WEAK)
            rc_weak_make(t, &destroy_cell, h);
        rc_decref(t, h);
        assert_true(dies(t, &mark));
        assert_int_equal(tried, FREES ? i + 1 : 0);
        assert_int_equal(revived, 0);
        assert_int_equal(weak_found, 0);
    }
    close_world(t);
}

// A slot of no object, one of an object: shared operations copy.
static void shared_slots(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned owned = 0; owned < 2; owned++) {
        struct mark a_mark = {0}, b_mark = {0}, holder_mark = {0};
        struct rc_header *a = node_new(t, &a_mark), *b = node_new(t, &b_mark);
        struct rc_header *holder = node_new(t, &holder_mark), *owner = owned ? holder : NULL, *h;
        struct rc_slot root, *s = owned ? &node_of(holder)->left : &root;
        rc_fill(t, NULL, &root, NULL);

        assert_null(rc_load(t, s));
        rc_store(t, owner, s, a);
        assert_ptr_equal(h = rc_load(t, s), a);
        rc_decref(t, h);
        rc_publish(t, a);
        h = NULL;
        bool got = rc_try_load(t, s, &h);
        if ((RC_TRAITS & RC_WAITS) == 0)
            assert_true(got);
        if (got) {
            assert_ptr_equal(h, a);
            rc_decref(t, h);
        }
        rc_store(t, owner, s, a); // over itself
        rc_decref(t, a);
        assert_true(lives(t, &a_mark)); // by the slot alone
        rc_incref(t, a);

        assert_false(rc_compare_exchange(t, owner, s, b, b));
        assert_false(rc_compare_exchange(t, owner, s, NULL, b));
        assert_true(rc_compare_exchange(t, owner, s, a, b));
        assert_ptr_equal(h = rc_load(t, s), b);
        rc_decref(t, h);
        assert_true(rc_compare_exchange(t, owner, s, b, b));
        assert_true(rc_compare_exchange(t, owner, s, b, NULL));
        assert_null(rc_load(t, s));
        assert_false(rc_compare_exchange(t, owner, s, b, a));
        assert_true(rc_compare_exchange(t, owner, s, NULL, a));
        rc_decref(t, a);
        assert_true(lives(t, &a_mark));

        rc_store(t, owner, s, b); // displaces the last reference
        assert_true(dies(t, &a_mark));
        rc_decref(t, b);
        assert_true(lives(t, &b_mark));
        if (owned) { // the slot dies with its holder
            rc_decref(t, holder);
            assert_true(dies(t, &holder_mark));
        } else {
            rc_store(t, NULL, s, NULL);
            rc_decref(t, holder);
        }
        assert_true(dies(t, &b_mark));
    }
    close_world(t);
}

// Excluded operations move, and a container's storage grows and is copied.
static void excluded_slots(void **state)
{
    enum { ITEMS = 8 };
    struct mark mark[ITEMS] = {0};
    (void)state;
    struct thread *t = open_world();
    struct box *b = box_new(t, ITEMS);
    struct rc_header *owner = &b->o.rc, *h;
    for (unsigned i = 0; i < ITEMS; i++) {
        assert_null(rc_peek(&b->item[i]));
        assert_null(rc_read(t, &b->item[i]));
        h = node_new(t, &mark[i]);
        rc_dirty(t, owner);
        assert_null(rc_swap(t, owner, &b->item[i], h));
        assert_ptr_equal(rc_peek(&b->item[i]), h);
        assert_ptr_equal(rc_read(t, &b->item[i]), h);
        rc_decref(t, h);
        assert_true(lives(t, &mark[i]));
    }

    // growth: what validates against old storage must find it empty
    struct rc_slot *bigger = box_storage(t, 2 * ITEMS), *old = b->item;
    for (unsigned i = 0; i < 2 * ITEMS; i++)
        rc_fill(t, owner, &bigger[i], NULL);
    rc_dirty(t, owner);
    for (unsigned i = 0; i < ITEMS; i++) {
        h = rc_peek(&old[i]);
        rc_move(t, owner, &bigger[i], &old[i]);
        assert_null(rc_peek(&old[i]));
        assert_ptr_equal(rc_peek(&bigger[i]), h);
    }
    b->item = bigger;
    b->n = 2 * ITEMS;
    al_free(t, old);
    for (unsigned i = 0; i < ITEMS; i++)
        assert_true(lives(t, &mark[i]));

    // a changed copy replaces the storage, and the old one gives up what it held
    struct rc_slot *copy = box_storage(t, ITEMS);
    for (unsigned i = 0; i < ITEMS; i++) {
        rc_copy(t, &copy[i], &bigger[i]);
        assert_ptr_equal(rc_peek(&copy[i]), rc_peek(&bigger[i]));
    }
    rc_dirty(t, owner);
    b->item = copy;
    b->n = ITEMS;
    for (unsigned i = 0; i < 2 * ITEMS; i++)
        rc_release(t, &bigger[i]);
    al_free(t, bigger);
    for (unsigned i = 0; i < ITEMS; i++)
        assert_true(lives(t, &mark[i]));

    // out by swap: the caller has the reference
    rc_dirty(t, owner);
    h = rc_swap(t, owner, &b->item[0], NULL);
    assert_true(lives(t, &mark[0]));
    assert_null(rc_peek(&b->item[0]));
    rc_decref(t, h);
    assert_true(dies(t, &mark[0]));
    // ... one in, another out
    rc_dirty(t, owner);
    struct mark late = {0};
    h = rc_swap(t, owner, &b->item[1], node_new(t, &late));
    rc_decref(t, h);
    assert_true(dies(t, &mark[1]));
    rc_decref(t, owner); // clears the rest
    for (unsigned i = 2; i < ITEMS; i++)
        assert_true(dies(t, &mark[i]));
    assert_true(dies(t, &late));
    close_world(t);
}

static void locals(void **state)
{
    struct mark mark = {0}, other = {0};
    struct rc_local outer[2] = {}, inner[3] = {};
    struct rc_roots outer_frame, inner_frame;
    struct rc_slot s;
    (void)state;
    struct thread *t = open_world();
    rc_fill(t, NULL, &s, NULL);
    rc_roots_push(t, &outer_frame, outer, 2);
    assert_null(rc_local_get(t, &outer[0], &s));

    struct rc_header *h = node_new(t, &mark);
    rc_local_of(t, &outer[0], h);
    rc_decref(t, h);
    assert_true(lives(t, &mark)); // by a local alone

    rc_roots_push(t, &inner_frame, inner, 3);
    rc_local_dup(t, &inner[0], &outer[0]);
    rc_local_drop(t, &outer[0]);
    assert_true(lives(t, &mark));
    rc_store(t, NULL, &s, h);
    assert_ptr_equal(rc_local_get(t, &inner[1], &s), h);
    rc_store(t, NULL, &s, NULL);
    rc_local_drop(t, &inner[0]);
    assert_true(lives(t, &mark));
    assert_ptr_equal(rc_local_own(t, &inner[1]), h);
    assert_true(lives(t, &mark)); // by the counted reference that it became
    struct rc_header *o = node_new(t, &other);
    rc_local_of(t, &inner[2], o);
    rc_local_drop(t, &inner[2]);
    rc_decref(t, o);
    rc_roots_pop(t, &inner_frame);
    assert_true(dies(t, &other));
    rc_roots_pop(t, &outer_frame);
    rc_decref(t, h);
    assert_true(dies(t, &mark));
    close_world(t);
}

// ... moved, borrowed, and made of a counted reference.
static void locals_in_turn(void **state)
{
    static const unsigned flags[] = {0, RC_DEFERRED};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct mark mark = {0};
        struct rc_local l[4] = {};
        struct rc_roots frame;
        rc_roots_push(t, &frame, l, 4);
        assert_null(rc_local_peek(&l[0]));
        rc_local_move(t, &l[1], &l[0]); // an empty one
        assert_null(rc_local_peek(&l[1]));

        struct rc_header *h = node_of_type(t, &node_type, &mark, flags[i]);
        rc_local_take(t, &l[0], h);
        assert_ptr_equal(rc_local_peek(&l[0]), h);
        assert_true(lives(t, &mark)); // by a local alone
        rc_local_move(t, &l[1], &l[0]);
        assert_null(rc_local_peek(&l[0]));
        assert_ptr_equal(rc_local_peek(&l[1]), h);
        assert_true(lives(t, &mark));

        // a borrowed one, and one that was borrowed from it and has moved
        rc_local_borrow(t, &l[2], &l[1]);
        assert_ptr_equal(rc_local_peek(&l[2]), h);
        assert_true(lives(t, &mark));
        rc_local_borrow(t, &l[0], &l[2]);
        rc_local_move(t, &l[3], &l[0]);
        assert_ptr_equal(rc_local_peek(&l[3]), h);
        rc_local_drop(t, &l[3]);
        assert_null(rc_local_peek(&l[3]));
        assert_ptr_equal(rc_local_peek(&l[2]), h);
        // its duplicate is good without the one that was borrowed from
        rc_local_dup(t, &l[0], &l[2]);
        rc_local_drop(t, &l[2]);
        rc_local_drop(t, &l[1]);
        assert_ptr_equal(rc_local_peek(&l[0]), h);
        assert_true(lives(t, &mark));

        // a borrowed one becomes a counted reference, which is good by itself too
        rc_local_borrow(t, &l[1], &l[0]);
        assert_ptr_equal(rc_local_own(t, &l[1]), h);
        assert_null(rc_local_peek(&l[1]));
        rc_local_drop(t, &l[0]);
        assert_true(lives(t, &mark));
        rc_local_take(t, &l[2], h);
        assert_ptr_equal(rc_local_own(t, &l[2]), h);
        rc_roots_pop(t, &frame);
        assert_true(lives(t, &mark));
        rc_decref(t, h);
        assert_true(dies(t, &mark));
    }
    close_world(t);
}

static void weak_cells(void **state)
{
    enum { CELLS = 4 };
    struct rc_weak cell[CELLS] = {}, one = {};
    struct mark a_mark = {0}, b_mark = {0}, c_mark = {0};
    (void)state;
    struct thread *t = open_world();
    assert_null(rc_weak_get(t, &one));
    rc_weak_drop(t, &one); // of an empty cell

    struct rc_header *a = node_new(t, &a_mark), *h;
    for (unsigned i = 0; i < CELLS; i++)
        rc_weak_make(t, &cell[i], a);
    rc_weak_drop(t, &cell[1]);
    assert_null(rc_weak_get(t, &cell[1]));
    rc_weak_drop(t, &cell[3]);
    rc_weak_make(t, &cell[1], a);
    assert_ptr_equal(h = rc_weak_get(t, &cell[0]), a);
    rc_decref(t, a);
    assert_true(lives(t, &a_mark)); // by what a weak cell gave
    rc_decref(t, h);
    assert_true(dies(t, &a_mark));
    for (unsigned i = 0; i < CELLS; i++)
        if (FREES)
            assert_null(rc_weak_get(t, &cell[i]));

    // a cell moves from a dead object to a living one, then to another
    struct rc_header *b = node_new(t, &b_mark), *c = node_new(t, &c_mark);
    rc_weak_make(t, &cell[0], b);
    assert_ptr_equal(h = rc_weak_get(t, &cell[0]), b);
    rc_decref(t, h);
    rc_weak_drop(t, &cell[0]);
    rc_weak_make(t, &cell[0], c);
    rc_decref(t, b);
    assert_true(dies(t, &b_mark)); // its list is empty, but was not always
    assert_ptr_equal(h = rc_weak_get(t, &cell[0]), c);
    rc_decref(t, h);
    rc_decref(t, c);
    assert_true(dies(t, &c_mark));
    if (FREES)
        assert_null(rc_weak_get(t, &cell[0]));
    close_world(t);
}

struct link {
    struct object o;
    struct rc_slot next;
};
static void link_destroy(struct thread *t, struct object *o)
{
    rc_clear(t, &((struct link *)o)->next);
}
static void link_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct link *)o)->next);
}
static const struct type link_type = {
    .name = "link", .destroy = link_destroy, .traverse = link_traverse};

static void a_long_list_dies_without_recursion(void **state)
{
    enum { LENGTH = LARGE(1000000, 100000) };
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct rc_header *list = node_new(t, &mark);
    for (unsigned i = 0; i < LENGTH; i++) {
        struct link *l = object_new(t, &link_type, sizeof *l, AL_CONTAINER, 0);
        rc_fill(t, &l->o.rc, &l->next, list);
        list = &l->o.rc;
    }
    assert_int_equal(world_live(t->world), LENGTH + 1);
    rc_decref(t, list);
    assert_true(dies(t, &mark));
    close_world(t);
}

static void a_wide_tree_dies(void **state)
{
    enum { WIDTH = 20000 };
    struct mark kept_mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct box *b = box_new(t, WIDTH);
    struct rc_header *owner = &b->o.rc, *kept = node_new(t, &kept_mark);
    for (unsigned i = 0; i < WIDTH; i++) {
        struct rc_header *child = node_new(t, NULL);
        rc_dirty(t, child);
        rc_swap(t, child, &node_of(child)->left, node_new(t, NULL));
        rc_store(t, child, &node_of(child)->right, kept);
        rc_dirty(t, owner);
        rc_swap(t, owner, &b->item[i], child);
    }
    rc_decref(t, owner);
    assert_true(lives(t, &kept_mark));
    assert_true(alive(kept));
    rc_decref(t, kept);
    assert_true(dies(t, &kept_mark));
    close_world(t);
}

// Objects that come and go leave nothing behind, in no table and no log. A sanitizer's malloc tells
// no numbers.
static size_t memory_in_use(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}
static void no_trace_is_left(void **state)
{
    enum { OBJECTS = 64, ROUNDS = LARGE(1000, 50) };
    static const unsigned flags[] = {0, RC_DEFERRED, RC_HOT};
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        size_t before = 0;
        for (unsigned round = 0; round < 2 * ROUNDS; round++) {
            struct mark mark = {0};
            if (round == ROUNDS)
                before = memory_in_use();
            for (unsigned n = 0; n < OBJECTS; n++)
                rc_decref(t, node_of_type(t, &node_type, n == 0 ? &mark : NULL, flags[i]));
            assert_true(dies(t, &mark));
        }
        assert_true(memory_in_use() < before + OBJECTS * ROUNDS); // less than a byte each
    }
    close_world(t);
}

static void offline_and_back(void **state)
{
    struct mark mark = {0}, slot_mark = {0};
    struct rc_local l[1] = {};
    struct rc_roots frame;
    struct rc_slot s;
    (void)state;
    struct thread *t = open_world();
    rc_roots_push(t, &frame, l, 1);
    struct rc_header *h = node_new(t, &mark), *in_slot = node_new(t, &slot_mark);
    rc_fill(t, NULL, &s, NULL);
    rc_store(t, NULL, &s, in_slot);
    rc_local_of(t, &l[0], in_slot);
    rc_decref(t, in_slot);
    for (unsigned i = 0; i < 4; i++) {
        thread_offline(t);
        thread_back(t);
        lk_blocking_begin(t);
        lk_blocking_end(t);
        rc_incref(t, h);
        thread_safepoint(t);
        rc_decref(t, h);
        assert_int_equal(deaths(&mark), 0);
        assert_int_equal(deaths(&slot_mark), 0);
    }
    rc_store(t, NULL, &s, NULL);
    thread_offline(t);
    thread_back(t);
    assert_true(lives(t, &slot_mark));
    rc_local_drop(t, &l[0]);
    assert_true(dies(t, &slot_mark));
    rc_decref(t, h);
    thread_offline(t);
    thread_back(t);
    assert_true(dies(t, &mark));
    rc_roots_pop(t, &frame);
    close_world(t);
}

static void nothing_is_left_to_drain(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned i = 0; i < 1000; i++)
        rc_decref(t, node_new(t, NULL));
    thread_drain(t);
    thread_drain(t);
    assert_false(thread_drain(t));
    close_world(t);
}

// --- hand-over, foreign death, owners that go -------------------------------------------------

struct handed {
    struct phase phase;
    struct rc_header *h;
    struct mark mark;
    uint32_t deaths_seen;
    uintptr_t other; // id of the thread that was not the owner
};

static void drop_handed(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    (void)index;
    rc_take(t, p->h);
    sync_check(alive(p->h) && deaths(&p->mark) == 0, "what was handed over is dead");
    rc_incref(t, p->h);
    rc_decref(t, p->h);
    p->other = thread_id(t);
    rc_decref(t, p->h);
    p->deaths_seen = deaths(&p->mark);
}
static void death_by_another_thread(void **state)
{
    (void)state;
    struct thread *t = open_world();
    // 1: the owner keeps a reference for itself at first
    for (unsigned shared = 0; shared < 2; shared++) {
        struct handed p = {.h = node_new(t, &p.mark)};
        if (shared) {
            rc_incref(t, p.h);
            rc_give(t, p.h);
            rc_decref(t, p.h);
        } else {
            rc_give(t, p.h);
        }
        // it drains nothing, for a collection by any thread would find the object
        struct team team = {.work = drop_handed, .argument = &p, .n = 1, .undrained = true};
        team_start(t, &team);
        team_join(t, &team);
        if (FREES && !LATE) {
            assert_int_equal(p.deaths_seen, 1);
            assert_int_equal(died_by(&p.mark), p.other);
        } else if (FREES && owner_apart()) {
            assert_int_equal(p.deaths_seen, 0);
            assert_int_equal(deaths(&p.mark), 0);
            thread_safepoint(t);
            assert_int_equal(deaths(&p.mark), 1);
            assert_int_equal(died_by(&p.mark), thread_id(t));
        }
        assert_true(dies(t, &p.mark));
    }
    close_world(t);
}

static void count_immortal(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    (void)index;
    for (unsigned i = 0; i < 1000; i++) {
        rc_incref(t, p->h);
        sync_check(alive(p->h), "an immortal object died");
        rc_decref(t, p->h);
        thread_safepoint(t);
    }
    if (UNCOUNTED)
        rc_decref(t, p->h);
}
static void immortal_for_all_threads(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct handed p = {.h = node_of_type(t, &node_type, &p.mark, RC_IMMORTAL)};
    team_run(t, 3, count_immortal, &p);
    assert_true(lives(t, &p.mark));
    rc_end_immortal(t, p.h);
    assert_true(dies(t, &p.mark));
    close_world(t);
}

// Published whatever its count is at that moment, and for good.
static void incref_decref_in_turns(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    (void)index;
    rc_incref(t, p->h); // the owner holds it meanwhile
    phase_set(&p->phase, 1);
    phase_await(t, &p->phase, 2); // published
    rc_decref(t, p->h);
    for (unsigned i = 0; i < 4; i++) {
        sync_check(rc_try_incref(t, p->h), "a published object refuses to be counted");
        rc_decref(t, p->h);
    }
}
static void published_for_good(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct handed p = {.h = node_new(t, &p.mark)};
    struct team team = {.work = incref_decref_in_turns, .argument = &p, .n = 1};
    team_start(t, &team);
    phase_await(t, &p.phase, 1);
    rc_publish(t, p.h);
    phase_set(&p.phase, 2);
    team_join(t, &team);
    assert_true(lives(t, &p.mark));
    rc_decref(t, p.h);
    assert_true(dies(t, &p.mark));
    close_world(t);
}

enum { LEGACY = 64 };
struct legacy {
    struct rc_header *h[LEGACY];
    struct mark mark[LEGACY];
    struct rc_weak cell[LEGACY];
    uintptr_t owner;
};
static void bequeath(struct thread *t, void *argument, unsigned index)
{
    struct legacy *g = argument;
    (void)index;
    g->owner = thread_id(t);
    for (unsigned i = 0; i < LEGACY; i++) {
        g->h[i] = node_new(t, &g->mark[i]);
        if (i % 3 == 1)
            rc_publish(t, g->h[i]);
        if (i % 3 == 2 && WEAK)
            rc_weak_make(t, &g->cell[i], g->h[i]);
        for (unsigned n = 0; n < i % 4; n++)
            rc_incref(t, g->h[i]);
        for (unsigned n = 0; n <= i % 4; n++)
            rc_give(t, g->h[i]);
    }
}
// As the successor in the owner's slot.
static void use_legacy(struct thread *t, void *argument, unsigned index)
{
    struct legacy *g = argument;
    (void)index;
    sync_check(thread_id(t) == g->owner, "a slot that its thread gave up is not taken again");
    for (unsigned i = 0; i < LEGACY; i++) {
        rc_take(t, g->h[i]);
        sync_check(alive(g->h[i]), "an object died with its maker");
        rc_incref(t, g->h[i]);
        rc_decref(t, g->h[i]);
        rc_decref(t, node_new(t, NULL));
        rc_decref(t, g->h[i]);
    }
}
static void objects_outlive_their_maker(void **state)
{
    (void)state;
    struct thread *t = open_world();
    // 0: all dropped while the slot is free; 1: a successor takes the slot meanwhile
    for (unsigned successor = 0; successor < 2; successor++) {
        struct legacy *g = sync_alloc(sizeof *g);
        team_run(t, 1, bequeath, g);
        for (unsigned i = 0; i < LEGACY; i++) {
            for (unsigned n = 0; n <= i % 4; n++)
                rc_take(t, g->h[i]);
            assert_int_equal(deaths(&g->mark[i]), 0);
            assert_true(alive(g->h[i]));
            rc_incref(t, g->h[i]);
            rc_decref(t, g->h[i]);
            if (i % 3 != 0 && (i % 3 == 1 || WEAK)) {
                assert_true(rc_try_incref(t, g->h[i]));
                rc_decref(t, g->h[i]);
            }
            for (unsigned n = 0; n < i % 4; n++) {
                rc_decref(t, g->h[i]);
                assert_int_equal(deaths(&g->mark[i]), 0);
            }
        }
        if (successor) {
            for (unsigned i = 0; i < LEGACY; i++) {
                rc_incref(t, g->h[i]);
                rc_give(t, g->h[i]);
            }
            team_run(t, 1, use_legacy, g);
        }
        for (unsigned i = 0; i < LEGACY; i++) {
            assert_int_equal(deaths(&g->mark[i]), 0);
            rc_decref(t, g->h[i]);
            assert_true(dies(t, &g->mark[i]));
            if (FREES && WEAK)
                assert_null(rc_weak_get(t, &g->cell[i]));
        }
        sync_free(g);
    }
    close_world(t);
}

// The owner has drained and is about to go when another thread drops what it made.
static void go_with_work_pending(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    (void)index;
    p->h = node_new(t, &p->mark);
    rc_give(t, p->h);
    thread_drain(t);
    phase_set(&p->phase, 1);
    phase_await(t, &p->phase, 2);
}
static void nothing(struct thread *t, void *argument, unsigned index)
{
    (void)t, (void)argument, (void)index;
}
static void what_is_pending_at_exit_is_not_lost(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned inherited = 0; inherited < 2; inherited++) {
        struct handed p = {0};
        struct team team = {
            .work = go_with_work_pending, .argument = &p, .n = 1, .undrained = true};
        team_start(t, &team);
        phase_await(t, &p.phase, 1);
        rc_take(t, p.h);
        rc_decref(t, p.h);
        phase_set(&p.phase, 2);
        team_join(t, &team);
        if (inherited)
            team_run(t, 1, nothing, NULL); // takes the slot, drains
        if (inherited && FREES && owner_apart())
            assert_int_equal(deaths(&p.mark), 1);
        assert_true(dies(t, &p.mark));
    }
    close_world(t);
}

// More than a queue or a log has room for at first, dropped at once: while the owner stays, and
// when it goes.
enum { CROWD = 1000 };
struct crowd {
    struct phase phase;
    struct rc_header *h[CROWD];
    struct mark mark[CROWD];
    bool stays;
};
static void make_crowd(struct thread *t, void *argument, unsigned index)
{
    struct crowd *p = argument;
    (void)index;
    for (unsigned i = 0; i < CROWD; i++) {
        p->h[i] = node_new(t, &p->mark[i]);
        rc_give(t, p->h[i]);
    }
    phase_set(&p->phase, 1);
    phase_await(t, &p->phase, 2);
    for (unsigned i = 0; p->stays && i < CROWD; i++)
        sync_check(dies(t, &p->mark[i]), "an object lives that a foreign thread dropped last");
}
static void many_are_dropped_at_once(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned stays = 0; stays < 2; stays++) {
        struct crowd *p = sync_alloc(sizeof *p);
        struct team team = {.work = make_crowd, .argument = p, .n = 1, .undrained = true};
        p->stays = stays;
        team_start(t, &team);
        phase_await(t, &p->phase, 1);
        for (unsigned i = 0; i < CROWD; i++) {
            rc_take(t, p->h[i]);
            rc_decref(t, p->h[i]);
        }
        phase_set(&p->phase, 2);
        team_join(t, &team);
        for (unsigned i = 0; i < CROWD; i++)
            assert_true(dies(t, &p->mark[i]));
        sync_free(p);
    }
    close_world(t);
}

// The same again and again, while the thread that stays drains all the time: who goes is half gone
// at some of these moments.
static void go_soon(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    (void)index;
    p->other = thread_id(t);
    p->h = node_new(t, &p->mark);
    rc_give(t, p->h);
    phase_set(&p->phase, 1);
    phase_await(t, &p->phase, 2);
}
static void going_while_another_drains(void **state)
{
    enum { ROUNDS = LARGE(300, 100) };
    (void)state;
    struct thread *t = open_world();
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct handed p = {0};
        struct team team = {.work = go_soon, .argument = &p, .n = 1, .undrained = true};
        team_start(t, &team);
        phase_await(t, &p.phase, 1);
        rc_take(t, p.h);
        rc_decref(t, p.h);
        phase_set(&p.phase, 2);
        while (thread_attached(thread_of_id(t, p.other))) {
            thread_drain(t);
            if (GLOBAL) {
                lk_blocking_begin(t);
                lk_blocking_end(t);
            }
        }
        team_join(t, &team);
        assert_true(dies(t, &p.mark));
    }
    close_world(t);
}

// Under a global lock threads hardly ever meet in so short a time, unless they block.
static void let_others_run(void)
{
    if (GLOBAL)
        nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
}
static void meet(struct thread *t, unsigned round)
{
    thread_safepoint(t);
    if (GLOBAL && round % 32 == 0) {
        lk_blocking_begin(t);
        let_others_run();
        lk_blocking_end(t);
    }
}

// --- order ------------------------------------------------------------------------------------

// What each holder wrote before it let go is seen by obj_destroy; what was written before rc_store
// by whoever loads. The fields are plain, so that ThreadSanitizer judges as well.
enum { WRITERS = 3, ORDER_ROUNDS = 2000 };
static _Atomic(uint64_t) order_wrong;
static void order_destroy(struct thread *t, struct object *o)
{
    struct node *n = (struct node *)o;
    for (unsigned i = 0; i < WRITERS; i++)
        if (n->payload[i] != n->payload[3] + i)
            atomic_fetch_add_explicit(&order_wrong, 1, memory_order_relaxed);
    node_destroy(t, o);
}
static const struct type order_type = {
    .name = "order", .destroy = order_destroy, .traverse = node_traverse, .weaks = node_weaks};
struct order {
    struct box *box;
    struct phase written[ORDER_ROUNDS];
};
static void write_and_drop(struct thread *t, void *argument, unsigned index)
{
    struct order *g = argument;
    for (unsigned round = 0; round < ORDER_ROUNDS; round++) {
        struct rc_slot *s = &g->box->item[round];
        if (index == 0) {
            struct rc_header *h = node_of_type(t, &order_type, NULL, 0);
            node_of(h)->payload[3] = round;
            rc_store(t, &g->box->o.rc, s, h);
            node_of(h)->payload[0] = round;
            rc_decref(t, h);
        } else {
            struct rc_header *h;
            for (unsigned turn = 0; (h = rc_load(t, s)) == NULL; turn++) {
                lk_blocking_begin(t);
                sync_wait_turn(GLOBAL ? UINT32_MAX : turn);
                lk_blocking_end(t);
            }
            sync_check(node_of(h)->payload[3] == round, "a loaded object is seen incomplete");
            node_of(h)->payload[index] = round + index;
            rc_decref(t, h);
        }
        // who comes last empties the slot: the others have let go, or do so at this moment
        if (atomic_fetch_add_explicit(&g->written[round].now, 1, memory_order_relaxed) ==
            WRITERS - 1)
            rc_store(t, &g->box->o.rc, s, NULL);
        thread_safepoint(t);
    }
}
static void death_sees_what_the_holders_did(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct order *g = sync_alloc(sizeof *g);
    g->box = box_new(t, ORDER_ROUNDS);
    atomic_store_explicit(&order_wrong, 0, memory_order_relaxed);
    team_run(t, WRITERS, write_and_drop, g);
    rc_decref(t, &g->box->o.rc);
    close_world(t);
    assert_int_equal(atomic_load_explicit(&order_wrong, memory_order_relaxed), 0);
    sync_free(g);
}

// --- stress -----------------------------------------------------------------------------------

enum { STRESS_THREADS = 3, STRESS_STEPS = 20000, STRESS_SLOTS = 6, STRESS_HELD = 4 };
struct stress {
    struct box *box;
    _Atomic(struct rc_header *) mail[STRESS_THREADS];
    _Atomic(uint64_t) steps;
};
static void stress_use(struct rc_header *h)
{
    sync_check(alive(h), "a reference leads to a dead object");
}
static void stress_steps(struct thread *t, struct stress *g, unsigned me, unsigned steps)
{
    struct rc_header *held[STRESS_HELD] = {NULL}, *owner = &g->box->o.rc, *h;
    struct rc_local l[2] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, l, 2);
    for (unsigned step = 0; step < steps; step++) {
        uint64_t dice = sync_rand(t);
        struct rc_header **mine = &held[dice % STRESS_HELD];
        struct rc_slot *s = &g->box->item[(dice >> 8) % STRESS_SLOTS];
        unsigned to = (unsigned)((dice >> 16) % STRESS_THREADS);
        switch ((dice >> 24) % 9) {
        case 0: // a new one
            if (*mine != NULL)
                rc_decref(t, *mine);
            *mine = node_new(t, NULL);
            break;
        case 1: // another reference to one that is held
            if (*mine != NULL) {
                h = *mine;
                rc_incref(t, h);
                stress_use(h);
                rc_decref(t, h);
            }
            break;
        case 2: // from a slot
        case 3:
            h = rc_load(t, s);
            if (*mine != NULL)
                rc_decref(t, *mine);
            if ((*mine = h) != NULL)
                stress_use(h);
            break;
        case 4: // into a slot
            rc_store(t, owner, s, *mine);
            break;
        case 5: // ... if it has not changed
            h = rc_load(t, s);
            rc_compare_exchange(t, owner, s, h, *mine);
            if (h != NULL)
                rc_decref(t, h);
            break;
        case 6: // to another thread, which may hold the last reference then
            if (*mine != NULL) {
                h = NULL;
                rc_give(t, *mine);
                if (atomic_compare_exchange_strong_explicit(
                        &g->mail[to], &h, *mine, memory_order_release, memory_order_relaxed))
                    *mine = NULL;
                else
                    rc_take(t, *mine);
            }
            break;
        case 7: // from another thread
            h = atomic_exchange_explicit(&g->mail[me], NULL, memory_order_acquire);
            if (h != NULL) {
                rc_take(t, h);
                stress_use(h);
                rc_decref(t, h);
            }
            break;
        case 8: // by way of locals
            if (rc_local_get(t, &l[0], s) != NULL) {
                rc_local_dup(t, &l[1], &l[0]);
                rc_local_drop(t, &l[0]);
                h = rc_local_own(t, &l[1]);
                stress_use(h);
                rc_decref(t, h);
            }
            break;
        }
        thread_safepoint(t);
        if (dice >> 57 == 0) {
            lk_blocking_begin(t);
            let_others_run();
            lk_blocking_end(t);
        }
    }
    rc_roots_pop(t, &frame);
    for (unsigned i = 0; i < STRESS_HELD; i++)
        if (held[i] != NULL)
            rc_decref(t, held[i]);
}
static struct stress *stress_new(struct thread *t)
{
    struct stress *g = sync_alloc(sizeof *g);
    g->box = box_new(t, STRESS_SLOTS);
    return g;
}
static void stress_end(struct thread *t, struct stress *g)
{
    for (unsigned i = 0; i < STRESS_THREADS; i++) {
        struct rc_header *h = atomic_load_explicit(&g->mail[i], memory_order_acquire);
        if (h != NULL) {
            rc_take(t, h);
            rc_decref(t, h);
        }
    }
    rc_decref(t, &g->box->o.rc);
    sync_free(g);
    close_world(t);
}

static void stress_member(struct thread *t, void *argument, unsigned index)
{
    stress_steps(t, argument, index, STRESS_STEPS);
}
static void references_pass_between_threads(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct stress *g = stress_new(t);
    team_run(t, STRESS_THREADS, stress_member, g);
    stress_end(t, g);
}

// Threads that come and go: slots are reused while objects of former holders live.
struct lives {
    struct world *w;
    struct stress *g;
    unsigned index;
};
static void *live_again_and_again(void *p)
{
    enum { LIVES = 100 };
    struct lives *a = p;
    for (unsigned life = 0; life < LIVES; life++) {
        struct thread *t = enter(a->w);
        sync_here.seed = a->index * LIVES + life;
        stress_steps(t, a->g, a->index, 60);
        leave(t, life % 2 == 0);
    }
    return NULL;
}
static void threads_come_and_go(void **state)
{
    pthread_t thread[STRESS_THREADS];
    struct lives argument[STRESS_THREADS];
    (void)state;
    struct thread *t = open_world();
    struct stress *g = stress_new(t);
    for (unsigned i = 0; i < STRESS_THREADS; i++) {
        argument[i] = (struct lives){t->world, g, i};
        assert_int_equal(pthread_create(&thread[i], NULL, live_again_and_again, &argument[i]), 0);
    }
    lk_blocking_begin(t);
    for (unsigned i = 0; i < STRESS_THREADS; i++)
        pthread_join(thread[i], NULL);
    lk_blocking_end(t);
    stress_end(t, g);
}

// A table of published objects that holds no references, as an optimistic reader's storage: objects
// take themselves out when they die, under the table's lock, so what is in it has a valid block.
enum { TABLE = 4, TABLE_ROUNDS = 6000 };
struct table {
    sync_mutex mutex;
    struct rc_header *entry[TABLE];
    struct phase owner_done;
};
static struct table *the_table;
static void table_lock(struct thread *t)
{
    if (!sync_mutex_trylock(&the_table->mutex)) {
        thread_offline(t);
        sync_mutex_lock(&the_table->mutex);
        thread_back(t);
    }
}
static void entry_destroy(struct thread *t, struct object *o)
{
    table_lock(t);
    sync_check(!rc_try_incref(t, &o->rc), "a dead object was counted");
    for (unsigned i = 0; i < TABLE; i++)
        if (the_table->entry[i] == &o->rc)
            the_table->entry[i] = NULL;
    sync_mutex_unlock(&the_table->mutex);
    node_destroy(t, o);
}
static const struct type entry_type = {
    .name = "entry", .destroy = entry_destroy, .traverse = node_traverse, .weaks = node_weaks};
static void use_table(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (unsigned round = 0; round < TABLE_ROUNDS; round++) {
        unsigned i = (unsigned)(sync_rand(t) % TABLE);
        if (index == 0) {
            struct rc_header *h = node_of_type(t, &entry_type, NULL, 0);
            rc_publish(t, h);
            table_lock(t);
            the_table->entry[i] = h;
            sync_mutex_unlock(&the_table->mutex);
            rc_incref(t, h);
            if (round % 4 == 0)
                meet(t, round);
            rc_decref(t, h);
            sync_check(alive(h), "an object died before its owner let go");
            rc_decref(t, h);
        } else {
            table_lock(t);
            struct rc_header *h = the_table->entry[i];
            bool got = h != NULL && rc_try_incref(t, h);
            sync_mutex_unlock(&the_table->mutex);
            if (got) {
                sync_check(alive(h), "rc_try_incref counted a dead object");
                if (round % 8 == 0)
                    meet(t, round);
                sync_check(alive(h), "a counted object died");
                rc_decref(t, h);
            }
        }
        meet(t, round);
    }
}
static void try_incref_against_death(void **state)
{
    (void)state;
    struct thread *t = open_world();
    the_table = sync_alloc(sizeof *the_table);
    sync_mutex_init(&the_table->mutex);
    team_run(t, 3, use_table, NULL);
    close_world(t);
    sync_mutex_destroy(&the_table->mutex);
    sync_free(the_table);
}

enum { WEAK_ROUNDS = 6000, WEAK_CELLS = 2 };
static void use_weak(struct thread *t, void *argument, unsigned index)
{
    struct rc_weak *cell = argument;
    for (unsigned round = 0; round < WEAK_ROUNDS; round++) {
        if (index == 0) {
            struct rc_header *h = node_new(t, NULL);
            for (unsigned i = 0; i < WEAK_CELLS; i++) {
                rc_weak_drop(t, &cell[i]); // it may hold the former object still
                rc_weak_make(t, &cell[i], h);
            }
            if (round % 4 == 0)
                meet(t, round);
            if (round % 3 == 0)
                rc_weak_drop(t, &cell[round % WEAK_CELLS]);
            rc_decref(t, h);
        } else {
            struct rc_header *h = rc_weak_get(t, &cell[round % WEAK_CELLS]);
            if (h != NULL) {
                sync_check(alive(h), "a weak cell led to a dead object");
                if (round % 8 == 0)
                    meet(t, round);
                sync_check(alive(h), "what a weak cell gave died");
                rc_decref(t, h);
            }
        }
        meet(t, round);
    }
}
static void weak_get_against_death(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct rc_weak *cell = sync_alloc(WEAK_CELLS * sizeof *cell);
    team_run(t, 3, use_weak, cell);
    for (unsigned i = 0; i < WEAK_CELLS; i++)
        rc_weak_drop(t, &cell[i]);
    close_world(t);
    sync_free(cell);
}

// A thread that blocks holds what it held.
static void hold_while_blocked(struct thread *t, void *argument, unsigned index)
{
    struct handed *p = argument;
    struct rc_local l[1] = {};
    struct rc_roots frame;
    (void)index;
    rc_roots_push(t, &frame, l, 1);
    rc_take(t, p->h);
    rc_local_of(t, &l[0], p->h);
    rc_decref(t, p->h);
    phase_set(&p->phase, 1);
    phase_await(t, &p->phase, 2);
    sync_check(alive(p->h) && deaths(&p->mark) == 0, "an object died that a blocked thread held");
    rc_local_drop(t, &l[0]);
    rc_roots_pop(t, &frame);
}
static void a_blocked_thread_holds_its_objects(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct handed p = {.h = node_new(t, &p.mark)};
    struct team team = {.work = hold_while_blocked, .argument = &p, .n = 1};
    rc_incref(t, p.h);
    rc_give(t, p.h);
    team_start(t, &team);
    phase_await(t, &p.phase, 1);
    rc_decref(t, p.h);
    assert_true(lives(t, &p.mark));
    phase_set(&p.phase, 2);
    team_join(t, &team);
    assert_true(dies(t, &p.mark));
    close_world(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(flags_are_hints),
        cmocka_unit_test(many_hot_objects),
        cmocka_unit_test(immortals),
        cmocka_unit_test(try_incref_of_the_living),
        WHEN(COUNTS, try_incref_of_the_dead),
        cmocka_unit_test(shared_slots),
        cmocka_unit_test(excluded_slots),
        cmocka_unit_test(locals),
        cmocka_unit_test(locals_in_turn),
        WHEN(WEAK, weak_cells),
        cmocka_unit_test(a_long_list_dies_without_recursion),
        cmocka_unit_test(a_wide_tree_dies),
        WHEN(FREES, no_trace_is_left),
        cmocka_unit_test(offline_and_back),
        cmocka_unit_test(nothing_is_left_to_drain),
        WHEN(THREADED, death_by_another_thread),
        WHEN(THREADED, immortal_for_all_threads),
        WHEN(THREADED, published_for_good),
        WHEN(THREADED, objects_outlive_their_maker),
        WHEN(THREADED, what_is_pending_at_exit_is_not_lost),
        WHEN(THREADED, many_are_dropped_at_once),
        WHEN(THREADED, going_while_another_drains),
        WHEN(THREADED, a_blocked_thread_holds_its_objects),
        WHEN(THREADED, death_sees_what_the_holders_did),
        WHEN(THREADED, references_pass_between_threads),
        WHEN(THREADED, threads_come_and_go),
        WHEN(THREADED && FREES && COUNTS, try_incref_against_death),
        WHEN(THREADED && WEAK, weak_get_against_death),
    };
    return RUN("refcount", tests);
}
