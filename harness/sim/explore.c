// SPDX-License-Identifier: MIT
//
// Many schedules of each scenario, and of one that fails the shortest that still does.
//
// Shortest: fewest surprises, that is switches of threads and outcomes other than the default; then
// fewest steps. It is looked for from two sides, each with a bounded number of steps, so that what
// is found hangs on the seed alone: further seeds of the same kind, and all schedules that deviate
// from the default not at all, once, twice ... Then deviations are taken out of it as long as it
// still fails (after Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE
// 2002). No schedule counts that fails in another way, or has more switches or steps than the
// first.
#include "explore.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EFFORT = 1000000, DEPTH_MOST = 5 }; // steps of each search for a shorter schedule
enum { SCENARIOS_MAX = 512 };
enum { LISTINGS_MAX = 3 }; // a scheme that fails everywhere fills no screen after screen

static const char *const mode_name[] = {
    [SIM_RANDOM] = "random", [SIM_PCT] = "pct", [SIM_EXHAUSTIVE] = "exhaustive"};

static volatile sig_atomic_t interrupted;
static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

// --- policies and search -----------------------------------------------------------------------

struct sim_policy explore_policy(int mode, unsigned depth, uint64_t seed)
{
    static const struct sim_policy turn[] = {{.mode = SIM_RANDOM},
                                             {.mode = SIM_PCT, .depth = 2},
                                             {.mode = SIM_PCT, .depth = 3},
                                             {.mode = SIM_PCT, .depth = 5}};
    struct sim_policy p = {.mode = (enum sim_mode)mode};
    if (mode == EXPLORE_MIXED)
        p = turn[seed % (sizeof turn / sizeof turn[0])];
    else if (mode == SIM_PCT)
        p.depth = depth != 0 ? depth : 3;
    else if (mode == SIM_EXHAUSTIVE)
        p.depth = depth != 0 ? depth : 2;
    p.seed = seed;
    return p;
}

// What was run. The hash is made of those of all schedules, in their order.
struct tally {
    uint64_t schedules, steps, hash;
    double seconds;
    bool all; // exhaustive: there are no more
};

// Seconds of processor time, so that rates hang less on what else the machine does.
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// As explore_search.
static bool search(int mode, unsigned depth, uint64_t first_seed, uint64_t schedules,
                   struct sim_policy *p, struct sim_result *r, struct tally *t)
{
    double begin = now();
    bool failed = false;
    *t = (struct tally){0};
    *p = explore_policy(mode, depth, first_seed);
    sim_first();
    while (!interrupted && t->schedules < schedules) {
        if (mode != SIM_EXHAUSTIVE)
            *p = explore_policy(mode, depth, first_seed + t->schedules);
        sim_run(p, r);
        t->schedules++;
        t->steps += r->steps;
        t->hash = (t->hash ^ r->hash) * 0x9e3779b97f4a7c15u;
        if ((failed = r->failure != SIM_PASSED))
            break;
        if (mode == SIM_EXHAUSTIVE && (t->all = !sim_next(p->depth)))
            break;
    }
    t->seconds = now() - begin;
    return failed;
}
bool explore_search(int mode, unsigned depth, uint64_t first_seed, uint64_t schedules,
                    struct sim_policy *p, struct sim_result *r, uint64_t *run)
{
    struct tally t;
    bool failed = search(mode, depth, first_seed, schedules, p, r, &t);
    *run = t.schedules;
    return failed;
}

// --- the shortest that fails -------------------------------------------------------------------

// A schedule as replay takes it.
struct schedule {
    uint64_t seed; // of sync_rand
    unsigned n;
    struct sim_deviation deviation[SIM_DEVIATIONS_MAX];
    enum sim_failure failure;
    unsigned steps, switches, surprises;
    uint64_t hash;
};

static struct sim_policy policy_of(const struct schedule *s)
{
    return (struct sim_policy){
        .mode = SIM_REPLAY, .seed = s->seed, .replay = s->deviation, .replays = s->n};
}
static void keep(uint64_t seed, const struct sim_result *r, struct schedule *s)
{
    s->seed = seed;
    s->n = r->deviations_count;
    memcpy(s->deviation, r->deviations, s->n * sizeof s->deviation[0]);
    s->failure = r->failure;
    s->steps = r->steps;
    s->switches = s->surprises = r->switches;
    for (unsigned i = 0; i < s->n; i++)
        s->surprises += s->deviation[i].kind == SIM_VALUE;
    s->hash = r->hash;
}

// What a try took of an EFFORT.
static uint64_t effort(const struct sim_result *r)
{
    return r->hangs ? EFFORT / 4 : r->steps + 1;
}

