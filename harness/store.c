// SPDX-License-Identifier: MIT
#include "store.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"

enum { PATH = 4200 };

struct store {
    sqlite3 *db;
    bool writes;
    char path[PATH];       // as it was asked for
    char draft[PATH + 32]; // where a draft is written
};

static const char help[] =
    "; what it holds is kept: make room on its disk, and the same command goes on";

bool store_fail(struct store *s, const char *doing, struct error *e)
{
    int code = sqlite3_errcode(s->db) & 0xff;
    bool disk = code == SQLITE_FULL || code == SQLITE_IOERR;
    return error_set(e, "store %.1000s: %s: %.400s%s", s->path, doing, sqlite3_errmsg(s->db),
                     disk ? help : "");
}

bool store_disk_failed(const struct error *e)
{
    size_t n = strlen(e->text);
    return n >= sizeof help && strcmp(e->text + n + 1 - sizeof help, help) == 0;
}

bool store_execute(struct store *s, const char *sql, struct error *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fail(s, "writing", e);
}

sqlite3 *store_database(struct store *s)
{
    return s->db;
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

// --- files ------------------------------------------------------------------------------------

// `path` is for messages.
static struct store *open_file(const char *path, const char *file, int flags, struct error *e)
{
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL || strlen(path) >= sizeof s->path) {
        error_set(e, s == NULL ? "out of memory" : "store: the path is too long");
        free(s);
        return NULL;
    }
    snprintf(s->path, sizeof s->path, "%s", path);
    if (sqlite3_open_v2(file, &s->db, flags, NULL) != SQLITE_OK || !schema_functions(s->db)) {
        store_fail(s, "opening", e);
        store_close(s);
        return NULL;
    }
    // whoever only looks does not clear up behind another
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(s->db, 10000);
    return s;
}

// Neither changes the file before it knows that it is a store.
static bool check(struct store *s, struct error *e)
{
    int64_t application = pragma(s, "PRAGMA application_id");
    if (application == -1)
        return store_fail(s, "reading", e);
    int64_t version = pragma(s, "PRAGMA user_version");
    if (application != SCHEMA_APPLICATION || version < 1)
        return error_set(e, "%s is no store of rclab", s->path);
    if (version > SCHEMA_VERSION)
        return error_set(e, "%s was written by a newer rclab (store version %d, this one knows %d)",
                         s->path, (int)version, SCHEMA_VERSION);
    return true;
}

// Replaces the connection by a copy in memory.
static bool into_memory(struct store *s, struct error *e)
{
    struct store *copy = open_file(s->path, ":memory:", SQLITE_OPEN_READWRITE, e);
    if (copy == NULL)
        return false;
    sqlite3_backup *b = sqlite3_backup_init(copy->db, "main", s->db, "main");
    if (b != NULL)
        sqlite3_backup_step(b, -1);
    bool ok = sqlite3_backup_finish(b) == SQLITE_OK && b != NULL;
    if (!ok)
        store_fail(copy, "reading", e);
    sqlite3 *db = s->db;
    s->db = copy->db;
    copy->db = db;
    store_close(copy);
    return ok;
}

static bool copy_file(const char *from, const char *to)
{
    char chunk[65536];
    ssize_t n = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    while (out >= 0 && (n = read(in, chunk, sizeof chunk)) > 0)
        if (write(out, chunk, (size_t)n) != n) {
            n = -1;
            break;
        }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return n == 0;
}

