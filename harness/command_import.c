// SPDX-License-Identifier: MIT
//
// rclab import: a new store from the text that rclab export prints.
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "commands.h"

struct arguments {
    const char *from, *store;
};
enum { KEY_STORE = 256 };
static const struct argp_option options[] = {
    {"store", KEY_STORE, "FILE", 0, "The new store (results/imported-DATE.db)", 0},
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
        if (a->from != NULL)
            argp_error(state, "one FILE at a time, not also '%s'; rclab merge joins stores", value);
        a->from = value;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {options,
                                 parse,
                                 "FILE|-",
                                 "Makes a store from the text that `rclab export` prints (- is "
                                 "standard input). All of it is checked.",
                                 NULL,
                                 NULL,
                                 NULL};

int command_import(int argc, char **argv)
{
    struct arguments a = {0};
    struct error e = {""};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.from == NULL)
        return command_refuse("import: which FILE? (- is standard input)");
    bool standard = strcmp(a.from, "-") == 0;
    FILE *from = standard ? stdin : fopen(a.from, "r");
    if (from == NULL) {
        error_set(&e, "%s: %s", a.from, strerror(errno));
        return command_refuse(e.text);
    }
    char *path = a.store != NULL ? strdup(a.store) : store_new_path("imported", "");
    struct store *s = path != NULL ? store_draft(path, &e) : NULL;
    bool ok = s != NULL && archive_import(s, from, standard ? "standard input" : a.from, &e);
    struct store_counts c = {0};
    if (ok)
        c = store_count(s);
    if (ok)
        ok = store_publish(s, &e);
    else
        store_close(s);
    if (ok)
        fprintf(stderr, "rclab: %zu invocations are in %s\n", c.all + c.repeated, path);
    if (!standard)
        fclose(from);
    free(path);
    return ok ? 0 : command_fail(&e);
}
