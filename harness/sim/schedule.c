// SPDX-License-Identifier: MIT
//
// One schedule: threads as coroutines, who runs next, and the services by which they wait.
//
// Background threads (sync_thread) are started by set-up, which runs alone, so it cannot wait for
// them. In each schedule they run from their beginning, as any other thread, until the scenario's
// own have ended; then, wherever they are, only while finish waits for something.
//
// Policies. random: at each point any thread that can run, with a chance to go on that differs from
// seed to seed. PCT (Burckhardt, Kothari, Musuvathi and Nagarakatte, A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs, ASPLOS 2010): random priorities, and depth - 1 places
// where the running thread falls behind all others; a bug of that depth is found with a chance of
// 1 / (threads x steps^(depth - 1)) at least; the steps are those of the scenario's default
// schedule. exhaustive: all schedules that deviate from the default at most `depth` times
// (Musuvathi and Qadeer, Iterative Context Bounding, PLDI 2007, with other outcomes than who runs
// counted too); where the running thread waits anybody may be next for nothing. replay: the
// deviations that are given.
#include "core.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    STEPS_MAX = 3000,
    TURNS_MAX = 64,
    CONDITION_MAX = 8,
    DECISIONS_MAX = 1 << 14,
    DEPTH_MAX = 16
};

_Thread_local struct sync_here sync_here;
struct sim sim;
struct sim_event sim_events[SIM_EVENTS_MAX];
unsigned sim_events_count;

enum state { READY, LOCKS, SLEEPS, AWAITS, ENDED };
struct coroutine_thread {
    struct coroutine context;
    // background threads: what they run. The scenario's run its part.
    void (*run)(void *argument);
    void *argument;
    enum state state;
    const void *site;      // of what it waits at
    uintptr_t waits_for;   // LOCKS, SLEEPS: the word's address
    bool asleep;           // an unpark finds it, although it may be READY: it wakes early
    bool timed;            // SLEEPS: ends when nothing else can happen
    uint8_t woken;         // see SIM_EVENT_WAKE
    uint16_t decisions[2]; // how many of each kind it has made
    unsigned turns;        // of a wait that it has made without being switched away from
    uint32_t priority;     // PCT: the highest runs
    // the condition that it evaluates
    bool awaiting, newest, stale;
    unsigned reads;
    struct {
        const struct sim_location *location;
        uint32_t stamp;
    } read[CONDITION_MAX];
    // what a host thread has of its own
    void *self;
    uint64_t seed;
    void *tls[SIM_TLS_MAX];
};

static struct {
    const struct sim_scenario *scenario;
    const struct sim_policy *policy;
    struct sim_result *result;
    void *state;
    unsigned threads, default_steps; // threads: the scenario's, 1..
    unsigned all;                    // ... and those in the background behind them
    unsigned left;                   // the scenario's that have not ended
    struct coroutine main;
    sigjmp_buf failed;   // where set-up and finish go when they fail; threads switch to main
    bool preparing;      // set-up runs
    unsigned background; // finish: who ran last beside it
    uint32_t ready;      // bits of threads that can run
    unsigned switches;
    uint64_t now, runs; // runs: schedules, of all scenarios
    struct coroutine_thread thread[SIM_THREADS_MAX];
    // decisions
    uint64_t random;
    unsigned go_on, older; // random: chances, in 256ths, to go on and to take another value
    uint32_t lowest;       // PCT: the priority of who falls behind next
    unsigned change[DEPTH_MAX], changes;
    struct sim_deviation made[SIM_DEVIATIONS_MAX];
    unsigned made_count;
    unsigned path_length, path_at, path_used;
    struct {
        uint16_t choice, n, used;
        bool costs;
    } path[DECISIONS_MAX];
} s;

const char *sim_failure_name(enum sim_failure f)
{
    static const char *const name[SIM_FAILURES] = {
        "passed",   "data race", "use after free", "wild access", "check failed",      "leak",
        "deadlock", "livelock",  "crash",          "misuse",      "undeclared access",
    };
    return name[f];
}

