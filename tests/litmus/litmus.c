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
#define ONE(success, failure)                                                          \
    case success << 8 | failure:                                                       \
        return weak ? atomic_compare_exchange_weak_explicit(p, e, v, success, failure) \
                    : atomic_compare_exchange_strong_explicit(p, e, v, success, failure);
        ONE(memory_order_relaxed, memory_order_relaxed)
        ONE(memory_order_acquire, memory_order_relaxed)
        ONE(memory_order_release, memory_order_relaxed)
        ONE(memory_order_acq_rel, memory_order_relaxed)
        ONE(memory_order_seq_cst, memory_order_relaxed)
        ONE(memory_order_acquire, memory_order_acquire)
        ONE(memory_order_release, memory_order_acquire)
        ONE(memory_order_acq_rel, memory_order_acquire)
        ONE(memory_order_seq_cst, memory_order_acquire)
        ONE(memory_order_seq_cst, memory_order_seq_cst)
#undef ONE
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
// What it does beside the accesses is nobody's business.
__attribute__((no_sanitize("thread"))) static void run_program(void *state, unsigned thread)
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
// 2 or 3 threads with 4 to 7 accesses of 2 or 3 locations, mostly of another one than before: what
// is only coherence seldom shows more. Some programs are rich in seq_cst, some in fences.
static struct program any_program(uint64_t seed)
{
    static const int of_load[] = {memory_order_relaxed, memory_order_acquire},
                     of_store[] = {memory_order_relaxed, memory_order_release},
                     of_both[] = {memory_order_relaxed, memory_order_acquire, memory_order_release,
                                  memory_order_acq_rel},
                     of_fence[] = {memory_order_acquire, memory_order_release,
                                   memory_order_acq_rel, memory_order_seq_cst,
                                   memory_order_seq_cst, memory_order_seq_cst};
    random_state = seed;
    struct program p = {.threads = 2 + below(2), .n = 4 + below(4)};
    unsigned locations = 2 + below(4) / 3, sc = below(3) * 7 / 2, fences = below(2) * 3, last = 0,
             written = 0;
    for (unsigned i = 0; i < p.n; i++) {
        static const enum kind kinds[] = {LOAD,  LOAD,  LOAD,     LOAD, STORE, STORE,
                                          STORE, STORE, EXCHANGE, ADD,  CAS,   WEAK};
        struct op *o = &p.op[i];
        o->thread = 1 + i * p.threads / p.n;
        o->kind = below(10) < fences ? FENCE : kinds[below(12)];
        if (o->kind != FENCE)
            o->location = last = (last + (below(4) != 0) + below(locations - 1)) % locations;
        o->order = o->kind == LOAD    ? of_load[below(2)]
                   : o->kind == STORE ? of_store[below(2)]
                   : o->kind == FENCE ? of_fence[below(6)]
                                      : of_both[below(4)];
        if (below(8) < sc)
            o->order = memory_order_seq_cst;
        if (o->order != memory_order_relaxed)
            o->failing = of_load[below(2)];
        if (o->order == memory_order_seq_cst && below(8) < sc)
            o->failing = memory_order_seq_cst;
        if (o->kind != LOAD && o->kind != FENCE)
            o->value = ++written;
        if (o->kind == CAS || o->kind == WEAK)
            o->expected = below(written);
    }
    return p;
}

