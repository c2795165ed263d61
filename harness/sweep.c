// SPDX-License-Identifier: MIT
#include "sweep.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "checks.h"
#include "environment.h"
#include "estimate.h"
#include "programs.h"
#include "results.h"

bool shard_has(struct shard shard, size_t family)
{
    return family % shard.n == shard.i - 1;
}
size_t shard_cells(struct shard shard, const struct plan *p)
{
    size_t n = 0;
    for (size_t f = 0; f < p->families; f++)
        n += shard_has(shard, f) ? p->family[f].cells : 0;
    return n;
}
size_t shard_families(struct shard shard, const struct plan *p)
{
    return p->families / shard.n + (p->families % shard.n >= shard.i);
}

uint64_t sweep_estimate_ns(struct shard shard, const struct plan *p, unsigned cpus)
{
    struct estimate *e = estimate_new(&p->effort, cpus);
    bool ok = e != NULL;
    for (size_t f = 0; f < p->families; f++)
        for (unsigned c = 0; c < p->family[f].cells && ok && shard_has(shard, f); c++)
            ok = estimate_expect(e, &p->family[f].cell[c], p->rounds);
    uint64_t ns = ok ? estimate_left_ns(e) : 0;
    estimate_free(e);
    return ns;
}

void sweep_time(uint64_t ns, char text[SWEEP_TIME])
{
    uint64_t s = (ns + 999999999) / 1000000000;
    if (s < 100)
        snprintf(text, SWEEP_TIME, "%" PRIu64 " s", s);
    else if (s < 6000)
        snprintf(text, SWEEP_TIME, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else
        snprintf(text, SWEEP_TIME, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
}

// --- measuring --------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

// What is known of a family while it is measured, to tell when it has been measured enough.
struct history {
    struct series {
        double *ns; // by round: the median of a process' samples, or NAN
        unsigned rounds;
    } cell[FAMILY_MOST];
    unsigned rounds; // that are complete
    bool narrow;     // it ended with that
};

struct ongoing {
    const struct sweep *sweep;
    struct estimate *estimate;
    struct history *history; // of each family
    int64_t environment;
    uint64_t begin_ns, last_ns; // last: when the invocation before this one was stored
    uint64_t said_ns;           // when progress was told
    uint64_t measured_ns;
    size_t done, had, total;
    size_t repeats;
    bool live; // a terminal: one line that is rewritten
    struct error e;
};

enum { SAY_NS = 600000000000 }; // between two lines where nobody looks

// On a terminal always, elsewhere now and then.
static void say_progress(struct ongoing *r, const struct spec *s, unsigned round)
{
    char key[SPEC_TEXT], left[SWEEP_TIME];
    uint64_t now = sync_now_ns();
    if (!r->live && now - r->said_ns < SAY_NS)
        return;
    r->said_ns = now;
    uint64_t left_ns = estimate_left_ns(r->estimate), budget_ns = r->sweep->budget_ns;
    if (budget_ns != 0 && left_ns > r->begin_ns + budget_ns - now)
        left_ns = r->begin_ns + budget_ns - now;
    sweep_time(left_ns, left);
    fprintf(stderr, "%s%zu of %zu, round %u of %u, ready in %s",
            r->live ? "\r\033[K" : "rclab: ", r->had + r->done, r->total, round + 1,
            r->sweep->plan->rounds, left);
    if (r->live) {
        spec_cell(s, key);
        fprintf(stderr, ": %s %s, %u thread%s", s->workload->name, key, s->threads,
                s->threads != 1 ? "s" : "");
    } else {
        fprintf(stderr, "\n");
    }
    fflush(stderr);
}

static void say_bad(const struct ongoing *r, const struct spec *s, const struct outcome *o)
{
    char key[SPEC_TEXT];
    spec_key(s, key);
    fprintf(stderr, "%srclab: %s: %s: %s\n", r->live ? "\r\033[K" : "", outcome_name(o->status),
            key, o->message);
}

// --- when a family ends

static double series_at(const struct series *s, unsigned round)
{
    return round < s->rounds ? s->ns[round] : NAN;
}

static bool series_put(struct series *s, unsigned round, double ns)
{
    if (round >= s->rounds) {
        unsigned rounds = round + round / 2 + 16;
        double *longer = realloc(s->ns, rounds * sizeof *longer);
        if (longer == NULL)
            return false;
        while (s->rounds < rounds)
            longer[s->rounds++] = NAN;
        s->ns = longer;
    }
    s->ns[round] = ns;
    return true;
}

static double process_ns(const json_t *samples)
{
    size_t n = json_array_size(samples), i;
    double *ns = malloc((n + 1) * sizeof *ns), median = NAN;
    const json_t *sample;
    json_array_foreach((json_t *)samples, i, sample) if (ns != NULL) ns[i] =
        json_number_value(json_object_get(sample, "ns_per_op"));
    if (ns != NULL)
        median = stats_median(ns, n);
    free(ns);
    return median;
}

static bool is_check(const struct spec *s)
{
    return s->copy != 0 || s->extra != 0;
}

static bool cell_enough(const struct history *h, unsigned rank, double margin)
{
    double *log_ratio = malloc((h->rounds + 1) * sizeof *log_ratio);
    size_t n = 0;
    for (unsigned i = 0; i < h->rounds && log_ratio != NULL; i++) {
        double value = log(series_at(&h->cell[rank], i));
        if (rank != 0)
            value -= log(series_at(&h->cell[0], i));
        if (isfinite(value))
            log_ratio[n++] = value;
    }
    bool enough =
        log_ratio != NULL && stats_enough(log_ratio, n, margin, RESULTS_CONFIDENCE_PERCENT / 100.0);
    free(log_ratio);
    return enough;
}

static bool family_enough(const struct ongoing *r, size_t family)
{
    const struct plan *p = r->sweep->plan;
    const struct family *f = &p->family[family];
    const struct history *h = &r->history[family];
    unsigned others = 0;
    if (p->rounds_least == p->rounds || h->rounds < p->rounds_least)
        return false;
    for (unsigned c = 1; c < f->cells; c++) {
        others += !is_check(&f->cell[c]);
        if (!is_check(&f->cell[c]) && !cell_enough(h, c, p->margin))
            return false;
    }
    return others != 0 || cell_enough(h, 0, p->margin);
}

static bool say_stop(struct ongoing *r, size_t family, const char *reason)
{
    const struct sweep *w = r->sweep;
    struct store_stop stop = {.sweep = w->stored.id,
                              .family = w->plan->family[family].name,
                              .rounds = r->history[family].rounds,
                              .reason = reason};
    return store_add_stop(w->store, &stop, &r->e);
}

// The rounds that are left of it are not measured.
static void drop_rest(struct ongoing *r, size_t family)
{
    const struct plan *p = r->sweep->plan;
    const struct family *f = &p->family[family];
    unsigned rest = p->rounds - r->history[family].rounds;
    for (unsigned c = 0; c < f->cells; c++)
        for (unsigned i = 0; i < rest; i++)
            estimate_skip(r->estimate, &f->cell[c]);
    r->total -= (size_t)rest * f->cells;
}

static bool end_block(struct ongoing *r, size_t family, unsigned round)
{
    struct history *h = &r->history[family];
    h->rounds = round + 1;
    if (family_enough(r, family)) {
        h->narrow = true;
        drop_rest(r, family);
        return say_stop(r, family, "narrow");
    }
    return h->rounds < r->sweep->plan->rounds || say_stop(r, family, "rounds");
}

// --- a block

// Each run of `layouts` rounds has each layout once.
static unsigned layout_of(const struct ongoing *r, size_t family, unsigned rank, unsigned round)
{
    const struct sweep *w = r->sweep;
    unsigned n = w->plan->layouts, order[LAYOUTS_MOST];
    uint64_t state = w->stored.seed ^ family << 40 ^ (uint64_t)rank << 32 ^ round / n;
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    stats_shuffle(order, n, &state);
    return order[round % n];
}

static bool may_repeat(const struct ongoing *r)
{
    return 10 * (r->repeats + 1) <= r->had + r->done + 10;
}

// False: stop (an error, an interrupt, or the budget).
static bool measure_once(struct ongoing *r, struct store_invocation *i, struct outcome *o)
{
    const struct sweep *w = r->sweep;
    char path[BUILD_PATH];
    build_path(i->spec, false, i->layout, path);
    i->padding =
        invoke_padding(w->stored.seed ^ (uint64_t)i->block << 20 ^ i->rank << 4 ^ i->attempt);
    i->load = environment_load();
    invoke(&(struct invocation){.spec = i->spec,
                                .effort = &w->plan->effort,
                                .path = path,
                                .topology = w->topology,
                                .padding = i->padding},
           o);
    i->disturbed = o->disturbed;
    // a process that was interrupted with us says nothing about the cell
    bool ok = interrupted == 0 && store_add(w->store, i, o, &r->e);
    if (ok && o->status != OUTCOME_OK)
        say_bad(r, i->spec, o);
    r->measured_ns += o->wall_ns;
    r->repeats += ok && i->attempt != 0;
    return ok;
}

static bool measure_cell(struct ongoing *r, size_t family, unsigned round, unsigned position,
                         unsigned rank)
{
    const struct sweep *w = r->sweep;
    const struct family *f = &w->plan->family[family];
    struct store_invocation i = {.spec = &f->cell[rank],
                                 .family = f->name,
                                 .round = round,
                                 .position = position,
                                 .rank = rank,
                                 .sweep = w->stored.id,
                                 .block = (int64_t)(round * w->plan->families + family),
                                 .environment = r->environment,
                                 .layout = layout_of(r, family, rank, round)};
    if (store_attempts(w->store, i.sweep, i.spec, i.block) != 0) {
        estimate_skip(r->estimate, i.spec);
        return true;
    }
    say_progress(r, i.spec, round);
    bool again;
    do {
        struct outcome o;
        if (!measure_once(r, &i, &o)) {
            json_decref(o.samples);
            return false;
        }
        series_put(&r->history[family].cell[rank], round,
                   o.status == OUTCOME_OK ? process_ns(o.samples) : NAN);
        json_decref(o.samples);
        again = o.disturbed[0] != '\0' && ++i.attempt < ATTEMPTS_MOST && may_repeat(r);
    } while (again);
    r->done++;
    uint64_t now = sync_now_ns();
    estimate_took(r->estimate, i.spec, now - r->last_ns);
    r->last_ns = now;
    return w->budget_ns == 0 || now - r->begin_ns < w->budget_ns;
}

static bool measure_block(struct ongoing *r, size_t family, unsigned round)
{
    const struct family *f = &r->sweep->plan->family[family];
    unsigned label[FAMILY_MOST], order[FAMILY_MOST];
    for (unsigned i = 0; i < f->cells; i++)
        label[i] = i;
    uint64_t state = r->sweep->stored.seed + family * 0x9e3779b97f4a7c15u;
    stats_shuffle(label, f->cells, &state);
    stats_williams(f->cells, round, order);
    for (unsigned i = 0; i < f->cells; i++)
        if (!measure_cell(r, family, round, i, label[order[i]]))
            return false;
    return end_block(r, family, round);
}

// True: all rounds are complete.
static bool measure_rounds(struct ongoing *r)
{
    const struct sweep *w = r->sweep;
    unsigned *order = malloc(w->plan->families * sizeof *order);
    if (order == NULL)
        return error_set(&r->e, "out of memory");
    bool more = true;
    for (unsigned round = 0; round < w->plan->rounds && more; round++) {
        uint64_t state = w->stored.seed ^ (round + 1);
        for (unsigned i = 0; i < w->plan->families; i++)
            order[i] = i;
        stats_shuffle(order, w->plan->families, &state);
        for (unsigned i = 0; i < w->plan->families && more; i++)
            if (shard_has(w->shard, order[i]) && !r->history[order[i]].narrow)
                more = measure_block(r, order[i], round);
    }
    free(order);
    return more;
}

// The families that the budget ended.
static bool say_budget(struct ongoing *r)
{
    const struct sweep *w = r->sweep;
    bool ok = true;
    for (size_t f = 0; f < w->plan->families && ok; f++)
        if (shard_has(w->shard, f) && !r->history[f].narrow &&
            r->history[f].rounds < w->plan->rounds)
            ok = say_stop(r, f, "budget");
    return ok;
}

// --- before and after -------------------------------------------------------------------------

static int by_program(const void *a, const void *b)
{
    const struct spec *x = *(const struct spec *const *)a, *y = *(const struct spec *const *)b;
    char left[SPEC_TEXT], right[SPEC_TEXT];
    int order = strcmp(x->workload->name, y->workload->name);
    if (order != 0)
        return order;
    spec_cell(x, left);
    spec_cell(y, right);
    return strcmp(left, right);
}

// Whether every cell of the part can be measured here.
static bool possible(struct ongoing *r, const struct spec *const *cell, size_t n)
{
    size_t allocators;
    const struct allocator *all = allocator_all(&allocators);
    for (size_t k = 0; k < allocators; k++) {
        bool wanted = false;
        for (size_t i = 0; i < n && !wanted; i++)
            wanted = cell[i]->allocator == &all[k];
        if (wanted && !allocator_present(&all[k]))
            return error_set(&r->e, "allocator %s: %s is not here; install the package %s",
                             all[k].name, all[k].library, all[k].package);
    }
    for (size_t i = 0; i < n; i++)
        if (!invoke_possible(cell[i], r->sweep->topology, &r->e) ||
            (cell[i]->program != NULL && !program_compile(cell[i]->program, &r->e)))
            return false;
    return true;
}

// What the store has of the families, from a sweep that was interrupted.
static bool recall(struct ongoing *r)
{
    const struct sweep *w = r->sweep;
    const struct plan *p = w->plan;
    struct results had;
    if (r->had == 0 || p->rounds_least == p->rounds)
        return true;
    if (!results_load(w->store, &had, &r->e))
        return false;
    char key[SPEC_TEXT];
    for (size_t i = 0; i < had.n; i++)
        for (size_t f = 0; f < p->families; f++)
            for (unsigned c = 0;
                 c < p->family[f].cells && strcmp(p->family[f].name, had.row[i].family) == 0; c++) {
                spec_key(&p->family[f].cell[c], key);
                for (size_t k = 0; k < had.row[i].processes && strcmp(key, had.row[i].key) == 0;
                     k++) {
                    const struct process *one = &had.row[i].process[k];
                    series_put(&r->history[f].cell[c],
                               (unsigned)(one->block / (int64_t)p->families), one->ns_per_op);
                }
            }
    results_free(&had);
    return true;
}

static void history_free(struct ongoing *r)
{
    for (size_t f = 0; r->history != NULL && f < r->sweep->plan->families; f++)
        for (unsigned c = 0; c < FAMILY_MOST; c++)
            free(r->history[f].cell[c].ns);
    free(r->history);
}

// A cell that cannot be built is recorded as one that crashed; the others are measured.
static bool prepare(struct ongoing *r, bool *all_built)
{
    const struct plan *p = r->sweep->plan;
    const struct spec **list = malloc(plan_cells(p) * sizeof *list);
    r->estimate = estimate_new(&p->effort,
                               r->sweep->topology != NULL ? topology_cpus(r->sweep->topology) : 0);
    r->history = calloc(p->families, sizeof *r->history);
    bool ok = list != NULL && r->estimate != NULL && r->history != NULL;
    size_t n = 0;
    for (size_t f = 0; f < p->families && ok; f++)
        for (unsigned c = 0; c < p->family[f].cells && ok && shard_has(r->sweep->shard, f); c++) {
            list[n++] = &p->family[f].cell[c];
            ok = estimate_expect(r->estimate, &p->family[f].cell[c], p->rounds);
        }
    r->total = n * p->rounds;
    if (!ok)
        error_set(&r->e, "out of memory");
    ok = ok && recall(r) && possible(r, list, n);
    if (ok) {
        // the same program serves many cells
        qsort(list, n, sizeof *list, by_program);
        size_t programs = 0;
        for (size_t i = 0; i < n; i++)
            if (programs == 0 || by_program(&list[programs - 1], &list[i]) != 0)
                list[programs++] = list[i];
        *all_built = build_cells(list, programs, false, p->layouts, &r->e);
        if (!*all_built)
            fprintf(stderr, "rclab: %s\n", r->e.text);
    }
    free(list);
    return ok;
}

static bool record_environment(struct ongoing *r)
{
    const struct sweep *w = r->sweep;
    json_t *environment = environment_json(w->topology);
    char *text = json_dumps(environment, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(environment);
    bool ok = store_environment(w->store, w->stored.id, text, &r->environment, &r->e);
    free(text);
    return ok;
}

static void say_checks(const struct ongoing *r)
{
    struct results all;
    struct checks c;
    struct error e;
    if (!results_load(r->sweep->store, &all, &e)) {
        fprintf(stderr, "rclab: %s\n", e.text);
        return;
    }
    if (checks_make(&all, NULL, COMPARISON_MARGIN, &c)) {
        checks_print(&c, stderr);
        checks_free(&c);
    }
    results_free(&all);
}

static int report(const struct ongoing *r, bool complete)
{
    struct store_counts c = store_count(r->sweep->store);
    char measured[SWEEP_TIME], wall[SWEEP_TIME];
    sweep_time(r->measured_ns, measured);
    sweep_time(sync_now_ns() - r->begin_ns, wall);
    fprintf(stderr,
            "%srclab: %zu of %zu invocations are in %s, %zu of them bad, %zu disturbed (%zu were "
            "repeated); measured for %s of %s%s\n",
            r->live ? "\r\033[K" : "", c.all, complete ? c.all : r->total, r->sweep->path,
            c.all - c.ok, c.disturbed, c.repeated, measured, wall,
            complete ? "" : "; the same command goes on");
    // of a part of the rounds nothing can be said yet; who ends it with a budget looks for himself
    if (complete && !r->sweep->budget_ends)
        say_checks(r);
    return c.all == c.ok ? 0 : 1;
}

static int measure(struct ongoing *r)
{
    const struct sweep *w = r->sweep;
    bool all_built;
    if (!prepare(r, &all_built)) {
        fprintf(stderr, "rclab: %s\n", r->e.text);
        return 2;
    }
    invoke_lock_machine(w->share);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    r->e.text[0] = '\0';
    bool complete = record_environment(r);
    r->begin_ns = r->last_ns = r->said_ns = sync_now_ns();
    complete = complete && measure_rounds(r);
    bool spent = !complete && interrupted == 0 && r->e.text[0] == '\0';
    if (spent)
        spent = say_budget(r);
    complete |= spent && w->budget_ends;
    if (complete)
        complete = store_finish(w->store, w->stored.id, &r->e);
    if (r->e.text[0] == '\0')
        store_settle(w->store, &r->e);
    if (r->e.text[0] != '\0') {
        fprintf(stderr, "%srclab: %s\n", r->live ? "\n" : "", r->e.text);
        return 1;
    }
    int status = report(r, complete);
    if (interrupted != 0)
        return 130;
    return all_built ? status : 1;
}

int sweep_run(const struct sweep *s)
{
    struct store_counts had = store_count(s->store);
    struct ongoing r = {
        .sweep = s, .live = isatty(2) == 1, .had = had.all, .repeats = had.repeated};
    if (r.had != 0)
        fprintf(stderr, "rclab: going on with %s: %zu of %zu invocations\n", s->path, r.had,
                shard_cells(s->shard, s->plan) * s->plan->rounds);
    int status = measure(&r);
    estimate_free(r.estimate);
    history_free(&r);
    return status;
}
