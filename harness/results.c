// SPDX-License-Identifier: MIT
#include "results.h"

#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

// Samples of the invocation under way.
enum { SAMPLES_MOST = 10000 };
struct loader {
    struct result **row; // in the order in which they were seen
    size_t n, room;
    void *tree; // of the same, by what makes them one (tsearch)
    int64_t invocation;
    struct result *current;
    struct process process;
    double *value[4]; // ns, cpu, ops/s, fairness of each verified sample
    size_t samples;
    double memory_kib; // at the last of them, which has seen the peaks of all
    bool failed;
};

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void flush(struct loader *l)
{
    if (l->current == NULL || l->samples == 0)
        return;
    struct result *row = l->current;
    if (row->processes == row->room) {
        size_t room = row->room != 0 ? 2 * row->room : 16;
        struct process *bigger = realloc(row->process, room * sizeof *bigger);
        if (bigger == NULL) {
            l->failed = true;
            return;
        }
        row->process = bigger;
        row->room = room;
    }
    row->process[row->processes++] = (struct process){
        .sweep = l->process.sweep,
        .block = l->process.block,
        .ns_per_op = stats_median(l->value[0], l->samples),
        .cpu_ns_per_op = stats_median(l->value[1], l->samples),
        .ops_per_s = stats_median(l->value[2], l->samples),
        .fairness = stats_median(l->value[3], l->samples),
        .memory_kib = l->memory_kib,
    };
}

static void latest(json_t **kept, json_t *value)
{
    json_decref(*kept);
    *kept = json_incref(value);
}

static void row_free(struct result *row)
{
    json_decref(row->distance);
    json_decref(row->fills);
    free(row->machine);
    free(row->family);
    free(row->key);
    free(row->process);
    json_decref(row->cell);
}

static int by_identity(const void *a, const void *b)
{
    const struct result *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order == 0)
        order = strcmp(x->family, y->family);
    return order != 0 ? order : strcmp(x->machine, y->machine);
}

static struct result *add(struct loader *l, const struct store_row *from)
{
    if (l->n == l->room) {
        size_t room = l->room != 0 ? 2 * l->room : 64;
        struct result **bigger = realloc(l->row, room * sizeof *bigger);
        if (bigger == NULL)
            return NULL;
        l->row = bigger;
        l->room = room;
    }
    struct result *row = malloc(sizeof *row);
    if (row == NULL)
        return NULL;
    *row = (struct result){.machine = strdup(from->machine),
                           .family = strdup(from->family),
                           .key = strdup(from->key),
                           .rank = from->rank,
                           .plan = INT64_MAX,
                           .first_block = INT64_MAX,
                           .seen = l->n,
                           .cell = json_deep_copy(from->cell)};
    if (row->machine == NULL || row->family == NULL || row->key == NULL ||
        tsearch(row, &l->tree, by_identity) == NULL) {
        row_free(row);
        free(row);
        return NULL;
    }
    return l->row[l->n++] = row;
}

static struct result *find(struct loader *l, const struct store_row *from)
{
    struct result wanted = {
        .machine = (char *)from->machine, .family = (char *)from->family, .key = (char *)from->key};
    void *found = tfind(&wanted, &l->tree, by_identity);
    struct result *row = found != NULL ? *(struct result **)found : add(l, from);
    l->failed |= row == NULL;
    return row;
}

