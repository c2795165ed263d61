// SPDX-License-Identifier: MIT
#include "checks.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double confidence = RESULTS_CONFIDENCE_PERCENT / 100.0;

// Whether two cells differ in this number of their specification at most.
static bool same_but(const struct result *a, const struct result *b, const char *name)
{
    json_t *x = json_copy(a->cell), *y = json_copy(b->cell);
    bool same = x != NULL && y != NULL;
    if (same) {
        json_object_del(x, name);
        json_object_del(y, name);
        same = json_equal(x, y) != 0;
    }
    json_decref(x);
    json_decref(y);
    return same;
}

// One more in the list, if its interval covers what is asked of it. A comparison over fewer blocks
// could come out as nothing but undecided, and its ratio is not as good as others'.
static bool add(const struct result *base, const struct result *with, double margin,
                struct comparison **list, size_t *n, size_t *few)
{
    struct comparison *longer = realloc(*list, (*n + 1) * sizeof *longer);
    if (longer == NULL)
        return false;
    *list = longer;
    if (!comparison_look(base, with, margin, &longer[*n]))
        return false;
    if (longer[*n].ratio.n != 0 && longer[*n].ratio.confidence >= confidence) {
        ++*n;
    } else {
        comparison_free(&longer[*n]);
        ++*few;
    }
    return true;
}

// Equal cells of a family in disjoint pairs, the first with the second, the third with the fourth:
// pairs that share a cell would be right or wrong together, and count as more than they are.
static bool add_same(const struct result *first, size_t n, double margin, struct checks *c)
{
    bool *taken = calloc(n, sizeof *taken), ok = taken != NULL;
    for (size_t i = 0; i < n && ok; i++)
        for (size_t k = i + 1; k < n && ok && !taken[i]; k++)
            if (!taken[k] && result_number(&first[k], "copy") != 0 &&
                same_but(&first[i], &first[k], "copy")) {
                taken[i] = taken[k] = true;
                ok = add(&first[i], &first[k], margin, &c->same, &c->sames, &c->few);
            }
    free(taken);
    return ok;
}

static bool add_extra(const struct result *first, size_t n, double margin, struct checks *c)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n && result_number(&first[i], "extra") != 0; k++)
            if (result_number(&first[k], "extra") == 0 && same_but(&first[i], &first[k], "extra") &&
                !add(&first[k], &first[i], margin, &c->extra, &c->extras, &c->few))
                return false;
    return true;
}

// By a margin that is known only when all have been compared.
static bool judge(struct comparison *list, size_t n, double margin)
{
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        list[i].claim = stats_claim(list[i].log_ratio, list[i].ratio.n, margin);
        ok = comparisons_correct(&list[i], 1, CORRECT_CLAIMS);
    }
    return ok;
}

// Of ratios as of their inverses.
static bool find_noise(struct checks *c)
{
    double *distance = malloc((c->sames + 1) * sizeof *distance);
    if (distance == NULL)
        return false;
    for (size_t i = 0; i < c->sames; i++)
        distance[i] = fabs(log(c->same[i].ratio.middle));
    c->noise = expm1(stats_quantile(distance, c->sames, 0.95));
    free(distance);
    return true;
}

static void count(struct checks *c)
{
    for (size_t i = 0; i < c->sames; i++) {
        const struct comparison *one = &c->same[i];
        c->excluded += one->ratio.low > 1 || one->ratio.high < 1;
        c->alarms += one->verdict == STATS_WORSE || one->verdict == STATS_BETTER;
    }
    for (size_t i = 0; i < c->extras; i++)
        c->found += c->extra[i].verdict == STATS_WORSE;
}

bool checks_make(const struct results *r, const char *machine, double least_margin,
                 struct checks *c)
{
    *c = (struct checks){.noise = NAN};
    bool ok = true;
    for (size_t first = 0, end; first < r->n && ok; first = end) {
        const struct result *row = &r->row[first];
        for (end = first + 1; end < r->n && results_same_family(&r->row[end], row);)
            end++;
        if (machine == NULL || strcmp(row->machine, machine) == 0)
            ok = add_same(row, end - first, least_margin, c) &&
                 add_extra(row, end - first, least_margin, c);
    }
    ok = ok && find_noise(c);
    c->margin = fmax(least_margin, c->noise); // fmax passes over a NAN
    ok = ok && judge(c->same, c->sames, c->margin) && judge(c->extra, c->extras, c->margin);
    if (ok)
        count(c);
    else
        checks_free(c);
    return ok;
}

static void free_list(struct comparison *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        comparison_free(&list[i]);
    free(list);
}

void checks_free(struct checks *c)
{
    free_list(c->same, c->sames);
    free_list(c->extra, c->extras);
    *c = (struct checks){.noise = NAN};
}

// --- for a person -----------------------------------------------------------------------------

static void print_rate(size_t k, size_t n, FILE *to)
{
    struct stats_interval share = stats_proportion(k, n, confidence);
    fprintf(to, "%.0f %% [%.0f, %.0f]", 100 * share.middle, 100 * share.low, 100 * share.high);
}

static void print_same(const struct checks *c, FILE *to)
{
    if (c->sames == 0) {
        fprintf(
            to,
            "A/A: no cell shares 6 blocks with its copy; nothing shows that a margin of %.3g %% "
            "is above the noise\n",
            100 * c->margin);
        return;
    }
    fprintf(to, "A/A: %zu comparison%s of equal cells, %zu interval%s beside 1: ", c->sames,
            c->sames != 1 ? "s" : "", c->excluded, c->excluded != 1 ? "s" : "");
    print_rate(c->excluded, c->sames, to);
    fprintf(to, ", expected at most %d %%;\n     ", 100 - RESULTS_CONFIDENCE_PERCENT);
    if (c->alarms == 0)
        fprintf(to, "none better or worse");
    else
        fprintf(to, "%zu better or worse", c->alarms);
    fprintf(to, "; noise floor %.2g %%, margin %.2g %%\n", 100 * c->noise, 100 * c->margin);
}

// Those with so much extra.
static void print_extra(const struct checks *c, int64_t percent, FILE *to)
{
    size_t n = 0, found = 0;
    double *ratio = malloc(c->extras * sizeof *ratio);
    for (size_t i = 0; i < c->extras && ratio != NULL; i++)
        if (result_number(c->extra[i].with, "extra") == percent) {
            found += c->extra[i].verdict == STATS_WORSE;
            ratio[n++] = c->extra[i].ratio.middle;
        }
    fprintf(to, "+%" PRId64 " %%: %zu of %zu found: ", percent, found, n);
    print_rate(found, n, to);
    fprintf(to, "; typical ratio %.4g\n", stats_median(ratio, n));
    free(ratio);
}

void checks_print(const struct checks *c, FILE *to)
{
    print_same(c, to);
    for (size_t i = 0; i < c->extras; i++) {
        int64_t percent = result_number(c->extra[i].with, "extra");
        bool again = false;
        for (size_t k = 0; k < i && !again; k++)
            again = result_number(c->extra[k].with, "extra") == percent;
        if (!again)
            print_extra(c, percent, to);
    }
    if (c->few != 0)
        fprintf(to,
                "%zu more comparison%s of checks had too few blocks in common for an interval\n",
                c->few, c->few != 1 ? "s" : "");
}
