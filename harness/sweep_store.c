// SPDX-License-Identifier: MIT
#include "sweep_store.h"

#include <stdio.h>
#include <string.h>

#include "environment.h"

// A hash of the keys of all cells, in order: what the plan's text means here and now.
static bool hash_cells(const struct plan *p, char hash[SCHEMA_HASH])
{
    char key[SPEC_TEXT], *text = NULL;
    size_t n;
    FILE *all = open_memstream(&text, &n);
    if (all == NULL)
        return false;
    for (size_t f = 0; f < p->families; f++)
        for (unsigned c = 0; c < p->family[f].cells; c++) {
            spec_key(&p->family[f].cell[c], key);
            fprintf(all, "%s\n", key);
        }
    bool ok = fclose(all) == 0;
    if (ok)
        schema_hash(text, n, hash);
    free(text);
    return ok;
}

// Why a store cannot go on as the sweep that is wanted; NULL: it can.
static const char *why_not(const struct store_sweep *wanted, const struct store_sweep *had,
                           struct error *why)
{
    why->text[0] = '\0';
    if (strcmp(had->plan_text, wanted->plan_text) != 0)
        error_set(why, "another plan (%s), or another version of this one", had->plan);
    else if (strcmp(had->shard, wanted->shard) != 0)
        error_set(why, "shard %s of the plan, not %s", had->shard, wanted->shard);
    else if (strcmp(had->machine, wanted->machine) != 0)
        error_set(why, "what was measured on another machine (%s; this one is %s)", had->machine,
                  wanted->machine);
    else if (had->cells[0] != '\0' && strcmp(had->cells, wanted->cells) != 0)
        error_set(why, "other cells than the plan gives here now (schemes, workloads or CPUs have "
                       "come or gone)");
    return why->text[0] != '\0' ? why->text : NULL;
}

// Goes on in a store, as `w` says then; false, with the reason.
static bool go_on(struct store *s, const char *path, struct store_sweep *w, struct error *e)
{
    struct store_sweep *list;
    size_t n;
    struct error reason;
    const char *why = NULL;
    if (!store_sweeps(s, &list, &n, e))
        return false;
    if (n == 1) {
        why = why_not(w, &list[0], &reason);
        w->id = list[0].id;
        w->seed = list[0].seed;
        w->finished = why == NULL && list[0].finished;
    } else if (n > 1) {
        why = "the sweeps of several stores";
    }
    store_sweeps_free(list, n);
    if (why != NULL)
        return error_set(e, "%s holds %s: give another --store", path, why);
    return n == 1 || store_begin(s, w, e);
}

// Whether the file holds this sweep; *finished: and all of it. It is not changed.
static bool holds(const char *path, const struct store_sweep *wanted, bool *finished)
{
    struct error e;
    struct store_sweep *sweep;
    size_t n = 0;
    bool holds = false;
    struct store *s = store_open(path, &e);
    if (s != NULL && store_sweeps(s, &sweep, &n, &e)) {
        holds = n == 1 && why_not(wanted, sweep, &e) == NULL;
        *finished = holds && sweep->finished;
        store_sweeps_free(sweep, n);
    }
    store_close(s);
    return holds;
}

// The newest store of this sweep that is not finished, or NULL.
static char *find_unfinished(const struct store_sweep *wanted)
{
    char **list = store_list(wanted->plan), *found = NULL;
    for (size_t i = 0; list != NULL && list[i] != NULL && found == NULL; i++) {
        bool finished;
        if (holds(list[i], wanted, &finished) && !finished)
            found = strdup(list[i]);
    }
    store_list_free(list);
    return found;
}

// An explicit store must be of this plan, shard and machine; without one the newest such store that
// is unfinished is taken up, or a new one begun. NULL without an error: it is finished, and stays
// as it is.
static struct store *find_store(const char *asked, struct shard shard, struct store_sweep *w,
                                char **path, struct error *e)
{
    char suffix[32] = "";
    if (shard.n != 1)
        snprintf(suffix, sizeof suffix, "-%uof%u", shard.i, shard.n);
    *path = asked != NULL ? strdup(asked) : find_unfinished(w);
    if (asked != NULL && holds(asked, w, &w->finished) && w->finished)
        return NULL;
    if (*path == NULL)
        *path = store_new_path(w->plan, suffix);
    struct store *s = *path != NULL ? store_create(*path, e) : NULL;
    if (s != NULL && !go_on(s, *path, w, e)) {
        store_close(s);
        s = NULL;
    }
    return s;
}

bool sweep_measure(struct sweep *w, const char *asked, char **path, int *status, struct error *e)
{
    char machine[MACHINE_TEXT], cells[SCHEMA_HASH] = "", shard[32];
    environment_machine(machine);
    hash_cells(w->plan, cells);
    snprintf(shard, sizeof shard, "%u/%u", w->shard.i, w->shard.n);
    w->stored = (struct store_sweep){.machine = machine,
                                     .plan = w->plan->name,
                                     .plan_text = w->plan->text,
                                     .shard = shard,
                                     .cells = cells};
    w->store = find_store(asked, w->shard, &w->stored, path, e);
    w->path = *path;
    *status = 0;
    if (w->stored.finished)
        fprintf(stderr, "rclab: %s is finished; nothing to measure\n", *path);
    else if (w->store != NULL)
        *status = sweep_run(w);
    store_close(w->store);
    return w->stored.finished || w->store != NULL;
}