static void on_row(void *argument, const struct store_row *from)
{
    struct loader *l = argument;
    if (from->invocation != l->invocation) {
        flush(l);
        l->invocation = from->invocation;
        l->samples = 0;
        l->process.sweep = from->sweep;
        l->process.block = from->block;
        struct result *row = l->current = find(l, from);
        if (row != NULL && (from->plan < row->plan ||
                            (from->plan == row->plan && from->block < row->first_block))) {
            row->plan = from->plan;
            row->first_block = from->block;
        }
        if (row != NULL && strcmp(from->status, "ok") != 0) {
            row->voided += strcmp(from->status, "void") == 0;
            row->crashed += strcmp(from->status, "crashed") == 0;
            row->hung += strcmp(from->status, "hung") == 0;
            snprintf(row->message, sizeof row->message, "%s", from->message);
        }
    }
    // of an invocation that did not end well, no sample counts
    if (from->sample == NULL || strcmp(from->status, "ok") != 0 || l->samples == SAMPLES_MOST)
        return;
    double ops = number(from->sample, "ops");
    l->value[0][l->samples] = number(from->sample, "ns_per_op");
    l->value[1][l->samples] = number(from->sample, "cpu_ns") / ops;
    l->value[2][l->samples] = number(from->sample, "ops_per_s");
    l->value[3][l->samples] = number(from->sample, "fairness");
    if (ops > 0 && isfinite(l->value[0][l->samples]))
        l->samples++;
    l->memory_kib = number(from->sample, "peak_kib") - number(from->sample, "base_kib");
    if (l->current != NULL) {
        latest(&l->current->distance, json_object_get(from->sample, "distance"));
        latest(&l->current->fills, json_object_get(from->sample, "fills"));
    }
}

bool results_same_family(const struct result *a, const struct result *b)
{
    return strcmp(a->family, b->family) == 0 && strcmp(a->machine, b->machine) == 0;
}

const struct result *results_baseline(const struct results *r, const struct result *row)
{
    while (row > r->row && results_same_family(row - 1, row))
        row--;
    return row->rank == 0 ? row : NULL;
}

static int by_block(const void *a, const void *b)
{
    const struct process *x = a, *y = b;
    if (x->sweep != y->sweep)
        return x->sweep < y->sweep ? -1 : 1;
    return x->block < y->block ? -1 : x->block > y->block;
}

// Medians over processes, and the ratio to the baseline over the blocks that both have.
static bool summarise(const struct results *r, struct result *row)
{
    size_t n = row->processes;
    double *x = malloc((3 * n + 1) * sizeof *x);
    if (x == NULL)
        return false;
    const double confidence = RESULTS_CONFIDENCE_PERCENT / 100.0;
    for (size_t i = 0; i < n; i++)
        x[i] = row->process[i].ns_per_op;
    row->ns = stats_median_interval(x, n, confidence);
    for (size_t i = 0; i < n; i++)
        x[i] = row->process[i].cpu_ns_per_op;
    row->cpu_ns = stats_median(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = row->process[i].ops_per_s;
    row->ops_per_s = stats_median(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = row->process[i].fairness;
    row->fairness = stats_median_interval(x, n, confidence);
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(row->process[i].memory_kib))
            x[known++] = row->process[i].memory_kib;
    row->memory_kib = stats_median_interval(x, known, confidence);

    const struct result *base = results_baseline(r, row);
    size_t pairs = 0;
    for (size_t i = 0, k = 0; base != NULL && i < n && k < base->processes;) {
        int order = by_block(&row->process[i], &base->process[k]);
        if (order == 0) {
            x[pairs] = row->process[i].ns_per_op;
            x[n + pairs++] = base->process[k].ns_per_op;
        }
        i += order <= 0;
        k += order >= 0;
    }
    row->ratio = stats_ratio_interval(x, x + n, pairs, confidence);
    free(x);
    return true;
}

static int by_family(const void *a, const void *b)
{
    const struct result *x = *(struct result *const *)a, *y = *(struct result *const *)b;
    int order = strcmp(x->machine, y->machine);
    return order != 0 ? order : strcmp(x->family, y->family);
}
// Plans in the order of their sweeps; in round 0 the blocks are numbered as the plan lists the
// families.
static int by_place(const struct result *x, const struct result *y)
{
    if (x->plan != y->plan)
        return x->plan < y->plan ? -1 : 1;
    return x->first_block < y->first_block ? -1 : x->first_block > y->first_block;
}
static int by_order(const void *a, const void *b)
{
    const struct result *x = *(struct result *const *)a, *y = *(struct result *const *)b;
    int order = strcmp(x->machine, y->machine);
    if (order == 0)
        order = by_place(x, y);
    if (order == 0)
        order = strcmp(x->family, y->family);
    if (order == 0)
        order = x->rank < y->rank ? -1 : x->rank > y->rank;
    return order != 0 ? order : x->seen < y->seen ? -1 : 1;
}
static void sort(struct loader *l)
{
    if (l->n == 0)
        return;
    // a family stands where the first of its cells does
    qsort(l->row, l->n, sizeof *l->row, by_family);
    for (size_t first = 0, end; first < l->n; first = end) {
        struct result least = *l->row[first];
        for (end = first; end < l->n && results_same_family(&least, l->row[end]); end++)
            if (by_place(l->row[end], &least) < 0)
                least = *l->row[end];
        for (size_t i = first; i < end; i++) {
            l->row[i]->plan = least.plan;
            l->row[i]->first_block = least.first_block;
        }
    }
    qsort(l->row, l->n, sizeof *l->row, by_order);
}

// Takes the loader's rows over.
static bool collect(struct loader *l, struct results *r)
{
    r->row = calloc(l->n + 1, sizeof *r->row);
    for (size_t i = 0; i < l->n; i++) {
        if (r->row != NULL)
            r->row[r->n++] = *l->row[i];
        else
            row_free(l->row[i]);
        free(l->row[i]);
    }
    free(l->row);
    return r->row != NULL;
}

// Only the rows of one workload, whose ratios may be to a baseline of another.
static void keep(struct results *r, const char *workload)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(result_text(&r->row[i], "workload"), workload) == 0)
            r->row[kept++] = r->row[i];
        else
            row_free(&r->row[i]);
    r->n = kept;
}

