// SPDX-License-Identifier: MIT
//
// rclab sweep PLAN: rounds over families; in a round each family is one block, its cells in the
// order of a Williams row, relabelled at random for each family, so that position and what came
// before are balanced over the rounds. The families' order is shuffled in each round. All of it
// follows from the seed in the store, so that the same command goes on where it was interrupted.
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "commands.h"
#include "environment.h"
#include "plan.h"
#include "stats.h"
#include "store.h"

struct arguments {
    const char *plan, *store, *budget;
    unsigned shard, shards; // from 1
    bool dry_run, share;
};
enum { KEY_STORE = 256, KEY_DRY_RUN, KEY_BUDGET, KEY_SHARE, KEY_SHARD };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "Where to (results/PLAN-DATE.db, or the newest unfinished one)",
     0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the cells and the estimated time, measure nothing", 0},
    {"budget", KEY_BUDGET, "TIME", 0, "Stop after so long (a number with s, m or h)", 0},
    {"shard", KEY_SHARD, "I/N", 0,
     "Only every Nth family, from the Ith on; rclab merge joins the stores", 0},
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
    case KEY_SHARD:
        if (!store_shard(value, &a->shard, &a->shards))
            argp_error(state, "--shard: '%s' is not I/N with I from 1 to N, such as 1/4", value);
        break;
    case ARGP_KEY_ARG:
        if (a->plan != NULL)
            argp_error(state, "one PLAN at a time, not also '%s'", value);
        a->plan = value;
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

// What a process costs beside its samples: start, set-up and warm-up.
enum { OVERHEAD_NS = 9000000 };

static bool in_shard(const struct arguments *a, size_t family)
{
    return family % a->shards == a->shard - 1;
}

static size_t shard_cells(const struct arguments *a, const struct plan *p)
{
    size_t n = 0;
    for (size_t f = 0; f < p->families; f++)
        n += in_shard(a, f) ? p->family[f].cells : 0;
    return n;
}

static uint64_t estimate_ns(const struct arguments *a, const struct plan *p)
{
    uint64_t sample = p->effort.time_ns != 0 ? p->effort.time_ns : p->effort.ops * 20;
    return shard_cells(a, p) * p->rounds * p->effort.samples * (sample + OVERHEAD_NS);
}

