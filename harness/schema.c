// SPDX-License-Identifier: MIT
#include "schema.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "environment.h"

// The tables, by the version since which they are as they are. `began` is UTC to the millisecond.
// `cells` is a hash of the keys of the plan's cells, in order, or empty where version 1 did not
// say. A sample's JSON lacks what its cell's row has. The attempts at a cell in a block are
// numbered from 0, without gaps.
static const char since_2[] =
    "CREATE TABLE machine (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);"
    "CREATE TABLE sweep (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE,"
    " machine INTEGER NOT NULL REFERENCES machine, plan TEXT NOT NULL, plan_text TEXT NOT NULL,"
    " seed INTEGER NOT NULL, shard TEXT NOT NULL, cells TEXT NOT NULL, finished INTEGER NOT NULL);"
    "CREATE TABLE environment (id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine,"
    " json TEXT NOT NULL, UNIQUE (machine, json));"
    "CREATE TABLE cell (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, workload TEXT NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE TABLE sample (invocation INTEGER NOT NULL REFERENCES invocation,"
    " number INTEGER NOT NULL, ns_per_op REAL, verified INTEGER NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY (invocation, number));";
static const char since_3[] =
    "CREATE TABLE invocation (id INTEGER PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweep,"
    " cell INTEGER NOT NULL REFERENCES cell, block INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " family TEXT NOT NULL, round INTEGER NOT NULL, position INTEGER NOT NULL,"
    " rank INTEGER NOT NULL, layout INTEGER NOT NULL, padding INTEGER NOT NULL,"
    " environment INTEGER NOT NULL REFERENCES environment, began TEXT NOT NULL,"
    " wall_ns INTEGER NOT NULL, load REAL, status TEXT NOT NULL, message TEXT NOT NULL,"
    " disturbed TEXT NOT NULL, UNIQUE (sweep, cell, block, attempt));"
    "CREATE TABLE stop (sweep INTEGER NOT NULL REFERENCES sweep, family TEXT NOT NULL,"
    " rounds INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (sweep, family));";
static const char numbers[] = "PRAGMA application_id = 1919118434;" // SCHEMA_APPLICATION
                              "PRAGMA user_version = 3;";           // SCHEMA_VERSION

// Version 1 held one sweep, whose plan, seed and end stood in `meta`, and noted when an invocation
// was written, not when it began. It could be continued on another machine: each gets a sweep.
// Their identities follow from what they hold, so that copies of one store are known as such.
// Invocations get the columns of version 2; what ties them together comes with the next step.
static const char aside_1[] = "ALTER TABLE meta RENAME TO old_meta;"
                              "ALTER TABLE environment RENAME TO old_environment;"
                              "ALTER TABLE cell RENAME TO old_cell;"
                              "ALTER TABLE invocation RENAME TO old_invocation;"
                              "ALTER TABLE sample RENAME TO old_sample;";
static const char from_1[] =
    "INSERT OR IGNORE INTO machine (identity) SELECT machine_1(json) FROM old_environment"
    " ORDER BY id;"
    "INSERT INTO sweep (identity, machine, plan, plan_text, seed, shard, cells, finished)"
    " SELECT hash(machine.identity || char(10) || coalesce(seed, '') || char(10) ||"
    "  coalesce(plan, '') || char(10) || coalesce(plan_text, '')), machine.id,"
    "  coalesce(plan, ''), coalesce(plan_text, ''), CAST(coalesce(seed, 0) AS INTEGER), '1/1', '',"
    "  coalesce(finished, '') = '1'"
    " FROM machine, (SELECT (SELECT value FROM old_meta WHERE name = 'plan') AS plan,"
    "  (SELECT value FROM old_meta WHERE name = 'plan_text') AS plan_text,"
    "  (SELECT value FROM old_meta WHERE name = 'seed') AS seed,"
    "  (SELECT value FROM old_meta WHERE name = 'finished') AS finished) ORDER BY machine.id;"
    "INSERT INTO environment (id, machine, json) SELECT old.id, machine.id, json"
    " FROM old_environment AS old JOIN machine ON machine.identity = machine_1(json);"
    "INSERT INTO cell (id, key, workload, json) SELECT id, key, workload, json FROM old_cell;"
    "CREATE TABLE invocation AS SELECT old.id AS id, sweep.id AS sweep, cell, block,"
    "  clean(family) AS family, round, position, rank, environment,"
    "  coalesce(strftime('%Y-%m-%d %H:%M:%f', began, printf('%.3f seconds', -wall_ns / 1e9)),"
    "   '1970-01-01 00:00:00.000') AS began, wall_ns, load, status, clean(message) AS message"
    " FROM old_invocation AS old JOIN environment ON environment.id = old.environment"
    " JOIN sweep ON sweep.machine = environment.machine;"
    "INSERT INTO sample (invocation, number, ns_per_op, verified, json)"
    " SELECT invocation, number, ns_per_op, verified, cell_cut(old.json, cell.json)"
    " FROM old_sample AS old JOIN invocation ON invocation.id = old.invocation"
    " JOIN cell ON cell.id = invocation.cell;"
    "DROP TABLE old_sample; DROP TABLE old_invocation; DROP TABLE old_cell;"
    "DROP TABLE old_environment; DROP TABLE old_meta;";