// SQLite cannot read a log without writing beside it. Where that is not possible (a read-only
// medium, a full disk) file and log are copied to where it is, and from there into memory.
static struct store *open_elsewhere(const char *path, struct error *e)
{
    const char *temporary = getenv("TMPDIR");
    char directory[PATH], file[PATH + 16], from[PATH + 16], to[PATH + 32];
    snprintf(directory, sizeof directory, "%.4000s/rclab-XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(directory) == NULL)
        return NULL;
    snprintf(file, sizeof file, "%s/store", directory);
    snprintf(from, sizeof from, "%s-wal", path);
    snprintf(to, sizeof to, "%s-wal", file);
    struct store *s = NULL;
    if (copy_file(path, file) && (access(from, F_OK) != 0 || copy_file(from, to)))
        s = open_file(path, file, SQLITE_OPEN_READWRITE, e);
    if (s != NULL && !into_memory(s, e)) {
        store_close(s);
        s = NULL;
    }
    unlink(to);
    snprintf(to, sizeof to, "%s-shm", file);
    unlink(to);
    unlink(file);
    rmdir(directory);
    return s;
}

static bool readable(struct store *s)
{
    return pragma(s, "SELECT count(*) FROM sqlite_master") != -1;
}

static bool migrate(struct store *s, struct error *e)
{
    if (!store_execute(s, "BEGIN IMMEDIATE", e))
        return false;
    int64_t version = pragma(s, "PRAGMA user_version");
    // another process may have done it
    if ((version == SCHEMA_VERSION || schema_migrate(s->db, version) ||
         store_fail(s, "bringing it to this version", e)) &&
        store_execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

struct store *store_open(const char *path, struct error *e)
{
    if (access(path, R_OK) != 0) {
        error_set(e, "no store %s: %s", path, strerror(errno));
        return NULL;
    }
    struct store *s = open_file(path, path, SQLITE_OPEN_READONLY, e);
    if (s != NULL && !readable(s)) {
        int code = sqlite3_errcode(s->db) & 0xff;
        struct store *copy = NULL;
        store_fail(s, "reading", e);
        if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_IOERR)
            copy = open_elsewhere(path, e);
        store_close(s);
        s = copy;
    }
    if (s != NULL && (!check(s, e) || (pragma(s, "PRAGMA user_version") < SCHEMA_VERSION &&
                                       (!into_memory(s, e) || !migrate(s, e))))) {
        store_close(s);
        s = NULL;
    }
    return s;
}

// In a rollback journal, so that the file says what it is before there is a log.
static bool make(struct store *s, struct error *e)
{
    if (!store_execute(s, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE", e))
        return false;
    // another process may have done it
    if ((pragma(s, "PRAGMA application_id") == SCHEMA_APPLICATION || schema_make(s->db) ||
         store_fail(s, "writing", e)) &&
        store_execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

// SQLite would find out later, and as root never; by then it has made files beside it.
static bool writable(const char *path, const struct stat *st, struct error *e)
{
    if ((st->st_mode & 0222) == 0)
        return error_set(e,
                         "store %s is read-only: chmod u+w it if it is to be changed, or give "
                         "another --store",
                         path);
    if (access(path, W_OK) != 0)
        return error_set(e, "store %s is read-only: %s; give another --store", path,
                         strerror(errno));
    return true;
}

static struct store *create(const char *path, const char *file, struct error *e)
{
    struct stat st;
    bool there = stat(file, &st) == 0, fresh = !there || st.st_size == 0;
    if (there && !writable(path, &st, e))
        return NULL;
    struct store *s = open_file(path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
    if (s == NULL)
        return NULL;
    bool ok = fresh || check(s, e);
    if (ok && sqlite3_db_readonly(s->db, "main") == 1)
        ok = error_set(e, "store %s is read-only", path);
    if (ok && fresh)
        ok = make(s, e);
    else if (ok && pragma(s, "PRAGMA user_version") < SCHEMA_VERSION)
        ok = migrate(s, e);
    if (ok) {
        s->writes = true;
        return s;
    }
    store_close(s);
    if (!there)
        unlink(file);
    return NULL;
}

struct store *store_create(const char *path, struct error *e)
{
    struct store *s = create(path, path, e);
    if (s != NULL &&
        !store_execute(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", e)) {
        store_close(s);
        s = NULL;
    }
    return s;
}

struct store *store_draft(const char *path, struct error *e)
{
    char draft[PATH + 32];
    if (access(path, F_OK) == 0) {
        error_set(e, "%s is there already: give another --store", path);
        return NULL;
    }
    snprintf(draft, sizeof draft, "%.4190s-%d.tmp", path, (int)getpid());
    unlink(draft); // of a process of the same number, which is gone
    struct store *s = create(path, draft, e);
    if (s != NULL)
        snprintf(s->draft, sizeof s->draft, "%s", draft);
    return s;
}

bool store_publish(struct store *s, struct error *e)
{
    bool ok = store_settle(s, e);
    // some file systems cannot refuse what is there
    if (ok && renameat2(AT_FDCWD, s->draft, AT_FDCWD, s->path, RENAME_NOREPLACE) != 0 &&
        !(errno == EINVAL && access(s->path, F_OK) != 0 && rename(s->draft, s->path) == 0))
        ok = error_set(e, "%s cannot be made: %s", s->path, strerror(errno));
    if (ok)
        s->draft[0] = '\0';
    store_close(s);
    return ok;
}

bool store_settle(struct store *s, struct error *e)
{
    int64_t code = SQLITE_OK;
    if (!s->writes)
        return true;
    s->writes = false;
    // without a log it can be read where nothing can be written; not while someone else has it open
    sqlite3_busy_timeout(s->db, 1000);
    if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK)
        sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    code = sqlite3_errcode(s->db) & 0xff;
    if (code != SQLITE_FULL && code != SQLITE_IOERR)
        return true;
    return store_fail(s, "bringing the log (the file beside it, -wal) into it", e);
}

void store_close(struct store *s)
{
    struct error ignored;
    if (s == NULL)
        return;
    store_settle(s, &ignored);
    sqlite3_close(s->db);
    if (s->draft[0] != '\0')
        unlink(s->draft);
    free(s);
}

// --- statements -------------------------------------------------------------------------------

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
        store_fail(s, "writing", e);
    sqlite3_finalize(q);
    return ok;
}

// The first column of the only row, as a number.
static bool answer(struct store *s, sqlite3_stmt *q, int64_t *id, struct error *e)
{
    bool ok = q != NULL && sqlite3_step(q) == SQLITE_ROW;
    *id = ok ? sqlite3_column_int64(q, 0) : 0;
    if (!ok)
        store_fail(s, "reading", e);
    sqlite3_finalize(q);
    return ok;
}

static void bind(sqlite3_stmt *q, int i, const char *text)
{
    sqlite3_bind_text(q, i, text, -1, SQLITE_TRANSIENT);
}

// --- sweeps and environments ------------------------------------------------------------------

static bool add_sweep(struct store *s, struct store_sweep *w, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "INSERT OR IGNORE INTO machine (identity) VALUES (?)");
    bind(q, 1, w->machine);
    if (!finish(s, q, e))
        return false;
    q = prepare(s, "INSERT INTO sweep (identity, machine, plan, plan_text, seed, shard, cells, "
                   "finished) SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, 0 FROM machine "
                   "WHERE identity = ?2");
    bind(q, 1, w->identity);
    bind(q, 2, w->machine);
    bind(q, 3, w->plan);
    bind(q, 4, w->plan_text);
    sqlite3_bind_int64(q, 5, (sqlite3_int64)w->seed);
    bind(q, 6, w->shard);
    bind(q, 7, w->cells);
    if (!finish(s, q, e))
        return false;
    w->id = sqlite3_last_insert_rowid(s->db);
    return true;
}

bool store_begin(struct store *s, struct store_sweep *w, struct error *e)
{
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return error_set(e, "no random numbers: %s", strerror(errno));
    snprintf(w->identity, sizeof w->identity, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    w->seed = sync_now_ns();
    w->finished = false;
    if (!store_execute(s, "BEGIN IMMEDIATE", e))
        return false;
    if (add_sweep(s, w, e) && store_execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool store_finish(struct store *s, int64_t sweep, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "UPDATE sweep SET finished = 1 WHERE id = ?");
    sqlite3_bind_int64(q, 1, sweep);
    return finish(s, q, e);
}

static const char *column(sqlite3_stmt *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q, i);
    return text != NULL ? text : "";
}

static bool take_sweep(sqlite3_stmt *q, struct store_sweep *w)
{
    w->id = sqlite3_column_int64(q, 0);
    snprintf(w->identity, sizeof w->identity, "%s", column(q, 1));
    w->machine = strdup(column(q, 2));
    w->plan = strdup(column(q, 3));
    w->plan_text = strdup(column(q, 4));
    w->shard = strdup(column(q, 5));
    w->cells = strdup(column(q, 6));
    w->seed = (uint64_t)sqlite3_column_int64(q, 7);
    w->finished = sqlite3_column_int(q, 8) != 0;
    return w->machine != NULL && w->plan != NULL && w->plan_text != NULL && w->shard != NULL &&
           w->cells != NULL;
}

bool store_sweeps(struct store *s, struct store_sweep **list, size_t *n, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "SELECT sweep.id, sweep.identity, machine.identity, plan, "
                                 "plan_text, shard, cells, seed, finished FROM sweep "
                                 "JOIN machine ON machine.id = machine ORDER BY sweep.id");
    *list = NULL;
    *n = 0;
    int code;
    bool memory = true;
    while (memory && (code = sqlite3_step(q)) == SQLITE_ROW) {
        struct store_sweep *bigger = realloc(*list, (*n + 1) * sizeof *bigger);
        if (bigger != NULL) {
            *list = bigger;
            bigger[*n] = (struct store_sweep){0};
        }
        memory = bigger != NULL && take_sweep(q, &bigger[(*n)++]);
    }
    bool ok =
        memory ? code == SQLITE_DONE || store_fail(s, "reading", e) : error_set(e, "out of memory");
    sqlite3_finalize(q);
    if (!ok) {
        store_sweeps_free(*list, *n);
        *list = NULL;
        *n = 0;
    }
    return ok;
}

void store_sweeps_free(struct store_sweep *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)list[i].machine);
        free((char *)list[i].plan);
        free((char *)list[i].plan_text);
        free((char *)list[i].shard);
        free((char *)list[i].cells);
    }
    free(list);
}

bool store_shard(const char *text, unsigned *i, unsigned *n)
{
    char again[32];
    if (sscanf(text, "%5u/%5u", i, n) != 2 || *i < 1 || *i > *n)
        return false;
    snprintf(again, sizeof again, "%u/%u", *i, *n);
    return strcmp(text, again) == 0;
}

bool store_environment(struct store *s, int64_t sweep, const char *json, int64_t *id,
                       struct error *e)
{
    sqlite3_stmt *q = prepare(s, "INSERT OR IGNORE INTO environment (machine, json) "
                                 "SELECT machine, ?2 FROM sweep WHERE id = ?1");
    sqlite3_bind_int64(q, 1, sweep);
    bind(q, 2, json);
    if (!finish(s, q, e))
        return false;
    q = prepare(s, "SELECT environment.id FROM environment JOIN sweep USING (machine) "
                   "WHERE sweep.id = ?1 AND json = ?2");
    sqlite3_bind_int64(q, 1, sweep);
    bind(q, 2, json);
    return answer(s, q, id, e);
}

// --- invocations ------------------------------------------------------------------------------

// Of a row of table invocation.
#define SUPERSEDED                                                                    \
    "EXISTS (SELECT 1 FROM invocation AS later WHERE later.sweep = invocation.sweep " \
    "AND later.cell = invocation.cell AND later.block = invocation.block "            \
    "AND later.attempt > invocation.attempt)"

unsigned store_attempts(struct store *s, int64_t sweep, const struct spec *spec, int64_t block)
{
    char key[SPEC_TEXT];
    spec_key(spec, key);
    sqlite3_stmt *q = prepare(s, "SELECT max(attempt) + 1 FROM invocation "
                                 "JOIN cell ON cell.id = invocation.cell "
                                 "WHERE sweep = ? AND cell.key = ? AND block = ?");
    sqlite3_bind_int64(q, 1, sweep);
    bind(q, 2, key);
    sqlite3_bind_int64(q, 3, block);
    bool any = q != NULL && sqlite3_step(q) == SQLITE_ROW;
    unsigned attempts = any ? (unsigned)sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return attempts;
}

struct store_counts store_count(struct store *s)
{
    struct store_counts c = {0};
    sqlite3_stmt *q = prepare(
        s, "SELECT count(*), total(status = 'ok'), total(disturbed <> ''), "
           "(SELECT count(*) FROM invocation) - count(*) FROM invocation WHERE NOT " SUPERSEDED);
    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        c = (struct store_counts){.all = (size_t)sqlite3_column_int64(q, 0),
                                  .ok = (size_t)sqlite3_column_int64(q, 1),
                                  .disturbed = (size_t)sqlite3_column_int64(q, 2),
                                  .repeated = (size_t)sqlite3_column_int64(q, 3)};
    sqlite3_finalize(q);
    return c;
}

static bool add_cell(struct store *s, const struct spec *spec, int64_t *cell, struct error *e)
{
    char key[SPEC_TEXT];
    spec_key(spec, key);
    json_t *object = spec_json(spec);
    sqlite3_stmt *q = prepare(s, "INSERT OR IGNORE INTO cell (key, workload, json) "
                                 "VALUES (?, ?, ?)");
    bind(q, 1, key);
    bind(q, 2, spec->workload->name);
    sqlite3_bind_text(q, 3, json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS), -1, free);
    json_decref(object);
    if (!finish(s, q, e))
        return false;
    q = prepare(s, "SELECT id FROM cell WHERE key = ?");
    bind(q, 1, key);
    return answer(s, q, cell, e);
}

static bool add_samples(struct store *s, int64_t invocation, int64_t cell, const json_t *samples,
                        struct error *e)
{
    size_t i;
    json_t *sample;
    json_array_foreach((json_t *)samples, i, sample)
    {
        const json_t *ns = json_object_get(sample, "ns_per_op");
        sqlite3_stmt *q =
            prepare(s, "INSERT INTO sample (invocation, number, ns_per_op, verified, json) "
                       "SELECT ?1, ?2, ?3, ?4, cell_cut(?5, cell.json) FROM cell WHERE id = ?6");
        sqlite3_bind_int64(q, 1, invocation);
        sqlite3_bind_int64(q, 2, (sqlite3_int64)i);
        if (json_is_number(ns))
            sqlite3_bind_double(q, 3, json_number_value(ns));
        sqlite3_bind_int(q, 4, json_is_true(json_object_get(sample, "verified")));
        sqlite3_bind_text(q, 5, json_dumps(sample, JSON_COMPACT | JSON_SORT_KEYS), -1, free);
        sqlite3_bind_int64(q, 6, cell);
        if (!finish(s, q, e))
            return false;
    }
    return true;
}

// It has just ended.
static void began(uint64_t wall_ns, char text[32])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)(wall_ns / 1000000);
    time_t seconds = ms / 1000;
    size_t n = strftime(text, 24, "%Y-%m-%d %H:%M:%S", gmtime(&seconds));
    snprintf(text + n, 32 - n, ".%03d", (int)(ms % 1000));
}

