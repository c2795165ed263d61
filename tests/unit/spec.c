// SPDX-License-Identifier: MIT
//
// Specifications of cells, over schemes and workloads of the test's own: they
// stand in the catalogue beside the tree's, with the traits that the rules ask
// for.
#include "spec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../strategies/pair.h"
#include "programs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SCHEME(id, ...)                                                        \
    static const struct scheme id = {                                          \
        .name = #id, .summary = "of the test", .source = "test", __VA_ARGS__}; \
    static const struct scheme *const id##_entry                               \
        __attribute__((used, section(CATALOGUE_SECTION))) = &id;

SCHEME(t_alone, .kind = REFCOUNT, .traits = RC_FREES | RC_COUNTS | RC_WEAK)
SCHEME(t_shared, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_COUNTS | RC_WEAK)
SCHEME(t_try, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_COUNTS | RC_TRY_FREED)
SCHEME(t_held, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_COUNTS | RC_TRY_HELD)
SCHEME(t_keeps, .kind = REFCOUNT, .traits = RC_SHARED | RC_COUNTS, .alloc = "t_whole")
SCHEME(t_points, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_PROTECTS,
       .reclaim = "t_hazards", .alloc = "t_stable")
SCHEME(t_visits, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_CYCLES | RC_VISITS,
       .alloc = "t_shows")
SCHEME(t_defers, .kind = REFCOUNT, .traits = RC_SHARED | RC_FREES | RC_DEFERS, .alloc = "t_stable")

SCHEME(t_free, .kind = LOCK, .traits = 0)
SCHEME(t_excludes, .kind = LOCK, .traits = LK_EXCLUDES)
SCHEME(t_turns, .kind = LOCK, .traits = LK_EXCLUDES | LK_TURNS)
SCHEME(t_global, .kind = LOCK, .traits = LK_EXCLUDES | LK_GLOBAL)
SCHEME(t_isolated, .kind = LOCK, .traits = LK_EXCLUDES | LK_ISOLATED)
SCHEME(t_optimistic, .kind = LOCK, .traits = LK_EXCLUDES | LK_OPTIMISTIC, .alloc = "t_stable")
SCHEME(t_crossed, .kind = LOCK, .traits = LK_EXCLUDES | LK_DEADLOCKS)
SCHEME(t_waits, .kind = LOCK, .traits = LK_EXCLUDES | LK_GRACE, .reclaim = "t_epochs",
       .alloc = "t_whole")

SCHEME(t_urcu, .kind = LOCK, .traits = LK_EXCLUDES | LK_GRACE | LK_URCU)

SCHEME(t_nothing, .kind = RECLAIM, .traits = 0)
SCHEME(t_epochs, .kind = RECLAIM, .traits = RL_GRACE)
SCHEME(t_hazards, .kind = RECLAIM, .traits = RL_PROTECTS)
SCHEME(t_clock, .kind = RECLAIM, .traits = RL_STAMPS)
SCHEME(t_local, .kind = RECLAIM, .traits = RL_GRACE | RL_TLS)
SCHEME(t_qsbr, .kind = RECLAIM, .traits = RL_GRACE | RL_URCU)

SCHEME(t_malloc, .kind = ALLOC, .traits = 0)
SCHEME(t_whole, .kind = ALLOC, .traits = AL_WHOLE)
SCHEME(t_stable, .kind = ALLOC, .traits = AL_TYPE_STABLE)
SCHEME(t_stamped, .kind = ALLOC, .traits = AL_STAMPS)
SCHEME(t_shows, .kind = ALLOC, .traits = AL_VISITS)
SCHEME(t_unlocked, .kind = ALLOC, .traits = AL_UNLOCKED)

static const struct param two_params[] = {
    {"size", "bytes", 8, 4096, 64}, {"share", "percent", 0, 100, 50}, {0}};
static const struct param no_params[] = {{0}};

#define WORK(id, list, bits)                                             \
    static const struct workload id = {.name = #id,                      \
                                       .summary = "of the test",         \
                                       .source = "test",                 \
                                       .operation = "nothing",           \
                                       .needs = (bits),                  \
                                       .params = (list)};                \
    static const struct cell_program id##_program = {.workload = &(id)}; \
    static const struct cell_program *const id##_entry                   \
        __attribute__((used, section(RUN_SECTION))) = &id##_program;

WORK(t_simple, two_params, 0)
WORK(t_bare, no_params, 0)
WORK(t_container, no_params, NEEDS_EXCLUSION)
WORK(t_sharing, no_params, NEEDS_SHARING)
WORK(t_weak, no_params, NEEDS_WEAK)
WORK(t_twice, no_params, NEEDS_TWICE)
WORK(t_rings, no_params, NEEDS_CYCLES)
WORK(t_pairs, no_params, NEEDS_EXCLUSION | NEEDS_PAIRS)

static const char *load_nothing(const struct run *run)
{
    (void)run;
    return NULL;
}
static const struct workload t_runs = {.name = "t_runs",
                                       .summary = "of the test",
                                       .source = "test",
                                       .operation = "nothing",
                                       .params = no_params,
                                       .load = load_nothing};
static const struct cell_program t_runs_program = {.workload = &t_runs};
static const struct cell_program *const t_runs_entry __attribute__((used, section(RUN_SECTION))) =
    &t_runs_program;

// "REFCOUNT+LOCK[+RECLAIMER+ALLOC]"; what is not named stays open.
static struct spec make(const struct workload *w, const char *pair, unsigned threads)
{
    struct spec s;
    char text[200], *save, *word = text;
    struct error e;

    spec_start(&s, w);
    s.threads = threads;
    snprintf(text, sizeof text, "%s", pair);
    word = strtok_r(text, "+", &save);
    for (int kind = REFCOUNT; word != NULL; kind++, word = strtok_r(NULL, "+", &save))
        if (!spec_scheme(&s, (enum scheme_kind)kind, word, &e))
            fail_msg("%s", e.text);
    return s;
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' does not say '%s'", text, part);
}

// --- completion --------------------------------------------------------------------------------

static void test_start(void **state)
{
    struct spec s;

    (void)state;
    memset(&s, 0xff, sizeof s);
    spec_start(&s, &t_simple);
    assert_ptr_equal(s.workload, &t_simple);
    assert_string_equal(s.allocator->name, "glibc");
    assert_string_equal(s.placement->name, "cores");
    assert_int_equal(s.threads, 1);
    assert_int_equal(s.param[0], 64);
    assert_int_equal(s.param[1], 50);
    for (int kind = 0; kind < SCHEME_KINDS; kind++)
        assert_null(s.scheme[kind]);
}

static void test_completion(void **state)
{
    static const struct {
        const char *asked, *lock, *reclaim, *alloc;
    } known[] = {
        {"t_shared", "none", "immediate", "system"},
        {"t_keeps", "none", "immediate", "t_whole"},
        {"t_points", "none", "t_hazards", "t_stable"},
        {"t_shared+t_free", "t_free", "immediate", "system"},
        {"t_shared+t_optimistic", "t_optimistic", "immediate", "t_stable"},
        {"t_try+t_optimistic", "t_optimistic", "immediate", "t_stable"},
        // the refcount scheme's choice of an allocator comes before the lock
        // scheme's
        {"t_shared+t_waits", "t_waits", "t_epochs", "t_whole"},
        {"t_keeps+t_optimistic", "t_optimistic", "immediate", "t_whole"},
        // what was chosen stays
        {"t_shared+t_waits+t_epochs+t_malloc", "t_waits", "t_epochs", "t_malloc"},
        {"t_shared+t_free+t_nothing+t_whole", "t_free", "t_nothing", "t_whole"},
        {"t_shared+t_free+t_nothing", "t_free", "t_nothing", "system"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct spec s = make(&t_bare, known[i].asked, 1);
        struct error e = {""};

        if (!spec_complete(&s, &e))
            fail_msg("%s: %s", known[i].asked, e.text);
        assert_string_equal(s.scheme[LOCK]->name, known[i].lock);
        assert_string_equal(s.scheme[RECLAIM]->name, known[i].reclaim);
        assert_string_equal(s.scheme[ALLOC]->name, known[i].alloc);
    }
}

// And of a reclaimer the lock scheme's, which has to be told apart from a wrong
// pair.
static void test_whose_reclaimer(void **state)
{
    struct spec s = make(&t_bare, "t_points+t_waits", 1);
    struct error e = {""};

    (void)state;
    assert_false(spec_complete(&s, &e));
    assert_string_equal(s.scheme[RECLAIM]->name, "t_epochs");
    assert_string_equal(s.scheme[ALLOC]->name, "t_stable");
    assert_says(e.text, "protects single pointers");
}

static void test_lock_must_be_given(void **state)
{
    struct spec s = make(&t_bare, "t_alone", 1);
    struct error e = {""};

    (void)state;
    assert_true(spec_complete(&s, &e));
    assert_string_equal(s.scheme[LOCK]->name, "none");
    s = make(&t_bare, "t_alone", 2);
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "t_alone+none");
    assert_says(e.text, "2 threads");
    assert_says(e.text, "--lock must be given");
    assert_says(e.text, "t_global");
    assert_says(e.text, "t_isolated");
    assert_says(e.text, "gil");
    assert_null(strstr(e.text, "t_excludes"));
    s = make(&t_container, "t_shared", 2);
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "t_excludes");
    assert_null(strstr(e.text, "t_free"));
}

