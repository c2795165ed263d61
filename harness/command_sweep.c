// SPDX-License-Identifier: MIT
//
// rclab sweep PLAN: finds or makes the store that the plan is measured into, or tells what would be
// measured.
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "sweep_store.h"

struct arguments {
    const char *plan, *store, *budget, *topology;
    uint64_t layouts; // 0: the plan's
    struct shard shard;
    bool dry_run, share;
};
enum { KEY_STORE = 256, KEY_DRY_RUN, KEY_BUDGET, KEY_SHARE, KEY_SHARD, KEY_TOPOLOGY, KEY_LAYOUTS };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "Where to (results/PLAN-DATE.db, or the newest unfinished one)",
     0},
    {"dry-run", KEY_DRY_RUN, NULL, 0,
     "Print the cells, the estimated time and the place of every thread; measure nothing", 0},
    {"topology", KEY_TOPOLOGY, "FILE.xml", 0,
     "With --dry-run: of another machine, as hwloc exports it or describes it", 0},
    {"budget", KEY_BUDGET, "TIME", 0, "Stop after so long (a number with s, m or h)", 0},
    {"shard", KEY_SHARD, "I/N", 0,
     "Only every Nth family, from the Ith on; rclab merge joins the stores", 0},
    {"layouts", KEY_LAYOUTS, "K", 0,
     "Measure each cell in K link orders, in turn (what the plan says, or 1)", 0},
    {"share", KEY_SHARE, NULL, 0, "Do not wait for another rclab that measures", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_STORE:
        a->store = value;
        break;
    case KEY_DRY_RUN:
        a->dry_run = true;
        break;
    case KEY_BUDGET:
        a->budget = value;
        break;
    case KEY_SHARE:
        a->share = true;
        break;
    case KEY_TOPOLOGY:
        a->topology = value;
        break;
    case KEY_SHARD:
        if (!store_shard(value, &a->shard.i, &a->shard.n))
            argp_error(state, "--shard: '%s' is not I/N with I from 1 to N, such as 1/4", value);
        break;
    case KEY_LAYOUTS:
        if (!parse_u64(value, 1, LAYOUTS_MOST, &a->layouts))
            argp_error(state, "--layouts: '%s' is not a number from 1 to %d", value, LAYOUTS_MOST);
        break;
    case ARGP_KEY_ARG:
        if (a->plan != NULL)
            argp_error(state, "one PLAN at a time, not also '%s'", value);
        a->plan = value;
        break;
    case ARGP_KEY_END:
        if (a->topology != NULL && !a->dry_run)
            argp_error(state, "--topology goes with --dry-run: measured is this machine");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 "PLAN",
                                 "Measures the cells of a plan (a file, or a name from "
                                 "scripts/plans) into a store. An interrupted "
                                 "sweep goes on with the same command.",
                                 NULL,
                                 NULL,
                                 NULL};

// --- a dry run --------------------------------------------------------------------------------

// Fewer threads have the places of the first of more, so one table serves all numbers of threads.
static bool print_placement(const struct topology *t, const struct placement *placement,
                            unsigned threads)
{
    static unsigned cpu[THREADS_MOST];
    struct placement_fills f;
    char why[512];
    if (!placement_cpus(t, placement, threads, cpu, why, sizeof why) ||
        !placement_fills(t, placement, &f, why, sizeof why)) {
        printf("\nplacement %s: %s\n", placement->name, why);
        return false;
    }
    printf("\nplacement %s: up to %u threads in one last-level cache, %u in one package, %u with a "
           "cache of their own, %u with a core, %u with a CPU\n",
           placement->name, f.one_cache, f.one_package, f.own_cache, f.own_core, f.all);
    printf("  %6s %5s %8s %6s %5s %8s %5s\n", "thread", "CPU", "package", "cache", "core",
           "sibling", "node");
    for (unsigned i = 0; i < threads && i < f.all; i++) {
        struct place p;
        if (topology_where(t, cpu[i], &p))
            printf("  %6u %5u %8u %6u %5u %8u %5d\n", i, cpu[i], p.package, p.cache, p.core,
                   p.sibling, p.node);
    }
    if (threads > f.all)
        printf("  threads %u to %u: the same again\n", f.all, threads - 1);
    return true;
}

