// SPDX-License-Identifier: MIT
//
// Text that a store becomes and comes from; and text that is refused.
#include "archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct store *memory(void)
{
    struct error e;
    struct store *s = store_create(":memory:", &e);

    if (s == NULL)
        fail_msg("%s", e.text);
    return s;
}

// The caller's to free.
static char *export(struct store *s)
{
    char *text = NULL;
    size_t n;
    struct error e;
    FILE *to = open_memstream(&text, &n);

    if (!archive_export(s, to, &e))
        fail_msg("%s", e.text);
    assert_int_equal(fclose(to), 0);
    return text;
}

static bool import(struct store *s, const char *text, size_t n, struct error *e)
{
    FILE *from = fmemopen((char *)text, n, "r");
    bool ok = archive_import(s, from, "x", e);

    fclose(from);
    return ok;
}

// export(import(text)), the caller's to free.
static char *again(const char *text)
{
    struct store *s = memory();
    struct error e;

    if (!import(s, text, strlen(text), &e))
        fail_msg("%s", e.text);
    char *second = export(s);
    store_close(s);
    return second;
}

static void measure(struct store *s, int64_t sweep, int64_t environment, int64_t block,
                    unsigned rank, unsigned attempt, enum outcome_status status, unsigned samples)
{
    static const double odd[] = {0.1, 1e-310, 1.7976931348623157e308, 1 / 3.0, -0.0, 1e22};
    const struct workload *w;
    struct spec spec;
    struct error e;
    struct outcome o = {.status = status, .samples = json_array(), .wall_ns = 5000000};

    assert_true(spec_workload("private_objects", &w, &e));
    spec_start(&spec, w);
    assert_true(spec_scheme(&spec, REFCOUNT, rank == 0 ? "atomic" : "biased", &e) &&
                spec_complete(&spec, &e));
    if (status != OUTCOME_OK)
        snprintf(o.message, sizeof o.message,
                 "\xe2\x80\x9ck\xc3\xa4se\xe2\x80\x9d \x01\t\\\" \xff");
    for (unsigned i = 0; i < samples; i++) {
        json_t *sample = spec_json(&spec);
        json_object_set_new(sample, "ns_per_op", json_real(odd[i % COUNT(odd)]));
        json_object_set_new(sample, "verified", json_boolean(status == OUTCOME_OK));
        json_object_set_new(sample, "big", json_integer(INT64_MAX));
        json_object_set_new(sample, "list", json_pack("[i,n,s]", -1, "\xc3\xbc"));
        json_array_append_new(o.samples, sample);
    }
    struct store_invocation i = {.spec = &spec,
                                 .family = "f \xc3\xa4",
                                 .round = (unsigned)block,
                                 .position = rank,
                                 .rank = rank,
                                 .sweep = sweep,
                                 .block = block,
                                 .environment = environment,
                                 .attempt = attempt,
                                 .layout = UINT32_MAX - attempt,
                                 .padding = 17 * attempt,
                                 .disturbed = attempt == 0 ? "a \"gap\" \xff" : "",
                                 .load = 0.1};
    if (!store_add(s, &i, &o, &e))
        fail_msg("%s", e.text);
    json_decref(o.samples);
}