static void test_no_lock_is_valid(void **state)
{
    struct spec s = make(&t_weak, "t_try", 1);
    struct error e = {""};

    (void)state;
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "weak references");
    assert_says(e.text, "no lock scheme helps, refcount schemes valid here: ");
}

// --- rules -------------------------------------------------------------------------------------

#define RULE_TEXT(ok, text) text,
static const char *const rules[] = {PAIR_RULES(RULE_TEXT, 0, 0, 0, 0) PAIR_WORKLOAD_RULES(
    RULE_TEXT, 0, 0, 0) PAIR_THREAD_RULES(RULE_TEXT, 0, 0, 0, 0)};

// Each pair is refused with that reason and, with its remedy, is not.
static const struct refusal {
    const struct workload *workload;
    const char *pair;
    unsigned threads;
    const char *reason, *remedy;
    unsigned remedy_threads;
} refusals[] = {
    {&t_bare, "t_keeps+t_free+t_nothing+t_malloc", 1, "given back whole",
     "t_keeps+t_free+t_nothing+t_whole", 1},
    {&t_bare, "t_keeps+t_global+t_nothing+t_stable", 2, "given back whole",
     "t_shared+t_global+t_nothing+t_stable", 2},
    {&t_bare, "t_try+t_optimistic+t_epochs+t_malloc", 1, "type-stable allocator",
     "t_try+t_optimistic+t_epochs+t_stable", 1},
    {&t_bare, "t_try+t_optimistic+t_epochs+t_whole", 1, "type-stable allocator",
     "t_shared+t_optimistic+t_epochs+t_whole", 1},
    {&t_bare, "t_held+t_optimistic+t_epochs+t_stable", 1, "objects that may be freed",
     "t_held+t_excludes+t_epochs+t_stable", 1},
    {&t_bare, "t_shared+t_waits+t_nothing+t_malloc", 1, "reclaimer with grace periods",
     "t_shared+t_waits+t_epochs+t_malloc", 1},
    {&t_bare, "t_shared+t_waits+t_hazards+t_malloc", 1, "reclaimer with grace periods",
     "t_shared+t_excludes+t_hazards+t_malloc", 1},
    {&t_bare, "t_shared+t_urcu+t_epochs+t_malloc", 1, "whose readers are liburcu's",
     "t_shared+t_urcu+t_qsbr+t_malloc", 1},
    {&t_bare, "t_points+t_free+t_epochs+t_malloc", 1, "protects single pointers",
     "t_points+t_free+t_hazards+t_malloc", 1},
    {&t_bare, "t_shared+t_free+t_epochs+t_stamped", 1, "reclaimer with stamps",
     "t_shared+t_free+t_clock+t_stamped", 1},
    {&t_bare, "t_visits+t_free+t_nothing+t_malloc", 1, "allocator that shows its blocks",
     "t_visits+t_free+t_nothing+t_shows", 1},
    {&t_bare, "t_defers+t_free+t_nothing+t_malloc", 1, "needs a type-stable allocator",
     "t_defers+t_free+t_nothing+t_stable", 1},
    {&t_weak, "t_try+t_global+t_nothing+t_malloc", 1, "weak references",
     "t_shared+t_global+t_nothing+t_malloc", 1},
    {&t_twice, "t_shared+t_free+t_local+t_malloc", 1, "attaches a thread of the system twice",
     "t_shared+t_free+t_epochs+t_malloc", 1},
    {&t_twice, "t_shared+t_free+t_local+t_malloc", 2, "attaches a thread of the system twice",
     "t_shared+t_free+t_clock+t_malloc", 2},
    {&t_rings, "t_shared+t_free+t_nothing+t_malloc", 1, "collects cycles, or never frees",
     "t_visits+t_free+t_nothing+t_shows", 1},
    {&t_rings, "t_shared+t_free+t_nothing+t_malloc", 1, "collects cycles, or never frees",
     "t_keeps+t_free+t_nothing+t_whole", 1},
    {&t_bare, "t_alone+t_free+t_nothing+t_malloc", 2, "refcount scheme needs a global lock",
     "t_alone+t_free+t_nothing+t_malloc", 1},
    {&t_bare, "t_alone+t_excludes+t_nothing+t_malloc", 1000, "refcount scheme needs a global lock",
     "t_alone+t_global+t_nothing+t_malloc", 1000},
    {&t_bare, "t_alone+t_excludes+t_nothing+t_malloc", 2, "refcount scheme needs a global lock",
     "t_alone+t_isolated+t_nothing+t_malloc", 2},
    {&t_container, "t_shared+t_free+t_nothing+t_malloc", 2, "a lock scheme that excludes",
     "t_shared+t_excludes+t_nothing+t_malloc", 2},
    {&t_container, "t_shared+t_free+t_nothing+t_malloc", 3, "a lock scheme that excludes",
     "t_shared+t_free+t_nothing+t_malloc", 1},
    {&t_pairs, "t_shared+t_crossed+t_nothing+t_malloc", 2, "would deadlock",
     "t_shared+t_excludes+t_nothing+t_malloc", 2},
    {&t_pairs, "t_shared+t_crossed+t_nothing+t_malloc", 2, "would deadlock",
     "t_shared+t_crossed+t_nothing+t_malloc", 1},
    {&t_sharing, "t_shared+t_isolated+t_nothing+t_malloc", 2, "which isolated heaps cannot",
     "t_shared+t_isolated+t_nothing+t_malloc", 1},
    {&t_pairs, "t_shared+t_crossed+t_nothing+t_malloc", 2, "would deadlock",
     "t_shared+t_excludes+t_nothing+t_malloc", 2},
    {&t_pairs, "t_shared+t_crossed+t_nothing+t_malloc", 2, "would deadlock",
     "t_shared+t_crossed+t_nothing+t_malloc", 1},
    {&t_sharing, "t_shared+t_isolated+t_nothing+t_malloc", 2, "which isolated heaps cannot",
     "t_shared+t_free+t_nothing+t_malloc", 2},
    {&t_bare, "t_shared+t_excludes+t_nothing+t_unlocked", 2, "allocator needs a global lock",
     "t_shared+t_excludes+t_nothing+t_unlocked", 1},
    {&t_bare, "t_shared+t_excludes+t_nothing+t_unlocked", 2, "allocator needs a global lock",
     "t_shared+t_global+t_nothing+t_unlocked", 2},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *r = &refusals[i];
        struct spec s = make(r->workload, r->pair, r->threads);
        struct error e = {""};

        if (spec_valid(&s, &e))
            fail_msg("%s is valid", r->pair);
        assert_says(e.text, r->reason);
        assert_says(e.text, r->pair);
        assert_says(e.text, r->workload->name);
        // the same when nothing is left to be completed
        e.text[0] = '\0';
        assert_false(spec_complete(&s, &e));
        assert_says(e.text, r->reason);
        s = make(r->workload, r->remedy, r->remedy_threads);
        e.text[0] = '\0';
        if (!spec_valid(&s, &e))
            fail_msg("%s", e.text);
    }
}

