// SPDX-License-Identifier: MIT
//
// Litmus tests of the explorer's memory model (harness/sim/order.c): what C11 allows appears, what
// it forbids never does. Each program is run under random and PCT policies, and under every
// schedule; the axioms (oracle.h) are asked too. Small programs made by chance are explored
// completely, and must have exactly the outcomes that the axioms allow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../harness/sync.h"

#include "../../harness/sim/core.h"
#include "oracle.h"

enum { RUNS = 100000, SCHEDULES_MAX = 1 << 20 };

// --- one access of a run-time order: compilers take an order that is no constant for seq_cst
// --------

struct memory {
    _Atomic(uint32_t) at[LOCATIONS];
};

static uint32_t load(_Atomic(uint32_t) *p, int o)
{
    switch (o) {
    case memory_order_relaxed:
        return atomic_load_explicit(p, memory_order_relaxed);
    case memory_order_acquire:
        return atomic_load_explicit(p, memory_order_acquire);
    default:
        return atomic_load_explicit(p, memory_order_seq_cst);
    }
}
static void store(_Atomic(uint32_t) *p, uint32_t v, int o)
{
    switch (o) {
    case memory_order_relaxed:
        atomic_store_explicit(p, v, memory_order_relaxed);
        break;
    case memory_order_release:
        atomic_store_explicit(p, v, memory_order_release);
        break;
    default:
        atomic_store_explicit(p, v, memory_order_seq_cst);
    }
}
static void fence(int o)
{
    switch (o) {
    case memory_order_acquire:
        sync_fence(memory_order_acquire);
        break;
    case memory_order_release:
        sync_fence(memory_order_release);
        break;
    case memory_order_acq_rel:
        sync_fence(memory_order_acq_rel);
        break;
    default:
        sync_fence(memory_order_seq_cst);
    }
}
#define EACH_ORDER(x)                                                       \
    x(memory_order_relaxed) x(memory_order_acquire) x(memory_order_release) \
        x(memory_order_acq_rel) x(memory_order_seq_cst)
static uint32_t exchange(_Atomic(uint32_t) *p, uint32_t v, int o)
{
    switch (o) {
#define ONE(order) \
    case order:    \
        return atomic_exchange_explicit(p, v, order);
        EACH_ORDER(ONE)
#undef ONE
    }
    abort();
}
static uint32_t add(_Atomic(uint32_t) *p, uint32_t v, int o)
{
    switch (o) {
#define ONE(order) \
    case order:    \
        return atomic_fetch_add_explicit(p, v, order);
        EACH_ORDER(ONE)
#undef ONE
    }
    abort();
}
static bool cas(_Atomic(uint32_t) *p, uint32_t *e, uint32_t v, bool weak, int o, int failing)
{
    switch (o << 8 | failing) {
#define TWO(o, f)                                                          \
    case o << 8 | f:                                                       \
        return weak ? atomic_compare_exchange_weak_explicit(p, e, v, o, f) \
                    : atomic_compare_exchange_strong_explicit(p, e, v, o, f);
#define ONE(order)                   \
    TWO(order, memory_order_relaxed) \
    TWO(order, memory_order_acquire) \
    TWO(order, memory_order_seq_cst)
        EACH_ORDER(ONE)
#undef ONE
#undef TWO
    }
    abort();
}

// --- a program as a scenario
// ----------------------------------------------------------------------

static struct program program;
static struct outcomes seen;
static uint64_t outcome; // of the last schedule
static unsigned read_value[OPS_MAX];
static bool succeeded[OPS_MAX];