static bool add_whole(struct store *s, const struct store_invocation *i, const struct outcome *o,
                      struct error *e)
{
    char time[32];
    int64_t cell;
    if (!add_cell(s, i->spec, &cell, e))
        return false;
    began(o->wall_ns, time);
    sqlite3_stmt *q =
        prepare(s, "INSERT INTO invocation (sweep, cell, block, family, round, position, rank, "
                   "environment, began, wall_ns, load, status, message, attempt, layout, padding, "
                   "disturbed) VALUES (?, ?, ?, clean(?), ?, ?, ?, ?, ?, ?, ?, ?, clean(?), ?, ?, "
                   "?, clean(?))");
    sqlite3_bind_int64(q, 1, i->sweep);
    sqlite3_bind_int64(q, 2, cell);
    sqlite3_bind_int64(q, 3, i->block);
    bind(q, 4, i->family);
    sqlite3_bind_int64(q, 5, i->round);
    sqlite3_bind_int64(q, 6, i->position);
    sqlite3_bind_int64(q, 7, i->rank);
    sqlite3_bind_int64(q, 8, i->environment);
    bind(q, 9, time);
    sqlite3_bind_int64(q, 10, (sqlite3_int64)o->wall_ns);
    sqlite3_bind_double(q, 11, i->load);
    bind(q, 12, outcome_name(o->status));
    bind(q, 13, o->message);
    sqlite3_bind_int64(q, 14, i->attempt);
    sqlite3_bind_int64(q, 15, i->layout);
    sqlite3_bind_int64(q, 16, i->padding);
    bind(q, 17, i->disturbed);
    return finish(s, q, e) && add_samples(s, sqlite3_last_insert_rowid(s->db), cell, o->samples, e);
}

