// SPDX-License-Identifier: MIT
//
// rclab export: a store as text, or its samples, one a line.
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "commands.h"

struct arguments {
    const char *store;
    bool csv, json;
};
enum { KEY_STORE = 256, KEY_FORMAT };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "Which store (the newest in results/)", 0},
    {"format", KEY_FORMAT, "text|csv|json", 0,
     "text (the standard): all that is in it, sorted, for `rclab import`; csv, json: one line a "
     "sample, json with every field",
     0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_STORE:
        a->store = value;
        break;
    case KEY_FORMAT:
        a->csv = strcmp(value, "csv") == 0;
        a->json = strcmp(value, "json") == 0;
        if (!a->csv && !a->json && strcmp(value, "text") != 0)
            argp_error(state, "no format '%s'; known: text csv json", value);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options, parse, NULL, "Prints a store, or its samples.",
                                 NULL,    NULL,  NULL};

static void export_json(void *argument, const struct store_row *row)
{
    (void)argument;
    if (row->sample == NULL)
        return;
    json_dumpf(row->sample, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    printf("\n");
}

static const char *const csv_columns[] = {
    "cell",          "block",          "invocation",   "round",
    "family",        "status",         "attempt",      "layout",
    "disturbed",     "workload",       "rc",           "lock",
    "reclaimer",     "alloc",          "allocator",    "threads",
    "placement",     "params",         "cpus",         "sample",
    "duration_ns",   "cpu_ns",         "ops",          "ops_per_s",
    "ns_per_op",     "thread_ops",     "fairness",     "verified",
    "background_ns", "dead_peak",      "object_bytes", "pause_ns",
    "latency_ns",    "latency_p99_ns", "messages",     "message_bytes",
    "runtime",       "program",        "result",       "leaked",
};
enum { CSV_COLUMNS = sizeof csv_columns / sizeof csv_columns[0] };

// Texts and lists are quoted, a quote inside is doubled (RFC 4180).
static void csv_value(const json_t *value)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool quote = json_is_string(value) || json_is_array(value) || json_is_object(value);
    if (quote)
        printf("\"");
    for (const char *p = text != NULL ? text : ""; *p != '\0'; p++)
        printf(*p == '"' ? "\"\"" : "%c", *p);
    if (quote)
        printf("\"");
    free(text);
}
static void export_csv(void *argument, const struct store_row *row)
{
    (void)argument;
    if (row->sample == NULL)
        return;
    for (int i = 0; i < CSV_COLUMNS; i++) {
        if (i != 0)
            printf(",");
        csv_value(json_object_get(row->sample, csv_columns[i]));
    }
    printf("\n");
}

int command_export(int argc, char **argv)
{
    struct arguments a = {0};
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    char *path = store_choose(a.store, &e);
    struct store *s = path != NULL ? store_open(path, &e) : NULL;
    if (s != NULL && a.csv)
        for (int i = 0; i < CSV_COLUMNS; i++)
            printf("%s%s", csv_columns[i], i + 1 < CSV_COLUMNS ? "," : "\n");
    bool ok = s != NULL;
    if (ok && (a.csv || a.json))
        ok = store_visit(s, a.csv ? export_csv : export_json, NULL, &e);
    else if (ok)
        ok = archive_export(s, stdout, &e);
    store_close(s);
    free(path);
    return ok ? 0 : command_fail(&e);
}
