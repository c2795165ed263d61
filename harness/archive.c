// SPDX-License-Identifier: MIT
#include "archive.h"

#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

// What a line may hold. Members stand in the order in which JSON_SORT_KEYS writes them and `rows`
// selects them. `since` is the version that brought a kind or member; where an older export lacks a
// member, it is 0 or an empty text.
enum type { TEXT, WORD /* not empty */, HASH, INTEGER, NUMBER /* or null */, BOOLEAN, OBJECT };
enum { MEMBERS_MOST = 17, VERSION_LEAST = 2 };
struct kind {
    const char *name;
    int since;
    struct member {
        const char *name;
        int since;
        enum type type;
        int64_t most; // of an INTEGER, from 0
    } member[MEMBERS_MOST + 1];
    const char *rows;
};
// clang-format off
static const struct kind kinds[] = {
    {"cell", 2, {{"json", 2, OBJECT, 0}, {"key", 2, WORD, 0}, {"workload", 2, WORD, 0}},
     "SELECT json, key, workload FROM cell"},
    {"environment", 2, {{"hash", 2, HASH, 0}, {"json", 2, OBJECT, 0}, {"machine", 2, WORD, 0}},
     "SELECT hash(identity || char(10) || json), json, identity FROM environment"
     " JOIN machine ON machine.id = machine"},
    {"invocation", 2,
     {{"attempt", 3, INTEGER, UINT32_MAX}, {"began", 2, WORD, 0}, {"block", 2, INTEGER, INT64_MAX},
      {"cell", 2, WORD, 0}, {"disturbed", 3, TEXT, 0}, {"environment", 2, HASH, 0},
      {"family", 2, WORD, 0}, {"layout", 3, INTEGER, UINT32_MAX}, {"load", 2, NUMBER, 0},
      {"message", 2, TEXT, 0}, {"padding", 3, INTEGER, UINT32_MAX},
      {"position", 2, INTEGER, UINT32_MAX}, {"rank", 2, INTEGER, UINT32_MAX},
      {"round", 2, INTEGER, UINT32_MAX}, {"status", 2, WORD, 0}, {"sweep", 2, HASH, 0},
      {"wall_ns", 2, INTEGER, INT64_MAX}},
     "SELECT attempt, began, block, key, disturbed,"
     " hash(machine.identity || char(10) || environment.json), family, layout, load, message,"
     " padding, position, rank, round, status, sweep.identity, wall_ns FROM invocation"
     " JOIN sweep ON sweep.id = sweep JOIN cell ON cell.id = cell"
     " JOIN environment ON environment.id = environment"
     " JOIN machine ON machine.id = environment.machine"},
    {"machine", 2, {{"identity", 2, WORD, 0}}, "SELECT identity FROM machine"},
    {"sample", 2,
     {{"attempt", 3, INTEGER, UINT32_MAX}, {"block", 2, INTEGER, INT64_MAX}, {"cell", 2, WORD, 0},
      {"json", 2, OBJECT, 0}, {"number", 2, INTEGER, UINT32_MAX}, {"sweep", 2, HASH, 0}},
     "SELECT attempt, block, key, sample.json, number, sweep.identity FROM sample"
     " JOIN invocation ON invocation.id = invocation JOIN sweep ON sweep.id = sweep"
     " JOIN cell ON cell.id = cell"},
    {"stop", 3,
     {{"family", 3, WORD, 0}, {"reason", 3, WORD, 0}, {"rounds", 3, INTEGER, UINT32_MAX},
      {"sweep", 3, HASH, 0}},
     "SELECT family, reason, rounds, identity FROM stop JOIN sweep ON sweep.id = sweep"},
    {"sweep", 2,
     {{"cells", 2, TEXT, 0}, {"finished", 2, BOOLEAN, 0}, {"identity", 2, HASH, 0},
      {"machine", 2, WORD, 0}, {"plan", 2, TEXT, 0}, {"plan_text", 2, TEXT, 0},
      {"seed", 2, INTEGER, INT64_MAX}, {"shard", 2, WORD, 0}},
     "SELECT cells, finished, sweep.identity, machine.identity, clean(plan),"
     " clean(plan_text), seed, shard FROM sweep JOIN machine ON machine.id = machine"},
};
// clang-format on
enum { KINDS = sizeof kinds / sizeof kinds[0] };

