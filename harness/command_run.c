// SPDX-License-Identifier: MIT
//
// rclab run WORKLOAD --rc S [...], or rclab run program --program NAME --runtime R [...]: one cell,
// one process, now.
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "commands.h"
#include "invoke.h"
#include "programs.h"
#include "stats.h"

struct arguments {
    const char *workload, *scheme[SCHEME_KINDS], *allocator, *placement, *memory, *threads, *time,
        *ops, *samples, *runtime, *program, *file;
    char *param[64];
    unsigned params;
    bool census, json, share;
};

enum {
    KEY_RC = 256,
    KEY_LOCK,
    KEY_RECLAIMER,
    KEY_ALLOC,
    KEY_RUNTIME,
    KEY_PROGRAM,
    KEY_FILE,
    KEY_ALLOCATOR,
    KEY_PLACEMENT,
    KEY_MEMORY,
    KEY_THREADS,
    KEY_TIME,
    KEY_OPS,
    KEY_SAMPLES,
    KEY_PARAM,
    KEY_CENSUS,
    KEY_JSON,
    KEY_SHARE
};
static const struct argp_option options[] = {
    {"rc", KEY_RC, "S", 0, "Refcount scheme", 0},
    {"lock", KEY_LOCK, "L", 0, "Lock scheme (none, where that is valid)", 0},
    {"reclaimer", KEY_RECLAIMER, "R", 0, "Reclaimer (what the schemes go with)", 0},
    {"alloc", KEY_ALLOC, "A", 0, "Object allocator (what the schemes go with)", 0},
    {"runtime", KEY_RUNTIME, "R", 0,
     "Instead of these four: those of a runtime, for which a workload that runs programs is built",
     0},
    {"program", KEY_PROGRAM, "NAME", 0, "What such a workload runs: one of `rclab list program`",
     0},
    {"file", KEY_FILE, "FILE.py", 0, "... or a Python file that defines bench(n)", 0},
    {"allocator", KEY_ALLOCATOR, "M", 0, "malloc that is preloaded (glibc)", 0},
    {"threads", KEY_THREADS, "N", 0, "Threads that measure (1)", 0},
    {"placement", KEY_PLACEMENT, "P", 0, "Where they are bound (cores)", 0},
    {"memory", KEY_MEMORY, "M", 0, "From which NUMA node memory comes (first_touch)", 0},
    {"time", KEY_TIME, "SECONDS", 0, "Length of a sample (0.2)", 0},
    {"ops", KEY_OPS, "N", 0, "Instead of a time: operations of each thread", 0},
    {"samples", KEY_SAMPLES, "K", 0, "Samples (5)", 0},
    {"param", KEY_PARAM, "KEY=VALUE", 0, "A parameter of the workload", 0},
    {"census", KEY_CENSUS, NULL, 0, "Count what operations do to memory; times mean nothing", 0},
    {"json", KEY_JSON, NULL, 0, "One object a line for each sample", 0},
    {"share", KEY_SHARE, NULL, 0, "Do not wait for another rclab that measures", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_RC:
        a->scheme[REFCOUNT] = value;
        break;
    case KEY_LOCK:
        a->scheme[LOCK] = value;
        break;
    case KEY_RECLAIMER:
        a->scheme[RECLAIM] = value;
        break;
    case KEY_ALLOC:
        a->scheme[ALLOC] = value;
        break;
    case KEY_RUNTIME:
        a->runtime = value;
        break;
    case KEY_PROGRAM:
        a->program = value;
        break;
    case KEY_FILE:
        a->file = value;
        break;
    case KEY_ALLOCATOR:
        a->allocator = value;
        break;
    case KEY_PLACEMENT:
        a->placement = value;
        break;
    case KEY_MEMORY:
        a->memory = value;
        break;
    case KEY_THREADS:
        a->threads = value;
        break;
    case KEY_TIME:
        a->time = value;
        break;
    case KEY_OPS:
        a->ops = value;
        break;
    case KEY_SAMPLES:
        a->samples = value;
        break;
    case KEY_PARAM:
        if (a->params == sizeof a->param / sizeof a->param[0])
            argp_error(state, "too many --param");
        a->param[a->params++] = value;
        break;
    case KEY_CENSUS:
        a->census = true;
        break;
    case KEY_JSON:
        a->json = true;
        break;
    case KEY_SHARE:
        a->share = true;
        break;
    case ARGP_KEY_ARG:
        if (a->workload != NULL)
            argp_error(state, "one WORKLOAD at a time, not also '%s'", value);
        a->workload = value;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 "WORKLOAD --rc S\nprogram --program NAME --runtime R",
                                 "Measures one cell in a process of its own.",
                                 NULL,
                                 NULL,
                                 NULL};

// Four schemes, by their names or as a runtime's.
static bool make_schemes(const struct arguments *a, struct spec *s, struct error *e)
{
    static const char *const option[SCHEME_KINDS] = {"--rc", "--lock", "--reclaimer", "--alloc"};
    for (int kind = 0; kind < SCHEME_KINDS && a->runtime != NULL; kind++)
        if (a->scheme[kind] != NULL)
            return error_set(e,
                             "either --runtime or %s: a runtime's schemes are its own (`rclab list "
                             "runtime` tells them)",
                             option[kind]);
    if (a->runtime != NULL)
        return spec_runtime(s, a->runtime, e);
    if (s->workload->load != NULL)
        return true; // spec_complete asks for a runtime
    if (!spec_scheme(s, REFCOUNT, a->scheme[REFCOUNT] != NULL ? a->scheme[REFCOUNT] : "", e))
        return false;
    for (int kind = LOCK; kind < SCHEME_KINDS; kind++)
        if (a->scheme[kind] != NULL && !spec_scheme(s, (enum scheme_kind)kind, a->scheme[kind], e))
            return false;
    return true;
}

static bool make_program(const struct arguments *a, struct spec *s, struct error *e)
{
    if (a->program != NULL && a->file != NULL)
        return error_set(e, "either --program or --file");
    if (a->program != NULL)
        return spec_program(s, a->program, e);
    if (a->file != NULL)
        s->program = program_file(a->file, e);
    return a->file == NULL || s->program != NULL;
}

static bool make_spec(const struct arguments *a, struct spec *s, struct error *e)
{
    const struct workload *w;
    if (!spec_workload(a->workload != NULL ? a->workload : "", &w, e))
        return false;
    spec_start(s, w);
    if (!make_schemes(a, s, e) || !make_program(a, s, e))
        return false;
    if ((a->allocator != NULL && !spec_allocator(s, a->allocator, e)) ||
        (a->placement != NULL && !spec_placement(s, a->placement, e)) ||
        (a->memory != NULL && !spec_memory(s, a->memory, e)) ||
        (a->threads != NULL && !spec_threads(a->threads, &s->threads, e)))
        return false;
    for (unsigned i = 0; i < a->params; i++) {
        char *value = strchr(a->param[i], '=');
        if (value == NULL)
            return error_set(e, "--param '%s' is not KEY=VALUE, such as n=10", a->param[i]);
        *value++ = '\0';
        if (!spec_param(s, a->param[i], value, e))
            return false;
    }
    return spec_complete(s, e) && (!a->census || spec_seen(s, "--census", e));
}

static bool make_effort(const struct arguments *a, struct effort *effort, struct error *e)
{
    uint64_t n;
    *effort = (struct effort){.time_ns = 200000000, .samples = 5};
    if (a->time != NULL && a->ops != NULL)
        return error_set(e, "either --time or --ops");
    if (a->time != NULL && !parse_time("--time", a->time, &effort->time_ns, e))
        return false;
    if (effort->time_ns > 3600000000000u)
        return error_set(e, "--time: a sample lasts an hour at most");
    if (a->ops != NULL) {
        if (!parse_u64(a->ops, 1, (uint64_t)1 << 53, &effort->ops))
            return error_set(e, "--ops: '%s' is not a number above 0", a->ops);
        effort->time_ns = 0;
    }
    if (a->samples != NULL) {
        if (!parse_u64(a->samples, 1, 10000, &n))
            return error_set(e, "--samples: '%s' is not a number from 1 to 10000", a->samples);
        effort->samples = (unsigned)n;
    }
    return true;
}

static void print_census(const json_t *samples)
{
    const char *name;
    json_t *value;
    printf("census, per operation:");
    json_object_foreach(json_object_get(json_array_get(samples, 0), "census"), name, value)
        printf(" %s %.4g", name, json_number_value(value));
    printf("\n");
}

// The most of all samples; of what an object takes, the last one's.
static void print_memory(const json_t *samples)
{
    double dead = 0, pause = 0, background = 0;
    const json_t *sample = NULL, *peak = NULL;
    size_t i;
    json_array_foreach((json_t *)samples, i, sample)
    {
        peak = json_object_get(sample, "dead_peak");
        dead = fmax(dead, json_number_value(peak));
        pause = fmax(pause, json_number_value(json_object_get(sample, "pause_ns")));
        background = fmax(background, json_number_value(json_object_get(sample, "background_ns")) /
                                          json_number_value(json_object_get(sample, "ops")));
    }
    sample = json_array_get(samples, json_array_size(samples) - 1);
    const json_t *bytes = json_object_get(sample, "object_bytes");
    printf("memory:");
    if (json_is_number(peak))
        printf(" at most %.0f objects dead and not freed;", dead);
    else
        printf(" %s;", json_string_value(json_object_get(sample, "dead_absent")));
    if (json_is_number(bytes))
        printf(" %.0f resident bytes an object,", json_number_value(bytes));
    printf(" a header of %" JSON_INTEGER_FORMAT
           " bytes; longest pause %.4g us; %.4g ns an operation in the background; %.4g MiB at the "
           "peak\n",
           json_integer_value(json_object_get(sample, "header_bytes")), pause / 1e3, background,
           (json_number_value(json_object_get(sample, "peak_kib")) -
            json_number_value(json_object_get(sample, "base_kib"))) /
               1024);
}

// Of each sample's median the median, and of what 99 % of its waits do not exceed; nothing where
// the workload measures no waits.
static void print_latency(const json_t *samples)
{
    double middle[10000], most[10000];
    size_t i, told = 0;
    json_int_t waits = 0;
    const json_t *sample;
    json_array_foreach((json_t *)samples, i, sample)
    {
        const json_t *one = json_object_get(sample, "latency_ns");
        if (!json_is_number(one) || told == 10000)
            continue;
        middle[told] = json_number_value(one);
        most[told++] = json_number_value(json_object_get(sample, "latency_p99_ns"));
        waits += json_integer_value(json_object_get(sample, "latencies"));
    }
    if (told != 0)
        printf(
            "latency: half of the waits within %.4g us, 99 %% within %.4g us; %" JSON_INTEGER_FORMAT
            " waits\n",
            stats_median(middle, told) / 1e3, stats_median(most, told) / 1e3, waits);
}

// Of all samples together; nothing where the workload sends nothing.
static void print_messages(const json_t *samples)
{
    double messages = 0, bytes = 0, ops = 0;
    size_t i;
    const json_t *sample;
    json_array_foreach((json_t *)samples, i, sample)
    {
        messages += json_number_value(json_object_get(sample, "messages"));
        bytes += json_number_value(json_object_get(sample, "message_bytes"));
        ops += json_number_value(json_object_get(sample, "ops"));
    }
    if (messages != 0 && ops != 0)
        printf("messages: %.4g an operation, %.4g bytes an operation and %.4g a message\n",
               messages / ops, bytes / ops, bytes / messages);
}

// What the program came to, once; and how many objects its cycles have left, at most.
static void print_result(const json_t *samples)
{
    const json_t *first = json_object_get(json_array_get(samples, 0), "result"), *sample;
    bool same = true;
    json_int_t leaked = 0;
    size_t i;
    json_array_foreach((json_t *)samples, i, sample)
    {
        json_int_t one = json_integer_value(json_object_get(sample, "leaked"));
        leaked = one > leaked ? one : leaked;
        same &= first == NULL || json_equal(first, json_object_get(sample, "result"));
    }
    if (first != NULL)
        printf("result%s: %s\n", same ? "" : ", not the same in all samples",
               json_string_value(first));
    if (leaked != 0)
        printf("leaked: %" JSON_INTEGER_FORMAT " objects that nothing refers to were left\n",
               leaked);
}

// For a person. The samples of one process say how steady it was, not how processes differ.
static void print_text(const struct spec *s, const struct outcome *o, bool census)
{
    char key[SPEC_TEXT];
    spec_key(s, key);
    printf("%s\n", key);
    size_t n = json_array_size(o->samples);
    double ns[10000], fairness[10000];
    size_t used = 0;
    for (size_t i = 0; i < n && used < 10000; i++) {
        const json_t *sample = json_array_get(o->samples, i);
        if (!json_is_true(json_object_get(sample, "verified")) ||
            !json_is_number(json_object_get(sample, "ns_per_op")))
            continue;
        ns[used] = json_number_value(json_object_get(sample, "ns_per_op"));
        fairness[used++] = json_number_value(json_object_get(sample, "fairness"));
    }
    if (used != 0 && !census)
        printf(
            "%.4g ns an operation and thread, samples from %.4g to %.4g; %.4g million operations "
            "a second; fairness %.3f; %zu of %zu samples verified, of one process\n",
            stats_median(ns, used), stats_quantile(ns, used, 0), stats_quantile(ns, used, 1),
            1e3 * s->threads / stats_median(ns, used), stats_median(fairness, used), used, n);
    if (used != 0 && !census) {
        print_memory(o->samples);
        print_latency(o->samples);
        print_messages(o->samples);
    }
    if (used != 0 && census)
        print_census(o->samples);
    print_result(o->samples);
}

int command_run(int argc, char **argv)
{
    struct arguments a = {0};
    struct spec s;
    struct effort effort;
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (!make_spec(&a, &s, &e) || !make_effort(&a, &effort, &e))
        return command_refuse(e.text);
    if (!allocator_present(s.allocator)) {
        error_set(&e, "allocator %s: %s is not here; install the package %s", s.allocator->name,
                  s.allocator->library, s.allocator->package);
        return command_refuse(e.text);
    }
    char path[BUILD_PATH], topology_error[256];
    const struct spec *one = &s;
    if (s.program != NULL && !program_compile(s.program, &e))
        return command_refuse(e.text);
    if (!build_cells(&one, 1, a.census, 1, &e))
        return command_refuse(e.text);
    build_path(&s, a.census, 0, path);
    struct topology *topology = topology_open(NULL, topology_error, sizeof topology_error);
    if (topology == NULL)
        fprintf(stderr, "rclab: threads are not bound: %s\n", topology_error);
    if (!invoke_possible(&s, topology, &e))
        return command_refuse(e.text);
    invoke_lock_machine(a.share);
    struct outcome o;
    invoke(&(struct invocation){.spec = &s,
                                .effort = &effort,
                                .path = path,
                                .topology = topology,
                                .padding = invoke_padding(sync_now_ns())},
           &o);
    topology_close(topology);

    size_t i;
    json_t *sample;
    if (o.refused) {
        json_decref(o.samples);
        error_set(&e, "%s: %s", s.program->name, o.message);
        return command_refuse(e.text);
    }
    if (a.json) {
        json_array_foreach(o.samples, i, sample)
        {
            json_dumpf(sample, stdout, JSON_COMPACT | JSON_SORT_KEYS);
            printf("\n");
        }
    } else {
        print_text(&s, &o, a.census);
    }
    if (o.status != OUTCOME_OK)
        fprintf(stderr, "rclab: %s: %s\n", outcome_name(o.status), o.message);
    if (o.disturbed[0] != '\0')
        fprintf(stderr, "rclab: disturbed: %s\n", o.disturbed);
    json_decref(o.samples);
    return o.status == OUTCOME_OK ? 0 : 1;
}
