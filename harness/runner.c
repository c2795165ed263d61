// SPDX-License-Identifier: MIT
//
// The main program of every cell: runs the one workload that it is linked with, in a process that
// holds nothing else, and prints one JSON object a line for each sample. `rclab` starts it, pinned
// by a list of CPUs; by hand it runs as well: build/cells/private_objects/atomic+none --threads 1
//
// A sample: the setting thread makes a world and what is shared, then sleeps (so the process is
// never single-threaded, which would make glibc's mutex cheaper than in any interpreter with
// threads). Each measuring thread is started on its CPU, makes its own objects, and works; where
// heaps are isolated, it makes a world first, and what would be shared in it. When the
// last one is warm it sets a common start and end. Each thread looks at the clock between batches
// of operations and keeps working until all have been read. What it did in the time is counted: its
// batches from start to end, and of the two that were under way at these moments the share of their
// time that lies inside. So a thread that sleeps through the end, as some do where there are more
// threads than CPUs, neither stretches the time nor counts what it did later.
// Memory beside time: each thread tells at the end of a batch how many objects it made that have
// not died, and how many of them the workload refers to; the rest is dead and not freed. The first
// thread adds them up once a millisecond. As the others' figures are of their last batches, what
// one frees for another may be seen a batch too early or too late: where objects change hands, the
// peak is right to within what the threads do in a batch.
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
    // Between two looks at what is dead, and more with many threads: a look costs a line of each,
    // about 0.1 us.
    LOOK_NS = 1000000,
    LOOK_THREAD_NS = 50000,
    // Fewer objects do not tell their size by the pages that the process grew by: a thread alone
    // brings some 100 KiB.
    OBJECTS_TELL = 10000,
};

extern const struct cell_program *const program_first[] __asm__("__start_" RUN_SECTION);

struct gate {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) arrived;
    _Alignas(SYNC_LINE) _Atomic(bool) started; // the times are set
    uint64_t at, stop;                         // ticks of the common start and end
    _Alignas(SYNC_LINE) _Atomic(uint32_t) read;
    _Atomic(bool) ended; // all have been read
};

// A world, who set it up and what its threads share.
struct home {
    _Alignas(SYNC_LINE) struct world *world;
    struct thread *setter;
    void *shared;
    uint64_t leaked; // objects that were left when it was closed
    char *result;    // a copy, or NULL
};

struct worker {
    _Alignas(SYNC_LINE) pthread_t pthread;
    unsigned index;
    struct sample *sample;
    struct home *home;
    // results
    int cpu;                            // where it was bound, read back; -1: not to exactly one
    uint64_t arrived, started, stopped; // ticks
    uint64_t ops, cpu_ns;
    uint64_t cpu_all_ns;      // from started to stopped; cpu_ns is what ops have of that
    uint64_t switches, waits; // its context switches then: involuntary, voluntary
    uint64_t gap, longest;    // ticks: what gaps took beyond the usual; the longest batch
    uint64_t done;            // all operations, also outside the window and of --extra
    int node[MEMORY_PAGES];   // where pages came from that it touched first
    uint64_t pause;           // ns: the longest in the window
    struct latency latency;   // of the window
    struct sent sent;         // in it
    struct sync_counts census;
    struct sync_events events;
    const char *wrong;
    // Objects of this thread at the end of its last batch: dead and not freed (below 0: it freed
    // another one's), and those that the workload refers to.
    _Alignas(SYNC_LINE) _Atomic(int64_t) dead;
    _Atomic(int64_t) held;
};

struct sample {
    const struct options *options;
    const struct probe_point *before, *after;
    unsigned points; // that there are of each
    double ping_ns;  // 0: not known
    const struct cell_program *program;
    const struct ticks *clock;
    struct run run;
    struct home *homes; // run.worlds of them
    struct worker *workers;
    struct gate gate;
    long base_kib; // resident before the first sample
    // By thread 0: the same for what the setting thread made; the most that was dead at a time; at
    // the end of the window the objects that were referred to, and what was resident then.
    int64_t dead, held, dead_peak, held_last;
    long last_kib;
    // Processor time of schemes' own threads, when thread 0 began and when the last one had ended,
    // and when that was; how many there are, and where they may run.
    uint64_t background_ns[2], background_at[2];
    unsigned background;
    cpu_bits background_cpus;
};

