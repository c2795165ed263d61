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

#define FREES  PAIR_HAS(RC_TRAITS, RC_FREES)
#define COUNTS PAIR_HAS(RC_TRAITS, RC_COUNTS)

// The threads of a scenario, numbered as it numbers them (0: the one that sets up), and their world.
struct stage {
    struct world *world;
    unsigned threads;
    struct thread *thread[SIM_THREADS_MAX];
};

API void stage_self(struct thread *t)
{
    sync_here.self = t;
}
// The thread that sets up is in the runtime when this returns.
API struct thread *stage_open(struct stage *s, unsigned threads)
{
    s->world = world_open();
    s->threads = threads;
    for (unsigned i = 0; i <= threads; i++)
        s->thread[i] = thread_attach(s->world);
    stage_self(s->thread[0]);
    lk_enter(s->thread[0]);
    return s->thread[0];
}
// Ends set-up.
API void stage_begin(struct stage *s)
{
    lk_leave(s->thread[0]);
    stage_self(NULL);
}
// A thread's part stands between these two. A thread that detaches itself sets thread[i] to NULL.
API struct thread *stage_enter(struct stage *s, unsigned i)
{
    stage_self(s->thread[i]);
    lk_enter(s->thread[i]);
    return s->thread[i];
}
API void stage_leave(struct thread *t)
{
    lk_leave(t);
}
// Finish: the first thread, in the runtime again.
API struct thread *stage_back(struct stage *s)
{
    stage_self(s->thread[0]);
    lk_enter(s->thread[0]);
    return s->thread[0];
}
// Everybody drains until nothing is left to do.
API void stage_settle(struct stage *s)
{
    lk_leave(s->thread[0]);
    for (unsigned idle = 0, round = 0; idle < 3 && round < 100; round++) {
        bool any = false;
        for (unsigned i = 0; i <= s->threads; i++)
            if (s->thread[i] != NULL) {
                stage_self(s->thread[i]);
                lk_enter(s->thread[i]);
                thread_safepoint(s->thread[i]);
                any |= thread_drain(s->thread[i]);
                lk_leave(s->thread[i]);
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
    for (unsigned i = 0; i <= s->threads; i++)
        if (s->thread[i] != NULL)
            thread_detach(s->thread[i]);
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

API struct rc_header *node_new_flags(struct thread *t, uint32_t payload, unsigned flags)
{
    struct node *n = object_new(t, &node_type, sizeof *n, AL_CONTAINER, flags);
    sync_set(n->alive, NODE_ALIVE);
    sync_set(n->payload, payload);
    atomic_init(&n->weaks, NULL);
    rc_fill(t, &n->o.rc, &n->left, NULL);
    rc_fill(t, &n->o.rc, &n->right, NULL);
    return &n->o.rc;
}
API struct rc_header *node_new(struct thread *t, uint32_t payload)
{
    return node_new_flags(t, payload, 0);
}
// By a holder: the object lives, and holds what was put there.
API void node_use(struct rc_header *h, uint32_t payload)
{
    sync_check(sync_get(node_of(h)->alive) == NODE_ALIVE, "an object died while it was held");
    sync_check(sync_get(node_of(h)->payload) == payload, "a held object is not the one it was");
}

// What threads need of the pair: "NULL or a reason", for sim_scenario.omitted.
#define RULE_AND(ok, text) &&(ok)
#define THREADED                                                                                   \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, NEEDS_SHARING))
#define UNLESS_THREADED (THREADED ? NULL : "these schemes go with one thread only")
#define UNLESS(ok, reason) (!THREADED ? UNLESS_THREADED : (ok) ? NULL : (reason))

#endif