static void *make_memory(void)
{
    return sync_alloc(sizeof(struct memory));
}
static void run_program(void *state, unsigned thread)
{
    struct memory *m = state;
    for (unsigned i = 0; i < program.n; i++) {
        const struct op *o = &program.op[i];
        _Atomic(uint32_t) *p = &m->at[o->location];
        uint32_t expected = o->expected;
        if (o->thread != thread)
            continue;
        switch (o->kind) {
        case LOAD:
            read_value[i] = load(p, o->order);
            break;
        case STORE:
            store(p, o->value, o->order);
            break;
        case EXCHANGE:
            read_value[i] = exchange(p, o->value, o->order);
            break;
        case ADD:
            read_value[i] = add(p, o->value, o->order);
            break;
        case CAS:
        case WEAK:
            succeeded[i] = cas(p, &expected, o->value, o->kind == WEAK, o->order, o->failing);
            read_value[i] = expected;
            break;
        case FENCE:
            fence(o->order);
        }
    }
}
static void note_outcome(void *state)
{
    struct memory *m = state;
    unsigned last[LOCATIONS];
    for (unsigned i = 0; i < LOCATIONS; i++)
        last[i] = atomic_load_explicit(&m->at[i], memory_order_relaxed);
    outcome = outcome_of(&program, read_value, succeeded, last);
    outcome_add(&seen, outcome);
    sync_free(m);
}

static struct sim_result result;
static void prepare(const struct sim_scenario *s)
{
    if (!sim_prepare(s, &result))
        fail_msg("%s: %s", sim_failure_name(result.failure), result.text);
}
static void run_one(const struct sim_policy *p)
{
    sim_run(p, &result);
    if (result.failure != SIM_PASSED)
        fail_msg("%s: %s", sim_failure_name(result.failure), result.text);
}
static struct sim_policy policy(uint64_t seed)
{
    static const unsigned depth[] = {0, 2, 3, 5};
    return (struct sim_policy){
        .mode = seed % 4 == 0 ? SIM_RANDOM : SIM_PCT, .depth = depth[seed % 4], .seed = seed};
}

static void prepare_program(void)
{
    static struct sim_scenario scenario = {
        .name = "litmus", .setup = make_memory, .run = run_program, .finish = note_outcome};
    scenario.threads = program.threads;
    memset(&seen, 0, sizeof seen);
    memset(succeeded, 0, sizeof succeeded);
    prepare(&scenario);
}
// Every schedule, unless there are more than so many.
static bool run_all(uint64_t schedules)
{
    const struct sim_policy p = {.mode = SIM_EXHAUSTIVE, .depth = 1000};
    prepare_program();
    sim_first();
    do {
        if (schedules-- == 0)
            return false;
        run_one(&p);
    } while (sim_next(p.depth));
    return true;
}
// --- programs by chance
// -----------------------------------------------------------------------------

static uint64_t random_state;
static unsigned below(unsigned n)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) % n);
}
// 2 or 3 threads with 3 to 7 accesses of 1 to 3 locations. Some programs are rich in seq_cst, some
// in fences.
static struct program any_program(uint64_t seed)
{
    static const int of_load[] = {memory_order_relaxed, memory_order_acquire},
                     of_store[] = {memory_order_relaxed, memory_order_release},
                     of_both[] = {memory_order_relaxed, memory_order_acquire, memory_order_release,
                                  memory_order_acq_rel};
    random_state = seed;
    struct program p = {.threads = 2 + below(2), .n = 3 + below(5)};
    unsigned locations = 1 + below(4), sc = below(3) * 3, fences = below(2) * 3, written = 0;
    locations = locations > LOCATIONS ? 2 : locations;
    if (p.n < p.threads)
        p.n = p.threads;
    for (unsigned i = 0; i < p.n; i++) {
        static const enum kind kinds[] = {LOAD,  LOAD,     LOAD, STORE, STORE,
                                          STORE, EXCHANGE, ADD,  CAS,   WEAK};
        struct op *o = &p.op[i];
        o->thread = 1 + i * p.threads / p.n;
        o->kind = below(10) < fences ? FENCE : kinds[below(10)];
        o->location = o->kind == FENCE ? 0 : below(locations);
        o->order = o->kind == LOAD    ? of_load[below(2)]
                   : o->kind == STORE ? of_store[below(2)]
                   : o->kind == FENCE ? of_both[1 + below(3)]
                                      : of_both[below(4)];
        o->failing = of_load[below(2)];
        if (below(8) < sc)
            o->order = memory_order_seq_cst;
        if (below(8) < sc)
            o->failing = memory_order_seq_cst;
        if (o->kind != LOAD && o->kind != FENCE)
            o->value = ++written;
        if (o->kind == CAS || o->kind == WEAK)
            o->expected = below(written);
    }
    return p;
}