static void test_round_trip(void **state)
{
    struct store *s = memory();
    struct error e;
    int64_t environment[2];

    (void)state;
    char *text = export(s); // of nothing
    assert_string_equal(text, "{\"archive\":{\"version\":3}}\n");
    char *second = again(text);
    assert_string_equal(second, text);
    free(text);
    free(second);
    struct store_sweep sweep[] = {
        {.machine = "m\xc3\xbc",
         .plan = "p",
         .plan_text = "[a]\n\xff\n",
         .shard = "1/2",
         .cells = ""},
        {.machine = "n",
         .plan = "",
         .plan_text = "",
         .shard = "1/1",
         .cells = "0123456789abcdef0123456789abcdef"},
    };
    for (int i = 0; i < 2; i++) {
        assert_true(store_begin(s, &sweep[i], &e));
        assert_true(store_environment(s, sweep[i].id, "{\"cpu\":null}", &environment[i], &e));
        measure(s, sweep[i].id, environment[i], 0, 0, 0, OUTCOME_OK, 6);
        measure(s, sweep[i].id, environment[i], 0, 1, 0, OUTCOME_CRASHED, 0);
        measure(s, sweep[i].id, environment[i], 0, 0, 1, OUTCOME_OK, 6);
        measure(s, sweep[i].id, environment[i], 0, 0, 2, OUTCOME_VOID, 1);
        measure(s, sweep[i].id, environment[i], INT64_MAX - i, 1, 0, OUTCOME_HUNG, 1);
        measure(s, sweep[i].id, environment[i], 3, 0, 0, OUTCOME_VOID, 2);
        struct store_stop stop[] = {{sweep[i].id, "f \xc3\xa4", UINT32_MAX, "narrow"},
                                    {sweep[i].id, "\xff \"g\"", 0, "budget"}};
        assert_true(store_add_stop(s, &stop[0], &e) && store_add_stop(s, &stop[1], &e));
    }
    assert_true(store_finish(s, sweep[1].id, &e));
    text = export(s);
    store_close(s);
    second = again(text);
    assert_string_equal(second, text);
    free(second);
    // sorted by bytes, each line once
    unsigned lines = 0;
    for (char *line = text, *next; (next = strchr(line, '\n')) != NULL && next[1] != '\0';
         line = next + 1, lines++)
        assert_true(strncmp(line, next + 1, strcspn(line, "\n") + 1) < 0);
    assert_int_equal(lines + 1, 1 + 2 + 2 + 12 + 2 + 32 + 4 + 2);
    assert_non_null(strstr(text, "k\xc3\xa4se\xe2\x80\x9d \\u0001\\t\\\\\\\" ?\""));
    assert_non_null(strstr(text, "\"ns_per_op\":0.10000000000000001"));
    assert_non_null(strstr(text, "\"attempt\":2,"));
    assert_non_null(strstr(text, "\"disturbed\":\"a \\\"gap\\\" ?\""));
    assert_non_null(strstr(text, "\"layout\":4294967293,"));
    assert_non_null(strstr(text, "\"padding\":34,"));
    assert_non_null(strstr(text, "{\"stop\":{\"family\":\"? \\\"g\\\"\",\"reason\":\"budget\","
                                 "\"rounds\":0,"));
    free(text);
}

static const char *const good[] = {
    "{\"archive\":{\"version\":3}}",
    "{\"cell\":{\"json\":{\"alloc\":\"a\",\"allocator\":\"g\",\"copy\":1,\"extra\":2.5,\"lock\":"
    "\"l\","
    "\"params\":{\"x\":1},\"placement\":\"p\",\"rc\":\"r\",\"reclaimer\":\"i\",\"threads\":2,"
    "\"workload\":\"w\"},"
    "\"key\":\"k\",\"workload\":\"w\"}}",
    "{\"environment\":{\"hash\":\"HASH\",\"json\":{},\"machine\":\"m\"}}",
    "{\"invocation\":{\"attempt\":0,\"began\":\"2026-01-02 03:04:05.678\",\"block\":4,"
    "\"cell\":\"k\",\"disturbed\":\"\",\"environment\":\"HASH\",\"family\":\"f\",\"layout\":0,"
    "\"load\":0.5,\"message\":\"\",\"padding\":0,\"position\":0,"
    "\"rank\":1,\"round\":2,\"status\":\"ok\",\"sweep\":\"11111111111111111111111111111111\","
    "\"wall_ns\":9}}",
    "{\"machine\":{\"identity\":\"m\"}}",
    "{\"sample\":{\"attempt\":0,\"block\":4,\"cell\":\"k\","
    "\"json\":{\"ns_per_op\":1.5,\"verified\":true},"
    "\"number\":0,\"sweep\":\"11111111111111111111111111111111\"}}",
    "{\"stop\":{\"family\":\"f\",\"reason\":\"narrow\",\"rounds\":3,"
    "\"sweep\":\"11111111111111111111111111111111\"}}",
    "{\"sweep\":{\"cells\":\"\",\"finished\":true,"
    "\"identity\":\"11111111111111111111111111111111\",\"machine\":\"m\",\"plan\":\"p\","
    "\"plan_text\":\"\",\"seed\":7,\"shard\":\"1/1\"}}",
};
enum { GOOD = COUNT(good), TEXT_MOST = 20000 };

