// SPDX-License-Identifier: MIT
//
// rclab show: the tables of a store, for a person or (--format tsv) for the figures' scripts.
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "commands.h"

struct arguments {
    const char *store, *workload;
    bool tsv;
};
enum { KEY_STORE = 256, KEY_WORKLOAD, KEY_FORMAT };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "Which store (the newest in results/)", 0},
    {"workload", KEY_WORKLOAD, "W", 0, "Only this workload", 0},
    {"format", KEY_FORMAT, "text|tsv", 0, "For a person, or a line a cell with all figures", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_STORE:
        a->store = value;
        break;
    case KEY_WORKLOAD:
        a->workload = value;
        break;
    case KEY_FORMAT:
        a->tsv = strcmp(value, "tsv") == 0;
        if (!a->tsv && strcmp(value, "text") != 0)
            argp_error(state, "no format '%s'; known: text tsv", value);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options, parse, NULL, "Prints the tables of a store.",
                                 NULL,    NULL,  NULL};

// --- what is shown ----------------------------------------------------------------------------

// Rows of the results, in their order.
struct view {
    const struct result **row;
    size_t n;
};
static bool view_make(const struct results *r, bool checks, const char *workload, struct view *v)
{
    *v = (struct view){.row = malloc((r->n + 1) * sizeof *v->row)};
    for (size_t i = 0; i < r->n && v->row != NULL; i++)
        if (result_is_check(&r->row[i]) == checks &&
            (workload == NULL || strcmp(result_text(&r->row[i], "workload"), workload) == 0))
            v->row[v->n++] = &r->row[i];
    return v->row != NULL;
}

// The comparisons of all cells with their families' baselines, in the order of the rows: of the
// whole store, whatever of it is shown.
struct screen {
    struct comparison *c;
    size_t n;
    double margin;
};
static bool screen_make(const struct results *r, struct screen *s)
{
    struct checks checks;
    if (!checks_make(r, NULL, COMPARISON_MARGIN, &checks))
        return false;
    *s = (struct screen){.c = malloc((r->n + 1) * sizeof *s->c), .margin = checks.margin};
    checks_free(&checks);
    bool ok = s->c != NULL;
    for (size_t i = 0; i < r->n && ok; i++) {
        const struct result *row = &r->row[i], *base = results_baseline(r, row);
        if (base == NULL || base == row || result_is_check(row))
            continue;
        ok = comparison_look(base, row, s->margin, &s->c[s->n]);
        s->n += ok;
    }
    return ok && comparisons_correct(s->c, s->n, CORRECT_SCREEN);
}
static void screen_free(struct screen *s)
{
    for (size_t i = 0; i < s->n; i++)
        comparison_free(&s->c[i]);
    free(s->c);
}
static int by_row(const void *row, const void *comparison)
{
    const struct result *other = ((const struct comparison *)comparison)->with;
    return ((const struct result *)row > other) - ((const struct result *)row < other);
}
// NULL: the row is a baseline, or its family has none.
static const struct comparison *screen_find(const struct screen *s, const struct result *row)
{
    return bsearch(row, s->c, s->n, sizeof *s->c, by_row);
}

// --- text -------------------------------------------------------------------------------------

enum { INTERVAL_TEXT = 64 };
static int interval_text(struct stats_interval i, int digits, char text[INTERVAL_TEXT])
{
    if (i.n == 0)
        return snprintf(text, INTERVAL_TEXT, "-");
    return snprintf(text, INTERVAL_TEXT, "%.*g [%.*g, %.*g]", digits, i.middle, digits, i.low,
                    digits, i.high);
}
// One digit more: parts of the margin show.
static int ratio_text(struct stats_interval i, char text[INTERVAL_TEXT])
{
    return interval_text(i, 4, text);
}
static int ns_text(struct stats_interval i, char text[INTERVAL_TEXT])
{
    return interval_text(i, 3, text);
}

