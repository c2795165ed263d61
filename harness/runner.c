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
#include "memory.h"
#include "run.h"
#include "ticks.h"

#include <dlfcn.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    WARM_NS = 4000000, // each thread warms up at least so long
    LEAD_NS = 50000,   // from the last thread's arrival to the common start
    BATCH_NS = 20000,  // work between two looks at the clock
    CPUS_MOST = 4096,  // highest CPU number that can be asked for
};

extern const struct cell_program *const program_first[] __asm__("__start_" RUN_SECTION);

struct options {
    struct run run;
    unsigned cpus;
    int cpu[1024];    // of each thread; cpus == 0: not bound
    uint64_t time_ns; // fixed time, or
    uint64_t ops;     // fixed work of each thread
    unsigned samples;
    unsigned limit_s;
    bool crowded; // more threads than CPUs
    bool places;  // `memory` was asked for
    struct memory_policy memory;
};

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
    double early;           // operations of the batch that was under way at the start
    uint64_t done;          // all operations, also outside the window
    int node[MEMORY_PAGES]; // where pages came from that it touched first
    struct sync_counts census;
    const char *wrong;
};

struct sample {
    const struct options *options;
    const struct cell_program *program;
    const struct ticks *clock;
    struct world *world;
    void *shared;
    struct worker *workers;
    struct gate gate;
    long base_kib; // resident before the first sample
};