// A line of a file of /proc/self in KiB, or -1.
static long proc_kib(const char *file, const char *name)
{
    char line[256];
    long kib = -1;
    FILE *f = fopen(file, "r");
    while (f != NULL && kib < 0 && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    if (f != NULL)
        fclose(f);
    return kib;
}
// The first is exact; the second lags behind by some pages of each thread (proc(5)).
static long resident_kib(void)
{
    long kib = proc_kib("/proc/self/smaps_rollup", "Rss:");
    return kib >= 0 ? kib : proc_kib("/proc/self/status", "VmRSS:");
}

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
    uint64_t look_at;              // ticks: when thread 0 sums up what is dead
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

// --- memory ---

// Whether the cell can tell what is dead. Where objects never die, all that nobody refers to are.
static bool tells(const struct sample *s)
{
    return s->program->workload->holds != NULL && s->program->calls->frees;
}

// Before the safepoint: what it frees was dead until then. Relaxed, here and where they are read:
// figures, nothing follows from them.
static void load_tell(struct load *l)
{
    struct worker *w = l->worker;
    const struct cell_program *p = w->sample->program;
    if (!tells(w->sample))
        return;
    int64_t held = p->workload->holds(l->own);
    atomic_store_explicit(&w->dead, p->calls->net(l->t) - held, memory_order_relaxed);
    atomic_store_explicit(&w->held, held, memory_order_relaxed);
}

static void look(struct sample *s)
{
    int64_t dead = s->dead;
    for (unsigned i = 0; i < s->run.worlds; i++)
        dead += s->program->calls->net_background(s->homes[i].world);
    for (unsigned i = 0; i < s->run.threads; i++)
        dead += atomic_load_explicit(&s->workers[i].dead, memory_order_relaxed);
    if (dead > s->dead_peak)
        s->dead_peak = dead;
}
static void load_look_again(struct load *l)
{
    struct sample *s = l->worker->sample;
    uint64_t least = (uint64_t)LOOK_THREAD_NS * s->run.threads;
    look(s);
    l->look_at = ticks_now(s->clock) +
                 (uint64_t)((double)(least > LOOK_NS ? least : LOOK_NS) / ticks_ns(s->clock));
}

// By thread 0, around its window.
static void load_looks_begin(struct load *l)
{
    struct sample *s = l->worker->sample;
    const struct workload *workload = s->program->workload;
    s->background_at[0] = ticks_now(s->clock);
    s->background_ns[0] = sync_background_ns();
    l->look_at = UINT64_MAX;
    if (!tells(s))
        return;
    for (unsigned i = 0; i < s->run.worlds; i++) {
        const struct home *h = &s->homes[i];
        s->held += workload->shares != NULL ? workload->shares(h->shared) : 0;
        // who measures in the world that it set up tells of itself
        s->dead += s->program->calls->isolated ? 0 : s->program->calls->net(h->setter);
    }
    s->dead -= s->held;
    load_look_again(l);
}
static void load_looks_end(struct load *l)
{
    struct sample *s = l->worker->sample;
    if (!tells(s))
        return;
    look(s);
    s->held_last = s->held;
    for (unsigned i = 0; i < s->run.threads; i++)
        s->held_last += atomic_load_explicit(&s->workers[i].held, memory_order_relaxed);
    if (s->held_last >= OBJECTS_TELL)
        s->last_kib = resident_kib();
}

// By the last one whose window has ended.
static void background_end(struct sample *s)
{
    s->background_at[1] = ticks_now(s->clock);
    s->background_ns[1] = sync_background_ns();
    s->background = sync_background_threads(s->background_cpus, sizeof s->background_cpus);
}

// --- batches ---

// What follows n operations that count: a safepoint, and the operations that --extra adds to them,
// in whole units. What is less than a unit stays owed, so that the share is right over many
// batches.
static void load_behind(struct load *l, uint64_t n)
{
    load_tell(l);
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
                s->run.threads) {
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
        if (w->stopped >= l->look_at)
            load_look_again(l);
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
        if (w->stopped >= l->look_at)
            load_look_again(l);
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
    struct sync_events events = sync_here.events;
    struct rusage first, last;
    const struct cell_calls *calls = w->sample->program->calls;
    l->owed = 0;
    l->look_at = UINT64_MAX;
    if (w->index == 0)
        load_looks_begin(l);
    const struct workload *workload = w->sample->program->workload;
    struct latency *latency = workload->latency != NULL ? workload->latency(l->own) : NULL;
    if (latency != NULL)
        memset(latency, 0, sizeof *latency);
    struct sent sent = {0};
    if (workload->sent != NULL)
        sent = workload->sent(l->own);
    calls->pause(l->t); // what was before does not count
    getrusage(RUSAGE_THREAD, &first);
    uint64_t cpu = thread_cpu_ns();
    w->started = w->stopped = ticks_now(w->sample->clock);
    uint64_t whole = (w->sample->options->ops != 0 ? load_work : load_time)(l, batch);
    w->cpu_all_ns = thread_cpu_ns() - cpu;
    double counted = (double)w->ops / (double)whole; // of what was done
    w->cpu_ns = (uint64_t)((double)w->cpu_all_ns * counted);
    if (workload->sent != NULL) {
        struct sent now = workload->sent(l->own);
        w->sent.messages = (uint64_t)((double)(now.messages - sent.messages) * counted);
        w->sent.bytes = (uint64_t)((double)(now.bytes - sent.bytes) * counted);
    }
    w->pause = calls->pause(l->t);
    if (latency != NULL)
        w->latency = *latency;
    getrusage(RUSAGE_THREAD, &last);
    if (w->index == 0)
        load_looks_end(l);
    w->switches = (uint64_t)(last.ru_nivcsw - first.ru_nivcsw);
    w->waits = (uint64_t)(last.ru_nvcsw - first.ru_nvcsw);
#define CENSUS_DIFFERENCE(name) w->census.name = sync_here.counts.name - before.name;
    SYNC_COUNTS(CENSUS_DIFFERENCE)
#undef CENSUS_DIFFERENCE
#define EVENTS_DIFFERENCE(name) w->events.name = sync_here.events.name - events.name;
    SYNC_EVENTS(EVENTS_DIFFERENCE)
#undef EVENTS_DIFFERENCE
}

// The caller is in the runtime of the new world.
static void home_open(const struct sample *s, struct home *h)
{
    const struct cell_calls *calls = s->program->calls;
    h->world = calls->world_open();
    sync_here.self = h->setter = calls->enter(h->world);
    h->shared = s->program->workload->start(h->setter, &s->run);
}
// By who opened it, when the measuring threads have ended. NULL, or what is wrong.
static const char *home_close(const struct sample *s, struct home *h, uint64_t done)
{
    const struct cell_calls *calls = s->program->calls;
    const struct workload *workload = s->program->workload;
    calls->drain(h->setter);
    const char *result = workload->result != NULL ? workload->result(h->setter, h->shared) : NULL;
    if (result != NULL)
        h->result = strdup(result);
    const char *wrong = workload->finish(h->setter, h->shared, done);
    calls->leave(h->setter);
    h->leaked = calls->frees ? calls->world_live(h->world) : 0;
    if (wrong == NULL && h->leaked != 0 && !(workload->leaves && !calls->cycles))
        wrong = "objects are left when nothing refers to them";
    calls->world_close(h->world);
    return wrong;
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
    if (calls->isolated)
        home_open(s, w->home);
    sync_here.self = l.t = calls->isolated ? w->home->setter : calls->enter(w->home->world);
    l.own = workload->begin(l.t, w->home->shared, w->index);
    l.unit = workload->unit != NULL ? workload->unit(l.own) : 1;
    if (l.unit > RUN_BATCH_MOST)
        l.unit = RUN_BATCH_MOST;
    uint64_t batch = load_warm(&l);
    load_window(&l, batch);
    // Acq_rel, release, acquire: who sees that all have been read may close its world; what the
    // others looked at in there happens before.
    if (atomic_fetch_add_explicit(&s->gate.read, 1, memory_order_acq_rel) + 1 == s->run.threads) {
        background_end(s);
        atomic_store_explicit(&s->gate.ended, true, memory_order_release);
    }
    while (!atomic_load_explicit(&s->gate.ended, memory_order_acquire)) {
        load_batch(&l, batch);
        load_give_way(&l);
    }
    w->wrong = workload->end(l.t, l.own, w->done);
    if (!calls->isolated) {
        calls->leave(l.t);
        return NULL;
    }
    const char *judged = home_close(s, w->home, w->done);
    if (w->wrong == NULL)
        w->wrong = judged;
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

// The length of the UTF-8 character at c, which is not ASCII; 0: it is none (RFC 3629).
static unsigned utf8(const unsigned char *c)
{
    unsigned n = c[0] >= 0xc2 && c[0] < 0xe0   ? 2
                 : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
                 : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
                                               : 0;
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xed && c[1] >= 0xa0, beyond = c[0] == 0xf4 && c[1] >= 0x90;
    for (unsigned i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) // the end of the text too
            return 0;
    return overlong || surrogate || beyond ? 0 : n;
}
// A JSON string; what is no UTF-8 becomes question marks.
static void print_string(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';) {
        unsigned n = *c < 0x80 ? 1 : utf8(c);
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < ' ')
            printf("\\u%04x", *c);
        else if (n == 0)
            putchar('?');
        else
            fwrite(c, 1, n, stdout);
        c += n != 0 ? n : 1;
    }
    putchar('"');
}