static bool has_peer(const struct result *row)
{
    static const char *const key[SCHEME_KINDS] = {"rc", "lock", "reclaimer", "alloc"};
    for (int kind = 0; kind < SCHEME_KINDS; kind++) {
        const struct scheme *s =
            catalogue_scheme((enum scheme_kind)kind, result_text(row, key[kind]));
        if (s != NULL && catalogue_peer(s))
            return true;
    }
    return false;
}
// Or the runtime, where the cell is one's; with a mark where one of the row's schemes is a peer.
static int pair_name(const struct result *row, char text[SPEC_TEXT])
{
    if (result_text(row, "runtime")[0] != '\0')
        return snprintf(text, SPEC_TEXT, "%s", result_text(row, "runtime"));
    return snprintf(text, SPEC_TEXT, "%s+%s%s", result_text(row, "rc"), result_text(row, "lock"),
                    has_peer(row) ? "*" : "");
}

// What differs inside a row's family: a column for each.
struct varying {
    bool workload, threads, params, rest;
};
static struct varying family_varies(const struct results *r, const struct result *x)
{
    struct varying v = {0};
    char a[SPEC_TEXT], b[SPEC_TEXT];
    while (x > r->row && results_same_family(x - 1, x))
        x--;
    result_params(x, a);
    for (const struct result *y = x; y < r->row + r->n && results_same_family(x, y); y++) {
        result_params(y, b);
        v.workload |= strcmp(result_text(x, "workload"), result_text(y, "workload")) != 0;
        v.threads |= result_number(x, "threads") != result_number(y, "threads");
        v.params |= strcmp(a, b) != 0;
        v.rest |= strcmp(result_text(x, "allocator"), result_text(y, "allocator")) != 0 ||
                  strcmp(result_text(x, "placement"), result_text(y, "placement")) != 0;
    }
    return v;
}

static void print_varying(const struct result *row, struct varying v)
{
    char text[SPEC_TEXT];
    if (v.workload)
        printf("  %s", result_text(row, "workload"));
    if (v.threads)
        printf("  %" PRId64 " thr", result_number(row, "threads"));
    if (v.params) {
        result_params(row, text);
        printf("  %s", text);
    }
    if (v.rest)
        printf("  %s %s", result_text(row, "allocator"), result_text(row, "placement"));
}

// Why families were not measured any further, where that was not for the plan's last round.
struct stops {
    struct stop {
        char *family;
        unsigned rounds;
        bool narrow; // else the budget
    } * stop;
    size_t n;
    bool failed;
};
static void on_stop(void *argument, const struct store_stop *from)
{
    struct stops *s = argument;
    if (strcmp(from->reason, "rounds") == 0)
        return;
    struct stop *longer = realloc(s->stop, (s->n + 1) * sizeof *longer);
    s->failed |= longer == NULL;
    if (longer == NULL)
        return;
    s->stop = longer;
    s->stop[s->n] = (struct stop){.family = strdup(from->family),
                                  .rounds = from->rounds,
                                  .narrow = strcmp(from->reason, "narrow") == 0};
    s->failed |= s->stop[s->n++].family == NULL;
}
static void stops_free(struct stops *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->stop[i].family);
    free(s->stop);
}

static void print_heading(const struct result *row, struct varying v, const struct stops *stops)
{
    char params[SPEC_TEXT];
    result_params(row, params);
    printf("\n[%s]", row->family);
    if (!v.workload)
        printf(" %s", result_text(row, "workload"));
    if (!v.params && params[0] != '\0')
        printf(" %s", params);
    if (!v.threads)
        printf(" threads=%" PRId64, result_number(row, "threads"));
    if (!v.rest)
        printf(" allocator=%s placement=%s", result_text(row, "allocator"),
               result_text(row, "placement"));
    printf("\n");
    for (size_t i = 0; i < stops->n; i++)
        if (strcmp(stops->stop[i].family, row->family) == 0)
            printf("  %s after %u round%s\n",
                   stops->stop[i].narrow ? "narrow enough" : "ended by the budget",
                   stops->stop[i].rounds, stops->stop[i].rounds != 1 ? "s" : "");
}