const char *sim_file(const char *file)
{
    for (const char *up; (up = strstr(file, "../")) != NULL;)
        file = up + 3;
    return file;
}

// --- trace --------------------------------------------------------------------------------------

struct sim_event *sim_trace(enum sim_event_kind kind, const void *site, const volatile void *p,
                            unsigned size, int order, uint32_t time)
{
    static struct sim_event ignored;
    if (!sim.tracing || sim_events_count == SIM_EVENTS_MAX)
        return &ignored;
    struct sim_event *e = &sim_events[sim_events_count];
    // a plain write is told before it is made, and made before anything else happens
    if (sim_events_count > 0 && e[-1].kind == SIM_EVENT_WRITE && sim_event_has_value(e - 1))
        memcpy(&e[-1].after, (const void *)e[-1].address, e[-1].size);
    sim_events_count++;
    *e = (struct sim_event){.kind = (uint8_t)kind,
                            .thread = (uint8_t)sim.self,
                            .size = (uint8_t)size,
                            .order = (int8_t)order,
                            .time = time,
                            .step = sim.steps,
                            .site = site,
                            .address = (uintptr_t)p};
    if ((kind == SIM_EVENT_READ || kind == SIM_EVENT_WRITE) && sim_event_has_value(e))
        memcpy(&e->before, (const void *)e->address, e->size);
    return e;
}

// --- failures -----------------------------------------------------------------------------------

void sim_fail(enum sim_failure f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    s.result->failure = f;
    vsnprintf(s.result->text, sizeof s.result->text, format, arguments);
    va_end(arguments);
    if (sim.self != 0)
        coroutine_switch(&s.thread[sim.self].context, &s.main);
    siglongjmp(s.failed, 1);
}
void sim_fail_check(const char *file, int line, const char *text)
{
    sim_fail(SIM_CHECK, "%s:%d: %s", sim_file(file), line, text);
}
void sync_fail(const char *file, int line, const char *text)
{
    sim_fail_check(file, line, text);
}

static volatile sig_atomic_t running; // a signal is the scenario's
static void crashed(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (!running) {
        struct sigaction usual = {.sa_handler = SIG_DFL};
        sigaction(signal, &usual, NULL);
        raise(signal);
        return;
    }
    // other addresses differ from run to run
    if (sim_inside(info->si_addr) || (uintptr_t)info->si_addr < 4096)
        sim_fail(SIM_CRASH, "%s at %p", strsignal(signal), info->si_addr);
    sim_fail(SIM_CRASH, "%s", strsignal(signal));
}
// A loop in which nobody decides anything (round a list that a bug has bent, say) never comes to
// the bound on steps: each tenth of a second of processor time, is it still the same step of the
// same schedule?
static void watch(int signal)
{
    static uint64_t runs;
    static unsigned steps;
    (void)signal;
    if (running && runs == s.runs && steps == sim.steps) {
        s.result->hangs = true;
        sim_fail(SIM_LIVELOCK, "no end of what follows step %u", steps);
    }
    runs = s.runs;
    steps = sim.steps;
}
static void catch_signals(void)
{
    static char stack[64 << 10];
    static bool done;
    if (done)
        return;
    done = true;
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&other, NULL);
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    struct sigaction watching = {.sa_handler = watch,
                                 .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
    sigaction(SIGVTALRM, &watching, NULL);
    const struct timeval tenth = {.tv_usec = 100000};
    const struct itimerval tick = {.it_interval = tenth, .it_value = tenth};
    setitimer(ITIMER_VIRTUAL, &tick, NULL);
}

// --- decisions ----------------------------------------------------------------------------------

static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static uint64_t chance(void)
{
    return mixed(s.random += 0x9e3779b97f4a7c15u);
}
static unsigned below(unsigned n)
{
    return (unsigned)((chance() >> 32) * n >> 32);
}

