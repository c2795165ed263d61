// SPDX-License-Identifier: MIT
//
// rclab calibrate: what differences this machine can show, from cells that are equal and cells with
// an extra cost.
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calibrate.h"
#include "commands.h"
#include "report.h"
#include "sweep_store.h"

enum { WORKLOADS_MOST = 64 };
struct arguments {
    const char *budget, *store;
    const char *workload[WORKLOADS_MOST];
    size_t workloads;
    bool json, share;
};
enum { KEY_WORKLOAD = 256, KEY_BUDGET, KEY_STORE, KEY_JSON, KEY_SHARE };
static const struct argp_option options[] = {
    {"workload", KEY_WORKLOAD, "W", 0, "Cells of this workload; may be repeated (all)", 0},
    {"budget", KEY_BUDGET, "TIME", 0, "Measure for so long: a number with s, m or h (2m)", 0},
    {"store", KEY_STORE, "FILE", 0,
     "Where to (results/calibrate-DATE.db); one that is finished is told of again", 0},
    {"json", KEY_JSON, NULL, 0, "One object with all figures", 0},
    {"share", KEY_SHARE, NULL, 0, "Do not wait for another rclab that measures", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_WORKLOAD:
        if (a->workloads == WORKLOADS_MOST)
            argp_error(state, "more than %d workloads", WORKLOADS_MOST);
        a->workload[a->workloads++] = value;
        break;
    case KEY_BUDGET:
        a->budget = value;
        break;
    case KEY_STORE:
        a->store = value;
        break;
    case KEY_JSON:
        a->json = true;
        break;
    case KEY_SHARE:
        a->share = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 NULL,
                                 "Measures cells against their copies and against themselves with "
                                 "an extra cost: how far equal cells come out apart here, and how "
                                 "small a difference can be found.",
                                 NULL,
                                 NULL,
                                 NULL};

// --- the summary --------------------------------------------------------------------------------

static void print_effect(double ratio)
{
    if (isfinite(ratio))
        printf(" %7.2f%%", 100 * (ratio - 1));
    else
        printf(" %8s", "-");
}

static void print_cell(const struct calibrated *f)
{
    char pair[64];
    snprintf(pair, sizeof pair, "%s+%s", result_text(f->cell, "rc"), result_text(f->cell, "lock"));
    printf("  %-18s %-16s %3" PRId64 " %6zu %7.3g %7.2f%% %7.2f%%",
           result_text(f->cell, "workload"), pair, result_number(f->cell, "threads"), f->blocks,
           f->block_s, 100 * f->scatter, 100 * f->half_width);
    print_effect(f->detectable);
    for (unsigned i = 0; i < CALIBRATE_BUDGETS; i++)
        print_effect(f->budget[i]);
    if (f->extra != NULL)
        printf("  %.4g %s", f->extra->ratio.middle,
               f->extra->verdict == STATS_WORSE ? "found" : "not found");
    printf("\n");
}

static void print_cells(const struct calibrated *list, size_t n)
{
    printf(
        "s: seconds that two cells of a block take; scatter: between the quartiles of the blocks' "
        "ratios\nof equal cells; A/A: half the width of the %d %% interval of their median; "
        "smallest: the least\ndifference that is found beyond the margin nine times in ten, now "
        "and when two cells are measured\nfor so long.\n\n",
        RESULTS_CONFIDENCE_PERCENT);
    printf("  %-18s %-16s %3s %6s %7s %8s %8s %8s %8s %8s %8s  %s\n", "workload", "refcount+lock",
           "thr", "blocks", "s", "scatter", "A/A", "smallest", "10 s", "60 s", "10 min",
           "with an extra cost");
    for (size_t i = 0; i < n; i++)
        print_cell(&list[i]);
    printf("\n");
}

static void print_text(const char *path, const struct checks *c, const struct calibrated *list,
                       size_t n)
{
    printf("%s\n", path);
    if (n != 0)
        print_cells(list, n);
    checks_print(c, stdout);
}

static json_t *cell_json(const struct calibrated *f)
{
    json_t *budgets = json_array();
    for (unsigned i = 0; i < CALIBRATE_BUDGETS; i++)
        json_array_append_new(budgets, json_pack("{s:f, s:o}", "seconds", calibrate_budget_s[i],
                                                 "detectable", report_number(f->budget[i])));
    return json_pack("{s:s, s:O, s:I, s:f, s:o, s:o, s:o, s:o, s:o}", "family", f->cell->family,
                     "cell", f->cell->cell, "blocks", (json_int_t)f->blocks, "block_s", f->block_s,
                     "scatter", report_number(f->scatter), "half_width",
                     report_number(f->half_width), "detectable", report_number(f->detectable),
                     "budgets", budgets, "extra",
                     f->extra != NULL ? report_comparison(f->extra) : json_null());
}

static void print_json(const char *path, const struct checks *c, const struct calibrated *list,
                       size_t n)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(cells, cell_json(&list[i]));
    json_t *all = json_pack("{s:s, s:o, s:f, s:o}", "store", path, "checks", report_checks(c),
                            "power_of_detectable", CALIBRATE_POWER, "cells", cells);
    json_dumpf(all, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(all);
}

static bool summarise(const struct arguments *a, const char *path, struct error *e)
{
    struct results r = {0};
    struct checks c = {0};
    struct calibrated *list = NULL;
    size_t n;
    struct store *s = store_open(path, e);
    bool ok = s != NULL && results_load(s, &r, e) &&
              (checks_make(&r, NULL, COMPARISON_MARGIN, &c) || error_set(e, "out of memory")) &&
              calibrate_cells(s, &r, &c, &list, &n, e);
    if (ok && a->json)
        print_json(path, &c, list, n);
    else if (ok)
        print_text(path, &c, list, n);
    free(list);
    checks_free(&c);
    results_free(&r);
    store_close(s);
    return ok;
}

// --- the command --------------------------------------------------------------------------------

// Of a calibration that was begun: the text of its plan, for the caller to free, and whether it is
// finished. NULL, with a message: the file is none.
static char *begun(const char *path, bool *finished, struct error *e)
{
    struct store_sweep *list;
    size_t n = 0;
    char *text = NULL;
    struct store *s = store_open(path, e);
    if (s != NULL && store_sweeps(s, &list, &n, e)) {
        if (n == 1 && strcmp(list->plan, CALIBRATE_PLAN) == 0) {
            text = strdup(list->plan_text);
            *finished = list->finished;
        } else {
            error_set(e, "%s holds no calibration, or several; give another --store", path);
        }
        store_sweeps_free(list, n);
    }
    store_close(s);
    return text;
}

// The text of the plan for what is asked.
static char *chosen(const struct arguments *a, const struct topology *t, struct error *e)
{
    const struct workload *some[WORKLOADS_MOST], *const *all = some;
    size_t n = a->workloads;
    for (size_t i = 0; i < n; i++)
        if (!spec_workload(a->workload[i], &some[i], e))
            return NULL;
    if (n == 0)
        all = catalogue_workloads(&n);
    return calibrate_plan(all, n, t != NULL ? topology_cpus(t) : 1, e);
}

// An interval takes some rounds.
static void say_short(const struct plan *p, uint64_t budget_ns, const struct topology *t)
{
    unsigned cpus = t != NULL ? topology_cpus(t) : 0;
    uint64_t needed_ns =
        sweep_estimate_ns((struct shard){1, 1}, p, cpus) / p->rounds * ROUNDS_LEAST;
    char needed[SWEEP_TIME];
    sweep_time(needed_ns, needed);
    if (budget_ns < needed_ns)
        fprintf(stderr,
                "rclab: %zu cells take about %s for the %d rounds of an interval: give more "
                "--budget, or less with --workload\n",
                plan_cells(p), needed, ROUNDS_LEAST);
}

// The exit status; *path: the store's, or NULL.
static int measure(const struct arguments *a, uint64_t budget_ns, const char *text,
                   const struct topology *t, char **path)
{
    struct error e;
    int status;
    *path = NULL;
    struct plan *p = plan_parse(CALIBRATE_PLAN, text, t, &e);
    if (p != NULL)
        say_short(p, budget_ns, t);
    struct sweep w = {.plan = p,
                      .shard = {1, 1},
                      .topology = t,
                      .budget_ns = budget_ns,
                      .budget_ends = true,
                      .share = a->share};
    if (p == NULL || !sweep_measure(&w, a->store, path, &status, &e))
        status = command_fail(&e);
    plan_free(p);
    return status;
}

int command_calibrate(int argc, char **argv)
{
    struct arguments a = {.budget = "2m"};
    struct error e;
    uint64_t budget_ns;
    bool finished = false;
    char *path = NULL;
    int status = 0;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (!parse_time("--budget", a.budget, &budget_ns, &e))
        return command_refuse(e.text);
    struct topology *t = topology_open(NULL, e.text, sizeof e.text);
    if (t == NULL)
        fprintf(stderr, "rclab: threads are not bound: %s\n", e.text);
    bool old = a.store != NULL && a.workloads == 0 && access(a.store, F_OK) == 0;
    char *text = old ? begun(a.store, &finished, &e) : chosen(&a, t, &e);
    if (text == NULL)
        status = command_fail(&e);
    else if (finished)
        path = strdup(a.store);
    else
        status = measure(&a, budget_ns, text, t, &path);
    // what was interrupted, or could not be measured, has no summary yet
    if (path != NULL && status <= 1 && !summarise(&a, path, &e))
        status = command_fail(&e);
    free(path);
    free(text);
    topology_close(t);
    return status;
}
