// SPDX-License-Identifier: MIT
//
// `store --newest [PLAN]` prints the first of what store_list answers: the program starts itself
// so, as a copy in a tree of the test's own.
#include "store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <sqlite3.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char directory[] = "/tmp/rclab-store-XXXXXX";

static const char *in(const char *name)
{
    static char path[2][200];
    static unsigned turn;

    turn = 1 - turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
    return path[turn];
}

static int set_up(void **state)
{
    (void)state;
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    return mkdtemp(directory) != NULL && chmod(directory, 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[200];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' does not say '%s'", text, part);
}

static void write_file(const char *path, const void *text, size_t n)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static size_t read_file(const char *path, void *text, size_t most)
{
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    size_t n = fread(text, 1, most, f);
    assert_int_equal(fclose(f), 0);
    return n;
}

static struct store *create(const char *path)
{
    struct error e;
    struct store *s = store_create(path, &e);

    if (s == NULL)
        fail_msg("%s", e.text);
    return s;
}

// The store's first sweep, which is begun if there is none.
static int64_t sweep_of(struct store *s)
{
    struct store_sweep *list, fresh = {.machine = "here",
                                       .plan = "of the tests",
                                       .plan_text = "[x]\n",
                                       .shard = "1/1",
                                       .cells = ""};
    size_t n;
    struct error e;

    if (!store_sweeps(s, &list, &n, &e) || (n == 0 && !store_begin(s, &fresh, &e)))
        fail_msg("%s", e.text);
    int64_t id = n != 0 ? list[0].id : fresh.id;
    store_sweeps_free(list, n);
    return id;
}

static bool has(struct store *s, const struct spec *spec, int64_t block)
{
    return store_attempts(s, sweep_of(s), spec, block) != 0;
}

static struct spec cell(int64_t objects)
{
    const struct workload *w;
    struct spec s;
    struct error e;

    assert_true(spec_workload("private_objects", &w, &e));
    spec_start(&s, w);
    assert_true(spec_scheme(&s, REFCOUNT, "atomic", &e) && spec_complete(&s, &e));
    s.param[0] = objects;
    return s;
}

static struct outcome outcome(enum outcome_status status, unsigned samples, double ns)
{
    struct outcome o = {.status = status, .samples = json_array(), .wall_ns = 5};

    if (status != OUTCOME_OK)
        snprintf(o.message, sizeof o.message, "it was %s: 'so'", outcome_name(status));
    for (unsigned i = 0; i < samples; i++)
        json_array_append_new(o.samples,
                              json_pack("{s:f, s:b, s:i, s:s}", "ns_per_op", ns + i, "verified",
                                        status == OUTCOME_OK, "sample", (int)i, "text", "\"'\n"));
    return o;
}

static bool add_again(struct store *s, const struct spec *spec, int64_t block, unsigned attempt,
                      const char *disturbed, struct outcome o, struct error *e)
{
    struct store_invocation i = {.spec = spec,
                                 .family = "a family, with a 'name'",
                                 .round = (unsigned)block,
                                 .sweep = sweep_of(s),
                                 .block = block,
                                 .rank = 3,
                                 .attempt = attempt,
                                 .layout = 7 + attempt,
                                 .padding = 16 * attempt,
                                 .disturbed = disturbed,
                                 .load = 0.5};
    bool ok = store_environment(s, i.sweep, "{}", &i.environment, e) && store_add(s, &i, &o, e);

    json_decref(o.samples);
    return ok;
}

static bool add(struct store *s, const struct spec *spec, int64_t block, struct outcome o,
                struct error *e)
{
    return add_again(s, spec, block, 0, "", o, e);
}

static void add_or_fail(struct store *s, const struct spec *spec, int64_t block, struct outcome o)
{
    struct error e;

    if (!add(s, spec, block, o, &e))
        fail_msg("%s", e.text);
}

static int64_t number(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static void text_of(const char *path, const char *sql, char *text, size_t size)
{
    sqlite3 *db;
    sqlite3_stmt *q;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_true(snprintf(text, size, "%s", (const char *)sqlite3_column_text(q, 0)) < (int)size);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void change(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void assert_counts(struct store *s, size_t all, size_t ok)
{
    struct store_counts c = store_count(s);

    assert_int_equal(c.all, all);
    assert_int_equal(c.ok, ok);
}

// --- files ------------------------------------------------------------------------------------

static void test_create_and_open(void **state)
{
    const char *path = in("new.db");
    struct error e = {""};

    (void)state;
    assert_null(store_open(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, "No such file");
    assert_int_equal(access(path, F_OK), -1); // opening makes nothing

    struct store *s = create(path);
    int64_t sweep = sweep_of(s);
    assert_counts(s, 0, 0);
    store_close(s);
    store_close(NULL);

    s = store_open(path, &e);
    assert_non_null(s);
    assert_int_equal(sweep_of(s), sweep);
    store_close(s);
    s = create(path); // again: what it holds stays
    assert_int_equal(sweep_of(s), sweep);
    store_close(s);

    write_file(in("empty.db"), "", 0);
    assert_null(store_open(in("empty.db"), &e));
    assert_says(e.text, "no store of rclab");
    store_close(create(in("empty.db")));
    s = store_open(in("empty.db"), &e);
    assert_non_null(s);
    store_close(s);
}

static void test_two_at_a_time(void **state)
{
    struct store *a = create(in("two.db")), *b = create(in("two.db"));
    struct spec one = cell(1);
    struct error e;

    (void)state;
    add_or_fail(a, &one, 0, outcome(OUTCOME_OK, 1, 1));
    assert_true(has(b, &one, 0));
    assert_false(add(b, &one, 0, outcome(OUTCOME_OK, 1, 1), &e));
    add_or_fail(b, &one, 1, outcome(OUTCOME_OK, 1, 1));
    assert_true(has(a, &one, 1));
    store_close(a);
    store_close(b);
}

// A file that is something else keeps every byte, and nothing appears beside it.
static void assert_untouched(const char *name, const char *says)
{
    static char before[100000], after[100000];
    char path[200], beside[300];
    struct error e;

    snprintf(path, sizeof path, "%s", in(name));
    size_t n = read_file(path, before, sizeof before);
    e.text[0] = '\0';
    assert_null(store_create(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, says);
    e.text[0] = '\0';
    assert_null(store_open(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, says);
    assert_int_equal(read_file(path, after, sizeof after), n);
    assert_memory_equal(before, after, n);
    snprintf(beside, sizeof beside, "%s-wal", path);
    assert_int_equal(access(beside, F_OK), -1);
    snprintf(beside, sizeof beside, "%s-journal", path);
    assert_int_equal(access(beside, F_OK), -1);
}

static void test_foreign_files(void **state)
{
    static char large[20000];

    (void)state;
    write_file(in("byte"), "x", 1);
    assert_untouched("byte", "");
    write_file(in("text"), "[plan]\nthis = is a plan\n", 24);
    assert_untouched("text", "not a database");
    memset(large, 'x', sizeof large);
    write_file(in("large"), large, sizeof large);
    assert_untouched("large", "not a database");
    memcpy(large, "SQLite format 3", 16);
    write_file(in("broken"), large, sizeof large);
    assert_untouched("broken", "not a database");
    change(in("other.db"), "CREATE TABLE sample (x); INSERT INTO sample VALUES (1);");
    assert_untouched("other.db", "no store of rclab");
    change(in("numbered.db"),
           "CREATE TABLE t (x); PRAGMA application_id = 5; PRAGMA user_version = 1;");
    assert_untouched("numbered.db", "no store of rclab");
    struct error e;
    assert_null(store_create(directory, &e));
    assert_says(e.text, directory);
    assert_null(store_open(directory, &e));
    assert_says(e.text, directory);
}

static void test_newer_version(void **state)
{
    char path[200];
    struct error e;

    (void)state;
    snprintf(path, sizeof path, "%s", in("newer.db"));
    store_close(create(path));
    change(path, "PRAGMA user_version = 99;");
    assert_untouched("newer.db", "newer rclab");
    assert_null(store_open(path, &e));
    assert_says(e.text, "99");
}

// A store as version 1 made it.
static const char version_1[] =
    "PRAGMA application_id = 1919118434;"
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
    "PRAGMA user_version = 1;"
    "INSERT INTO meta VALUES ('seed', '12345'), ('plan', 'quick'), ('plan_text', '[x]');"
    "INSERT INTO environment VALUES"
    " (3, '{\"cpu\":\"Chip\",\"kernel\":\"5\",\"machine\":\"abc\",\"topology\":\"1 package, 12 PUs "
    "(3 allowed)\"}'),"
    " (4, '{\"cpu\":\"Chip\",\"kernel\":\"6\",\"machine\":\"abc\",\"topology\":\"1 package, 12 "
    "PUs\"}');"
    "INSERT INTO cell VALUES (7, 'w a+b', 'w', '{\"rc\":\"a\",\"threads\":1,\"workload\":\"w\"}'),"
    " (8, 'w c+b', 'w', '{\"rc\":\"c\",\"threads\":1,\"workload\":\"w\"}');"
    "INSERT INTO invocation VALUES"
    " (1, 8, 0, 'f', 0, 0, 1, 3, '2026-01-02 03:04:05', 1500000000, 0.25, 'ok', ''),"
    " (2, 7, 0, 'f', 0, 1, 0, 3, '2026-01-02 03:04:06', 10, NULL, 'crashed', 'of \xc3\xa4\xc3'),"
    " (5, 8, 1, 'f', 1, 0, 1, 4, '2026-02-02 03:04:05', 10, 0.5, 'ok', '');"
    "INSERT INTO sample VALUES"
    " (1, 0, 5.5, 1, "
    "'{\"ns_per_op\":5.5,\"rc\":\"c\",\"threads\":1,\"verified\":true,\"workload\":\"w\"}'),"
    " (1, 1, 6.5, 1, '{\"ns_per_op\":6.5,\"rc\":\"c\",\"threads\":2,\"verified\":true}'),"
    " (5, 0, NULL, 0, '{\"verified\":false}');";

struct summary {
    char text[5000];
};
static void summarise(void *argument, const struct store_row *row)
{
    struct summary *s = argument;
    size_t n = strlen(s->text);
    const json_t *sample = row->sample;

    snprintf(s->text + n, sizeof s->text - n, "%d %s %d %s '%s' %g %s %d; ", (int)row->invocation,
             row->key, (int)row->block, row->status, row->message,
             json_number_value(json_object_get(sample, "ns_per_op")),
             sample != NULL ? json_string_value(json_object_get(sample, "rc")) : "-",
             (int)json_integer_value(json_object_get(sample, "threads")));
}

static void assert_was_old(struct store *s)
{
    struct summary summary = {""};
    struct store_sweep *list;
    struct error e;
    size_t n;

    assert_true(store_sweeps(s, &list, &n, &e));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].plan, "quick");
    assert_string_equal(list[0].plan_text, "[x]");
    assert_string_equal(list[0].shard, "1/1");
    assert_string_equal(list[0].cells, "");
    assert_true(list[0].seed == 12345 && !list[0].finished && strlen(list[0].identity) == 32);
    assert_says(list[0].machine, "Chip x 12, ");
    assert_null(strstr(list[0].machine, "abc"));
    store_sweeps_free(list, n);
    if (!store_visit(s, summarise, &summary, &e))
        fail_msg("%s", e.text);
    assert_string_equal(summary.text, "1 w c+b 0 ok '' 5.5 c 1; 1 w c+b 0 ok '' 6.5 c 2; "
                                      "2 w a+b 0 crashed 'of \xc3\xa4?' 0 - 0; "
                                      "5 w c+b 1 ok '' 0 c 1; ");
}

// One that an older version made has become the same as one that is made now.
static void assert_same_tables(const char *path)
{
    static const char columns[] =
        "SELECT group_concat(text, char(10)) FROM (SELECT t.name || '.' || c.name || ' ' || c.type "
        "|| ' ' || c.\"notnull\" || ' ' || c.pk AS text FROM sqlite_master AS t, "
        "pragma_table_info(t.name) AS c WHERE t.type = 'table' ORDER BY t.name, c.cid)";
    static const char keys[] =
        "SELECT group_concat(text, char(10)) FROM (SELECT t.name || ' ' || i.\"unique\" || ' ' || "
        "(SELECT group_concat(name) FROM pragma_index_info(i.name)) AS text FROM sqlite_master AS "
        "t, pragma_index_list(t.name) AS i WHERE t.type = 'table' ORDER BY text)";
    static char here[2][5000], there[5000];
    char fresh[200];

    snprintf(fresh, sizeof fresh, "%s", in("fresh.db"));
    store_close(create(fresh));
    for (int i = 0; i < 2; i++) {
        text_of(path, i == 0 ? columns : keys, here[i], sizeof here[i]);
        text_of(fresh, i == 0 ? columns : keys, there, sizeof there);
        assert_string_equal(here[i], there);
    }
    assert_says(here[0], "invocation.attempt INTEGER 1 0\n");
    assert_says(here[1], "invocation 1 sweep,cell,block,attempt\n");
    assert_int_equal(number(path, "PRAGMA user_version"), 3);
    assert_int_equal(number(path, "PRAGMA application_id"), SCHEMA_APPLICATION);
}

static void test_version_1(void **state)
{
    static char before[100000], after[100000];
    char path[200];
    struct error e;
    struct store_sweep *list;
    size_t length;

    (void)state;
    snprintf(path, sizeof path, "%s", in("one.db"));
    change(path, version_1);
    size_t n = read_file(path, before, sizeof before);
    struct store *s = store_open(path, &e); // a reader has a copy
    if (s == NULL)
        fail_msg("%s", e.text);
    assert_was_old(s);
    assert_true(store_sweeps(s, &list, &length, &e));
    store_close(s);
    assert_int_equal(read_file(path, after, sizeof after), n);
    assert_memory_equal(before, after, n);
    s = create(path); // a writer changes it
    assert_was_old(s);
    struct store_sweep *again;
    assert_true(store_sweeps(s, &again, &length, &e));
    assert_string_equal(again[0].identity, list[0].identity); // of whatever copy
    store_sweeps_free(again, 1);
    store_sweeps_free(list, 1);
    store_close(s);
    assert_same_tables(path);
    assert_int_equal(number(path, "SELECT count(*) FROM invocation WHERE began = "
                                  "'2026-01-02 03:04:03.500'"),
                     1);
    assert_int_equal(number(path, "SELECT count(*) FROM sample WHERE json LIKE '%workload%'"), 0);
    s = create(path);
    assert_was_old(s);
    store_close(s);
}

static void test_version_1_unusual(void **state)
{
    struct store_sweep *list;
    struct error e;
    size_t n;
    char path[200];

    (void)state;
    // begun, nothing measured: nothing is left to go on with
    snprintf(path, sizeof path, "%s", in("begun.db"));
    change(path, version_1);
    change(path, "DELETE FROM sample; DELETE FROM invocation; DELETE FROM environment");
    struct store *s = create(path);
    assert_true(store_sweeps(s, &list, &n, &e) && n == 0);
    store_close(s);
    // continued on another machine: two sweeps
    snprintf(path, sizeof path, "%s", in("moved.db"));
    change(path, version_1);
    change(path, "UPDATE environment SET json = '{\"cpu\":null}' WHERE id = 4;"
                 "INSERT INTO meta VALUES ('finished', '1')");
    s = create(path);
    assert_true(store_sweeps(s, &list, &n, &e) && n == 2);
    assert_string_not_equal(list[0].machine, list[1].machine);
    assert_string_not_equal(list[0].identity, list[1].identity);
    assert_true(list[0].finished && list[1].finished);
    store_sweeps_free(list, n);
    assert_counts(s, 3, 2);
    store_close(s);
    // what cannot be migrated stays as it was
    static char before[100000], after[100000];
    snprintf(path, sizeof path, "%s", in("odd.db"));
    change(path, version_1);
    change(path, "DROP TABLE sample");
    n = read_file(path, before, sizeof before);
    assert_null(store_create(path, &e));
    assert_says(e.text, path);
    assert_null(store_open(path, &e));
    assert_int_equal(read_file(path, after, sizeof after), n);
    assert_memory_equal(before, after, n);
}

// And one as version 2 made it, with the same measurements.
static const char version_2[] =
    "PRAGMA application_id = 1919118434;"
    "CREATE TABLE machine (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);"
    "CREATE TABLE sweep (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE,"
    " machine INTEGER NOT NULL REFERENCES machine, plan TEXT NOT NULL, plan_text TEXT NOT NULL,"
    " seed INTEGER NOT NULL, shard TEXT NOT NULL, cells TEXT NOT NULL, finished INTEGER NOT NULL);"
    "CREATE TABLE environment (id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine,"
    " json TEXT NOT NULL, UNIQUE (machine, json));"
    "CREATE TABLE cell (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, workload TEXT NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE TABLE invocation (id INTEGER PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweep,"
    " cell INTEGER NOT NULL REFERENCES cell, block INTEGER NOT NULL, family TEXT NOT NULL,"
    " round INTEGER NOT NULL, position INTEGER NOT NULL, rank INTEGER NOT NULL,"
    " environment INTEGER NOT NULL REFERENCES environment, began TEXT NOT NULL,"
    " wall_ns INTEGER NOT NULL, load REAL, status TEXT NOT NULL, message TEXT NOT NULL,"
    " UNIQUE (sweep, cell, block));"
    "CREATE TABLE sample (invocation INTEGER NOT NULL REFERENCES invocation,"
    " number INTEGER NOT NULL, ns_per_op REAL, verified INTEGER NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY (invocation, number));"
    "PRAGMA user_version = 2;"
    "INSERT INTO machine VALUES (1, 'Chip x 12, 0123');"
    "INSERT INTO sweep VALUES (1, '11111111111111111111111111111111', 1, 'quick', '[x]', 12345,"
    " '1/1', '', 0);"
    "INSERT INTO environment VALUES (3, 1, '{\"kernel\":\"5\"}');"
    "INSERT INTO cell VALUES (7, 'w a+b', 'w', '{\"rc\":\"a\",\"threads\":1,\"workload\":\"w\"}'),"
    " (8, 'w c+b', 'w', '{\"rc\":\"c\",\"threads\":1,\"workload\":\"w\"}');"
    "INSERT INTO invocation VALUES"
    " (1, 1, 8, 0, 'f', 0, 0, 1, 3, '2026-01-02 03:04:03.500', 1500000000, 0.25, 'ok', ''),"
    " (2, 1, 7, 0, 'f', 0, 1, 0, 3, '2026-01-02 03:04:06.000', 10, NULL, 'crashed', 'of "
    "\xc3\xa4?'),"
    " (5, 1, 8, 1, 'f', 1, 0, 1, 3, '2026-02-02 03:04:05.000', 10, 0.5, 'ok', '');"
    "INSERT INTO sample VALUES (1, 0, 5.5, 1, '{\"ns_per_op\":5.5,\"verified\":true}'),"
    " (1, 1, 6.5, 1, '{\"ns_per_op\":6.5,\"threads\":2,\"verified\":true}'),"
    " (5, 0, NULL, 0, '{\"verified\":false}');";

static void assert_was_measured_once(void *argument, const struct store_row *row)
{
    (void)argument;
    assert_true(row->attempt == 0 && row->layout == 0 && !row->superseded);
    assert_string_equal(row->disturbed, "");
}

static void test_version_2(void **state)
{
    static char before[100000], after[100000];
    char path[200];
    struct error e;

    (void)state;
    snprintf(path, sizeof path, "%s", in("two.db"));
    change(path, version_2);
    size_t n = read_file(path, before, sizeof before);
    struct store *s = store_open(path, &e); // a reader has a copy
    if (s == NULL)
        fail_msg("%s", e.text);
    assert_was_old(s);
    assert_true(store_visit(s, assert_was_measured_once, NULL, &e));
    store_close(s);
    assert_int_equal(read_file(path, after, sizeof after), n);
    assert_memory_equal(before, after, n);
    s = create(path); // a writer changes it
    assert_was_old(s);
    assert_true(store_visit(s, assert_was_measured_once, NULL, &e));
    assert_counts(s, 3, 2);
    store_close(s);
    assert_same_tables(path);
    assert_int_equal(number(path, "SELECT count(*) FROM invocation WHERE padding = 0 AND load = "
                                  "0.25 AND wall_ns = 1500000000 AND position = 0 AND rank = 1 "
                                  "AND began = '2026-01-02 03:04:03.500' AND environment = 3"),
                     1);
    s = create(path);
    assert_was_old(s);
    struct spec one = cell(1);
    add_or_fail(s, &one, 7, outcome(OUTCOME_OK, 1, 1)); // and goes on
    assert_true(add_again(s, &one, 7, 1, "", outcome(OUTCOME_OK, 1, 1), &e));
    store_close(s);
    // half way: all of it or nothing
    assert_int_equal(unlink(path), 0);
    change(path, version_2);
    change(path, "CREATE TABLE stop (x)");
    n = read_file(path, before, sizeof before);
    assert_null(store_create(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, "stop already exists");
    assert_null(store_open(path, &e));
    assert_int_equal(read_file(path, after, sizeof after), n);
    assert_memory_equal(before, after, n);
}

static bool beside(const char *path)
{
    char name[300];
    bool found = false;

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, (const char *[]){"-wal", "-shm", "-journal"}[i]);
        found |= access(name, F_OK) == 0;
    }
    return found;
}

// Even for root, whom the permissions do not bind.
static void test_read_only(void **state)
{
    char path[200];
    struct error e;

    (void)state;
    snprintf(path, sizeof path, "%s", in("only.db"));
    struct store *s = create(path);
    int64_t sweep = sweep_of(s);
    store_close(s);
    assert_int_equal(chmod(path, 0444), 0);
    assert_null(store_create(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, "read-only");
    assert_false(beside(path));
    s = store_open(path, &e);
    assert_non_null(s);
    assert_int_equal(sweep_of(s), sweep);
    store_close(s);
    assert_false(beside(path));
}

// A file system of the test's own, of so many kilobytes; false: it may not mount.
static bool mount_at(const char *path, unsigned kilobytes)
{
    char options[50];

    snprintf(options, sizeof options, "size=%uk", kilobytes);
    assert_int_equal(mkdir(path, 0755), 0);
    return mount("tmpfs", path, "tmpfs", 0, options) == 0;
}

static void test_read_only_medium(void **state)
{
    char at[200], path[300], wal[310], shm[310];
    struct spec one = cell(1);
    struct error e;
    struct store_counts c = {0};

    (void)state;
    snprintf(at, sizeof at, "%s", in("medium"));
    if (!mount_at(at, 2048)) {
        print_message("skipped: mount: %s\n", strerror(errno));
        skip();
    }
    snprintf(path, sizeof path, "%s/x.db", at);
    snprintf(wal, sizeof wal, "%s-wal", path);
    pid_t child = fork();
    if (child == 0) { // leaves its log behind
        struct store *s = store_create(path, &e);
        bool fine = s != NULL && add(s, &one, 0, outcome(OUTCOME_OK, 3, 1), &e);
        _exit(fine ? 0 : 1);
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    assert_int_equal(access(wal, F_OK), 0);
    snprintf(shm, sizeof shm, "%s-shm", path);
    assert_int_equal(unlink(shm), 0); // as on a copy: SQLite cannot read the log without
    assert_int_equal(mount(NULL, at, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    struct store *s = store_open(path, &e);
    struct error refused;
    struct store *none = store_create(path, &refused);
    if (s != NULL)
        c = store_count(s);
    store_close(s);
    bool opened = s != NULL;
    assert_int_equal(umount2(at, MNT_DETACH), 0);
    if (!opened)
        fail_msg("%s", e.text);
    assert_true(c.all == 1 && c.ok == 1);
    assert_null(none);
    assert_says(refused.text, path);
    assert_says(refused.text, "read-only");
}

// Until nothing goes in; what was taken can be read, and the sweep goes on when there is room.
static void test_full_disk(void **state)
{
    char at[200], path[300], filler[300];
    static char zeros[4096];
    struct spec one = cell(1);
    struct error e = {""};
    size_t all = 0, taken = 0;

    (void)state;
    snprintf(at, sizeof at, "%s", in("full"));
    if (!mount_at(at, 2048)) {
        print_message("skipped: mount: %s\n", strerror(errno));
        skip();
    }
    snprintf(path, sizeof path, "%s/x.db", at);
    snprintf(filler, sizeof filler, "%s/filler", at);
    struct store *s = create(path);
    while (taken < 100000 && add(s, &one, (int64_t)taken, outcome(OUTCOME_OK, 20, 1), &e))
        taken++;
    struct error settled = {""};
    bool added = strstr(e.text, "full") == NULL && strstr(e.text, "I/O") == NULL;
    bool known = store_disk_failed(&e);
    FILE *f = fopen(filler, "w"); // to the last page
    while (f != NULL && fwrite(zeros, 1, sizeof zeros, f) == sizeof zeros && fflush(f) == 0)
        ;
    if (f != NULL)
        fclose(f);
    bool whole = store_settle(s, &settled);
    store_close(s);
    struct store *again = store_create(path, &settled);
    bool opened = again != NULL;
    struct error last = {""};
    bool went_on = opened && add(again, &one, (int64_t)taken, outcome(OUTCOME_OK, 20, 1), &last);
    store_close(again);
    struct error fresh = {""};
    snprintf(filler, sizeof filler, "%s/other.db", at);
    struct store *other = store_create(filler, &fresh);
    bool left = access(filler, F_OK) == 0;
    s = store_open(path, &last);
    if (s != NULL)
        all = store_count(s).all;
    bool read = s != NULL;
    store_close(s);
    snprintf(filler, sizeof filler, "%s/filler", at);
    unlink(filler);
    again = store_create(path, &last);
    bool room = again != NULL;
    if (room)
        store_close(again);
    assert_int_equal(umount2(at, MNT_DETACH), 0);

    assert_true(taken > 10 && taken < 100000);
    assert_false(added);
    assert_true(known);
    assert_says(e.text, path);
    assert_says(e.text, "make room");
    assert_false(whole); // the log is larger than what room there is
    assert_true(store_disk_failed(&settled));
    assert_false(went_on);
    assert_null(other);
    assert_false(left);
    assert_true(store_disk_failed(&fresh));
    if (!read)
        fail_msg("%s", last.text);
    assert_int_equal(all, taken);
    assert_true(room);
}

static void test_draft(void **state)
{
    char path[200], path_there[200];
    struct error e;

    (void)state;
    snprintf(path, sizeof path, "%s", in("draft.db"));
    snprintf(path_there, sizeof path_there, "%s", in("there.db"));
    struct store *s = store_draft(path, &e);
    assert_non_null(s);
    sweep_of(s);
    assert_int_equal(access(path, F_OK), -1);
    store_close(s); // given up
    assert_int_equal(access(path, F_OK), -1);
    s = store_draft(path, &e);
    sweep_of(s);
    assert_true(store_publish(s, &e));
    assert_int_equal(number(path, "SELECT count(*) FROM sweep"), 1);
    assert_false(beside(path));
    assert_null(store_draft(path, &e));
    assert_says(e.text, "is there already");
    s = store_draft(path_there, &e);
    write_file(path_there, "x", 1); // meanwhile
    assert_false(store_publish(s, &e));
    assert_says(e.text, path_there);
    char text[10];
    assert_int_equal(read_file(path_there, text, sizeof text), 1);
    char command[300];
    snprintf(command, sizeof command, "test $(ls '%s' | wc -l) = 2", directory);
    assert_int_equal(system(command), 0);
}

// As root permissions bind nobody, so the test is somebody else for a while.
static void test_no_permission(void **state)
{
    uid_t me = geteuid();
    char path[200], fresh[200];
    struct error e = {""};

    (void)state;
    snprintf(path, sizeof path, "%s", in("mine.db"));
    snprintf(fresh, sizeof fresh, "%s", in("fresh.db"));
    struct store *s = create(path);
    int64_t sweep = sweep_of(s);
    store_close(s);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(directory, 0555), 0);
    if (me == 0 && seteuid(65534) != 0)
        skip();

    struct store *none = store_create(fresh, &e);
    char refused[sizeof e.text];
    snprintf(refused, sizeof refused, "%s", e.text);
    struct store *again = store_create(path, &e);
    char refused_again[sizeof e.text];
    snprintf(refused_again, sizeof refused_again, "%s", e.text);
    e.text[0] = '\0';
    s = store_open(path, &e);
    int64_t again_sweep = s != NULL ? sweep_of(s) : 0;

    assert_int_equal(seteuid(me), 0);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_null(none);
    assert_says(refused, fresh);
    assert_null(again);
    assert_says(refused_again, path);
    // what is finished can be read where nothing can be written
    if (s == NULL)
        fail_msg("%s", e.text);
    assert_int_equal(again_sweep, sweep);
    store_close(s);
}

static void test_no_directory(void **state)
{
    struct error e;

    (void)state;
    assert_null(store_create(in("there/is/none.db"), &e));
    assert_says(e.text, "there/is/none.db");
    assert_says(e.text, "unable to open");
    write_file(in("secret.db"), "x", 1);
    assert_int_equal(chmod(in("secret.db"), 0), 0);
    if (geteuid() != 0) {
        assert_null(store_open(in("secret.db"), &e));
        assert_says(e.text, "Permission denied");
    }
}

// --- sweeps and environments ------------------------------------------------------------------

static void test_sweeps(void **state)
{
    struct store *s = create(in("sweeps.db"));
    struct store_sweep *list,
        one = {.machine = "a machine",
               .plan = "it's",
               .plan_text = "1'; DROP TABLE sweep; --",
               .shard = "2/3",
               .cells = "77"},
        two = one;
    struct error e;
    size_t n;

    (void)state;
    assert_true(store_sweeps(s, &list, &n, &e));
    assert_int_equal(n, 0);
    store_sweeps_free(list, n);
    two.machine = "another";
    assert_true(store_begin(s, &one, &e) && store_begin(s, &two, &e));
    assert_true(strlen(one.identity) == 32 && strcmp(one.identity, two.identity) != 0);
    assert_true(one.seed != 0 && one.id != two.id);
    assert_true(store_finish(s, two.id, &e));
    assert_true(store_sweeps(s, &list, &n, &e));
    assert_int_equal(n, 2);
    assert_string_equal(list[0].identity, one.identity);
    assert_string_equal(list[0].machine, "a machine");
    assert_string_equal(list[0].plan, "it's");
    assert_string_equal(list[0].plan_text, one.plan_text);
    assert_string_equal(list[0].shard, "2/3");
    assert_string_equal(list[0].cells, "77");
    assert_true(list[0].seed == one.seed && !list[0].finished);
    assert_true(list[1].finished && strcmp(list[1].machine, "another") == 0);
    store_sweeps_free(list, n);
    store_close(s);
}

static void test_shard(void **state)
{
    static const char *const bad[] = {"",    "1",    "0/2",   "3/2",        "1/0",  "-1/2", "1/2x",
                                      "1//", "+1/2", "01/02", "1/99999999", " 1/2", "1/ 2", "a/b"};
    unsigned i, n;

    (void)state;
    assert_true(store_shard("2/3", &i, &n) && i == 2 && n == 3);
    assert_true(store_shard("1/1", &i, &n) && i == 1 && n == 1);
    for (size_t k = 0; k < COUNT(bad); k++)
        if (store_shard(bad[k], &i, &n))
            fail_msg("'%s' is taken", bad[k]);
}

static void test_environments(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("environment.db"));
    struct store *s = create(path);
    struct store_sweep far = {
        .machine = "far", .plan = "p", .plan_text = "", .shard = "1/1", .cells = ""};
    int64_t a, b, c, d, sweep = sweep_of(s);
    struct error e;

    (void)state;
    assert_true(store_environment(s, sweep, "{\"cpu\":1}", &a, &e));
    assert_true(store_environment(s, sweep, "{\"cpu\":2}", &b, &e));
    assert_true(store_environment(s, sweep, "{\"cpu\":1}", &c, &e));
    assert_true(a == c && a != b && a > 0 && b > 0);
    assert_true(store_begin(s, &far, &e));
    assert_true(store_environment(s, far.id, "{\"cpu\":1}", &d, &e));
    assert_true(d != a); // another machine's
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM environment"), 3);
    s = create(path);
    assert_true(store_environment(s, sweep, "{\"cpu\":2}", &c, &e));
    assert_true(c == b);
    store_close(s);
}

// --- invocations ------------------------------------------------------------------------------

static void test_add_and_has(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("add.db"));
    struct store *s = create(path);
    struct spec one = cell(1), two = cell(2), other = cell(1);

    (void)state;
    other.threads = 2;
    assert_false(has(s, &one, 0));
    add_or_fail(s, &one, 0, outcome(OUTCOME_OK, 3, 1));
    assert_true(has(s, &one, 0));
    assert_false(has(s, &one, 1));
    assert_false(has(s, &two, 0));
    assert_false(has(s, &other, 0));
    add_or_fail(s, &two, 0, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, 1, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, INT64_MAX, outcome(OUTCOME_VOID, 2, 1));
    add_or_fail(s, &one, 2, outcome(OUTCOME_CRASHED, 0, 1));
    add_or_fail(s, &one, 3, outcome(OUTCOME_HUNG, 1, 1));
    assert_true(has(s, &one, INT64_MAX));
    assert_true(has(s, &one, 2)); // not again what ended badly
    assert_counts(s, 6, 3);
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM cell"), 2);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 8);
    assert_int_equal(number(path, "SELECT count(*) FROM sample WHERE verified"), 5);
    assert_int_equal(number(path, "SELECT count(*) FROM environment"), 1);
    s = create(path);
    assert_true(has(s, &two, 0));
    store_close(s);
}

static void test_twice(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("twice.db"));
    struct store *s = create(path);
    struct spec one = cell(1), two = cell(2);
    struct error e = {""};

    (void)state;
    add_or_fail(s, &one, 7, outcome(OUTCOME_OK, 2, 1));
    assert_false(add(s, &one, 7, outcome(OUTCOME_OK, 5, 9), &e));
    assert_says(e.text, path);
    assert_says(e.text, "UNIQUE");
    assert_counts(s, 1, 1);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 2);
    assert_int_equal(number(path, "SELECT count(*) FROM sample WHERE ns_per_op >= 9"), 0);
    add_or_fail(s, &two, 7, outcome(OUTCOME_OK, 1, 1)); // no transaction was left open
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 3);
}

// A cell is measured again in a block; the last attempt counts.
static void test_attempts(void **state)
{
    struct store *s = create(in("attempts.db"));
    struct spec one = cell(1), two = cell(2);
    struct error e;

    (void)state;
    assert_int_equal(store_attempts(s, sweep_of(s), &one, 4), 0);
    assert_true(add_again(s, &one, 4, 0, "lost 5 %", outcome(OUTCOME_OK, 2, 1), &e));
    assert_int_equal(store_attempts(s, sweep_of(s), &one, 4), 1);
    add_or_fail(s, &two, 4, outcome(OUTCOME_OK, 1, 1));
    assert_int_equal(store_attempts(s, sweep_of(s), &two, 4), 1);
    assert_true(add_again(s, &one, 5, 0, NULL, outcome(OUTCOME_OK, 1, 1), &e));
    assert_int_equal(store_attempts(s, sweep_of(s), &one, 5), 1);
    assert_counts(s, 3, 3);
    assert_true(add_again(s, &one, 4, 1, "lost 4 %", outcome(OUTCOME_VOID, 1, 1), &e));
    struct store_counts c = store_count(s);
    assert_true(c.all == 3 && c.ok == 2 && c.repeated == 1 && c.disturbed == 1);
    assert_true(add_again(s, &one, 4, 2, "", outcome(OUTCOME_OK, 2, 1), &e));
    assert_int_equal(store_attempts(s, sweep_of(s), &one, 4), 3);
    c = store_count(s);
    assert_true(c.all == 3 && c.ok == 3 && c.repeated == 2 && c.disturbed == 0);
    assert_false(add_again(s, &one, 4, 1, "", outcome(OUTCOME_OK, 1, 1), &e));
    assert_says(e.text, "UNIQUE");
    assert_false(add_again(s, &one, 4, 2, "", outcome(OUTCOME_OK, 1, 1), &e));
    // another sweep's blocks are its own
    struct store_sweep other = {
        .machine = "here", .plan = "q", .plan_text = "", .shard = "1/1", .cells = ""};
    assert_true(store_begin(s, &other, &e));
    assert_int_equal(store_attempts(s, other.id, &one, 4), 0);
    store_close(s);
}

static void on_stop(void *argument, const struct store_stop *stop)
{
    struct summary *s = argument;
    size_t n = strlen(s->text);

    snprintf(s->text + n, sizeof s->text - n, "%d %s %u %s; ", (int)stop->sweep, stop->family,
             stop->rounds, stop->reason);
}
static void assert_stops(struct store *s, const char *expected)
{
    struct summary stops = {""};
    struct error e;

    assert_true(store_visit_stops(s, on_stop, &stops, &e));
    assert_string_equal(stops.text, expected);
}
static void stop(struct store *s, int64_t sweep, const char *family, unsigned rounds,
                 const char *reason)
{
    struct store_stop stop = {sweep, family, rounds, reason};
    struct error e;

    if (!store_add_stop(s, &stop, &e))
        fail_msg("%s", e.text);
}

static void test_stops(void **state)
{
    struct store *s = create(in("stops.db"));
    struct store_sweep other = {
        .machine = "here", .plan = "q", .plan_text = "", .shard = "1/1", .cells = ""};
    struct error e;

    (void)state;
    assert_int_equal(sweep_of(s), 1);
    assert_true(store_begin(s, &other, &e) && other.id == 2);
    assert_stops(s, "");
    stop(s, 2, "it's", 0, "budget");
    stop(s, 1, "g\xff", UINT32_MAX, "rounds");
    stop(s, 1, "f", 12, "budget");
    assert_stops(s, "1 f 12 budget; 1 g? 4294967295 rounds; 2 it's 0 budget; ");
    stop(s, 1, "f", 12, "narrow");
    stop(s, 2, "it's", 7, "budget");
    stop(s, 1, "g\xff", 3, "rounds"); // whatever it is
    assert_stops(s, "1 f 12 narrow; 1 g? 3 rounds; 2 it's 7 budget; ");
    store_close(s);
}

// When a sample cannot be written, there is neither the invocation nor its cell.
static void test_nothing_half_written(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("half.db"));
    struct store *s = create(path);
    struct spec one = cell(1);
    struct error e = {""};

    (void)state;
    store_close(s);
    change(path, "CREATE TRIGGER refuse BEFORE INSERT ON sample WHEN new.number = 2 "
                 "BEGIN SELECT raise(ABORT, 'the disk is full'); END");
    s = create(path);
    assert_false(add(s, &one, 0, outcome(OUTCOME_OK, 4, 1), &e));
    assert_says(e.text, "the disk is full");
    assert_false(has(s, &one, 0));
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 0);
    assert_int_equal(number(path, "SELECT count(*) FROM invocation"), 0);
    assert_int_equal(number(path, "SELECT count(*) FROM cell"), 0);
    add_or_fail(s, &one, 0, outcome(OUTCOME_OK, 2, 1));
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 2);
}

