// SPDX-License-Identifier: MIT
//
// rclab compare --base SEL --with SEL: claims about pairs of cells that were measured in the same
// blocks, corrected for how many there are.
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "selection.h"

enum { WORKLOADS_MOST = 64 };
struct arguments {
    const char *base, *with, *store, *margin;
    const char *workload[WORKLOADS_MOST];
    size_t workloads;
    bool json;
};
enum { KEY_BASE = 256, KEY_WITH, KEY_WORKLOAD, KEY_STORE, KEY_MARGIN, KEY_JSON };
static const struct argp_option options[] = {
    {"base", KEY_BASE, "SEL", 0, "Conditions such as rc=atomic: with what is compared", 0},
    {"with", KEY_WITH, "SEL", 0,
     "Conditions such as rc=biased,allocator=jemalloc: every cell that fits, with the cell that "
     "fits "
     "--base and is equal in all that neither names",
     0},
    {"workload", KEY_WORKLOAD, "W", 0, "Only this workload; may be repeated", 0},
    {"store", KEY_STORE, "FILE", 0, "Which store (the newest in results/)", 0},
    {"margin", KEY_MARGIN, "PERCENT", 0,
     "Differences that matter (1, or what the store's A/A cells differ by, if that is more)", 0},
    {"json", KEY_JSON, NULL, 0, "One object with all figures", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_BASE:
    case KEY_WITH: {
        const char **which = key == KEY_BASE ? &a->base : &a->with;
        if (*which != NULL)
            argp_error(state, "--base and --with are given once each; conditions stand in a list");
        *which = value;
        break;
    }
    case KEY_WORKLOAD:
        if (a->workloads == WORKLOADS_MOST)
            argp_error(state, "more than %d workloads", WORKLOADS_MOST);
        a->workload[a->workloads++] = value;
        break;
    case KEY_STORE:
        a->store = value;
        break;
    case KEY_MARGIN:
        a->margin = value;
        break;
    case KEY_JSON:
        a->json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    case ARGP_KEY_END:
        if (a->base == NULL || a->with == NULL)
            argp_error(state, "what with what? --base SEL --with SEL, such as --base rc=atomic "
                              "--with rc=biased");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 NULL,
                                 "Compares cells that a store holds and that were measured in the "
                                 "same blocks: the ratio of their times an operation, and what can "
                                 "be claimed of it.",
                                 NULL,
                                 NULL,
                                 NULL};

// What one machine of the store is compared by.
struct machine {
    const char *name;
    struct checks checks;
    double margin;
};
struct comparing {
    const struct arguments *a;
    const char *path;
    struct results r;
    struct selection base, with;
    struct pairs pairs;
    struct machine *machine;
    size_t machines;
    struct comparison *comparison; // of each pair
    size_t made;
    double asked; // --margin, or NAN
    struct error e;
};

// --- for a person -----------------------------------------------------------------------------

// "rc atomic -> biased, lock none -> pthread"
static void describe_difference(const struct comparison *c, char *text, size_t size)
{
    struct key key[KEYS_MOST];
    char x[VALUE_TEXT], y[VALUE_TEXT];
    size_t n = selection_differences(c->base, c->with, key);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(text);
        if (selection_value(c->base, key[i], x) && selection_value(c->with, key[i], y))
            snprintf(text + used, size - used, "%s%s %s -> %s", i != 0 ? ", " : "", key[i].name, x,
                     y);
    }
}

// Whether rows of the table need this value to be told apart.
static bool varies(const struct comparing *w, const char *name)
{
    const struct key key = {name, false};
    char first[VALUE_TEXT] = "", value[VALUE_TEXT] = "";
    selection_value(w->comparison[0].with, key, first);
    for (size_t i = 1; i < w->made; i++)
        if (selection_value(w->comparison[i].with, key, value) && strcmp(first, value) != 0)
            return true;
    return false;
}