static bool several_layouts(const struct result *row)
{
    for (size_t i = 1; i < row->processes; i++)
        if (row->process[i].layout != row->process[0].layout)
            return true;
    return false;
}

// What a row's figures leave out: what did not end well, and what else concerns more than a tenth
// of its blocks. c: or NULL.
static void print_left_out(const struct result *row, const struct comparison *c)
{
    if (row->voided + row->crashed + row->hung != 0)
        printf("    %u void, %u crashed, %u hung; the last: %s\n", row->voided, row->crashed,
               row->hung, row->message);
    const struct {
        size_t n;
        const char *text;
    } part[] = {
        {c != NULL ? c->mixed : 0, "without a common speed"},
        {row->repeated, "measured again"},
        {row->disturbed, "disturbed to the last"},
    };
    bool any = false;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        if (10 * part[i].n > row->processes) {
            printf(any ? ", " : "    of %zu blocks: ", row->processes);
            printf("%zu %s", part[i].n, part[i].text);
            any = true;
        }
    if (any)
        printf("\n");
}

// Ratios at the speeds that are not those of the table. Where there are too few blocks for an
// interval that is told once for all rows.
static void print_speeds(const struct view *rows, size_t first, size_t end, struct varying v,
                         const struct screen *screen)
{
    enum { INTERVAL_LEAST = 6 }; // blocks, for 95 %
    bool any = false;
    size_t few = 0, few_most = 0;
    for (size_t i = first; i < end; i++) {
        const struct comparison *c = screen_find(screen, rows->row[i]);
        if (c == NULL || c->ratio.n == 0)
            continue;
        size_t most = 0;
        for (enum speed speed = 0; speed < SPEEDS; speed++)
            if (speed != c->speed && c->at[speed].n > most)
                most = c->at[speed].n;
        bool some = most != 0 && most < INTERVAL_LEAST;
        few += some;
        few_most = some && most > few_most ? most : few_most;
        if (most < INTERVAL_LEAST && c->speed != SPEED_SLOW)
            continue;
        char text[SPEC_TEXT], interval[INTERVAL_TEXT];
        pair_name(rows->row[i], text);
        printf("%s    %s", any ? "" : "  ratio by the speed of the machine:\n", text);
        print_varying(rows->row[i], v);
        printf(": above when %s, %zu block%s", speed_name(c->speed), c->ratio.n,
               c->ratio.n != 1 ? "s" : "");
        for (enum speed speed = 0; speed < SPEEDS; speed++) {
            ratio_text(c->at[speed], interval);
            if (speed != c->speed && c->at[speed].n >= INTERVAL_LEAST)
                printf("; when %s %s, %zu blocks", speed_name(speed), interval, c->at[speed].n);
        }
        printf("\n");
        any = true;
    }
    if (few != 0)
        printf(
            "  at another speed too, but too seldom for an interval: %zu ratio%s, in at most %zu "
            "block%s\n",
            few, few != 1 ? "s" : "", few_most, few_most != 1 ? "s" : "");
}

// The least widths of a family's columns.
struct widths {
    int name, ns, ratio;
    bool layout;
};
static int wider(int width, int other)
{
    return width > other ? width : other;
}
static struct widths widths_of(const struct view *rows, size_t first, size_t end)
{
    struct widths w = {.name = 16, .ns = 18, .ratio = 18};
    char text[SPEC_TEXT], interval[INTERVAL_TEXT];
    for (size_t i = first; i < end; i++) {
        const struct result *row = rows->row[i];
        w.name = wider(w.name, pair_name(row, text));
        w.ns = wider(w.ns, ns_text(row->ns, interval));
        w.ratio = wider(w.ratio, ratio_text(row->ratio, interval));
        w.layout |= several_layouts(row);
    }
    return w;
}

