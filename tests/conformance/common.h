// SPDX-License-Identifier: MIT
//
// What the conformance programs share: a world with its setting thread, worker threads, objects
// that tell when and on which thread they died. A test asks traits and the stated census, never a
// name. cmocka's assertions belong to the main thread; in workers a failed sync_check ends the
// process.
#ifndef CONFORMANCE_COMMON_H
#define CONFORMANCE_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../workloads/object.h"

#define RULE_AND(ok, text) &&(ok)
// May several threads run in one world and see the same objects?
#define THREADED                                                                                   \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, NEEDS_SHARING))
#define FREES ((RC_TRAITS & RC_FREES) != 0)
#define LATE ((RC_TRAITS & RC_LATE) != 0)
#define COUNTS ((RC_TRAITS & RC_COUNTS) != 0)
#define BACKGROUND ((RC_TRAITS & RC_BACKGROUND) != 0)
#define UNCOUNTED ((RC_TRAITS & RC_UNCOUNTED) != 0)
// A peer's accesses are not seen by sync.h.
#define RC_SEEN ((RC_TRAITS & RC_NATIVE) == 0)
#define LK_SEEN ((LK_TRAITS & LK_NATIVE) == 0)
#define RL_SEEN ((RL_TRAITS & RL_NATIVE) == 0)
#define CYCLES ((RC_TRAITS & RC_CYCLES) != 0)
#define GLOBAL ((LK_TRAITS & LK_GLOBAL) != 0)
// Whose turn it is must have a CPU: with more threads than those, each turn costs a time slice.
#define TURNS ((LK_TRAITS & LK_TURNS) != 0)