bool store_add(struct store *s, const struct store_invocation *i, const struct outcome *o,
               struct error *e)
{
    if (!store_execute(s, "BEGIN IMMEDIATE", e))
        return false;
    if (add_whole(s, i, o, e) && store_execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool store_add_stop(struct store *s, const struct store_stop *stop, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "INSERT OR REPLACE INTO stop (sweep, family, rounds, reason) "
                                 "VALUES (?, clean(?), ?, ?)");
    sqlite3_bind_int64(q, 1, stop->sweep);
    bind(q, 2, stop->family);
    sqlite3_bind_int64(q, 3, stop->rounds);
    bind(q, 4, stop->reason);
    return finish(s, q, e);
}

bool store_visit_stops(struct store *s, store_each_stop *each, void *argument, struct error *e)
{
    sqlite3_stmt *q =
        prepare(s, "SELECT sweep, family, rounds, reason FROM stop ORDER BY sweep, family");
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct store_stop stop = {.sweep = sqlite3_column_int64(q, 0),
                                  .family = column(q, 1),
                                  .rounds = (unsigned)sqlite3_column_int64(q, 2),
                                  .reason = column(q, 3)};
        each(argument, &stop);
    }
    bool ok = code == SQLITE_DONE || store_fail(s, "reading", e);
    sqlite3_finalize(q);
    return ok;
}

