// SPDX-License-Identifier: MIT
//
// Lock schemes: who is between lk_lock and lk_unlock is alone there.
#include "common.h"

struct counter {
    struct stage stage; // first
    struct lk_word word;
    uint32_t n;
};
static void *counter_setup(void)
{
    struct counter *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, 3);
    lk_init(t, &s->word);
    stage_begin(&s->stage);
    return s;
}
static void counter_run(void *state, unsigned thread)
{
    struct counter *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard g = {};
    lk_lock(t, &s->word, &g);
    sync_set(s->n, sync_get(s->n) + 1);
    lk_unlock(t, &s->word, &g);
    stage_leave(t);
}
static void counter_finish(void *state)
{
    struct counter *s = state;
    struct thread *t = stage_back(&s->stage);
    sync_check(s->n == 3, "an increment under the lock was lost");
    lk_destroy(t, &s->word);
    stage_close(&s->stage);
}
static const struct sim_scenario lock_unlock = {
    .name = "lock_unlock",
    .summary = "three threads increment a number under a lock",
    .omitted = UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES), "this lock scheme does not exclude"),
    .threads = 3,
    .setup = counter_setup,
    .run = counter_run,
    .finish = counter_finish,
};
SIM_SCENARIO(lock_unlock);