// The good lines, in line `line` (from 1) the first `from` replaced by `to`.
static void compose(char *text, unsigned line, const char *from, const char *to)
{
    char hash[SCHEMA_HASH];
    size_t n = 0;

    schema_hash("m\n{}", 4, hash);
    for (unsigned i = 0; i < GOOD; i++) {
        const char *rest = good[i], *at = i + 1 == line ? strstr(rest, from) : NULL;
        if (i + 1 == line && at == NULL)
            fail_msg("line %u has no %s", line, from);
        if (at != NULL) {
            n += (size_t)snprintf(text + n, TEXT_MOST - n, "%.*s%s", (int)(at - rest), rest, to);
            rest = at + strlen(from);
        }
        n += (size_t)snprintf(text + n, TEXT_MOST - n, "%s\n", rest);
    }
    for (char *at; (at = strstr(text, "HASH")) != NULL;) {
        memmove(at + 32, at + 4, strlen(at + 4) + 1);
        memcpy(at, hash, 32);
    }
}

static void refused(const char *text, size_t n, const char *place, const char *says)
{
    struct store *s = memory();
    struct error e = {""};

    if (import(s, text, n, &e))
        fail_msg("taken, though %s", says);
    if (strncmp(e.text, place, strlen(place)) != 0 || strstr(e.text, says) == NULL)
        fail_msg("'%s' does not say '%s%s'", e.text, place, says);
    assert_int_equal(store_count(s).all, 0);
    char *nothing = export(s);
    assert_string_equal(nothing, "{\"archive\":{\"version\":3}}\n");
    free(nothing);
    store_close(s);
}

