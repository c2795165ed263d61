// SPDX-License-Identifier: MIT
#include "results.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Samples of the invocation under way.
enum { SAMPLES_MOST = 10000 };
struct loader {
    struct results *r;
    int64_t invocation;
    struct result *row;
    struct process process;
    double *value[4]; // ns, cpu, ops/s, fairness of each verified sample
    size_t samples;
    bool failed;
};

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void flush(struct loader *l)
{
    if (l->row == NULL || l->samples == 0)
        return;
    struct result *row = l->row;
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
        .block = l->process.block,
        .ns_per_op = stats_median(l->value[0], l->samples),
        .cpu_ns_per_op = stats_median(l->value[1], l->samples),
        .ops_per_s = stats_median(l->value[2], l->samples),
        .fairness = stats_median(l->value[3], l->samples),
    };
}

static struct result *find(struct loader *l, const struct store_row *from)
{
    struct results *r = l->r;
    for (size_t i = r->n; i-- > 0;)
        if (strcmp(r->row[i].key, from->key) == 0 && strcmp(r->row[i].family, from->family) == 0)
            return &r->row[i];
    struct result *bigger = realloc(r->row, (r->n + 1) * sizeof *bigger);
    if (bigger == NULL) {
        l->failed = true;
        return NULL;
    }
    r->row = bigger;
    struct result *row = &r->row[r->n++];
    *row = (struct result){.family = strdup(from->family),
                           .key = strdup(from->key),
                           .rank = from->rank,
                           .first_block = INT64_MAX,
                           .cell = json_deep_copy(from->cell)};
    return row;
}

static void on_row(void *argument, const struct store_row *from)
{
    struct loader *l = argument;
    if (from->invocation != l->invocation) {
        flush(l);
        l->invocation = from->invocation;
        l->samples = 0;
        l->process.block = from->block;
        l->row = find(l, from);
        if (l->row != NULL && from->block < l->row->first_block)
            l->row->first_block = from->block;
        if (l->row != NULL && strcmp(from->status, "ok") != 0) {
            l->row->voided += strcmp(from->status, "void") == 0;
            l->row->crashed += strcmp(from->status, "crashed") == 0;
            l->row->hung += strcmp(from->status, "hung") == 0;
            snprintf(l->row->message, sizeof l->row->message, "%s", from->message);
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
}

const struct result *results_baseline(const struct results *r, const struct result *row)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].rank == 0 && strcmp(r->row[i].family, row->family) == 0)
            return &r->row[i];
    return NULL;
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
    row->fairness = stats_median(x, n);

    const struct result *base = results_baseline(r, row);
    size_t pairs = 0;
    for (size_t i = 0; base != NULL && i < n; i++)
        for (size_t k = 0; k < base->processes; k++)
            if (base->process[k].block == row->process[i].block) {
                x[pairs] = row->process[i].ns_per_op;
                x[n + pairs++] = base->process[k].ns_per_op;
                break;
            }
    row->ratio = stats_ratio_interval(x, x + n, pairs, confidence);
    free(x);
    return true;
}

// In round 0 the blocks are numbered as the plan lists the families.
static int64_t family_order(const struct results *r, const char *family)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].first_block < first && strcmp(r->row[i].family, family) == 0)
            first = r->row[i].first_block;
    return first;
}
static int by_order(const void *a, const void *b)
{
    const struct result *x = a, *y = b;
    if (x->first_block != y->first_block)
        return x->first_block < y->first_block ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}
static void sort(struct results *r)
{
    for (size_t i = 0; i < r->n; i++)
        r->row[i].first_block = family_order(r, r->row[i].family);
    if (r->n != 0)
        qsort(r->row, r->n, sizeof *r->row, by_order);
}

static void row_free(struct result *row)
{
    free(row->family);
    free(row->key);
    free(row->process);
    json_decref(row->cell);
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

bool results_load(struct store *s, const char *workload, struct results *r, struct error *e)
{
    *r = (struct results){0};
    struct loader l = {.r = r, .invocation = -1};
    double *values = malloc(4 * SAMPLES_MOST * sizeof *values);
    for (int i = 0; i < 4 && values != NULL; i++)
        l.value[i] = values + i * SAMPLES_MOST;
    bool ok = values != NULL && store_visit(s, on_row, &l, e);
    if (ok)
        flush(&l);
    ok = ok && !l.failed;
    if (ok)
        sort(r);
    for (size_t i = 0; ok && i < r->n; i++)
        ok = summarise(r, &r->row[i]);
    if (ok && workload != NULL)
        keep(r, workload);
    free(values);
    if (!ok && (values == NULL || l.failed))
        error_set(e, "out of memory");
    if (!ok)
        results_free(r);
    return ok;
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