// --- out --------------------------------------------------------------------------------------

static json_t *member_json(const struct member *m, sqlite3_stmt *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q, i);
    switch (m->type) {
    case INTEGER:
        return json_integer(sqlite3_column_int64(q, i));
    case NUMBER:
        // JSON has no infinity
        return sqlite3_column_type(q, i) != SQLITE_NULL && isfinite(sqlite3_column_double(q, i))
                   ? json_real(sqlite3_column_double(q, i))
                   : json_null();
    case BOOLEAN:
        return json_boolean(sqlite3_column_int(q, i) != 0);
    case OBJECT:
        return json_loads(text != NULL ? text : "", 0, NULL);
    default:
        return json_string(text != NULL ? text : "");
    }
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, struct error *e)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(store_database(s), sql, -1, &q, NULL) != SQLITE_OK)
        store_fail(s, "reading", e);
    return q;
}

static bool add_line(struct store *s, sqlite3_stmt *add, json_t *line, struct error *e)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(line);
    sqlite3_bind_blob(add, 1, text, text != NULL ? (int)strlen(text) : 0, free);
    bool ok = sqlite3_step(add) == SQLITE_DONE || store_fail(s, "sorting its lines", e);
    sqlite3_reset(add);
    return ok;
}

static bool add_rows(struct store *s, const struct kind *k, sqlite3_stmt *add, struct error *e)
{
    sqlite3_stmt *q = prepare(s, k->rows, e);
    int code = SQLITE_ERROR;
    bool ok = q != NULL;
    while (ok && (code = sqlite3_step(q)) == SQLITE_ROW) {
        json_t *body = json_object();
        for (int i = 0; k->member[i].name != NULL && ok; i++)
            ok = json_object_set_new(body, k->member[i].name, member_json(&k->member[i], q, i)) ==
                     0 ||
                 error_set(e, "'%s' of a row of table %s is no JSON", k->member[i].name, k->name);
        json_t *line = json_pack("{s:o}", k->name, body);
        if (ok)
            ok = add_line(s, add, line, e);
        else
            json_decref(line);
    }
    ok = ok && (code == SQLITE_DONE || store_fail(s, "reading", e));
    sqlite3_finalize(q);
    return ok;
}

static bool print_sorted(struct store *s, FILE *to, struct error *e)
{
    sqlite3_stmt *q = prepare(s, "SELECT text FROM temp.line ORDER BY text", e);
    int code = SQLITE_ERROR;
    while (q != NULL && (code = sqlite3_step(q)) == SQLITE_ROW) {
        const void *text = sqlite3_column_blob(q, 0);
        fwrite(text, 1, (size_t)sqlite3_column_bytes(q, 0), to);
        putc('\n', to);
    }
    bool ok = q != NULL && (code == SQLITE_DONE || store_fail(s, "sorting its lines", e));
    sqlite3_finalize(q);
    return ok;
}