// A process that is killed in the middle of a transaction leaves a store without it.
static void test_killed(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("killed.db"));
    struct store *s = create(path);
    struct spec one = cell(1), two = cell(2);
    struct error e;

    (void)state;
    store_close(s);
    pid_t child = fork();
    if (child == 0) {
        s = store_create(path, &e);
        bool fine = s != NULL && add(s, &one, 0, outcome(OUTCOME_OK, 3, 1), &e);
        _exit(fine ? 0 : 1); // without closing: the log stays beside the file
    }
    int status;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    s = store_open(path, &e);
    if (s == NULL)
        fail_msg("%s", e.text);
    assert_counts(s, 1, 1);
    store_close(s);
    s = create(path);
    assert_true(has(s, &one, 0));
    add_or_fail(s, &two, 0, outcome(OUTCOME_OK, 1, 1));
    store_close(s);
}

// However far it came, what is there is whole.
static void test_killed_at_any_time(void **state)
{
    char path[200];
    struct spec one = cell(1);
    struct error e;
    int64_t next = 0;

    (void)state;
    snprintf(path, sizeof path, "%s", in("any.db"));
    store_close(create(path));
    for (unsigned turn = 0; turn < 10; turn++) {
        pid_t child = fork();
        if (child == 0) {
            struct store *s = store_create(path, &e);
            while (s != NULL && add(s, &one, next, outcome(OUTCOME_OK, 5, 1), &e))
                next++;
            _exit(1);
        }
        usleep(10000 + 1700 * turn);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct store *s = create(path);
        size_t all = store_count(s).all;
        store_close(s);
        assert_true((int64_t)all >= next);
        next = (int64_t)all;
        assert_int_equal(number(path, "SELECT count(*) FROM sample"), 5 * all);
    }
    assert_int_equal(number(path, "SELECT count(*) FROM pragma_integrity_check "
                                  "WHERE integrity_check = 'ok'"),
                     1);
}