// The only rule of its kind.
static void test_crowds(void **state)
{
    struct spec s = make(&t_container, "t_shared+t_turns+t_nothing+t_malloc", 3);
    struct error e = {""};

    (void)state;
    assert_true(spec_valid(&s, &e));
    assert_true(spec_fits(&s, 3, &e));
    assert_true(spec_fits(&s, 4, &e));
    assert_true(spec_fits(&s, 0, &e)); // nobody knows
    assert_false(spec_fits(&s, 2, &e));
    assert_says(e.text, "t_container with t_shared+t_turns");
    assert_says(e.text, "and 3 threads on 2 CPUs: ");
    assert_says(e.text, "no more threads than CPUs");
    assert_false(spec_fits(&s, 1, &e));
    assert_says(e.text, "and 3 threads on 1 CPU: ");
    s.threads = 1;
    assert_true(spec_fits(&s, 1, &e));
    s = make(&t_container, "t_shared+t_excludes+t_nothing+t_malloc", 3);
    assert_true(spec_fits(&s, 2, &e));
}

static void test_every_rule_is_tested(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        bool known = false;

        for (size_t k = 0; k < COUNT(refusals); k++)
            known |= strstr(rules[i], refusals[k].reason) != NULL;
        if (!known)
            fail_msg("no case for '%s'", rules[i]);
    }
}