static unsigned tell(unsigned seed, uint64_t wrong, const char *what)
{
    printf("program %u, outcome %s %s: ", seed, outcome_text(&program, wrong), what);
    print_program(&program);
    return 1;
}
static void programs_by_chance_have_exactly_the_outcomes_that_are_allowed(void **state)
{
    static struct outcomes allowed, rc11;
    const char *many = getenv("LITMUS_PROGRAMS");
    unsigned programs = many != NULL ? (unsigned)atoi(many) : 1000, compared = 0, wrong = 0;
    (void)state;
    for (unsigned seed = 0; seed < programs; seed++) {
        program = any_program(seed);
        if (!oracle(&program, 3000, &allowed, &rc11) || !run_all(20000))
            continue;
        compared++;
        for (unsigned i = 0; i < OUTCOMES_MAX; i++) {
            uint64_t may = allowed.at[i], has = seen.at[i];
            if (may != 0 && !outcome_in(&seen, may))
                wrong += tell(seed, may, "is allowed, and does not appear");
            if (may != 0 && !outcome_in(&rc11, may))
                wrong += tell(seed, may, "is allowed by C++20 and not by RC11");
            if (has != 0 && !outcome_in(&allowed, has))
                wrong += tell(seed, has, "appears, and is forbidden");
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(compared > programs / 2);
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
    {"a seq_cst store and an acquire load", "Wsc:x1 | Racq:x Rsc:y | Wsc:y1 Rsc:x", "100", APPEARS},
    {"a seq_cst store and a seq_cst load", "Wsc:x1 | Rsc:x Rsc:y | Wsc:y1 Rsc:x", "100", NEVER},
    // here the paper's axioms allow more than C++20
    {"a seq_cst load of what stands behind a seq_cst store", "Wrlx:x2 | Rsc:x Rsc:y | Wsc:y1 Wsc:x1", "20/2", NEVER},
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
    {"failing, acquire", "Wrlx:x1 Wrel:y1 | Crel/acq:y02 Rrlx:x", "10", NEVER},
    {"failing, relaxed", "Wrlx:x1 Wrel:y1 | Cacq/rlx:y02 Rrlx:x", "10", APPEARS},
    {"succeeding, acquire", "Wrlx:x1 Wrel:y1 | Cacq/rlx:y12 Rrlx:x", "B0", NEVER},
    {"succeeding, release", "Wrlx:x1 Wrel:y1 | Crel/acq:y12 Rrlx:x", "B0", APPEARS},
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

// --- races
// ----------------------------------------------------------------------------------------

// That the schedule came to what the scenario is about.
static bool reached;
static bool saw_zero[2];

struct cells {
    union {
        _Atomic(uint32_t) flag;
        uint32_t flag_bytes;
    };
    _Atomic(uint32_t) other, third;
    uint32_t data;
    union {
        uint64_t whole;
        _Atomic(uint32_t) half[2];
    };
    sync_mutex mutex[2];
};
static void *make_cells(void)
{
    struct cells *c = sync_alloc(sizeof *c);
    sync_mutex_init(&c->mutex[0]);
    sync_mutex_init(&c->mutex[1]);
    return c;
}
static void free_cells(void *state)
{
    sync_free(state);
}

// Message passing with plain data.
#define PASSING(name, stores, loads)                                 \
    static void name(void *state, unsigned thread)                   \
    {                                                                \
        struct cells *c = state;                                     \
        if (thread == 1) {                                           \
            sync_set(c->data, 1);                                    \
            atomic_store_explicit(&c->flag, 1, stores);              \
        } else if (atomic_load_explicit(&c->flag, loads) != 0) {     \
            reached = true;                                          \
            sync_check(sync_get(c->data) == 1, "the data is there"); \
        }                                                            \
    }
PASSING(pass_relaxed, memory_order_relaxed, memory_order_relaxed)
PASSING(pass_half, memory_order_release, memory_order_relaxed)
PASSING(pass_ordered, memory_order_release, memory_order_acquire)

static void pass_by_fences(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        sync_set(c->data, 1);
        sync_fence(memory_order_release);
        atomic_store_explicit(&c->flag, 1, memory_order_relaxed);
    } else if (atomic_load_explicit(&c->flag, memory_order_relaxed) != 0) {
        sync_fence(memory_order_acquire);
        reached = true;
        sync_check(sync_get(c->data) == 1, "the data is there");
    }
}
static void write_both(void *state, unsigned thread)
{
    struct cells *c = state;
    sync_set(c->data, thread);
}
static void read_both(void *state, unsigned thread)
{
    struct cells *c = state;
    (void)thread;
    reached |= sync_get(c->data) == 0;
}
static void write_atomic_and_plain(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        atomic_store_explicit(&c->flag, 1, memory_order_seq_cst);
    else
        atomic_init(&c->flag, 2);
}
static void load_against_init(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        reached |= atomic_load_explicit(&c->flag, memory_order_acquire) == 0;
    else
        atomic_init(&c->flag, 2);
}
static void store_against_plain_read(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        atomic_store_explicit(&c->flag, 1, memory_order_relaxed);
    else
        reached |= sync_get(c->flag_bytes) == 0;
}
#define EXCHANGING(name, expects)                                                                 \
    static void name(void *state, unsigned thread)                                                \
    {                                                                                             \
        struct cells *c = state;                                                                  \
        uint32_t expected = expects;                                                              \
        if (thread == 1)                                                                          \
            atomic_compare_exchange_strong_explicit(&c->flag, &expected, 8, memory_order_acq_rel, \
                                                    memory_order_relaxed);                        \
        else                                                                                      \
            reached |= sync_get(c->flag_bytes) == 0;                                              \
    }
EXCHANGING(succeeding_exchange_against_plain_read, 0)
EXCHANGING(failing_exchange_against_plain_read, 7)
static void addition_against_plain_read(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        atomic_fetch_add_explicit(&c->flag, 1, memory_order_relaxed);
    else
        reached |= sync_get(c->flag_bytes) == 0;
}
// The block of a cell is freed by the second of two threads, which drop a count each.
#define DROPPING(name, o)                                     \
    static void name(void *state, unsigned thread)            \
    {                                                         \
        struct cells *c = state;                              \
        (void)thread;                                         \
        if (atomic_fetch_add_explicit(&c->flag, 1, o) == 1) { \
            reached = true;                                   \
            sync_free(c);                                     \
        }                                                     \
    }
DROPPING(drop_relaxed, memory_order_relaxed)
DROPPING(drop_without_acquire, memory_order_release)
DROPPING(drop_without_release, memory_order_acquire)
DROPPING(drop_ordered, memory_order_acq_rel)
static void free_nothing(void *state)
{
    (void)state;
}
// What is published relaxed may not be looked into.
struct published {
    _Atomic(struct cells *) p;
};
static void *make_published(void)
{
    return sync_alloc(sizeof(struct published));
}
#define PUBLISHING(name, stores, loads)                                                       \
    static void name(void *state, unsigned thread)                                            \
    {                                                                                         \
        struct published *to = state;                                                         \
        if (thread == 1) {                                                                    \
            struct cells *c = sync_heap_alloc(sizeof *c);                                     \
            atomic_init(&c->flag, 3);                                                         \
            atomic_store_explicit(&to->p, c, stores);                                         \
            return;                                                                           \
        }                                                                                     \
        struct cells *c = atomic_load_explicit(&to->p, loads);                                \
        if (c != NULL) {                                                                      \
            reached = true;                                                                   \
            sync_check(atomic_load_explicit(&c->flag, memory_order_relaxed) == 3, "is made"); \
        }                                                                                     \
    }
PUBLISHING(publish_relaxed, memory_order_relaxed, memory_order_relaxed)
PUBLISHING(publish_ordered, memory_order_release, memory_order_acquire)
static void free_published(void *state)
{
    struct published *to = state;
    sync_free(atomic_load_explicit(&to->p, memory_order_relaxed));
    sync_free(to);
}
// Eight bytes are written at once, then their halves are used as atomics. The first thread that
// does so knows of the write, the other one does not.
static void write_whole(void *state, unsigned thread)
{
    struct cells *c = state;
    switch (thread) {
    case 1:
        sync_set(c->whole, 0);
        atomic_store_explicit(&c->flag, 1, memory_order_release);
        break;
    case 2:
        if (atomic_load_explicit(&c->flag, memory_order_acquire) == 0)
            return;
        atomic_store_explicit(&c->half[0], 1, memory_order_relaxed);
        atomic_store_explicit(&c->other, 1, memory_order_relaxed);
        break;
    default:
        if (atomic_load_explicit(&c->other, memory_order_relaxed) == 0)
            return;
        reached = true;
        atomic_store_explicit(&c->half[0], 2, memory_order_relaxed);
    }
}

// --- services
// ---------------------------------------------------------------------------------------

static void mutex_passes(void *state, unsigned thread)
{
    struct cells *c = state;
    sync_mutex_lock(&c->mutex[0]);
    uint32_t seen_data = sync_get(c->data);
    sync_set(c->data, seen_data + 1);
    sync_mutex_unlock(&c->mutex[0]);
    reached |= thread == 2 && seen_data == 1;
}
// A trylock that fails orders nothing.
static void trylock_fails(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        sync_set(c->data, 1);
        sync_mutex_lock(&c->mutex[0]);
        atomic_store_explicit(&c->flag, 1, memory_order_relaxed);
        sync_mutex_unlock(&c->mutex[0]);
    } else if (sync_mutex_trylock(&c->mutex[0])) {
        sync_mutex_unlock(&c->mutex[0]);
    } else {
        reached = true;
        sync_check(sync_get(c->data) == 1, "the data is there");
    }
}
static void two_mutexes(void *state, unsigned thread)
{
    struct cells *c = state;
    sync_mutex_lock(&c->mutex[thread % 2]);
    sync_mutex_lock(&c->mutex[1 - thread % 2]);
    sync_mutex_unlock(&c->mutex[1 - thread % 2]);
    sync_mutex_unlock(&c->mutex[thread % 2]);
    reached = true;
}
static void await_passes(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        sync_set(c->data, 1);
        atomic_store_explicit(&c->other, 1, memory_order_relaxed);
        atomic_store_explicit(&c->flag, 1, memory_order_release);
    } else {
        unsigned turns = 0;
        sync_await((turns++, atomic_load_explicit(&c->flag, memory_order_acquire) == 1));
        reached |= turns > 1;
        sync_check(sync_get(c->data) == 1, "the data is there");
    }
}
static void await_relaxed(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        sync_set(c->data, 1);
        atomic_store_explicit(&c->flag, 1, memory_order_release);
    } else {
        sync_await(atomic_load_explicit(&c->flag, memory_order_relaxed) == 1);
        sync_check(sync_get(c->data) == 1, "the data is there");
    }
}
static void await_in_vain(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        atomic_store_explicit(&c->flag, 1, memory_order_relaxed);
    else
        sync_await(atomic_load_explicit(&c->flag, memory_order_relaxed) == 2);
}
static void spin_in_vain(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1)
        return;
    while (atomic_load_explicit(&c->flag, memory_order_relaxed) != 2)
        sync_pause();
}
static void park_passes(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        sync_set(c->data, 1);
        atomic_store_explicit(&c->flag, 1, memory_order_release);
        sync_unpark(&c->flag, 1);
    } else {
        while (atomic_load_explicit(&c->flag, memory_order_acquire) == 0)
            sync_park(&c->flag, 0);
        reached = true;
        sync_check(sync_get(c->data) == 1, "the data is there");
    }
}
// The word that it sleeps on is not the one that it looked at.
static void park_on_another_word(void *state, unsigned thread)
{
    struct cells *c = state;
    if (thread == 1) {
        atomic_store_explicit(&c->flag, 1, memory_order_release);
        sync_unpark(&c->other, 1);
    } else {
        while (atomic_load_explicit(&c->flag, memory_order_acquire) == 0)
            sync_park(&c->other, 0);
    }
}