struct visited {
    int64_t invocation[20], block[20];
    int sample[20]; // its number; -1: none
    unsigned n;
};

static void on_row(void *argument, const struct store_row *row)
{
    struct visited *v = argument;

    assert_in_range(v->n, 0, 19);
    v->invocation[v->n] = row->invocation;
    v->block[v->n] = row->block;
    v->sample[v->n] = -1;
    assert_string_equal(row->family, "a family, with a 'name'");
    assert_int_equal(row->rank, 3);
    assert_int_equal(row->round, row->block);
    assert_string_equal(json_string_value(json_object_get(row->cell, "rc")), "atomic");
    assert_non_null(strstr(row->key, "private_objects atomic+none"));
    if (strcmp(row->status, "ok") == 0)
        assert_string_equal(row->message, "");
    else
        assert_says(row->message, "'so'");
    if (row->sample != NULL) {
        const json_t *sample = row->sample;

        v->sample[v->n] = (int)json_integer_value(json_object_get(sample, "sample"));
        assert_string_equal(json_string_value(json_object_get(sample, "cell")), row->key);
        assert_string_equal(json_string_value(json_object_get(sample, "text")), "\"'\n");
        assert_string_equal(json_string_value(json_object_get(sample, "status")), row->status);
        assert_string_equal(json_string_value(json_object_get(sample, "family")), row->family);
        assert_int_equal(json_integer_value(json_object_get(sample, "block")), row->block);
        assert_int_equal(json_integer_value(json_object_get(sample, "round")), row->round);
        assert_int_equal(json_integer_value(json_object_get(sample, "invocation")),
                         row->invocation);
    }
    v->n++;
}