// --- names -------------------------------------------------------------------------------------

static void test_unknown_names(void **state)
{
    const struct workload *w;
    struct spec s = make(&t_simple, "t_shared", 1);
    struct error e;
    size_t n;
    const struct workload *const *works = catalogue_workloads(&n);

    (void)state;
    assert_false(spec_workload("nonsense", &w, &e));
    assert_says(e.text, "no workload 'nonsense'");
    for (size_t i = 0; i < n; i++)
        assert_says(e.text, works[i]->name);
    assert_false(spec_workload("", &w, &e));
    assert_says(e.text, "no workload ''");
    assert_false(spec_workload("t_simpl", &w, &e));
    assert_true(spec_workload("t_simple", &w, &e));
    assert_ptr_equal(w, &t_simple);

    for (int kind = 0; kind < SCHEME_KINDS; kind++) {
        const struct scheme *const *all = catalogue_schemes((enum scheme_kind)kind, &n);

        assert_in_range(n, 4, 400);
        assert_false(spec_scheme(&s, (enum scheme_kind)kind, "nonsense", &e));
        assert_says(e.text, "'nonsense'");
        assert_says(e.text, catalogue_kind((enum scheme_kind)kind));
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(all[i]->kind, kind);
            assert_says(e.text, all[i]->name);
            if (i > 0)
                assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
        }
    }
    // of another kind
    assert_false(spec_scheme(&s, LOCK, "t_shared", &e));
    assert_false(spec_scheme(&s, REFCOUNT, "t_global", &e));

    assert_false(spec_allocator(&s, "nonsense", &e));
    assert_says(e.text, "no allocator 'nonsense'; known: glibc");
    assert_true(spec_allocator(&s, "jemalloc", &e));
    assert_false(spec_placement(&s, "nonsense", &e));
    assert_says(e.text, "compact cores one_per_cache package scatter smt");
    assert_false(spec_placement(&s, "0,", &e));
    assert_says(e.text, "placement '0,'");
    assert_true(spec_placement(&s, "1,0", &e));
    assert_true(spec_placement(&s, "scatter", &e));
    assert_false(spec_memory(&s, "nonsense", &e));
    assert_string_equal(e.text, "no memory 'nonsense'; known: first_touch bound interleaved");
    assert_true(spec_memory(&s, "bound", &e));
    assert_string_equal(s.memory->name, "bound");
}

