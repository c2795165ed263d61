// SPDX-License-Identifier: MIT
//
// What a cell's program can be told. Whatever is wrong with it ends the process with status 2.
#ifndef RUNNER_OPTIONS_H
#define RUNNER_OPTIONS_H

#include "memory.h"
#include "probe.h"
#include "run.h"

#include <getopt.h>
#include <inttypes.h>

enum { THREADS_MOST = 1000 };

struct options {
    struct run run;
    unsigned cpus;
    int cpu[THREADS_MOST]; // of each thread; cpus == 0: not bound
    uint64_t time_ns;      // fixed time, or
    uint64_t ops;          // fixed work of each thread
    unsigned extra;        // per cent of operations that are done and not counted
    unsigned samples;
    unsigned limit_s;
    bool crowded; // more threads than CPUs
    bool places;  // `memory` was asked for
    struct memory_policy memory;
    int probe[PROBES_MOST]; // CPUs whose speed is told; probes == 0: of whichever there is
    unsigned probes;
    int ping[2]; // pings == 2: the CPUs between which a line is sent
    unsigned pings;
};

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

// Answers how many of a list there are: least at least, most at most.
static unsigned parse_cpus(const char *what, char *list, int *cpu, unsigned least, unsigned most)
{
    unsigned n = 0;
    for (char *save, *item = strtok_r(list, ",", &save); item != NULL;
         item = strtok_r(NULL, ",", &save)) {
        if (n == most)
            refuse(what, "too many");
        cpu[n++] = (int)number(what, item, 0, CPUS_MOST - 1);
    }
    if (n < least)
        refuse(what, "too few");
    return n;
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
        cpu_bits set;
        if (sched_getaffinity(0, sizeof set, set) == 0)
            n = (unsigned)CPU_COUNT_S(sizeof set, set);
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
    enum {
        THREADS = 1,
        CPUS,
        TIME,
        OPS,
        SAMPLES,
        PARAM,
        LIMIT,
        MEMORY,
        PROBE,
        PING,
        EXTRA,
        PROGRAM
    };
    static const struct option known[] = {
        {"threads", required_argument, NULL, THREADS},
        {"cpus", required_argument, NULL, CPUS},
        {"time-ns", required_argument, NULL, TIME},
        {"ops", required_argument, NULL, OPS},
        {"samples", required_argument, NULL, SAMPLES},
        {"param", required_argument, NULL, PARAM},
        {"limit", required_argument, NULL, LIMIT},
        {"memory", required_argument, NULL, MEMORY},
        {"probe", required_argument, NULL, PROBE},
        {"ping", required_argument, NULL, PING},
        {"extra", required_argument, NULL, EXTRA},
        {"program", required_argument, NULL, PROGRAM},
        {0},
    };
    struct options o = {.run.threads = 1, .time_ns = 200000000, .samples = 5, .limit_s = 600};
    for (unsigned i = 0; w->params[i].name != NULL; i++)
        o.run.param[i] = w->params[i].standard;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        switch (c) {
        case THREADS:
            o.run.threads = (unsigned)number("--threads", optarg, 1, THREADS_MOST);
            break;
        case CPUS:
            o.cpus = parse_cpus("--cpus", optarg, o.cpu, 1, THREADS_MOST);
            break;
        case PROBE:
            o.probes = parse_cpus("--probe", optarg, o.probe, 1, PROBES_MOST);
            break;
        case PING:
            o.pings = parse_cpus("--ping", optarg, o.ping, 2, 2);
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
        case EXTRA:
            o.extra = (unsigned)number("--extra", optarg, 0, 100);
            break;
        case PROGRAM:
            o.run.program = optarg;
            break;
        default:
            refuse("usage", "[--threads N] [--cpus I,J...] [--time-ns N | --ops N] [--samples N] "
                            "[--extra PERCENT] [--param KEY=VALUE]... [--limit SECONDS] "
                            "[--memory local|bind:NODES|interleave:NODES] [--probe I[,J]] "
                            "[--ping I,J] [--program PATH]");
        }
    if (optind < argc)
        refuse("what is this?", argv[optind]);
    if ((o.run.program != NULL) != (w->load != NULL))
        refuse("--program", w->load != NULL ? "which one? The path of a bytecode's text"
                                            : "this workload runs no programs");
    if (o.pings == 2 && o.ping[0] == o.ping[1])
        o.pings = 0; // nobody to send it to
    o.crowded = o.run.threads > cpus_used(&o);
    return o;
}

#endif
