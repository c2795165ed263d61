// SPDX-License-Identifier: MIT
//
// The main program of every cell: runs the one workload that it is linked with, in a process that
// holds nothing else, and prints one JSON object a line for each sample. `rclab` starts it, pinned
// by a list of CPUs; by hand it runs as well: build/cells/private_objects/atomic+none --threads 1
//
// A sample: the setting thread makes a world and what is shared, then sleeps (so the process is
// never single-threaded, which would make glibc's mutex cheaper than in any interpreter with
// threads). Each measuring thread is started on its CPU, makes its own objects, and works. When the
// last one is warm it sets a common start and end. Each thread looks at the clock between batches
// of operations and keeps working until all have been read. What it did in the time is counted: its
// batches from start to end, and of the two that were under way at these moments the share of their
// time that lies inside. So a thread that sleeps through the end, as some do where there are more
// threads than CPUs, neither stretches the time nor counts what it did later.
// How fast the CPUs are is probed before and after each sample, by threads of their own, while the
// setting thread sleeps.
#include "runner_options.h"

#include <dlfcn.h>
#include <sys/resource.h>

enum {
    WARM_NS = 4000000, // each thread warms up at least so long
    LEAD_NS = 50000,   // from the last thread's arrival to the common start
    BATCH_NS = 20000,  // work between two looks at the clock
    // A batch is a gap if it takes more than so many times the usual, and more than so long. Usual
    // is the median of so many batches before it: some that were interrupted do not move it, and it
    // follows within a few where the work itself changes, as when other threads join in.
    GAP_TIMES = 8,
    GAP_NS = 100000,
    GAP_BATCHES = 9,
};

extern const struct cell_program *const program_first[] __asm__("__start_" RUN_SECTION);

struct gate {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) arrived;
    _Alignas(SYNC_LINE) _Atomic(bool) started; // the times are set
    uint64_t at, stop;                         // ticks of the common start and end
    _Alignas(SYNC_LINE) _Atomic(uint32_t) read;
};

struct worker {
    _Alignas(SYNC_LINE) pthread_t pthread;
    unsigned index;
    struct sample *sample;
    // results
    int cpu;                            // where it was bound, read back; -1: not to exactly one
    uint64_t arrived, started, stopped; // ticks
    uint64_t ops, cpu_ns;
    uint64_t cpu_all_ns;      // from started to stopped; cpu_ns is what ops have of that
    uint64_t switches, waits; // its context switches then: involuntary, voluntary
    uint64_t gap, longest;    // ticks: what gaps took beyond the usual; the longest batch
    uint64_t done;            // all operations, also outside the window and of --extra
    int node[MEMORY_PAGES];   // where pages came from that it touched first
    struct sync_counts census;
    const char *wrong;
};

struct sample {
    const struct options *options;
    const struct probe_point *before, *after;
    unsigned points; // that there are of each
    double ping_ns;  // 0: not known
    const struct cell_program *program;
    const struct ticks *clock;
    struct world *world;
    void *shared;
    struct worker *workers;
    struct gate gate;
    long base_kib; // resident before the first sample
};

static uint64_t thread_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// --- the measured thread ----------------------------------------------------------------------

struct load {
    struct worker *worker;
    struct thread *t;
    void *own;
    void (*work)(struct thread *, void *, uint64_t);
    void (*safepoint)(struct thread *);
    uint64_t unit;                 // operations that belong together
    uint64_t owed;                 // hundredths of operations that --extra has yet to add
    uint64_t early_from, early_to; // ticks of the batch that was under way at the start
    uint64_t gap_least;            // ticks
    uint64_t took[GAP_BATCHES];    // ticks of the latest batches, in a ring
    uint64_t batches;
};

// Who only keeps the load up lets those run who have yet to arrive, or to be read: where threads
// share CPUs they would wait for whole time slices. Outside the runtime, as they may need its lock.
static void load_give_way(struct load *l)
{
    const struct sample *s = l->worker->sample;
    if (!s->options->crowded)
        return;
    s->program->calls->blocking_begin(l->t);
    sched_yield();
    s->program->calls->blocking_end(l->t);
}

