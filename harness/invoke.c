// SPDX-License-Identifier: MIT
#include "invoke.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "disturbance.h"
#include "programs.h"
#include "stats.h"

const char *outcome_name(enum outcome_status status)
{
    static const char *const name[] = {"ok", "void", "crashed", "hung"};
    return name[status];
}

// --- where it runs ----------------------------------------------------------------------------

enum { NODES_MOST = 1024 };

struct arrangement {
    bool bound; // cpu[] holds the CPUs of the threads
    unsigned cpu[THREADS_MOST];
    unsigned cpus; // different ones of them; not bound: usable ones, 0 if unknown
    unsigned probe[2],
        probes;              // where the machine's speed is probed: the first and the last thread's
    unsigned ping[2], pings; // between which a line is bounced; 0: there is only one CPU
    // The nodes that all memory comes from; 0: each thread's from its own.
    unsigned node[NODES_MOST], nodes;
};

// Another CPU than the only one that is used, as near as the first two of cores far apart are.
static void arrange_ping(const struct topology *topology, struct arrangement *a)
{
    char why[256];
    unsigned two[2];
    a->ping[0] = a->probe[0];
    a->pings = a->probes;
    if (a->pings == 2)
        a->ping[1] = a->probe[1];
    else if (placement_cpus(topology, placement_find("cores", why, sizeof why), 2, two, why,
                            sizeof why)) {
        a->ping[1] = two[0] != a->ping[0] ? two[0] : two[1];
        a->pings = a->ping[1] != a->ping[0] ? 2 : 0;
    }
}

static void arrange_probes(const struct spec *s, const struct topology *topology,
                           struct arrangement *a)
{
    a->cpus = a->probes = a->pings = 0;
    if (!a->bound) {
        a->cpus = topology != NULL ? topology_cpus(topology) : 0;
        return;
    }
    for (unsigned i = 0; i < s->threads; i++) {
        bool again = false;
        for (unsigned k = 0; k < i && !again; k++)
            again = a->cpu[k] == a->cpu[i];
        a->cpus += !again;
    }
    a->probe[a->probes++] = a->cpu[0];
    if (a->cpu[s->threads - 1] != a->cpu[0])
        a->probe[a->probes++] = a->cpu[s->threads - 1];
    arrange_ping(topology, a);
}

static bool arrange(const struct spec *s, const struct topology *topology, struct arrangement *a,
                    char *why, size_t size)
{
    struct place place;
    a->nodes = 0;
    a->bound = topology != NULL && topology_is_this_machine(topology);
    if (a->bound && !placement_cpus(topology, s->placement, s->threads, a->cpu, why, size))
        return false;
    arrange_probes(s, topology, a);
    if (s->memory->nodes == NODES_ALL && topology != NULL)
        a->nodes = topology_nodes(topology, a->node, NODES_MOST);
    if (s->memory->nodes == NODE_OF_THREAD_0 && a->bound &&
        topology_where(topology, a->cpu[0], &place) && place.node >= 0)
        a->node[a->nodes++] = (unsigned)place.node;
    if (a->nodes != 0 || s->memory->nodes == NODE_OF_TOUCH)
        return true;
    snprintf(why, size, "memory %s: no NUMA node is known, as %s (first_touch needs none)",
             s->memory->name,
             a->bound ? "hwloc tells of none with memory" : "threads cannot be bound here");
    return false;
}

bool invoke_possible(const struct spec *s, const struct topology *topology, struct error *e)
{
    struct arrangement a;
    return arrange(s, topology, &a, e->text, sizeof e->text) && spec_fits(s, a.cpus, e);
}

// Whether the pages that each thread touched came from where they should: JSON's null where the
// kernel does not tell. If not, `why` says so.
static json_t *memory_held(const struct arrangement *a, const struct topology *topology,
                           const json_t *sample, char *why, size_t size)
{
    const json_t *threads = json_object_get(sample, "thread_nodes"), *seen;
    size_t i, k;
    bool known = json_array_size(threads) != 0 && a->bound;
    json_array_foreach((json_t *)threads, i, seen)
    {
        struct place place;
        const json_t *page;
        known &= json_array_size(seen) != 0 && topology_where(topology, a->cpu[i], &place) &&
                 (a->nodes != 0 || place.node >= 0);
        json_array_foreach((json_t *)seen, k, page)
        {
            json_int_t node = json_integer_value(page);
            bool right = known && a->nodes == 0 && node == place.node;
            for (unsigned j = 0; j < a->nodes; j++)
                right |= node == (json_int_t)a->node[j];
            if (!known || right)
                continue;
            snprintf(why, size,
                     "thread %zu on CPU %u has memory from NUMA node %" JSON_INTEGER_FORMAT
                     ", which was not meant: is the right node full?",
                     i, a->cpu[i], node);
            return json_false();
        }
    }
    return known ? json_true() : json_null();
}