static void print_list(const char *name, const struct sample *s, size_t offset, double scale,
                       uint64_t origin)
{
    printf(",\"%s\":[", name);
    for (unsigned i = 0; i < s->run.threads; i++) {
        uint64_t value = *(const uint64_t *)((const char *)&s->workers[i] + offset);
        printf("%s%.0f", i != 0 ? "," : "", ((double)value - (double)origin) * scale);
    }
    printf("]");
}

// For each thread the different nodes that its pages came from; none where that is not known.
static void print_nodes(const struct sample *s)
{
    printf(",\"thread_nodes\":[");
    for (unsigned i = 0; i < s->run.threads; i++) {
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

// What is dead, what an object takes, and who works for the scheme; what is not known says why.
static void print_memory(const struct sample *s, double duration_ns)
{
    const struct workload *workload = s->program->workload;
    const char *absent = workload->holds == NULL     ? "the workload does not tell what it holds"
                         : !s->program->calls->frees ? "objects never die under this scheme"
                                                     : NULL;
    printf(",\"base_kib\":%ld,\"peak_kib\":%ld", s->base_kib,
           proc_kib("/proc/self/status", "VmHWM:"));
    print_list("thread_pause_ns", s, offsetof(struct worker, pause), 1, 0);
    if (absent != NULL)
        printf(",\"dead_peak\":null,\"dead_absent\":\"%s\",\"objects\":null", absent);
    else
        printf(",\"dead_peak\":%" PRId64 ",\"objects\":%" PRId64, s->dead_peak, s->held_last);
    if (absent == NULL && s->held_last < OBJECTS_TELL)
        absent = "too few objects for the pages to tell";
    if (absent == NULL && (s->last_kib < 0 || s->base_kib < 0))
        absent = "the system does not tell what is resident";
    if (absent != NULL)
        printf(",\"object_bytes\":null,\"object_bytes_absent\":\"%s\"", absent);
    else
        printf(",\"object_bytes\":%.1f",
               1024 * (double)(s->last_kib - s->base_kib) / (double)s->held_last);
    // what lies in the sample's time, if it works evenly
    double span = (double)(s->background_at[1] - s->background_at[0]) * ticks_ns(s->clock);
    double ns = (double)(s->background_ns[1] - s->background_ns[0]);
    printf(",\"background_threads\":%u,\"background_ns\":%.0f,\"background_cpus\":[", s->background,
           span > 0 ? ns * duration_ns / span : 0);
    const char *separator = "";
    for (int i = 0; i < CPUS_MOST && s->background != 0; i++)
        if (CPU_ISSET_S(i, sizeof s->background_cpus, s->background_cpus))
            printf("%s%d", separator, i), separator = ",";
    printf("]");
}

// A time that the given share of the waits did not exceed: the middle of its step.
static uint64_t latency_quantile(const struct latency *l, double share)
{
    uint64_t waits = 0;
    unsigned i = 0;
    while (i + 1 < LATENCY_STEPS && (double)(waits += l->step[i]) < share * (double)l->n)
        i++;
    unsigned halved = i < 2 * LATENCY_FINE ? 0 : i / LATENCY_FINE - 1;
    return ((uint64_t)(i - halved * LATENCY_FINE) << halved) + ((uint64_t)1 << halved) / 2;
}

// Of all threads' waits together; a workload without has no figure.
static void print_latency(const struct sample *s)
{
    struct latency all = {0};
    for (unsigned i = 0; i < s->run.threads; i++) {
        const struct latency *one = &s->workers[i].latency;
        all.n += one->n;
        for (unsigned k = 0; k < LATENCY_STEPS && one->n != 0; k++)
            all.step[k] += one->step[k];
    }
    if (all.n != 0)
        printf(",\"latencies\":%" PRIu64 ",\"latency_ns\":%" PRIu64 ",\"latency_p99_ns\":%" PRIu64,
               all.n, latency_quantile(&all, 0.5), latency_quantile(&all, 0.99));
}

// By all threads; a workload that sends nothing has no figure.
static void print_sent(const struct sample *s)
{
    struct sent all = {0};
    if (s->program->workload->sent == NULL)
        return;
    for (unsigned i = 0; i < s->run.threads; i++) {
        all.messages += s->workers[i].sent.messages;
        all.bytes += s->workers[i].sent.bytes;
    }
    printf(",\"messages\":%" PRIu64 ",\"message_bytes\":%" PRIu64, all.messages, all.bytes);
}

// What a program came to, and what it left.
static void print_result(const struct sample *s)
{
    if (s->homes[0].result != NULL) {
        printf(",\"result\":");
        print_string(s->homes[0].result);
    }
    if (!s->program->workload->leaves || !s->program->calls->frees)
        return;
    uint64_t leaked = 0;
    for (unsigned i = 0; i < s->run.worlds; i++)
        leaked += s->homes[i].leaked;
    printf(",\"leaked\":%" PRIu64, leaked);
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
    unsigned threads = s->run.threads;
    const struct worker *w = s->workers;
    double ns = ticks_ns(s->clock);
    uint64_t arrival = 0, first = UINT64_MAX, last = 0, cpu_ns = 0;
    struct sync_counts census = {0};
    struct sync_events events = {0};
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
#define EVENTS_SUM(name) events.name += w[i].events.name;
        SYNC_EVENTS(EVENTS_SUM)
#undef EVENTS_SUM
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
    print_memory(s, duration);
    print_latency(s);
    print_sent(s);
    print_result(s);
    printf(",\"idle_threads\":1,\"malloc\":\"%s\"", malloc_library());
#ifdef SYNC_CENSUS
    const char *separator = "";
    printf(",\"counts\":{");
#define CENSUS_PRINT(name) \
    printf("%s\"" #name "\":%" PRIu64, separator, census.name), separator = ",";
    SYNC_COUNTS(CENSUS_PRINT)
#undef CENSUS_PRINT
#define EVENTS_PRINT(name) printf(",\"" #name "\":%" PRIu64, events.name);
    SYNC_EVENTS(EVENTS_PRINT)
#undef EVENTS_PRINT
    printf("}");
#endif
    printf(",\"verified\":%s", wrong == NULL ? "true" : "false");
    if (wrong != NULL) {
        printf(",\"wrong\":");
        print_string(wrong);
    }
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
    const unsigned threads = o->run.threads;
    s.before = before;
    s.after = after;
    s.run = o->run;
    s.run.worlds = calls->isolated ? threads : 1;
    s.run.met = workload->meet != NULL ? workload->meet(&s.run) : NULL;
    s.homes = sync_alloc(s.run.worlds * sizeof *s.homes);
    s.workers = sync_alloc(threads * sizeof *s.workers);
    if (!calls->isolated) {
        home_open(&s, s.homes);
        calls->blocking_begin(s.homes->setter);
    }
    for (unsigned i = 0; i < threads; i++) {
        s.workers[i].index = i;
        s.workers[i].sample = &s;
        s.workers[i].home = &s.homes[calls->isolated ? i : 0];
        worker_start(&s.workers[i], o);
    }
    uint64_t done = 0;
    const char *wrong = NULL;
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(s.workers[i].pthread, NULL);
        done += s.workers[i].done;
        if (wrong == NULL)
            wrong = s.workers[i].wrong;
    }
    if (!calls->isolated) {
        calls->blocking_end(s.homes->setter);
        const char *judged = home_close(&s, s.homes, done);
        if (wrong == NULL)
            wrong = judged;
    }
    probe(s.clock, o->probe, o->probes, after);
    print_sample(&s, number, wrong);
    if (workload->part != NULL)
        workload->part(s.run.met);
    for (unsigned i = 0; i < s.run.worlds; i++)
        free(s.homes[i].result);
    sync_free(s.workers);
    sync_free(s.homes);
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
    const char *refused = program->workload->load != NULL ? program->workload->load(&o.run) : NULL;
    if (refused != NULL)
        refuse(RUN_REFUSAL, refused);
    struct sample all = {.options = &o, .program = program, .clock = &clock};
    if (o.pings != 0)
        all.ping_ns = ping(&clock, o.ping[0], o.ping[1]);
    struct probe_point point[2][PROBES_MOST]; // what is after a sample is before the next
    all.points = probe(&clock, o.probe, o.probes, point[0]);
    all.base_kib = resident_kib();
    bool ok = true;
    for (unsigned i = 0; i < o.samples; i++)
        ok &= run_sample(&all, i, point[i % 2], point[(i + 1) % 2]);
    return ok ? 0 : 1;
}
