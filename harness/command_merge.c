// SPDX-License-Identifier: MIT
//
// rclab merge: one new store of several, which stay as they are. What two of them share, such as
// copies of one store, is in it once.
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "store.h"

enum { STORES_MOST = 1000 };
struct arguments {
    const char *from[STORES_MOST], *store;
    unsigned n;
};
enum { KEY_STORE = 256 };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "The new store (results/merged-DATE.db)", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_STORE:
        a->store = value;
        break;
    case ARGP_KEY_ARG:
        if (a->n == STORES_MOST)
            argp_error(state, "more than %d stores", STORES_MOST);
        a->from[a->n++] = value;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 "STORE STORE...",
                                 "Joins stores of several machines, or of the shards of a plan, "
                                 "into a new one.",
                                 NULL,
                                 NULL,
                                 NULL};

static bool merge(struct store *into, const char *path, struct error *e)
{
    struct store_merged merged;
    struct store *from = store_open(path, e);
    bool ok = from != NULL && store_merge(into, from, &merged, e);
    store_close(from);
    if (ok)
        fprintf(stderr, "rclab: %s: %zu invocations taken, %zu were there already\n", path,
                merged.added, merged.had);
    return ok;
}

int command_merge(int argc, char **argv)
{
    struct arguments a = {0};
    struct error e = {""};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.n < 2)
        return command_refuse("merge: which STORE STORE...? (at least two)");
    char *path = a.store != NULL ? strdup(a.store) : store_new_path("merged", "");
    struct store *into = path != NULL ? store_draft(path, &e) : NULL;
    bool ok = into != NULL;
    for (unsigned i = 0; i < a.n && ok; i++)
        ok = merge(into, a.from[i], &e);
    struct store_counts c = {0};
    if (ok)
        c = store_count(into);
    if (ok)
        ok = store_publish(into, &e);
    else
        store_close(into);
    if (ok)
        fprintf(stderr, "rclab: %zu invocations are in %s\n", c.all + c.repeated, path);
    free(path);
    return ok ? 0 : command_fail(&e);
}
