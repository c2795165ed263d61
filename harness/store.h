// SPDX-License-Identifier: MIT
//
// The store: one SQLite file (write-ahead log, full synchronisation) that holds a plan's
// invocations and samples and the environment they ran in. An invocation is written whole, in one
// transaction, so that whatever happens costs the one that is under way.
#ifndef STORE_H
#define STORE_H

#include "invoke.h"

struct store;

// For reading; the file must be a store of this or an older version of rclab.
struct store *store_open(const char *path, struct error *e);
// For writing; makes it if there is no such file.
struct store *store_create(const char *path, struct error *e);
void store_close(struct store *s);

// Texts by name: "plan" (its name), "plan_text", "seed", "finished" ("1")...
bool store_set(struct store *s, const char *name, const char *value, struct error *e);
// The caller's to free; NULL if there is none.
char *store_get(struct store *s, const char *name);

// The id of an environment; the same text is stored once.
bool store_environment(struct store *s, const char *json, int64_t *id, struct error *e);

// A block is one round of one family; a cell is measured at most once in it.
struct store_invocation {
    const struct spec *spec;
    const char *family;
    unsigned round, position; // position: in the block's order
    unsigned rank;            // in the family, as the plan lists it; 0 is the baseline
    int64_t block, environment;
    double load; // one-minute load average when it began
};
bool store_has(struct store *s, const struct spec *spec, int64_t block);
// The number of invocations, and of those that ended as `ok`.
void store_count(struct store *s, size_t *all, size_t *ok);
bool store_add(struct store *s, const struct store_invocation *i, const struct outcome *o,
               struct error *e);

// Calls `each` for every sample (number >= 0) and for every invocation without one (sample NULL),
// in the order in which they were measured. `sample` is complete, with cell, block and invocation.
struct store_row {
    int64_t invocation, block;
    unsigned round, rank;
    const char *family, *key, *status, *message;
    const json_t *cell;   // the specification
    const json_t *sample; // or NULL
};
typedef void store_each(void *argument, const struct store_row *row);
bool store_visit(struct store *s, store_each *each, void *argument, struct error *e);

// The newest file results/*.db, of the plan `plan` if that is not NULL: a path below the root that
// the caller frees, or NULL.
char *store_newest(const char *plan);
// The path `asked`, or the newest store's: the caller frees it. NULL, with a message, if there is
// none.
char *store_choose(const char *asked, struct error *e);

#endif