static void test_visit(void **state)
{
    static const struct {
        int64_t block;
        int sample;
    } expected[] = {{9, 0}, {9, 1}, {9, 2}, {2, 0}, {5, -1}, {0, 0}, {0, 1}};
    struct store *s = create(in("visit.db"));
    struct spec one = cell(1), two = cell(2);
    struct visited v = {.n = 0};
    struct error e;

    (void)state;
    assert_true(store_visit(s, on_row, &v, &e));
    assert_int_equal(v.n, 0);
    add_or_fail(s, &two, 9, outcome(OUTCOME_OK, 3, 1));
    add_or_fail(s, &one, 2, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, 5, outcome(OUTCOME_CRASHED, 0, 1));
    add_or_fail(s, &one, 0, outcome(OUTCOME_VOID, 2, 1));
    assert_true(store_visit(s, on_row, &v, &e));
    assert_int_equal(v.n, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(v.block[i], expected[i].block);
        assert_int_equal(v.sample[i], expected[i].sample);
        assert_true(i == 0 || v.invocation[i] >= v.invocation[i - 1]);
    }
    store_close(s);
}

static void on_attempt(void *argument, const struct store_row *row)
{
    struct summary *s = argument;
    size_t n = strlen(s->text);
    const json_t *sample = row->sample;

    snprintf(s->text + n, sizeof s->text - n, "%d %u %u '%s'%s", (int)row->block, row->attempt,
             row->layout, row->disturbed, row->superseded ? " superseded; " : "; ");
    if (sample == NULL)
        return;
    assert_int_equal(json_integer_value(json_object_get(sample, "attempt")), row->attempt);
    assert_int_equal(json_integer_value(json_object_get(sample, "layout")), row->layout);
    assert_string_equal(json_string_value(json_object_get(sample, "disturbed")), row->disturbed);
}