// Number k of the set bits.
static unsigned bit(uint32_t set, unsigned k)
{
    while (k-- > 0)
        set &= set - 1;
    return (unsigned)__builtin_ctz(set);
}

// Exhaustive: the next step of the path. n choices, of which 0 is the default; the others use up a
// deviation if it costs.
static unsigned follow(unsigned n, bool costs)
{
    if (n == 1)
        return 0;
    if (s.path_at == s.path_length) {
        if (s.path_length == DECISIONS_MAX)
            sim_fail(SIM_LIVELOCK, "too many decisions");
        s.path[s.path_length].choice = 0;
        s.path[s.path_length].n = (uint16_t)n;
        s.path[s.path_length].used = (uint16_t)s.path_used;
        s.path[s.path_length].costs = costs;
        s.path_length++;
    }
    unsigned choice = s.path[s.path_at].choice;
    s.path_used += choice != 0 && costs;
    s.path_at++;
    return choice;
}
void sim_first(void)
{
    s.path_length = 0;
}
bool sim_next(unsigned depth)
{
    for (; s.path_length > 0; s.path_length--) {
        unsigned i = s.path_length - 1;
        if (s.path[i].choice + 1u < s.path[i].n &&
            s.path[i].used + (unsigned)s.path[i].costs <= depth) {
            s.path[i].choice++;
            return true;
        }
    }
    return false;
}

static int replayed(enum sim_decision kind, unsigned index)
{
    for (unsigned i = 0; i < s.policy->replays; i++) {
        const struct sim_deviation *d = &s.policy->replay[i];
        if (d->thread == sim.self && d->kind == kind && d->index == index)
            return d->choice;
    }
    return -1;
}
static void record(enum sim_decision kind, unsigned index, unsigned choice)
{
    if (s.made_count < SIM_DEVIATIONS_MAX)
        s.made[s.made_count++] = (struct sim_deviation){.thread = (uint8_t)sim.self,
                                                        .kind = (uint8_t)kind,
                                                        .index = (uint16_t)index,
                                                        .choice = (uint16_t)choice};
}

unsigned sim_value(unsigned n)
{
    if (!sim.live)
        return 0;
    unsigned index = s.thread[sim.self].decisions[SIM_VALUE]++, choice = 0;
    if (n <= 1)
        return 0;
    switch (s.policy->mode) {
    case SIM_RANDOM:
    case SIM_PCT:
        if ((chance() >> 56) < s.older)
            choice = 1 + below(n - 1);
        break;
    case SIM_EXHAUSTIVE:
        choice = follow(n, true);
        break;
    case SIM_REPLAY: {
        int r = replayed(SIM_VALUE, index);
        choice = r > 0 && (unsigned)r < n ? (unsigned)r : 0;
        break;
    }
    }
    if (choice != 0)
        record(SIM_VALUE, index, choice);
    return choice;
}

// Who of `set` runs? `usual` is among them; going on with it costs nothing, leaving it does if it
// is the running thread.
static unsigned choose(uint32_t set, unsigned usual)
{
    unsigned index = s.thread[sim.self].decisions[SIM_RUN]++, choice = usual;
    bool can_go_on = usual == sim.self;
    if (s.policy->mode == SIM_PCT && can_go_on)
        for (unsigned i = 0; i < s.changes; i++)
            if (s.change[i] == sim.steps)
                s.thread[sim.self].priority = --s.lowest;
    if ((set & (set - 1)) == 0)
        return usual;
    switch (s.policy->mode) {
    case SIM_RANDOM:
        if (!can_go_on || (chance() >> 56) >= s.go_on)
            choice = bit(set, below((unsigned)__builtin_popcount(set)));
        break;
    case SIM_PCT:
        choice = bit(set, 0);
        for (uint32_t rest = set & (set - 1); rest != 0; rest &= rest - 1) {
            unsigned other = (unsigned)__builtin_ctz(rest);
            if (s.thread[other].priority > s.thread[choice].priority)
                choice = other;
        }
        break;
    case SIM_EXHAUSTIVE: {
        unsigned k = follow((unsigned)__builtin_popcount(set), can_go_on);
        if (k != 0)
            choice = bit(set & ~(1u << usual), k - 1);
        break;
    }
    case SIM_REPLAY: {
        int r = replayed(SIM_RUN, index);
        if (r >= 0 && r < SIM_THREADS_MAX && (set >> r & 1) != 0)
            choice = (unsigned)r;
        break;
    }
    }
    if (choice != usual)
        record(SIM_RUN, index, choice);
    return choice;
}