static void print_time(FILE *to, uint64_t ns)
{
    uint64_t s = (ns + 999999999) / 1000000000;
    if (s < 100)
        fprintf(to, "%" PRIu64 " s", s);
    else if (s < 6000)
        fprintf(to, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else
        fprintf(to, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
}

static void dry_run(const struct arguments *a, const struct plan *p)
{
    char key[SPEC_TEXT];
    size_t families = 0;
    for (size_t f = 0; f < p->families; f++) {
        if (!in_shard(a, f))
            continue;
        families++;
        printf("[%s]\n", p->family[f].name);
        for (unsigned c = 0; c < p->family[f].cells; c++) {
            spec_key(&p->family[f].cell[c], key);
            printf("  %s\n", key);
        }
    }
    printf(
        "%zu cells in %zu families, %u rounds, %u samples each; %zu combinations left out as not "
        "valid; about ",
        shard_cells(a, p), families, p->rounds, p->effort.samples, p->left_out);
    print_time(stdout, estimate_ns(a, p));
    printf(" of measuring\n");
}

// --- the store of a plan ------------------------------------------------------------------------

// A hash of the keys of all cells, in order: what the plan's text means here and now.
static bool hash_cells(const struct plan *p, char hash[SCHEMA_HASH])
{
    char key[SPEC_TEXT], *text = NULL;
    size_t n;
    FILE *all = open_memstream(&text, &n);
    if (all == NULL)
        return false;
    for (size_t f = 0; f < p->families; f++)
        for (unsigned c = 0; c < p->family[f].cells; c++) {
            spec_key(&p->family[f].cell[c], key);
            fprintf(all, "%s\n", key);
        }
    bool ok = fclose(all) == 0;
    if (ok)
        schema_hash(text, n, hash);
    free(text);
    return ok;
}

// Why a store cannot go on as the sweep that is wanted; NULL: it can.
static const char *why_not(const struct store_sweep *wanted, const struct store_sweep *had,
                           struct error *why)
{
    why->text[0] = '\0';
    if (strcmp(had->plan_text, wanted->plan_text) != 0)
        error_set(why, "another plan (%s), or another version of this one", had->plan);
    else if (strcmp(had->shard, wanted->shard) != 0)
        error_set(why, "shard %s of the plan, not %s", had->shard, wanted->shard);
    else if (strcmp(had->machine, wanted->machine) != 0)
        error_set(why, "what was measured on another machine (%s; this one is %s)", had->machine,
                  wanted->machine);
    else if (had->cells[0] != '\0' && strcmp(had->cells, wanted->cells) != 0)
        error_set(why, "other cells than the plan gives here now (schemes, workloads or CPUs have "
                       "come or gone)");
    return why->text[0] != '\0' ? why->text : NULL;
}

// Goes on in a store, as `w` says then; false, with the reason.
static bool go_on(struct store *s, const char *path, struct store_sweep *w, struct error *e)
{
    struct store_sweep *list;
    size_t n;
    struct error reason;
    const char *why = NULL;
    if (!store_sweeps(s, &list, &n, e))
        return false;
    if (n == 1) {
        why = why_not(w, &list[0], &reason);
        w->id = list[0].id;
        w->seed = list[0].seed;
        w->finished = list[0].finished;
    } else if (n > 1) {
        why = "the sweeps of several stores";
    }
    store_sweeps_free(list, n);
    if (why != NULL)
        return error_set(e, "%s holds %s: give another --store", path, why);
    return n == 1 || store_begin(s, w, e);
}

// The newest store of this sweep that is not finished, or NULL.
static char *find_unfinished(const struct store_sweep *wanted)
{
    char **list = store_list(wanted->plan), *found = NULL;
    for (size_t i = 0; list != NULL && list[i] != NULL && found == NULL; i++) {
        struct error e;
        struct store_sweep *sweep;
        size_t n = 0;
        struct store *s = store_open(list[i], &e);
        if (s != NULL && store_sweeps(s, &sweep, &n, &e)) {
            if (n == 1 && !sweep->finished && why_not(wanted, sweep, &e) == NULL)
                found = strdup(list[i]);
            store_sweeps_free(sweep, n);
        }
        store_close(s);
    }
    store_list_free(list);
    return found;
}

// An explicit store must be of this plan, shard and machine; without one the newest such store that
// is unfinished is taken up, or a new one begun.
static struct store *find_store(const struct arguments *a, struct store_sweep *w, char **path,
                                struct error *e)
{
    char suffix[32] = "";
    if (a->shards != 1)
        snprintf(suffix, sizeof suffix, "-%uof%u", a->shard, a->shards);
    *path = a->store != NULL ? strdup(a->store) : find_unfinished(w);
    if (*path == NULL)
        *path = store_new_path(w->plan, suffix);
    struct store *s = *path != NULL ? store_create(*path, e) : NULL;
    if (s != NULL && !go_on(s, *path, w, e)) {
        store_close(s);
        s = NULL;
    }
    return s;
}

// --- measuring --------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

struct sweep {
    const struct arguments *arguments;
    const struct plan *plan;
    struct store *store;
    struct store_sweep stored;
    struct topology *topology;
    int64_t environment;
    uint64_t begin_ns, budget_ns; // budget_ns 0: none
    uint64_t measured_ns;
    size_t done, had, total, bad;
    bool live; // a terminal: one line that is rewritten
    struct error *e;
};

static void say_progress(struct sweep *w, const struct spec *s, unsigned round)
{
    char pair[SPEC_TEXT];
    if (!w->live)
        return;
    spec_pair(s, pair);
    fprintf(stderr, "\r\033[K[%zu/%zu] round %u of %u, %s %s, %u thread%s", w->had + w->done,
            w->total, round + 1, w->plan->rounds, s->workload->name, pair, s->threads,
            s->threads != 1 ? "s" : "");
    if (w->done > 0) {
        fprintf(stderr, ", ready in ");
        print_time(stderr,
                   (w->total - w->had - w->done) * ((sync_now_ns() - w->begin_ns) / w->done));
    }
    fflush(stderr);
}

static void say_bad(struct sweep *w, const struct spec *s, const struct outcome *o)
{
    char key[SPEC_TEXT];
    spec_key(s, key);
    fprintf(stderr, "%srclab: %s: %s: %s\n", w->live ? "\r\033[K" : "", outcome_name(o->status),
            key, o->message);
}

// False: stop (an error, an interrupt, or the budget).
static bool measure_cell(struct sweep *w, const struct family *f, size_t family, unsigned round,
                         unsigned position, unsigned rank)
{
    const struct spec *s = &f->cell[rank];
    int64_t block = (int64_t)(round * w->plan->families + family);
    if (store_has(w->store, w->stored.id, s, block))
        return true;
    say_progress(w, s, round);
    char path[BUILD_PATH];
    build_path(s, false, path);
    struct store_invocation i = {.spec = s,
                                 .family = f->name,
                                 .round = round,
                                 .position = position,
                                 .rank = rank,
                                 .sweep = w->stored.id,
                                 .block = block,
                                 .environment = w->environment,
                                 .load = environment_load()};
    struct outcome o;
    invoke(s, &w->plan->effort, path, w->topology, &o);
    // a process that was interrupted with us says nothing about the cell
    bool ok = interrupted == 0 && store_add(w->store, &i, &o, w->e);
    if (ok && o.status != OUTCOME_OK) {
        w->bad++;
        say_bad(w, s, &o);
    }
    json_decref(o.samples);
    w->measured_ns += o.wall_ns;
    w->done += ok;
    return ok && (w->budget_ns == 0 || sync_now_ns() - w->begin_ns < w->budget_ns);
}

static bool measure_block(struct sweep *w, size_t family, unsigned round)
{
    const struct family *f = &w->plan->family[family];
    unsigned label[FAMILY_MOST], order[FAMILY_MOST];
    for (unsigned i = 0; i < f->cells; i++)
        label[i] = i;
    uint64_t state = w->stored.seed + family * 0x9e3779b97f4a7c15u;
    stats_shuffle(label, f->cells, &state);
    stats_williams(f->cells, round, order);
    for (unsigned i = 0; i < f->cells; i++)
        if (!measure_cell(w, f, family, round, i, label[order[i]]))
            return false;
    return true;
}

// True: all rounds are complete.
static bool measure_rounds(struct sweep *w)
{
    unsigned *order = malloc(w->plan->families * sizeof *order);
    if (order == NULL)
        return error_set(w->e, "out of memory");
    bool more = true;
    for (unsigned round = 0; round < w->plan->rounds && more; round++) {
        uint64_t state = w->stored.seed ^ (round + 1);
        for (unsigned i = 0; i < w->plan->families; i++)
            order[i] = i;
        stats_shuffle(order, w->plan->families, &state);
        for (unsigned i = 0; i < w->plan->families && more; i++)
            if (in_shard(w->arguments, order[i]))
                more = measure_block(w, order[i], round);
    }
    free(order);
    return more;
}

static bool prepare(struct sweep *w, bool *all_built)
{
    size_t n = 0, cells = plan_cells(w->plan);
    const struct spec **list = malloc(cells * sizeof *list);
    if (list == NULL)
        return error_set(w->e, "out of memory");
    for (size_t f = 0; f < w->plan->families; f++)
        for (unsigned c = 0; c < w->plan->family[f].cells && in_shard(w->arguments, f); c++)
            list[n++] = &w->plan->family[f].cell[c];
    // the same program serves many cells
    size_t unique = 0;
    char a[SPEC_TEXT], b[SPEC_TEXT];
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        spec_pair(list[i], a);
        for (size_t k = 0; k < unique && !known; k++) {
            spec_pair(list[k], b);
            known = list[k]->workload == list[i]->workload && strcmp(a, b) == 0;
        }
        if (!known)
            list[unique++] = list[i];
    }
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        if (!allocator_present(list[i]->allocator))
            ok = error_set(w->e, "allocator %s: %s is not here; install the package %s",
                           list[i]->allocator->name, list[i]->allocator->library,
                           list[i]->allocator->package);
    // a cell that cannot be built is recorded as one that crashed; the others are measured
    *all_built = !ok || build_cells(list, unique, false, w->e);
    if (!*all_built)
        fprintf(stderr, "rclab: %s\n", w->e->text);
    free(list);
    return ok;
}

static bool record_environment(struct sweep *w)
{
    json_t *environment = environment_json(w->topology);
    char *text = json_dumps(environment, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(environment);
    bool ok = store_environment(w->store, w->stored.id, text, &w->environment, w->e);
    free(text);
    return ok;
}

static int report(struct sweep *w, const char *path, bool complete)
{
    size_t all, good;
    store_count(w->store, &all, &good);
    uint64_t wall = sync_now_ns() - w->begin_ns;
    if (w->live)
        fprintf(stderr, "\r\033[K");
    fprintf(stderr, "rclab: %zu of %zu invocations are in %s, %zu of them bad; measured for ", all,
            w->total, path, all - good);
    print_time(stderr, w->measured_ns);
    fprintf(stderr, " of ");
    print_time(stderr, wall);
    fprintf(stderr, "%s\n", complete ? "" : "; the same command goes on");
    return all == good ? 0 : 1;
}

static int sweep(struct sweep *w, const char *path, bool share)
{
    char topology_error[256];
    bool all_built;
    if (!prepare(w, &all_built))
        return command_refuse(w->e->text);
    w->topology = topology_open(NULL, topology_error, sizeof topology_error);
    if (w->topology == NULL)
        fprintf(stderr, "rclab: threads are not bound: %s\n", topology_error);
    invoke_lock_machine(share);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    w->e->text[0] = '\0';
    bool complete = record_environment(w);
    w->begin_ns = sync_now_ns();
    complete = complete && measure_rounds(w);
    if (complete)
        complete = store_finish(w->store, w->stored.id, w->e);
    if (w->e->text[0] == '\0')
        store_settle(w->store, w->e);
    topology_close(w->topology);
    if (w->e->text[0] != '\0') {
        fprintf(stderr, "%srclab: %s\n", w->live ? "\n" : "", w->e->text);
        return 1;
    }
    int status = report(w, path, complete);
    if (interrupted != 0)
        return 130;
    return all_built ? status : 1;
}

int command_sweep(int argc, char **argv)
{
    struct arguments a = {.shard = 1, .shards = 1};
    struct error e = {""};
    struct sweep w = {.e = &e, .arguments = &a, .live = isatty(2) == 1};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.plan == NULL)
        return command_refuse("sweep: which PLAN? (rclab list plan)");
    if (a.budget != NULL && !parse_time("--budget", a.budget, &w.budget_ns, &e))
        return command_refuse(e.text);
    struct plan *p = plan_read(a.plan, &e);
    if (p == NULL)
        return command_refuse(e.text);
    if (a.shards > p->families) {
        error_set(&e, "--shard: the plan has only %zu families", p->families);
        plan_free(p);
        return command_refuse(e.text);
    }
    if (a.dry_run) {
        dry_run(&a, p);
        plan_free(p);
        return 0;
    }
    char *path, machine[MACHINE_TEXT], cells[SCHEMA_HASH] = "", shard[32];
    int status;
    environment_machine(machine);
    hash_cells(p, cells);
    snprintf(shard, sizeof shard, "%u/%u", a.shard, a.shards);
    w.plan = p;
    w.total = shard_cells(&a, p) * p->rounds;
    w.stored = (struct store_sweep){
        .machine = machine, .plan = p->name, .plan_text = p->text, .shard = shard, .cells = cells};
    w.store = find_store(&a, &w.stored, &path, &e);
    if (w.store == NULL) {
        status = command_fail(&e);
    } else if (w.stored.finished) {
        fprintf(stderr, "rclab: %s is finished; nothing to measure\n", path);
        status = 0;
    } else {
        size_t good;
        store_count(w.store, &w.had, &good);
        if (w.had != 0)
            fprintf(stderr, "rclab: going on with %s: %zu of %zu invocations\n", path, w.had,
                    w.total);
        status = sweep(&w, path, a.share);
    }
    store_close(w.store);
    free(path);
    plan_free(p);
    return status;
}