bool store_visit(struct store *s, store_each *each, void *argument, struct error *e)
{
    sqlite3_stmt *q = prepare(
        s, "SELECT invocation.id, sweep, block, round, rank, family, key, status, message, "
           "cell.json, sample.json, machine.identity, "
           "(SELECT min(id) FROM sweep AS same WHERE same.plan_text = sweep.plan_text), "
           "attempt, layout, disturbed, " SUPERSEDED " "
           "FROM invocation JOIN cell ON cell.id = invocation.cell "
           "JOIN sweep ON sweep.id = invocation.sweep JOIN machine ON machine.id = sweep.machine "
           "LEFT JOIN sample ON sample.invocation = invocation.id "
           "ORDER BY invocation.id, number");
    if (q == NULL)
        return store_fail(s, "reading", e);
    int code;
    struct store_row row = {.invocation = -1};
    json_t *cell = NULL;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        int64_t invocation = sqlite3_column_int64(q, 0);
        if (cell == NULL || invocation != row.invocation) {
            json_decref(cell);
            cell = json_loads(column(q, 9), 0, NULL);
        }
        row = (struct store_row){
            .invocation = invocation,
            .sweep = sqlite3_column_int64(q, 1),
            .block = sqlite3_column_int64(q, 2),
            .round = (unsigned)sqlite3_column_int(q, 3),
            .rank = (unsigned)sqlite3_column_int(q, 4),
            .family = column(q, 5),
            .key = column(q, 6),
            .status = column(q, 7),
            .message = column(q, 8),
            .cell = cell,
            .machine = column(q, 11),
            .plan = sqlite3_column_int64(q, 12),
            .attempt = (unsigned)sqlite3_column_int64(q, 13),
            .layout = (unsigned)sqlite3_column_int64(q, 14),
            .disturbed = column(q, 15),
            .superseded = sqlite3_column_int(q, 16) != 0,
        };
        json_t *sample = json_loads(column(q, 10), 0, NULL);
        if (sample != NULL) {
            json_object_update_missing(sample, cell);
            json_object_set_new(sample, "cell", json_string(row.key));
            json_object_set_new(sample, "family", json_string(row.family));
            json_object_set_new(sample, "block", json_integer(row.block));
            json_object_set_new(sample, "round", json_integer(row.round));
            json_object_set_new(sample, "attempt", json_integer(row.attempt));
            json_object_set_new(sample, "layout", json_integer(row.layout));
            json_object_set_new(sample, "disturbed", json_string(row.disturbed));
            json_object_set_new(sample, "invocation", json_integer(row.invocation));
            json_object_set_new(sample, "status", json_string(row.status));
        }
        row.sample = sample;
        each(argument, &row);
        json_decref(sample);
    }
    json_decref(cell);
    bool ok = code == SQLITE_DONE || store_fail(s, "reading", e);
    sqlite3_finalize(q);
    return ok;
}