// What follows n operations that count: a safepoint, and the operations that --extra adds to them,
// in whole units. What is less than a unit stays owed, so that the share is right over many
// batches.
static void load_behind(struct load *l, uint64_t n)
{
    l->safepoint(l->t);
    l->worker->done += n;
    l->owed += n * l->worker->sample->options->extra;
    if (l->owed < 100 * l->unit)
        return;
    uint64_t extra = l->owed / 100 < RUN_BATCH_MOST ? l->owed / 100 : RUN_BATCH_MOST;
    extra -= extra % l->unit;
    l->owed -= 100 * extra;
    l->work(l->t, l->own, extra);
    l->safepoint(l->t);
    l->worker->done += extra;
}

static void load_batch(struct load *l, uint64_t n)
{
    l->work(l->t, l->own, n);
    load_behind(l, n);
}

static void load_took(struct load *l, uint64_t ticks)
{
    l->took[l->batches++ % GAP_BATCHES] = ticks;
}

// What a batch of the window tells of disturbance. The one that was under way at the start counts
// as far as it lies behind that.
static void load_look(struct load *l, uint64_t from, uint64_t to)
{
    struct worker *w = l->worker;
    uint64_t at = w->sample->gate.at, inside = to - (from > at ? from : at);
    if (inside > w->longest)
        w->longest = inside;
    if (to - from > l->gap_least && l->batches != 0) {
        uint64_t took[GAP_BATCHES];
        memcpy(took, l->took, sizeof took);
        uint64_t usual = median(took, l->batches < GAP_BATCHES ? l->batches : GAP_BATCHES);
        uint64_t beyond = to - from > GAP_TIMES * usual ? to - from - usual : 0;
        w->gap += beyond < inside ? beyond : inside;
    }
    load_took(l, to - from);
}

// The operations of a batch that lie in the time of the sample, if all take as long.
static double share(const struct gate *g, uint64_t ops, uint64_t from, uint64_t to)
{
    uint64_t begin = from > g->at ? from : g->at, end = to < g->stop ? to : g->stop;
    return begin < end ? (double)ops * (double)(end - begin) / (double)(to - from) : 0;
}

// Works until the common start is reached, doubling the batch until it takes BATCH_NS.
static uint64_t load_warm(struct load *l)
{
    struct worker *w = l->worker;
    struct sample *s = w->sample;
    const struct ticks *clock = s->clock;
    uint64_t batch = l->unit;
    double ns = ticks_ns(clock);
    l->gap_least = (uint64_t)(GAP_NS / ns);
    uint64_t begin = ticks_now(clock);
    bool arrived = false;
    for (;;) {
        uint64_t n = batch, before = ticks_now(clock);
        l->work(l->t, l->own, n);
        uint64_t after = ticks_now(clock);
        load_behind(l, n);
        uint64_t now = ticks_now(clock);
        if (!arrived && 2 * n <= RUN_BATCH_MOST && (double)(after - before) * ns < BATCH_NS) {
            batch *= 2;
        } else if (!arrived && (double)(after - begin) * ns >= WARM_NS) {
            arrived = true;
            w->arrived = now;
            // acq_rel: the last to arrive sees the others' arrivals; release of `start`: they see
            // the times
            if (atomic_fetch_add_explicit(&s->gate.arrived, 1, memory_order_acq_rel) + 1 ==
                s->options->run.threads) {
                s->gate.at = now + (uint64_t)(LEAD_NS / ns);
                s->gate.stop = s->gate.at + (uint64_t)((double)s->options->time_ns / ns);
                atomic_store_explicit(&s->gate.started, true, memory_order_release);
            }
        }
        bool started = atomic_load_explicit(&s->gate.started, memory_order_acquire);
        if (started && now >= s->gate.at) {
            l->early_from = before;
            l->early_to = now;
            return batch;
        }
        load_took(l, now - before);
        if (arrived && !started)
            load_give_way(l);
    }
}