// --- threads ------------------------------------------------------------------------------------

static void swap_in(unsigned thread)
{
    sync_here.self = s.thread[thread].self;
    sync_here.seed = s.thread[thread].seed;
    sim.self = thread;
}
static void switch_to(unsigned next)
{
    unsigned me = sim.self;
    s.thread[me].self = sync_here.self;
    s.thread[me].seed = sync_here.seed;
    s.switches++;
    s.thread[me].turns = 0;
    swap_in(next);
    sim_mix(next);
    coroutine_switch(&s.thread[me].context, &s.thread[next].context);
}
// The next one after a thread, round the circle: nobody waits for ever while others wait in turns.
static unsigned after(unsigned thread, uint32_t set)
{
    uint32_t behind = set & ~((2u << thread) - 1);
    return (unsigned)__builtin_ctz(behind != 0 ? behind : set);
}
static void step(void)
{
    if (++sim.steps > STEPS_MAX)
        sim_fail(SIM_LIVELOCK, "no end after %d steps", STEPS_MAX);
}

void sim_point(const void *site)
{
    (void)site;
    if (!sim.live)
        return;
    step();
    unsigned next = choose(s.ready, sim.self);
    if (next != sim.self)
        switch_to(next);
}

static const char *waiting(enum state state)
{
    return state == LOCKS ? "for a mutex" : state == SLEEPS ? "asleep" : "for a condition";
}
static void make_ready(unsigned thread)
{
    s.thread[thread].state = READY;
    s.ready |= 1u << thread;
}
// Who can run beside the running thread; when nobody can, those whose sleep ends by itself.
static uint32_t others(void)
{
    uint32_t ready = s.ready & ~(1u << sim.self), timed = 0;
    for (unsigned i = 1; ready == 0 && i <= s.all; i++)
        if (s.thread[i].state == SLEEPS && s.thread[i].timed)
            timed |= 1u << i;
    return ready | timed;
}
// Lets one of the set run: the next one after this thread, round the circle, unless it is decided
// otherwise.
static void run_one_of(uint32_t set)
{
    unsigned next = choose(set, after(sim.self, set));
    struct coroutine_thread *t = &s.thread[next];
    if (t->state == SLEEPS) { // its time is up
        t->woken = 0;
        t->asleep = false;
        make_ready(next);
    }
    if (next != sim.self)
        switch_to(next);
}
static void leave_to_main(void)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    t->self = sync_here.self;
    t->seed = sync_here.seed;
    coroutine_switch(&t->context, &s.main);
}
static _Noreturn void fail_waiting(const char *who)
{
    char text[160];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", who);
    for (unsigned i = 1; i <= s.all && n < sizeof text; i++)
        if (s.thread[i].state != ENDED)
            n += (size_t)snprintf(text + n, sizeof text - n, "%sthread %u waits %s",
                                  n == 0 ? "" : ", ", i, waiting(s.thread[i].state));
    sim_fail(SIM_DEADLOCK, "%s, and nobody else is left", text);
}
// The running thread is not ready: somebody else runs, or nothing does any more.
static void leave_processor(void)
{
    if (!sim.live) { // a background thread, beside finish
        leave_to_main();
        return;
    }
    step();
    uint32_t set = others();
    if (set == 0)
        fail_waiting("");
    run_one_of(set);
}
static void wait_as(enum state state, const void *site, const volatile void *p)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    t->state = state;
    t->site = site;
    t->waits_for = (uintptr_t)p;
    s.ready &= ~(1u << sim.self);
    if (sim.live)
        sim_trace(SIM_EVENT_WAIT, site, p, 0, -1, 0);
    leave_processor();
}