// What the figures tell of the cell's place: how far apart two threads are, and where caches,
// packages and cores are full under its placement.
static void add_place(json_t *sample, const struct spec *s, const struct topology *topology,
                      const struct arrangement *a)
{
    struct placement_fills f;
    char why[8];
    const char *distance =
        a->bound && s->threads == 2 ? topology_distance(topology, a->cpu[0], a->cpu[1]) : NULL;
    if (distance != NULL)
        json_object_set_new(sample, "distance", json_string(distance));
    if (a->bound && placement_fills(topology, s->placement, &f, why, sizeof why))
        json_object_set_new(sample, "fills",
                            json_pack("{s:i, s:i, s:i, s:i}", "cache", (int)f.one_cache, "package",
                                      (int)f.one_package, "core", (int)f.own_core, "all",
                                      (int)f.all));
}

// --- the child --------------------------------------------------------------------------------

struct command {
    char *argv[20 + 2 * PARAMS_MAX];
    char text[20 + 2 * PARAMS_MAX][64];
    char cpus[THREADS_MOST * 6], memory[32 + 5 * NODES_MOST], probe[32], ping[32];
    int n;
};

__attribute__((format(printf, 2, 3))) static void command_add(struct command *c, const char *format,
                                                              ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->text[c->n], sizeof c->text[0], format, arguments);
    va_end(arguments);
    c->argv[c->n] = c->text[c->n];
    c->n++;
}