// So many operations, however long they take.
static uint64_t load_work(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    for (uint64_t most = w->sample->options->ops; w->ops < most;) {
        uint64_t n = most - w->ops < batch ? most - w->ops : batch, before = w->stopped;
        load_batch(l, n);
        w->stopped = ticks_now(w->sample->clock);
        load_look(l, before, w->stopped);
        w->ops += n;
    }
    return w->ops;
}

// Batches until the common end, one at least. Answers their operations.
static uint64_t load_time(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    const struct gate *g = &w->sample->gate;
    uint64_t whole = 0;
    double ops = share(g, batch, l->early_from, l->early_to);
    load_look(l, l->early_from, l->early_to);
    do {
        uint64_t before = w->stopped;
        load_batch(l, batch);
        w->stopped = ticks_now(w->sample->clock);
        load_look(l, before, w->stopped);
        whole += batch;
        ops += share(g, batch, before, w->stopped);
    } while (w->stopped < g->stop);
#ifdef SYNC_CENSUS
    ops = (double)whole; // what it counts was done by whole batches
#endif
    w->ops = (uint64_t)(ops + 0.5);
    return whole;
}

static void load_window(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    struct sync_counts before = sync_here.counts;
    struct rusage first, last;
    l->owed = 0;
    getrusage(RUSAGE_THREAD, &first);
    uint64_t cpu = thread_cpu_ns();
    w->started = w->stopped = ticks_now(w->sample->clock);
    uint64_t whole = (w->sample->options->ops != 0 ? load_work : load_time)(l, batch);
    w->cpu_all_ns = thread_cpu_ns() - cpu;
    w->cpu_ns = (uint64_t)((double)w->cpu_all_ns * (double)w->ops / (double)whole);
    getrusage(RUSAGE_THREAD, &last);
    w->switches = (uint64_t)(last.ru_nivcsw - first.ru_nivcsw);
    w->waits = (uint64_t)(last.ru_nvcsw - first.ru_nvcsw);
#define CENSUS_DIFFERENCE(name) w->census.name = sync_here.counts.name - before.name;
    SYNC_COUNTS(CENSUS_DIFFERENCE)
#undef CENSUS_DIFFERENCE
}

static void *worker_main(void *argument)
{
    struct worker *w = argument;
    struct sample *s = w->sample;
    const struct cell_calls *calls = s->program->calls;
    const struct workload *workload = s->program->workload;
    w->cpu = bound_cpu();
    memory_probe(w->node, MEMORY_PAGES);
    sync_here.seed = w->index + 1;
    struct load l = {.worker = w, .work = workload->work, .safepoint = calls->safepoint};
    sync_here.self = l.t = calls->enter(s->world);
    l.own = workload->begin(l.t, s->shared, w->index);
    l.unit = workload->unit != NULL ? workload->unit(l.own) : 1;
    if (l.unit > RUN_BATCH_MOST)
        l.unit = RUN_BATCH_MOST;
    uint64_t batch = load_warm(&l);
    load_window(&l, batch);
    atomic_fetch_add_explicit(&s->gate.read, 1, memory_order_relaxed);
    while (atomic_load_explicit(&s->gate.read, memory_order_relaxed) < s->options->run.threads) {
        load_batch(&l, batch);
        load_give_way(&l);
    }
    w->wrong = workload->end(l.t, l.own, w->done);
    calls->leave(l.t);
    return NULL;
}

// --- a sample ---------------------------------------------------------------------------------

static void worker_start(struct worker *w, const struct options *o)
{
    char what[32];
    snprintf(what, sizeof what, "thread %u", w->index);
    bound_start(&w->pthread, what, o->cpus != 0 ? o->cpu[w->index % o->cpus] : -1, worker_main, w);
}

// Where malloc comes from: the file name of its library, or the program itself.
static const char *malloc_library(void)
{
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, "malloc");
    if (address == NULL || dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return "unknown";
    const char *slash = strrchr(info.dli_fname, '/');
    return slash != NULL ? slash + 1 : info.dli_fname;
}