// The schedule ends with the last of the scenario's own threads: those in the background stay where
// they are, for finish.
static void thread_body(void *argument)
{
    unsigned me = (unsigned)(uintptr_t)argument;
    if (me <= s.threads)
        s.scenario->run(s.state, me);
    else
        s.thread[me].run(s.thread[me].argument);
    if (sim.live)
        sim_trace(SIM_EVENT_END, NULL, NULL, 0, -1, 0);
    s.thread[me].state = ENDED;
    s.ready &= ~(1u << me);
    if (me <= s.threads && --s.left == 0)
        leave_to_main();
    for (;;)
        leave_processor();
}

// Finish waits: one of those in the background runs until it waits or ends. By the default policy:
// the lowest that can run, and if there is none one that sleeps for a time, or whose condition may
// hold by now. Whoever calls looks again whether what it waits for has come.
static void background_runs(const char *why)
{
    uint32_t ready = 0, may = 0;
    if (s.preparing)
        sim_fail(SIM_DEADLOCK, "set-up %s, and no other thread runs before it ends", why);
    for (unsigned i = s.threads + 1; i <= s.all; i++) {
        const struct coroutine_thread *t = &s.thread[i];
        ready |= (uint32_t)(t->state == READY) << i;
        may |= (uint32_t)(t->state == AWAITS || (t->state == SLEEPS && t->timed)) << i;
    }
    if (ready == 0)
        ready = may;
    char who[64];
    snprintf(who, sizeof who, "finish %s", why);
    if (ready == 0 || ++s.thread[0].turns > STEPS_MAX)
        fail_waiting(who);
    unsigned next = s.background = after(s.background, ready);
    s.thread[0].self = sync_here.self;
    s.thread[0].seed = sync_here.seed;
    if (s.thread[next].state == SLEEPS) { // its time is up
        s.thread[next].woken = 0;
        s.thread[next].asleep = false;
    }
    make_ready(next);
    swap_in(next);
    coroutine_switch(&s.main, &s.thread[next].context);
    if (s.result->failure != SIM_PASSED)
        siglongjmp(s.failed, 1);
    swap_in(0);
}

// --- one schedule -------------------------------------------------------------------------------

static void begin_decisions(void)
{
    static const uint16_t go_on[] = {0, 128, 224}, older[] = {0, 64, 128};
    const struct sim_policy *p = s.policy;
    s.made_count = 0;
    s.path_at = s.path_used = 0;
    s.changes = 0;
    s.random = mixed(p->seed + 0x9e3779b97f4a7c15u * (p->depth + 1u));
    if (p->mode == SIM_EXHAUSTIVE || p->mode == SIM_REPLAY)
        return;
    s.go_on = go_on[below(3)];
    s.older = older[below(3)];
    if (p->mode == SIM_RANDOM)
        return;
    // priorities above `lowest`, which falls
    s.lowest = 1u << 30;
    for (unsigned i = 1; i <= s.all; i++)
        s.thread[i].priority = s.lowest + i;
    for (unsigned i = s.all; i > 1; i--) {
        unsigned k = 1 + below(i);
        uint32_t swap = s.thread[i].priority;
        s.thread[i].priority = s.thread[k].priority;
        s.thread[k].priority = swap;
    }
    unsigned steps = s.default_steps > 0 ? s.default_steps : 1;
    for (unsigned d = 1; d < p->depth && s.changes < DEPTH_MAX && s.changes < steps; d++) {
        bool again;
        do {
            s.change[s.changes] = 1 + below(steps);
            again = false;
            for (unsigned i = 0; i < s.changes; i++)
                again |= s.change[i] == s.change[s.changes];
        } while (again);
        s.changes++;
    }
}
static void begin_threads(void)
{
    s.ready = 0;
    s.left = s.threads;
    s.background = 0;
    for (unsigned i = 0; i <= s.all; i++) {
        struct coroutine_thread *t = &s.thread[i];
        uint32_t priority = t->priority;
        *t = (struct coroutine_thread){.context = t->context,
                                       .run = t->run,
                                       .argument = t->argument,
                                       .state = READY,
                                       .seed = mixed(s.policy->seed + i),
                                       .priority = priority};
        if (i == 0)
            continue;
        coroutine_make(&t->context, (char *)sim_stack(i), SIM_STACK_SIZE, thread_body,
                       (void *)(uintptr_t)i);
        s.ready |= 1u << i;
    }
}