// --- limits of the model
// ----------------------------------------------------------------------------

// More stores than a location keeps, and one that may go below any of them.
static void many_stores(void *state, unsigned thread)
{
    struct cells *c = state;
    uint32_t last = 0;
    if (thread == 2)
        atomic_store_explicit(&c->flag, 100, memory_order_relaxed);
    for (uint32_t i = 1; i <= 20; i++) {
        if (thread == 1)
            atomic_store_explicit(&c->flag, i, memory_order_relaxed);
        uint32_t v = atomic_load_explicit(&c->flag, memory_order_relaxed);
        sync_check(v == 100 || v >= (thread == 1 ? i : last), "no older value than before");
        last = v == 100 ? last : v;
        reached |= thread == 1 && v == 100;
    }
}
// Store buffering after more accesses of seq_cst than the total order has numbers for.
#define BUFFERING(name, first, between, o)                              \
    static void name(void *state, unsigned thread)                      \
    {                                                                   \
        struct cells *c = state;                                        \
        _Atomic(uint32_t) *mine = thread == 1 ? &c->flag : &c->other;   \
        _Atomic(uint32_t) *theirs = thread == 1 ? &c->other : &c->flag; \
        for (unsigned i = 0; i < 40; i++)                               \
            first;                                                      \
        atomic_store_explicit(mine, 1, o);                              \
        between;                                                        \
        saw_zero[thread - 1] = atomic_load_explicit(theirs, o) == 0;    \
        reached |= saw_zero[thread - 1];                                \
    }