static void test_visit_attempts(void **state)
{
    struct store *s = create(in("visit.db"));
    struct spec one = cell(1), two = cell(2);
    struct summary summary = {""};
    struct error e;

    (void)state;
    assert_true(add_again(s, &one, 4, 0, "so", outcome(OUTCOME_OK, 2, 1), &e));
    add_or_fail(s, &two, 4, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, 5, outcome(OUTCOME_OK, 1, 1));
    assert_true(add_again(s, &one, 4, 1, "too", outcome(OUTCOME_CRASHED, 0, 1), &e));
    assert_true(add_again(s, &one, 4, 2, "", outcome(OUTCOME_OK, 1, 1), &e));
    struct store_sweep other = {
        .machine = "here", .plan = "q", .plan_text = "", .shard = "1/1", .cells = ""};
    assert_true(store_begin(s, &other, &e));
    struct store_invocation i = {
        .spec = &one, .family = "f", .sweep = other.id, .block = 4, .disturbed = "x"};
    struct outcome o = outcome(OUTCOME_OK, 1, 1);
    assert_true(store_environment(s, i.sweep, "{}", &i.environment, &e));
    assert_true(store_add(s, &i, &o, &e));
    json_decref(o.samples);
    assert_true(store_visit(s, on_attempt, &summary, &e));
    assert_string_equal(summary.text, "4 0 7 'so' superseded; 4 0 7 'so' superseded; 4 0 7 ''; "
                                      "5 0 7 ''; 4 1 8 'too' superseded; 4 2 9 ''; 4 0 0 'x'; ");
    store_close(s);
}