static void finish(struct sim_result *r)
{
    r->steps = sim.steps;
    r->switches = s.switches;
    r->hash = sim.hash;
    r->deviations = s.made;
    r->deviations_count = s.made_count;
    r->event[0] = sim.event[0];
    r->event[1] = sim.event[1];
    r->thread = sim.self;
    r->about = sim.about;
    sim.live = false;
    running = 0;
}

void sim_run(const struct sim_policy *p, struct sim_result *r)
{
    *r = (struct sim_result){.failure = SIM_PASSED};
    s.policy = p;
    s.result = r;
    s.switches = 0;
    s.runs++;
    s.now = 1000000000;
    sim.steps = 0;
    sim.hash = 0;
    sim.event[0] = sim.event[1] = -1;
    sim.about = 0;
    sim.self = 0;
    sim_events_count = 0;
    sim_memory_restore();
    sim_order_reset();
    begin_decisions();
    begin_threads();
    if (sigsetjmp(s.failed, 0) != 0) {
        finish(r);
        return;
    }
    running = 1;
    sim.live = true;
    unsigned first = choose(s.ready, 1);
    swap_in(first);
    sim_mix(first);
    coroutine_switch(&s.main, &s.thread[first].context);
    if (r->failure != SIM_PASSED) {
        finish(r);
        return;
    }
    sim.live = false;
    swap_in(0);
    s.scenario->finish(s.state);
    sim_memory_leaks();
    finish(r);
}

bool sim_prepare(const struct sim_scenario *scenario, struct sim_result *r)
{
    catch_signals();
    s.scenario = scenario;
    s.threads = s.all = scenario->threads;
    s.default_steps = 0;
    s.result = r;
    *r = (struct sim_result){.failure = SIM_PASSED};
    sim.live = false;
    sim.self = 0;
    sim_memory_empty();
    s.thread[0] = (struct coroutine_thread){.state = READY};
    swap_in(0);
    if (sigsetjmp(s.failed, 0) != 0) {
        running = 0;
        s.preparing = false;
        return false;
    }
    running = 1;
    s.preparing = true;
    s.state = scenario->setup();
    s.preparing = false;
    running = 0;
    sim_memory_keep();
    // how long it usually is, which PCT must know
    const struct sim_policy usual = {.mode = SIM_REPLAY};
    struct sim_result of_default;
    sim_run(&usual, &of_default);
    s.default_steps = of_default.steps;
    return true;
}

// --- services -----------------------------------------------------------------------------------

uint64_t sim_now_ns(const struct sim_site *site)
{
    // any time may have passed: 100 ns, 13 us, 1.6 ms, 0.2 s
    unsigned much = sim.live ? sim_value(4) : 0;
    s.now += (uint64_t)100 << 7 * much;
    sim_mix(much);
    sim_trace(SIM_EVENT_CLOCK, site, NULL, 0, -1, 0)->after = s.now;
    return s.now;
}

void sim_tls_init(unsigned *key)
{
    static unsigned next;
    *key = next++ % SIM_TLS_MAX;
}
void *sim_tls_get(const unsigned *key)
{
    return s.thread[sim.self].tls[*key];
}
void sim_tls_set(const unsigned *key, void *value)
{
    s.thread[sim.self].tls[*key] = value;
}