bool archive_export(struct store *s, FILE *to, struct error *e)
{
    // one state of the store, though a sweep may be writing to it; SQLite sorts what memory cannot
    // hold
    if (!store_execute(s, "BEGIN; CREATE TEMP TABLE line (text BLOB)", e))
        return false;
    sqlite3_stmt *add = prepare(s, "INSERT INTO temp.line VALUES (?)", e);
    bool ok = add != NULL &&
              add_line(s, add, json_pack("{s:{s:i}}", "archive", "version", SCHEMA_VERSION), e);
    for (int i = 0; i < KINDS && ok; i++)
        ok = add_rows(s, &kinds[i], add, e);
    sqlite3_finalize(add);
    ok = ok && print_sorted(s, to, e);
    sqlite3_exec(store_database(s), "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

// --- in: lines --------------------------------------------------------------------------------

// Lines are taken into temporary tables as they are, import_KIND (line, MEMBER...), and then judged
// together and moved: what they refer to may stand anywhere.
enum { LINE_MOST = 64 << 20 };
struct import {
    struct store *s;
    FILE *from;
    const char *name;
    int version;
    size_t line;
    char *text; // of the line, without its end
    size_t n, room;
    sqlite3_stmt *take[KINDS];
    struct error *e;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct import *in, const char *format, ...)
{
    char why[1500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return error_set(in->e, "%s:%zu: %s", in->name, in->line, why);
}

// False: there is none, or an error, of which e->text tells.
static bool next_line(struct import *in)
{
    in->e->text[0] = '\0';
    in->n = 0;
    in->line++;
    for (int c; (c = getc_unlocked(in->from)) != '\n'; in->text[in->n++] = (char)c) {
        if (c == EOF && ferror(in->from))
            return refuse(in, "reading: %s", strerror(errno));
        if (c == EOF)
            return in->n != 0 && refuse(in, "the text ends in the middle of a line");
        if (in->n == LINE_MOST)
            return refuse(in, "the line has more than %d bytes", LINE_MOST);
        if (in->n == in->room) {
            size_t room = in->room != 0 ? 2 * in->room : 4096;
            char *bigger = realloc(in->text, room);
            if (bigger == NULL)
                return error_set(in->e, "out of memory");
            in->text = bigger;
            in->room = room;
        }
    }
    return true;
}

static bool is_hash(const char *text)
{
    return strlen(text) == SCHEMA_HASH - 1 && strspn(text, "0123456789abcdef") == SCHEMA_HASH - 1;
}

static const char *const type_name[] = {
    "a text",         "a text that is not empty", "32 hexadecimal digits",
    "a whole number", "a number or null",         "true or false",
    "an object",
};

// Binds it as parameter i (NULL: the version had none), or says what is wrong with it.
static bool take_member(struct import *in, const struct kind *k, const struct member *m,
                        const json_t *value, sqlite3_stmt *q, int i)
{
    const char *text = json_string_value(value);
    bool ok = false;
    if (value == NULL)
        return (m->type == INTEGER ? sqlite3_bind_int(q, i, 0)
                                   : sqlite3_bind_text(q, i, "", 0, SQLITE_STATIC)) == SQLITE_OK;
    switch (m->type) {
    case TEXT:
    case WORD:
    case HASH:
        ok = text != NULL && (m->type == TEXT || text[0] != '\0') &&
             (m->type != HASH || is_hash(text));
        sqlite3_bind_text(q, i, text, -1, SQLITE_TRANSIENT);
        break;
    case INTEGER:
        ok = json_is_integer(value) && json_integer_value(value) >= 0 &&
             json_integer_value(value) <= m->most;
        sqlite3_bind_int64(q, i, json_integer_value(value));
        break;
    case NUMBER:
        ok = json_is_number(value) || json_is_null(value);
        if (json_is_number(value))
            sqlite3_bind_double(q, i, json_number_value(value));
        else
            sqlite3_bind_null(q, i);
        break;
    case BOOLEAN:
        ok = json_is_boolean(value);
        sqlite3_bind_int(q, i, json_is_true(value));
        break;
    case OBJECT:
        ok = json_is_object(value);
        sqlite3_bind_text(q, i, ok ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL, -1,
                          free);
        break;
    }
    if (ok)
        return true;
    char *found = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (m->type == INTEGER)
        refuse(in, "%s: '%s' is %.100s, not a whole number from 0 to %" PRId64, k->name, m->name,
               found, m->most);
    else
        refuse(in, "%s: '%s' is %.100s, not %s", k->name, m->name, found, type_name[m->type]);
    free(found);
    return false;
}

static bool has_member(const struct import *in, const struct kind *k, const char *name)
{
    for (const struct member *m = k->member; m->name != NULL; m++)
        if (m->since <= in->version && strcmp(m->name, name) == 0)
            return true;
    return false;
}

static bool take_members(struct import *in, const struct kind *k, const json_t *body,
                         sqlite3_stmt *q)
{
    char known[300] = "";
    for (const struct member *m = k->member; m->name != NULL; m++)
        if (m->since <= in->version)
            snprintf(known + strlen(known), sizeof known - strlen(known), " %s", m->name);
    const char *name;
    json_t *value;
    if (!json_is_object(body))
        return refuse(in, "%s: no object; its members are%s", k->name, known);
    json_object_foreach((json_t *)body, name, value)
    {
        if (!has_member(in, k, name))
            return refuse(in, "%s: no member '%.100s'; known:%s", k->name, name, known);
    }
    int n = 1;
    sqlite3_bind_int64(q, n++, (sqlite3_int64)in->line);
    for (const struct member *m = k->member; m->name != NULL; m++) {
        value = json_object_get(body, m->name);
        if (value == NULL && m->since <= in->version)
            return refuse(in, "%s: '%s' is missing; its members are%s", k->name, m->name, known);
        if (!take_member(in, k, m, value, q, n++))
            return false;
    }
    return true;
}

// What tables and figures read of it.
static bool check_cell(struct import *in, const json_t *body)
{
    static const char *const texts[] = {"workload", "rc",        "lock",     "reclaimer",
                                        "alloc",    "allocator", "placement"};
    const json_t *cell = json_object_get(body, "json");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!json_is_string(json_object_get(cell, texts[i])))
            return refuse(in, "cell: '%s' in its json is no text", texts[i]);
    if (!json_equal(json_object_get(cell, "workload"), json_object_get(body, "workload")))
        return refuse(in, "cell: its json is of another workload than it");
    const json_t *threads = json_object_get(cell, "threads");
    if (!json_is_integer(threads) || json_integer_value(threads) < 1 ||
        json_integer_value(threads) > THREADS_MOST)
        return refuse(in, "cell: 'threads' in its json is not a whole number from 1 to %d",
                      THREADS_MOST);
    json_t *params = json_object_get(cell, "params"), *param;
    const char *name;
    if (!json_is_object(params))
        return refuse(in, "cell: 'params' in its json is no object");
    json_object_foreach(params, name, param)
    {
        if (!json_is_integer(param))
            return refuse(in, "cell: '%.100s' in its params is no whole number", name);
    }
    return true;
}
static bool check_sample(struct import *in, const json_t *body)
{
    const json_t *sample = json_object_get(body, "json");
    const json_t *ns = json_object_get(sample, "ns_per_op");
    if (!json_is_boolean(json_object_get(sample, "verified")))
        return refuse(in, "sample: 'verified' in its json is not true or false");
    if (ns != NULL && !json_is_number(ns) && !json_is_null(ns))
        return refuse(in, "sample: 'ns_per_op' in its json is not a number or null");
    return true;
}
static bool check_invocation(struct import *in, const json_t *body)
{
    const char *status = json_string_value(json_object_get(body, "status"));
    char known[100] = "";
    for (enum outcome_status i = OUTCOME_OK; i <= OUTCOME_HUNG; i++) {
        if (strcmp(status, outcome_name(i)) == 0)
            return true;
        snprintf(known + strlen(known), sizeof known - strlen(known), " %s", outcome_name(i));
    }
    return refuse(in, "invocation: no status '%.100s'; known:%s", status, known);
}
static bool check_stop(struct import *in, const json_t *body)
{
    const char *reason = json_string_value(json_object_get(body, "reason"));
    return strcmp(reason, "narrow") == 0 || strcmp(reason, "rounds") == 0 ||
           strcmp(reason, "budget") == 0 ||
           refuse(in, "stop: no reason '%.100s'; known: narrow rounds budget", reason);
}
static bool check_sweep(struct import *in, const json_t *body)
{
    const char *cells = json_string_value(json_object_get(body, "cells"));
    const char *shard = json_string_value(json_object_get(body, "shard"));
    unsigned i, n;
    if (cells[0] != '\0' && !is_hash(cells))
        return refuse(in, "sweep: 'cells' is '%.100s', not 32 hexadecimal digits or nothing",
                      cells);
    return store_shard(shard, &i, &n) ||
           refuse(in, "sweep: 'shard' is '%.100s', not I/N with I from 1 to N", shard);
}

// A line is refused, or stands in the temporary table of its kind.
static bool take(struct import *in, const json_t *object)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)object));
    const json_t *body = json_object_get(object, name);
    char known[200] = "";
    int i = 0;
    if (json_object_size(object) != 1)
        return refuse(in, "%zu members; a line has one, which says what it is",
                      json_object_size(object));
    if (strcmp(name, "archive") == 0)
        return refuse(in, "a second 'archive'; only the first line is one");
    for (; i < KINDS && (kinds[i].since > in->version || strcmp(kinds[i].name, name) != 0); i++)
        if (kinds[i].since <= in->version)
            snprintf(known + strlen(known), sizeof known - strlen(known), " %s", kinds[i].name);
    if (i == KINDS)
        return refuse(in, "no kind of line '%.100s'; known:%s", name, known);
    static bool (*const check[KINDS])(struct import * in, const json_t *body) = {
        check_cell, NULL, check_invocation, NULL, check_sample, check_stop, check_sweep};
    sqlite3_stmt *q = in->take[i];
    if (!take_members(in, &kinds[i], body, q) || (check[i] != NULL && !check[i](in, body)))
        return false;
    bool ok = sqlite3_step(q) == SQLITE_DONE || store_fail(in->s, "writing", in->e);
    sqlite3_reset(q);
    return ok;
}