// Keeps what was just run in *best if it is shorter. `first` is the bound.
static bool improve(uint64_t seed, const struct sim_result *r, const struct schedule *first,
                    struct schedule *best)
{
    if (r->failure != first->failure || r->steps > first->steps || r->switches > first->switches)
        return false;
    static struct schedule s;
    keep(seed, r, &s);
    if (s.surprises > best->surprises ||
        (s.surprises == best->surprises &&
         (s.steps > best->steps || (s.steps == best->steps && s.n >= best->n))))
        return false;
    *best = s;
    return true;
}

static void shorten_by_seeds(int mode, unsigned depth, const struct schedule *first,
                             struct schedule *best)
{
    struct sim_result r;
    for (uint64_t steps = 0, seed = first->seed + 1; steps < EFFORT && !interrupted; seed++) {
        struct sim_policy p = explore_policy(mode, depth, seed);
        sim_run(&p, &r);
        improve(seed, &r, first, best);
        steps += effort(&r);
    }
}

static void shorten_by_depth(const struct schedule *first, struct schedule *best)
{
    struct sim_result r;
    uint64_t steps = 0;
    bool found = false;
    for (unsigned depth = 0; depth <= DEPTH_MOST && !found; depth++) {
        struct sim_policy p = {.mode = SIM_EXHAUSTIVE, .depth = depth, .seed = first->seed};
        sim_first();
        do {
            sim_run(&p, &r);
            found |= improve(p.seed, &r, first, best);
            steps += effort(&r);
            if (steps >= EFFORT || interrupted)
                return;
        } while (sim_next(depth));
    }
}

static void shorten_by_removal(const struct schedule *first, struct schedule *best)
{
    static struct schedule s;
    struct sim_result r;
    for (unsigned chunk = best->n; chunk > 0 && !interrupted;) {
        bool shorter = false;
        for (unsigned from = 0; from < best->n && !interrupted;) {
            unsigned left_out = chunk < best->n - from ? chunk : best->n - from;
            s = *best;
            s.n -= left_out;
            memmove(s.deviation + from, s.deviation + from + left_out,
                    (s.n - from) * sizeof s.deviation[0]);
            struct sim_policy p = policy_of(&s);
            sim_run(&p, &r);
            if (improve(s.seed, &r, first, best))
                shorter = true;
            else
                from += chunk;
        }
        if (!shorter || chunk > 1)
            chunk = chunk == 1 ? 0 : (chunk + 1) / 2;
    }
}

// --- deviations as text ------------------------------------------------------------------------

static void print_deviations(const struct schedule *s)
{
    if (s->n == 0)
        fputs("default", stdout);
    for (unsigned i = 0; i < s->n; i++) {
        const struct sim_deviation *d = &s->deviation[i];
        printf("%s%u.%u%c%u", i == 0 ? "" : ",", d->thread, d->index,
               d->kind == SIM_RUN ? '>' : '=', d->choice);
    }
}

// A number from `least` to `most` at **at, which moves behind it.
static bool parse_number(const char **at, unsigned least, unsigned most, uint16_t *n)
{
    unsigned long value = 0;
    const char *c = *at;
    for (; isdigit((unsigned char)*c) && value <= most; c++)
        value = 10 * value + (unsigned)(*c - '0');
    if (c == *at || value < least || value > most)
        return false;
    *at = c;
    *n = (uint16_t)value;
    return true;
}
// False: *at is where it is not understood, and *wanted what should stand there.
static bool parse_deviation(const char **at, unsigned threads, struct sim_deviation *d,
                            char wanted[64])
{
    uint16_t thread, index, choice;
    snprintf(wanted, 64, "a thread from 0 to %u", threads);
    if (!parse_number(at, 0, threads, &thread))
        return false;
    snprintf(wanted, 64, "'.'");
    if (**at != '.')
        return false;
    ++*at;
    snprintf(wanted, 64, "the number of a decision, up to %u", UINT16_MAX);
    if (!parse_number(at, 0, UINT16_MAX, &index))
        return false;
    snprintf(wanted, 64, "'>' (who runs) or '=' (which outcome)");
    char kind = **at;
    if (kind != '>' && kind != '=')
        return false;
    ++*at;
    unsigned most = kind == '>' ? threads : UINT16_MAX;
    snprintf(wanted, 64, "%s from 1 to %u", kind == '>' ? "a thread" : "an outcome", most);
    if (!parse_number(at, 1, most, &choice))
        return false;
    *d = (struct sim_deviation){.thread = (uint8_t)thread,
                                .kind = kind == '>' ? SIM_RUN : SIM_VALUE,
                                .index = index,
                                .choice = choice};
    return true;
}
static bool parse_deviations(const char *text, unsigned threads, struct schedule *s)
{
    const char *at = text;
    char wanted[64];
    s->n = 0;
    if (strcmp(text, "default") == 0)
        return true;
    for (;; at++) {
        struct sim_deviation *d = &s->deviation[s->n];
        snprintf(wanted, sizeof wanted, "no more than %d deviations", SIM_DEVIATIONS_MAX);
        if (s->n == SIM_DEVIATIONS_MAX)
            break;
        const char *begin = at;
        if (!parse_deviation(&at, threads, d, wanted))
            break;
        for (unsigned i = 0; i < s->n; i++)
            if (s->deviation[i].thread == d->thread && s->deviation[i].kind == d->kind &&
                s->deviation[i].index == d->index) {
                fprintf(stderr, "explore: --replay %s: at character %td: this is decided twice\n",
                        text, begin - text + 1);
                return false;
            }
        s->n++;
        if (*at == '\0')
            return true;
        snprintf(wanted, sizeof wanted, "',' or the end");
        if (*at != ',')
            break;
    }
    fprintf(stderr,
            "explore: --replay %s: at character %td: %s is needed here\n"
            "A failure prints what is to be given, such as '1.7>2,2.3=1'; 'default' deviates "
            "nowhere.\n",
            text, at - text + 1, wanted);
    return false;
}