// What the cell says is not said again by each sample; and is there when it is read.
static void test_samples_are_cut(void **state)
{
    char path[200];
    struct spec one = cell(1);
    struct outcome o = {.status = OUTCOME_OK, .samples = json_array()};
    struct summary summary = {""};
    struct error e;

    (void)state;
    snprintf(path, sizeof path, "%s", in("cut.db"));
    json_t *sample = spec_json(&one);
    json_object_set_new(sample, "ns_per_op", json_real(2.5));
    json_object_set_new(sample, "verified", json_true());
    json_array_append_new(o.samples, sample);
    struct store *s = create(path);
    add_or_fail(s, &one, 0, o);
    store_close(s);
    assert_int_equal(number(path, "SELECT json = '{\"ns_per_op\":2.5,\"verified\":true}' "
                                  "FROM sample"),
                     1);
    s = store_open(path, &e);
    assert_true(store_visit(s, summarise, &summary, &e));
    assert_says(summary.text, "2.5 atomic 1; ");
    store_close(s);
}

static void test_message_is_text(void **state)
{
    char path[200];
    struct spec one = cell(1);
    struct outcome o = outcome(OUTCOME_CRASHED, 0, 0);

    (void)state;
    snprintf(path, sizeof path, "%s", in("message.db"));
    snprintf(o.message, sizeof o.message, "\xe2\x82\xac \xff\xc3 \xc3\xa4 \xe2\x82");
    struct store *s = create(path);
    add_or_fail(s, &one, 0, o);
    store_close(s);
    assert_int_equal(number(path, "SELECT message = '\xe2\x82\xac ?\? \xc3\xa4 ?\?' "
                                  "FROM invocation"),
                     1);
}