static bool take_first(struct import *in, const json_t *object)
{
    const json_t *body = json_object_get(object, "archive");
    const json_t *version = json_object_get(body, "version");
    if (json_object_size(object) != 1 || json_object_size(body) != 1 || !json_is_integer(version))
        return refuse(in, "no export of rclab, whose first line is {\"archive\":{\"version\":%d}}",
                      SCHEMA_VERSION);
    if (json_integer_value(version) < VERSION_LEAST || json_integer_value(version) > SCHEMA_VERSION)
        return refuse(in,
                      "exported by another rclab (version %" JSON_INTEGER_FORMAT
                      "; this one reads %d to %d)",
                      json_integer_value(version), VERSION_LEAST, SCHEMA_VERSION);
    in->version = (int)json_integer_value(version);
    return true;
}

static bool take_lines(struct import *in)
{
    while (next_line(in)) {
        json_error_t why;
        json_t *object =
            json_loadb(in->n != 0 ? in->text : "", in->n, JSON_REJECT_DUPLICATES, &why);
        bool ok = json_is_object(object) ||
                  refuse(in, "no JSON object: %s", object == NULL ? why.text : "a list");
        ok = ok && (in->line == 1 ? take_first(in, object) : take(in, object));
        json_decref(object);
        if (!ok)
            return false;
    }
    if (in->e->text[0] == '\0' && in->line == 1)
        refuse(in, "it is empty");
    return in->e->text[0] == '\0';
}