static void print_row(const struct result *row, const struct comparison *c, struct widths w)
{
    char text[SPEC_TEXT], ns[INTERVAL_TEXT], ratio[INTERVAL_TEXT];
    pair_name(row, text);
    ns_text(row->ns, ns);
    ratio_text(row->ratio, ratio);
    printf("  %-*s  %*s  %*s  %-10s", w.name, text, w.ns, ns, w.ratio, ratio,
           row->rank == 0                 ? "(baseline)"
           : c == NULL || c->ratio.n == 0 ? "-"
                                          : stats_verdict_name(c->verdict));
    if (w.layout && c != NULL && isfinite(c->layout_share))
        printf(" %4.0f %%", 100 * c->layout_share);
    else if (w.layout)
        printf(" %6s", "-");
    if (row->processes != 0)
        printf(" %5.2f %6.3g %3zu", row->fairness.middle, row->cpu_ns, row->processes);
}

// --- memory ---

// Figures that samples tell of memory, of waits and of messages, with the factor to the unit that
// is shown; one that no row of a family tells has no column, nor one that is 0 in all, unless
// `zero` says something. What a process takes stands beside the others: alone it says little.
enum { MEMORY_COLUMNS = 8 };
static const struct memory_column {
    const char *head;
    size_t offset; // of the interval in struct result
    double factor;
    bool zero, beside;
} memory_column[MEMORY_COLUMNS] = {
    {"dead [95 %]", offsetof(struct result, dead_peak), 1, true, false},
    {"bytes/object [95 %]", offsetof(struct result, object_bytes), 1, true, false},
    {"MiB [95 %]", offsetof(struct result, memory_kib), 1.0 / 1024, false, true},
    {"pause us [95 %]", offsetof(struct result, pause_ns), 1e-3, false, false},
    {"latency us [95 %]", offsetof(struct result, latency_ns), 1e-3, false, false},
    {"its p99 us [95 %]", offsetof(struct result, latency_p99_ns), 1e-3, false, false},
    {"sent B [95 %]", offsetof(struct result, sent_bytes), 1, false, false},
    {"background ns [95 %]", offsetof(struct result, background_ns), 1, false, false},
};
static struct stats_interval memory_figure(const struct result *row, unsigned column)
{
    const struct memory_column *c = &memory_column[column];
    struct stats_interval i = *(const struct stats_interval *)((const char *)row + c->offset);
    i.low *= c->factor;
    i.middle *= c->factor;
    i.high *= c->factor;
    return i;
}
static int memory_text(struct stats_interval i, char text[INTERVAL_TEXT])
{
    if (i.n != 0 && i.low == 0 && i.high == 0)
        return snprintf(text, INTERVAL_TEXT, "0");
    return interval_text(i, 4, text);
}
// Whether there is more to say than that nothing is dead.
static bool memory_says(const struct result *row)
{
    bool says = row->object_bytes.n != 0;
    for (unsigned k = 0; k < MEMORY_COLUMNS; k++) {
        struct stats_interval i = memory_figure(row, k);
        says |= i.n != 0 && i.high > 0 && !memory_column[k].beside;
    }
    return says;
}