// A test that is left out where it does not apply: cmocka passes over an entry without a name.
#define WHEN(applies, test)                                                                        \
    {.name = (applies) ? #test : NULL, .test_func = (applies) ? (test) : NULL}
// Of sizes and steps: sanitizers are many times as slow.
#ifdef SYNC_CHECKED
#define LARGE(usual, checked) (checked)
#else
#define LARGE(usual, checked) (usual)
#endif

// The last line of a program. A hang ends it; what was printed before an end by sync_check stays.
#define RUN(group, tests)                                                                          \
    (setvbuf(stdout, NULL, _IOLBF, BUFSIZ), alarm(120),                                            \
     _cmocka_run_group_tests(group " " CELL_NAME, tests, sizeof(tests) / sizeof((tests)[0]), NULL, \
                             NULL))

// --- threads ----------------------------------------------------------------------------------

API struct thread *enter(struct world *w)
{
    struct thread *t = thread_attach(w);
    sync_here.self = t;
    sync_here.seed = thread_id(t);
    lk_enter(t);
    return t;
}
API void leave(struct thread *t, bool drained)
{
    if (drained)
        thread_drain(t);
    lk_leave(t);
    thread_detach(t);
    sync_here.self = NULL;
}

// A world and the thread that sets up a test in it.
API struct thread *open_world(void)
{
    struct thread *t = enter(world_open());
    thread_drain(t); // a thread in the background has come, and takes nobody's slot later
    return t;
}
// Everything that was made has died by now.
API void close_world(struct thread *t)
{
    struct world *w = t->world;
    thread_drain(t); // a thread in the background must be at rest when its deaths are counted
    for (unsigned round = 0; round < 10000 && FREES && world_live(w) != 0; round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    leave(t, true);
    if (FREES)
        assert_int_equal(world_live(w), 0);
    world_close(w);
}

enum { TEAM_MAX = 64 };
typedef void team_work(struct thread *t, void *argument, unsigned index);
struct team {
    struct world *w;
    team_work *work;
    void *argument;
    unsigned n;
    bool undrained; // members leave without draining
    struct member {
        struct team *team;
        pthread_t thread;
    } member[TEAM_MAX];
};

API void *team_member(void *p)
{
    struct member *m = p;
    struct team *team = m->team;
    struct thread *t = enter(team->w);
    team->work(t, team->argument, (unsigned)(m - team->member));
    leave(sync_self(), !team->undrained); // the work may have left and come again
    return NULL;
}
// The caller fills in work, argument, n.
API void team_start(struct thread *t, struct team *team)
{
    team->w = t->world;
    for (unsigned i = 0; i < team->n; i++) {
        team->member[i].team = team;
        sync_check(pthread_create(&team->member[i].thread, NULL, team_member, &team->member[i]) ==
                       0,
                   "no thread could be started");
    }
}
API void team_join(struct thread *t, struct team *team)
{
    lk_blocking_begin(t);
    for (unsigned i = 0; i < team->n; i++)
        pthread_join(team->member[i].thread, NULL);
    lk_blocking_end(t);
}
API void team_run(struct thread *t, unsigned n, team_work *work, void *argument)
{
    struct team team = {.work = work, .argument = argument, .n = n};
    team_start(t, &team);
    team_join(t, &team);
}

// As many members as are asked for; where TURNS no more than there are CPUs.
API unsigned team_of(unsigned n)
{
    cpu_set_t usable;
    sync_check(sched_getaffinity(0, sizeof usable, &usable) == 0, "which CPUs may be used?");
    unsigned cpus = (unsigned)CPU_COUNT(&usable);
    return TURNS && cpus < n ? cpus : n;
}

// A step that threads agree on: reached by one, awaited outside the runtime by others.
struct phase {
    _Atomic(uint32_t) now;
};
API void phase_set(struct phase *p, uint32_t n)
{
    atomic_store_explicit(&p->now, n, memory_order_release);
}
API uint32_t phase_now(struct phase *p)
{
    return atomic_load_explicit(&p->now, memory_order_acquire);
}
API void phase_await(struct thread *t, struct phase *p, uint32_t n)
{
    lk_blocking_begin(t);
    sync_await(phase_now(p) >= n);
    lk_blocking_end(t);
}

// --- objects ----------------------------------------------------------------------------------

// What is known of an object after its death.
struct mark {
    _Atomic(uint32_t) deaths;
    _Atomic(uintptr_t) by; // id of the thread that destroyed it
};
API uint32_t deaths(struct mark *m)
{
    return atomic_load_explicit(&m->deaths, memory_order_acquire);
}
API uintptr_t died_by(struct mark *m)
{
    return atomic_load_explicit(&m->by, memory_order_acquire);
}
API void mark_death(struct thread *t, struct mark *m)
{
    atomic_store_explicit(&m->by, thread_id(t), memory_order_release);
    atomic_fetch_add_explicit(&m->deaths, 1, memory_order_acq_rel);
}
// The last reference is gone: has the object died exactly once, at once or (RC_LATE) when this
// thread has passed safepoints and drained?
API bool dies(struct thread *t, struct mark *m)
{
    if (!FREES)
        return deaths(m) == 0;
    for (unsigned round = 0; LATE && round < 10000 && deaths(m) == 0; round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    return deaths(m) == 1;
}
// Safepoints and drains do not kill what is still referred to.
API bool lives(struct thread *t, struct mark *m)
{
    for (unsigned round = 0; round < 4; round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    return deaths(m) == 0;
}

enum { NODE_ALIVE = 0x600d, NODE_DEAD = 0xdead };
struct node {
    struct object o;
    struct mark *mark; // NULL: nobody asks
    _Atomic(struct rc_weak *) weaks;
    uint64_t alive;
    uint64_t payload[4];
    struct rc_slot left, right;
};
API struct node *node_of(struct rc_header *h)
{
    return (struct node *)h;
}
API void node_destroy(struct thread *t, struct object *o)
{
    struct node *n = (struct node *)o;
    sync_check(n->alive == NODE_ALIVE, "an object is destroyed twice");
    n->alive = NODE_DEAD;
    rc_clear(t, &n->left);
    rc_clear(t, &n->right);
    if (n->mark != NULL)
        mark_death(t, n->mark);
}
API void node_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct node *n = (struct node *)o;
    visit(argument, &n->left);
    visit(argument, &n->right);
}
API _Atomic(struct rc_weak *) *node_weaks(struct object *o)
{
    return &((struct node *)o)->weaks;
}
static const struct type node_type = {
    .name = "node", .destroy = node_destroy, .traverse = node_traverse, .weaks = node_weaks};

API struct rc_header *node_of_type(struct thread *t, const struct type *type, struct mark *mark,
                                   unsigned flags)
{
    struct node *n = object_new(t, type, sizeof *n, AL_CONTAINER, flags);
    n->mark = mark;
    atomic_init(&n->weaks, NULL);
    n->alive = NODE_ALIVE;
    for (unsigned i = 0; i < 4; i++)
        n->payload[i] = 0;
    rc_fill(t, &n->o.rc, &n->left, NULL);
    rc_fill(t, &n->o.rc, &n->right, NULL);
    return &n->o.rc;
}
API struct rc_header *node_new(struct thread *t, struct mark *mark)
{
    return node_of_type(t, &node_type, mark, 0);
}
API bool alive(struct rc_header *h)
{
    return node_of(h)->alive == NODE_ALIVE;
}

// An object that holds many: slots in storage of their own.
struct box {
    struct object o;
    size_t n;
    struct rc_slot *item;
};
API struct rc_slot *box_storage(struct thread *t, size_t n)
{
    return al_alloc(t, n * sizeof(struct rc_slot), AL_STORAGE);
}
API void box_destroy(struct thread *t, struct object *o)
{
    struct box *b = (struct box *)o;
    for (size_t i = 0; i < b->n; i++)
        rc_clear(t, &b->item[i]);
    al_free(t, b->item);
}
API void box_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct box *b = (struct box *)o;
    for (size_t i = 0; i < b->n; i++)
        visit(argument, &b->item[i]);
}
static const struct type box_type = {
    .name = "box", .destroy = box_destroy, .traverse = box_traverse};

API struct box *box_new(struct thread *t, size_t n)
{
    struct box *b = object_new(t, &box_type, sizeof *b, AL_CONTAINER, 0);
    b->n = n;
    b->item = box_storage(t, n);
    for (size_t i = 0; i < n; i++)
        rc_fill(t, &b->o.rc, &b->item[i], NULL);
    return b;
}

// --- the stated census ------------------------------------------------------------------------

#define CENSUS_LINE(name, ...) {#name, {__VA_ARGS__}},
static const struct census_line rc_census[] __attribute__((unused)) = {RC_CENSUS(CENSUS_LINE)};
static const struct census_line lk_census[] __attribute__((unused)) = {LK_CENSUS(CENSUS_LINE)};
static const struct census_line rl_census[] __attribute__((unused)) = {RL_CENSUS(CENSUS_LINE)};
enum {
    RC_CENSUS_LINES = sizeof rc_census / sizeof rc_census[0],
    LK_CENSUS_LINES = sizeof lk_census / sizeof lk_census[0],
    RL_CENSUS_LINES = sizeof rl_census / sizeof rl_census[0],
};

API struct sync_counts stated(const char *operation)
{
    for (unsigned i = 0; i != RC_CENSUS_LINES; i++)
        if (strcmp(rc_census[i].operation, operation) == 0)
            return rc_census[i].counts;
    return (struct sync_counts){0};
}
// Does the owner count apart from all others, so that it alone can tell the dead?
API bool owner_apart(void)
{
    struct sync_counts own = stated("incref_own"), other = stated("incref_other");
    return LATE && own.rmw + own.lock_pair == 0 && other.rmw + other.lock_pair != 0;
}

#endif
