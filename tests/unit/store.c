// SPDX-License-Identifier: MIT
//
// `store --newest [PLAN]` prints what store_newest answers: the program starts itself so, as a copy
// in a tree of the test's own.
#include "store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static bool add(struct store *s, const struct spec *spec, int64_t block, struct outcome o,
                struct error *e)
{
    struct store_invocation i = {.spec = spec,
                                 .family = "a family, with a 'name'",
                                 .round = (unsigned)block,
                                 .block = block,
                                 .rank = 3,
                                 .load = 0.5};
    bool ok = store_environment(s, "{}", &i.environment, e) && store_add(s, &i, &o, e);

    json_decref(o.samples);
    return ok;
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

static void change(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

// --- files ------------------------------------------------------------------------------------

static void test_create_and_open(void **state)
{
    const char *path = in("new.db");
    struct error e = {""};
    size_t all = 77, ok = 77;

    (void)state;
    assert_null(store_open(path, &e));
    assert_says(e.text, path);
    assert_says(e.text, "No such file");
    assert_int_equal(access(path, F_OK), -1); // opening makes nothing

    struct store *s = create(path);
    assert_true(store_set(s, "plan", "first", &e));
    store_count(s, &all, &ok);
    assert_true(all == 0 && ok == 0);
    store_close(s);
    store_close(NULL);

    s = store_open(path, &e);
    assert_non_null(s);
    char *plan = store_get(s, "plan");
    assert_string_equal(plan, "first");
    free(plan);
    store_close(s);
    s = create(path); // again: what it holds stays
    plan = store_get(s, "plan");
    assert_string_equal(plan, "first");
    free(plan);
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
    assert_true(store_has(b, &one, 0));
    assert_false(add(b, &one, 0, outcome(OUTCOME_OK, 1, 1), &e));
    add_or_fail(b, &one, 1, outcome(OUTCOME_OK, 1, 1));
    assert_true(store_has(a, &one, 1));
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
    change(path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;");
    assert_untouched("newer.db", "newer rclab");
    assert_null(store_open(path, &e));
    assert_says(e.text, "99");
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
    assert_true(store_set(s, "plan", "mine", &e) && store_set(s, "finished", "1", &e));
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
    char *plan = s != NULL ? store_get(s, "plan") : NULL;

    assert_int_equal(seteuid(me), 0);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_null(none);
    assert_says(refused, fresh);
    assert_null(again);
    assert_says(refused_again, path);
    // what is finished can be read where nothing can be written
    if (s == NULL)
        fail_msg("%s", e.text);
    assert_non_null(plan);
    assert_string_equal(plan, "mine");
    free(plan);
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

// --- texts and environments -------------------------------------------------------------------

static void test_texts(void **state)
{
    struct store *s = create(in("texts.db"));
    struct error e;

    (void)state;
    assert_null(store_get(s, "seed"));
    assert_true(store_set(s, "seed", "1'; DROP TABLE meta; --", &e));
    assert_true(store_set(s, "plan_text", "", &e));
    char *text = store_get(s, "seed");
    assert_string_equal(text, "1'; DROP TABLE meta; --");
    free(text);
    text = store_get(s, "plan_text");
    assert_string_equal(text, "");
    free(text);
    assert_true(store_set(s, "seed", "2", &e));
    text = store_get(s, "seed");
    assert_string_equal(text, "2");
    free(text);
    store_close(s);
}

static void test_environments(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("environment.db"));
    struct store *s = create(path);
    int64_t a, b, c;
    struct error e;

    (void)state;
    assert_true(store_environment(s, "{\"cpu\":1}", &a, &e));
    assert_true(store_environment(s, "{\"cpu\":2}", &b, &e));
    assert_true(store_environment(s, "{\"cpu\":1}", &c, &e));
    assert_true(a == c && a != b && a > 0 && b > 0);
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM environment"), 2);
    s = create(path);
    assert_true(store_environment(s, "{\"cpu\":2}", &c, &e));
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
    size_t all, ok;

    (void)state;
    other.threads = 2;
    assert_false(store_has(s, &one, 0));
    add_or_fail(s, &one, 0, outcome(OUTCOME_OK, 3, 1));
    assert_true(store_has(s, &one, 0));
    assert_false(store_has(s, &one, 1));
    assert_false(store_has(s, &two, 0));
    assert_false(store_has(s, &other, 0));
    add_or_fail(s, &two, 0, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, 1, outcome(OUTCOME_OK, 1, 1));
    add_or_fail(s, &one, INT64_MAX, outcome(OUTCOME_VOID, 2, 1));
    add_or_fail(s, &one, 2, outcome(OUTCOME_CRASHED, 0, 1));
    add_or_fail(s, &one, 3, outcome(OUTCOME_HUNG, 1, 1));
    assert_true(store_has(s, &one, INT64_MAX));
    assert_true(store_has(s, &one, 2)); // not again what ended badly
    store_count(s, &all, &ok);
    assert_true(all == 6 && ok == 3);
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM cell"), 2);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 8);
    assert_int_equal(number(path, "SELECT count(*) FROM sample WHERE verified"), 5);
    assert_int_equal(number(path, "SELECT count(*) FROM environment"), 1);
    s = create(path);
    assert_true(store_has(s, &two, 0));
    store_close(s);
}

static void test_twice(void **state)
{
    char path[200];
    snprintf(path, sizeof path, "%s", in("twice.db"));
    struct store *s = create(path);
    struct spec one = cell(1), two = cell(2);
    struct error e = {""};
    size_t all, ok;

    (void)state;
    add_or_fail(s, &one, 7, outcome(OUTCOME_OK, 2, 1));
    assert_false(add(s, &one, 7, outcome(OUTCOME_OK, 5, 9), &e));
    assert_says(e.text, path);
    assert_says(e.text, "UNIQUE");
    store_count(s, &all, &ok);
    assert_true(all == 1 && ok == 1);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 2);
    assert_int_equal(number(path, "SELECT count(*) FROM sample WHERE ns_per_op >= 9"), 0);
    add_or_fail(s, &two, 7, outcome(OUTCOME_OK, 1, 1)); // no transaction was left open
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) FROM sample"), 3);
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
    assert_false(store_has(s, &one, 0));
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
    size_t all, ok;

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
    store_count(s, &all, &ok);
    assert_true(all == 1 && ok == 1);
    store_close(s);
    s = create(path);
    assert_true(store_has(s, &one, 0));
    add_or_fail(s, &two, 0, outcome(OUTCOME_OK, 1, 1));
    store_close(s);
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
        TEST(test_texts),
        TEST(test_environments),
        TEST(test_add_and_has),
        TEST(test_twice),
        TEST(test_nothing_half_written),
        TEST(test_killed),
        TEST(test_visit),
        TEST(test_newest),
    };

    if (argc > 1 && strcmp(argv[1], "--newest") == 0) {
        char *path = store_newest(argc > 2 ? argv[2] : NULL);
        printf("%s\n", path != NULL ? path : "none");
        free(path);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