// --- in: as a whole ---------------------------------------------------------------------------

// Each names the line of the first that is wrong, and says why; then what is right is moved.
// clang-format off
#define TWICE(kind, what, columns) \
    "SELECT max(line), " what " || ' is in line ' || min(line) || ' already' FROM import_" kind \
    " GROUP BY " columns " HAVING count(*) > 1 ORDER BY 1"
static const char *const judge[] = {
    TWICE("machine", "'machine ''' || identity || ''''", "identity"),
    TWICE("sweep", "'sweep ' || identity", "identity"),
    TWICE("environment", "'environment ' || hash", "hash"),
    TWICE("cell", "'cell ''' || key || ''''", "key"),
    TWICE("invocation",
          "'attempt ' || attempt || ' at cell ''' || cell || ''' in block ' || block",
          "sweep, block, cell, attempt"),
    "SELECT line, 'invocation: no attempt ' || (attempt - 1) || ' at cell ''' || cell ||"
    " ''' in block ' || block || ' is in the text' FROM import_invocation AS i WHERE attempt > 0"
    " AND NOT EXISTS (SELECT 1 FROM import_invocation AS before WHERE before.sweep = i.sweep"
    " AND before.block = i.block AND before.cell = i.cell AND before.attempt = i.attempt - 1)"
    " ORDER BY 1",
    "SELECT max(line), 'cell ''' || cell || ''' in block ' || block || ' has another rank in line '"
    " || min(line) FROM import_invocation GROUP BY sweep, block, cell"
    " HAVING min(rank) <> max(rank) ORDER BY 1",
    // every cell has a first attempt; where another is made may differ between copies of a sweep
    TWICE("invocation WHERE attempt = 0", "'position ' || position || ' of block ' || block",
          "sweep, block, position"),
    TWICE("invocation WHERE attempt = 0", "'rank ' || rank || ' of block ' || block",
          "sweep, block, rank"),
    TWICE("sample", "'sample ' || number || ' of attempt ' || attempt || ' at cell ''' || cell ||"
          " ''' in block ' || block", "sweep, block, cell, attempt, number"),
    TWICE("stop", "'stop of family ''' || family || ''' of sweep ' || sweep", "sweep, family"),
    "SELECT line, 'sweep: no machine ''' || machine || ''' is in the text' FROM import_sweep"
    " WHERE machine NOT IN (SELECT identity FROM import_machine) ORDER BY 1",
    "SELECT line, 'environment: no machine ''' || machine || ''' is in the text'"
    " FROM import_environment WHERE machine NOT IN (SELECT identity FROM import_machine)"
    " ORDER BY 1",
    "SELECT line, 'environment: its hash is ' || hash(machine || char(10) || json) ||"
    " ', not ' || hash FROM import_environment"
    " WHERE hash <> hash(machine || char(10) || json) ORDER BY 1",
    "SELECT line, 'invocation: no cell ''' || cell || ''' is in the text' FROM import_invocation"
    " WHERE cell NOT IN (SELECT key FROM import_cell) ORDER BY 1",
    "SELECT line, 'invocation: no sweep ' || sweep || ' is in the text' FROM import_invocation"
    " WHERE sweep NOT IN (SELECT identity FROM import_sweep) ORDER BY 1",
    "SELECT line, 'invocation: no environment ' || environment || ' is in the text'"
    " FROM import_invocation WHERE environment NOT IN (SELECT hash FROM import_environment)"
    " ORDER BY 1",
    "SELECT i.line, 'invocation: its environment is of another machine than its sweep'"
    " FROM import_invocation AS i JOIN import_sweep AS s ON s.identity = i.sweep"
    " JOIN import_environment AS e ON e.hash = i.environment WHERE e.machine <> s.machine"
    " ORDER BY 1",
    "SELECT line, 'invocation: ''began'' is ''' || began || ''', not a time such as"
    " 2026-01-31 23:59:59.000' FROM import_invocation"
    " WHERE strftime('%Y-%m-%d %H:%M:%f', began, '+0 days') IS NOT began ORDER BY 1",
    "SELECT max(line), 'block ' || block || ' is of another family or round in line ' || min(line)"
    " FROM import_invocation GROUP BY sweep, block"
    " HAVING min(family) <> max(family) OR min(round) <> max(round) ORDER BY 1",
    "SELECT line, 'stop: no sweep ' || sweep || ' is in the text' FROM import_stop"
    " WHERE sweep NOT IN (SELECT identity FROM import_sweep) ORDER BY 1",
    "SELECT line, 'sample: no attempt ' || attempt || ' at cell ''' || cell || ''' in block ' ||"
    " block || ' of sweep ' || sweep || ' is in the text' FROM import_sample"
    " WHERE NOT EXISTS (SELECT 1 FROM import_invocation AS i WHERE i.sweep = import_sample.sweep"
    " AND i.block = import_sample.block AND i.cell = import_sample.cell"
    " AND i.attempt = import_sample.attempt) ORDER BY 1",
};
// Invocations in the order in which they were measured.
static const char move[] =
    "INSERT INTO machine (identity) SELECT identity FROM import_machine ORDER BY identity;"
    "INSERT INTO sweep (identity, machine, plan, plan_text, seed, shard, cells, finished)"
    " SELECT i.identity, machine.id, plan, plan_text, seed, shard, cells, finished"
    " FROM import_sweep AS i JOIN machine ON machine.identity = i.machine ORDER BY i.identity;"
    "INSERT INTO environment (machine, json) SELECT machine.id, json FROM import_environment AS i"
    " JOIN machine ON machine.identity = i.machine ORDER BY hash;"
    "INSERT INTO cell (key, workload, json) SELECT key, workload, json FROM import_cell"
    " ORDER BY key;"
    "INSERT INTO stop (sweep, family, rounds, reason) SELECT sweep.id, family, rounds, reason"
    " FROM import_stop AS i JOIN sweep ON sweep.identity = i.sweep;"
    "INSERT INTO invocation (sweep, cell, block, attempt, family, round, position, rank, layout,"
    "  padding, environment, began, wall_ns, load, status, message, disturbed)"
    " SELECT sweep.id, cell.id, block, attempt, family, round, position, rank, layout, padding,"
    "  environment.id, began, wall_ns, load, status, message, disturbed FROM import_invocation AS i"
    " JOIN sweep ON sweep.identity = i.sweep JOIN cell ON cell.key = i.cell"
    " JOIN import_environment AS e ON e.hash = i.environment"
    " JOIN environment ON environment.machine = sweep.machine AND environment.json = e.json"
    " ORDER BY sweep.id, began, round, block, position, attempt;"
    "INSERT INTO sample (invocation, number, ns_per_op, verified, json)"
    " SELECT invocation.id, number, member(i.json, 'ns_per_op'), member(i.json, 'verified'),"
    "  cell_cut(i.json, cell.json) FROM import_sample AS i"
    " JOIN sweep ON sweep.identity = i.sweep JOIN cell ON cell.key = i.cell"
    " JOIN invocation ON invocation.sweep = sweep.id AND invocation.cell = cell.id"
    " AND invocation.block = i.block AND invocation.attempt = i.attempt"
    " ORDER BY invocation.id, number;";