// --- merging ----------------------------------------------------------------------------------

static struct store_merged merge(struct store *into, struct store *from)
{
    struct store_merged merged;
    struct error e;

    if (!store_merge(into, from, &merged, &e))
        fail_msg("%s", e.text);
    return merged;
}

static void test_merge(void **state)
{
    char first[200], copy[200], command[600];
    struct spec one = cell(1), two = cell(2);
    struct store_merged m;
    struct error e;
    size_t n;

    (void)state;
    snprintf(first, sizeof first, "%s", in("first.db"));
    snprintf(copy, sizeof copy, "%s", in("copy.db"));
    struct store *a = create(first);
    add_or_fail(a, &one, 0, outcome(OUTCOME_OK, 3, 1));
    add_or_fail(a, &two, 0, outcome(OUTCOME_CRASHED, 0, 1));
    store_close(a);
    snprintf(command, sizeof command, "cp '%s' '%s'", first, copy);
    assert_int_equal(system(command), 0);
    struct store *c = create(copy); // the copy went on to the end
    add_or_fail(c, &one, 1, outcome(OUTCOME_OK, 2, 1));
    assert_true(store_finish(c, sweep_of(c), &e));
    struct store *b = create(in("second.db")); // another machine, same blocks
    struct store_sweep other = {
        .machine = "there", .plan = "q", .plan_text = "", .shard = "1/1", .cells = ""};
    assert_true(store_begin(b, &other, &e));
    add_or_fail(b, &one, 0, outcome(OUTCOME_OK, 4, 1));
    a = store_open(first, &e);

    struct store *out = create(":memory:");
    m = merge(out, a);
    assert_true(m.added == 2 && m.had == 0);
    m = merge(out, c);
    assert_true(m.added == 1 && m.had == 2);
    m = merge(out, b);
    assert_true(m.added == 1 && m.had == 0);
    m = merge(out, b);
    assert_true(m.added == 0 && m.had == 1);
    m = merge(out, a);
    assert_true(m.added == 0 && m.had == 2);
    assert_counts(out, 4, 3);
    struct store_sweep *list;
    assert_true(store_sweeps(out, &list, &n, &e) && n == 2);
    assert_true(list[0].finished && !list[1].finished);
    assert_string_equal(list[0].machine, "here");
    assert_string_equal(list[1].machine, "there");
    assert_string_equal(list[1].identity, other.identity);
    store_sweeps_free(list, n);
    struct summary summary = {""};
    assert_true(store_visit(out, summarise, &summary, &e));
    unsigned rows = 0;
    for (const char *t = summary.text; (t = strchr(t, ';')) != NULL; t++)
        rows++;
    assert_int_equal(rows, 3 + 1 + 2 + 4);
    // an older version
    change(in("one.db"), version_1);
    struct store *old = store_open(in("one.db"), &e);
    m = merge(out, old);
    assert_true(m.added == 3 && m.had == 0);
    store_close(old);
    old = create(in("one.db"));
    m = merge(out, old); // the same, brought to this version
    assert_true(m.added == 0 && m.had == 3);
    store_close(old);
    change(in("two.db"), version_2);
    old = store_open(in("two.db"), &e);
    m = merge(out, old);
    assert_true(m.added == 3 && m.had == 0);
    store_close(old);
    store_close(a);
    store_close(b);
    store_close(c);
    store_close(out);
}