static void print_memory(const struct view *rows, size_t first, size_t end, int name,
                         struct varying v)
{
    int width[MEMORY_COLUMNS] = {0};
    char text[SPEC_TEXT], figure[INTERVAL_TEXT];
    bool any = false;
    for (size_t i = first; i < end; i++)
        any |= memory_says(rows->row[i]);
    if (!any)
        return;
    printf("  %-*s", name, "memory");
    for (unsigned k = 0; k < MEMORY_COLUMNS; k++) {
        bool shown = false;
        for (size_t i = first; i < end; i++) {
            struct stats_interval f = memory_figure(rows->row[i], k);
            if (!memory_says(rows->row[i]))
                continue;
            width[k] = wider(width[k], memory_text(f, figure));
            shown |= f.n != 0 && (f.high > 0 || memory_column[k].zero);
        }
        width[k] = shown ? wider(width[k], (int)strlen(memory_column[k].head)) : 0;
        if (shown)
            printf("  %*s", width[k], memory_column[k].head);
    }
    printf("  header\n");
    for (size_t i = first; i < end; i++) {
        const struct result *row = rows->row[i];
        if (!memory_says(row))
            continue;
        pair_name(row, text);
        printf("  %-*s", name, text);
        for (unsigned k = 0; k < MEMORY_COLUMNS; k++) {
            memory_text(memory_figure(row, k), figure);
            if (width[k] != 0)
                printf("  %*s", width[k], figure);
        }
        if (isfinite(row->header_bytes))
            printf("  %6g", row->header_bytes);
        else
            printf("  %6s", "-");
        print_varying(row, v);
        printf("\n");
    }
}

static void print_family(const struct results *r, const struct view *rows, size_t first, size_t end,
                         const struct screen *screen, const struct stops *stops)
{
    struct varying v = family_varies(r, rows->row[first]);
    struct widths w = widths_of(rows, first, end);
    print_heading(rows->row[first], v, stops);
    if (rows->row[first]->rank != 0)
        printf("  ratio: to the family's baseline, which is not among these\n");
    printf("  %-*s  %*s  %*s  %-10s%s %5s %6s %3s\n", w.name,
           result_text(rows->row[first], "runtime")[0] != '\0' ? "runtime" : "refcount+lock", w.ns,
           "ns/op [95 %]", w.ratio, "ratio [95 %]", "verdict", w.layout ? " layout" : "", "fair",
           "cpu ns", "n");
    for (size_t i = first; i < end; i++) {
        const struct comparison *c = screen_find(screen, rows->row[i]);
        print_row(rows->row[i], c, w);
        print_varying(rows->row[i], v);
        printf("\n");
        print_left_out(rows->row[i], c);
    }
    print_speeds(rows, first, end, v, screen);
    print_memory(rows, first, end, w.name, v);
}

// Each check against its original, and a verdict as if it were the only one.
static bool print_checks(const struct results *r, const struct view *checks, double margin)
{
    if (checks->n == 0)
        return true;
    printf(
        "\n[checks] a copy of a cell, which must not differ from it (A/A), and the same cell with "
        "an extra\ncost, which must be found; each verdict for itself\n");
    printf("  %-5s  %20s  %-10s %3s  %s\n", "", "ratio [95 %]", "verdict", "n", "cell");
    for (size_t i = 0; i < checks->n; i++) {
        const struct result *row = checks->row[i], *original = results_original(r, row);
        struct comparison c = {.with = row};
        char kind[16] = "A/A", ratio[INTERVAL_TEXT], text[SPEC_TEXT];
        if (original != NULL && !comparison_look(original, row, margin, &c))
            return false;
        if (result_number(row, "extra") != 0)
            snprintf(kind, sizeof kind, "+%" PRId64 " %%", result_number(row, "extra"));
        ratio_text(c.ratio, ratio);
        pair_name(row, text);
        printf("  %-5s  %20s  %-10s %3zu  %s", kind, ratio,
               c.ratio.n != 0 ? stats_verdict_name(c.verdict) : "-", c.ratio.n, text);
        print_varying(row, family_varies(r, row));
        printf("  [%s]%s\n", row->family, original == NULL ? ": its original is not there" : "");
        print_left_out(row, &c);
        comparison_free(&c);
    }
    return true;
}