// --- merging ----------------------------------------------------------------------------------

// Runs `to` for each row of `from`, whose columns are its parameters. `more`: and then for each row
// that was added, with the first column and the new row's id.
struct merge {
    struct store *into, *from;
    struct store_merged *merged;
    sqlite3_stmt *samples, *add_sample;
    struct error *e;
};
static bool add_row(struct merge *m, sqlite3_stmt *q, sqlite3_stmt *to)
{
    for (int i = 0; i < sqlite3_bind_parameter_count(to); i++)
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(q, i));
    bool ok = sqlite3_step(to) == SQLITE_DONE || store_fail(m->into, "writing", m->e);
    sqlite3_reset(to);
    return ok;
}

// The samples of an invocation that has just been added.
static bool merge_samples(struct merge *m, sqlite3_stmt *invocation)
{
    int code;
    bool ok = true;
    sqlite3_bind_int64(m->samples, 1, sqlite3_last_insert_rowid(store_database(m->into)));
    sqlite3_bind_value(m->samples, 2, sqlite3_column_value(invocation, 0));
    while (ok && (code = sqlite3_step(m->samples)) == SQLITE_ROW)
        ok = add_row(m, m->samples, m->add_sample);
    ok = ok && (code == SQLITE_DONE || store_fail(m->from, "reading", m->e));
    sqlite3_reset(m->samples);
    return ok;
}