static void test_params(void **state)
{
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {
        {"sizes", "8", "known: size share"},
        {"", "8", "known: size share"},
        {"size", "7", "from 8 to 4096"},
        {"size", "4097", "from 8 to 4096"},
        {"size", "-8", "from 8 to 4096"},
        {"size", "", "from 8 to 4096"},
        {"size", "64k", "'64k'"},
        {"size", "1e3", "'1e3'"},
        {"size", " 64", "' 64'"},
        {"size", "99999999999999999999999", "parameter size"},
        {"share", "101", "from 0 to 100"},
    };
    struct spec s = make(&t_simple, "t_shared", 1);
    struct error e;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(spec_param(&s, wrong[i].name, wrong[i].value, &e));
        assert_says(e.text, wrong[i].says);
        assert_int_equal(s.param[0], 64);
        assert_int_equal(s.param[1], 50);
    }
    assert_true(spec_param(&s, "size", "8", &e) && s.param[0] == 8);
    assert_true(spec_param(&s, "size", "4096", &e) && s.param[0] == 4096);
    assert_true(spec_param(&s, "share", "0", &e) && s.param[1] == 0);
    s = make(&t_bare, "t_shared", 1);
    assert_false(spec_param(&s, "size", "8", &e));
    assert_says(e.text, "known: none");
    assert_int_equal(spec_param_index(&t_simple, "share"), 1);
    assert_int_equal(spec_param_index(&t_simple, "shar"), -1);
    assert_int_equal(spec_param_index(&t_bare, ""), -1);
}

static void test_threads(void **state)
{
    static const char *const wrong[] = {
        "0", "-1", "1001", "", "two", "2 ", " 2", "2.0", "+2", "0x2", "18446744073709551617"};
    struct error e;
    unsigned n = 77;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(spec_threads(wrong[i], &n, &e));
        assert_says(e.text, "from 1 to 1000");
        assert_says(e.text, wrong[i]);
        assert_int_equal(n, 77);
    }
    assert_true(spec_threads("1", &n, &e) && n == 1);
    assert_true(spec_threads("1000", &n, &e) && n == 1000);
}

static void test_copy_and_extra(void **state)
{
    static const char *const wrong[] = {"-1", "101", "", "one", "1 ", "5%", "0.5", "0x1"};
    struct error e;
    unsigned n = 77;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(spec_copy(wrong[i], &n, &e));
        assert_says(e.text, "copy: '");
        assert_says(e.text, wrong[i]);
        assert_says(e.text, "from 0 to 99");
        assert_false(spec_extra(wrong[i], &n, &e));
        assert_says(e.text, "extra: '");
        assert_says(e.text, wrong[i]);
        assert_says(e.text, "from 0 to 100");
        assert_int_equal(n, 77);
    }
    assert_false(spec_copy("100", &n, &e));
    assert_true(spec_copy("0", &n, &e) && n == 0);
    assert_true(spec_copy("99", &n, &e) && n == 99);
    assert_true(spec_extra("100", &n, &e) && n == 100);
    assert_true(spec_extra("0", &n, &e) && n == 0);
}