static void test_refusals(void **state)
{
    static char text[TEXT_MOST];
    static const struct {
        unsigned line;
        const char *from, *to, *place, *says;
    } bad[] = {
        {1, "archive", "archiv", "x:1: ", "no export of rclab"},
        {1, "3", "4", "x:1: ", "version 4; this one reads 2 to 3"},
        {1, "3", "1", "x:1: ", "version 1; this one reads 2 to 3"},
        {1, "3", "4294967299", "x:1: ", "version 4294967299; this one reads 2 to 3"},
        {1, "3", "-1", "x:1: ", "version -1;"},
        {1, "3", "\"3\"", "x:1: ", "no export of rclab"},
        // an older export has no members of a newer one, nor its kinds of line
        {1, "3", "2", "x:4: ",
         "no member 'attempt'; known: began block cell environment family load message position "
         "rank "
         "round status sweep wall_ns"},
        {1, "{\"archive\":{\"version\":3}}", "[]", "x:1: ", "a list"},
        {2, "{\"cell\"", "{\"archive\"", "x:2: ", "a second 'archive'"},
        {2, "{\"cell\"", "{\"zelle\"",
         "x:2: ", "'zelle'; known: cell environment invocation machine sample stop sweep"},
        {2, "{\"cell\"", "{\"a\":1,\"cell\"", "x:2: ", "2 members"},
        {2, "{\"cell\"", "{\"cell\":1,\"cell\"", "x:2: ", "duplicate"},
        {2, "{\"cell\"", "\"cell\"", "x:2: ", "no JSON object"},
        {2, "\"key\":\"k\",", "", "x:2: ", "cell: 'key' is missing; its members are json key"},
        {2, "\"key\":\"k\"", "\"key\":\"\"", "x:2: ", "not empty"},
        {2, "\"key\":\"k\"", "\"kez\":1,\"key\":\"k\"",
         "x:2: ", "no member 'kez'; known: json key"},
        {2, "\"key\":\"k\"", "\"key\":7", "x:2: ", "'key' is 7"},
        {2, "\"lock\":\"l\"", "\"lock\":1", "x:2: ", "'lock' in its json"},
        {2, "\"threads\":2", "\"threads\":0", "x:2: ", "'threads'"},
        {2, "\"threads\":2", "\"threads\":1001", "x:2: ", "1 to 1000"},
        {2, "{\"x\":1}", "{\"x\":1.5}", "x:2: ", "'x' in its params"},
        {2, "{\"x\":1}", "1", "x:2: ", "'params'"},
        {2, "\"workload\":\"w\"}}", "\"workload\":\"v\"}}", "x:2: ", "another workload"},
        {3, "\"json\":{}", "\"json\":[]", "x:3: ", "'json' is [], not an object"},
        {3, "\"json\":{}", "\"json\":{\"a\":1}", "x:3: ", "its hash is"},
        {3, "\"hash\":\"", "\"hash\":\"0", "x:3: ", "32 hexadecimal"},
        {3, "\"machine\":\"m\"", "\"machine\":\"n\"", "x:3: ", "no machine 'n'"},
        {4, "2026-01-02 03", "2026-02-31 03", "x:4: ", "not a time"},
        {4, "05.678", "05", "x:4: ", "not a time"},
        {4, "\"block\":4", "\"block\":-1", "x:4: ", "from 0 to 9223372036854775807"},
        {4, "\"block\":4", "\"block\":4.5", "x:4: ", "'block' is 4.5"},
        {4, "\"block\":4", "\"block\":99999999999999999999", "x:4: ", "too big integer"},
        {4, "\"round\":2", "\"round\":4294967296", "x:4: ", "from 0 to 4294967295"},
        {4, "\"cell\":\"k\"", "\"cell\":\"j\"", "x:4: ", "no cell 'j'"},
        {4, "\"load\":0.5", "\"load\":\"0.5\"", "x:4: ", "a number or null"},
        {4, "\"load\":0.5", "\"load\":1e999", "x:4: ", "overflow"},
        {4, "\"ok\"", "\"fine\"", "x:4: ", "'fine'; known: ok void crashed hung"},
        {4, "\"sweep\":\"1", "\"sweep\":\"2", "x:4: ", "no sweep 2111"},
        {4, "\"message\":\"\"", "\"message\":\"\\u0000\"", "x:4: ", "\\u0000"},
        {4, "\"message\":\"\"", "\"message\":\"\xff\"", "x:4: ", "unable to decode byte 0xff"},
        {4, "\"attempt\":0,", "", "x:4: ", "'attempt' is missing"},
        {4, "\"attempt\":0", "\"attempt\":1", "x:4: ", "no attempt 0 at cell 'k' in block 4"},
        {4, "\"attempt\":0", "\"attempt\":4294967296", "x:4: ", "from 0 to 4294967295"},
        {4, "\"disturbed\":\"\"", "\"disturbed\":false",
         "x:4: ", "'disturbed' is false, not a text"},
        {4, "\"layout\":0", "\"layout\":-1", "x:4: ", "'layout' is -1"},
        {4, "\"padding\":0", "\"padding\":\"\"", "x:4: ", "'padding' is \"\""},
        {5, "\"m\"", "\"mm\"", "x:8: ", "no machine 'm'"},
        {6, "\"number\":0", "\"number\":null", "x:6: ", "'number' is null"},
        {6, "\"block\":4", "\"block\":5", "x:6: ", "no attempt 0 at cell 'k' in block 5"},
        {6, "\"attempt\":0", "\"attempt\":1", "x:6: ", "no attempt 1 at cell 'k' in block 4"},
        {6, "\"attempt\":0,", "", "x:6: ", "'attempt' is missing"},
        {6, "\"verified\":true", "\"verified\":1", "x:6: ", "'verified'"},
        {6, "1.5", "\"1.5\"", "x:6: ", "'ns_per_op'"},
        {7, "narrow", "wide", "x:7: ", "no reason 'wide'; known: narrow rounds budget"},
        {7, "\"f\"", "\"\"", "x:7: ", "not empty"},
        {7, "3", "3.0", "x:7: ", "'rounds' is 3.0"},
        {7, "\"sweep\":\"1", "\"sweep\":\"2", "x:7: ", "stop: no sweep 2111"},
        {8, "\"finished\":true", "\"finished\":1", "x:8: ", "true or false"},
        {8, "\"shard\":\"1/1\"", "\"shard\":\"2/1\"", "x:8: ", "I/N"},
        {8, "\"cells\":\"\"", "\"cells\":\"x\"", "x:8: ", "'cells' is 'x'"},
        {8, "\"machine\":\"m\"", "\"machine\":\"n\"", "x:8: ", "no machine 'n'"},
        {8, "\"seed\":7,", "\"seed\":", "x:8: ", "no JSON object"},
    };

    (void)state;
    compose(text, 0, "", "");
    char *same = again(text);
    assert_string_equal(same, text);
    free(same);
    for (size_t i = 0; i < COUNT(bad); i++) {
        compose(text, bad[i].line, bad[i].from, bad[i].to);
        refused(text, strlen(text), bad[i].place, bad[i].says);
    }
}