static void print_rest(const struct comparing *w, const struct comparison *c)
{
    static const char *const rest[] = {"runtime",   "rc",     "lock",      "reclaimer", "alloc",
                                       "allocator", "memory", "placement", "copy",      "extra"};
    char text[SPEC_TEXT], x[VALUE_TEXT], y[VALUE_TEXT];
    result_params(c->with, text);
    printf("  %s", text);
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        const struct key key = {rest[i], false};
        if (varies(w, rest[i]) && selection_value(c->with, key, x) &&
            selection_value(c->base, key, y) && strcmp(x, y) == 0)
            printf(" %s=%s", rest[i], x);
    }
    printf("\n");
}

static void print_ratio(struct stats_interval i)
{
    char text[64] = "-";
    if (i.n != 0)
        snprintf(text, sizeof text, "%.4g [%.4g, %.4g]", i.middle, i.low, i.high);
    printf(" %26s %4zu", text, i.n);
}

// Neither's typical ratio is one that the other takes for possible.
static bool disagrees(const struct comparison *c)
{
    const struct stats_interval *a = &c->ratio, *b = &c->bootstrap;
    return b->n != 0 &&
           (a->middle < b->low || a->middle > b->high || b->middle < a->low || b->middle > a->high);
}

static void print_remarks(const struct comparison *c, int indent)
{
    for (enum speed speed = 0; speed < SPEEDS; speed++) {
        const struct stats_interval *at = &c->at[speed];
        if (speed == c->speed || at->n == 0)
            continue;
        if (100 * at->confidence < RESULTS_CONFIDENCE_PERCENT) {
            printf("      %zu block%s when %s, too few for an interval\n", at->n,
                   at->n != 1 ? "s" : "", speed_name(speed));
        } else {
            printf("  %-*s", indent, "");
            print_ratio(*at);
            printf(" %-7s\n", speed_name(speed));
        }
    }
    if (c->mixed != 0)
        printf("      %zu more block%s without a common speed: in no comparison\n", c->mixed,
               c->mixed != 1 ? "s" : "");
    if (c->disturbed != 0)
        printf("      in %zu of the blocks one of the two was disturbed to the last\n",
               c->disturbed);
    if (isfinite(c->layout_share))
        printf("      layouts: %.0f %% of the variance\n", 100 * c->layout_share);
    if (disagrees(c))
        printf("      the bootstrap over processes and samples disagrees: %.4g [%.4g, %.4g]\n",
               c->bootstrap.middle, c->bootstrap.low, c->bootstrap.high);
}

static void print_table(const struct comparing *w)
{
    char text[SPEC_TEXT];
    int widest = (int)strlen("what differs");
    for (size_t i = 0; i < w->made; i++) {
        describe_difference(&w->comparison[i], text, sizeof text);
        widest = (int)strlen(text) > widest ? (int)strlen(text) : widest;
    }
    printf("\n  %-18s %-*s %3s %26s %4s %-7s %-10s %8s  %s\n", "workload", widest, "what differs",
           "thr", "ratio [95 %]", "n", "speed", "verdict", "p", "parameters");
    for (size_t i = 0; i < w->made; i++) {
        const struct comparison *c = &w->comparison[i];
        describe_difference(c, text, sizeof text);
        printf("  %-18s %-*s %3" PRId64, result_text(c->with, "workload"), widest, text,
               result_number(c->with, "threads"));
        print_ratio(c->ratio);
        printf(" %-7s %-10s %8.2g", speed_name(c->speed), stats_verdict_name(c->verdict), c->p);
        print_rest(w, c);
        print_remarks(c, 18 + 1 + widest + 1 + 3);
    }
}