// The plans that were run, each once, with its shard; whether all of them are finished.
static void print_plans(const struct store_sweep *sweep, size_t n)
{
    bool finished = n != 0;
    printf("plan ");
    for (size_t i = 0; i < n; i++) {
        bool again = false;
        for (size_t k = 0; k < i && !again; k++)
            again = strcmp(sweep[k].plan, sweep[i].plan) == 0 &&
                    strcmp(sweep[k].shard, sweep[i].shard) == 0;
        if (!again)
            printf("%s%s", i != 0 ? ", " : "", sweep[i].plan);
        if (!again && strcmp(sweep[i].shard, "1/1") != 0)
            printf(" (shard %s)", sweep[i].shard);
        finished &= sweep[i].finished;
    }
    printf("%s%s", n == 0 ? "?" : "", finished ? "" : ", unfinished");
}

// How the machine behaved, and what that left out of the ratios.
// How long a line took from one core to another: a virtual machine's cores move.
static void print_pings(const struct results *r)
{
    size_t n = 0, known = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->row[i].processes;
    double *ns = malloc((n + 1) * sizeof *ns);
    for (size_t i = 0; i < r->n && ns != NULL; i++)
        for (size_t k = 0; k < r->row[i].processes; k++)
            if (isfinite(r->row[i].process[k].ping_ns))
                ns[known++] = r->row[i].process[k].ping_ns;
    if (known != 0)
        printf("from core to core, one way: %.0f ns, nine in ten of %zu from %.0f to %.0f\n",
               stats_median(ns, known), known, stats_quantile(ns, known, 0.05),
               stats_quantile(ns, known, 0.95));
    free(ns);
}

static void print_conditions(const struct results *r, const struct screen *screen)
{
    size_t samples[SPEEDS] = {0}, repeated = 0, disturbed = 0, mixed = 0;
    bool layouts = false, peers = false;
    for (size_t i = 0; i < r->n; i++) {
        for (enum speed speed = 0; speed < SPEEDS; speed++)
            samples[speed] += r->row[i].samples[speed];
        repeated += r->row[i].repeated;
        disturbed += r->row[i].disturbed;
        layouts |= several_layouts(&r->row[i]);
        peers |= has_peer(&r->row[i]);
    }
    for (size_t i = 0; i < screen->n; i++)
        mixed += screen->c[i].mixed;
    if (peers)
        printf("*: with a peer, a scheme that others ship (rclab list).\n");
    if (layouts)
        printf(
            "layout: the part of the log-ratios' variance that goes with the order of linking.\n");
    printf(
        "samples by the speed of the machine: %zu fast, %zu slow, %zu mixed, %zu unknown; blocks "
        "without\na common speed: %zu; measured again, for a disturbance: %zu; disturbed to the "
        "last: %zu\n",
        samples[SPEED_FAST], samples[SPEED_SLOW], samples[SPEED_MIXED], samples[SPEED_UNKNOWN],
        mixed, repeated, disturbed);
    print_pings(r);
}

static bool print_text(struct store *s, const char *path, const struct results *r,
                       const struct view *cells, const struct view *checks,
                       const struct screen *screen, struct error *e)
{
    size_t sweeps;
    struct store_sweep *sweep;
    struct stops stops = {0};
    if (!store_visit_stops(s, on_stop, &stops, e) || !store_sweeps(s, &sweep, &sweeps, e)) {
        stops_free(&stops);
        return false;
    }
    struct store_counts c = store_count(s);
    printf("%s: ", path);
    print_plans(sweep, sweeps);
    store_sweeps_free(sweep, sweeps);
    printf(", %zu invocations, %zu good\n", c.all, c.ok);
    printf(
        "ns/op: threads x duration / operations, median over processes; ratio: to the family's "
        "baseline,\nmedian over blocks, inside one speed of the machine; [95 %%]: "
        "order-statistic interval (with n < 6\nit covers less); verdict: by a margin of %.2g %%, "
        "corrected for %zu ratios by Benjamini and Hochberg,\na first look; fair: Jain's index; "
        "cpu ns: processor time an operation; n: processes.\nmemory: the most objects that were "
        "dead and not freed at a time; resident bytes an object that is\nreferred to; what the "
        "process took at its peak beyond "
        "what it began with; the longest pause of a\nthread; the median time of a wait that the "
        "workload measures, and what 99 %% of them do not exceed;\nbytes of messages to other "
        "threads an operation; processor time of the scheme's own thread an\noperation; bytes of "
        "an object's header. What a row lacks is all 0 or not told.\n",
        100 * screen->margin, screen->n);
    print_conditions(r, screen);
    bool machines = r->n != 0 && strcmp(r->row[0].machine, r->row[r->n - 1].machine) != 0;
    for (size_t first = 0, end; first < cells->n; first = end) {
        const struct result *row = cells->row[first];
        if (machines && (first == 0 || strcmp(cells->row[first - 1]->machine, row->machine) != 0))
            printf("\nmachine %s\n", row->machine);
        for (end = first; end < cells->n && results_same_family(cells->row[end], row);)
            end++;
        print_family(r, cells, first, end, screen, &stops);
    }
    bool ok = print_checks(r, checks, screen->margin) && !stops.failed;
    stops_free(&stops);
    return ok || error_set(e, "out of memory");
}

