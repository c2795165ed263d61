// SPDX-License-Identifier: MIT
//
// rclab show: the tables of a store, for a person or (--format tsv) for the figures' scripts.
#include <argp.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "results.h"

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

// --- text -------------------------------------------------------------------------------------

static void print_interval(struct stats_interval i, unsigned missing_width)
{
    if (i.n == 0) {
        printf(" %*s", (int)missing_width, "-");
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "%.3g [%.3g, %.3g]", i.middle, i.low, i.high);
    printf(" %*s", (int)missing_width, text);
}

static void pair_name(const struct result *row, char *text, size_t size)
{
    snprintf(text, size, "%s+%s", result_text(row, "rc"), result_text(row, "lock"));
}

// What differs inside the family: a column for each.
struct varying {
    bool workload, threads, params, rest;
};
static struct varying family_varies(const struct results *r, size_t first, size_t end)
{
    struct varying v = {0};
    char a[SPEC_TEXT], b[SPEC_TEXT];
    result_params(&r->row[first], a);
    for (size_t i = first + 1; i < end; i++) {
        const struct result *x = &r->row[first], *y = &r->row[i];
        result_params(y, b);
        v.workload |= strcmp(result_text(x, "workload"), result_text(y, "workload")) != 0;
        v.threads |= result_number(x, "threads") != result_number(y, "threads");
        v.params |= strcmp(a, b) != 0;
        v.rest |= strcmp(result_text(x, "allocator"), result_text(y, "allocator")) != 0 ||
                  strcmp(result_text(x, "placement"), result_text(y, "placement")) != 0;
    }
    return v;
}

static void print_heading(const struct result *row, struct varying v)
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
}

static void print_family(const struct results *r, size_t first, size_t end)
{
    struct varying v = family_varies(r, first, end);
    char text[SPEC_TEXT];
    print_heading(&r->row[first], v);
    const struct result *baseline = results_baseline(r, &r->row[first]);
    if (baseline == NULL)
        printf("  ratio: to the family's baseline, which is of another workload\n");
    printf("  %-24s %24s %24s %5s %6s %3s\n", "refcount+lock", "ns/op [95 %]", "ratio [95 %]",
           "fair", "cpu ns", "n");
    for (size_t i = first; i < end; i++) {
        const struct result *row = &r->row[i];
        pair_name(row, text, sizeof text);
        printf("  %-24s", text);
        print_interval(row->ns, 24);
        print_interval(row->ratio, 24);
        if (row->processes != 0)
            printf(" %5.2f %6.3g %3zu", row->fairness.middle, row->cpu_ns, row->processes);
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
        if (row == baseline)
            printf("  (baseline)");
        printf("\n");
        if (row->voided + row->crashed + row->hung != 0)
            printf("    %u void, %u crashed, %u hung; the last: %s\n", row->voided, row->crashed,
                   row->hung, row->message);
    }
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

static bool print_text(struct store *s, const char *path, const struct results *r, struct error *e)
{
    size_t sweeps;
    struct store_sweep *sweep;
    if (!store_sweeps(s, &sweep, &sweeps, e))
        return false;
    struct store_counts c = store_count(s);
    printf("%s: ", path);
    print_plans(sweep, sweeps);
    store_sweeps_free(sweep, sweeps);
    printf(", %zu invocations, %zu good\n", c.all, c.ok);
    printf("ns/op: threads x duration / operations, median over processes; ratio: to the family's "
           "baseline,\nmedian over blocks; [95 %%]: order-statistic interval (with n < 6 it covers "
           "less); fair: Jain's\nindex; cpu ns: processor time an operation; n: processes.\n");
    bool machines = r->n != 0 && strcmp(r->row[0].machine, r->row[r->n - 1].machine) != 0;
    for (size_t first = 0, end; first < r->n; first = end) {
        const struct result *row = &r->row[first];
        if (machines && (first == 0 || strcmp(row[-1].machine, row->machine) != 0))
            printf("\nmachine %s\n", row->machine);
        for (end = first; end < r->n && results_same_family(&r->row[end], row);)
            end++;
        print_family(r, first, end);
    }
    return true;
}

// --- tsv --------------------------------------------------------------------------------------

static void tsv_number(double x)
{
    if (isfinite(x))
        printf("\t%.6g", x);
    else
        printf("\tNaN");
}

// The different names of the store, sorted: the place of one is a figure's colour or mark, the same
// in all figures of one store.
struct names {
    const char **name;
    size_t n;
};
static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
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

static void print_tsv(const struct results *r)
{
    struct names rc = names_of(r, "rc"), lock = names_of(r, "lock");
    printf(
        "family\tworkload\trc\tlock\treclaimer\talloc\tallocator\tthreads\tplacement\tparams\trank"
        "\tns\tns_low\tns_high\tratio\tratio_low\tratio_high\tops_per_s\tcpu_ns\tfairness"
        "\tprocesses\tvoid\tcrashed\thung\trc_index\tlock_index\tmachine\tmemory\tdistance\tmemory_"
        "kib"
        "\tfill_cache\tfill_package\tfill_core\tfill_all\tfairness_low\tfairness_high"
        "\tmemory_low\tmemory_high\n");
    for (size_t i = 0; i < r->n; i++) {
        const struct result *row = &r->row[i];
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
        printf("\n");
    }
    free(rc.name);
    free(lock.name);
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
    bool ok = s != NULL && results_load(s, a.workload, &r, &e);
    if (ok && a.tsv)
        print_tsv(&r);
    else if (ok)
        ok = print_text(s, path, &r, &e);
    results_free(&r);
    store_close(s);
    free(path);
    return ok ? 0 : command_fail(&e);
}
