// SPDX-License-Identifier: MIT
//
// What scenarios share: a world whose threads are attached before the schedules begin, objects that
// know whether they live, and the end of a world, where nothing may be left. A scenario asks traits
// and never names. Its state is one block of simulated memory; what threads share in it is touched
// as sync.h says, and no static variable changes.
#ifndef EXPLORE_COMMON_H
#define EXPLORE_COMMON_H

#include "../../harness/sim/sim.h"
#include "../../workloads/object.h"

#define FREES      PAIR_HAS(RC_TRAITS, RC_FREES)
#define COUNTS     PAIR_HAS(RC_TRAITS, RC_COUNTS)
#define BACKGROUND PAIR_HAS(RC_TRAITS, RC_BACKGROUND)

const char *const sim_schemes[4] = {RC_HEADER, LK_HEADER, RL_HEADER, AL_HEADER};

// The threads of a scenario, numbered as it numbers them (0: the one that sets up), and their
// world.
struct stage {
    struct world *world;
    unsigned threads;
    struct thread *thread[SIM_THREADS_MAX];
};

// In the runtime as t, and out of it: a thread that is not in it keeps nobody waiting.
API struct thread *stage_in(struct thread *t)
{
    sync_here.self = t;
    thread_back(t);
    lk_enter(t);
    return t;
}
API void stage_out(struct thread *t)
{
    lk_leave(t);
    thread_offline(t);
    sync_here.self = NULL;
}
// The thread that sets up is in the runtime when this returns.
API struct thread *stage_open(struct stage *s, unsigned threads)
{
    s->world = world_open();
    s->threads = threads;
    for (unsigned i = 0; i <= threads; i++) {
        s->thread[i] = thread_attach(s->world);
        thread_offline(s->thread[i]);
    }
    return stage_in(s->thread[0]);
}
// Set-up and finish go on as thread i.
API struct thread *stage_as(struct stage *s, unsigned i)
{
    if (sync_self() != NULL)
        stage_out(sync_self());
    return stage_in(s->thread[i]);
}
// Set-up: one more counted reference to h, which `from` holds, for thread `to`.
API void stage_share(struct stage *s, struct rc_header *h, unsigned from, unsigned to)
{
    struct thread *t = stage_as(s, from);
    rc_incref(t, h);
    rc_give(t, h);
    rc_take(stage_as(s, to), h);
}
// Ends set-up.
API void stage_begin(struct stage *s)
{
    stage_out(stage_as(s, 0));
}
// A thread's part stands between these two. One that was detached attaches itself.
API struct thread *stage_enter(struct stage *s, unsigned i)
{
    if (s->thread[i] != NULL)
        return stage_in(s->thread[i]);
    struct thread *t = s->thread[i] = thread_attach(s->world);
    sync_here.self = t;
    lk_enter(t);
    return t;
}
API void stage_leave(struct thread *t)
{
    stage_out(t);
}
// Thread i, which is in the runtime, goes for good, and drains nothing before.
API void stage_exit(struct stage *s, unsigned i)
{
    lk_leave(s->thread[i]);
    thread_detach(s->thread[i]);
    s->thread[i] = NULL;
    sync_here.self = NULL;
}
// Finish: the first thread, in the runtime again.
API struct thread *stage_back(struct stage *s)
{
    return stage_in(s->thread[0]);
}
// Everybody drains until nothing is left to do.
API void stage_settle(struct stage *s)
{
    stage_out(sync_self());
    for (unsigned idle = 0, round = 0; idle < 3 && round < 100; round++) {
        bool any = false;
        for (unsigned i = 0; i <= s->threads; i++)
            if (s->thread[i] != NULL) {
                struct thread *t = stage_in(s->thread[i]);
                thread_safepoint(t);
                any |= thread_drain(t);
                stage_out(t);
            }
        idle = any ? 0 : idle + 1;
    }
    stage_back(s);
}
// The end: all that was made has died.
API void stage_close(struct stage *s)
{
    stage_settle(s);
    lk_leave(s->thread[0]);
    thread_offline(s->thread[0]);
    for (unsigned i = 0; i <= s->threads; i++)
        if (s->thread[i] != NULL) {
            thread_back(s->thread[i]);
            thread_detach(s->thread[i]);
        }
    if (FREES)
        sync_check(world_live(s->world) == 0, "an object is left that nobody refers to");
    world_close(s->world);
    sync_free(s);
}