static void programs_by_chance_have_exactly_the_outcomes_that_are_allowed(void **state)
{
    static struct outcomes allowed, rc11;
    const char *from = getenv("LITMUS_SEED"), *many = getenv("LITMUS_PROGRAMS");
    unsigned first = from != NULL ? (unsigned)atoi(from) : 0,
             programs = many != NULL ? (unsigned)atoi(many) : 3000;
    unsigned compared = 0, more = 0, fewer = 0, differ = 0;
    (void)state;
    for (unsigned seed = first; seed < first + programs; seed++) {
        program = any_program(seed);
        if (!oracle(&program, 3000, &allowed, &rc11) || !run_all(20000))
            continue;
        compared++;
        bool bad = false;
        for (unsigned i = 0; i < OUTCOMES_MAX; i++) {
            if (allowed.at[i] != 0 && !outcome_in(&rc11, allowed.at[i])) {
                bad = true;
                printf("seed %u: %s: C++20 allows it, RC11 does not\n", seed,
                       outcome_text(&program, allowed.at[i]));
            }
            differ += rc11.at[i] != 0 && !outcome_in(&allowed, rc11.at[i]);
            if (seen.at[i] != 0 && !outcome_in(&allowed, seen.at[i])) {
                if (more++ < 10) {
                    bad = true;
                    printf("seed %u: %s: appears, but is forbidden%s\n", seed,
                           outcome_text(&program, seen.at[i]),
                           outcome_in(&rc11, seen.at[i]) ? " (not rc11)" : "");
                }
            }
            if (allowed.at[i] != 0 && !outcome_in(&seen, allowed.at[i])) {
                if (fewer++ < 10) {
                    bad = true;
                    printf("seed %u: %s: is allowed, but does not appear\n", seed,
                           outcome_text(&program, allowed.at[i]));
                }
            }
        }
        if (bad)
            print_program(&program);
    }
    printf("%u programs compared: %u outcomes too many, %u too few; %u of rc11 alone\n", compared,
           more, fewer, differ);
    assert_int_equal(more + fewer, 0);
}

// --- programs with names
// ----------------------------------------------------------------------------

