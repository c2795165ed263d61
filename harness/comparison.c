// SPDX-License-Identifier: MIT
#include "comparison.h"

#include <math.h>
#include <stdlib.h>

static const double CONFIDENCE = RESULTS_CONFIDENCE_PERCENT / 100.0;
enum { RESAMPLES = 2000, SEED = 1 };

// A block that both cells have.
struct pair {
    const struct process *base, *with;
};
static size_t find_pairs(const struct result *base, const struct result *with, struct pair *pair)
{
    size_t n = 0;
    for (size_t i = 0, k = 0; i < base->processes && k < with->processes;) {
        const struct process *b = &base->process[i], *w = &with->process[k];
        int order = (b->sweep > w->sweep) - (b->sweep < w->sweep);
        if (order == 0)
            order = (b->block > w->block) - (b->block < w->block);
        if (order == 0)
            pair[n++] = (struct pair){b, w};
        i += order <= 0;
        k += order >= 0;
    }
    return n;
}

// Speeds in which samples can be compared, the one to prefer last.
static const enum speed comparable[] = {SPEED_UNKNOWN, SPEED_SLOW, SPEED_FAST};
enum { COMPARABLE = sizeof comparable / sizeof comparable[0] };

static bool has(const struct pair *p, enum speed speed)
{
    return p->base->samples[speed] != 0 && p->with->samples[speed] != 0;
}

// Keeps the pairs that have samples of that speed, in their order.
static size_t keep(struct pair *pair, size_t n, enum speed speed)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (has(&pair[i], speed))
            pair[kept++] = pair[i];
    return kept;
}

// Logarithms apart: a quotient could overflow.
static double log_ratio(const struct pair *p, enum speed speed)
{
    return log(p->with->at[speed]) - log(p->base->at[speed]);
}

static struct stats_interval ratio_of(const double *log_ratio, size_t n)
{
    struct stats_interval i = stats_median_interval(log_ratio, n, CONFIDENCE);
    i.low = exp(i.low);
    i.middle = exp(i.middle);
    i.high = exp(i.high);
    return i;
}

// scratch: room for n log-ratios.
static void find_ratios(struct comparison *c, const struct pair *pair, size_t n, double *scratch)
{
    c->mixed = n;
    for (size_t i = 0; i < n; i++) {
        bool compared = false;
        for (unsigned s = 0; s < COMPARABLE; s++)
            compared |= has(&pair[i], comparable[s]);
        c->mixed -= compared;
    }
    for (enum speed speed = 0; speed < SPEEDS; speed++)
        c->at[speed] = ratio_of(NULL, 0);
    for (unsigned s = 0; s < COMPARABLE; s++) {
        enum speed speed = comparable[s];
        size_t some = 0;
        for (size_t i = 0; i < n; i++)
            if (has(&pair[i], speed))
                scratch[some++] = log_ratio(&pair[i], speed);
        c->at[speed] = ratio_of(scratch, some);
        if (some != 0 && some >= c->at[c->speed].n)
            c->speed = speed;
    }
    c->ratio = c->at[c->speed];
}

// Where both had the same layouts in all blocks, that is one cause, not two.
static bool find_layout_share(struct comparison *c, const struct pair *pair)
{
    size_t n = c->ratio.n;
    unsigned *layout = malloc((2 * n + 1) * sizeof *layout);
    if (layout == NULL)
        return false;
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        layout[i] = pair[i].base->layout;
        layout[n + i] = pair[i].with->layout;
        same &= layout[i] == layout[n + i];
    }
    double base = same ? NAN : stats_group_share(c->log_ratio, layout, n);
    double with = stats_group_share(c->log_ratio, layout + n, n);
    free(layout);
    if (isfinite(base) || isfinite(with))
        c->layout_share = fmin(1, (isfinite(base) ? base : 0) + (isfinite(with) ? with : 0));
    return true;
}

static void decide(struct comparison *c)
{
    c->verdict = c->p <= 1 - CONFIDENCE ? c->claim.verdict : STATS_UNDECIDED;
}

static const double *samples_of(const struct process *p, enum speed speed)
{
    const double *sample = p->sample;
    for (enum speed s = 0; s < speed; s++)
        sample += p->samples[s];
    return sample;
}

static bool bootstrap(struct comparison *c, const struct pair *pair)
{
    struct stats_block *block = malloc((c->ratio.n + 1) * sizeof *block);
    if (block == NULL)
        return false;
    for (size_t i = 0; i < c->ratio.n; i++)
        block[i] = (struct stats_block){.x = samples_of(pair[i].with, c->speed),
                                        .base = samples_of(pair[i].base, c->speed),
                                        .xs = pair[i].with->samples[c->speed],
                                        .bases = pair[i].base->samples[c->speed]};
    c->bootstrap = stats_bootstrap_ratio(block, c->ratio.n, CONFIDENCE, RESAMPLES, SEED);
    free(block);
    return true;
}

static bool make(const struct result *base, const struct result *with, double margin, bool resample,
                 struct comparison *c)
{
    size_t most = base->processes < with->processes ? base->processes : with->processes;
    struct pair *pair = malloc((most + 1) * sizeof *pair);
    *c = (struct comparison){.base = base, .with = with, .layout_share = NAN, .p = 1};
    c->bootstrap = ratio_of(NULL, 0);
    c->log_ratio = malloc((most + 1) * sizeof *c->log_ratio);
    bool ok = pair != NULL && c->log_ratio != NULL;
    if (ok) {
        size_t n = find_pairs(base, with, pair);
        find_ratios(c, pair, n, c->log_ratio);
        n = keep(pair, n, c->speed);
        for (size_t i = 0; i < n; i++) {
            c->log_ratio[i] = log_ratio(&pair[i], c->speed);
            c->disturbed += pair[i].base->disturbed || pair[i].with->disturbed;
        }
        c->claim = stats_claim(c->log_ratio, n, margin);
        c->p = c->claim.p;
        decide(c);
        ok = find_layout_share(c, pair) && (!resample || bootstrap(c, pair));
    }
    free(pair);
    if (!ok)
        comparison_free(c);
    return ok;
}

bool comparison_make(const struct result *base, const struct result *with, double margin,
                     struct comparison *c)
{
    return make(base, with, margin, true, c);
}

bool comparison_look(const struct result *base, const struct result *with, double margin,
                     struct comparison *c)
{
    return make(base, with, margin, false, c);
}

void comparison_free(struct comparison *c)
{
    free(c->log_ratio);
    c->log_ratio = NULL;
}

bool comparisons_correct(struct comparison *c, size_t n, enum correction correction)
{
    double *p = malloc((n + 1) * sizeof *p);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        p[i] = c[i].claim.p;
    bool ok =
        correction == CORRECT_CLAIMS ? stats_holm(p, n, p) : stats_benjamini_hochberg(p, n, p);
    for (size_t i = 0; i < n && ok; i++) {
        c[i].p = p[i];
        decide(&c[i]);
    }
    free(p);
    return ok;
}
