// SPDX-License-Identifier: MIT
#include "comparison.h"

#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

// Samples of the invocation under way.
enum { SAMPLES_MOST = 10000 };
enum { NS, CPU, OPS, FAIRNESS, BACKGROUND, LATENCY, LATENCY_P99, SENT, VALUES };

// A sample until the references of all CPUs are known.
struct heard {
    double ns;
    enum speed speed; // as `judge` finds it
    unsigned probes;
    struct speed_probe probe[PROBES_MOST];
};
struct found {
    struct result row; // first: they are found by it
    struct heard *heard;
    size_t n, room; // of its processes one after another
};
// A CPU of a machine, with all that its probes took.
struct core {
    const char *machine;
    int cpu;
    double *ns, reference_ns;
    size_t n, room;
};
struct loader {
    struct found **found; // in the order in which they were seen
    size_t n, room;
    void *tree;  // of the same, by what makes them one (tsearch)
    void *cores; // by CPU and machine (tsearch)
    int64_t invocation;
    struct found *current;
    struct process process;
    double *value[VALUES]; // of each verified sample
    size_t samples;
    double memory_kib; // at the last of them, which has seen the peaks of all
    double ping_ns;
    double dead_peak, pause_ns; // of all of them
    double object_bytes;        // at the last
    bool failed;
};