#define STORE_THIRD atomic_store_explicit(&c->third, i, memory_order_seq_cst)
BUFFERING(buffer_seq_cst, STORE_THIRD, (void)0, memory_order_seq_cst)
BUFFERING(buffer_fences, STORE_THIRD, sync_fence(memory_order_seq_cst), memory_order_relaxed)
BUFFERING(buffer_many_fences, sync_fence(memory_order_seq_cst), sync_fence(memory_order_seq_cst),
          memory_order_relaxed)
BUFFERING(buffer_relaxed, STORE_THIRD, (void)0, memory_order_relaxed)
// A thread in the background goes on beside finish from where it stood when the schedule ended.
enum { BACKGROUND_ADDS = 3, FINISH_ADDS = 10 };
struct background {
    struct cells c; // first
    sync_thread thread;
};
static void background_adds(void *argument)
{
    struct cells *c = argument;
    for (unsigned i = 0; i < BACKGROUND_ADDS; i++)
        atomic_fetch_add_explicit(&c->flag, 1, memory_order_relaxed);
}
static void *make_background(void)
{
    struct background *b = sync_alloc(sizeof *b);
    sync_thread_start(&b->thread, background_adds, &b->c);
    return b;
}
static void end_before_background(void *state, unsigned thread)
{
    struct cells *c = state;
    atomic_store_explicit(&c->other, thread, memory_order_relaxed);
}
static void join_background(void *state)
{
    struct background *b = state;
    uint32_t n = atomic_fetch_add_explicit(&b->c.flag, FINISH_ADDS, memory_order_relaxed);
    reached |= 0 < n && n < BACKGROUND_ADDS;
    sync_thread_join(&b->thread);
    n = atomic_load_explicit(&b->c.flag, memory_order_relaxed);
    sync_check(n == BACKGROUND_ADDS + FINISH_ADDS, "an addition beside finish is lost");
    sync_free(b);
}
static void check_buffers(void *state)
{
    sync_check(!saw_zero[0] || !saw_zero[1], "one of them sees the other's store");
    sync_free(state);
}

