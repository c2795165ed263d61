// SPDX-License-Identifier: MIT
#include "calibrate.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the plan -----------------------------------------------------------------------------------

// Those that exist and go with the workload, the first PAIRS_MOST: what locks its container, or
// collects its cycles, only where it must be.
static const struct {
    const char *rc, *lock;
} typical[] = {{"plain", "gil"},      {"atomic", "none"},    {"biased", "none"},
               {"atomic", "pthread"}, {"atomic", "pymutex"}, {"generational_immortal", "gil"},
               {"pep703", "none"}};
enum { TYPICAL = sizeof typical / sizeof typical[0], PAIRS_MOST = 3, WORKLOADS_WHOLE = 3 };

// False: too few schemes are there, or they do not go together.
static bool goes(const struct workload *w, unsigned pair, unsigned threads)
{
    struct spec s;
    struct error e;
    spec_start(&s, w);
    s.threads = threads;
    return spec_scheme(&s, REFCOUNT, typical[pair].rc, &e) &&
           spec_scheme(&s, LOCK, typical[pair].lock, &e) && spec_complete(&s, &e);
}

// The pairs of a workload, the same for all numbers of threads.
static unsigned typical_pairs(const struct workload *w, unsigned threads, unsigned pair[PAIRS_MOST])
{
    unsigned n = 0;
    for (unsigned i = 0; i < TYPICAL && n < PAIRS_MOST; i++)
        if (goes(w, i, threads))
            pair[n++] = i;
    return n;
}

static void write_experiment(FILE *to, const struct workload *w, unsigned threads,
                             const unsigned *pair, unsigned pairs)
{
    fprintf(to, "\n[%s %u thread%s]\nworkload = %s\nthreads = %u\npair =", w->name, threads,
            threads != 1 ? "s" : "", w->name, threads);
    for (unsigned i = 0; i < pairs; i++)
        fprintf(to, " %s+%s", typical[pair[i]].rc, typical[pair[i]].lock);
    fprintf(to, "\ncopy = 0..3\nextra = 0 5\nexclude = copy>0 extra>0\ntogether = copy extra\n");
}

char *calibrate_plan(const struct workload *const *workload, size_t n, unsigned cpus,
                     struct error *e)
{
    char *text = NULL;
    size_t size;
    const struct workload *without = NULL;
    const unsigned most = cpus > 1 ? 2 : 1;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        error_set(e, "out of memory");
        return NULL;
    }
    // so many rounds are never reached: a budget ends them
    fprintf(to,
            "[plan]\nsummary = how far equal cells come out apart on this machine\n"
            "rounds = %d..10000\nchecks = 0\n",
            ROUNDS_LEAST);
    for (size_t i = 0; i < n; i++) {
        // what runs programs goes with runtimes, and a program takes as long as it likes
        if (n > WORKLOADS_WHOLE && workload[i]->load != NULL)
            continue;
        unsigned pair[PAIRS_MOST], pairs = typical_pairs(workload[i], most, pair);
        for (unsigned threads = 1; threads <= most && pairs != 0; threads++) {
            bool whole = n <= WORKLOADS_WHOLE;
            write_experiment(to, workload[i], threads, whole ? pair : &pair[(i + threads) % pairs],
                             whole ? pairs : 1);
        }
        without = pairs == 0 ? workload[i] : without;
    }
    if (fclose(to) != 0)
        error_set(e, "out of memory");
    else if (without != NULL)
        error_set(e, "%s: none of the schemes that a machine is calibrated with goes with it",
                  without->name);
    else
        return text;
    free(text);
    return NULL;
}

// --- what was found -----------------------------------------------------------------------------

const double calibrate_budget_s[CALIBRATE_BUDGETS] = {10, 60, 600};

// The A/A log-ratios of a family, each around the median of its comparison.
struct pool {
    double *x;
    size_t n, comparisons;
    double half_widths; // their sum, as logarithms
};

static bool gather(const struct checks *c, const struct result *cell, struct pool *p)
{
    *p = (struct pool){0};
    for (size_t i = 0; i < c->sames; i++) {
        const struct comparison *one = &c->same[i];
        if (!results_same_family(one->base, cell))
            continue;
        double *longer = realloc(p->x, (p->n + one->ratio.n) * sizeof *longer);
        if (longer == NULL)
            return false;
        p->x = longer;
        double middle = stats_median(one->log_ratio, one->ratio.n);
        for (size_t k = 0; k < one->ratio.n; k++)
            p->x[p->n++] = one->log_ratio[k] - middle;
        p->half_widths += log(one->ratio.high / one->ratio.low) / 2;
        p->comparisons++;
    }
    return true;
}

// Of the processes of two cells; what was repeated took its time, too.
static bool find_block_s(struct store *s, const char *family, double *block_s, struct error *e)
{
    sqlite3_stmt *q = NULL;
    sqlite3 *db = store_database(s);
    bool ok = sqlite3_prepare_v2(db,
                                 "SELECT 2e-9 * sum(wall_ns) / count(DISTINCT cell || ' ' || block)"
                                 " FROM invocation WHERE family = ?",
                                 -1, &q, NULL) == SQLITE_OK &&
              sqlite3_bind_text(q, 1, family, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(q) == SQLITE_ROW;
    if (ok)
        *block_s = sqlite3_column_double(q, 0);
    else
        store_fail(s, "reading how long processes took", e);
    sqlite3_finalize(q);
    return ok;
}

static void find_effects(struct calibrated *f, const struct pool *p, double margin)
{
    const double confidence = RESULTS_CONFIDENCE_PERCENT / 100.0;
    f->detectable = stats_detectable(p->x, p->n, f->blocks, margin, confidence, CALIBRATE_POWER);
    for (unsigned i = 0; i < CALIBRATE_BUDGETS; i++) {
        double blocks = calibrate_budget_s[i] / f->block_s;
        f->budget[i] = blocks < 1e6 ? stats_detectable(p->x, p->n, (size_t)blocks, margin,
                                                       confidence, CALIBRATE_POWER)
                                    : NAN;
    }
}

static void find_extra(struct calibrated *f, const struct checks *c)
{
    for (size_t i = 0; i < c->extras && f->extra == NULL; i++)
        if (results_same_family(c->extra[i].base, f->cell))
            f->extra = &c->extra[i];
}

bool calibrate_cells(struct store *s, const struct results *r, const struct checks *c,
                     struct calibrated **list, size_t *n, struct error *e)
{
    *n = 0;
    *list = calloc(r->n + 1, sizeof **list);
    bool ok = *list != NULL || error_set(e, "out of memory");
    for (size_t i = 0; i < r->n && ok; i++) {
        if (i > 0 && results_same_family(&r->row[i - 1], &r->row[i]))
            continue;
        struct calibrated *f = &(*list)[*n];
        struct pool p;
        *f = (struct calibrated){.cell = &r->row[i]};
        ok = gather(c, f->cell, &p) || error_set(e, "out of memory");
        if (ok && p.comparisons != 0) {
            f->blocks = p.n / p.comparisons;
            f->scatter = expm1(stats_quantile(p.x, p.n, 0.75) - stats_quantile(p.x, p.n, 0.25));
            f->half_width = expm1(p.half_widths / (double)p.comparisons);
            ok = find_block_s(s, f->cell->family, &f->block_s, e);
            find_effects(f, &p, c->margin);
            find_extra(f, c);
            ++*n;
        }
        free(p.x);
    }
    if (!ok) {
        free(*list);
        *list = NULL;
    }
    return ok;
}