// A turn of a wait that is not sync_await: by default the thread goes on, since a bounded wait must
// also be seen to end in vain. So that no wait keeps all others away for ever, the others are let
// through after many turns.
void sim_yield(const struct sim_site *site)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    if (!sim.live) {
        if (sim.self != 0 && ++t->turns % TURNS_MAX == 0)
            leave_to_main();
        return;
    }
    t->turns++;
    bool gives_way = t->turns % TURNS_MAX == 0 || (t->turns == 1 && sim_value(2) != 0);
    uint32_t set = gives_way ? others() : 0;
    if (set == 0) {
        if (t->turns % TURNS_MAX == 0)
            step();
        return;
    }
    step();
    sim_trace(SIM_EVENT_YIELD, site, NULL, 0, -1, 0);
    t->priority = --s.lowest;
    run_one_of(set);
}

void sim_await_begin(const struct sim_site *site)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    t->awaiting = true;
    t->site = site;
    t->newest = t->stale = false;
    t->reads = 0;
}
bool sim_condition_reads(const struct sim_location *l, uint32_t newest)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    if (!t->awaiting)
        return false;
    if (t->reads < CONDITION_MAX) {
        t->read[t->reads].location = l;
        t->read[t->reads++].stamp = newest;
    }
    return t->newest;
}
void sim_condition_stale(void)
{
    s.thread[sim.self].stale = true;
}
void sim_await_again(void)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    bool changed = t->stale; // an older value did not do: look at the newest
    if (!sim.live) {
        if (sim.self == 0)
            background_runs("waits for a condition");
        else
            wait_as(AWAITS, t->site, NULL);
        t->reads = 0;
        return;
    }
    t->newest = t->stale;
    for (unsigned i = 0; i < t->reads; i++)
        changed |= sim_order_newest_stamp(t->read[i].location) != t->read[i].stamp;
    if (!changed && t->reads == 0) { // of nothing atomic: others must have their turn
        t->turns = TURNS_MAX - 1;
        sim_yield(t->site);
    } else if (!changed) {
        wait_as(AWAITS, t->site, NULL);
    }
    t->stale = false;
    t->reads = 0;
}
void sim_await_end(void)
{
    s.thread[sim.self].awaiting = false;
}
void sim_condition_changed(const struct sim_location *l)
{
    for (unsigned i = 1; i <= s.all; i++)
        if (s.thread[i].state == AWAITS)
            for (unsigned k = 0; k < s.thread[i].reads; k++)
                if (s.thread[i].read[k].location == l) {
                    make_ready(i);
                    break;
                }
}

// It may wake for no reason and, if bounded, because its time is up: then it can run at once, but
// an unpark that comes before it does still finds it.
bool sim_park_for(const struct sim_site *site, const volatile void *word, uint32_t expected,
                  uint64_t ns)
{
    struct coroutine_thread *t = &s.thread[sim.self];
    bool timed = ns != UINT64_MAX;
    if (sim.self == 0) {
        if (*(const volatile uint32_t *)word == expected)
            background_runs("sleeps");
        return true;
    }
    sim_point(site);
    if (sim_order_newest(site, word, 4) != expected)
        return true;
    unsigned early = sim_value(timed ? 3 : 2);
    if (sim.live)
        sim_trace(SIM_EVENT_PARK, site, word, 4, -1, 0);
    t->asleep = true;
    t->timed = timed;
    t->waits_for = (uintptr_t)word;
    if (early == 0) {
        wait_as(SLEEPS, site, word);
    } else {
        t->woken = early == 1 ? 2 : 0;
        sim_point(site);
    }
    t->asleep = false;
    if (t->woken == 0)
        s.now += ns;
    sim_mix(t->woken);
    if (sim.live)
        sim_trace(SIM_EVENT_WAKE, site, word, 4, -1, 0)->after = t->woken;
    return t->woken != 0;
}
void sim_unpark(const struct sim_site *site, const volatile void *word, unsigned n)
{
    sim_point(site);
    struct sim_event ignored, *e = &ignored;
    if (sim.live)
        e = sim_trace(SIM_EVENT_UNPARK, site, word, 4, -1, 0);
    uint32_t asleep = 0;
    for (unsigned i = 1; i <= s.all; i++)
        if (s.thread[i].asleep && s.thread[i].waits_for == (uintptr_t)word)
            asleep |= 1u << i;
    for (; n > 0 && asleep != 0; n--) {
        unsigned i = bit(asleep, sim_value((unsigned)__builtin_popcount(asleep)));
        asleep &= ~(1u << i);
        s.thread[i].asleep = false;
        s.thread[i].woken = 1;
        make_ready(i);
        e->after++;
    }
}