// --- tsv --------------------------------------------------------------------------------------

static void tsv_number(double x)
{
    if (isfinite(x))
        printf("\t%.6g", x);
    else
        printf("\tNaN");
}
static void tsv_interval(struct stats_interval i)
{
    tsv_number(i.n != 0 ? i.middle : NAN);
    tsv_number(i.n != 0 ? i.low : NAN);
    tsv_number(i.n != 0 ? i.high : NAN);
}

// The different names of the store, sorted, 3.9 before 3.11: the place of one is a figure's colour
// or mark, the same in all figures of one store.
struct names {
    const char **name;
    size_t n;
};
static int by_name(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}
static struct names names_of(const struct results *r, const char *member)
{
    struct names names = {.name = malloc((r->n + 1) * sizeof(char *))};
    if (names.name == NULL || r->n == 0)
        return names;
    for (size_t i = 0; i < r->n; i++)
        names.name[i] = result_text(&r->row[i], member);
    qsort(names.name, r->n, sizeof *names.name, by_name);
    for (size_t i = 0; i < r->n; i++)
        if (i == 0 || strcmp(names.name[names.n - 1], names.name[i]) != 0)
            names.name[names.n++] = names.name[i];
    return names;
}
static unsigned name_index(const struct names *names, const char *name)
{
    const char **at = bsearch(&name, names->name, names->n, sizeof *names->name, by_name);
    return at != NULL ? (unsigned)(at - names->name) : 0;
}