_Noreturn static void refuse(const char *text, const char *detail)
{
    fprintf(stderr, "%s: %s\n", text, detail);
    exit(2);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The one CPU that the calling thread is bound to, or -1.
static int bound_cpu(void)
{
    int found = -1;
    size_t size = CPU_ALLOC_SIZE(CPUS_MOST);
    cpu_set_t *set = CPU_ALLOC(CPUS_MOST);
    if (set != NULL && pthread_getaffinity_np(pthread_self(), size, set) == 0 &&
        CPU_COUNT_S(size, set) == 1)
        for (int i = 0; i < CPUS_MOST; i++)
            if (CPU_ISSET_S(i, size, set))
                found = i;
    CPU_FREE(set);
    return found;
}

// --- the measured thread ----------------------------------------------------------------------

struct load {
    struct worker *worker;
    struct thread *t;
    void *own;
    void (*work)(struct thread *, void *, uint64_t);
    void (*safepoint)(struct thread *);
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

static void load_batch(struct load *l, uint64_t n)
{
    l->work(l->t, l->own, n);
    l->safepoint(l->t);
    l->worker->done += n;
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
    uint64_t (*unit)(const void *) = s->program->workload->unit;
    uint64_t batch = unit != NULL ? unit(l->own) : 1;
    if (batch > RUN_BATCH_MOST)
        batch = RUN_BATCH_MOST;
    double ns = ticks_ns(clock);
    uint64_t begin = ticks_now(clock);
    bool arrived = false;
    for (;;) {
        uint64_t n = batch, before = ticks_now(clock);
        l->work(l->t, l->own, n);
        uint64_t after = ticks_now(clock);
        w->done += n;
        l->safepoint(l->t);
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
            w->early = share(&s->gate, n, before, now);
            return batch;
        }
        if (arrived && !started)
            load_give_way(l);
    }
}

// So many operations, however long they take.
static uint64_t load_work(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    for (uint64_t most = w->sample->options->ops; w->ops < most;) {
        uint64_t n = most - w->ops < batch ? most - w->ops : batch;
        load_batch(l, n);
        w->ops += n;
    }
    w->stopped = ticks_now(w->sample->clock);
    return w->ops;
}

// Batches until the common end, one at least. Answers their operations.
static uint64_t load_time(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    const struct gate *g = &w->sample->gate;
    uint64_t whole = 0;
    double ops = w->early;
    do {
        uint64_t before = w->stopped;
        load_batch(l, batch);
        w->stopped = ticks_now(w->sample->clock);
        whole += batch;
        ops += share(g, batch, before, w->stopped);
    } while (w->stopped < g->stop);
    // what the census counts was done by whole batches
#ifdef SYNC_CENSUS
    w->ops = whole;
#else
    w->ops = (uint64_t)(ops + 0.5);
#endif
    return whole;
}

static void load_window(struct load *l, uint64_t batch)
{
    struct worker *w = l->worker;
    struct sync_counts before = sync_here.counts;
    uint64_t cpu = thread_cpu_ns();
    w->started = w->stopped = ticks_now(w->sample->clock);
    uint64_t whole = (w->sample->options->ops != 0 ? load_work : load_time)(l, batch);
    cpu = thread_cpu_ns() - cpu;
    w->cpu_ns = (uint64_t)((double)cpu * (double)w->ops / (double)whole);
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
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (o->cpus != 0) {
        size_t size = CPU_ALLOC_SIZE(CPUS_MOST);
        cpu_set_t *set = CPU_ALLOC(CPUS_MOST);
        sync_check(set != NULL, "out of memory");
        CPU_ZERO_S(size, set);
        CPU_SET_S(o->cpu[w->index % o->cpus], size, set);
        pthread_attr_setaffinity_np(&attributes, size, set);
        CPU_FREE(set);
    }
    int error = pthread_create(&w->pthread, &attributes, worker_main, w);
    if (error != 0) {
        char text[96];
        snprintf(text, sizeof text, "thread %u on CPU %d cannot be started", w->index,
                 o->cpus != 0 ? o->cpu[w->index % o->cpus] : -1);
        refuse(text, strerror(error));
    }
    pthread_attr_destroy(&attributes);
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
    print_nodes(s);
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

static bool run_sample(const struct options *o, const struct cell_program *program,
                       const struct ticks *clock, unsigned number, long base_kib)
{
    const struct cell_calls *calls = program->calls;
    const struct workload *workload = program->workload;
    struct sample s = {.options = o, .program = program, .clock = clock, .base_kib = base_kib};
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
    print_sample(&s, number, wrong);
    sync_free(s.workers);
    return wrong == NULL;
}

// --- options ----------------------------------------------------------------------------------

static uint64_t number(const char *what, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    uint64_t n = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n < least || n > most) {
        char range[128];
        snprintf(range, sizeof range, "'%s' is not a number from %" PRIu64 " to %" PRIu64, text,
                 least, most);
        refuse(what, range);
    }
    return n;
}

static void parse_cpus(struct options *o, char *list)
{
    for (char *save, *item = strtok_r(list, ",", &save); item != NULL;
         item = strtok_r(NULL, ",", &save)) {
        if (o->cpus == sizeof o->cpu / sizeof o->cpu[0])
            refuse("--cpus", "too many");
        o->cpu[o->cpus++] = (int)number("--cpus", item, 0, CPUS_MOST - 1);
    }
}

static void parse_param(struct options *o, const struct workload *w, char *text)
{
    char *value = strchr(text, '=');
    if (value == NULL)
        refuse("--param", "KEY=VALUE is missing its '='");
    *value++ = '\0';
    for (unsigned i = 0; w->params[i].name != NULL; i++)
        if (strcmp(w->params[i].name, text) == 0) {
            o->run.param[i] = (int64_t)number(text, value, (uint64_t)w->params[i].least,
                                              (uint64_t)w->params[i].most);
            return;
        }
    refuse("no such parameter", text);
}

// local, bind:NODES or interleave:NODES.
static void parse_memory(struct options *o, char *text)
{
    static const struct {
        const char *name;
        int mode;
    } known[] = {{"local", MPOL_LOCAL}, {"bind", MPOL_BIND}, {"interleave", MPOL_INTERLEAVE}};
    char *save, *name = strtok_r(text, ":", &save);
    o->places = false;
    for (unsigned i = 0; i < sizeof known / sizeof known[0] && name != NULL; i++)
        if (strcmp(known[i].name, name) == 0) {
            o->places = true;
            o->memory.mode = known[i].mode;
        }
    bool nodes = false;
    for (char *item; o->places && (item = strtok_r(NULL, ",", &save)) != NULL; nodes = true)
        memory_add_node(&o->memory, (unsigned)number("--memory", item, 0, MEMORY_NODES_MOST - 1));
    if (!o->places || nodes != (o->memory.mode != MPOL_LOCAL))
        refuse("--memory", "it is local, bind:NODES or interleave:NODES");
}

// The CPUs that threads will run on: of the list, or those that are allowed.
static unsigned cpus_used(const struct options *o)
{
    unsigned n = 0;
    if (o->cpus == 0) {
        size_t size = CPU_ALLOC_SIZE(CPUS_MOST);
        cpu_set_t *set = CPU_ALLOC(CPUS_MOST);
        if (set != NULL && sched_getaffinity(0, size, set) == 0)
            n = (unsigned)CPU_COUNT_S(size, set);
        CPU_FREE(set);
    }
    for (unsigned i = 0; i < o->cpus; i++) {
        bool again = false;
        for (unsigned k = 0; k < i && !again; k++)
            again = o->cpu[k] == o->cpu[i];
        n += !again;
    }
    return n;
}

static struct options parse(int argc, char **argv, const struct workload *w)
{
    enum { THREADS = 1, CPUS, TIME, OPS, SAMPLES, PARAM, LIMIT, MEMORY };
    static const struct option known[] = {
        {"threads", required_argument, NULL, THREADS},
        {"cpus", required_argument, NULL, CPUS},
        {"time-ns", required_argument, NULL, TIME},
        {"ops", required_argument, NULL, OPS},
        {"samples", required_argument, NULL, SAMPLES},
        {"param", required_argument, NULL, PARAM},
        {"limit", required_argument, NULL, LIMIT},
        {"memory", required_argument, NULL, MEMORY},
        {0},
    };
    struct options o = {.run.threads = 1, .time_ns = 200000000, .samples = 5, .limit_s = 600};
    for (unsigned i = 0; w->params[i].name != NULL; i++)
        o.run.param[i] = w->params[i].standard;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        switch (c) {
        case THREADS:
            o.run.threads = (unsigned)number("--threads", optarg, 1, 1000);
            break;
        case CPUS:
            parse_cpus(&o, optarg);
            break;
        case TIME:
            o.time_ns = number("--time-ns", optarg, 1, 3600000000000u);
            break;
        case OPS:
            o.ops = number("--ops", optarg, 1, (uint64_t)1 << 53);
            break;
        case SAMPLES:
            o.samples = (unsigned)number("--samples", optarg, 1, 1000000);
            break;
        case PARAM:
            parse_param(&o, w, optarg);
            break;
        case LIMIT:
            o.limit_s = (unsigned)number("--limit", optarg, 1, 1000000);
            break;
        case MEMORY:
            parse_memory(&o, optarg);
            break;
        default:
            refuse("usage", "[--threads N] [--cpus I,J...] [--time-ns N | --ops N] [--samples N] "
                            "[--param KEY=VALUE]... [--limit SECONDS] [--memory local|bind:NODES|"
                            "interleave:NODES]");
        }
    if (optind < argc)
        refuse("what is this?", argv[optind]);
    o.crowded = o.run.threads > cpus_used(&o);
    return o;
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
    long base_kib = status_kib("VmRSS:");
    bool ok = true;
    for (unsigned i = 0; i < o.samples; i++)
        ok &= run_sample(&o, program, &clock, i, base_kib);
    return ok ? 0 : 1;
}