// clang-format off
static const struct {
    enum { NONE, SOME, ALL, REACHED } fail; // REACHED: those that came to what it is about, no others
    enum sim_failure how;
    struct sim_scenario scenario;
} behaviours[] = {
#define SCENARIO(threads_, setup_, run_, finish_) \
    {.name = #run_, .threads = threads_, .setup = setup_, .run = run_, .finish = finish_}
    {REACHED, SIM_RACE, SCENARIO(2, make_cells, pass_relaxed, free_cells)},
    {REACHED, SIM_RACE, SCENARIO(2, make_cells, pass_half, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, pass_ordered, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, pass_by_fences, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, write_both, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, read_both, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, write_atomic_and_plain, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, load_against_init, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, store_against_plain_read, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, succeeding_exchange_against_plain_read, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, addition_against_plain_read, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, failing_exchange_against_plain_read, free_cells)},
    {REACHED, SIM_RACE, SCENARIO(3, make_cells, write_whole, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, drop_relaxed, free_nothing)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, drop_without_acquire, free_nothing)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, drop_without_release, free_nothing)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, drop_ordered, free_nothing)},
    {REACHED, SIM_RACE, SCENARIO(2, make_published, publish_relaxed, free_published)},
    {NONE, SIM_PASSED, SCENARIO(2, make_published, publish_ordered, free_published)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, mutex_passes, free_cells)},
    {REACHED, SIM_RACE, SCENARIO(2, make_cells, trylock_fails, free_cells)},
    {SOME, SIM_DEADLOCK, SCENARIO(2, make_cells, two_mutexes, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, await_passes, free_cells)},
    {ALL, SIM_RACE, SCENARIO(2, make_cells, await_relaxed, free_cells)},
    {ALL, SIM_DEADLOCK, SCENARIO(2, make_cells, await_in_vain, free_cells)},
    {ALL, SIM_LIVELOCK, SCENARIO(2, make_cells, spin_in_vain, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, park_passes, free_cells)},
    {SOME, SIM_DEADLOCK, SCENARIO(2, make_cells, park_on_another_word, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, many_stores, free_cells)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, buffer_seq_cst, check_buffers)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, buffer_fences, check_buffers)},
    {NONE, SIM_PASSED, SCENARIO(2, make_cells, buffer_many_fences, check_buffers)},
    {SOME, SIM_CHECK, SCENARIO(2, make_cells, buffer_relaxed, check_buffers)},
    {NONE, SIM_PASSED, SCENARIO(1, make_background, end_before_background, join_background)},
};
// clang-format on