enum { NEVER, APPEARS };
// clang-format off
static const struct litmus {
    const char *name, *program, *outcome;
    int expected;
} litmus[] = {
    // store buffering
    {"SB relaxed", "Wrlx:x1 Rrlx:y | Wrlx:y1 Rrlx:x", "00", APPEARS},
    {"SB release/acquire", "Wrel:x1 Racq:y | Wrel:y1 Racq:x", "00", APPEARS},
    {"SB seq_cst", "Wsc:x1 Rsc:y | Wsc:y1 Rsc:x", "00", NEVER},
    {"SB one load is acquire", "Wsc:x1 Racq:y | Wsc:y1 Rsc:x", "00", APPEARS},
    {"SB seq_cst fences", "Wrlx:x1 Fsc Rrlx:y | Wrlx:y1 Fsc Rrlx:x", "00", NEVER},
    {"SB one fence only", "Wrlx:x1 Fsc Rrlx:y | Wrlx:y1 Rrlx:x", "00", APPEARS},
    {"SB acq_rel fences", "Wrlx:x1 Facr Rrlx:y | Wrlx:y1 Facr Rrlx:x", "00", APPEARS},
    {"SB fence against seq_cst accesses", "Wsc:x1 Rsc:y | Wrlx:y1 Fsc Rrlx:x", "00", NEVER},
    {"SB seq_cst exchanges, relaxed loads", "Xsc:x1 Rrlx:y | Xsc:y1 Rrlx:x", "0000", APPEARS},
    {"SB seq_cst read-modify-writes", "Asc:x1 Rsc:y | Asc:y1 Rsc:x", "0000", NEVER},
    {"SB acq_rel read-modify-writes of one word", "Wrlx:x1 Aacr:z1 Rrlx:y | Wrlx:y1 Aacr:z1 Rrlx:x", ".0.0", NEVER},
    {"SB failing compare-exchange", "Wsc:x1 Csc/sc:y72 | Wsc:y1 Csc/sc:x72", "00", NEVER},
    {"SB failing compare-exchange, fails relaxed", "Wsc:x1 Csc/rlx:y72 | Wsc:y1 Csc/rlx:x72", "00", APPEARS},
    // message passing
    {"MP relaxed", "Wrlx:x1 Wrlx:y1 | Rrlx:y Rrlx:x", "10", APPEARS},
    {"MP release/acquire", "Wrlx:x1 Wrel:y1 | Racq:y Rrlx:x", "10", NEVER},
    {"MP release, relaxed load", "Wrlx:x1 Wrel:y1 | Rrlx:y Rrlx:x", "10", APPEARS},
    {"MP relaxed store, acquire", "Wrlx:x1 Wrlx:y1 | Racq:y Rrlx:x", "10", APPEARS},
    {"MP fences", "Wrlx:x1 Frel Wrlx:y1 | Rrlx:y Facq Rrlx:x", "10", NEVER},
    {"MP acq_rel fences", "Wrlx:x1 Facr Wrlx:y1 | Rrlx:y Facr Rrlx:x", "10", NEVER},
    {"MP release fence, acquire load", "Wrlx:x1 Frel Wrlx:y1 | Racq:y Rrlx:x", "10", NEVER},
    {"MP release store, acquire fence", "Wrlx:x1 Wrel:y1 | Rrlx:y Facq Rrlx:x", "10", NEVER},
    {"MP release fence before the data", "Frel Wrlx:x1 Wrlx:y1 | Racq:y Rrlx:x", "10", APPEARS},
    {"MP release fence behind the flag", "Wrlx:x1 Wrlx:y1 Frel | Racq:y Rrlx:x", "10", APPEARS},
    {"MP acquire fence before the flag", "Wrlx:x1 Wrel:y1 | Facq Rrlx:y Rrlx:x", "10", APPEARS},
    {"MP acquire fence behind the data", "Wrlx:x1 Wrel:y1 | Rrlx:y Rrlx:x Facq", "10", APPEARS},
    {"MP acquire fence where release is meant", "Wrlx:x1 Facq Wrlx:y1 | Racq:y Rrlx:x", "10", APPEARS},
    {"MP release fence where acquire is meant", "Wrlx:x1 Wrel:y1 | Rrlx:y Frel Rrlx:x", "10", APPEARS},
    {"MP seq_cst", "Wsc:x1 Wsc:y1 | Rsc:y Rsc:x", "10", NEVER},
    {"MP seq_cst data, relaxed flag", "Wsc:x1 Wrlx:y1 | Rrlx:y Rsc:x", "10", APPEARS},
    {"MP by exchange", "Wrlx:x1 Xrel:y1 | Xacq:y2 Rrlx:x", "010", NEVER},
    {"MP exchange without release", "Wrlx:x1 Xacq:y1 | Xacq:y2 Rrlx:x", "010", APPEARS},
    {"MP exchange without acquire", "Wrlx:x1 Xrel:y1 | Xrel:y2 Rrlx:x", "010", APPEARS},
    // load buffering: C11 allows the first one, the explorer does not produce it
    {"LB relaxed", "Rrlx:x Wrlx:y1 | Rrlx:y Wrlx:x1", "11", NEVER},
    {"LB release/acquire", "Racq:x Wrel:y1 | Racq:y Wrel:x1", "11", NEVER},
    // coherence
    {"stale load", "Wrlx:x1 Wrlx:x2 | Rrlx:x", "0", APPEARS},
    {"CoRR", "Wrlx:x1 | Rrlx:x Rrlx:x", "10", NEVER},
    {"CoRR two readers", "Wrlx:x1 | Wrlx:x2 | Rrlx:x Rrlx:x | Rrlx:x Rrlx:x", "1221", NEVER},
    {"CoRR through another thread", "Wrlx:x1 | Rrlx:x Wrel:y1 | Racq:y Rrlx:x", "110", NEVER},
    {"CoWR", "Wrlx:x1 Rrlx:x | Wrlx:x2", "0", NEVER},
    {"CoWR against the order of stores", "Wrlx:x1 Rrlx:x | Wrlx:x2", "2/1", NEVER},
    {"CoRW", "Rrlx:x Wrlx:x1 | Wrlx:x2", "2/2", NEVER},
    {"CoRW its own", "Rrlx:x Wrlx:x1 | Wrlx:x2", "1", NEVER},
    {"CoWW", "Wrlx:x1 Wrlx:x2 | Rrlx:y", "./1", NEVER},
    {"CoWW through another thread", "Wrlx:x1 Wrel:y1 | Racq:y Wrlx:x2", "1/1", NEVER},
    // independent reads of independent writes
    {"IRIW relaxed", "Wrlx:x1 | Wrlx:y1 | Rrlx:x Rrlx:y | Rrlx:y Rrlx:x", "1010", APPEARS},
    {"IRIW acquire", "Wrel:x1 | Wrel:y1 | Racq:x Racq:y | Racq:y Racq:x", "1010", APPEARS},
    {"IRIW seq_cst stores, acquire loads", "Wsc:x1 | Wsc:y1 | Racq:x Racq:y | Racq:y Racq:x", "1010", APPEARS},
    {"IRIW seq_cst", "Wsc:x1 | Wsc:y1 | Rsc:x Rsc:y | Rsc:y Rsc:x", "1010", NEVER},
    {"IRIW seq_cst fences", "Wrlx:x1 | Wrlx:y1 | Rrlx:x Fsc Rrlx:y | Rrlx:y Fsc Rrlx:x", "1010", NEVER},
    {"IRIW acq_rel fences", "Wrlx:x1 | Wrlx:y1 | Rrlx:x Facr Rrlx:y | Rrlx:y Facr Rrlx:x", "1010", APPEARS},
    // two writers of two
    {"2+2W relaxed", "Wrlx:x1 Wrlx:y2 | Wrlx:y1 Wrlx:x2", "/11", APPEARS},
    {"2+2W release", "Wrel:x1 Wrel:y2 | Wrel:y1 Wrel:x2", "/11", APPEARS},
    {"2+2W seq_cst", "Wsc:x1 Wsc:y2 | Wsc:y1 Wsc:x2", "/11", NEVER},
    {"2+2W seq_cst fences", "Wrlx:x1 Fsc Wrlx:y2 | Wrlx:y1 Fsc Wrlx:x2", "/11", NEVER},
    {"2+2W acq_rel fences", "Wrlx:x1 Facr Wrlx:y2 | Wrlx:y1 Facr Wrlx:x2", "/11", APPEARS},
    // write to read causality, and longer chains
    {"WRC relaxed", "Wrlx:x1 | Rrlx:x Wrlx:y1 | Rrlx:y Rrlx:x", "110", APPEARS},
    {"WRC release/acquire", "Wrel:x1 | Racq:x Wrel:y1 | Racq:y Rrlx:x", "110", NEVER},
    {"ISA2", "Wrlx:x1 Wrel:y1 | Racq:y Wrel:z1 | Racq:z Rrlx:x", "110", NEVER},
    {"ISA2 relaxed load in the middle", "Wrlx:x1 Wrel:y1 | Rrlx:y Wrel:z1 | Racq:z Rrlx:x", "110", APPEARS},
    {"ISA2 one fence in the middle", "Wrlx:x1 Wrel:y1 | Rrlx:y Facr Wrlx:z1 | Racq:z Rrlx:x", "110", NEVER},
    {"RWC seq_cst fences", "Wrlx:x1 | Rrlx:x Fsc Rrlx:y | Wrlx:y1 Fsc Rrlx:x", "100", NEVER},
    {"RWC acq_rel fence", "Wrlx:x1 | Rrlx:x Facr Rrlx:y | Wrlx:y1 Fsc Rrlx:x", "100", APPEARS},
    {"W+RWC seq_cst fences", "Wrlx:x1 Wrel:z1 | Racq:z Fsc Rrlx:y | Wrlx:y1 Fsc Rrlx:x", "100", NEVER},
    {"W+RWC acq_rel fence", "Wrlx:x1 Wrel:z1 | Racq:z Facr Rrlx:y | Wrlx:y1 Fsc Rrlx:x", "100", APPEARS},
    {"S relaxed", "Wrlx:x2 Wrlx:y1 | Rrlx:y Wrlx:x1", "1/2", APPEARS},
    {"S release/acquire", "Wrlx:x2 Wrel:y1 | Racq:y Wrlx:x1", "1/2", NEVER},
    {"S seq_cst data, relaxed flag", "Wsc:x2 Wrlx:y1 | Rrlx:y Wsc:x1", "1/2", APPEARS},
    {"S seq_cst", "Wsc:x2 Wsc:y1 | Rsc:y Wsc:x1", "1/2", NEVER},
    {"R release/acquire", "Wrlx:x1 Wrel:y1 | Wrel:y2 Racq:x", "0/.2", APPEARS},
    {"R seq_cst", "Wsc:x1 Wsc:y1 | Wsc:y2 Rsc:x", "0/.2", NEVER},
    {"R seq_cst fences", "Wrlx:x1 Fsc Wrlx:y1 | Wrlx:y2 Fsc Rrlx:x", "0/.2", NEVER},
    {"Z6.U: a release store keeps seq_cst apart", "Wsc:x1 Wrel:y1 | Asc:y1 Rrlx:y | Wsc:y3 Rsc:x", "130", APPEARS},
    {"Z6.U with a seq_cst store", "Wsc:x1 Wsc:y1 | Asc:y1 Rsc:y | Wsc:y3 Rsc:x", "130", NEVER},
    // release sequences
    {"through a relaxed read-modify-write", "Wrlx:x1 Wrel:y1 | Arlx:y1 | Racq:y Rrlx:x", "120", NEVER},
    {"through two", "Wrlx:x1 Wrel:y1 | Arlx:y1 | Arlx:y1 | Racq:y Rrlx:x", "..30", NEVER},
    {"through one of the same thread", "Wrlx:x1 Wrel:y1 Arlx:y1 | Racq:y Rrlx:x", "120", NEVER},
    {"through a compare-exchange", "Wrlx:x1 Wrel:y1 | Crlx/rlx:y12 | Racq:y Rrlx:x", "B20", NEVER},
    {"headed by a fence", "Wrlx:x1 Frel Wrlx:y1 | Arlx:y1 | Racq:y Rrlx:x", "120", NEVER},
    {"read-modify-write behind a release fence", "Wrlx:x1 Frel Arlx:y1 | Racq:y Rrlx:x", "010", NEVER},
    {"two heads", "Wrlx:x1 Wrel:y1 | Wrlx:z1 Arel:y1 | Racq:y Rrlx:x Rrlx:z", "120.", NEVER},
    {"two heads, the second", "Wrlx:x1 Wrel:y1 | Wrlx:z1 Arel:y1 | Racq:y Rrlx:x Rrlx:z", "12.0", NEVER},
    {"not through a later store of the same thread", "Wrlx:x1 Wrel:y1 Wrlx:y2 | Racq:y Rrlx:x", "20", APPEARS},
    {"not through a store of another thread", "Wrlx:x1 Wrel:y1 | Rrlx:y Wrlx:y2 | Racq:y Rrlx:x", "120", APPEARS},
    {"not from its relaxed read-modify-writes", "Wrlx:z1 Arlx:y1 | Wrel:y1 | Racq:y Rrlx:z", "120", APPEARS},
    // read-modify-writes
    {"two additions", "Arlx:x1 | Arlx:x1", "../1", NEVER},
    {"two exchanges", "Xrlx:x1 | Xrlx:x2", "00", NEVER},
    {"a store between reading and writing", "Wrlx:x5 | Arlx:x1", "0/1", NEVER},
    {"before a store that the thread has not seen", "Wrlx:x5 Wrlx:y1 | Rrlx:y Arlx:x1", "10/5", APPEARS},
    {"not before one that it has seen", "Wrlx:x5 Wrel:y1 | Racq:y Arlx:x1", "10", NEVER},
    {"acquires", "Wrlx:x1 Wrel:y1 | Aacq:y1 Rrlx:x", "10", NEVER},
    {"does not acquire", "Wrlx:x1 Wrel:y1 | Arel:y1 Rrlx:x", "10", APPEARS},
    {"two compare-exchanges", "Crlx/rlx:x01 | Crlx/rlx:x02", "AA", NEVER},
    {"a strong one fails for a stale value", "Wrlx:x1 Wrlx:y1 | Rrlx:y Crlx/rlx:x12", "10", APPEARS},
    {"a strong one fails for no reason", "Wrlx:x1 | Crlx/rlx:x12", "1", NEVER},
    {"a weak one does", "Wrlx:x1 | Krlx/rlx:x12", "1", APPEARS},
    {"failing, acquire", "Wrlx:x1 Wrel:y1 | Crlx/acq:y02 Rrlx:x", "10", NEVER},
    {"failing, relaxed", "Wrlx:x1 Wrel:y1 | Cacq/rlx:y02 Rrlx:x", "10", APPEARS},
    {"succeeding, acquire", "Wrlx:x1 Wrel:y1 | Cacq/rlx:y12 Rrlx:x", "B0", NEVER},
    {"succeeding, relaxed", "Wrlx:x1 Wrel:y1 | Crlx/acq:y12 Rrlx:x", "B0", APPEARS},
    {"failing publishes nothing", "Wrlx:x1 Cacr/rlx:y72 Wrlx:z1 | Racq:z Rrlx:x", "010", APPEARS},
};
// clang-format on