// The list with room for one more behind n, or NULL, and it stays as it is.
static void *reserve(void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return list;
    size_t more = *room != 0 ? 2 * *room : 16;
    void *bigger = realloc(list, more * size);
    if (bigger != NULL)
        *room = more;
    return bigger;
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

// Of those samples that tell the figure; NAN: none does.
static double median_told(double *x, size_t n)
{
    size_t told = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            x[told++] = x[i];
    return told != 0 ? stats_median(x, told) : NAN;
}

// Until `judge` all samples are of unknown speed.
static void flush(struct loader *l)
{
    if (l->current == NULL || l->samples == 0)
        return;
    struct result *row = &l->current->row;
    struct process *p = reserve(row->process, row->processes, &row->room, sizeof *p);
    if (p == NULL) {
        l->failed = true;
        return;
    }
    row->process = p;
    p += row->processes++;
    *p = l->process;
    p->ns_per_op = stats_median(l->value[NS], l->samples);
    p->cpu_ns_per_op = stats_median(l->value[CPU], l->samples);
    p->ops_per_s = stats_median(l->value[OPS], l->samples);
    p->fairness = stats_median(l->value[FAIRNESS], l->samples);
    p->background_ns_per_op = stats_median(l->value[BACKGROUND], l->samples);
    p->latency_ns = median_told(l->value[LATENCY], l->samples);
    p->latency_p99_ns = median_told(l->value[LATENCY_P99], l->samples);
    p->sent_bytes_per_op = median_told(l->value[SENT], l->samples);
    p->memory_kib = l->memory_kib;
    p->dead_peak = l->dead_peak;
    p->pause_ns = l->pause_ns;
    p->object_bytes = l->object_bytes;
    p->ping_ns = l->ping_ns;
    p->samples[SPEED_UNKNOWN] = (unsigned)l->samples;
    row->disturbed += p->disturbed;
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
    free(row->sample);
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

static struct found *add(struct loader *l, const struct store_row *from)
{
    struct found **list = reserve(l->found, l->n, &l->room, sizeof *list);
    struct found *f = list != NULL ? malloc(sizeof *f) : NULL;
    if (list != NULL)
        l->found = list;
    if (f == NULL)
        return NULL;
    *f = (struct found){.row = {.machine = strdup(from->machine),
                                .family = strdup(from->family),
                                .key = strdup(from->key),
                                .rank = from->rank,
                                .plan = INT64_MAX,
                                .first_block = INT64_MAX,
                                .header_bytes = NAN,
                                .seen = l->n,
                                .cell = json_deep_copy(from->cell)}};
    if (f->row.machine == NULL || f->row.family == NULL || f->row.key == NULL ||
        tsearch(f, &l->tree, by_identity) == NULL) {
        row_free(&f->row);
        free(f);
        return NULL;
    }
    return l->found[l->n++] = f;
}

static struct found *find(struct loader *l, const struct store_row *from)
{
    struct result wanted = {
        .machine = (char *)from->machine, .family = (char *)from->family, .key = (char *)from->key};
    void *at = tfind(&wanted, &l->tree, by_identity);
    struct found *f = at != NULL ? *(struct found **)at : add(l, from);
    l->failed |= f == NULL;
    return f;
}

static int by_cpu(const void *a, const void *b)
{
    const struct core *x = a, *y = b;
    return x->cpu != y->cpu ? (x->cpu < y->cpu ? -1 : 1) : strcmp(x->machine, y->machine);
}

static struct core *find_core(struct loader *l, const char *machine, int cpu)
{
    struct core wanted = {.machine = machine, .cpu = cpu}, *core;
    void *at = tfind(&wanted, &l->cores, by_cpu);
    if (at != NULL)
        return *(struct core **)at;
    core = malloc(sizeof *core);
    if (core == NULL)
        return NULL;
    *core = wanted;
    if (tsearch(core, &l->cores, by_cpu) == NULL) {
        free(core);
        return NULL;
    }
    return core;
}

static void free_core(void *core)
{
    free(((struct core *)core)->ns);
    free(core);
}

// What the probes took counts for the reference, whatever becomes of the sample.
static void take_probes(struct loader *l, const struct heard *h)
{
    for (unsigned i = 0; i < 2 * h->probes; i++) {
        const struct speed_probe *p = &h->probe[i / 2];
        struct core *core = find_core(l, l->current->row.machine, p->cpu);
        double *ns =
            core != NULL ? reserve(core->ns, core->n, &core->room, sizeof *core->ns) : NULL;
        if (ns == NULL) {
            l->failed = true;
            return;
        }
        core->ns = ns;
        core->ns[core->n++] = i % 2 == 0 ? p->before_ns : p->after_ns;
    }
}

static bool keep_sample(struct loader *l, struct found *f, const struct heard *h)
{
    struct heard *heard = reserve(f->heard, f->n, &f->room, sizeof *heard);
    if (heard == NULL) {
        l->failed = true;
        return false;
    }
    f->heard = heard;
    heard[f->n++] = *h;
    return true;
}

static void begin(struct loader *l, const struct store_row *from)
{
    flush(l);
    l->invocation = from->invocation;
    l->samples = 0;
    l->dead_peak = l->pause_ns = NAN;
    l->process =
        (struct process){.sweep = from->sweep,
                         .block = from->block,
                         .layout = from->layout,
                         .disturbed = from->disturbed != NULL && from->disturbed[0] != '\0'};
    l->current = find(l, from);
    if (l->current == NULL)
        return;
    struct result *row = &l->current->row;
    if (from->plan < row->plan || (from->plan == row->plan && from->block < row->first_block)) {
        row->plan = from->plan;
        row->first_block = from->block;
    }
    row->repeated += from->superseded;
    if (!from->superseded && strcmp(from->status, "ok") != 0) {
        row->voided += strcmp(from->status, "void") == 0;
        row->crashed += strcmp(from->status, "crashed") == 0;
        row->hung += strcmp(from->status, "hung") == 0;
        snprintf(row->message, sizeof row->message, "%s", from->message);
    }
}

static void on_row(void *argument, const struct store_row *from)
{
    struct loader *l = argument;
    if (from->invocation != l->invocation)
        begin(l, from);
    struct found *f = l->current;
    // of an invocation that did not end well, no sample counts
    if (f == NULL || from->sample == NULL || strcmp(from->status, "ok") != 0)
        return;
    struct heard h = {.ns = number(from->sample, "ns_per_op")};
    h.probes = speed_probes(from->sample, h.probe);
    take_probes(l, &h);
    if (from->superseded || l->samples == SAMPLES_MOST)
        return;
    double ops = number(from->sample, "ops");
    // samples that know of no background had none
    double background = number(from->sample, "background_ns");
    background = isfinite(background) ? background / ops : 0;
    l->value[NS][l->samples] = h.ns;
    l->value[CPU][l->samples] = number(from->sample, "cpu_ns") / ops + background;
    l->value[OPS][l->samples] = number(from->sample, "ops_per_s");
    l->value[FAIRNESS][l->samples] = number(from->sample, "fairness");
    l->value[BACKGROUND][l->samples] = background;
    l->value[LATENCY][l->samples] = number(from->sample, "latency_ns");
    l->value[LATENCY_P99][l->samples] = number(from->sample, "latency_p99_ns");
    l->value[SENT][l->samples] = number(from->sample, "message_bytes") / ops;
    if (ops > 0 && h.ns > 0 && isfinite(h.ns) && keep_sample(l, f, &h))
        l->samples++;
    l->memory_kib = number(from->sample, "peak_kib") - number(from->sample, "base_kib");
    l->ping_ns = number(from->sample, "ping_ns");
    l->dead_peak = fmax(l->dead_peak, number(from->sample, "dead_peak"));
    l->pause_ns = fmax(l->pause_ns, number(from->sample, "pause_ns"));
    l->object_bytes = number(from->sample, "object_bytes");
    f->row.header_bytes = number(from->sample, "header_bytes");
    latest(&f->row.distance, json_object_get(from->sample, "distance"));
    latest(&f->row.fills, json_object_get(from->sample, "fills"));
}

static void refer(const void *node, VISIT visit, void *argument)
{
    struct core *core = *(struct core *const *)node;
    (void)argument;
    if (visit == preorder || visit == leaf)
        core->reference_ns = stats_quantile(core->ns, core->n, SPEED_REFERENCE);
}

static enum speed speed_heard(struct loader *l, const char *machine, const struct heard *h)
{
    double reference_ns[PROBES_MOST];
    for (unsigned i = 0; i < h->probes; i++)
        reference_ns[i] = find_core(l, machine, h->probe[i].cpu)->reference_ns;
    return speed_of(h->probe, h->probes, reference_ns);
}

// Sorts the samples of each process by their speed.
static bool judge(struct loader *l, struct found *f)
{
    struct result *row = &f->row;
    struct heard *h = f->heard;
    double *to = row->sample = malloc((f->n + 1) * sizeof *to);
    if (to == NULL)
        return false;
    for (size_t i = 0; i < row->processes; i++) {
        struct process *p = &row->process[i];
        unsigned n = p->samples[SPEED_UNKNOWN];
        p->sample = to;
        for (unsigned k = 0; k < n; k++)
            h[k].speed = speed_heard(l, row->machine, &h[k]);
        for (enum speed speed = 0; speed < SPEEDS; speed++) {
            const double *first = to;
            for (unsigned k = 0; k < n; k++)
                if (h[k].speed == speed)
                    *to++ = h[k].ns;
            p->samples[speed] = (unsigned)(to - first);
            p->at[speed] = stats_median(first, p->samples[speed]);
            row->samples[speed] += p->samples[speed];
        }
        h += n;
    }
    return true;
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

// Of a figure at `offset` of struct process, of those processes that have it; x has room for all.
static struct stats_interval over_processes(const struct result *row, size_t offset, double *x)
{
    size_t known = 0;
    for (size_t i = 0; i < row->processes; i++) {
        double figure = *(const double *)((const char *)&row->process[i] + offset);
        if (isfinite(figure))
            x[known++] = figure;
    }
    return stats_median_interval(x, known, RESULTS_CONFIDENCE_PERCENT / 100.0);
}

// Medians over processes, and the ratio to the baseline.
static bool summarise(const struct results *r, struct result *row)
{
    size_t n = row->processes;
    double *x = malloc((n + 1) * sizeof *x);
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
    row->memory_kib = over_processes(row, offsetof(struct process, memory_kib), x);
    row->dead_peak = over_processes(row, offsetof(struct process, dead_peak), x);
    row->object_bytes = over_processes(row, offsetof(struct process, object_bytes), x);
    row->pause_ns = over_processes(row, offsetof(struct process, pause_ns), x);
    row->latency_ns = over_processes(row, offsetof(struct process, latency_ns), x);
    row->latency_p99_ns = over_processes(row, offsetof(struct process, latency_p99_ns), x);
    row->sent_bytes = over_processes(row, offsetof(struct process, sent_bytes_per_op), x);
    row->background_ns = over_processes(row, offsetof(struct process, background_ns_per_op), x);
    free(x);

    const struct result *base = results_baseline(r, row);
    struct comparison c;
    row->ratio = stats_median_interval(NULL, 0, confidence);
    if (base == NULL)
        return true;
    if (!comparison_look(base, row, COMPARISON_MARGIN, &c))
        return false;
    row->ratio = c.ratio;
    comparison_free(&c);
    return true;
}

static int by_family(const void *a, const void *b)
{
    const struct result *x = &(*(struct found *const *)a)->row,
                        *y = &(*(struct found *const *)b)->row;
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
    const struct result *x = &(*(struct found *const *)a)->row,
                        *y = &(*(struct found *const *)b)->row;
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
    qsort(l->found, l->n, sizeof *l->found, by_family);
    for (size_t first = 0, end; first < l->n; first = end) {
        struct result least = l->found[first]->row;
        for (end = first; end < l->n && results_same_family(&least, &l->found[end]->row); end++)
            if (by_place(&l->found[end]->row, &least) < 0)
                least = l->found[end]->row;
        for (size_t i = first; i < end; i++) {
            l->found[i]->row.plan = least.plan;
            l->found[i]->row.first_block = least.first_block;
        }
    }
    qsort(l->found, l->n, sizeof *l->found, by_order);
}

// Takes the loader's rows over.
static bool collect(struct loader *l, struct results *r)
{
    r->row = calloc(l->n + 1, sizeof *r->row);
    for (size_t i = 0; i < l->n; i++) {
        struct found *f = l->found[i];
        if (r->row != NULL)
            r->row[r->n++] = f->row;
        else
            row_free(&f->row);
        free(f->heard);
        free(f);
    }
    free(l->found);
    return r->row != NULL;
}

static void keep_node(void *found)
{
    (void)found; // it is the loader's
}

bool results_load(struct store *s, struct results *r, struct error *e)
{
    *r = (struct results){0};
    struct loader l = {.invocation = -1};
    double *values = malloc(VALUES * SAMPLES_MOST * sizeof *values);
    for (int i = 0; i < VALUES && values != NULL; i++)
        l.value[i] = values + i * SAMPLES_MOST;
    bool read = values == NULL || store_visit(s, on_row, &l, e);
    if (read)
        flush(&l);
    bool memory = values != NULL && !l.failed;
    twalk_r(l.cores, refer, NULL);
    for (size_t i = 0; read && memory && i < l.n; i++)
        memory = judge(&l, l.found[i]);
    sort(&l);
    tdestroy(l.tree, keep_node);
    tdestroy(l.cores, free_core);
    memory &= collect(&l, r);
    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].processes != 0)
            qsort(r->row[i].process, r->row[i].processes, sizeof *r->row[i].process, by_block);
    for (size_t i = 0; read && memory && i < r->n; i++)
        memory = summarise(r, &r->row[i]);
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

bool result_is_check(const struct result *row)
{
    return result_number(row, "copy") != 0 || result_number(row, "extra") != 0;
}

const struct result *results_original(const struct results *r, const struct result *check)
{
    const struct result *original = NULL, *other = check;
    json_t *cell = json_copy(check->cell);
    json_object_del(cell, "copy");
    json_object_del(cell, "extra");
    while (other > r->row && results_same_family(other - 1, check))
        other--;
    for (; other < r->row + r->n && results_same_family(other, check) && original == NULL; other++)
        if (json_equal(other->cell, cell) == 1)
            original = other;
    json_decref(cell);
    return original;
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
    const char *program = result_text(row, "program");
    text[0] = '\0';
    if (program[0] != '\0')
        n += snprintf(text, SPEC_TEXT, "program=%s", program);
    json_object_foreach(json_object_get(row->cell, "params"), name, value)
    {
        if (n < SPEC_TEXT)
            n += snprintf(text + n, (size_t)(SPEC_TEXT - n), "%s%s=%" PRId64, n != 0 ? " " : "",
                          name, (int64_t)json_integer_value(value));
    }
}