static bool merge_rows(struct merge *m, const char *from, const char *to, bool invocations)
{
    sqlite3_stmt *q = prepare(m->from, from), *add = prepare(m->into, to);
    bool ok = (q != NULL || store_fail(m->from, "reading", m->e)) &&
              (add != NULL || store_fail(m->into, "writing", m->e));
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(q)) == SQLITE_ROW) {
        ok = add_row(m, q, add);
        if (!ok || !invocations)
            continue;
        if (sqlite3_changes(m->into->db) == 0) {
            m->merged->had++;
        } else {
            m->merged->added++;
            ok = merge_samples(m, q);
        }
    }
    ok = ok && (code == SQLITE_DONE || store_fail(m->from, "reading", m->e));
    sqlite3_finalize(q);
    sqlite3_finalize(add);
    return ok;
}

// Rows are known by identities, keys and texts; ids are each store's own. Where one copy of a sweep
// went further than the other, it is the further one's state that counts. ("budget" is the least of
// the reasons to stop, as texts go, and the one that a longer budget takes back.)
static bool merge_all(struct merge *m)
{
    m->samples = prepare(m->from, "SELECT ?1, number, ns_per_op, verified, "
                                  "cell_put(sample.json, cell.json) FROM sample "
                                  "JOIN invocation ON invocation.id = sample.invocation "
                                  "JOIN cell ON cell.id = cell WHERE invocation = ?2");
    m->add_sample =
        prepare(m->into, "INSERT INTO sample (invocation, number, ns_per_op, verified, json) "
                         "SELECT ?1, ?2, ?3, ?4, cell_cut(?5, cell.json) FROM invocation "
                         "JOIN cell ON cell.id = cell WHERE invocation.id = ?1");
    bool ok =
        (m->samples != NULL || store_fail(m->from, "reading", m->e)) &&
        (m->add_sample != NULL || store_fail(m->into, "writing", m->e)) &&
        merge_rows(m, "SELECT identity FROM machine ORDER BY id",
                   "INSERT OR IGNORE INTO machine (identity) VALUES (?)", false) &&
        merge_rows(m,
                   "SELECT sweep.identity, machine.identity, plan, plan_text, seed, shard, "
                   "cells, finished FROM sweep JOIN machine ON machine.id = machine "
                   "ORDER BY sweep.id",
                   "INSERT INTO sweep (identity, machine, plan, plan_text, seed, shard, "
                   "cells, finished) SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8 FROM machine "
                   "WHERE identity = ?2 ON CONFLICT (identity) DO UPDATE SET "
                   "finished = max(finished, excluded.finished), "
                   "cells = max(cells, excluded.cells)",
                   false) &&
        merge_rows(m,
                   "SELECT identity, json FROM environment "
                   "JOIN machine ON machine.id = machine ORDER BY environment.id",
                   "INSERT OR IGNORE INTO environment (machine, json) "
                   "SELECT id, ?2 FROM machine WHERE identity = ?1",
                   false) &&
        merge_rows(m, "SELECT key, workload, json FROM cell ORDER BY id",
                   "INSERT OR IGNORE INTO cell (key, workload, json) VALUES (?, ?, ?)", false) &&
        merge_rows(m,
                   "SELECT sweep.identity, family, rounds, reason FROM stop "
                   "JOIN sweep ON sweep.id = sweep ORDER BY sweep.id, family",
                   "INSERT INTO stop (sweep, family, rounds, reason) "
                   "SELECT id, ?2, ?3, ?4 FROM sweep WHERE identity = ?1 "
                   "ON CONFLICT (sweep, family) DO UPDATE SET "
                   "rounds = excluded.rounds, reason = excluded.reason "
                   "WHERE (excluded.rounds, excluded.reason) > (rounds, reason)",
                   false) &&
        merge_rows(
            m,
            "SELECT invocation.id, sweep.identity, key, block, family, round, "
            "position, rank, environment.json, began, wall_ns, load, status, message, "
            "attempt, layout, padding, disturbed FROM invocation JOIN sweep ON sweep.id = sweep "
            "JOIN cell ON cell.id = cell "
            "JOIN environment ON environment.id = environment ORDER BY invocation.id",
            "INSERT OR IGNORE INTO invocation (sweep, cell, block, family, round, "
            "position, rank, environment, began, wall_ns, load, status, message, "
            "attempt, layout, padding, disturbed) "
            "SELECT sweep.id, cell.id, ?4, ?5, ?6, ?7, ?8, environment.id, ?10, ?11, "
            "?12, ?13, ?14, ?15, ?16, ?17, ?18 FROM sweep, cell, environment "
            "WHERE ?1 IS NOT NULL AND sweep.identity = ?2 AND key = ?3 AND "
            "environment.machine = sweep.machine AND environment.json = ?9",
            true);
    sqlite3_finalize(m->samples);
    sqlite3_finalize(m->add_sample);
    return ok;
}

