// SPDX-License-Identifier: MIT
//
// Small histories of several threads on one list and one dictionary, each of which must be
// linearizable (tests/linear.h); and that a history which is not is told.
#include "common.h"

#include "../linear.h"

#define EXCLUDES                                                       \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, \
                            NEEDS_EXCLUSION | NEEDS_SHARING))

// The list is emptied between rounds, so that it never has more elements than its model.
enum { TEAM = 3, STEPS = 4, LAST = LINEAR_KEYS, ROUNDS = LARGE(600, 200) };

struct histories {
    struct linear_world w;
    bool of_dict;
    struct phase round[TEAM + 1]; // that each thread has come to; the last one: that is begun
    struct linear_operation operation[TEAM * STEPS + LAST];
};

// What is done next. A list gets no more elements than its model has: so many of each thread.
enum { MOST = LINEAR_ELEMENTS / TEAM };
static void choose(struct thread *t, struct linear_operation *o, bool of_dict, unsigned value,
                   unsigned *added)
{
    uint64_t r = sync_rand(t);
    unsigned first = of_dict ? DICT_SET : LIST_APPEND, n = LINEAR_KINDS - LIST_KINDS;
    o->value = value;
    o->at = (unsigned)(r >> 32) % LINEAR_KEYS;
    o->kind = (enum linear_kind)(first + (unsigned)(r % n));
    // few that empty it, many that put something in or look at it
    if ((o->kind == LIST_CLEAR || o->kind == DICT_CLEAR) && r >> 62 != 0)
        o->kind = of_dict ? DICT_GET : LIST_GET;
    if (!LINEAR_MOVES && (o->kind == LIST_INSERT || o->kind == LIST_POP_AT))
        o->kind = LIST_APPEND;
    if ((o->kind == LIST_APPEND || o->kind == LIST_INSERT) && ++*added > MOST)
        o->kind = LIST_POP;
    if (o->kind == DICT_LENGTH && !LINEAR_COUNTS_KEYS)
        o->kind = DICT_GET;
    if (o->kind == DICT_CLEAR && !LINEAR_CLEARS_KEYS)
        o->kind = DICT_REMOVE;
}
static void take_part(struct thread *t, void *argument, unsigned index)
{
    struct histories *h = argument;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        unsigned added = 0;
        phase_await(t, &h->round[TEAM], round);
        for (unsigned i = 0; i < STEPS; i++) {
            struct linear_operation *o = &h->operation[index * STEPS + i];
            choose(t, o, h->of_dict, (round * TEAM * STEPS + index * STEPS + i) % 62 + 1,
                   &added);
            for (uint64_t pauses = sync_rand(t) % 32; pauses != 0; pauses--)
                sync_pause();
            linear_step(t, &h->w, o);
        }
        thread_safepoint(t);
        phase_set(&h->round[index], round);
    }
}
static void histories_are_linearizable(bool of_dict)
{
    struct histories *h = sync_alloc(sizeof *h);
    struct team team = {.work = take_part, .argument = h, .n = TEAM};
    struct thread *t = open_world();
    linear_open(t, &h->w);
    h->of_dict = of_dict;
    team_start(t, &team);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        list_clear(t, h->w.list);
        uint64_t before = of_dict ? linear_dict_state(t, &h->w) : 0;
        phase_set(&h->round[TEAM], round);
        for (unsigned i = 0; i < TEAM; i++)
            phase_await(t, &h->round[i], round);
        // what is left at the end is looked at by later operations of the same history
        for (unsigned i = 0; i < LAST; i++) {
            struct linear_operation *o = &h->operation[TEAM * STEPS + i];
            o->kind = of_dict ? DICT_GET : LIST_GET;
            o->at = i;
            linear_step(t, &h->w, o);
        }
        sync_check(linearizable(h->operation, TEAM * STEPS + LAST, before),
                   "no order explains a history");
        thread_safepoint(t);
    }
    team_join(t, &team);
    linear_close(t, &h->w);
    close_world(t);
    sync_free(h);
}
static void lists_are_linearizable(void **state)
{
    (void)state;
    histories_are_linearizable(false);
}
static void dictionaries_are_linearizable(void **state)
{
    (void)state;
    histories_are_linearizable(true);
}

// A value is back after another one was found in its place: both reads came after both writes.
static void what_is_not_is_told(void **state)
{
    struct linear_operation o[] = {
        {.kind = DICT_SET, .at = 0, .value = 1, .answer = 1, .from = 0, .to = 5},
        {.kind = DICT_SET, .at = 0, .value = 2, .answer = 0, .from = 1, .to = 6},
        {.kind = DICT_GET, .at = 0, .answer = 2, .from = 2, .to = 3},
        {.kind = DICT_GET, .at = 0, .answer = 1, .from = 4, .to = 7},
    };
    (void)state;
    assert_false(linearizable(o, 4, 0));
    o[2].answer = 1;
    o[3].answer = 2;
    assert_true(linearizable(o, 4, 0));
    struct linear_operation popped_twice[] = {
        {.kind = LIST_APPEND, .value = 7, .answer = 1, .from = 0, .to = 1},
        {.kind = LIST_POP, .answer = 7, .from = 2, .to = 4},
        {.kind = LIST_POP, .answer = 7, .from = 3, .to = 5},
    };
    assert_false(linearizable(popped_twice, 3, 0));
    popped_twice[2].answer = 0;
    assert_true(linearizable(popped_twice, 3, 0));
    struct linear_operation late[] = {
        {.kind = LIST_SET, .at = 0, .value = 9, .answer = 1, .from = 0, .to = 1},
        {.kind = LIST_GET, .at = 0, .answer = 3, .from = 2, .to = 3},
    };
    uint64_t one_element = linear_with(0, linear_element(0), 3) + 1;
    assert_false(linearizable(late, 2, one_element));
    late[1].from = 0;
    assert_true(linearizable(late, 2, one_element));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WHEN(true, what_is_not_is_told),
        WHEN(EXCLUDES, lists_are_linearizable),
        WHEN(EXCLUDES, dictionaries_are_linearizable),
    };
    return RUN("linearizable", tests);
}
