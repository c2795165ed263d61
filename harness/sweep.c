// SPDX-License-Identifier: MIT
#include "sweep.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "environment.h"
#include "estimate.h"
#include "stats.h"

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

struct ongoing {
    const struct sweep *sweep;
    struct estimate *estimate;
    int64_t environment;
    uint64_t begin_ns, last_ns; // last: when the invocation before this one was stored
    uint64_t said_ns;           // when progress was told
    uint64_t measured_ns;
    size_t done, had, total;
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
    sweep_time(estimate_left_ns(r->estimate), left);
    fprintf(stderr, "%s%zu of %zu, round %u of %u, ready in %s",
            r->live ? "\r\033[K" : "rclab: ", r->had + r->done, r->total, round + 1,
            r->sweep->plan->rounds, left);
    if (r->live) {
        spec_pair(s, key);
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

// False: stop (an error, an interrupt, or the budget).
static bool measure_cell(struct ongoing *r, const struct family *f, size_t family, unsigned round,
                         unsigned position, unsigned rank)
{
    const struct sweep *w = r->sweep;
    const struct spec *s = &f->cell[rank];
    int64_t block = (int64_t)(round * w->plan->families + family);
    bool disturbed;
    if (store_attempts(w->store, w->stored.id, s, block, &disturbed) != 0) {
        estimate_skip(r->estimate, s);
        return true;
    }
    say_progress(r, s, round);
    char path[BUILD_PATH];
    build_path(s, false, 0, path);
    struct store_invocation i = {.spec = s,
                                 .family = f->name,
                                 .round = round,
                                 .position = position,
                                 .rank = rank,
                                 .sweep = w->stored.id,
                                 .block = block,
                                 .environment = r->environment,
                                 .load = environment_load()};
    struct outcome o;
    invoke(s, &w->plan->effort, path, w->topology, &o);
    // a process that was interrupted with us says nothing about the cell
    bool ok = interrupted == 0 && store_add(w->store, &i, &o, &r->e);
    if (ok && o.status != OUTCOME_OK)
        say_bad(r, s, &o);
    json_decref(o.samples);
    r->measured_ns += o.wall_ns;
    r->done += ok;
    uint64_t now = sync_now_ns();
    estimate_took(r->estimate, s, now - r->last_ns);
    r->last_ns = now;
    return ok && (w->budget_ns == 0 || now - r->begin_ns < w->budget_ns);
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
        if (!measure_cell(r, f, family, round, i, label[order[i]]))
            return false;
    return true;
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
            if (shard_has(w->shard, order[i]))
                more = measure_block(r, order[i], round);
    }
    free(order);
    return more;
}

// --- before and after -------------------------------------------------------------------------

static int by_program(const void *a, const void *b)
{
    const struct spec *x = *(const struct spec *const *)a, *y = *(const struct spec *const *)b;
    char left[SPEC_TEXT], right[SPEC_TEXT];
    int order = strcmp(x->workload->name, y->workload->name);
    if (order != 0)
        return order;
    spec_pair(x, left);
    spec_pair(y, right);
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
        if (!invoke_possible(cell[i], r->sweep->topology, &r->e))
            return false;
    return true;
}

// A cell that cannot be built is recorded as one that crashed; the others are measured.
static bool prepare(struct ongoing *r, bool *all_built)
{
    const struct plan *p = r->sweep->plan;
    const struct spec **list = malloc(plan_cells(p) * sizeof *list);
    r->estimate = estimate_new(&p->effort,
                               r->sweep->topology != NULL ? topology_cpus(r->sweep->topology) : 0);
    bool ok = list != NULL && r->estimate != NULL;
    size_t n = 0;
    for (size_t f = 0; f < p->families && ok; f++)
        for (unsigned c = 0; c < p->family[f].cells && ok && shard_has(r->sweep->shard, f); c++) {
            list[n++] = &p->family[f].cell[c];
            ok = estimate_expect(r->estimate, &p->family[f].cell[c], p->rounds);
        }
    r->total = n * p->rounds;
    if (!ok)
        error_set(&r->e, "out of memory");
    ok = ok && possible(r, list, n);
    if (ok) {
        // the same program serves many cells
        qsort(list, n, sizeof *list, by_program);
        size_t programs = 0;
        for (size_t i = 0; i < n; i++)
            if (programs == 0 || by_program(&list[programs - 1], &list[i]) != 0)
                list[programs++] = list[i];
        *all_built = build_cells(list, programs, false, 1, &r->e);
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

static int report(const struct ongoing *r, bool complete)
{
    struct store_counts c = store_count(r->sweep->store);
    char measured[SWEEP_TIME], wall[SWEEP_TIME];
    sweep_time(r->measured_ns, measured);
    sweep_time(sync_now_ns() - r->begin_ns, wall);
    fprintf(stderr,
            "%srclab: %zu of %zu invocations are in %s, %zu of them bad; measured for %s of %s%s\n",
            r->live ? "\r\033[K" : "", c.all, r->total, r->sweep->path, c.all - c.ok, measured,
            wall, complete ? "" : "; the same command goes on");
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
    struct ongoing r = {.sweep = s, .live = isatty(2) == 1, .had = store_count(s->store).all};
    if (r.had != 0)
        fprintf(stderr, "rclab: going on with %s: %zu of %zu invocations\n", s->path, r.had,
                shard_cells(s->shard, s->plan) * s->plan->rounds);
    int status = measure(&r);
    estimate_free(r.estimate);
    return status;
}
