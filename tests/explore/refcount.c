// SPDX-License-Identifier: MIT
//
// Refcount schemes: objects that threads share, drop, load and store.
#include "common.h"

// --- several threads share an object and drop it; the last one destroys it ----------------------

struct share {
    struct stage stage; // first
    struct rc_header *h;
};
static void *share_setup(void)
{
    struct share *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, 3);
    s->h = node_new(s->stage.thread[1], 7);
    for (unsigned i = 2; i <= 3; i++) {
        rc_incref(s->stage.thread[1], s->h);
        rc_give(s->stage.thread[1], s->h);
        rc_take(s->stage.thread[i], s->h);
    }
    (void)t;
    stage_begin(&s->stage);
    return s;
}
static void share_run(void *state, unsigned thread)
{
    struct share *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct rc_header *h = s->h;
    rc_incref(t, h);
    node_use(h, 7);
    rc_decref(t, h);
    node_use(h, 7);
    rc_decref(t, h);
    stage_leave(t);
}
static void share_finish(void *state)
{
    struct share *s = state;
    stage_back(&s->stage);
    stage_close(&s->stage);
}
static const struct sim_scenario share_and_drop = {
    .name = "share_and_drop",
    .summary = "three threads share an object and drop it; the last one destroys it",
    .omitted = UNLESS_THREADED,
    .threads = 3,
    .setup = share_setup,
    .run = share_run,
    .finish = share_finish,
};
SIM_SCENARIO(share_and_drop);