static void print_tsv(const struct results *r, const struct view *cells,
                      const struct screen *screen)
{
    struct names rc = names_of(r, "rc"), lock = names_of(r, "lock");
    struct names runtime = names_of(r, "runtime");
    printf(
        "family\tworkload\trc\tlock\treclaimer\talloc\tallocator\tthreads\tplacement\tparams\trank"
        "\tns\tns_low\tns_high\tratio\tratio_low\tratio_high\tops_per_s\tcpu_ns\tfairness"
        "\tprocesses\tvoid\tcrashed\thung\trc_index\tlock_index\tmachine\tmemory\tdistance\tmemory_"
        "kib"
        "\tfill_cache\tfill_package\tfill_core\tfill_all\tfairness_low\tfairness_high"
        "\tmemory_low\tmemory_high\tverdict\tspeed\tdead_peak\tdead_low\tdead_high\tobject_bytes"
        "\tobject_low\tobject_high\tpause_ns\tpause_low\tpause_high\tbackground_ns\tbackground_low"
        "\tbackground_high\theader_bytes\tlatency_ns\tlatency_low\tlatency_high\tlatency_p99_ns"
        "\tlatency_p99_low\tlatency_p99_high\tsent_bytes\tsent_low\tsent_high"
        "\truntime\truntime_index\tprogram\n");
    for (size_t i = 0; i < cells->n; i++) {
        const struct result *row = cells->row[i];
        const struct comparison *c = screen_find(screen, row);
        bool compared = c != NULL && c->ratio.n != 0;
        char params[SPEC_TEXT];
        result_params(row, params);
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%" PRId64 "\t%s\t%s\t%u", row->family,
               result_text(row, "workload"), result_text(row, "rc"), result_text(row, "lock"),
               result_text(row, "reclaimer"), result_text(row, "alloc"),
               result_text(row, "allocator"), result_number(row, "threads"),
               result_text(row, "placement"), params[0] != '\0' ? params : "-", row->rank);
        tsv_number(row->ns.middle);
        tsv_number(row->ns.low);
        tsv_number(row->ns.high);
        tsv_number(row->ratio.middle);
        tsv_number(row->ratio.low);
        tsv_number(row->ratio.high);
        tsv_number(row->ops_per_s);
        tsv_number(row->cpu_ns);
        tsv_number(row->fairness.middle);
        const char *distance = json_string_value(row->distance);
        printf("\t%zu\t%u\t%u\t%u\t%u\t%u\t%s\t%s\t%s", row->processes, row->voided, row->crashed,
               row->hung, name_index(&rc, result_text(row, "rc")),
               name_index(&lock, result_text(row, "lock")), row->machine,
               result_text(row, "memory"), distance != NULL ? distance : "-");
        tsv_number(row->memory_kib.n != 0 ? row->memory_kib.middle : NAN);
        static const char *const fills[] = {"cache", "package", "core", "all"};
        for (unsigned k = 0; k < 4; k++)
            printf("\t%" PRId64,
                   (int64_t)json_integer_value(json_object_get(row->fills, fills[k])));
        const struct stats_interval more[] = {row->fairness, row->memory_kib};
        for (unsigned k = 0; k < 2; k++) {
            tsv_number(more[k].n != 0 ? more[k].low : NAN);
            tsv_number(more[k].n != 0 ? more[k].high : NAN);
        }
        printf("\t%s\t%s", compared ? stats_verdict_name(c->verdict) : "-",
               compared ? speed_name(c->speed) : "-");
        tsv_interval(row->dead_peak);
        tsv_interval(row->object_bytes);
        tsv_interval(row->pause_ns);
        tsv_interval(row->background_ns);
        tsv_number(row->header_bytes);
        tsv_interval(row->latency_ns);
        tsv_interval(row->latency_p99_ns);
        tsv_interval(row->sent_bytes);
        const char *name = result_text(row, "runtime"), *program = result_text(row, "program");
        printf("\t%s\t%u\t%s\n", name[0] != '\0' ? name : "-", name_index(&runtime, name),
               program[0] != '\0' ? program : "-");
    }
    free(rc.name);
    free(lock.name);
    free(runtime.name);
}

int command_show(int argc, char **argv)
{
    struct arguments a = {0};
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    const struct workload *w;
    if (a.workload != NULL && !spec_workload(a.workload, &w, &e))
        return command_refuse(e.text);
    char *path = store_choose(a.store, &e);
    struct store *s = path != NULL ? store_open(path, &e) : NULL;
    struct results r = {0};
    struct view cells = {0}, checks = {0};
    struct screen screen = {0};
    bool ok = s != NULL && results_load(s, &r, &e);
    if (ok)
        ok = (view_make(&r, false, a.workload, &cells) &&
              view_make(&r, true, a.workload, &checks) && screen_make(&r, &screen)) ||
             error_set(&e, "out of memory");
    if (ok && a.tsv)
        print_tsv(&r, &cells, &screen);
    else if (ok)
        ok = print_text(s, path, &r, &cells, &checks, &screen, &e);
    screen_free(&screen);
    free(cells.row);
    free(checks.row);
    results_free(&r);
    store_close(s);
    free(path);
    return ok ? 0 : command_fail(&e);
}