// clang-format on

static bool judge_all(struct import *in)
{
    for (size_t i = 0; i < sizeof judge / sizeof judge[0]; i++) {
        sqlite3_stmt *q = prepare(in->s, judge[i], in->e);
        int code = q != NULL ? sqlite3_step(q) : SQLITE_ERROR;
        if (code == SQLITE_ROW) {
            in->line = (size_t)sqlite3_column_int64(q, 0);
            refuse(in, "%s", (const char *)sqlite3_column_text(q, 1));
        } else if (q != NULL && code != SQLITE_DONE) {
            store_fail(in->s, "reading", in->e);
        }
        sqlite3_finalize(q);
        if (code != SQLITE_DONE)
            return false;
    }
    return true;
}

static bool make_tables(struct import *in)
{
    for (int i = 0; i < KINDS; i++) {
        char columns[300] = "line INTEGER", values[100] = "?", sql[600];
        for (const struct member *m = kinds[i].member; m->name != NULL; m++) {
            snprintf(columns + strlen(columns), sizeof columns - strlen(columns), ", %s", m->name);
            snprintf(values + strlen(values), sizeof values - strlen(values), ", ?");
        }
        snprintf(sql, sizeof sql, "CREATE TEMP TABLE import_%s (%s)", kinds[i].name, columns);
        if (!store_execute(in->s, sql, in->e))
            return false;
        snprintf(sql, sizeof sql, "INSERT INTO import_%s VALUES (%s)", kinds[i].name, values);
        if ((in->take[i] = prepare(in->s, sql, in->e)) == NULL)
            return false;
    }
    return store_execute(
        in->s, "CREATE INDEX temp.import_key ON import_invocation (sweep, block, cell, attempt)",
        in->e);
}

static bool drop_tables(struct import *in)
{
    char sql[100];
    for (int i = 0; i < KINDS; i++) {
        snprintf(sql, sizeof sql, "DROP TABLE import_%s", kinds[i].name);
        if (!store_execute(in->s, sql, in->e))
            return false;
    }
    return true;
}

bool archive_import(struct store *s, FILE *from, const char *name, struct error *e)
{
    struct import in = {.s = s, .from = from, .name = name, .e = e};
    if (!store_execute(s, "BEGIN", e))
        return false;
    bool ok = make_tables(&in) && take_lines(&in);
    for (int i = 0; i < KINDS; i++)
        sqlite3_finalize(in.take[i]);
    free(in.text);
    if (ok && judge_all(&in) && store_execute(s, move, e) && drop_tables(&in) &&
        store_execute(s, "COMMIT", e))
        return true;
    sqlite3_exec(store_database(s), "ROLLBACK", NULL, NULL, NULL);
    return false;
}