// An option of any length: its name, and numbers with commas between them.
static void command_add_list(struct command *c, char *text, size_t size, const char *name,
                             const unsigned *number, unsigned n)
{
    size_t used = (size_t)snprintf(text, size, "%s", name);
    for (unsigned i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%u", i != 0 ? "," : "", number[i]);
    c->argv[c->n++] = text;
}

static void command_make(struct command *c, const struct spec *s, const struct effort *effort,
                         const struct arrangement *a, uint64_t limit_s)
{
    c->n = 0;
    command_add(c, "%s", s->workload->name);
    command_add(c, "--threads=%u", s->threads);
    command_add(c, "--samples=%u", effort->samples);
    if (effort->ops != 0)
        command_add(c, "--ops=%" PRIu64, effort->ops);
    else
        command_add(c, "--time-ns=%" PRIu64, effort->time_ns);
    command_add(c, "--limit=%" PRIu64, limit_s);
    for (unsigned i = 0; s->workload->params[i].name != NULL; i++)
        command_add(c, "--param=%s=%" PRId64, s->workload->params[i].name, s->param[i]);
    if (s->program != NULL) // the process's own name of what it inherits
        command_add(c, "--program=/proc/self/fd/%d", s->program->bytecode);
    if (a->bound)
        command_add_list(c, c->cpus, sizeof c->cpus, "--cpus=", a->cpu, s->threads);
    char memory[32];
    snprintf(memory, sizeof memory, "--memory=%s%s", s->memory->option, a->nodes != 0 ? ":" : "");
    command_add_list(c, c->memory, sizeof c->memory, memory, a->node, a->nodes);
    if (s->extra != 0)
        command_add(c, "--extra=%u", s->extra);
    if (a->probes != 0)
        command_add_list(c, c->probe, sizeof c->probe, "--probe=", a->probe, a->probes);
    if (a->pings != 0)
        command_add_list(c, c->ping, sizeof c->ping, "--ping=", a->ping, a->pings);
    c->argv[c->n] = NULL;
}

// In the child, between fork and exec.
_Noreturn static void become(const struct invocation *i, struct command *c, pid_t parent, int out,
                             int err)
{
    char padding[PADDING_MOST];
    snprintf(padding, sizeof padding, "%0*d", (int)(i->padding % PADDING_MOST), 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(127);
    dup2(out, 1);
    dup2(err, 2);
    if (i->spec->program != NULL)
        fcntl(i->spec->program->bytecode, F_SETFD, 0);
    setenv("RCLAB_PADDING", padding, 1);
    if (i->spec->allocator->library != NULL)
        setenv("LD_PRELOAD", i->spec->allocator->library, 1);
    else
        unsetenv("LD_PRELOAD");
    execv(i->path, c->argv);
    fprintf(stderr, "%s: %s", i->path, strerror(errno));
    _exit(127);
}

// --- the parent -------------------------------------------------------------------------------

struct text {
    char *data;
    size_t used, room;
};
enum { TEXT_MOST = 64 << 20 };

// False at end of file. What exceeds the bound is read and dropped.
static bool text_read(struct text *t, int fd)
{
    char chunk[16384];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    if (t->used + (size_t)n + 1 > t->room && t->room < TEXT_MOST) {
        size_t room = 2 * (t->room + (size_t)n + 1);
        char *data = realloc(t->data, room);
        if (data != NULL) {
            t->data = data;
            t->room = room;
        }
    }
    if (t->used + (size_t)n + 1 <= t->room) {
        memcpy(t->data + t->used, chunk, (size_t)n);
        t->used += (size_t)n;
        t->data[t->used] = '\0';
    }
    return true;
}

// Reads both pipes until they close or the time is up; false: it was.
static bool collect(int out, int err, struct text *said, struct text *complained, uint64_t until_ns)
{
    struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
    struct text *const into[2] = {said, complained};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        uint64_t now = sync_now_ns();
        if (now >= until_ns)
            return false;
        int ready = poll(fds, 2, (int)((until_ns - now) / 1000000 + 1));
        for (int i = 0; i < 2 && ready > 0; i++)
            if (fds[i].fd >= 0 && fds[i].revents != 0 && !text_read(into[i], fds[i].fd))
                fds[i].fd = -1;
    }
    return true;
}

// Twenty times what it should take, and half a minute for a loaded machine.
static uint64_t limit_seconds(const struct spec *s, const struct effort *effort)
{
    double sample_s =
        effort->ops != 0 ? 1e-6 * (double)effort->ops * s->threads : 1e-9 * (double)effort->time_ns;
    double limit = 30 + 20 * effort->samples * (sample_s + 0.02 * s->threads);
    return limit > 86400 ? 86400 : (uint64_t)limit;
}

static void first_line(char *to, size_t size, const struct text *from)
{
    snprintf(to, size, "%s", from->data != NULL ? from->data : "");
    to[strcspn(to, "\n")] = '\0';
}

// The library that serves malloc in the process, as it says itself, is the one that was preloaded.
// A sanitizer's malloc stands before any other.
static bool served_by(const struct allocator *a, const json_t *samples)
{
    const char *library = json_string_value(json_object_get(json_array_get(samples, 0), "malloc"));
    return a->library == NULL || (library != NULL && strcmp(library, a->library) == 0);
}

// --- samples ----------------------------------------------------------------------------------

// What a record says beside what the cell printed: ops, ops_per_s, ns_per_op, cpu_ns_per_op with
// the background's, the longest pause, the bytes of a header, fairness, census per operation, and
// the specification. A new object, or NULL if `raw` is not a sample.
static json_t *complete(const struct spec *s, const json_t *raw, const struct arrangement *a)
{
    const json_t *thread_ops = json_object_get(raw, "thread_ops");
    const json_t *duration = json_object_get(raw, "duration_ns");
    if (json_array_size(thread_ops) != s->threads || !json_is_number(duration) ||
        !json_is_boolean(json_object_get(raw, "verified")))
        return NULL;
    uint64_t each[THREADS_MOST], ops = 0;
    for (unsigned i = 0; i < s->threads; i++)
        ops += each[i] = (uint64_t)json_integer_value(json_array_get(thread_ops, i));
    double ns = json_number_value(duration);

    json_t *sample = spec_json(s);
    json_t *list = json_array();
    for (unsigned i = 0; i < s->threads && a->bound; i++)
        json_array_append_new(list, json_integer((json_int_t)a->cpu[i]));
    json_object_set_new(sample, "cpus", list);
    json_object_update(sample, (json_t *)raw);
    json_object_set_new(sample, "duration_ns", json_integer((json_int_t)(ns + 0.5)));
    json_object_set_new(sample, "ops", json_integer((json_int_t)ops));
    json_object_set_new(sample, "ops_per_s",
                        ns > 0 ? json_real((double)ops * 1e9 / ns) : json_null());
    json_object_set_new(sample, "ns_per_op",
                        ops != 0 ? json_real(ns * s->threads / (double)ops) : json_null());
    double cpu_ns = json_number_value(json_object_get(raw, "cpu_ns")) +
                    json_number_value(json_object_get(raw, "background_ns"));
    json_object_set_new(sample, "cpu_ns_per_op",
                        ops != 0 ? json_real(cpu_ns / (double)ops) : json_null());
    const json_t *pauses = json_object_get(raw, "thread_pause_ns"), *pause;
    json_int_t longest = 0;
    size_t k;
    json_array_foreach((json_t *)pauses, k, pause) if (json_integer_value(pause) > longest)
        longest = json_integer_value(pause);
    json_object_set_new(sample, "pause_ns", json_integer(longest));
    json_object_set_new(sample, "header_bytes",
                        json_integer((json_int_t)s->scheme[REFCOUNT]->bytes));
    json_object_set_new(sample, "fairness", json_real(stats_jain(each, s->threads)));
    const json_t *counts = json_object_get(raw, "counts");
    if (counts != NULL) {
        json_t *census = json_object(), *value;
        const char *name;
        json_object_foreach((json_t *)counts, name, value) json_object_set_new(
            census, name,
            ops != 0 ? json_real((double)json_integer_value(value) / (double)ops) : json_null());
        json_object_set_new(sample, "census", census);
    }
    return sample;
}

struct findings {
    bool verified, idle;
    char misplaced[200]; // empty: no memory is
};

// Every complete line is a sample; a broken last line is what a crash leaves.
static void take_samples(const struct spec *s, const struct text *said,
                         const struct topology *topology, const struct arrangement *a,
                         json_t *samples, struct findings *f)
{
    *f = (struct findings){.verified = true};
    for (char *line = said->data, *end; line != NULL && (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        *end = '\0';
        json_t *raw = json_loads(line, 0, NULL);
        json_t *sample = raw != NULL ? complete(s, raw, a) : NULL;
        json_decref(raw);
        if (sample == NULL)
            continue;
        json_object_set_new(sample, "memory_held",
                            memory_held(a, topology, sample, f->misplaced, sizeof f->misplaced));
        add_place(sample, s, topology, a);
        f->verified &= json_is_true(json_object_get(sample, "verified"));
        f->idle |= json_integer_value(json_object_get(sample, "ops")) == 0;
        json_array_append_new(samples, sample);
    }
}

// Where it begins to say that it does not take its program: what the program printed comes first.
static const char *refused(const struct text *complained)
{
    const char *found = complained->data;
    while (found != NULL && strncmp(found, RUN_REFUSAL, strlen(RUN_REFUSAL)) != 0) {
        found = strchr(found, '\n');
        found += found != NULL;
    }
    return found;
}

static void judge(const struct effort *effort, int status, bool in_time, const struct findings *f,
                  uint64_t limit_s, const struct text *complained, struct outcome *o)
{
    size_t got = json_array_size(o->samples);
    char complaint[400];
    first_line(complaint, sizeof complaint, complained);
    bool alarmed = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    if (!in_time || alarmed) {
        o->status = OUTCOME_HUNG;
        snprintf(o->message, sizeof o->message, "still running after %" PRIu64 " s", limit_s);
    } else if (WIFSIGNALED(status)) {
        o->status = OUTCOME_CRASHED;
        snprintf(o->message, sizeof o->message, "ended by signal %d (%s)%s%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), complaint[0] != '\0' ? ": " : "", complaint);
    } else if (!f->verified) {
        const json_t *wrong = NULL;
        for (size_t i = 0; i < got && wrong == NULL; i++)
            wrong = json_object_get(json_array_get(o->samples, i), "wrong");
        o->status = OUTCOME_VOID;
        snprintf(o->message, sizeof o->message, "verification failed: %s",
                 wrong != NULL ? json_string_value(wrong) : "no reason given");
    } else if (WEXITSTATUS(status) == 2 && refused(complained) != NULL) {
        o->status = OUTCOME_CRASHED;
        o->refused = true;
        snprintf(o->message, sizeof o->message, "%.*s", (int)strcspn(refused(complained), "\n"),
                 refused(complained));
    } else if (WEXITSTATUS(status) != 0 || got != effort->samples) {
        o->status = OUTCOME_CRASHED;
        snprintf(o->message, sizeof o->message, "exit status %d after %zu of %u samples%s%s",
                 WEXITSTATUS(status), got, effort->samples, complaint[0] != '\0' ? ": " : "",
                 complaint);
    } else if (f->idle) {
        o->status = OUTCOME_VOID;
        snprintf(o->message, sizeof o->message,
                 "no operation was completed in the time of a sample: "
                 "give more time, or fewer threads");
    } else if (f->misplaced[0] != '\0') {
        o->status = OUTCOME_VOID;
        snprintf(o->message, sizeof o->message, "%s", f->misplaced);
    } else {
        o->status = OUTCOME_OK;
    }
}

unsigned invoke_padding(uint64_t seed)
{
    return (unsigned)(stats_random(&seed) % PADDING_MOST);
}

void invoke(const struct invocation *i, struct outcome *o)
{
    struct arrangement a;
    uint64_t limit_s = limit_seconds(i->spec, i->effort);
    struct command command;
    *o = (struct outcome){.samples = json_array()};
    if (!arrange(i->spec, i->topology, &a, o->message, sizeof o->message)) {
        o->status = OUTCOME_VOID;
        return;
    }
    command_make(&command, i->spec, i->effort, &a, limit_s);

    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        o->status = OUTCOME_CRASHED;
        snprintf(o->message, sizeof o->message, "no pipe for it: %s", strerror(errno));
        return;
    }
    uint64_t begin = sync_now_ns();
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        become(i, &command, parent, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    struct text said = {0}, complained = {0};
    // the cell's own alarm comes first; this is for one that stopped it
    bool in_time = child > 0 &&
                   collect(out[0], err[0], &said, &complained, begin + (limit_s + 5) * 1000000000u);
    if (child > 0 && !in_time)
        kill(child, SIGKILL);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    o->wall_ns = sync_now_ns() - begin;
    close(out[0]);
    close(err[0]);
    struct findings findings;
    take_samples(i->spec, &said, i->topology, &a, o->samples, &findings);
    if (child < 0) {
        o->status = OUTCOME_CRASHED;
        snprintf(o->message, sizeof o->message, "no process for it");
    } else {
        judge(i->effort, status, in_time, &findings, limit_s, &complained, o);
        if (o->status == OUTCOME_OK && !served_by(i->spec->allocator, o->samples)) {
            o->status = OUTCOME_VOID;
            snprintf(o->message, sizeof o->message,
                     "allocator %s was preloaded, but malloc is not its", i->spec->allocator->name);
        }
    }
    if (o->status == OUTCOME_OK)
        disturbance_find(o->samples, a.cpus != 0 && i->spec->threads > a.cpus, o->disturbed,
                         sizeof o->disturbed);
    free(said.data);
    free(complained.data);
}

// --- one at a time ----------------------------------------------------------------------------

void invoke_lock_machine(bool share)
{
    static const char path[] = "/tmp/rclab.lock";
    if (share)
        return;
    // without O_CREAT first: another user's file in a sticky directory opens only so
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        fprintf(stderr, "rclab: %s: %s; another rclab may measure at the same time\n", path,
                strerror(errno));
        return;
    }
    fchmod(fd, 0666); // for other users; fails, harmlessly, on their file
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[256] = "";
        ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
        holder[n > 0 ? n : 0] = '\0';
        holder[strcspn(holder, "\n")] = '\0';
        fprintf(stderr,
                "rclab: waiting for %s, which measures on this machine (--share goes ahead)\n",
                holder[0] != '\0' ? holder : "another rclab");
        while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
            ;
    }
    char command[200] = "", me[256];
    int self = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = self >= 0 ? read(self, command, sizeof command - 1) : 0;
    close(self);
    for (ssize_t i = 0; i + 1 < length; i++)
        if (command[i] == '\0' || command[i] == '\n')
            command[i] = ' ';
    int n = snprintf(me, sizeof me, "process %d (%s)\n", (int)getpid(), command);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, me, (size_t)n, 0) < 0)
        fprintf(stderr, "rclab: %s: %s\n", path, strerror(errno));
}
