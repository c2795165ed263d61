// SPDX-License-Identifier: MIT
#include "store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"

enum { APPLICATION = 0x72636c62 /* "rclb" */, VERSION = 1 };

struct store {
    sqlite3 *db;
    bool writes;
    char path[4200];
};

static const char schema[] =
    "PRAGMA application_id = 1919118434;" // APPLICATION
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE environment (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE);"
    "CREATE TABLE cell (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, workload TEXT NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE TABLE invocation (id INTEGER PRIMARY KEY, cell INTEGER NOT NULL REFERENCES cell,"
    " block INTEGER NOT NULL, family TEXT NOT NULL, round INTEGER NOT NULL,"
    " position INTEGER NOT NULL, rank INTEGER NOT NULL, environment INTEGER NOT NULL REFERENCES "
    "environment,"
    " began TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, wall_ns INTEGER NOT NULL, load REAL,"
    " status TEXT NOT NULL, message TEXT NOT NULL, UNIQUE (cell, block));"
    "CREATE TABLE sample (invocation INTEGER NOT NULL REFERENCES invocation,"
    " number INTEGER NOT NULL, ns_per_op REAL, verified INTEGER NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY (invocation, number));"
    "PRAGMA user_version = 1;"; // VERSION

static bool fail(struct store *s, struct error *e, const char *doing)
{
    return error_set(e, "store %s: %s: %s", s->path, doing, sqlite3_errmsg(s->db));
}

static bool execute(struct store *s, const char *sql, struct error *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(s, e, "writing");
}

static int64_t pragma(struct store *s, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

static struct store *open_file(const char *path, int flags, struct error *e)
{
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(e, "out of memory");
        return NULL;
    }
    snprintf(s->path, sizeof s->path, "%s", path);
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
        fail(s, e, "opening");
        store_close(s);
        return NULL;
    }
    sqlite3_busy_timeout(s->db, 10000);
    return s;
}

// Neither changes the file before it knows that it is a store.
static bool check(struct store *s, struct error *e)
{
    int64_t application = pragma(s, "PRAGMA application_id");
    if (application == -1)
        return fail(s, e, "reading");
    int64_t version = pragma(s, "PRAGMA user_version");
    if (application != APPLICATION)
        return error_set(e, "%s is no store of rclab", s->path);
    if (version > VERSION)
        return error_set(e, "%s was written by a newer rclab (store version %d, this one knows %d)",
                         s->path, (int)version, VERSION);
    return true;
}

struct store *store_open(const char *path, struct error *e)
{
    if (access(path, R_OK) != 0) {
        error_set(e, "no store %s: %s", path, strerror(errno));
        return NULL;
    }
    // read-write, so that a log that a killed sweep left behind can be read; nothing is written
    struct store *s = open_file(path, SQLITE_OPEN_READWRITE, e);
    if (s != NULL && !check(s, e)) {
        store_close(s);
        return NULL;
    }
    return s;
}

struct store *store_create(const char *path, struct error *e)
{
    struct stat st;
    bool fresh = stat(path, &st) != 0 || st.st_size == 0;
    struct store *s = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
    if (s == NULL)
        return NULL;
    bool ok = fresh || check(s, e);
    if (ok && sqlite3_db_readonly(s->db, "main") == 1)
        ok = error_set(e, "store %s is read-only", path);
    s->writes = ok;
    ok = ok && execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", e);
    if (ok && fresh)
        ok = execute(s, "BEGIN IMMEDIATE", e) && execute(s, schema, e) && execute(s, "COMMIT", e);
    if (!ok) {
        store_close(s);
        return NULL;
    }
    return s;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    // without a log it can be read where nothing can be written; not while someone else has it open
    if (s->writes) {
        sqlite3_busy_timeout(s->db, 0);
        sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    sqlite3_close(s->db);
    free(s);
}

static sqlite3_stmt *prepare(struct store *s, const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        sqlite3_finalize(q), q = NULL;
    return q;
}

static bool finish(struct store *s, sqlite3_stmt *q, struct error *e)
{
    bool ok = q != NULL && sqlite3_step(q) == SQLITE_DONE;
    if (!ok)
        fail(s, e, "writing");
    sqlite3_finalize(q);
    return ok;
}

bool store_set(struct store *s, const char *name, const char *value, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "INSERT OR REPLACE INTO meta VALUES (?, ?)");
    sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(q, 2, value, -1, SQLITE_TRANSIENT);
    return finish(s, q, e);
}