// --- numbers -----------------------------------------------------------------------------------

static void test_parse_u64(void **state)
{
    static const char *const wrong[] = {"",
                                        " ",
                                        "-",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1\n",
                                        "1.0",
                                        "1e1",
                                        "0x1",
                                        "one",
                                        "1,000",
                                        "nan",
                                        "inf",
                                        "-18446744073709551615",
                                        "18446744073709551616",
                                        "99999999999999999999999999999999999999999"};
    uint64_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (parse_u64(wrong[i], 0, UINT64_MAX, &n))
            fail_msg("'%s' is %ju", wrong[i], (uintmax_t)n);
    assert_true(parse_u64("0", 0, 0, &n) && n == 0);
    assert_true(parse_u64("18446744073709551615", 0, UINT64_MAX, &n) && n == UINT64_MAX);
    assert_true(parse_u64("007", 1, 10, &n) && n == 7);
    assert_false(parse_u64("0", 1, 10, &n));
    assert_true(parse_u64("1", 1, 10, &n) && n == 1);
    assert_true(parse_u64("10", 1, 10, &n) && n == 10);
    assert_false(parse_u64("11", 1, 10, &n));
}

static void test_parse_time(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } right[] = {
        {"1", 1000000000},       {"1s", 1000000000},  {"0.02", 20000000},
        {"0.001s", 1000000},     {"1e-3", 1000000},   {"2m", 120000000000},
        {"1.5h", 5400000000000}, {"0.000001", 1000},  {"1e-6s", 1000},
        {"24h", 86400000000000}, {"3.", 3000000000u}, {"720h", 2592000000000000},
    };
    static const char *const wrong[] = {
        "",      " ",        "s",      "1 s",
        "1ss",   "1x",       "1d",     "1S",
        "one",   "0",        "0s",     "-1",
        "-0",    "+1",       " 1",     "1 ",
        "1,5",   "nan",      "nan(1)", "inf",
        "-inf",  "infinity", "1e999",  "1e-999",
        "1e-7",  "999h",     "1e15",   "0x10",
        "0x1p3", "1.2.3",    "1e",     "99999999999999999999999999h",
    };
    struct error e;
    uint64_t ns;

    (void)state;
    for (size_t i = 0; i < COUNT(right); i++) {
        ns = 0;
        if (!parse_time("--time", right[i].text, &ns, &e) || ns != right[i].ns)
            fail_msg("'%s' is %ju ns", right[i].text, (uintmax_t)ns);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ns = 77;
        if (parse_time("--time", wrong[i], &ns, &e))
            fail_msg("'%s' is %ju ns", wrong[i], (uintmax_t)ns);
        assert_says(e.text, "--time: '");
        assert_says(e.text, wrong[i]);
        assert_int_equal(ns, 77);
    }
}

// --- names of cells ----------------------------------------------------------------------------

static void test_key_and_pair(void **state)
{
    struct spec s = make(&t_simple, "t_shared", 1);
    char text[SPEC_TEXT];
    struct error e;

    (void)state;
    assert_true(spec_complete(&s, &e));
    spec_key(&s, text);
    assert_string_equal(text, "t_simple t_shared+none+immediate+system allocator=glibc threads=1 "
                              "placement=cores size=64 share=50");
    spec_pair(&s, text);
    assert_string_equal(text, "t_shared+none");

    // the pair names reclaimer and allocator where one of them is not the default
    assert_true(spec_scheme(&s, ALLOC, "t_whole", &e));
    spec_pair(&s, text);
    assert_string_equal(text, "t_shared+none+immediate+t_whole");
    assert_true(spec_scheme(&s, ALLOC, "system", &e) && spec_scheme(&s, RECLAIM, "t_clock", &e));
    spec_pair(&s, text);
    assert_string_equal(text, "t_shared+none+t_clock+system");
    s = make(&t_bare, "t_keeps+t_optimistic+immediate+t_whole", 16);
    spec_pair(&s, text);
    assert_string_equal(text, "t_keeps+t_optimistic");
    // a malloc, threads and a placement are no other program
    assert_true(spec_allocator(&s, "mimalloc", &e) && spec_placement(&s, "compact", &e));
    spec_pair(&s, text);
    assert_string_equal(text, "t_keeps+t_optimistic");
    spec_key(&s, text);
    assert_string_equal(text, "t_bare t_keeps+t_optimistic+immediate+t_whole allocator=mimalloc "
                              "threads=16 placement=compact");
    // memory is named where it is not as usual
    assert_true(spec_memory(&s, "bound", &e));
    spec_key(&s, text);
    assert_string_equal(text, "t_bare t_keeps+t_optimistic+immediate+t_whole allocator=mimalloc "
                              "threads=16 placement=compact memory=bound");
    // copies and extra costs at the end, where there are some; the program is the same
    s.copy = 1;
    spec_key(&s, text);
    assert_string_equal(text, "t_bare t_keeps+t_optimistic+immediate+t_whole allocator=mimalloc "
                              "threads=16 placement=compact memory=bound copy=1");
    s.extra = 5;
    spec_key(&s, text);
    assert_string_equal(text, "t_bare t_keeps+t_optimistic+immediate+t_whole allocator=mimalloc "
                              "threads=16 placement=compact memory=bound copy=1 extra=5");
    spec_pair(&s, text);
    assert_string_equal(text, "t_keeps+t_optimistic");
    s = make(&t_simple, "t_shared+none+immediate+system", 1);
    s.extra = 100;
    spec_key(&s, text);
    assert_string_equal(text, "t_simple t_shared+none+immediate+system allocator=glibc threads=1 "
                              "placement=cores size=64 share=50 extra=100");
    s = make(&t_bare, "t_keeps+t_optimistic+immediate+t_stable", 1);
    spec_pair(&s, text);
    assert_string_equal(text, "t_keeps+t_optimistic+immediate+t_stable");
}

