// SPDX-License-Identifier: MIT
//
// Small histories of threads on one list or dictionary: under every schedule some order of the
// operations must explain all answers (tests/linear.h). The threads know the containers already.
// The clock that tells what was over before what began also orders it, so stale values show in
// reads.c rather than here.
#include "common.h"

#include "../linear.h"

enum { MOST = 12 };
struct scene {
    struct stage stage; // first
    struct linear_world w;
    struct linear_operation operation[MOST];
    unsigned planned, per_thread;
    uint64_t before;
};

#define UNLESS_EXCLUDES \
    UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES), "this lock scheme does not exclude")

static void history_setup(struct scene *s, const struct linear_operation *plan, unsigned per_thread)
{
    struct thread *t = stage_as(&s->stage, 0);
    linear_open(t, &s->w);
    struct linear_operation first[] = {
        {.kind = LIST_APPEND, .value = 1},
        {.kind = LIST_APPEND, .value = 2},
        {.kind = DICT_SET, .at = 0, .value = 1},
    };
    bool of_dict = plan[0].kind >= LIST_KINDS;
    for (unsigned i = of_dict ? 2 : 0; i < (of_dict ? 3 : 2); i++) {
        linear_do(t, &s->w, &first[i]);
        linear_apply(&first[i], &s->before);
    }
    s->per_thread = per_thread;
    s->planned = per_thread * s->stage.threads;
    for (unsigned i = 0; i < s->planned; i++)
        s->operation[i] = plan[i];
    for (unsigned i = 1; i <= s->stage.threads; i++) {
        t = stage_as(&s->stage, i);
        for (unsigned k = 0; k < LINEAR_KEYS; k++) {
            linear_value(t, list_get(t, s->w.list, k));
            linear_value(t, dict_get(t, s->w.dict, s->w.key[k]));
        }
    }
    stage_as(&s->stage, 0);
}
static void history_run(struct scene *s, struct thread *t, unsigned thread)
{
    for (unsigned i = 0; i < s->per_thread; i++)
        linear_step(t, &s->w, &s->operation[(thread - 1) * s->per_thread + i]);
    thread_safepoint(t);
}
static void history_ends(struct scene *s, struct thread *t)
{
    unsigned n = s->planned;
    for (unsigned k = 0; k < LINEAR_KEYS; k++, n++) {
        s->operation[n].kind = s->operation[0].kind < LIST_KINDS ? LIST_GET : DICT_GET;
        s->operation[n].at = k;
        linear_step(t, &s->w, &s->operation[n]);
    }
    sync_check(linearizable(s->operation, n, s->before), "no order explains a history");
    linear_close(t, &s->w);
}

#define HISTORY(name_, threads_, per_thread_, summary_, ...)                     \
    static void name_##_setup(struct scene *s)                                   \
    {                                                                            \
        static const struct linear_operation plan[] = {__VA_ARGS__};             \
        _Static_assert(sizeof plan / sizeof plan[0] == threads_ * per_thread_ && \
                           threads_ * per_thread_ + LINEAR_KEYS <= MOST,         \
                       "a history has a place for each operation");              \
        history_setup(s, plan, per_thread_);                                     \
    }                                                                            \
    static void name_##_run(struct scene *s, struct thread *t, unsigned i)       \
    {                                                                            \
        history_run(s, t, i);                                                    \
    }                                                                            \
    SCENE(name_, threads_, UNLESS_EXCLUDES, history_ends, summary_)

// clang-format off
HISTORY(history_of_ends, 3, 2, "a list: appended to, popped and read by one thread each",
    {.kind = LIST_APPEND, .value = 3}, {.kind = LIST_APPEND, .value = 4},
    {.kind = LIST_POP}, {.kind = LIST_POP},
    {.kind = LIST_GET, .at = 2}, {.kind = LIST_GET, .at = 1});
HISTORY(history_of_elements, 3, 2, "a list: an element is set by two threads and read by one",
    {.kind = LIST_SET, .at = 0, .value = 3}, {.kind = LIST_POP},
    {.kind = LIST_SET, .at = 0, .value = 4}, {.kind = LIST_GET, .at = 1},
    {.kind = LIST_GET, .at = 0}, {.kind = LIST_GET, .at = 0});
HISTORY(history_of_clear, 3, 2, "a list: cleared and filled while its length is asked",
    {.kind = LIST_CLEAR}, {.kind = LIST_APPEND, .value = 3},
    {.kind = LIST_APPEND, .value = 4}, {.kind = LIST_GET, .at = 0},
    {.kind = LIST_LENGTH}, {.kind = LIST_GET, .at = 1});
HISTORY(history_of_a_key, 3, 2, "a dictionary: a key set, removed and read by one thread each",
    {.kind = DICT_SET, .at = 0, .value = 3}, {.kind = DICT_SET, .at = 1, .value = 4},
    {.kind = DICT_REMOVE, .at = 0}, {.kind = DICT_GET, .at = 1},
    {.kind = DICT_GET, .at = 0}, {.kind = DICT_CONTAINS, .at = 0});
HISTORY(history_of_two_keys, 3, 2, "a dictionary: cleared, or a key removed, while keys are set and read",
    {.kind = LINEAR_CLEARS_KEYS ? DICT_CLEAR : DICT_REMOVE}, {.kind = DICT_GET, .at = 1},
    {.kind = DICT_SET, .at = 1, .value = 3}, {.kind = DICT_GET, .at = 0},
    {.kind = DICT_GET, .at = 1}, {.kind = DICT_GET, .at = 0});
HISTORY(history_of_places, 2, 2, "a list: inserted into by one thread, an element popped and one read by another",
    {.kind = LINEAR_MOVES ? LIST_INSERT : LIST_APPEND, .at = 0, .value = 3}, {.kind = LIST_GET, .at = 1},
    {.kind = LINEAR_MOVES ? LIST_POP_AT : LIST_POP, .at = 0}, {.kind = LIST_GET, .at = 0});
HISTORY(history_of_defaults, 3, 2, "a dictionary: two threads give a key a first value, one pops what is there",
    {.kind = DICT_SETDEFAULT, .at = 1, .value = 3}, {.kind = DICT_GET, .at = 1},
    {.kind = DICT_SETDEFAULT, .at = 1, .value = 4}, {.kind = DICT_POP, .at = 0},
    {.kind = DICT_POP, .at = 1}, {.kind = DICT_SETDEFAULT, .at = 0, .value = 5});
// clang-format on