// Version 2 measured a cell once in a block, in the usual layout, and knew of no disturbance.
static const char aside_2[] = "CREATE TABLE old_invocation AS SELECT * FROM invocation;"
                              "DROP TABLE invocation;";
static const char from_2[] =
    "INSERT INTO invocation (id, sweep, cell, block, attempt, family, round, position, rank,"
    "  layout, padding, environment, began, wall_ns, load, status, message, disturbed)"
    " SELECT id, sweep, cell, block, 0, family, round, position, rank, 0, 0, environment, began,"
    "  wall_ns, load, status, message, '' FROM old_invocation ORDER BY id;"
    "DROP TABLE old_invocation;";

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool schema_make(sqlite3 *db)
{
    return run(db, since_2) && run(db, since_3) && run(db, numbers);
}

bool schema_migrate(sqlite3 *db, int64_t version)
{
    return (version > 1 || (run(db, aside_1) && run(db, since_2) && run(db, from_1))) &&
           (version > 2 || (run(db, aside_2) && run(db, since_3) && run(db, from_2))) &&
           run(db, numbers);
}

// --- functions --------------------------------------------------------------------------------

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
void schema_hash(const char *text, size_t n, char hash[SCHEMA_HASH])
{
    unsigned __int128 h = (unsigned __int128)0x6c62272e07bb0142 << 64 | 0x62b821756295c58d;
    const unsigned __int128 prime = (unsigned __int128)1 << 88 | 0x13b;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * prime;
    snprintf(hash, SCHEMA_HASH, "%016" PRIx64 "%016" PRIx64, (uint64_t)(h >> 64), (uint64_t)h);
}

static const char *text(sqlite3_value *value)
{
    const char *t = (const char *)sqlite3_value_text(value);
    return t != NULL ? t : "";
}

static void on_hash(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    char hash[SCHEMA_HASH];
    schema_hash(text(value[0]), strlen(text(value[0])), hash);
    sqlite3_result_text(context, hash, -1, SQLITE_TRANSIENT);
}

// The length of the UTF-8 character at t, or 0; what JSON's library takes counts.
static size_t character(const char *t)
{
    for (size_t n = 1; n <= 4 && t[n - 1] != '\0'; n++) {
        json_t *c = json_stringn(t, n);
        json_decref(c);
        if (c != NULL)
            return n;
    }
    return 0;
}
static void on_clean(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    char *copy = strdup(text(value[0]));
    if (copy == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    for (char *t = copy; *t != '\0';) {
        size_t length = (unsigned char)*t < 0x80 ? 1 : character(t);
        if (length == 0)
            *t = '?';
        t += length != 0 ? length : 1;
    }
    sqlite3_result_text(context, copy, -1, free);
}

static void merge_members(sqlite3_context *context, sqlite3_value **value, bool add)
{
    json_t *sample = json_loads(text(value[0]), 0, NULL),
           *cell = json_loads(text(value[1]), 0, NULL);
    const char *name;
    json_t *member;
    if (add && json_is_object(sample))
        json_object_update_missing(sample, cell);
    else if (json_is_object(sample))
        json_object_foreach(cell, name, member)
        {
            if (json_equal(member, json_object_get(sample, name)))
                json_object_del(sample, name);
        }
    char *merged =
        json_is_object(sample) ? json_dumps(sample, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (merged != NULL)
        sqlite3_result_text(context, merged, -1, free);
    else
        sqlite3_result_value(context, value[0]);
    json_decref(sample);
    json_decref(cell);
}
static void on_cell_cut(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    merge_members(context, value, false);
}
static void on_cell_put(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    merge_members(context, value, true);
}

static void on_member(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    json_t *object = json_loads(text(value[0]), 0, NULL);
    const json_t *member = json_object_get(object, text(value[1]));
    if (json_is_number(member))
        sqlite3_result_double(context, json_number_value(member));
    else if (json_is_boolean(member))
        sqlite3_result_int(context, json_is_true(member));
    json_decref(object);
}

// The number of CPUs stands in the topology's summary: "1 package, 1 L3, 64 cores, 128 PUs".
static void on_machine_1(sqlite3_context *context, int n, sqlite3_value **value)
{
    (void)n;
    json_t *e = json_loads(text(value[0]), 0, NULL);
    const char *id = json_string_value(json_object_get(e, "machine"));
    const char *cpu = json_string_value(json_object_get(e, "cpu"));
    const char *topology = json_string_value(json_object_get(e, "topology"));
    const char *pus = topology != NULL ? strstr(topology, " PU") : NULL;
    while (pus != NULL && pus > topology && pus[-1] >= '0' && pus[-1] <= '9')
        pus--;
    char identity[MACHINE_TEXT];
    environment_machine_text(id, cpu, pus != NULL ? (unsigned)strtoul(pus, NULL, 10) : 0, identity);
    sqlite3_result_text(context, identity, -1, SQLITE_TRANSIENT);
    json_decref(e);
}

bool schema_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **value);
    } function[] = {{"hash", 1, on_hash},         {"clean", 1, on_clean},
                    {"cell_cut", 2, on_cell_cut}, {"cell_put", 2, on_cell_put},
                    {"member", 2, on_member},     {"machine_1", 1, on_machine_1}};
    for (size_t i = 0; i < sizeof function / sizeof function[0]; i++)
        if (sqlite3_create_function(db, function[i].name, function[i].arguments,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, function[i].call,
                                    NULL, NULL) != SQLITE_OK)
            return false;
    return true;
}