static void keep_node(void *row)
{
    (void)row; // it is the loader's
}

bool results_load(struct store *s, const char *workload, struct results *r, struct error *e)
{
    *r = (struct results){0};
    struct loader l = {.invocation = -1};
    double *values = malloc(4 * SAMPLES_MOST * sizeof *values);
    for (int i = 0; i < 4 && values != NULL; i++)
        l.value[i] = values + i * SAMPLES_MOST;
    bool read = values == NULL || store_visit(s, on_row, &l, e);
    if (read)
        flush(&l);
    sort(&l);
    tdestroy(l.tree, keep_node);
    bool memory = collect(&l, r) && values != NULL && !l.failed;
    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].processes != 0)
            qsort(r->row[i].process, r->row[i].processes, sizeof *r->row[i].process, by_block);
    for (size_t i = 0; read && memory && i < r->n; i++)
        memory = summarise(r, &r->row[i]);
    if (read && memory && workload != NULL)
        keep(r, workload);
    free(values);
    if (!memory)
        error_set(e, "out of memory");
    if (!read || !memory)
        results_free(r);
    return read && memory;
}

void results_free(struct results *r)
{
    for (size_t i = 0; i < r->n; i++)
        row_free(&r->row[i]);
    free(r->row);
    *r = (struct results){0};
}

const char *result_text(const struct result *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row->cell, name));
    return text != NULL ? text : "";
}
int64_t result_number(const struct result *row, const char *name)
{
    return json_integer_value(json_object_get(row->cell, name));
}
void result_params(const struct result *row, char *text)
{
    const char *name;
    json_t *value;
    int n = 0;
    text[0] = '\0';
    json_object_foreach(json_object_get(row->cell, "params"), name, value)
    {
        if (n < SPEC_TEXT)
            n += snprintf(text + n, (size_t)(SPEC_TEXT - n), "%s%s=%" PRId64, n != 0 ? " " : "",
                          name, (int64_t)json_integer_value(value));
    }
}
