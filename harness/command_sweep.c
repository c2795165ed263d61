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
#include <sys/stat.h>

#include "build.h"
#include "commands.h"
#include "environment.h"
#include "plan.h"
#include "stats.h"
#include "store.h"

struct arguments {
    const char *plan, *store, *budget;
    bool dry_run, share;
};
enum { KEY_STORE = 256, KEY_DRY_RUN, KEY_BUDGET, KEY_SHARE };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "Where to (results/PLAN-DATE.db, or the newest unfinished one)",
     0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the cells and the estimated time, measure nothing", 0},
    {"budget", KEY_BUDGET, "TIME", 0, "Stop after so long (a number with s, m or h)", 0},
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

static uint64_t estimate_ns(const struct plan *p)
{
    uint64_t sample = p->effort.time_ns != 0 ? p->effort.time_ns : p->effort.ops * 20;
    return plan_cells(p) * p->rounds * p->effort.samples * (sample + OVERHEAD_NS);
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

static void dry_run(const struct plan *p)
{
    char key[SPEC_TEXT];
    for (size_t f = 0; f < p->families; f++) {
        printf("[%s]\n", p->family[f].name);
        for (unsigned c = 0; c < p->family[f].cells; c++) {
            spec_key(&p->family[f].cell[c], key);
            printf("  %s\n", key);
        }
    }
    printf("%zu cells in %zu families, %u rounds, %u samples each; combinations left out: %zu not "
           "valid, %zu excluded, %zu redundant; about ",
           plan_cells(p), p->families, p->rounds, p->effort.samples, p->left_out, p->excluded,
           p->redundant);
    print_time(stdout, estimate_ns(p));
    printf(" of measuring\n");
}

// --- the store of a plan ------------------------------------------------------------------------

static bool is(struct store *s, const char *name, const char *value)
{
    char *stored = store_get(s, name);
    bool same = stored != NULL && strcmp(stored, value) == 0;
    free(stored);
    return same;
}

static struct store *new_store(const char *path, const struct plan *p, struct error *e)
{
    struct store *s = store_create(path, e);
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, sync_now_ns());
    if (s != NULL && (!store_set(s, "seed", seed, e) || !store_set(s, "plan", p->name, e) ||
                      !store_set(s, "plan_text", p->text, e))) {
        store_close(s);
        return NULL;
    }
    return s;
}

// An explicit store must be of this plan; without one the newest of the plan is taken up if it is
// unfinished.
static struct store *find_store(const struct arguments *a, const struct plan *p, char *path,
                                size_t size, struct error *e)
{
    struct stat st;
    struct store *s = NULL;
    if (a->store != NULL) {
        snprintf(path, size, "%s", a->store);
        if (stat(path, &st) != 0 || st.st_size == 0)
            return new_store(path, p, e);
        s = store_create(path, e);
        if (s != NULL && !is(s, "plan_text", p->text)) {
            char *other = store_get(s, "plan");
            error_set(e,
                      "%s holds another plan (%s), or another version of this one: give another "
                      "--store",
                      path, other != NULL ? other : "none");
            free(other);
            store_close(s);
            s = NULL;
        }
        return s;
    }
    char *newest = store_newest(p->name);
    if (newest != NULL) {
        snprintf(path, size, "%s", newest);
        free(newest);
        s = store_create(path, e);
        if (s != NULL && is(s, "plan_text", p->text) && !is(s, "finished", "1"))
            return s;
        store_close(s);
    }
    time_t now = time(NULL);
    char date[32];
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", localtime(&now));
    snprintf(path, size, "%s/results", build_root());
    mkdir(path, 0777);
    snprintf(path, size, "%s/results/%s-%s.db", build_root(), p->name, date);
    return new_store(path, p, e);
}

// --- measuring --------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

struct sweep {
    const struct plan *plan;
    struct store *store;
    struct topology *topology;
    int64_t environment;
    uint64_t seed, begin_ns, budget_ns; // budget_ns 0: none
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
    if (store_has(w->store, s, block))
        return true;
    say_progress(w, s, round);
    char path[BUILD_PATH];
    build_path(s, false, path);
    struct store_invocation i = {.spec = s,
                                 .family = f->name,
                                 .round = round,
                                 .position = position,
                                 .rank = rank,
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
    uint64_t state = w->seed + family * 0x9e3779b97f4a7c15u;
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
    bool go_on = true;
    for (unsigned round = 0; round < w->plan->rounds && go_on; round++) {
        uint64_t state = w->seed ^ (round + 1);
        for (unsigned i = 0; i < w->plan->families; i++)
            order[i] = i;
        stats_shuffle(order, w->plan->families, &state);
        for (unsigned i = 0; i < w->plan->families && go_on; i++)
            go_on = measure_block(w, order[i], round);
    }
    free(order);
    return go_on;
}

static bool prepare(struct sweep *w, bool *all_built)
{
    size_t n = 0, cells = plan_cells(w->plan);
    const struct spec **list = malloc(cells * sizeof *list);
    if (list == NULL)
        return error_set(w->e, "out of memory");
    for (size_t f = 0; f < w->plan->families; f++)
        for (unsigned c = 0; c < w->plan->family[f].cells; c++)
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
    bool ok = store_environment(w->store, text, &w->environment, w->e);
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
    char *seed = store_get(w->store, "seed");
    bool all_built;
    w->seed = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    free(seed);
    if (!prepare(w, &all_built))
        return command_refuse(w->e->text);
    invoke_lock_machine(share);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    w->e->text[0] = '\0';
    bool complete = record_environment(w);
    w->begin_ns = sync_now_ns();
    complete = complete && measure_rounds(w);
    if (complete)
        complete = store_set(w->store, "finished", "1", w->e);
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
    struct arguments a = {0};
    struct error e = {""};
    struct sweep w = {.e = &e, .live = isatty(2) == 1};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.plan == NULL)
        return command_refuse("sweep: which PLAN? (rclab list plan)");
    if (a.budget != NULL && !parse_time("--budget", a.budget, &w.budget_ns, &e))
        return command_refuse(e.text);
    char topology_error[256];
    w.topology = topology_open(NULL, topology_error, sizeof topology_error);
    if (w.topology == NULL)
        fprintf(stderr, "rclab: threads are not bound: %s\n", topology_error);
    struct plan *p = plan_read(a.plan, w.topology, &e);
    if (p == NULL || a.dry_run) {
        int answer = p == NULL ? command_refuse(e.text) : 0;
        if (p != NULL)
            dry_run(p);
        plan_free(p);
        topology_close(w.topology);
        return answer;
    }
    char path[4500];
    int status;
    w.plan = p;
    w.total = plan_cells(p) * p->rounds;
    w.store = find_store(&a, p, path, sizeof path, &e);
    if (w.store == NULL) {
        status = command_refuse(e.text);
    } else if (is(w.store, "finished", "1")) {
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
    topology_close(w.topology);
    plan_free(p);
    return status;
}
