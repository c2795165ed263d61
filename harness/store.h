// SPDX-License-Identifier: MIT
//
// The store: one SQLite file that holds the invocations and samples of one sweep, or of several
// that were merged, and the machines and environments they ran in. An invocation is written whole,
// in one transaction: a write-ahead log that is synchronised at each commit (synchronous = FULL),
// so that a killed sweep, a crash or a full disk costs the one that is under way and no other.
#ifndef STORE_H
#define STORE_H

#include "invoke.h"
#include "schema.h"

struct store;

// For reading; the file must be a store of this or an older version of rclab, and is not changed:
// an older one is read into memory, as is one on a medium that cannot be written to.
struct store *store_open(const char *path, struct error *e);
// For writing; makes it if there is no such file, and brings an older version to this one.
// ":memory:" is a store without a file.
struct store *store_create(const char *path, struct error *e);
// A new file that is there whole or not at all: it is written aside until store_publish, which also
// closes it. A file that exists is refused.
struct store *store_draft(const char *path, struct error *e);
bool store_publish(struct store *s, struct error *e);
// Brings the log into the file, so that the file alone is the store. False: it stays beside it.
bool store_settle(struct store *s, struct error *e);
// Settles it, and removes what is a draft still.
void store_close(struct store *s);

// One run of a plan on one machine. Texts are the store's until store_sweeps_free.
struct store_sweep {
    int64_t id;
    char
        identity[SCHEMA_HASH]; // 128 random bits in hexadecimal; the same in each copy of the store
    const char *machine;       // environment_machine
    const char *plan, *plan_text;
    const char *shard; // "1/1": the whole plan
    const char *cells; // a hash of the keys of the plan's cells; empty if it is not known
    uint64_t seed;
    bool finished;
};
// Begins one, as `sweep` says but for id, identity, seed and finished, which are set.
bool store_begin(struct store *s, struct store_sweep *sweep, struct error *e);
bool store_finish(struct store *s, int64_t sweep, struct error *e);
bool store_sweeps(struct store *s, struct store_sweep **list, size_t *n, struct error *e);
void store_sweeps_free(struct store_sweep *list, size_t n);
// "I/N", I from 1 to N: part I of a plan whose families are dealt to N.
bool store_shard(const char *text, unsigned *i, unsigned *n);

// The id of an environment on the sweep's machine; the same text is stored once.
bool store_environment(struct store *s, int64_t sweep, const char *json, int64_t *id,
                       struct error *e);

// A block is one round of one family. A cell is measured once in it, and again where that was
// disturbed: what counts is the last attempt.
struct store_invocation {
    const struct spec *spec;
    const char *family;
    unsigned round, position; // position: in the block's order
    unsigned rank;            // in the family, as the plan lists it; 0 is the baseline
    int64_t sweep, block, environment;
    unsigned attempt;      // from 0, without gaps
    unsigned layout;       // of the program, build.h
    unsigned padding;      // bytes of environment that were added
    const char *disturbed; // by what (disturbance.h); empty: by nothing
    double load;           // one-minute load average when it began
};
// The number of attempts that are stored.
unsigned store_attempts(struct store *s, int64_t sweep, const struct spec *spec, int64_t block);
// Of cells in blocks, each counted once, as its last attempt says.
struct store_counts {
    size_t all, ok, disturbed;
    size_t repeated; // attempts beyond the first; with `all`: the number of invocations
};
struct store_counts store_count(struct store *s);
bool store_add(struct store *s, const struct store_invocation *i, const struct outcome *o,
               struct error *e);

// Why a family of a sweep is not measured any further, and after how many rounds. A later word
// replaces an earlier one.
struct store_stop {
    int64_t sweep;
    const char *family;
    unsigned rounds;
    const char *reason; // "narrow": its intervals are; "rounds": all are done; "budget"
};
bool store_add_stop(struct store *s, const struct store_stop *stop, struct error *e);
typedef void store_each_stop(void *argument, const struct store_stop *stop);
// By sweep and family.
bool store_visit_stops(struct store *s, store_each_stop *each, void *argument, struct error *e);

// Calls `each` for every sample (number >= 0) and for every invocation without one (sample NULL),
// in the order in which they were measured. `sample` is complete, with the cell's members and those
// of the invocation that say which one it is and how it ended.
struct store_row {
    int64_t invocation, sweep, block;
    int64_t plan; // the least id of the sweeps with the same text of a plan
    unsigned round, rank, attempt, layout;
    bool superseded; // a later attempt of the same block counts instead
    const char *machine, *family, *key, *status, *message, *disturbed;
    const json_t *cell;   // the specification
    const json_t *sample; // or NULL
};
typedef void store_each(void *argument, const struct store_row *row);
bool store_visit(struct store *s, store_each *each, void *argument, struct error *e);

// Adds what another store holds; an invocation that is there already, which is one of the same
// sweep, cell, block and attempt, is not added again. Of two stops of a family, the one after more
// rounds stays.
struct store_merged {
    size_t added, had;
};
bool store_merge(struct store *into, struct store *from, struct store_merged *merged,
                 struct error *e);

// The files results/*.db, of the plan `plan` if that is not NULL, newest first: a NULL-terminated
// array of paths below the root, to be freed with store_list_free.
char **store_list(const char *plan);
void store_list_free(char **list);
// The path `asked`, or the newest store's: the caller frees it. NULL, with a message, if there is
// none.
char *store_choose(const char *asked, struct error *e);
// results/NAME-DATE[SUFFIX].db below the root, whose directory is made.
char *store_new_path(const char *name, const char *suffix);

// For what speaks SQL to it; the schema is in schema.c.
struct sqlite3 *store_database(struct store *s);
// An error of the connection: what was done, what SQLite said, what would help. Always false.
bool store_fail(struct store *s, const char *doing, struct error *e);
bool store_execute(struct store *s, const char *sql, struct error *e);
// The error is that of a disk, full or broken, and nobody's mistake.
bool store_disk_failed(const struct error *e);

#endif