// An object with two slots, a payload, and a word that says whether it lives.
enum { NODE_ALIVE = 0x600d, NODE_DEAD = 0xdead };
struct node {
    struct object o;
    uint32_t alive;
    uint32_t payload;
    _Atomic(struct rc_weak *) weaks;
    struct rc_slot left, right;
};
API struct node *node_of(struct rc_header *h)
{
    return (struct node *)h;
}
API void node_destroy(struct thread *t, struct object *o)
{
    struct node *n = (struct node *)o;
    sync_check(sync_get(n->alive) == NODE_ALIVE, "an object is destroyed twice");
    sync_set(n->alive, NODE_DEAD);
    rc_clear(t, &n->left);
    rc_clear(t, &n->right);
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

// `size` bytes that begin with a node.
API struct rc_header *node_new_type(struct thread *t, const struct type *type, size_t size,
                                    uint32_t payload, unsigned flags)
{
    struct node *n = object_new(t, type, size, AL_CONTAINER, flags);
    sync_set(n->alive, NODE_ALIVE);
    sync_set(n->payload, payload);
    atomic_init(&n->weaks, NULL);
    rc_fill(t, &n->o.rc, &n->left, NULL);
    rc_fill(t, &n->o.rc, &n->right, NULL);
    return &n->o.rc;
}
API struct rc_header *node_new_flags(struct thread *t, uint32_t payload, unsigned flags)
{
    return node_new_type(t, &node_type, sizeof(struct node), payload, flags);
}
API struct rc_header *node_new(struct thread *t, uint32_t payload)
{
    return node_new_flags(t, payload, 0);
}
// By a holder: the object lives. What was put there.
API uint32_t node_payload(struct rc_header *h)
{
    sync_check(sync_get(node_of(h)->alive) == NODE_ALIVE, "an object died while it was held");
    return sync_get(node_of(h)->payload);
}
API void node_use(struct rc_header *h, uint32_t payload)
{
    sync_check(node_payload(h) == payload, "a held object is not the one it was");
}
// ... and lets go of it.
API void use_and_drop(struct thread *t, struct rc_header *h, uint32_t payload)
{
    node_use(h, payload);
    rc_decref(t, h);
}

// A counted reference goes from thread to thread through a box, where it is alone; NULL: nothing.
API void node_send(struct thread *t, _Atomic(struct rc_header *) *box, struct rc_header *h)
{
    rc_give(t, h);
    // release: pairs with node_receive; whatever the giver did to the object
    atomic_store_explicit(box, h, memory_order_release);
}
API struct rc_header *node_receive(struct thread *t, _Atomic(struct rc_header *) *box)
{
    // acquire: pairs with node_send, and whoever finds the box empty got nothing
    struct rc_header *h = atomic_exchange_explicit(box, NULL, memory_order_acquire);
    if (h != NULL)
        rc_take(t, h);
    return h;
}

// What threads need of the pair: "NULL or a reason", for sim_scenario.omitted.
#define RULE_AND(ok, text) &&(ok)
#define THREADED           (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, NEEDS_SHARING))
#define ISOLATED           PAIR_HAS(LK_TRAITS, LK_ISOLATED)
#define UNLESS_THREADED                                                    \
    (THREADED   ? NULL                                                     \
     : ISOLATED ? "its threads share objects, which isolated heaps cannot" \
                : "these schemes go with one thread only")
#define UNLESS(ok, reason) (!THREADED ? UNLESS_THREADED : (ok) ? NULL : (reason))

struct scene;
// The end of a scenario whose threads have dropped everything.
API void nothing_left(struct scene *s, struct thread *t)
{
    (void)s, (void)t;
}

// A scenario of a file whose state is `struct scene`, a stage first. In the runtime run
// NAME_setup(s), as thread 0 at first and as stage_as says; NAME_run(s, t, i) as thread i; and
// `ends`(s, t), as thread 0, which leaves nothing but what stage_close gives back.
#define SCENE(name_, threads_, omitted_, ends_, summary_)                      \
    static void *name_##_scene_setup(void)                                     \
    {                                                                          \
        struct scene *s = sync_alloc(sizeof *s);                               \
        stage_open(&s->stage, threads_);                                       \
        name_##_setup(s);                                                      \
        stage_begin(&s->stage);                                                \
        return s;                                                              \
    }                                                                          \
    static void name_##_scene_run(void *state, unsigned thread)                \
    {                                                                          \
        struct scene *s = state;                                               \
        struct thread *t = stage_enter(&s->stage, thread);                     \
        name_##_run(s, t, thread);                                             \
        if (s->stage.thread[thread] != NULL)                                   \
            stage_leave(t);                                                    \
    }                                                                          \
    static void name_##_scene_finish(void *state)                              \
    {                                                                          \
        struct scene *s = state;                                               \
        ends_(s, stage_back(&s->stage));                                       \
        stage_close(&s->stage);                                                \
    }                                                                          \
    static const struct sim_scenario name_ = {.name = #name_,                  \
                                              .summary = summary_,             \
                                              .omitted = omitted_,             \
                                              .threads = threads_,             \
                                              .setup = name_##_scene_setup,    \
                                              .run = name_##_scene_run,        \
                                              .finish = name_##_scene_finish}; \
    SIM_SCENARIO(name_)

#endif