// A mutex is its first word: 0, or one more than the thread that holds it.
void sim_mutex_init(const struct sim_site *site, void *m)
{
    sim_init(site, m, 4, 0);
}
void sim_mutex_destroy(const struct sim_site *site, void *m)
{
    sim_order_plain(site, m, 4, true);
    if (*(volatile uint32_t *)m != 0)
        sim_fail(SIM_MISUSE, "a mutex is destroyed while thread %u holds it",
                 *(volatile uint32_t *)m - 1);
}
static bool mutex_take(const struct sim_site *site, void *m)
{
    if (sim_order_newest(site, m, 4) != 0)
        return false;
    if (sim.live)
        sim_order_acquire(site, m, sim.self + 1, SIM_EVENT_LOCK);
    else
        *(volatile uint32_t *)m = sim.self + 1;
    return true;
}
void sim_mutex_lock(const struct sim_site *site, void *m)
{
    sim_point(site);
    while (!mutex_take(site, m)) {
        unsigned holder = *(volatile uint32_t *)m - 1;
        if (holder == sim.self)
            sim_fail(SIM_DEADLOCK, "thread %u locks a mutex that it holds", sim.self);
        if (!sim.live && s.thread[holder].state == ENDED)
            sim_fail(SIM_DEADLOCK, "thread %u has ended and holds a mutex", holder);
        if (sim.self == 0)
            background_runs("waits for a mutex");
        else
            wait_as(LOCKS, site, m);
    }
}
bool sim_mutex_trylock(const struct sim_site *site, void *m)
{
    sim_point(site);
    return mutex_take(site, m);
}
void sim_mutex_unlock(const struct sim_site *site, void *m)
{
    sim_point(site);
    if (sim_order_newest(site, m, 4) != sim.self + 1)
        sim_fail(SIM_MISUSE, "a mutex is unlocked by thread %u, which does not hold it", sim.self);
    if (sim.live)
        sim_order_release(site, m, 0, SIM_EVENT_UNLOCK);
    else
        *(volatile uint32_t *)m = 0;
    for (unsigned i = 1; i <= s.all; i++)
        if (s.thread[i].state == LOCKS && s.thread[i].waits_for == (uintptr_t)m)
            make_ready(i);
}

// Set-up starts them, and they begin with each schedule; finish joins them.
void sim_thread_start(sync_thread *thread, void (*run)(void *), void *argument)
{
    if (!s.preparing)
        sim_fail(SIM_MISUSE, "a background thread is started, but not by set-up");
    if (s.all + 1 == SIM_THREADS_MAX)
        sim_fail(SIM_MISUSE, "more than %d threads", SIM_THREADS_MAX - 1);
    thread->native = (pthread_t)++s.all;
    s.thread[s.all].run = run;
    s.thread[s.all].argument = argument;
}
void sim_thread_join(sync_thread *thread)
{
    unsigned joined = (unsigned)thread->native;
    if (sim.live || sim.self != 0 || joined <= s.threads || joined > s.all)
        sim_fail(SIM_MISUSE, "a background thread is joined, but not by finish");
    while (s.thread[joined].state != ENDED)
        background_runs("waits for a background thread to end");
}
unsigned sim_threads(void)
{
    return s.all;
}