static void named_programs(void **state)
{
    static struct outcomes allowed, rc11;
    unsigned wrong = 0;
    (void)state;
    for (unsigned i = 0; i < sizeof litmus / sizeof litmus[0]; i++) {
        const struct litmus *t = &litmus[i];
        bool appeared = false, exhaustively = false, by_axioms = false;
        program = parse(t->program);
        // by chance
        prepare_program();
        for (uint64_t seed = 0; seed < RUNS && !appeared; seed++) {
            struct sim_policy p = policy(seed);
            run_one(&p);
            appeared = outcome_matches(&program, outcome, t->outcome);
        }
        // all
        bool complete = run_all(SCHEDULES_MAX);
        oracle(&program, UINT64_MAX, &allowed, &rc11);
        for (unsigned k = 0; k < OUTCOMES_MAX; k++) {
            exhaustively |= seen.at[k] != 0 && outcome_matches(&program, seen.at[k], t->outcome);
            by_axioms |= allowed.at[k] != 0 && outcome_matches(&program, allowed.at[k], t->outcome);
        }
        if (appeared != t->expected || by_axioms != t->expected || exhaustively != t->expected ||
            !complete) {
            wrong++;
            printf("%s: %s %s: expected %d, axioms %d, by chance %d, %s %d\n", t->name, t->program,
                   t->outcome, t->expected, by_axioms, appeared, complete ? "all" : "not all",
                   exhaustively);
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_programs),
        cmocka_unit_test(programs_by_chance_have_exactly_the_outcomes_that_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