// Which workloads have a runtime and a program, and how these are told.
static void test_programs(void **state)
{
    struct program fib = {.name = "fib", .bytecode = -1};
    struct spec s;
    struct error e;
    char text[SPEC_TEXT];

    (void)state;
    spec_start(&s, &t_runs);
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "t_runs is built for a runtime");
    assert_says(e.text, "gil-3.12 ");
    assert_false(spec_runtime(&s, "gil", &e));
    assert_says(e.text, "no runtime 'gil'; known: gil-1.4 ");
    assert_true(spec_runtime(&s, "gil-1.4", &e));
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "which program?");
    assert_false(spec_program(&s, "../programs/fib", &e));
    assert_says(e.text, "no program '../programs/fib'; known:");
    s.program = &fib;
    assert_true(spec_complete(&s, &e));
    spec_cell(&s, text);
    assert_string_equal(text, "gil-1.4");
    spec_key(&s, text);
    assert_string_equal(text, "t_runs plain+gil_ticks+immediate+pool allocator=glibc threads=1 "
                              "placement=cores runtime=gil-1.4 program=fib");
    json_t *json = spec_json(&s);
    assert_string_equal(json_string_value(json_object_get(json, "runtime")), "gil-1.4");
    assert_string_equal(json_string_value(json_object_get(json, "program")), "fib");
    assert_string_equal(json_string_value(json_object_get(json, "lock")), "gil_ticks");
    json_decref(json);

    // for another workload a runtime is its four schemes
    spec_start(&s, &t_bare);
    assert_true(spec_runtime(&s, "gil-1.4", &e) && spec_complete(&s, &e));
    spec_cell(&s, text);
    assert_string_equal(text, "plain+gil_ticks+immediate+pool");
    spec_key(&s, text);
    assert_says(text, " runtime=gil-1.4");
    s.program = &fib;
    assert_false(spec_complete(&s, &e));
    assert_says(e.text, "t_bare runs no programs");
}

static void test_files(void **state)
{
    struct error e;

    (void)state;
    assert_null(program_file("/nonsense/x.py", &e));
    assert_says(e.text, "'/nonsense/x.py': No such file");
    assert_null(program_file("", &e));
    assert_null(program_file("/tmp", &e));
    assert_says(e.text, "it is a directory");
    char path[] = "/tmp/it's \xff\n\xc3\xa9-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct program *p = program_file(path, &e);
    unlink(path);
    assert_non_null(p);
    assert_string_equal(p->path, path);
    assert_memory_equal(p->name,
                        "it's ???"
                        "?-",
                        10);
    assert_int_equal(p->bytecode, -1);
    struct spec s = make(&t_simple, "t_shared+none+immediate+system", 1);
    s.program = p;
    json_t *json = spec_json(&s);
    assert_true(json_is_string(json_object_get(json, "program")));
    json_decref(json);
    free((char *)p->name);
    free((char *)p->path);
    free(p);
}

