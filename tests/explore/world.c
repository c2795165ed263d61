// SPDX-License-Identifier: MIT
//
// What cell.h composes for all schemes: threads that come and go, their slots and ids, and a world
// that is stopped. Here the pair's refcount scheme is one that stops the world, whatever it says of
// itself.
#include "../../strategies/rc.h"

#define WORLD_STRING_(x) #x
#define WORLD_STRING(x)  WORLD_STRING_(x)
// clang-format off
#ifndef RC_HEADER
#define RC_HEADER WORLD_STRING(refcount/RC_SCHEME.h)
#endif
#include RC_HEADER
// clang-format on
enum { TRAITS_STOPPING = RC_TRAITS | RC_STOPS };
#undef RC_TRAITS
#define RC_TRAITS TRAITS_STOPPING

#include "common.h"

// --- the world is stopped
// -------------------------------------------------------------------------

enum { MUTATORS = SIM_THREADS_MAX };
struct stopped {
    struct stage stage; // first
    // Each mutator has a pair of its own, whose parts are equal whenever it passes a safepoint; who
    // stopped the world may read and write them all.
    uint32_t a[MUTATORS], b[MUTATORS];
};
static void change(struct stopped *s, unsigned i)
{
    sync_set(s->a[i], sync_get(s->a[i]) + 1);
    sync_set(s->b[i], sync_get(s->b[i]) + 1);
}
static void stop_and_change(struct thread *t, struct stopped *s)
{
    world_stop(t);
    for (unsigned i = 1; i < MUTATORS; i++) {
        sync_check(sync_get(s->a[i]) == sync_get(s->b[i]), "the world stopped within a change");
        change(s, i);
    }
    world_start(t);
}
// Of `threads` scenario threads the first `attached` are attached; the others attach themselves.
static void *stopped_setup(unsigned attached)
{
    struct stopped *s = sync_alloc(sizeof *s);
    stage_open(&s->stage, attached);
    stage_begin(&s->stage);
    return s;
}
static void stopped_finish(void *state)
{
    struct stopped *s = state;
    stage_back(&s->stage);
    for (unsigned i = 1; i < MUTATORS; i++)
        sync_check(s->a[i] == s->b[i], "a change was lost");
    stage_close(&s->stage);
}

static void *all_setup(void)
{
    return stopped_setup(3);
}
static void answer_run(void *state, unsigned thread)
{
    struct stopped *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        stop_and_change(t, s);
    } else {
        change(s, thread);
        if (thread == 2) {
            thread_safepoint(t);
        } else {
            lk_blocking_begin(t);
            lk_blocking_end(t);
        }
        change(s, thread);
    }
    stage_leave(t);
}
static const struct sim_scenario world_stops = {
    .name = "world_stops",
    .summary = "one thread stops the world, one passes a safepoint, one blocks",
    .omitted = UNLESS_THREADED,
    .threads = 3,
    .setup = all_setup,
    .run = answer_run,
    .finish = stopped_finish,
};
SIM_SCENARIO(world_stops);

static void stoppers_run(void *state, unsigned thread)
{
    struct stopped *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 3)
        change(s, thread);
    else
        stop_and_change(t, s);
    stage_leave(t);
}
static const struct sim_scenario two_stoppers = {
    .name = "two_stoppers",
    .summary = "two threads stop the world beside a third one",
    .omitted = UNLESS_THREADED,
    .threads = 3,
    .setup = all_setup,
    .run = stoppers_run,
    .finish = stopped_finish,
};
SIM_SCENARIO(two_stoppers);

static void *newcomer_setup(void)
{
    return stopped_setup(1);
}
static void newcomer_run(void *state, unsigned thread)
{
    struct stopped *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        stop_and_change(t, s);
        stage_leave(t);
    } else {
        change(s, thread);
        stage_exit(&s->stage, thread);
    }
}
static const struct sim_scenario stop_newcomer = {
    .name = "stop_newcomer",
    .summary = "the world is stopped while a thread attaches, works and detaches",
    .omitted = UNLESS_THREADED,
    .threads = 2,
    .setup = newcomer_setup,
    .run = newcomer_run,
    .finish = stopped_finish,
};
SIM_SCENARIO(stop_newcomer);

// --- the world is stopped, and threads hold locks
// -------------------------------------------------------------------------

#define EXCLUDES PAIR_HAS(LK_TRAITS, LK_EXCLUDES)
#define SUSPENDS PAIR_HAS(LK_TRAITS, LK_SUSPENDS)