// --- what is printed ---------------------------------------------------------------------------

static void print_replay(const struct explore_options *o, const struct sim_scenario *scenario,
                         const struct schedule *s)
{
    printf("replay: %s %s --seed %ju --replay '", o->as, scenario->name, (uintmax_t)s->seed);
    print_deviations(s);
    printf("'  # %u steps, schedule %016jx\n", s->steps, (uintmax_t)s->hash);
}

// Runs it again, with its events recorded, and prints them.
static void print_listing(const struct sim_policy *p, struct sim_result *r)
{
    sim.tracing = true;
    sim_run(p, r);
    sim.tracing = false;
    listing_print(r);
}

// A failure that a search found: *p failed as *r says.
static void report(const struct explore_options *o, const struct sim_scenario *scenario,
                   const struct sim_policy *p, struct sim_result *r, const struct tally *t)
{
    static struct schedule first, best;
    keep(p->seed, r, &first);
    best = first;
    struct sim_policy shortest = policy_of(&best);
    sim_run(&shortest, r);
    bool replays = r->hash == first.hash && r->failure == first.failure;
    if (replays && !r->hangs) { // else each try would take as long
        shorten_by_removal(&first, &best);
        shorten_by_depth(&first, &best);
        if (p->mode != SIM_EXHAUSTIVE)
            shorten_by_seeds(o->mode, o->depth, &first, &best);
        shorten_by_removal(&first, &best);
    }
    // without replay it has more deviations than are recorded
    shortest = replays ? policy_of(&best) : *p;
    putchar('\n');
    static unsigned listings;
    if (listings++ < LISTINGS_MAX) {
        print_listing(&shortest, r);
    } else {
        sim_run(&shortest, r);
        printf("%s: %s\nThe replay lists it.\n", sim_failure_name(r->failure), r->text);
    }
    printf("\nfound after %ju schedule%s with %u steps and %u switches; this one has %u and %u\n",
           (uintmax_t)t->schedules, t->schedules == 1 ? "" : "s", first.steps, first.switches,
           r->steps, r->switches);
    if (replays)
        print_replay(o, scenario, &best);
    printf("seed: %s %s --mode %s", o->as, scenario->name, mode_name[p->mode]);
    if (p->depth != 0)
        printf(" --depth %u", p->depth);
    printf(" --seed %ju --schedules %ju  # %u steps, schedule %016jx\n\n", (uintmax_t)p->seed,
           p->mode == SIM_EXHAUSTIVE ? (uintmax_t)t->schedules : 1, first.steps,
           (uintmax_t)first.hash);
}

static bool prepare(const struct sim_scenario *s)
{
    struct sim_result r;
    if (sim_prepare(s, &r))
        return true;
    printf("%s: set-up fails: %s: %s\n", s->name, sim_failure_name(r.failure), r.text);
    return false;
}

static int replay(const struct explore_options *o, const struct sim_scenario *scenario)
{
    static struct schedule given, made;
    struct sim_result r;
    if (scenario->omitted != NULL) {
        fprintf(stderr, "explore: %s is omitted: %s\n", scenario->name, scenario->omitted);
        return 2;
    }
    given.seed = o->seed;
    if (!prepare(scenario))
        return 1;
    if (!parse_deviations(o->replay, sim_threads(), &given))
        return 2;
    struct sim_policy p = policy_of(&given);
    sim_run(&p, &r);
    keep(given.seed, &r, &made);
    printf("%s: %s, %u steps\n", scenario->name,
           r.failure == SIM_PASSED ? "no failure: this schedule passes"
                                   : sim_failure_name(r.failure),
           r.steps);
    if (made.n < given.n)
        printf("%u of %u deviations did not occur: they are those of another program\n",
               given.n - made.n, given.n);
    if (r.failure != SIM_PASSED) {
        putchar('\n');
        print_listing(&p, &r);
        putchar('\n');
    }
    print_replay(o, scenario, &made);
    return made.failure != SIM_PASSED;
}