static void print_list(const char *name, const struct sample *s, size_t offset, double scale,
                       uint64_t origin)
{
    printf(",\"%s\":[", name);
    for (unsigned i = 0; i < s->options->run.threads; i++) {
        uint64_t value = *(const uint64_t *)((const char *)&s->workers[i] + offset);
        printf("%s%.0f", i != 0 ? "," : "", ((double)value - (double)origin) * scale);
    }
    printf("]");
}

// For each thread the different nodes that its pages came from; none where that is not known.
static void print_nodes(const struct sample *s)
{
    printf(",\"thread_nodes\":[");
    for (unsigned i = 0; i < s->options->run.threads; i++) {
        const int *node = s->workers[i].node;
        const char *separator = "";
        printf("%s[", i != 0 ? "," : "");
        for (unsigned k = 0; k < MEMORY_PAGES; k++) {
            bool seen = node[k] < 0;
            for (unsigned j = 0; j < k && !seen; j++)
                seen = node[j] == node[k];
            if (!seen)
                printf("%s%d", separator, node[k]), separator = ",";
        }
        printf("]");
    }
    printf("]");
}

// A line of /proc/self/status in KiB, or -1.
static long status_kib(const char *name)
{
    char line[256];
    long kib = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && kib < 0 && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    if (f != NULL)
        fclose(f);
    return kib;
}

static void print_speed(const struct sample *s)
{
    const struct options *o = s->options;
    const struct probe_point *before = s->before, *after = s->after;
    printf(",\"probes\":[");
    for (unsigned i = 0; i < s->points; i++)
        printf("%s{\"cpu\":%d,\"alu_ns\":[%.0f,%.0f],\"locked_ns\":[%.0f,%.0f]}", i != 0 ? "," : "",
               after[i].cpu, before[i].alu_ns, after[i].alu_ns, before[i].locked_ns,
               after[i].locked_ns);
    printf("],\"ping_ns\":");
    if (s->ping_ns > 0)
        printf("%.1f", s->ping_ns);
    else
        printf("null");
    printf(",\"ping_cpus\":[");
    if (o->pings != 0)
        printf("%d,%d", o->ping[0], o->ping[1]);
    printf("]");
}