enum { GUARDED = 4 }; // the pairs from there are not a mutator's but a lock's
struct held {
    struct stopped stopped; // first
    struct lk_word word[2];
};
static void *held_setup(void)
{
    struct held *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stopped.stage, 3);
    lk_init(t, &s->word[0]);
    lk_init(t, &s->word[1]);
    stage_begin(&s->stopped.stage);
    return s;
}
// Two nest, in any order if the scheme allows it. One of them passes a safepoint in there, the
// other one stops the world itself, as a collection would; and so does who holds nothing.
static void held_run(void *state, unsigned thread)
{
    struct held *s = state;
    struct thread *t = stage_enter(&s->stopped.stage, thread);
    struct lk_guard outer, inner;
    if (thread == 3) {
        stop_and_change(t, &s->stopped);
    } else {
        unsigned first = SUSPENDS ? thread - 1 : 0, second = 1 - first;
        lk_lock(t, &s->word[first], &outer);
        change(&s->stopped, GUARDED + first);
        lk_lock(t, &s->word[second], &inner);
        change(&s->stopped, GUARDED + second);
        if (thread == 1)
            thread_safepoint(t);
        else
            stop_and_change(t, &s->stopped);
        change(&s->stopped, GUARDED + second);
        lk_unlock(t, &s->word[second], &inner);
        change(&s->stopped, GUARDED + first);
        lk_unlock(t, &s->word[first], &outer);
    }
    stage_leave(t);
}
static void held_finish(void *state)
{
    struct held *s = state;
    struct thread *t = stage_back(&s->stopped.stage);
    lk_destroy(t, &s->word[0]);
    lk_destroy(t, &s->word[1]);
    stage_leave(t);
    stopped_finish(state);
}
static const struct sim_scenario stopped_in_locks = {
    .name = "stopped_in_locks",
    .summary = "three threads stop the world or pass a safepoint, two of them in nested locks",
    .omitted = UNLESS(EXCLUDES, "this lock scheme does not exclude"),
    .threads = 3,
    .setup = held_setup,
    .run = held_run,
    .finish = held_finish,
};
SIM_SCENARIO(stopped_in_locks);

// --- threads come and go
// --------------------------------------------------------------------------

struct slots {
    struct stage stage;                  // first
    uint32_t lives[SIM_THREADS_MAX + 1]; // by id: plain, of the thread that has it
};
static void *slots_setup(void)
{
    struct slots *s = sync_alloc(sizeof *s);
    stage_open(&s->stage, 1);
    stage_begin(&s->stage);
    return s;
}
static void come_and_go(struct slots *s, unsigned thread)
{
    struct thread *t = stage_enter(&s->stage, thread);
    uintptr_t id = thread_id(t);
    sync_check(thread_of_id(t, id) == t, "a thread does not find itself");
    sync_check(thread_nth(t, (unsigned)id - 1) == t, "a thread does not find itself attached");
    sync_set(s->lives[id], sync_get(s->lives[id]) + 1);
    stage_exit(&s->stage, thread);
}
static void slots_run(void *state, unsigned thread)
{
    struct slots *s = state;
    if (thread != 1) {
        come_and_go(s, thread);
        return;
    }
    struct thread *t = stage_enter(&s->stage, thread);
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        struct thread *other = thread_slot(t, i);
        sync_check(other != NULL && thread_id(other) == i + 1, "a slot that is used is empty");
        other = thread_nth(t, i);
        sync_check(other == NULL || thread_id(other) == i + 1, "an attached thread has no id");
    }
    stage_leave(t);
}
static void slots_finish(void *state)
{
    struct slots *s = state;
    struct thread *t = stage_back(&s->stage);
    unsigned lives = 0;
    for (unsigned i = 1; i <= SIM_THREADS_MAX; i++)
        lives += s->lives[i];
    sync_check(lives == 2 && thread_slots(t) <= 4 + BACKGROUND, "two threads had one id");
    stage_close(&s->stage);
}
static const struct sim_scenario slots_taken = {
    .name = "slots_taken",
    .summary = "two threads attach, work and detach; a third one looks at all slots",
    .omitted = UNLESS_THREADED,
    .threads = 3,
    .setup = slots_setup,
    .run = slots_run,
    .finish = slots_finish,
};
SIM_SCENARIO(slots_taken);