// --- all scenarios -----------------------------------------------------------------------------

// Weak: a program of tests may have none.
extern const struct sim_scenario *const scenario_first[] __asm__("__start_sim_scenarios")
    __attribute__((weak));
extern const struct sim_scenario *const scenario_end[] __asm__("__stop_sim_scenarios")
    __attribute__((weak));

static int by_name(const void *a, const void *b)
{
    const struct sim_scenario *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}
// Compilers and linkers have orders of their own.
const struct sim_scenario *const *explore_scenarios(size_t *count)
{
    static const struct sim_scenario *sorted[SCENARIOS_MAX];
    static size_t n;
    if (n == 0) {
        for (const struct sim_scenario *const *i = scenario_first;
             i < scenario_end && n < SCENARIOS_MAX; i++)
            sorted[n++] = *i;
        qsort(sorted, n, sizeof sorted[0], by_name);
    }
    *count = n;
    return sorted;
}
static const struct sim_scenario *find(const char *name)
{
    size_t n;
    const struct sim_scenario *const *all = explore_scenarios(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
static bool named(const struct explore_options *o, const struct sim_scenario *s)
{
    for (size_t i = 0; i < o->scenarios; i++)
        if (strcmp(o->scenario[i], s->name) == 0)
            return true;
    return o->scenarios == 0;
}

// How many schedules a second, and the line's end; of a moment nothing is known.
static void print_rate(const struct tally *t)
{
    if (t->seconds >= 0.01)
        printf(", %.0f/s", (double)t->schedules / t->seconds);
    putchar('\n');
}

// One scenario; true: no schedule failed.
static bool explore_one(const struct explore_options *o, const struct sim_scenario *s,
                        struct tally *t)
{
    struct sim_policy p;
    struct sim_result r;
    if (!prepare(s))
        return false;
    bool failed = search(o->mode, o->depth, o->seed, o->schedules, &p, &r, t);
    printf("%s: %ju schedule%s", s->name, (uintmax_t)t->schedules, t->schedules == 1 ? "" : "s");
    if (o->mode == SIM_EXHAUSTIVE && !failed)
        printf(" (%s with at most %u deviations)", t->all ? "all" : "not all", p.depth);
    printf(", %s, %.1f steps, hash %016jx", failed ? sim_failure_name(r.failure) : "no failure",
           t->schedules != 0 ? (double)t->steps / (double)t->schedules : 0, (uintmax_t)t->hash);
    print_rate(t);
    if (failed)
        report(o, s, &p, &r, t);
    return !failed;
}

int explore(const struct explore_options *o)
{
    size_t count;
    const struct sim_scenario *const *all = explore_scenarios(&count);
    for (size_t i = 0; i < o->scenarios; i++)
        if (find(o->scenario[i]) == NULL) {
            fprintf(stderr, "explore: no scenario '%s'; known:", o->scenario[i]);
            for (size_t k = 0; k < count; k++)
                fprintf(stderr, " %s", all[k]->name);
            fputc('\n', stderr);
            return 2;
        }
    if (o->replay != NULL)
        return replay(o, find(o->scenario[0]));

    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGXCPU, &action, NULL); // a soft limit of processor time
    struct tally total = {0};
    unsigned run = 0, failed = 0, omitted = 0;
    for (size_t i = 0; i < count && !interrupted; i++) {
        struct tally t = {0};
        if (!named(o, all[i]))
            continue;
        if (all[i]->omitted != NULL) {
            printf("%s: omitted: %s\n", all[i]->name, all[i]->omitted);
            omitted++;
            continue;
        }
        failed += !explore_one(o, all[i], &t);
        run++;
        total.schedules += t.schedules;
        total.seconds += t.seconds;
        if (fflush(stdout) != 0) // the disk is full: main says so
            return 1;
    }
    printf("%s%u scenario%s, %u failed, %u omitted; %ju schedule%s",
           interrupted ? "interrupted: " : "", run, run == 1 ? "" : "s", failed, omitted,
           (uintmax_t)total.schedules, total.schedules == 1 ? "" : "s");
    print_rate(&total);
    if (interrupted) { // whoever waits for this process must know
        fflush(stdout);
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
    return failed != 0;
}