// Counts one schedule of behaviour i; what it must not do is told.
struct tally {
    unsigned failed, reached, wrong;
};
static void count_one(unsigned i, const struct sim_policy *p, struct tally *t)
{
    reached = false;
    sim_run(p, &result);
    bool failed = result.failure != SIM_PASSED;
    t->failed += failed;
    t->reached += reached;
    bool wrong = (failed && result.failure != behaviours[i].how) ||
                 (behaviours[i].fail == ALL && !failed) ||
                 (behaviours[i].fail == REACHED && failed != reached);
    if (wrong && t->wrong++ == 0)
        printf("%s: %s: %s\n", behaviours[i].scenario.name, sim_failure_name(result.failure),
               result.text);
}
static void races_and_services(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (unsigned i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
        const struct sim_policy all = {.mode = SIM_EXHAUSTIVE, .depth = 2};
        struct tally t = {0};
        bool slow = behaviours[i].how == SIM_LIVELOCK; // each runs to the bound on steps
        prepare(&behaviours[i].scenario);
        for (uint64_t seed = 0; seed < (slow ? 100 : RUNS / 4); seed++) {
            struct sim_policy p = policy(seed);
            count_one(i, &p, &t);
        }
        sim_first();
        for (unsigned k = 0; k < (slow ? 100 : RUNS / 4) && (k == 0 || sim_next(all.depth)); k++)
            count_one(i, &all, &t);
        bool vain = t.reached == 0 && (behaviours[i].fail == NONE || behaviours[i].fail == REACHED);
        if (vain || (behaviours[i].fail == SOME && t.failed == 0))
            t.wrong++;
        if (t.wrong != 0)
            printf("%s: wrong in %u schedules; %u failed, %u reached what it is about\n",
                   behaviours[i].scenario.name, t.wrong, t.failed, t.reached);
        wrong += t.wrong;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_programs),
        cmocka_unit_test(races_and_services),
        cmocka_unit_test(programs_by_chance_have_exactly_the_outcomes_that_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
