// SPDX-License-Identifier: MIT
//
// What happens between two steps of a decrement: another thread acts just there. A scheme that has
// a place to stand in defines RC_WINDOW, a pointer to a function that it calls there; the wrong
// schemes of tests/broken do, so that a race of nanoseconds happens every time. Without such a
// place the two threads meet as they like, and nothing may go wrong either.
#include "common.h"

#define WEAK ((RC_TRAITS & RC_WEAK) != 0)

enum { START, IN_WINDOW, OTHER_ACTED, FIRST_DONE };
struct meeting {
    struct world *w;
    struct rc_header *h;
    struct mark mark;
    struct rc_weak cell;
    uintptr_t owner;
    bool found;
    struct phase phase;
    team_work *act, *after; // of the other thread: in the window, and when the first is through
};
static struct meeting *met;
static struct thread *first;

#ifdef RC_WINDOW
static void stand(struct thread *t, struct rc_header *h)
{
    if (t == first && h == met->h && phase_now(&met->phase) == START) {
        phase_set(&met->phase, IN_WINDOW);
        sync_await(phase_now(&met->phase) == OTHER_ACTED);
    }
}
#endif

static void *other(void *p)
{
    struct meeting *m = p;
    sync_await(phase_now(&m->phase) != START);
    struct thread *t = enter(m->w);
    m->act(t, m, 0);
    phase_set(&m->phase, OTHER_ACTED);
    phase_await(t, &m->phase, FIRST_DONE);
    m->after(t, m, 0);
    leave(t, true);
    return NULL;
}
// The first thread gives up its reference; the other acts meanwhile.
static void meet(struct thread *t, struct meeting *m)
{
    pthread_t thread;
    met = m;
    first = t;
    assert_int_equal(pthread_create(&thread, NULL, other, m), 0);
#ifdef RC_WINDOW
    RC_WINDOW = stand;
#else
    phase_set(&m->phase, IN_WINDOW);
#endif
    rc_decref(t, m->h);
    if (phase_now(&m->phase) == START) // a window elsewhere
        phase_set(&m->phase, IN_WINDOW);
    phase_await(t, &m->phase, OTHER_ACTED);
    phase_set(&m->phase, FIRST_DONE);
    lk_blocking_begin(t);
    pthread_join(thread, NULL);
    lk_blocking_end(t);
}

static void use(struct meeting *m)
{
    sync_check(alive(m->h) && deaths(&m->mark) == 0,
               "an object died while a reference to it was held");
}

// The last counted reference goes while another thread takes one from a weak cell.
static void get_weak(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    m->found = rc_weak_get(t, &m->cell) != NULL;
}
static void drop_what_was_found(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    if (m->found) {
        use(m);
        rc_decref(t, m->h);
    }
}
static void a_reference_is_taken_beside_the_last_decrement(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct meeting m = {.w = t->world, .act = get_weak, .after = drop_what_was_found};
    m.h = node_new(t, &m.mark);
    rc_weak_make(t, &m.cell, m.h);
    meet(t, &m);
    assert_true(dies(t, &m.mark));
    close_world(t);
}

// The owner gives up its last reference, another thread the last of all.
static void take_for_another(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    rc_incref(t, m->h);
    rc_give(t, m->h);
}
static void drop_the_last(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    rc_take(t, m->h);
    rc_decref(t, m->h);
}
static void nothing(struct thread *t, void *argument, unsigned index)
{
    (void)t, (void)argument, (void)index;
}
static void the_last_two_references_go_together(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct meeting m = {.w = t->world, .act = drop_the_last, .after = nothing};
    m.h = node_new(t, &m.mark);
    team_run(t, 1, take_for_another, &m);
    meet(t, &m);
    assert_true(dies(t, &m.mark));
    close_world(t);
}

// A reference to an object whose maker has gone is given up while a new thread takes the maker's
// place and counts the same object.
static void bequeath(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    m->owner = thread_id(t);
    m->h = node_new(t, &m->mark);
    for (unsigned i = 0; i < 2; i++)
        rc_incref(t, m->h);
    for (unsigned i = 0; i < 3; i++)
        rc_give(t, m->h);
}
static void count_as_successor(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    sync_check(thread_id(t) == m->owner, "a slot that its thread gave up is not taken again");
    rc_take(t, m->h);
    rc_incref(t, m->h);
}
static void drop_both(struct thread *t, void *argument, unsigned index)
{
    struct meeting *m = argument;
    (void)index;
    use(m);
    rc_decref(t, m->h);
    rc_decref(t, m->h);
}
static void a_successor_counts_beside_a_decrement(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct meeting m = {.w = t->world, .act = count_as_successor, .after = drop_both};
    team_run(t, 1, bequeath, &m);
    rc_take(t, m.h);
    rc_take(t, m.h);
    meet(t, &m);
    use(&m);
    rc_decref(t, m.h);
    assert_true(dies(t, &m.mark));
    close_world(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WHEN(THREADED && WEAK, a_reference_is_taken_beside_the_last_decrement),
        WHEN(THREADED, the_last_two_references_go_together),
        WHEN(THREADED, a_successor_counts_beside_a_decrement),
    };
    return RUN("window", tests);
}