// Two copies that each measured the same block: one of them is taken, whole.
static void test_merge_twice_measured(void **state)
{
    char first[200], copy[200], command[600];
    struct spec one = cell(1);
    struct error e;

    (void)state;
    snprintf(first, sizeof first, "%s", in("first.db"));
    snprintf(copy, sizeof copy, "%s", in("copy.db"));
    struct store *a = create(first);
    sweep_of(a);
    store_close(a);
    snprintf(command, sizeof command, "cp '%s' '%s'", first, copy);
    assert_int_equal(system(command), 0);
    a = create(first);
    struct store *b = create(copy);
    add_or_fail(a, &one, 0, outcome(OUTCOME_HUNG, 1, 1));
    add_or_fail(b, &one, 0, outcome(OUTCOME_OK, 3, 100));
    struct store *out = create(":memory:");
    merge(out, a);
    struct store_merged m = merge(out, b);
    assert_true(m.added == 0 && m.had == 1);
    struct summary summary = {""};
    assert_true(store_visit(out, summarise, &summary, &e));
    assert_null(strchr(strchr(summary.text, ';') + 1, ';'));
    assert_says(summary.text, "hung");
    store_close(a);
    store_close(b);
    store_close(out);
}

// Attempts are told apart; of two words on why a family ended the one after more rounds stays,
// whichever copy comes first.
static void test_merge_attempts(void **state)
{
    char path[2][200], command[600];
    struct spec one = cell(1);
    struct store *copy[2];
    struct error e;

    (void)state;
    snprintf(path[0], sizeof path[0], "%s", in("first.db"));
    snprintf(path[1], sizeof path[1], "%s", in("copy.db"));
    copy[0] = create(path[0]);
    assert_true(add_again(copy[0], &one, 0, 0, "so", outcome(OUTCOME_OK, 2, 1), &e));
    store_close(copy[0]);
    snprintf(command, sizeof command, "cp '%s' '%s'", path[0], path[1]);
    assert_int_equal(system(command), 0);
    copy[0] = create(path[0]);
    copy[1] = create(path[1]);
    assert_true(add_again(copy[1], &one, 0, 1, "", outcome(OUTCOME_OK, 1, 1), &e));
    stop(copy[0], 1, "a", 9, "rounds");
    stop(copy[1], 1, "a", 10, "budget");
    stop(copy[0], 1, "b", 9, "budget");
    stop(copy[1], 1, "b", 9, "narrow");
    stop(copy[1], 1, "c", 0, "budget");
    for (int i = 0; i < 2; i++) {
        struct store *out = create(in("out.db"));
        struct summary summary = {""};
        size_t first = merge(out, copy[i]).added;
        struct store_merged m = merge(out, copy[1 - i]);
        assert_true(first + m.added == 2 && m.had == 1);
        assert_true(store_visit(out, on_attempt, &summary, &e));
        assert_string_equal(summary.text,
                            "0 0 7 'so' superseded; 0 0 7 'so' superseded; 0 1 8 ''; ");
        assert_stops(out, "1 a 10 budget; 1 b 9 narrow; 1 c 0 budget; ");
        store_close(out);
        assert_int_equal(number(in("out.db"), "SELECT sum(padding) FROM invocation"), 16);
        assert_int_equal(unlink(in("out.db")), 0);
    }
    store_close(copy[0]);
    store_close(copy[1]);
}

// --- the newest -------------------------------------------------------------------------------

static void assert_newest(const char *plan, const char *expected)
{
    char command[600], line[300] = "";

    snprintf(command, sizeof command, "'%s/build/program' --newest %s", directory, plan);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    if (fgets(line, sizeof line, f) != NULL)
        line[strcspn(line, "\n")] = '\0';
    assert_int_equal(pclose(f), 0);
    if (expected == NULL)
        assert_string_equal(line, "none");
    else
        assert_string_equal(line, in(expected));
}

static void at_time(const char *name, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    write_file(in(name), "", 0);
    assert_int_equal(utimensat(AT_FDCWD, in(name), times, 0), 0);
}

static void test_newest(void **state)
{
    char command[600];

    (void)state;
    snprintf(command, sizeof command,
             "cd '%s' && mkdir build strategies && : >strategies/cell.h && "
             "cp /proc/%d/exe build/program",
             directory, (int)getpid());
    assert_int_equal(system(command), 0);
    assert_newest("", NULL);
    assert_int_equal(mkdir(in("results"), 0777), 0);
    assert_newest("", NULL);
    at_time("results/quick-20260101-000000.db", 5000);
    at_time("results/quick-20260102-000000.db", 3000);
    at_time("results/quick-20260102-000000.db-wal", 9000);
    at_time("results/quick.txt", 9000);
    at_time("results/deep-20260101-000000.db", 7000);
    at_time("results/quick-deep-20260101-000000.db", 8000);
    assert_newest("", "results/quick-deep-20260101-000000.db");
    assert_newest("quick", "results/quick-20260101-000000.db"); // by time, not by name
    assert_newest("deep", "results/deep-20260101-000000.db");
    assert_newest("quick-deep", "results/quick-deep-20260101-000000.db");
    assert_newest("nonsense", NULL);
    at_time("results/quick-20260103-000000.db", 6000);
    assert_newest("quick", "results/quick-20260103-000000.db");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_and_open),
        TEST(test_two_at_a_time),
        TEST(test_foreign_files),
        TEST(test_newer_version),
        TEST(test_no_permission),
        TEST(test_no_directory),
        TEST(test_version_1),
        TEST(test_version_1_unusual),
        TEST(test_version_2),
        TEST(test_read_only),
        TEST(test_read_only_medium),
        TEST(test_full_disk),
        TEST(test_draft),
        TEST(test_sweeps),
        TEST(test_shard),
        TEST(test_environments),
        TEST(test_add_and_has),
        TEST(test_twice),
        TEST(test_attempts),
        TEST(test_stops),
        TEST(test_nothing_half_written),
        TEST(test_killed),
        TEST(test_killed_at_any_time),
        TEST(test_visit),
        TEST(test_visit_attempts),
        TEST(test_samples_are_cut),
        TEST(test_message_is_text),
        TEST(test_merge),
        TEST(test_merge_twice_measured),
        TEST(test_merge_attempts),
        TEST(test_newest),
    };

    if (argc > 1 && strcmp(argv[1], "--newest") == 0) {
        char **list = store_list(argc > 2 ? argv[2] : NULL);
        printf("%s\n", list[0] != NULL ? list[0] : "none");
        store_list_free(list);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