static void print_margin(const struct comparing *w, const struct machine *m)
{
    const struct checks *c = &m->checks;
    if (w->machines > 1)
        printf("machine %s:\n", m->name);
    printf("margin %.3g %%: ", 100 * m->margin);
    if (c->sames == 0)
        printf("%sno A/A cells in this store show that it is above the noise (rclab calibrate, or "
               "checks in a plan)\n",
               isfinite(w->asked) ? "as asked; " : "");
    else
        printf("%s%zu A/A comparison%s in this store came out up to %.2g %% apart (95th "
               "percentile)%s\n",
               isfinite(w->asked) ? "as asked; " : "", c->sames, c->sames != 1 ? "s" : "",
               100 * c->noise,
               m->margin < c->noise ? ": it is below the noise, and claims are not to be trusted"
                                    : "");
}

// The value that a selection asks for, or NULL.
static const char *asks(const struct selection *s, struct key key)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->condition[i].key.param == key.param &&
            strcmp(s->condition[i].key.name, key.name) == 0)
            return s->condition[i].value;
    return NULL;
}

// The axis of a plan that the key belongs to, unless it is named already.
static void add_axis(char *axes, size_t size, struct key key)
{
    bool pair = !key.param && (strcmp(key.name, "rc") == 0 || strcmp(key.name, "lock") == 0);
    size_t used = strlen(axes);
    if (!pair)
        snprintf(axes + used, size - used, " %s%s", key.param ? "param." : "", key.name);
    else if (strstr(axes, " pair") == NULL)
        snprintf(axes + used, size - used, " pair");
}

// A plan that compares what differs brings such cells into the same blocks.
static void say_apart(const struct comparing *w, FILE *to)
{
    char axes[512] = "";
    for (size_t i = 0; i < w->base.n; i++) {
        const struct condition *c = &w->base.condition[i];
        const char *other = asks(&w->with, c->key);
        if (other == NULL || strcmp(other, c->value) != 0)
            add_axis(axes, sizeof axes, c->key);
    }
    for (size_t i = 0; i < w->with.n; i++)
        if (asks(&w->base, w->with.condition[i].key) == NULL)
            add_axis(axes, sizeof axes, w->with.condition[i].key);
    fprintf(to,
            "%zu cell%s that fit%s --with %s not measured in the same blocks as what %s compared "
            "with;\nlet a plan compare them: together =%s\n",
            w->pairs.apart, w->pairs.apart != 1 ? "s" : "", w->pairs.apart != 1 ? "" : "s",
            w->pairs.apart != 1 ? "were" : "was", w->pairs.apart != 1 ? "they are" : "it is", axes);
}

static void print_text(const struct comparing *w)
{
    printf("%s: --with %s compared with --base %s\n", w->path, w->a->with, w->a->base);
    printf("ratio: time an operation of --with / --base, median over n blocks [order-statistic "
           "interval];\nspeed: of the machine in these blocks; p: two-sided, corrected for %zu "
           "comparison%s (Holm);\nworse, better: beyond the margin; equivalent: inside; claimed "
           "where p is at most %.2g.\n",
           w->made, w->made != 1 ? "s" : "", 1 - RESULTS_CONFIDENCE_PERCENT / 100.0);
    for (size_t i = 0; i < w->machines; i++)
        print_margin(w, &w->machine[i]);
    print_table(w);
    if (w->pairs.apart != 0) {
        printf("\n");
        say_apart(w, stdout);
    }
}

static void print_json(const struct comparing *w)
{
    json_t *machines = json_array(), *comparisons = json_array();
    for (size_t i = 0; i < w->machines; i++)
        json_array_append_new(machines, json_pack("{s:s, s:f, s:o}", "machine", w->machine[i].name,
                                                  "margin", w->machine[i].margin, "checks",
                                                  report_checks(&w->machine[i].checks)));
    for (size_t i = 0; i < w->made; i++)
        json_array_append_new(comparisons, report_comparison(&w->comparison[i]));
    json_t *all = json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "store", w->path, "base", w->a->base,
                            "with", w->a->with, "machines", machines, "comparisons", comparisons,
                            "not_in_the_same_blocks", (json_int_t)w->pairs.apart);
    json_dumpf(all, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(all);
}