char *store_get(struct store *s, const char *name)
{
    sqlite3_stmt *q = prepare(s, "SELECT value FROM meta WHERE name = ?");
    sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
    char *value = NULL;
    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        value = strdup((const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return value;
}

// Adds a row by its unique text and answers its id.
static bool get_or_add(struct store *s, const char *add, const char *find, const char *text,
                       const char *more[2], int64_t *id, struct error *e)
{
    sqlite3_stmt *q = prepare(s, add);
    sqlite3_bind_text(q, 1, text, -1, SQLITE_TRANSIENT);
    for (int i = 0; more != NULL && i < 2; i++)
        sqlite3_bind_text(q, 2 + i, more[i], -1, SQLITE_TRANSIENT);
    if (!finish(s, q, e))
        return false;
    q = prepare(s, find);
    sqlite3_bind_text(q, 1, text, -1, SQLITE_TRANSIENT);
    bool ok = q != NULL && sqlite3_step(q) == SQLITE_ROW;
    *id = ok ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return ok || fail(s, e, "reading");
}

bool store_environment(struct store *s, const char *json, int64_t *id, struct error *e)
{
    return get_or_add(s, "INSERT OR IGNORE INTO environment (json) VALUES (?)",
                      "SELECT id FROM environment WHERE json = ?", json, NULL, id, e);
}

bool store_has(struct store *s, const struct spec *spec, int64_t block)
{
    char key[SPEC_TEXT];
    spec_key(spec, key);
    sqlite3_stmt *q = prepare(s, "SELECT 1 FROM invocation JOIN cell ON cell.id = invocation.cell "
                                 "WHERE cell.key = ? AND block = ?");
    sqlite3_bind_text(q, 1, key, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(q, 2, block);
    bool has = q != NULL && sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return has;
}

void store_count(struct store *s, size_t *all, size_t *ok)
{
    *all = (size_t)pragma(s, "SELECT count(*) FROM invocation");
    *ok = (size_t)pragma(s, "SELECT count(*) FROM invocation WHERE status = 'ok'");
}

static bool add_samples(struct store *s, int64_t invocation, const json_t *samples, struct error *e)
{
    size_t i;
    json_t *sample;
    json_array_foreach((json_t *)samples, i, sample)
    {
        const json_t *ns = json_object_get(sample, "ns_per_op");
        char *text = json_dumps(sample, JSON_COMPACT | JSON_SORT_KEYS);
        sqlite3_stmt *q = prepare(s, "INSERT INTO sample VALUES (?, ?, ?, ?, ?)");
        sqlite3_bind_int64(q, 1, invocation);
        sqlite3_bind_int64(q, 2, (sqlite3_int64)i);
        if (json_is_number(ns))
            sqlite3_bind_double(q, 3, json_number_value(ns));
        sqlite3_bind_int(q, 4, json_is_true(json_object_get(sample, "verified")));
        sqlite3_bind_text(q, 5, text, -1, free);
        if (!finish(s, q, e))
            return false;
    }
    return true;
}

static bool add_whole(struct store *s, const struct store_invocation *i, const struct outcome *o,
                      struct error *e)
{
    char key[SPEC_TEXT];
    spec_key(i->spec, key);
    json_t *spec = spec_json(i->spec);
    char *json = json_dumps(spec, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(spec);
    int64_t cell;
    const char *more[2] = {i->spec->workload->name, json};
    bool ok = get_or_add(s, "INSERT OR IGNORE INTO cell (key, workload, json) VALUES (?, ?, ?)",
                         "SELECT id FROM cell WHERE key = ?", key, more, &cell, e);
    free(json);
    if (!ok)
        return false;
    sqlite3_stmt *q = prepare(s, "INSERT INTO invocation (cell, block, family, round, position, "
                                 "environment, wall_ns, load, status, message, rank) "
                                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sqlite3_bind_int64(q, 1, cell);
    sqlite3_bind_int64(q, 2, i->block);
    sqlite3_bind_text(q, 3, i->family, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(q, 4, i->round);
    sqlite3_bind_int64(q, 5, i->position);
    sqlite3_bind_int64(q, 6, i->environment);
    sqlite3_bind_int64(q, 7, (sqlite3_int64)o->wall_ns);
    sqlite3_bind_double(q, 8, i->load);
    sqlite3_bind_text(q, 9, outcome_name(o->status), -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 10, o->message, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(q, 11, i->rank);
    return finish(s, q, e) && add_samples(s, sqlite3_last_insert_rowid(s->db), o->samples, e);
}

bool store_add(struct store *s, const struct store_invocation *i, const struct outcome *o,
               struct error *e)
{
    if (execute(s, "BEGIN IMMEDIATE", e) && add_whole(s, i, o, e) && execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool store_visit(struct store *s, store_each *each, void *argument, struct error *e)
{
    sqlite3_stmt *q =
        prepare(s, "SELECT invocation.id, block, round, family, key, status, message, cell.json, "
                   "sample.json, rank FROM invocation JOIN cell ON cell.id = invocation.cell "
                   "LEFT JOIN sample ON sample.invocation = invocation.id "
                   "ORDER BY invocation.id, number");
    if (q == NULL)
        return fail(s, e, "reading");
    int answer;
    while ((answer = sqlite3_step(q)) == SQLITE_ROW) {
        struct store_row row = {
            .invocation = sqlite3_column_int64(q, 0),
            .block = sqlite3_column_int64(q, 1),
            .round = (unsigned)sqlite3_column_int(q, 2),
            .rank = (unsigned)sqlite3_column_int(q, 9),
            .family = (const char *)sqlite3_column_text(q, 3),
            .key = (const char *)sqlite3_column_text(q, 4),
            .status = (const char *)sqlite3_column_text(q, 5),
            .message = (const char *)sqlite3_column_text(q, 6),
        };
        json_t *cell = json_loads((const char *)sqlite3_column_text(q, 7), 0, NULL);
        const char *text = (const char *)sqlite3_column_text(q, 8);
        json_t *sample = text != NULL ? json_loads(text, 0, NULL) : NULL;
        if (sample != NULL) {
            json_object_set_new(sample, "cell", json_string(row.key));
            json_object_set_new(sample, "family", json_string(row.family));
            json_object_set_new(sample, "block", json_integer(row.block));
            json_object_set_new(sample, "round", json_integer(row.round));
            json_object_set_new(sample, "invocation", json_integer(row.invocation));
            json_object_set_new(sample, "status", json_string(row.status));
        }
        row.cell = cell;
        row.sample = sample;
        each(argument, &row);
        json_decref(cell);
        json_decref(sample);
    }
    bool ok = answer == SQLITE_DONE || fail(s, e, "reading");
    sqlite3_finalize(q);
    return ok;
}

char *store_newest(const char *plan)
{
    char directory[4200], path[4600], prefix[128] = "", *best = NULL;
    struct timespec newest = {0};
    snprintf(directory, sizeof directory, "%s/results", build_root());
    if (plan != NULL)
        snprintf(prefix, sizeof prefix, "%.100s-2", plan); // the year follows
    DIR *d = opendir(directory);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        size_t n = strlen(entry->d_name);
        struct stat st;
        snprintf(path, sizeof path, "%s/%.255s", directory, entry->d_name);
        if (n < 4 || strcmp(entry->d_name + n - 3, ".db") != 0 ||
            strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || stat(path, &st) != 0)
            continue;
        if (best != NULL &&
            (st.st_mtim.tv_sec < newest.tv_sec ||
             (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec < newest.tv_nsec)))
            continue;
        newest = st.st_mtim;
        free(best);
        best = strdup(path);
    }
    if (d != NULL)
        closedir(d);
    return best;
}

char *store_choose(const char *asked, struct error *e)
{
    char *path = asked != NULL ? strdup(asked) : store_newest(NULL);
    if (path == NULL)
        error_set(e, "no store in results/: measure first (rclab sweep quick), or give --store");
    return path;
}