// An export of version 2 is taken as one of cells that were each measured once.
static void test_version_2(void **state)
{
    static const char *const fresh[] = {"\"attempt\":0,", "\"disturbed\":\"\",", "\"layout\":0,",
                                        "\"padding\":0,"};
    static char text[TEXT_MOST], expected[TEXT_MOST];

    (void)state;
    compose(expected, 0, "", "");
    char *stop = strstr(expected, "{\"stop\""), *next = strchr(stop, '\n') + 1;
    memmove(stop, next, strlen(next) + 1);
    strcpy(text, expected);
    *strchr(text, '3') = '2';
    for (size_t i = 0; i < COUNT(fresh); i++)
        for (char *at; (at = strstr(text, fresh[i])) != NULL;)
            memmove(at, at + strlen(fresh[i]), strlen(at + strlen(fresh[i])) + 1);
    assert_null(strstr(text, "attempt"));
    char *second = again(text);
    assert_string_equal(second, expected);
    free(second);
    compose(expected, 0, "", "");
    stop = strstr(expected, "{\"stop\"");
    strncat(text, stop, strcspn(stop, "\n") + 1);
    refused(text, strlen(text),
            "x:8: ", "'stop'; known: cell environment invocation machine sample sweep");
}

// Another line of the kind: the same again, or at odds with the first.
static void test_at_odds(void **state)
{
    static char text[TEXT_MOST], line[TEXT_MOST];
    static const struct {
        unsigned line;
        const char *from, *to, *says;
    } bad[] = {
        {2, "\"k\"", "\"k\"", "cell 'k' is in line 2 already"},
        {3, "{}", "{}", "is in line 3 already"},
        {4, "\"ok\"", "\"ok\"", "attempt 0 at cell 'k' in block 4 is in line 4 already"},
        {4, "\"attempt\":0", "\"attempt\":2", "no attempt 1 at cell 'k' in block 4"},
        {5, "\"m\"", "\"m\"", "machine 'm' is in line 5 already"},
        {6, "1.5", "2.5", "sample 0 of attempt 0 at cell 'k' in block 4 is in line 6 already"},
        {7, "3", "5", "stop of family 'f' of sweep 11111111111111111111111111111111 is in line 7"},
        {8, "\"p\"", "\"q\"", "sweep 11111111111111111111111111111111 is in line 8 already"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        compose(text, 0, "", "");
        const char *at = text;
        for (unsigned k = 1; k < bad[i].line; k++)
            at = strchr(at, '\n') + 1;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n") + 1, at);
        char *from = strstr(line, bad[i].from);
        memcpy(from, bad[i].to, strlen(bad[i].to));
        strcat(text, line);
        refused(text, strlen(text), "x:9: ", bad[i].says);
    }
    // a block is of one family and round; positions and ranks are taken once
    static const char *const second[][3] = {
        {"\"family\":\"f\"", "\"family\":\"g\"", "another family or round"},
        {"\"round\":2", "\"round\":3", "another family or round"},
        {"\"position\":1", "\"position\":0", "position 0 of block 4"},
        {"\"rank\":0", "\"rank\":1", "rank 1 of block 4"},
    };
    for (size_t i = 0; i < COUNT(second); i++) {
        compose(text, 0, "", "");
        char *cell = strchr(text, '\n') + 1, *invocation = strstr(text, "{\"invocation");
        snprintf(line, sizeof line, "%.*s%.*s", (int)strcspn(cell, "\n") + 1, cell,
                 (int)strcspn(invocation, "\n") + 1, invocation);
        *strstr(line, "\"key\":\"k") = '"';
        *(strstr(line, "\"key\":\"k") + 7) = 'j';
        *(strstr(line, "\"cell\":\"k") + 8) = 'j';
        *(strstr(line, "\"position\":0") + 11) = '1';
        *(strstr(line, "\"rank\":1") + 7) = '0';
        memcpy(strstr(line, second[i][0]), second[i][1], strlen(second[i][1]));
        strcat(text, line);
        refused(text, strlen(text), "x:10: ", second[i][2]);
    }
    // another attempt is of the same rank, wherever it stands in the order
    compose(text, 0, "", "");
    const char *first = strstr(text, "{\"invocation");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(first, "\n") + 1, first);
    *(strstr(line, "\"attempt\":0") + 10) = '1';
    size_t n = strlen(text);
    strcat(text, line);
    char *same = again(text);
    assert_int_equal(strlen(same), strlen(text));
    free(same);
    *(strstr(text + n, "\"rank\":1") + 7) = '2';
    refused(text, strlen(text), "x:9: ", "cell 'k' in block 4 has another rank in line 4");
}