// --- the command ------------------------------------------------------------------------------

static bool find_machines(struct comparing *w)
{
    w->machine = calloc(w->r.n + 1, sizeof *w->machine);
    if (w->machine == NULL)
        return error_set(&w->e, "out of memory");
    for (size_t i = 0; i < w->pairs.n; i++) {
        struct machine *m = &w->machine[w->machines];
        const char *name = w->pairs.pair[i].with->machine;
        // the rows of a machine stand together
        if (w->machines != 0 && strcmp(m[-1].name, name) == 0)
            continue;
        m->name = name;
        if (!checks_make(&w->r, name, COMPARISON_MARGIN, &m->checks))
            return error_set(&w->e, "out of memory");
        m->margin = isfinite(w->asked) ? w->asked : m->checks.margin;
        w->machines++;
    }
    return true;
}

// Of each pair that shares blocks.
static bool make_comparisons(struct comparing *w)
{
    w->comparison = calloc(w->pairs.n + 1, sizeof *w->comparison);
    bool ok = w->comparison != NULL;
    const struct machine *m = w->machine;
    for (size_t i = 0; i < w->pairs.n && ok; i++) {
        const struct pair *p = &w->pairs.pair[i];
        struct comparison *c = &w->comparison[w->made];
        while (strcmp(m->name, p->with->machine) != 0)
            m++;
        ok = comparison_make(p->base, p->with, m->margin, c);
        if (ok && c->ratio.n != 0)
            w->made++;
        else if (ok)
            comparison_free(c);
    }
    ok = ok && comparisons_correct(w->comparison, w->made, CORRECT_CLAIMS);
    return ok || error_set(&w->e, "out of memory");
}

static bool compare(struct comparing *w)
{
    const struct arguments *a = w->a;
    for (size_t i = 0; i < a->workloads; i++)
        if (!selection_workload(a->workload[i], &w->r, &w->e))
            return false;
    if (!selection_parse("--base", a->base, &w->r, &w->base, &w->e) ||
        !selection_parse("--with", a->with, &w->r, &w->with, &w->e) ||
        !selection_pairs(&w->r, &w->base, &w->with, a->workload, a->workloads, &w->pairs, &w->e) ||
        !find_machines(w) || !make_comparisons(w))
        return false;
    if (w->made != 0)
        return true;
    if (w->pairs.apart != 0)
        say_apart(w, stderr);
    return error_set(&w->e, "%s: nothing that could be compared was measured in the same blocks%s",
                     w->path, w->pairs.n != 0 ? ", or not well" : "");
}

static void free_all(struct comparing *w)
{
    for (size_t i = 0; i < w->made; i++)
        comparison_free(&w->comparison[i]);
    for (size_t i = 0; i < w->machines; i++)
        checks_free(&w->machine[i].checks);
    free(w->comparison);
    free(w->machine);
    pairs_free(&w->pairs);
    results_free(&w->r);
}

static bool parse_margin(const char *text, double *margin, struct error *e)
{
    char *end;
    *margin = strtod(text, &end) / 100;
    return (end != text && *end == '\0' && *margin > 0 && *margin <= 1) ||
           error_set(e, "--margin: '%s' is not a number of per cent above 0, up to 100", text);
}

int command_compare(int argc, char **argv)
{
    struct arguments a = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    struct comparing w = {.a = &a, .asked = NAN};
    if (a.margin != NULL && !parse_margin(a.margin, &w.asked, &w.e))
        return command_refuse(w.e.text);
    char *path = store_choose(a.store, &w.e);
    struct store *s = path != NULL ? store_open(path, &w.e) : NULL;
    w.path = path;
    bool ok = s != NULL && results_load(s, &w.r, &w.e) && compare(&w);
    if (ok && a.json)
        print_json(&w);
    else if (ok)
        print_text(&w);
    free_all(&w);
    store_close(s);
    free(path);
    return ok ? 0 : command_fail(&w.e);
}