static void print_sample(const struct sample *s, unsigned number, const char *wrong)
{
    unsigned threads = s->options->run.threads;
    const struct worker *w = s->workers;
    double ns = ticks_ns(s->clock);
    uint64_t arrival = 0, first = UINT64_MAX, last = 0, cpu_ns = 0;
    struct sync_counts census = {0};
    for (unsigned i = 0; i < threads; i++) {
        if (w[i].arrived > arrival)
            arrival = w[i].arrived;
        if (w[i].ops != 0 && w[i].started < first)
            first = w[i].started;
        if (w[i].ops != 0 && w[i].stopped > last)
            last = w[i].stopped;
        cpu_ns += w[i].cpu_ns;
#define CENSUS_SUM(name) census.name += w[i].census.name;
        SYNC_COUNTS(CENSUS_SUM)
#undef CENSUS_SUM
    }
    if (s->options->ops == 0) {
        first = s->gate.at;
        last = s->gate.stop;
    }
    double duration = last > first ? (double)(last - first) * ns : 0;
    printf("{\"sample\":%u,\"duration_ns\":%.0f,\"cpu_ns\":%" PRIu64 ",\"clock\":\"%s\"", number,
           duration, cpu_ns, s->clock->tsc ? "tsc" : "monotonic");
    print_list("thread_ops", s, offsetof(struct worker, ops), 1, 0);
    print_list("thread_arrived_ns", s, offsetof(struct worker, arrived), ns, arrival);
    print_list("thread_start_ns", s, offsetof(struct worker, started), ns, arrival);
    print_list("thread_stop_ns", s, offsetof(struct worker, stopped), ns, arrival);
    printf(",\"thread_cpus\":[");
    for (unsigned i = 0; i < threads; i++)
        printf("%s%d", i != 0 ? "," : "", w[i].cpu);
    printf("]");
    print_list("thread_cpu_ns", s, offsetof(struct worker, cpu_all_ns), 1, 0);
    print_list("thread_switches", s, offsetof(struct worker, switches), 1, 0);
    print_list("thread_waits", s, offsetof(struct worker, waits), 1, 0);
    print_list("thread_gap_ns", s, offsetof(struct worker, gap), ns, 0);
    print_list("thread_longest_ns", s, offsetof(struct worker, longest), ns, 0);
    print_nodes(s);
    print_speed(s);
    printf(",\"base_kib\":%ld,\"peak_kib\":%ld", s->base_kib, status_kib("VmHWM:"));
    printf(",\"idle_threads\":1,\"malloc\":\"%s\"", malloc_library());
#ifdef SYNC_CENSUS
    const char *separator = "";
    printf(",\"counts\":{");
#define CENSUS_PRINT(name) \
    printf("%s\"" #name "\":%" PRIu64, separator, census.name), separator = ",";
    SYNC_COUNTS(CENSUS_PRINT)
#undef CENSUS_PRINT
    printf("}");
#endif
    printf(",\"verified\":%s", wrong == NULL ? "true" : "false");
    if (wrong != NULL)
        printf(",\"wrong\":\"%s\"", wrong);
    printf("}\n");
    fflush(stdout);
}

// `all`: what the samples of a process have in common; after is written.
static bool run_sample(const struct sample *all, unsigned number, const struct probe_point *before,
                       struct probe_point *after)
{
    struct sample s = *all;
    const struct options *o = s.options;
    const struct cell_calls *calls = s.program->calls;
    const struct workload *workload = s.program->workload;
    s.before = before;
    s.after = after;
    s.workers = sync_alloc(o->run.threads * sizeof *s.workers);
    s.world = calls->world_open();
    struct thread *t = calls->enter(s.world);
    sync_here.self = t;
    s.shared = workload->start(t, &o->run);
    calls->blocking_begin(t);
    for (unsigned i = 0; i < o->run.threads; i++) {
        s.workers[i].index = i;
        s.workers[i].sample = &s;
        worker_start(&s.workers[i], o);
    }
    uint64_t done = 0;
    const char *wrong = NULL;
    for (unsigned i = 0; i < o->run.threads; i++) {
        pthread_join(s.workers[i].pthread, NULL);
        done += s.workers[i].done;
        if (wrong == NULL)
            wrong = s.workers[i].wrong;
    }
    calls->blocking_end(t);
    calls->drain(t);
    const char *judged = workload->finish(t, s.shared, done);
    if (wrong == NULL)
        wrong = judged;
    calls->leave(t);
    if (wrong == NULL && calls->frees && calls->world_live(s.world) != 0)
        wrong = "objects are left when nothing refers to them";
    calls->world_close(s.world);
    probe(s.clock, o->probe, o->probes, after);
    print_sample(&s, number, wrong);
    sync_free(s.workers);
    return wrong == NULL;
}

int main(int argc, char **argv)
{
    struct ticks clock = ticks_start();
    const struct cell_program *program = program_first[0];
    struct options o = parse(argc, argv, program->workload);
    // the last resort against a hang: SIGALRM ends the process
    alarm(o.limit_s);
    // where the kernel has no policies, or they are not allowed, memory stays local
    if (o.places && !memory_set(&o.memory) && o.memory.mode != MPOL_LOCAL)
        refuse("--memory: the kernel does not take this policy", strerror(errno));
    struct sample all = {.options = &o, .program = program, .clock = &clock};
    if (o.pings != 0)
        all.ping_ns = ping(&clock, o.ping[0], o.ping[1]);
    struct probe_point point[2][PROBES_MOST]; // what is after a sample is before the next
    all.points = probe(&clock, o.probe, o.probes, point[0]);
    all.base_kib = status_kib("VmRSS:");
    bool ok = true;
    for (unsigned i = 0; i < o.samples; i++)
        ok &= run_sample(&all, i, point[i % 2], point[(i + 1) % 2]);
    return ok ? 0 : 1;
}