// The cell with the most threads of each placement.
static bool print_placements(const struct arguments *a, const struct plan *p,
                             const struct topology *t)
{
    size_t n = 0, room = 0;
    const struct spec **widest = NULL;
    bool ok = true;
    for (size_t f = 0; f < p->families; f++)
        for (unsigned c = 0; c < p->family[f].cells && shard_has(a->shard, f); c++) {
            const struct spec *s = &p->family[f].cell[c];
            size_t k = 0;
            while (k < n && widest[k]->placement != s->placement)
                k++;
            if (k == room) {
                room = 2 * room + 8;
                const struct spec **bigger = realloc(widest, room * sizeof *bigger);
                if (bigger == NULL)
                    break;
                widest = bigger;
            }
            if (k == n)
                widest[n++] = s;
            else if (widest[k]->threads < s->threads)
                widest[k] = s;
        }
    printf("\n%s: %s\n", a->topology != NULL ? a->topology : "this machine", topology_summary(t));
    for (size_t k = 0; k < n; k++)
        ok &= print_placement(t, widest[k]->placement, widest[k]->threads);
    free(widest);
    return ok;
}

static int dry_run(const struct arguments *a, const struct plan *p, const struct topology *t)
{
    char key[SPEC_TEXT], time[SWEEP_TIME], rounds[32] = "";
    for (size_t f = 0; f < p->families; f++) {
        if (!shard_has(a->shard, f))
            continue;
        printf("[%s]\n", p->family[f].name);
        for (unsigned c = 0; c < p->family[f].cells; c++) {
            spec_key(&p->family[f].cell[c], key);
            printf("  %s\n", key);
        }
    }
    bool ok = t == NULL || print_placements(a, p, t);
    sweep_time(sweep_estimate_ns(a->shard, p, t != NULL ? topology_cpus(t) : 0), time);
    if (p->rounds_least != p->rounds)
        snprintf(rounds, sizeof rounds, "%u to ", p->rounds_least);
    printf(
        "\n%zu cells in %zu families, %s%u rounds, %u samples each, %u layout%s; combinations left "
        "out: %zu not valid, %zu excluded, %zu redundant; about %s of measuring%s\n",
        shard_cells(a->shard, p), shard_families(a->shard, p), rounds, p->rounds, p->effort.samples,
        p->layouts, p->layouts != 1 ? "s" : "", p->left_out, p->excluded, p->redundant, time,
        rounds[0] != '\0' ? " at most" : "");
    return ok ? 0 : 2;
}

// --- the command ------------------------------------------------------------------------------

static int measure(const struct arguments *a, const struct plan *p, const struct topology *t,
                   uint64_t budget_ns)
{
    char *path;
    int status;
    struct error e;
    struct sweep w = {
        .plan = p, .shard = a->shard, .topology = t, .budget_ns = budget_ns, .share = a->share};
    if (!sweep_measure(&w, a->store, &path, &status, &e))
        status = command_fail(&e);
    free(path);
    return status;
}

static int with_plan(const struct arguments *a, const struct topology *t, uint64_t budget_ns)
{
    struct error e;
    struct plan *p = plan_read(a->plan, t, &e);
    int status;
    if (p == NULL) {
        status = command_refuse(e.text);
    } else if (a->layouts != 0 && !plan_set_layouts(p, (unsigned)a->layouts)) {
        status = command_refuse("out of memory");
    } else if (a->shard.n > p->families) {
        error_set(&e, "--shard: the plan has only %zu families", p->families);
        status = command_refuse(e.text);
    } else {
        status = a->dry_run ? dry_run(a, p, t) : measure(a, p, t, budget_ns);
    }
    plan_free(p);
    return status;
}

int command_sweep(int argc, char **argv)
{
    struct arguments a = {.shard = {1, 1}};
    struct error e;
    uint64_t budget_ns = 0;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.plan == NULL)
        return command_refuse("sweep: which PLAN? (rclab list plan)");
    if (a.budget != NULL && !parse_time("--budget", a.budget, &budget_ns, &e))
        return command_refuse(e.text);
    struct topology *t = topology_open(a.topology, e.text, sizeof e.text);
    if (t == NULL && a.topology != NULL)
        return command_refuse(e.text);
    if (t == NULL)
        fprintf(stderr, "rclab: threads are not bound: %s\n", e.text);
    int status = with_plan(&a, t, budget_ns);
    topology_close(t);
    return status;
}