bool store_merge(struct store *into, struct store *from, struct store_merged *merged,
                 struct error *e)
{
    struct merge m = {.into = into, .from = from, .merged = merged, .e = e};
    *merged = (struct store_merged){0};
    // a sweep may be writing to it
    if (!store_execute(from, "BEGIN", e))
        return false;
    bool ok = store_execute(into, "BEGIN IMMEDIATE", e);
    if (ok) {
        ok = merge_all(&m) && store_execute(into, "COMMIT", e);
        if (!ok)
            sqlite3_exec(into->db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_exec(from->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

// --- which store ------------------------------------------------------------------------------

struct found {
    struct timespec time;
    char *path;
};
static int by_age(const void *a, const void *b)
{
    const struct timespec *x = &((const struct found *)a)->time;
    const struct timespec *y = &((const struct found *)b)->time;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return x->tv_nsec > y->tv_nsec ? -1 : x->tv_nsec < y->tv_nsec;
}

char **store_list(const char *plan)
{
    char directory[PATH], path[PATH + 300], prefix[128] = "";
    struct found *found = NULL;
    size_t n = 0;
    snprintf(directory, sizeof directory, "%s/results", build_root());
    if (plan != NULL)
        snprintf(prefix, sizeof prefix, "%.100s-2", plan); // the year follows
    DIR *d = opendir(directory);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        size_t length = strlen(entry->d_name);
        struct stat st;
        snprintf(path, sizeof path, "%s/%.255s", directory, entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 3, ".db") != 0 ||
            strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || stat(path, &st) != 0)
            continue;
        struct found *bigger = realloc(found, (n + 1) * sizeof *found);
        if (bigger == NULL)
            break;
        found = bigger;
        found[n++] = (struct found){st.st_mtim, strdup(path)};
    }
    if (d != NULL)
        closedir(d);
    if (n != 0)
        qsort(found, n, sizeof *found, by_age);
    char **list = calloc(n + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < n; i++)
        list[i] = found[i].path;
    free(found);
    return list;
}

void store_list_free(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

char *store_choose(const char *asked, struct error *e)
{
    char **list = asked == NULL ? store_list(NULL) : NULL;
    const char *chosen = list != NULL ? list[0] : asked;
    char *path = chosen != NULL ? strdup(chosen) : NULL;
    if (path == NULL)
        error_set(e, "no store in results/: measure first (rclab sweep quick), or give --store");
    store_list_free(list);
    return path;
}

char *store_new_path(const char *name, const char *suffix)
{
    char path[PATH + 300], date[32];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", localtime(&now));
    snprintf(path, sizeof path, "%s/results", build_root());
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/results/%s-%s%s.db", build_root(), name, date, suffix);
    return strdup(path);
}