static void test_odd_texts(void **state)
{
    static char text[1 << 21];
    size_t n;

    (void)state;
    compose(text, 0, "", "");
    n = strlen(text);
    refused(text, n - 1, "x:8: ", "middle of a line");
    // cut after any line: something is referred to that is not there, or the first line is missing
    for (const char *end = strchr(text, '\n'); end[1] != '\0'; end = strchr(end + 1, '\n')) {
        size_t part = (size_t)(end + 1 - text);
        const char *rest = strstr(text, "{\"environment");
        if (end + 1 > strstr(text, "{\"invocation") + 10)
            refused(text, part, "x:", "in the text");
        else if (end + 1 > rest + 10)
            refused(text, part, "x:3: ", "no machine 'm'");
    }
    refused("\n", 1, "x:1: ", "no JSON object");
    refused(strchr(text, '\n') + 1, n - strcspn(text, "\n") - 1, "x:1: ", "no export");
    refused("{\"archive\":{\"version\":3}}\n\n", 27, "x:2: ", "no JSON object");
    refused("{\"archive\":{\"version\":3}}\n\0\n", 28, "x:2: ", "no JSON object");
    // a line of two megabytes, as deep as it is long
    n = (size_t)sprintf(text, "{\"archive\":{\"version\":3}}\n");
    memset(text + n, '[', sizeof text - n - 1);
    text[sizeof text - 1] = '\n';
    refused(text, sizeof text, "x:2: ", "maximum parsing depth");
    // and one that is all text
    memset(text + n, ' ', sizeof text - n - 1);
    memcpy(text + n, "{\"machine\":{\"identity\":\"", 24);
    memcpy(text + sizeof text - 4, "\"}}", 3);
    struct store *s = memory();
    struct error e;
    assert_true(import(s, text, sizeof text, &e));
    char *out = export(s);
    assert_int_equal(strlen(out), sizeof text);
    assert_memory_equal(out, text, sizeof text);
    free(out);
    store_close(s);
}

static void test_empty(void **state)
{
    FILE *from = fopen("/dev/null", "r");
    struct store *s = memory();
    struct error e;

    (void)state;
    assert_false(archive_import(s, from, "x", &e));
    assert_string_equal(e.text, "x:1: it is empty");
    fclose(from);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_version_2),  cmocka_unit_test(test_at_odds),
        cmocka_unit_test(test_odd_texts),  cmocka_unit_test(test_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