// The longest name of each kind: what stands at the end is still there, and no parameter of a
// workload can be taken for it.
static void test_longest_key(void **state)
{
    char cpus[PLACEMENT_TEXT], text[SPEC_TEXT + 8];
    struct error e;
    size_t n, m;
    const struct workload *const *w = catalogue_workloads(&n);

    (void)state;
    memset(cpus, 0, sizeof cpus);
    for (unsigned i = 0; strlen(cpus) + 4 < sizeof cpus; i++)
        snprintf(cpus + strlen(cpus), sizeof cpus - strlen(cpus), "%s%u", i > 0 ? "," : "", 2 * i);
    for (size_t i = 0; i < n; i++) {
        struct spec s;

        spec_start(&s, w[i]);
        s.threads = THREADS_MOST;
        for (unsigned k = 0; w[i]->params[k].name != NULL; k++) {
            s.param[k] = w[i]->params[k].most;
            assert_string_not_equal(w[i]->params[k].name, "copy");
            assert_string_not_equal(w[i]->params[k].name, "extra");
            assert_string_not_equal(w[i]->params[k].name, "runtime");
            assert_string_not_equal(w[i]->params[k].name, "program");
        }
        for (int kind = 0; kind < SCHEME_KINDS; kind++) {
            const struct scheme *const *all = catalogue_schemes((enum scheme_kind)kind, &m);
            for (size_t k = 0; k < m; k++)
                if (s.scheme[kind] == NULL || strlen(all[k]->name) > strlen(s.scheme[kind]->name))
                    s.scheme[kind] = all[k];
        }
        const struct allocator *a = allocator_all(&m);
        for (size_t k = 0; k < m; k++)
            if (strlen(a[k].name) > strlen(s.allocator->name))
                s.allocator = &a[k];
        if (!spec_placement(&s, cpus, &e))
            fail_msg("%s", e.text);
        assert_true(spec_memory(&s, "interleaved", &e));
        char name[PROGRAM_TEXT] = "", longest[PROGRAM_TEXT] = "";
        memset(name, 'p', sizeof name - 1);
        memset(longest, 'r', sizeof longest - 1);
        s.program = &(struct program){.name = name};
        s.runtime = &(struct runtime){.name = longest};
        s.copy = COPIES_MOST;
        s.extra = EXTRA_MOST;
        memset(text, '#', sizeof text);
        spec_key(&s, text);
        assert_true(strlen(text) < SPEC_TEXT);
        assert_string_equal(text + strlen(text) - 18, " copy=99 extra=100");
        assert_true(text[SPEC_TEXT] == '#');
    }
}

static void test_json(void **state)
{
    struct spec s = make(&t_simple, "t_shared+t_excludes+t_clock+t_stamped", 3);
    json_t *json, *expected;

    (void)state;
    s.param[1] = 99;
    json = spec_json(&s);
    expected = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:{s:i, s:i}}", "workload",
                         "t_simple", "rc", "t_shared", "lock", "t_excludes", "reclaimer", "t_clock",
                         "alloc", "t_stamped", "allocator", "glibc", "threads", 3, "placement",
                         "cores", "memory", "first_touch", "params", "size", 64, "share", 99);
    assert_true(json_equal(json, expected));
    json_decref(json);
    s.copy = 2;
    json = spec_json(&s);
    json_object_set_new(expected, "copy", json_integer(2));
    assert_true(json_equal(json, expected));
    json_decref(json);
    s.copy = 0;
    s.extra = 5;
    json = spec_json(&s);
    json_object_del(expected, "copy");
    json_object_set_new(expected, "extra", json_integer(5));
    assert_true(json_equal(json, expected));
    json_decref(json);
    json_decref(expected);
    s = make(&t_bare, "t_shared+t_excludes+t_clock+t_stamped", 1);
    json = spec_json(&s);
    assert_true(json_is_object(json_object_get(json, "params")));
    assert_int_equal(json_object_size(json_object_get(json, "params")), 0);
    json_decref(json);
}

// An error's text is cut where it must be, and ends.
static void test_long_names(void **state)
{
    static char name[10000];
    const struct workload *w;
    struct spec s = make(&t_simple, "t_shared", 1);
    struct error e;
    uint64_t ns;

    (void)state;
    memset(name, 'x', sizeof name - 1);
    assert_false(spec_workload(name, &w, &e));
    assert_true(strlen(e.text) < sizeof e.text);
    assert_false(spec_scheme(&s, REFCOUNT, name, &e));
    assert_false(spec_param(&s, name, "1", &e));
    assert_false(spec_param(&s, "size", name, &e));
    assert_false(spec_threads(name, &s.threads, &e));
    memset(name, '9', sizeof name - 1);
    assert_false(parse_time("time", name, &ns, &e));
    assert_false(parse_u64(name, 0, UINT64_MAX, &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_whose_reclaimer),
        cmocka_unit_test(test_lock_must_be_given),
        cmocka_unit_test(test_no_lock_is_valid),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_crowds),
        cmocka_unit_test(test_every_rule_is_tested),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_copy_and_extra),
        cmocka_unit_test(test_parse_u64),
        cmocka_unit_test(test_parse_time),
        cmocka_unit_test(test_key_and_pair),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_longest_key),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
