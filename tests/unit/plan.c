// SPDX-License-Identifier: MIT
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../strategies/pair.h"
#include "stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ONE          "[one]\nworkload = private_objects\nrc = atomic\n"

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' does not say '%s'", text, part);
}

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static struct topology *machine(const char *description)
{
    char error[200];
    struct topology *t = topology_open(description, error, sizeof error);

    if (t == NULL)
        fail_msg("%s", error);
    return t;
}

// On a machine, or on none that is known (NULL).
static struct plan *parse_whole(const char *description, const char *text)
{
    struct topology *t = description != NULL ? machine(description) : NULL;
    struct error e;
    struct plan *p = plan_parse("some/where/test.ini", text, t, &e);

    if (p == NULL)
        fail_msg("%s", e.text);
    topology_close(t);
    return p;
}

// Its own cells alone, if it does not say otherwise; checks have tests of their own.
static struct plan *parse_on(const char *description, const char *text)
{
    char *own = NULL;

    assert_true(asprintf(&own, "%s%s", text,
                         strstr(text, "[plan]") == NULL ? "\n[plan]\nchecks = 0\n" : "") > 0);
    struct plan *p = parse_whole(description, own);
    free(own);
    return p;
}

static struct plan *parse(const char *text)
{
    return parse_on(NULL, text);
}

static void assert_cell(const struct spec *s, const char *expected)
{
    char key[SPEC_TEXT];

    spec_key(s, key);
    assert_string_equal(key, expected);
}

// --- what a plan says --------------------------------------------------------------------------

static void test_head(void **state)
{
    struct plan *p = parse_whole(NULL, ONE);

    (void)state;
    assert_string_equal(p->name, "test");
    assert_string_equal(p->text, ONE);
    assert_string_equal(p->summary, "");
    assert_int_equal(p->effort.time_ns, 20000000);
    assert_int_equal(p->effort.ops, 0);
    assert_int_equal(p->effort.samples, 3);
    assert_int_equal(p->rounds_least, 12);
    assert_int_equal(p->rounds, 12);
    assert_true(p->margin == 0.01);
    assert_int_equal(p->layouts, 1);
    assert_int_equal(p->left_out, 0);
    assert_int_equal(p->families, 1);
    assert_int_equal(plan_cells(p), 3);
    assert_string_equal(p->family[0].name, "one");
    assert_cell(&p->family[0].cell[0],
                "private_objects atomic+none+immediate+system allocator=glibc threads=1 "
                "placement=cores objects=16384 size=64");
    plan_free(p);

    p = parse("[plan]\nsummary = a, b = c\ntime = 1.5s ; an inline "
              "comment\nsamples=7\nrounds : 6\n" ONE);
    assert_string_equal(p->summary, "a, b = c");
    assert_true(p->effort.time_ns == 1500000000 && p->effort.ops == 0);
    assert_true(p->effort.samples == 7 && p->rounds == 6);
    plan_free(p);
    p = parse("[plan]\nops = 1000\n" ONE);
    assert_true(p->effort.time_ns == 0 && p->effort.ops == 1000);
    assert_int_equal(plan_cells(p), 3); // other keys leave the checks as they are
    plan_free(p);
    p = parse("[plan]\nrounds = 12..40\nmargin = 0.25\nchecks = 0.5\nlayouts = 64\n" ONE);
    assert_true(p->rounds_least == 12 && p->rounds == 40);
    assert_true(p->margin == 0.25 && p->layouts == 64);
    plan_free(p);
    p = parse("[plan]\nrounds = 6..6\nmargin = 0.5\nchecks = 1\nlayouts = 1\n" ONE);
    assert_true(p->rounds_least == 6 && p->rounds == 6);
    assert_true(p->margin == 0.5 && p->layouts == 1);
    plan_free(p);
    p = parse("[plan]\nrounds = 100000\nmargin = 1e-3\nchecks = 0\n" ONE);
    assert_true(p->rounds_least == 100000 && p->rounds == 100000 && p->margin == 0.001);
    plan_free(p);
    plan_free(NULL);
}

// What is set from outside belongs to what identifies a plan.
static void test_set_layouts(void **state)
{
    struct plan *p = parse("[plan]\nlayouts = 3\n" ONE), *again;
    char *before = strdup(p->text);

    (void)state;
    assert_true(plan_set_layouts(p, 3));
    assert_string_equal(p->text, before);
    assert_true(plan_set_layouts(p, 5));
    assert_int_equal(p->layouts, 5);
    assert_memory_equal(p->text, before, strlen(before));
    assert_string_equal(p->text + strlen(before), "\n; [plan] layouts = 5");
    again = parse(p->text); // a comment: the file's own number
    assert_int_equal(again->layouts, 3);
    assert_int_equal(plan_cells(again), plan_cells(p));
    plan_free(again);
    plan_free(p);
    // also where no line end stands before it
    p = parse("[one]\nworkload = private_objects\nrc = atomic\n[plan]\nchecks = 0");
    assert_true(plan_set_layouts(p, 2));
    plan_free(parse(p->text));
    plan_free(p);
    free(before);
}

static void test_cross_product(void **state)
{
    struct plan *p = parse("[all]\nworkload = private_objects dict_get\nrc = atomic, plain\n"
                           "lock = none pthread\nparam.objects = 16 64\nparam.keys = 5\n"
                           "together = workload rc lock param.objects\n");
    const char *const at = "allocator=glibc threads=1 placement=cores";
    unsigned n = 0;

    (void)state;
    assert_int_equal(p->families, 1);
    for (unsigned w = 0; w < 2; w++)
        for (unsigned rc = 0; rc < 2; rc++)
            for (unsigned lock = 0; lock < 2; lock++)
                for (unsigned objects = 16; objects <= (w == 0 ? 64 : 16); objects += 48) {
                    char key[SPEC_TEXT];

                    snprintf(key, sizeof key, "%s %s+%s+immediate+system %s",
                             w == 0 ? "private_objects" : "dict_get", rc == 0 ? "atomic" : "plain",
                             lock == 0 ? "none" : "pthread", at);
                    size_t used = strlen(key);
                    if (w == 0) // a parameter goes to the workloads that have it
                        snprintf(key + used, sizeof key - used, " objects=%u size=64", objects);
                    else
                        snprintf(key + used, sizeof key - used, " keys=5 incref=1 deferred=0");
                    assert_cell(&p->family[0].cell[n++], key);
                }
    assert_int_equal(n, 12);
    assert_int_equal(p->family[0].cells, 12);
    plan_free(p);
}

// Axes that are not compared split an experiment; outermost first, as the plan
// lists their values.
static void test_families(void **state)
{
    static const char *const names[] = {
        "split threads=1 placement=cores objects=16",
        "split threads=1 placement=cores objects=64",
        "split threads=1 placement=scatter objects=16",
        "split threads=1 placement=scatter objects=64",
        "split threads=2 placement=cores objects=16",
        "split threads=2 placement=cores objects=64",
        "split threads=2 placement=scatter objects=16",
        "split threads=2 placement=scatter objects=64",
    };
    struct plan *p = parse("[split]\nworkload = private_objects\npair = biased+none atomic+none\n"
                           "threads = 1 2\nparam.objects = 16 64\nplacement = cores scatter\n");

    (void)state;
    assert_int_equal(p->families, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct family *f = &p->family[i];

        assert_string_equal(f->name, names[i]);
        assert_int_equal(f->cells, 2);
        for (unsigned c = 0; c < 2; c++) {
            const struct spec *s = &f->cell[c];

            assert_string_equal(s->scheme[REFCOUNT]->name, c == 0 ? "biased" : "atomic");
            assert_int_equal(s->threads, i < 4 ? 1 : 2);
            assert_string_equal(s->placement->name, i / 2 % 2 == 0 ? "cores" : "scatter");
            assert_int_equal(s->param[0], i % 2 == 0 ? 16 : 64);
        }
    }
    plan_free(p);

    p = parse("[t]\nworkload = private_objects\nrc = biased atomic\nthreads = 1 2\n"
              "together = threads\n");
    assert_int_equal(p->families, 2);
    assert_string_equal(p->family[0].name, "t rc=biased");
    assert_string_equal(p->family[1].name, "t rc=atomic");
    assert_int_equal(p->family[1].cell[0].threads, 1);
    assert_int_equal(p->family[1].cell[1].threads, 2);
    plan_free(p);
    p = parse("[t]\nworkload = private_objects\nrc = biased atomic\ntogether =\n");
    assert_int_equal(p->families, 2);
    plan_free(p);
}

static void test_parts(void **state)
{
    static const unsigned sizes[] = {1, 12, 13, 23, 24, 34, 35, 200};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char text[4000];
        unsigned n = sizes[i], next = 1;
        size_t used = (size_t)snprintf(text, sizeof text,
                                       "[long]\nworkload = private_objects\n"
                                       "rc = atomic\nparam.objects =");
        for (unsigned k = 1; k <= n; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "\n %u", k);
        snprintf(text + used, sizeof text - used, "\ntogether = param.objects\n");
        struct plan *p = parse(text);

        assert_int_equal(p->families, n <= 12 ? 1 : (n - 1 + 10) / 11);
        for (size_t f = 0; f < p->families; f++) {
            char name[40];

            snprintf(name, sizeof name, f == 0 ? "long" : "long, part %zu", f + 1);
            assert_string_equal(p->family[f].name, name);
            assert_in_range(p->family[f].cells, f == 0 ? 1 : 2, FAMILY_OWN);
            assert_int_equal(p->family[f].cell[0].param[0], 1); // the baseline
            for (unsigned c = f == 0 ? 0 : 1; c < p->family[f].cells; c++)
                assert_int_equal(p->family[f].cell[c].param[0], next++);
        }
        assert_int_equal(next, n + 1);
        assert_int_equal(plan_cells(p), n + p->families - 1);
        plan_free(p);
    }
}

static void test_left_out(void **state)
{
    struct plan *p = parse("[x]\nworkload = private_objects\nrc = plain atomic\nlock = none gil\n"
                           "threads = 1 2\n");

    (void)state;
    assert_int_equal(p->left_out, 1);
    assert_int_equal(p->families, 2);
    assert_int_equal(p->family[0].cells, 4);
    assert_int_equal(p->family[1].cells, 3);
    assert_string_equal(p->family[1].cell[0].scheme[REFCOUNT]->name, "plain");
    assert_string_equal(p->family[1].cell[0].scheme[LOCK]->name, "gil");
    plan_free(p);
    // a whole family
    p = parse("[x]\nworkload = private_objects\nrc = plain\nthreads = 1 2 4\n");
    assert_int_equal(p->left_out, 2);
    assert_int_equal(p->families, 1);
    plan_free(p);
    // the same cell twice is one
    p = parse("[x]\nworkload = private_objects hot_object\nrc = atomic "
              "atomic\nparam.objects = 16 64\n"
              "threads = 1 1\ntogether = workload rc param.objects threads\n");
    assert_int_equal(plan_cells(p), 3);
    assert_int_equal(p->left_out, 0);
    assert_int_equal(p->redundant, 0); // values, not cells, were listed twice
    plan_free(p);
}

// What the traits rule out with more threads than CPUs, those of the placement.
static void test_left_out_of_a_crowd(void **state)
{
    static const char text[] = "[x]\nworkload = list_append\nrc = atomic\nlock = all\n"
                               "placement = cores 0,1\nthreads = 2 4 8\n";
    size_t locks, crowd = 0;
    const struct scheme *const *lock = catalogue_schemes(LOCK, &locks);
    struct plan *known = parse_on("core:4 pu:1", text), *unknown = parse(text);

    (void)state;
    for (size_t i = 0; i < locks; i++)
        crowd += PAIR_HAS(lock[i]->traits, LK_TURNS);
    assert_true(crowd > 0);
    // 8 threads on 4 cores; 4 and 8 on a list of two
    assert_int_equal(known->left_out, unknown->left_out + 3 * crowd);
    for (size_t f = 0; f < known->families; f++)
        for (unsigned c = 0; c < known->family[f].cells; c++) {
            const struct spec *s = &known->family[f].cell[c];
            if (PAIR_HAS(s->scheme[LOCK]->traits, LK_TURNS))
                assert_true(s->threads <= (s->placement->entries != 0 ? 2 : 4));
        }
    plan_free(known);
    plan_free(unknown);
}

// A runtime has all four schemes, and is compared as a pair is.
static void test_runtimes(void **state)
{
    struct plan *p = parse("[x]\nworkload = private_objects\nruntime = gil-1.4 pep703\n"
                           "threads = 1 2\nexclude = threads=2 runtime=pep703\n");

    (void)state;
    assert_int_equal(p->families, 2);
    assert_int_equal(p->excluded, 1);
    assert_string_equal(p->family[0].name, "x threads=1");
    assert_int_equal(p->family[0].cells, 2);
    assert_cell(&p->family[0].cell[0],
                "private_objects plain+gil_ticks+immediate+pool allocator=glibc threads=1 "
                "placement=cores runtime=gil-1.4 objects=16384 size=64");
    assert_cell(&p->family[0].cell[1],
                "private_objects pep703+optimistic+gus+heaps allocator=glibc threads=1 "
                "placement=cores runtime=pep703 objects=16384 size=64");
    plan_free(p);

    size_t n;
    runtime_all(&n);
    p = parse("[x]\nworkload = private_objects\nruntime = *\ntogether = threads\n");
    assert_int_equal(p->families, n);
    assert_int_equal(plan_cells(p), n);
    assert_says(p->text, "; [x] runtime = gil-1.4 ");
    plan_free(p);
}

static void test_pair_with_four(void **state)
{
    struct plan *p = parse("[x]\nworkload = private_objects\npair = atomic+gil+immediate+arena "
                           "atomic+gil+immediate+system\n");

    (void)state;
    assert_string_equal(p->family[0].cell[0].scheme[ALLOC]->name, "arena");
    assert_string_equal(p->family[0].cell[1].scheme[ALLOC]->name, "system");
    plan_free(p);
    p = parse("[x]\nworkload = private_objects\nrc = atomic\nalloc = arena system\n"
              "reclaimer = immediate\nallocator = jemalloc\n");
    assert_int_equal(p->families, 2);
    assert_string_equal(p->family[0].name, "x alloc=arena");
    assert_string_equal(p->family[0].cell[0].allocator->name, "jemalloc");
    plan_free(p);
}

static void test_values_over_lines(void **state)
{
    struct plan *p = parse("\xef\xbb\xbf; a comment\r\n# another\r\n\r\n[x]\r\n"
                           "workload = private_objects\r\npair = plain+gil ; and here\r\n"
                           "       none+none none+none\r\n\tatomic+none,biased+none\r\n"
                           "threads = 1\r\n  2\r\n");

    (void)state;
    assert_int_equal(p->families, 2);
    assert_int_equal(p->family[0].cells, 4);
    assert_string_equal(p->family[0].cell[3].scheme[REFCOUNT]->name, "biased");
    assert_int_equal(p->family[1].cell[0].threads, 2);
    plan_free(p);
}

// --- mistakes ----------------------------------------------------------------------------------

// Refused, with a text that says the file, `where` (a line or a section) and
// `what`.
static void assert_refused(const char *text, const char *where, const char *what)
{
    char place[200];
    struct error e = {""};
    struct plan *p = plan_parse("some/where/test.ini", text, NULL, &e);

    if (p != NULL)
        fail_msg("not refused: %s", text);
    snprintf(place, sizeof place, "some/where/test.ini:%s", where);
    assert_says(e.text, place);
    assert_says(e.text, what);
}

static void test_mistakes_in_lines(void **state)
{
    static const struct {
        const char *text, *where, *what;
    } wrong[] = {
        {"[plan]\ntimes = 1\n" ONE, "2:",
         "no key 'times' in [plan]; known: summary time ops samples rounds margin checks layouts"},
        {"[plan]\n\n; c\ntime = 0\n" ONE, "4:", "'0' is not a time"},
        {"[plan]\ntime = nan\n" ONE, "2:", "'nan' is not a time"},
        {"[plan]\ntime =\n" ONE, "2:", "is not a time"},
        {"[plan]\nops = 0\n" ONE, "2:", "'0' is not a number above 0"},
        {"[plan]\nops = -5\n" ONE, "2:", "ops"},
        {"[plan]\nsamples = 0\n" ONE, "2:", "from 1 to 10000"},
        {"[plan]\nsamples = many\n" ONE, "2:", "'many'"},
        {"[plan]\nrounds = 5\n" ONE, "2:", "from 6 to 100000"},
        {"[plan]\nrounds = 12 13\n" ONE, "2:", "rounds: '12 13' is not a number"},
        {"[plan]\nrounds = 5..12\n" ONE, "2:", "and not A..B of such numbers with A at most B"},
        {"[plan]\nrounds = 12..11\n" ONE, "2:", "rounds: '12..11'"},
        {"[plan]\nrounds = 12..100001\n" ONE, "2:", "from 6 to 100000"},
        {"[plan]\nrounds = 12..\n" ONE, "2:", "rounds: '12..'"},
        {"[plan]\nrounds = ..12\n" ONE, "2:", "rounds: '..12'"},
        {"[plan]\nrounds = 12..40+2\n" ONE, "2:", "rounds: '12..40+2'"},
        {"[plan]\nrounds = 12 .. 40\n" ONE, "2:", "rounds: '12 .. 40'"},
        {"[plan]\n\nmargin = 0.0009\n" ONE, "3:", "'0.0009' is not a number from 0.001 to 0.5"},
        {"[plan]\nmargin = 0.51\n" ONE, "2:", "from 0.001 to 0.5"},
        {"[plan]\nmargin = 1%\n" ONE, "2:", "margin: '1%'"},
        {"[plan]\nmargin = nan\n" ONE, "2:", "margin: 'nan'"},
        {"[plan]\nmargin = 0x1p-3\n" ONE, "2:", "margin: '0x1p-3'"},
        {"[plan]\nmargin =\n" ONE, "2:", "margin: ''"},
        {"[plan]\nchecks = -0.1\n" ONE, "2:", "checks: '-0.1' is not a number from 0 to 1"},
        {"[plan]\nchecks = 1.1\n" ONE, "2:", "checks: '1.1'"},
        {"[plan]\nchecks = many\n" ONE, "2:", "checks: 'many'"},
        {"[plan]\nlayouts = 0\n" ONE, "2:", "layouts: '0' is not a number from 1 to 64"},
        {"[plan]\nlayouts = 65\n" ONE, "2:", "layouts: '65'"},
        {"[plan]\nlayouts = 1..5\n" ONE, "2:", "layouts: '1..5'"},
        {"[plan]\nlayouts = 1\nlayouts = 2\n" ONE, "3:", "layouts: given already, in line 2"},
        {"[plan]\nchecks = 1\nmargin = 0.1\nchecks = 1\n" ONE,
         "4:", "checks: given already, in line 2"},
        {ONE "thread = 1\n", "4:",
         "no key 'thread'; known: workload threads allocator placement memory program runtime pair "
         "rc lock "
         "reclaimer alloc copy extra param.NAME together exclude"},
        {ONE "param = 1\n", "4:", "param.NAME"},
        {"[plan]\nops = 1000\ntime = 2\n" ONE, "3:", "either time or ops"},
        {"[plan]\ntime = 1\n; c\ntime = 1\n" ONE, "4:", "time: given already, in line 2"},
        {"[plan]\nsummary = one\n  two\n" ONE, "3:", "'two': the values of [plan] are of one line"},
        {"[plan]\nrounds = 12\n  13\n" ONE, "3:", "one line"},
        {"[plan]\nrounds = 12\n" ONE "[plan]\ntime = 1\n",
         "7:", "[plan]: given already, in line 1"},
        {ONE "rc = biased\n", "4:", "rc: given already, in line 3; values go on"},
        {ONE "param.size = 64\nparam.size = 64\n", "5:", "param.size: given already, in line 4"},
        {ONE "together = rc\n\ntogether = rc\n", "6:", "together: given already, in line 4"},
        {ONE "[two]\nrc = atomic\nworkload = hot_object\n" ONE,
         "7:", "[one]: given already, in line 1"},
        {"[x=y]\nrc = atomic\n", "1:", "no '=' and no ','"},
        {"[x, part 2]\nrc = atomic\n", "1:", "no '=' and no ','"},
        {"workload = private_objects\n", "1:", "before any [section]"},
        {"hello\n", "1:", "key = value"},
        {ONE "hello\n", "4:", "key = value"},
        {ONE "[two\nworkload = private_objects\n", "4:", "[section]"},
        {"\x7f"
         "ELF\x02\x01\x01\n",
         "1:", "key = value"},
        {"\xef\xbb\xbf[x]\nrc = atomic\n", "1:", "[x] needs workload"},
        {"{\"json\": [1, 2]}\n", "1:", ""},
        {"<html>\n<body>\n", "1:", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refused(wrong[i].text, wrong[i].where, wrong[i].what);
}

// The line and the reason belong together, whichever is told.
static void test_two_mistakes(void **state)
{
    struct error e;

    (void)state;
    assert_null(plan_parse("test.ini", "[plan]\nhello\ntimes = 1\n" ONE, NULL, &e));
    if (strstr(e.text, "test.ini:2:") != NULL)
        assert_says(e.text, "key = value");
    else
        assert_says(e.text, "test.ini:3: no key 'times'");
    assert_null(plan_parse("test.ini", "[plan]\ntimes = 1\nhello\nrounds = 1\n" ONE, NULL, &e));
    if (strstr(e.text, "test.ini:3:") != NULL)
        assert_says(e.text, "key = value");
    else
        assert_says(e.text, "test.ini:2: no key 'times'");
}

#define HOLD "[x]\nworkload = private_objects\n"

static void test_mistakes_in_sections(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } wrong[] = {
        {"[x]\nworkload = nonsense\nrc = atomic\n", 2, "no workload 'nonsense'; known: "},
        {HOLD "  nonsense\nrc = atomic\nparam.objects = 1\n", 3, "no workload 'nonsense'; known: "},
        {HOLD "rc = nonsense\n", 3, "no refcount scheme 'nonsense'; known: "},
        {HOLD "rc = atomic\n  biased\n\n  nonsense\n", 6, "no refcount scheme 'nonsense'"},
        {HOLD "rc = atomic\nlock = nonsense\n", 4, "no lock scheme 'nonsense'; known: "},
        {HOLD "rc = atomic\nreclaimer = nonsense\n", 4, "no reclaim scheme 'nonsense'; known: "},
        {HOLD "rc = atomic\nalloc = nonsense\n", 4, "no alloc scheme 'nonsense'; known: "},
        {HOLD "rc = atomic\nallocator = nonsense\n", 4, "no allocator 'nonsense'; known: glibc"},
        {HOLD "rc = atomic\nplacement = nonsense\n", 4, "no placement 'nonsense'; known: compact"},
        {HOLD "rc = atomic\nthreads = 1\n 0\n", 5, "'0' is not a number from"},
        {HOLD "rc = atomic\nthreads = two\n", 4, "'two'"},
        {HOLD "rc = atomic\nthreads = *\n", 4, "'*' is not a number"},
        {HOLD "rc = atomic\ncopy = 0\n 100\n", 5, "copy: '100' is not a number from 0 to 99"},
        {HOLD "rc = atomic\ncopy = *\n", 4, "copy: '*' is not a number"},
        {HOLD "rc = atomic\ncopy = 98..100\n", 4, "copy: '100' is not a number"},
        {HOLD "rc = atomic\nextra = 101\n", 4, "extra: '101' is not a number from 0 to 100"},
        {HOLD "rc = atomic\nextra = 5%\n", 4, "extra: '5%' is not a number"},
        {HOLD "rc = atomic\nextra = auto\n", 4, "extra: 'auto' is not a number"},
        {HOLD "rc = atomic\nexclude = copy=one\n", 4, "'one' is not a number"},
        {HOLD "rc = atomic\nexclude = extra>0\n", 4, "term 1 excludes nothing"},
        {HOLD "rc = atomic\nparam.object = 1\n", 4, "'object'"},
        {HOLD "rc = atomic\nparam.keys = 1\n", 4, "'keys'"},
        {HOLD "rc = atomic\nparam.objects = 0\n", 4, "from 1 to"},
        {HOLD "rc = atomic\nparam.objects = few\n", 4, "'few'"},
        {HOLD "pair = atomic\n", 3, "'atomic' is not RC+LOCK"},
        {HOLD "pair = atomic+none+immediate\n", 3, "is not RC+LOCK"},
        {HOLD "pair = atomic+none+immediate+system+more\n", 3, "RC+LOCK"},
        {HOLD "pair = +\n", 3, "no refcount scheme ''"},
        {HOLD "pair = atomic+\n", 3, "no lock scheme ''"},
        {HOLD "pair = atomic+none\n  plain+pthred\n", 4, "no lock scheme 'pthred'; known: "},
        {HOLD "pair = *\n", 3, "a product is a list"},
        {HOLD "pair = atomic *\n", 3, "a product is a list"},
        {HOLD "pair = atomic * , none+none\n", 3, "a product is a list"},
        {HOLD "pair = * gil\n", 3, "a product is a list"},
        {HOLD "pair = plain * gil * none\n", 3, "one '*' in a term"},
        {HOLD "pair = plain *\n gil\n none+none\n", 5, "'plain+none+none' is not RC+LOCK"},
        {HOLD "pair = plan * gil\n", 3, "no refcount scheme 'plan'; known: "},
        {HOLD "pair = plain * gill\n", 3, "no lock scheme 'gill'; known: "},
        {HOLD "pair = plain+gil * none\n", 3, "no refcount scheme 'plain+gil'"},
        {HOLD "pair = ,\n", 3, "pair: no value"},
        {HOLD "pair = atomic+none\nrc = atomic\n", 1, "one of pair, rc"},
        {HOLD "pair = atomic+none\nlock = none\n", 1, "one of pair, rc"},
        {HOLD, 1, "one of pair, rc"},
        {HOLD "runtime = gil-3.12\nrc = atomic\n", 1, "one of pair, rc"},
        {HOLD "runtime = gil-3.12\nalloc = system\n", 1, "no scheme beside it"},
        {HOLD "runtime = gil\n", 3, "no runtime 'gil'; known: gil-1.4 "},
        {HOLD "runtime = gil-3.12\nprogram = nonsense\n", 4, "no program 'nonsense'; known: "},
        {"[x]\nworkload = program\nrc = plain\n", 1, "program is built for a runtime"},
        {"[x]\nworkload = program\nruntime = pep703\n", 1, "which program?"},
        {"[x]\nrc = atomic\n", 1, "needs workload"},
        {"[x]\nworkload =\nrc = atomic\n", 1, "needs workload"},
        {HOLD "rc = plain\nthreads = 2\n", 1, "no valid cell: private_objects with plain+none"},
        {HOLD "rc = atomic\ntogether = workload objects\n", 4, "'objects' is no axis of [x]"},
        {HOLD "rc = atomic\ntogether = workload\n  nonsense\n", 5, "'nonsense'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char text[1000], line[20];

        snprintf(line, sizeof line, "%d: ", wrong[i].line);
        assert_refused(wrong[i].text, line, wrong[i].what);
        // also behind one that is right
        snprintf(text, sizeof text, "%s%s", ONE, wrong[i].text);
        snprintf(line, sizeof line, "%d: ", wrong[i].line + 3);
        assert_refused(text, line, wrong[i].what);
    }
}

// A list without values: refused, or as if it were not there.
static void test_no_values(void **state)
{
    static const char *const axes[] = {"param.objects", "param.size", "threads", "placement",
                                       "allocator",     "reclaimer",  "alloc",   "lock",
                                       "copy",          "extra"};

    (void)state;
    for (size_t i = 0; i < COUNT(axes); i++) {
        struct error e = {""};
        char text[200];

        snprintf(text, sizeof text, ONE "%s =\n", axes[i]);
        struct plan *p = plan_parse("test.ini", text, NULL, &e);
        if (p == NULL) {
            assert_says(e.text, "test.ini");
            assert_says(e.text, axes[i]);
        } else {
            assert_cell(&p->family[0].cell[0],
                        "private_objects atomic+none+immediate+system allocator=glibc threads=1 "
                        "placement=cores objects=16384 size=64");
        }
        plan_free(p);
    }
}

static void test_no_experiment(void **state)
{
    static const char *const empty[] = {"",  "\n\n",         "; nothing",          "[plan]\n",
                                        " ", "\xef\xbb\xbf", "[plan]\ntime = 1\n", "[x]\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(empty); i++)
        assert_refused(empty[i], "", "no experiment");
}

// The reader's lines are bounded: what does not fit must not come to mean
// something else.
static void test_long_lines(void **state)
{
    (void)state;
    for (unsigned length = 150; length < 450; length++) {
        static const char pair[] = " atomic+none+immediate+system";
        char text[2000] = "[x]\nworkload = private_objects\npair =", line[500] = "pair =";
        struct error e;

        memset(line + 6, ' ', length - 6);
        memcpy(line + length - strlen(pair), pair, sizeof pair);
        snprintf(text, sizeof text, "[x]\nworkload = private_objects\n%s\nnonsense = 1\n", line);
        struct plan *p = plan_parse("test.ini", text, NULL, &e);
        assert_null(p);
        if (length > 199)
            assert_says(e.text, "test.ini:3: ");
        else if (length < 199)
            assert_says(e.text, "test.ini:4: no key 'nonsense'");

        memset(line, ';', length);
        snprintf(line + length, sizeof line - length, "%s", "param.objects = 1");
        snprintf(text, sizeof text, "%s\n" ONE "nonsense = 1\n", line);
        p = plan_parse("test.ini", text, NULL, &e);
        assert_null(p);
        if (strlen(line) < 199)
            assert_says(e.text, "test.ini:5: no key 'nonsense'");
        else if (strstr(e.text, "test.ini:1: ") == NULL)
            assert_says(e.text, "test.ini:5: no key 'nonsense'");
    }
}

static void test_long_names(void **state)
{
    char text[9000], name[2000];
    struct error e;

    (void)state;
    // two sections whose names differ only behind what the reader keeps
    for (unsigned length = 20; length < 140; length++) {
        memset(name, 'n', length);
        name[length] = '\0';
        snprintf(text, sizeof text,
                 "[%s1]\nworkload = private_objects\nrc = atomic\n"
                 "[%s2]\nworkload = private_objects\nrc = biased\n",
                 name, name);
        struct plan *p = plan_parse("test.ini", text, NULL, &e);
        if (p != NULL)
            assert_int_equal(p->families, 2);
        else
            assert_says(e.text, "test.ini:1: ");
        plan_free(p);
    }
    memset(name, 'n', 150);
    name[150] = '\0';
    snprintf(text, sizeof text, ONE "%s = 1\n", name);
    assert_refused(text, "4:", "no key 'nnn");
    snprintf(text, sizeof text, ONE "param.%s = 1\n", name);
    assert_refused(text, "4:", "has a parameter 'nnn");
    snprintf(text, sizeof text, "[x]\nworkload = %s\nrc = atomic\n", name);
    assert_refused(text, "2:", "no workload 'nnn");
    snprintf(text, sizeof text, HOLD "rc = atomic\nplacement = %s\n", name);
    assert_refused(text, "4:", "nnn");
    snprintf(text, sizeof text, HOLD "pair = %s *\n %s\n", name, name);
    assert_refused(text, "3:", "no refcount scheme 'nnn");
    snprintf(text, sizeof text, HOLD "pair = atomic *\n %s%s\n", name,
             "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    assert_refused(text, "4:", "too long");
    for (unsigned length = 60; length < 140; length++) {
        name[length] = '\0';
        snprintf(text, sizeof text, HOLD "pair = %s+none\n", name);
        assert_refused(text, "3:", "no refcount scheme 'nnn");
        memset(name, 'n', 150);
    }
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "%s.ini", name);
    struct plan *p = plan_parse(text, ONE, NULL, &e);
    assert_non_null(p);
    assert_true(strlen(p->name) < sizeof p->name);
    plan_free(p);
}

static void test_huge_lists(void **state)
{
    static char text[200000];

    (void)state;
    for (unsigned n = 1024; n <= 1025; n++) {
        text[0] = '\0';
        append(text, sizeof text, "[x]\nworkload = private_objects\nrc = atomic\nparam.objects =");
        for (unsigned i = 1; i <= n; i++)
            append(text, sizeof text, "\n %u", i);
        if (n == 1024) {
            struct plan *p = parse(text);
            assert_int_equal(p->families, 1024);
            plan_free(p);
        } else {
            assert_refused(text, "1029:", "more than 1024 values");
        }
    }
    for (unsigned n = 64; n <= 65; n++) {
        text[0] = '\0';
        for (unsigned i = 0; i < n; i++)
            append(text, sizeof text,
                   "[x%u]\nworkload = private_objects\nrc = atomic\nparam.objects = %u\n", i,
                   i + 1);
        if (n == 64) {
            struct plan *p = parse(text);
            assert_int_equal(p->families, 64);
            plan_free(p);
        } else {
            assert_refused(text, "257:", "64 sections");
        }
    }
    text[0] = '\0';
    append(text, sizeof text, ONE);
    for (unsigned i = 0; i < 24; i++)
        append(text, sizeof text, "param.p%u = 1\n", i);
    assert_refused(text, "4:", "'p0'");
    append(text, sizeof text, "param.p24 = 1\n");
    assert_refused(text, "28:", "24 parameters");
}

// 256 by 1000 by 256 cells are not measured in a lifetime: refused, and soon.
static void test_huge_product(void **state)
{
    static char text[200000];
    struct error e;
    uint64_t begin = sync_now_ns();

    (void)state;
    text[0] = '\0';
    append(text, sizeof text, "[x]\nworkload = private_objects\nrc = atomic\nthreads =");
    for (unsigned i = 1; i <= 256; i++)
        append(text, sizeof text, "\n %u", i);
    append(text, sizeof text, "\nparam.objects =");
    for (unsigned i = 1; i <= 256; i++)
        append(text, sizeof text, "\n %u", i);
    append(text, sizeof text, "\nparam.size =");
    for (unsigned i = 1; i <= 256; i++)
        append(text, sizeof text, "\n %u", 64 + i);
    append(text, sizeof text, "\ntogether = threads param.objects param.size\n");
    assert_null(plan_parse("test.ini", text, NULL, &e));
    assert_says(e.text, "test.ini:1: [x] brings the plan to more than");
    assert_in_range((sync_now_ns() - begin) / 1000000000, 0, 20);
}

// --- what the words of a plan mean ---------------------------------------------------------------

// The pairs of a plan's first family, with blanks between.
static void assert_pairs(const char *text, const char *expected)
{
    struct plan *p = parse(text);
    char pairs[2000] = "";

    for (unsigned c = 0; c < p->family[0].cells; c++) {
        char pair[SPEC_TEXT];

        spec_pair(&p->family[0].cell[c], pair);
        append(pairs, sizeof pairs, "%s%s", c > 0 ? " " : "", pair);
    }
    assert_string_equal(pairs, expected);
    plan_free(p);
}

static void test_products(void **state)
{
    (void)state;
    assert_pairs(HOLD "pair = plain * gil, atomic biased * pthread none, none+none\n",
                 "plain+gil atomic+pthread atomic+none biased+pthread biased+none none+none");
    assert_pairs(HOLD "pair = plain*gil,atomic*none pthread\n",
                 "plain+gil atomic+none atomic+pthread");
    // lines go on inside a term; what is listed twice is one
    assert_pairs(HOLD "pair = atomic+none ; the baseline\n  plain+none, atomic *  ; not * this\n"
                      "  none\n\n; nor this\n  gil,\n",
                 "atomic+none plain+none atomic+gil");
    assert_pairs(HOLD "pair = plain * gil+immediate+arena\n", "plain+gil+immediate+arena");
    // everything that is known, once
    struct plan *p = parse(HOLD "pair = plain all * gil all\n"), *q = parse(HOLD "rc=plain *\n"
                                                                                 "lock = gil *\n");
    size_t rc, lock;
    catalogue_schemes(REFCOUNT, &rc);
    catalogue_schemes(LOCK, &lock);
    assert_string_equal(p->family[0].cell[0].scheme[REFCOUNT]->name, "plain");
    assert_string_equal(p->family[0].cell[0].scheme[LOCK]->name, "gil");
    assert_int_equal(plan_cells(p) - (p->families - 1) + p->left_out, rc * lock);
    assert_int_equal(plan_cells(p), plan_cells(q));
    assert_int_equal(p->left_out, q->left_out);
    for (size_t f = 0; f < p->families; f++)
        for (unsigned c = 0; c < p->family[f].cells; c++)
            for (unsigned k = 0; k < SCHEME_KINDS; k++)
                assert_ptr_equal(p->family[f].cell[c].scheme[k], q->family[f].cell[c].scheme[k]);
    plan_free(p);
    plan_free(q);
}

static void test_everything(void **state)
{
    static const char *const values[] = {"*", "all"};
    size_t workloads, allocators, placements, reclaimers, allocs, present = 0;
    const struct workload *const *w = catalogue_workloads(&workloads);
    const struct allocator *a = allocator_all(&allocators);
    const struct placement *placement = placement_all(&placements);

    (void)state;
    catalogue_schemes(RECLAIM, &reclaimers);
    catalogue_schemes(ALLOC, &allocs);
    for (size_t i = 0; i < allocators; i++)
        present += allocator_present(&a[i]);
    for (size_t i = 0; i < COUNT(values); i++) {
        char text[500];

        snprintf(text, sizeof text, "[x]\nworkload = %s\nrc = atomic\n", values[i]);
        struct plan *p = parse(text);
        assert_int_equal(p->families + p->left_out, workloads);
        assert_ptr_equal(p->family[0].cell[0].workload, w[0]);
        plan_free(p);

        snprintf(text, sizeof text,
                 "[x]\nworkload = list_append\nrc = atomic\nallocator = %s\n"
                 "placement = %s\n",
                 values[i], values[i]);
        p = parse(text);
        assert_int_equal(p->families, present * placements);
        for (size_t k = 0; k < placements; k++) {
            assert_string_equal(p->family[k].cell[0].allocator->name, "glibc");
            assert_ptr_equal(p->family[k].cell[0].placement, &placement[k]);
        }
        plan_free(p);
        snprintf(text, sizeof text,
                 HOLD "rc = atomic\nreclaimer = %s\nalloc = %s\ntogether = alloc reclaimer\n",
                 values[i], values[i]);
        p = parse(text);
        assert_int_equal(plan_cells(p) - (p->families - 1) + p->left_out, reclaimers * allocs);
        plan_free(p);
    }
}

// What `*` and `auto` came to belongs to what identifies a plan.
static void test_text(void **state)
{
    static const char text[] = "[x]\nworkload = list_append\nrc = *\nthreads = auto";
    struct plan *p = parse_on("core:2 pu:1", text), *q = parse_on("core:4 pu:1", text), *again;
    struct error e;

    (void)state;
    assert_memory_equal(p->text, text, strlen(text));
    assert_says(p->text, "\n; [x] threads = 1 2");
    assert_says(p->text, "\n; [x] rc = ");
    assert_string_not_equal(p->text, q->text);
    // and it can be read again
    again = plan_parse("test.ini", q->text, NULL, &e);
    assert_null(again);
    assert_says(e.text, "test.ini:4: threads: 'auto' needs the topology");
    again = parse_on("core:4 pu:1", q->text);
    assert_int_equal(plan_cells(again), plan_cells(q));
    plan_free(p);
    plan_free(q);
    plan_free(again);
}

// The numbers of an axis, with blanks between, of a plan whose families they split.
static void assert_numbers(const char *description, const char *axis, const char *values,
                           const char *expected)
{
    char text[500], numbers[4000] = "";
    snprintf(text, sizeof text, HOLD "rc = atomic\n%s = %s\n", axis, values);
    struct plan *p = parse_on(description, text);

    for (size_t f = 0; f < p->families; f++)
        append(numbers, sizeof numbers, "%s%lld", f > 0 ? " " : "",
               strcmp(axis, "threads") == 0 ? (long long)p->family[f].cell[0].threads
                                            : (long long)p->family[f].cell[0].param[0]);
    assert_string_equal(numbers, expected);
    plan_free(p);
}

static void test_ranges(void **state)
{
    static const char *const wrong[] = {
        "8..1",    "1..8+0",   "1..8*0",   "1..8*1",  "0..8*2",
        "..",      "1..",      "..8",      "1..8+",   "1..8*",
        "1..8-1",  "1..8+1+1", "1...8",    "1..8..9", "-1..8",
        "1..8+-1", "a..b",     "1..8*2.5", "1..8 *",  "1..9223372036854775808",
        "1..8x",
    };
    static const char *const many[] = {"1..1025", "1..1000000000000", "1..9223372036854775807+2"};

    (void)state;
    assert_numbers("core:2 pu:1", "threads", "1..8", "1 2 3 4 5 6 7 8");
    assert_numbers("core:2 pu:1", "threads", "5..5, 1..3", "5 1 2 3");
    assert_numbers("core:2 pu:1", "threads", "7 007 7..9", "7 8 9");
    assert_numbers("core:2 pu:1", "threads", "1..64*2", "1 2 4 8 16 32 64");
    assert_numbers("core:2 pu:1", "threads", "1..63*2", "1 2 4 8 16 32");
    assert_numbers("core:2 pu:1", "param.objects", "1..10+4 100..1000*3", "1 5 9 100 300 900");
    assert_numbers("core:2 pu:1", "param.objects", "1..16777216*1000", "1 1000 1000000");
    assert_numbers("core:2 pu:1", "param.objects", "1..3+9223372036854775807", "1");
    assert_numbers("core:2 pu:1", "param.objects", "1..3*9223372036854775807", "1");
    struct plan *p = parse("[x]\nworkload = owner_share\nrc = atomic\nparam.share = 0..100+25\n");
    assert_int_equal(p->families, 5);
    assert_string_equal(p->family[4].name, "x share=100");
    plan_free(p);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char text[200];

        snprintf(text, sizeof text, HOLD "rc = atomic\nparam.objects = 1\n  %s\n", wrong[i]);
        assert_refused(text,
                       "5: ", i == 18 ? "'*' is not a number" : "is not a range: FIRST..LAST");
    }
    for (size_t i = 0; i < COUNT(many); i++) {
        char text[200];

        snprintf(text, sizeof text, HOLD "rc = atomic\nparam.objects = %s\n", many[i]);
        assert_refused(text, "4: ", "more than 1024 values");
    }
    // the ends are those of the axis
    assert_refused(HOLD "rc = atomic\nthreads = 998..1003\n", "4: ", "'1001' is not a number");
    assert_refused(HOLD "rc = atomic\nthreads = 0..4\n", "4: ", "'0' is not a number");
    assert_refused("[x]\nworkload = owner_share\nrc = atomic\nparam.share = 50..150+50\n",
                   "4: ", "parameter share: '150' is not a number from 0 to 100");
}

static void test_threads_by_machine(void **state)
{
    static const char small[] = "core:2 pu:1", big[] = "package:2 l3:4 core:8 pu:2";
    char error[200], text[4000] = HOLD "rc = atomic\nthreads = x4\n";
    struct error e;

    (void)state;
    // all fill points of these are powers of two, but for the PUs
    assert_numbers("core:1 pu:1", "threads", "auto", "1");
    assert_numbers(small, "threads", "auto", "1 2");
    assert_numbers(small, "threads", "auto x2", "1 2 4");
    assert_numbers(small, "threads", "x1 x3 auto", "2 6 1");
    assert_numbers("core:3 pu:1", "threads", "3 auto x2 x2", "3 1 2 6");
    assert_numbers(big, "threads", "auto", "1 2 4 8 16 32 64 128");
    // a cache (3), a package (6), all cores (12), all CPUs (24)
    assert_numbers("package:2 l3:2 core:3 pu:2", "threads", "auto", "1 2 3 4 6 8 12 16 24");
    assert_numbers(big, "threads", "auto x4", "1 2 4 8 16 32 64 128 512");
    // more than a run can have: dropped, or refused
    assert_numbers("core:800 pu:1", "threads", "auto", "1 2 4 8 16 32 64 128 256 512 800");
    assert_numbers("core:1500 pu:1", "threads", "auto", "1 2 4 8 16 32 64 128 256 512");
    struct topology *t = topology_open("core:600 pu:1", error, sizeof error);
    assert_non_null(t);
    assert_null(plan_parse("test.ini", text, t, &e));
    assert_says(e.text, "test.ini:4: threads: 'x4' is 2400 with 600 usable CPUs; at most 1000");
    topology_close(t);
    assert_refused(text, "4: ", "'x4' needs the topology of this machine");
    assert_refused(HOLD "rc = atomic\nthreads = 1\n  auto\n", "5: ", "'auto' needs the topology");
    assert_refused(HOLD "rc = atomic\nthreads = x0\n", "4: ", "'x0' is not x and a number");
    assert_refused(HOLD "rc = atomic\nthreads = x\n", "4: ", "'x' is not x and a number");
    assert_refused(HOLD "rc = atomic\nthreads = x2x\n", "4: ", "'x2x' is not x and a number");
    assert_refused(HOLD "rc = atomic\nthreads = automatic\n", "4: ", "'automatic' is not a number");
    assert_refused(HOLD "rc = atomic\nparam.objects = auto\n", "4: ", "'auto' is not a number");
}

// Commas belong to a placement; whatever it comes to, the word is asked for whole.
static void test_cpu_lists(void **state)
{
    static const char text[] = HOLD "rc = atomic\nplacement = cores 0,2,4-7\n  scatter\n";
    struct error e;
    struct plan *p = plan_parse("test.ini", text, NULL, &e);

    (void)state;
    if (p == NULL) {
        assert_says(e.text, "test.ini:4: no placement '0,2,4-7'; known: compact");
    } else {
        assert_int_equal(p->families, 3);
        assert_string_equal(p->family[1].name, "x placement=0,2,4-7");
    }
    plan_free(p);
}

// --- what is left out
// ------------------------------------------------------------------------------

static void assert_excluded(const char *terms, size_t excluded, size_t cells)
{
    char text[2000];
    snprintf(text, sizeof text,
             "[x]\nworkload = private_objects hot_object list_append\nrc = atomic biased\n"
             "lock = gil pthread\nthreads = 1 2 8\nparam.objects = 16 64\nexclude = %s\n",
             terms);
    struct plan *p = parse(text);

    // four pairs at three numbers of threads: 24 with private_objects, 12 with each other
    assert_int_equal(p->left_out, 0);
    assert_int_equal(p->excluded, excluded);
    assert_int_equal(plan_cells(p), cells);
    assert_int_equal(excluded + cells, 48);
    plan_free(p);
}

static void test_exclude(void **state)
{
    static const struct {
        const char *terms, *what;
        int line;
    } wrong[] = {
        {"rc", "'rc' is not a condition", 6},
        {"rc = atomic", "'rc' is not a condition", 6},
        {"rc!atomic", "'rc!atomic' is not a condition", 6},
        {"=1", "no axis '' in conditions; known: workload", 6},
        {"scheme=atomic", "no axis 'scheme' in conditions; known: workload", 6},
        {"pair=atomic+gil", "a pair is rc=... lock=...", 6},
        {"rc=atomc", "no refcount scheme 'atomc'; known: ", 6},
        {"rc=atomic|biasd", "no refcount scheme 'biasd'; known: ", 6},
        {"rc=", "no refcount scheme ''", 6},
        {"rc=atomic|", "no refcount scheme ''", 6},
        {"rc<atomic", "rc is not a number", 6},
        {"threads<two", "'two' is not a number", 6},
        {"threads<=2", "'=2' is not a number", 6},
        {"threads<1|2", "one number", 6},
        {"threads=", "'' is not a number", 6},
        {"param.object=1", "no workload of [x] has a parameter 'object'; known: objects size", 6},
        {"param.keys=1", "no workload of [x] has a parameter 'keys'", 6},
        {"objects=1", "no axis 'objects'", 6},
        {"rc=plain", "term 1 excludes nothing in [x]", 6},
        {"threads=3", "term 1 excludes nothing", 6},
        {"threads>8", "term 1 excludes nothing", 6},
        {"param.objects<16", "term 1 excludes nothing", 6},
        {"workload=hot_object param.objects=16", "term 1 excludes nothing", 6},
        {"rc=atomic threads=2,\n  rc=atomic rc=biased", "term 2 excludes nothing", 7},
        {"rc=atomic\n  rc=biased", "term 1 excludes nothing", 6}, // a comma is missing
        {"rc=atomic, rc=biased", "no valid cell: all combinations are excluded", 1},
    };

    (void)state;
    assert_excluded("rc=atomic", 24, 24);
    assert_excluded("rc!=atomic", 24, 24);
    assert_excluded("rc=atomic lock=gil", 12, 36);
    assert_excluded("rc=atomic lock=gil, threads>2", 24, 24);
    assert_excluded("rc=atomic lock=gil, rc=atomic lock=gil", 12, 36);
    assert_excluded("threads=1|8", 32, 16);
    assert_excluded("threads!=1|8", 16, 32);
    assert_excluded("threads<2", 16, 32);
    assert_excluded("workload=list_append threads>1", 8, 40);
    assert_excluded("workload!=list_append|hot_object", 24, 24);
    // about what the axes leave at its standard
    assert_excluded("alloc=system workload=hot_object", 12, 36);
    assert_excluded("placement=cores reclaimer=immediate allocator=glibc rc=biased", 24, 24);
    assert_excluded("param.length=4096", 12, 36);
    // parameters concern the workloads that have them
    assert_excluded("param.objects=16 threads!=1", 8, 40);
    assert_excluded("param.objects!=16", 12, 36);
    assert_excluded("param.objects>16,, ,workload=hot_object rc=biased,\n", 18, 30);
    assert_excluded("rc=atomic ; a comment, with a comma\n   threads=1\n  ; another\n  lock=gil", 4,
                    44);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char text[1000], line[20];

        snprintf(text, sizeof text,
                 "[x]\nworkload = private_objects hot_object\nrc = atomic biased\n"
                 "threads = 1 2 8\nparam.objects = 16 64\nexclude = %s\n",
                 wrong[i].terms);
        snprintf(line, sizeof line, "%d: ", wrong[i].line);
        assert_refused(text, line, wrong[i].what);
    }
    // the first cell that is left becomes the baseline
    struct plan *p = parse(HOLD "rc = plain atomic biased\nexclude = rc=plain\n");
    assert_string_equal(p->family[0].cell[0].scheme[REFCOUNT]->name, "atomic");
    plan_free(p);
}

// A term may hold nowhere on this machine, but on another.
static void test_exclude_by_machine(void **state)
{
    static const char text[] = "[x]\nworkload = private_objects hot_object\nrc = atomic\n"
                               "threads = auto\nexclude = threads>8 workload=hot_object\n";
    struct plan *p = parse_on("core:2 pu:1", text);
    struct topology *t = machine("core:2 pu:1");
    struct error e;

    (void)state;
    assert_int_equal(p->excluded, 0);
    assert_int_equal(plan_cells(p), 4);
    plan_free(p);
    p = parse_on("core:16 pu:1", text);
    assert_int_equal(p->excluded, 1);
    assert_int_equal(plan_cells(p), 9);
    plan_free(p);
    // but not on any
    assert_null(plan_parse("test.ini",
                           HOLD "rc = atomic\nthreads = auto\n"
                                "exclude = threads>8 rc=biased\n",
                           t, &e));
    assert_says(e.text, "test.ini:5: exclude: term 1 excludes nothing");
    topology_close(t);
    // jemalloc need not be here
    p = parse("[x]\nworkload = list_append\nrc = atomic\nallocator = *\n"
              "exclude = allocator=jemalloc|mimalloc|tcmalloc\n");
    assert_int_equal(plan_cells(p), 1);
    plan_free(p);
}

static void test_allocators(void **state)
{
    struct plan *p = parse("[x]\nworkload = private_objects list_append\nrc = plain none\n"
                           "allocator = jemalloc glibc tcmalloc\n");

    (void)state;
    // private_objects: with the first; list_append: all, but `none` has an arena
    assert_int_equal(p->families, 4);
    assert_string_equal(p->family[0].name, "x workload=private_objects allocator=jemalloc");
    assert_int_equal(p->family[0].cells, 2);
    assert_string_equal(p->family[1].name, "x workload=list_append allocator=jemalloc");
    assert_int_equal(p->family[1].cells, 2);
    assert_string_equal(p->family[2].name, "x workload=list_append allocator=glibc");
    assert_int_equal(p->family[2].cells, 1);
    assert_string_equal(p->family[3].name, "x workload=list_append allocator=tcmalloc");
    assert_int_equal(p->redundant, 4 + 2);
    assert_int_equal(p->left_out, 0);
    plan_free(p);
    // a baseline stays where something is compared with it
    p = parse("[x]\nworkload = list_append\nrc = none plain\nallocator = glibc jemalloc\n");
    assert_int_equal(p->families, 2);
    assert_int_equal(p->family[1].cells, 2);
    assert_string_equal(p->family[1].cell[0].scheme[REFCOUNT]->name, "none");
    assert_string_equal(p->family[1].cell[0].allocator->name, "jemalloc");
    assert_int_equal(p->redundant, 0);
    plan_free(p);
    // the first that is left
    p = parse(HOLD "rc = plain\nallocator = glibc jemalloc tcmalloc\nexclude = allocator=glibc\n");
    assert_int_equal(plan_cells(p), 1);
    assert_string_equal(p->family[0].cell[0].allocator->name, "jemalloc");
    assert_int_equal(p->redundant, 1);
    plan_free(p);
    // a control in several families is none that varies by allocator
    p = parse("[x]\nworkload = private_objects hot_object\nrc = plain\nparam.objects = 16 64\n"
              "allocator = glibc jemalloc\ntogether = workload\n");
    assert_int_equal(p->families, 2);
    assert_int_equal(plan_cells(p), 4);
    assert_int_equal(p->redundant, 4);
    plan_free(p);
}

// Copies and extra costs are axes like the others, and no two of their cells are one.
static void test_copies(void **state)
{
    struct plan *p = parse(HOLD "rc = atomic biased\ncopy = 0..2\ntogether = copy\n");
    const char *const at = "none+immediate+system allocator=glibc threads=1 placement=cores "
                           "objects=16384 size=64";
    char key[300];

    (void)state;
    assert_int_equal(p->families, 2);
    assert_string_equal(p->family[1].name, "x rc=biased");
    for (unsigned f = 0; f < 2; f++)
        for (unsigned c = 0; c < 3; c++) {
            snprintf(key, sizeof key, "private_objects %s+%s", f == 0 ? "atomic" : "biased", at);
            if (c > 0)
                append(key, sizeof key, " copy=%u", c);
            assert_cell(&p->family[f].cell[c], key);
        }
    assert_int_equal(p->redundant, 0);
    plan_free(p);
    // they split as others do, and the first is the baseline
    p = parse(HOLD "rc = atomic\nextra = 5 0 100\nparam.objects = 16 64\n");
    assert_int_equal(p->families, 6);
    assert_string_equal(p->family[0].name, "x extra=5 objects=16");
    assert_string_equal(p->family[3].name, "x extra=0 objects=64");
    assert_true(p->family[0].cell[0].extra == 5 && p->family[3].cell[0].extra == 0);
    plan_free(p);
    p = parse(HOLD "rc = atomic biased\ncopy = 1 0 01\nextra = 0 5\ntogether = rc copy extra\n"
                   "exclude = copy>0 extra=5, rc=biased copy!=0, extra<5 rc=biased\n");
    assert_int_equal(p->families, 1);
    assert_int_equal(p->excluded, 4);
    assert_int_equal(p->family[0].cells, 4);
    static const struct {
        const char *rc;
        unsigned copy, extra;
    } left[] = {{"atomic", 1, 0}, {"atomic", 0, 0}, {"atomic", 0, 5}, {"biased", 0, 5}};
    for (unsigned c = 0; c < COUNT(left); c++) {
        const struct spec *s = &p->family[0].cell[c];
        assert_string_equal(s->scheme[REFCOUNT]->name, left[c].rc);
        assert_true(s->copy == left[c].copy && s->extra == left[c].extra);
    }
    plan_free(p);
    // what makes no difference to a cell makes none to its copies
    p = parse(HOLD "rc = plain\nallocator = glibc jemalloc\ncopy = 0 1\ntogether = copy\n");
    assert_int_equal(plan_cells(p), 2);
    assert_int_equal(p->redundant, 2);
    plan_free(p);
}

// Placements that put all threads of the experiment on the same CPUs, and memory where there is one
// node, are one.
static void test_the_same_places(void **state)
{
    static const char text[] =
        HOLD "rc = atomic\nthreads = 1 2\nplacement = cores compact scatter\n"
             "memory = first_touch bound interleaved\n";
    static const struct {
        const char *machine;
        size_t cells, redundant;
    } machines[] = {
        {"core:2 pu:1", 2, 16},                       // all the same
        {"numa:2 core:2 pu:1", 2 * 3, 4 * 3},         // memory differs
        {"numa:2 core:2 pu:2", 2 * 3 * 2, 2 * 3},     // and siblings: compact is not cores
        {"package:2 l3:2 core:2 pu:2", 2 * 3, 4 * 3}, // one node, three placements
    };

    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        struct plan *p = parse_on(machines[i].machine, text);
        assert_int_equal(plan_cells(p), machines[i].cells);
        assert_int_equal(p->redundant, machines[i].redundant);
        plan_free(p);
    }
    // with more threads than cores the order of their siblings differs
    struct plan *p =
        parse_on("core:2 pu:2", HOLD "rc = atomic\nthreads = 2\nplacement = cores scatter");
    assert_int_equal(plan_cells(p), 1);
    plan_free(p);
    p = parse_on("core:2 pu:2", HOLD "rc = atomic\nthreads = 1\nplacement = cores compact");
    assert_int_equal(plan_cells(p), 1);
    plan_free(p);
    p = parse_on("core:2 pu:2", HOLD "rc = atomic\nthreads = 1 2\nplacement = cores compact");
    assert_int_equal(plan_cells(p), 4);
    plan_free(p);
}

static void test_redundant(void **state)
{
    // a parameter splits and multiplies only where there is one
    struct plan *p = parse("[x]\nworkload = private_objects hot_object dict_get\nrc = atomic\n"
                           "param.objects = 16 64\nparam.incref = 0 1\n");

    (void)state;
    assert_int_equal(p->families, 5);
    assert_string_equal(p->family[1].name, "x workload=private_objects objects=64");
    assert_string_equal(p->family[2].name, "x workload=hot_object");
    assert_string_equal(p->family[3].name, "x workload=dict_get incref=0");
    assert_int_equal(p->redundant, 0);
    plan_free(p);
    // the same cell by two names
    p = parse(HOLD "pair = atomic+none biased+none atomic+none+immediate+system\n");
    assert_int_equal(p->family[0].cells, 2);
    assert_int_equal(p->redundant, 1);
    plan_free(p);
    // a whole family, of another experiment too; but not a part of one, or another order
    p = parse("[a]\nworkload = private_objects\nrc = atomic biased\nthreads = 1 2\n"
              "[b]\nworkload = private_objects\nrc = atomic biased\nthreads = 2 4\n"
              "[c]\nworkload = private_objects\nrc = atomic\nthreads = 1\n"
              "[d]\nworkload = private_objects\nrc = biased atomic\nthreads = 1\n"
              "[e]\nworkload = private_objects\npair = atomic biased * none\n");
    assert_int_equal(p->families, 5);
    assert_string_equal(p->family[2].name, "b threads=4");
    assert_string_equal(p->family[3].name, "c");
    assert_string_equal(p->family[4].name, "d");
    assert_int_equal(p->redundant, 2 + 2);
    plan_free(p);
    // of a family in parts, all or none
    p = parse("[a]\nworkload = private_objects\nrc = atomic\nparam.objects = 1..20\n"
              "together = param.objects\n"
              "[b]\nworkload = private_objects\nrc = atomic\nparam.objects = 1..21\n"
              "together = param.objects\n"
              "[c]\nworkload = private_objects\nrc = atomic\nparam.objects = 1..4 5..20\n"
              "together = param.objects\n");
    assert_int_equal(p->families, 4);
    assert_string_equal(p->family[2].name, "b");
    assert_string_equal(p->family[3].name, "b, part 2");
    assert_int_equal(p->redundant, 20);
    plan_free(p);
}

// However long: whole.
static void test_family_names(void **state)
{
    char text[2000], expected[2000], section[50];

    (void)state;
    memset(section, 's', 49);
    section[49] = '\0';
    snprintf(
        text, sizeof text,
        "[%s]\nworkload = owner_share private_objects\npair = global_mutex+none+immediate+arena "
        "global_mutex+none+immediate+system\nthreads = 999 1000\nplacement = compact scatter\n"
        "allocator = jemalloc tcmalloc\nreclaimer = immediate\nparam.objects = 16777215 16777216\n"
        "param.size = 4095 4096\nparam.share = 99 100\ntogether = \n",
        section);
    struct plan *p = parse(text);
    snprintf(expected, sizeof expected,
             "%s workload=owner_share threads=999 allocator=jemalloc placement=compact "
             "pair=global_mutex+none+immediate+arena objects=16777215 size=4095 share=99",
             section);
    assert_string_equal(p->family[0].name, expected);
    for (size_t i = 0; i < p->families; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(p->family[i].name, p->family[k].name);
    assert_int_equal(p->families, (2 * 2 * 2) * (8 + 4)); // malloc is not reached
    plan_free(p);
}

// --- checks ------------------------------------------------------------------------------------

static bool same_cell(const struct spec *a, const struct spec *b)
{
    char left[SPEC_TEXT], right[SPEC_TEXT];

    spec_key(a, left);
    spec_key(b, right);
    return strcmp(left, right) == 0;
}

// The number of the family's cells without riders; of these, the rank of what they check.
static unsigned own_cells(const struct family *f, unsigned *rank)
{
    unsigned own = f->cells > 2 ? f->cells - 2 : f->cells;
    const struct spec *last = &f->cell[own];

    for (unsigned c = 0; c < own; c++)
        if (f->cell[c].copy != 0 || f->cell[c].extra != 0)
            return f->cells;
    if (f->cells <= 2 || last[0].copy != 1 || last[0].extra != 0)
        return f->cells;
    struct spec original = last[0];
    original.copy = 0;
    for (*rank = 0; *rank < own && !same_cell(&original, &f->cell[*rank]); ++*rank)
        ;
    assert_in_range(*rank, 0, own - 1);
    original.extra = 5;
    assert_true(same_cell(&original, &last[1]));
    return own;
}

static void check_plan(const struct plan *p)
{
    size_t usual = 0, riders = 0;

    assert_true(p->families > 0);
    assert_in_range(p->rounds_least, ROUNDS_LEAST, p->rounds);
    for (size_t f = 0; f < p->families; f++) {
        const struct family *family = &p->family[f];
        unsigned rank, own = own_cells(family, &rank);
        bool has = own < family->cells, is_usual = true;

        assert_in_range(own, 1, FAMILY_OWN);
        for (size_t k = 0; k < f && f < 100; k++)
            assert_string_not_equal(p->family[k].name, family->name);
        for (unsigned c = 0; c < family->cells; c++) {
            struct error e;

            if (!spec_valid(&family->cell[c], &e))
                fail_msg("%s", e.text);
            for (unsigned k = 0; k < c && f < 100; k++)
                assert_false(same_cell(&family->cell[k], &family->cell[c]));
            is_usual &= c >= own || (family->cell[c].copy == 0 && family->cell[c].extra == 0);
        }
        if (has)
            assert_int_equal(rank, riders % own);
        riders += has;
        usual += is_usual;
    }
    assert_true(riders <= usual);
    assert_true(riders <= 1 || 4 * riders <= plan_cells(p)); // checks are at most 1
}

// The plan with that share of checks: its own cells are as they are without, and riders ride with
// one of each n families that may have some, n as small as it may be. How many do; of which: has[].
enum { FAMILIES = 480 };
static size_t assert_riders(const char *text, const char *share, bool has[FAMILIES])
{
    char *with, *without;
    double most = strtod(share, NULL) / 2;
    size_t usual = 0, riders = 0, turns[FAMILIES];

    assert_true(asprintf(&with, "[plan]\nchecks = %s\n%s", share, text) > 0);
    assert_true(asprintf(&without, "[plan]\nchecks = 0\n%s", text) > 0);
    struct plan *p = parse(with), *q = parse(without);
    most *= (double)plan_cells(q);
    check_plan(p);
    assert_int_equal(p->families, q->families);
    assert_in_range(p->families, 1, FAMILIES);
    assert_true(p->left_out == q->left_out && p->excluded == q->excluded &&
                p->redundant == q->redundant);
    for (size_t f = 0; f < p->families; f++) {
        const struct family *a = &p->family[f], *b = &q->family[f];
        unsigned rank;
        bool is_usual = true;

        assert_string_equal(a->name, b->name);
        for (unsigned c = 0; c < b->cells; c++) {
            assert_true(same_cell(&a->cell[c], &b->cell[c]));
            is_usual &= b->cell[c].copy == 0 && b->cell[c].extra == 0;
        }
        has[f] = a->cells != b->cells;
        assert_true(!has[f] || (is_usual && own_cells(a, &rank) == b->cells));
        if (has[f])
            turns[riders++] = usual;
        usual += is_usual;
    }
    assert_int_equal(plan_cells(p), plan_cells(q) + 2 * riders);
    // n: the smallest with which there are no more than there may be
    size_t n = 1;
    while ((usual + n - 1) / n > 1 && (double)((usual + n - 1) / n) > most)
        n++;
    assert_int_equal(riders, most > 0 ? (usual + n - 1) / n : 0);
    for (size_t i = 0; i < riders; i++)
        assert_int_equal(turns[i] / n, i);
    plan_free(p);
    plan_free(q);
    free(with);
    free(without);
    return riders;
}

static void test_riders(void **state)
{
    static const char *const shares[] = {"0", "0.02", "0.05", "0.1", "0.3", "1"};
    static const struct {
        const char *text;
        size_t riders[COUNT(shares)];
    } plans[] = {
        // only 0 is so small a share that there are none
        {ONE, {0, 1, 1, 1, 1, 1}},
        {HOLD "rc = atomic\nparam.objects = 1..40\n", {0, 1, 1, 2, 6, 20}},
        {HOLD "rc = atomic biased\nparam.objects = 1..40\n", {0, 1, 2, 4, 10, 40}},
        {HOLD "rc = atomic\nparam.objects = 1..12\nparam.size = 33..72\n"
              "together = param.objects\n",
         {0, 4, 10, 20, 40, 40}},
        // a family in parts
        {HOLD "rc = atomic\nparam.objects = 1..100\ntogether = param.objects\n",
         {0, 1, 2, 5, 9, 9}},
        // families with copies or extra costs of their own have none, but their cells count
        {HOLD "rc = atomic\ncopy = 0..3\ntogether = copy\n", {0}},
        {HOLD "rc = atomic\ncopy = 1\n", {0}},
        {HOLD "rc = atomic\nextra = 0 5\n", {0, 1, 1, 1, 1, 1}},
        {HOLD "rc = atomic\nextra = 0 7\nparam.objects = 1..40\n", {0, 1, 2, 4, 10, 40}},
        // what is redundant or excluded is so before there are riders
        {HOLD "rc = atomic\ncopy = 0 1\ntogether = copy\nexclude = copy=1\n"
              "[y]\nworkload = private_objects\nrc = atomic\n",
         {0, 1, 1, 1, 1, 1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(plans); i++)
        for (size_t k = 0; k < COUNT(shares); k++) {
            bool has[FAMILIES];
            assert_int_equal(assert_riders(plans[i].text, shares[k], has), plans[i].riders[k]);
        }
}

// Which cell it is goes through all ranks; the copy and the dearer one stand behind all others.
static void test_riders_of_a_full_family(void **state)
{
    struct plan *p = parse_whole(NULL, "[plan]\nchecks = 1\n[x]\nworkload = private_objects\n"
                                       "rc = atomic\nparam.objects = 1..12\nparam.size = 33..57\n"
                                       "together = param.objects\n");

    (void)state;
    assert_int_equal(p->families, 25);
    for (unsigned f = 0; f < 25; f++) {
        const struct family *family = &p->family[f];

        assert_int_equal(family->cells, FAMILY_MOST);
        for (unsigned c = 0; c < FAMILY_MOST; c++) {
            const struct spec *s = &family->cell[c];

            assert_int_equal(s->param[0], 1 + (c < FAMILY_OWN ? c : f % FAMILY_OWN));
            assert_int_equal(s->param[1], 33 + f);
            assert_int_equal(s->copy, c == FAMILY_OWN ? 1 : 0);
            assert_int_equal(s->extra, c == FAMILY_OWN + 1 ? 5 : 0);
        }
    }
    plan_free(p);
    p = parse_whole(NULL, ONE);
    assert_cell(&p->family[0].cell[1],
                "private_objects atomic+none+immediate+system allocator=glibc threads=1 "
                "placement=cores objects=16384 size=64 copy=1");
    assert_cell(&p->family[0].cell[2],
                "private_objects atomic+none+immediate+system allocator=glibc threads=1 "
                "placement=cores objects=16384 size=64 extra=5");
    plan_free(p);
}

// The parts of a sweep are every nth family: all have their share of the riders.
static void test_riders_in_shards(void **state)
{
    static const char *const shares[] = {"0.03", "0.05", "0.1", "0.2", "0.3", "0.5"};
    static const char *const pairs[] = {"atomic", "atomic biased", "atomic biased plain none"};
    static const unsigned families[] = {24, 97, FAMILIES};

    (void)state;
    for (size_t i = 0; i < COUNT(shares) * COUNT(pairs) * COUNT(families); i++) {
        char text[200];
        bool has[FAMILIES];
        unsigned all = families[i / COUNT(shares) / COUNT(pairs)];

        snprintf(text, sizeof text, HOLD "param.objects = 1..%u\nrc = %s\n", all,
                 pairs[i / COUNT(shares) % COUNT(pairs)]);
        size_t riders = assert_riders(text, shares[i % COUNT(shares)], has);
        for (size_t n = 2; n <= 8 && 2 * n <= riders; n++)
            for (size_t shard = 0; shard < n; shard++) {
                size_t of_shard = 0;
                for (size_t f = shard; f < all; f += n)
                    of_shard += has[f];
                assert_in_range(of_shard, riders / n / 2, 2 * riders / n);
            }
    }
}

// A sweep goes on by them: reading the plan again, or its text, gives the same.
static void test_riders_again(void **state)
{
    struct plan *p[3];
    struct topology *t = machine("package:2 l3:2 core:3 pu:2");
    struct error e;

    (void)state;
    p[0] = plan_read("quick", t, &e);
    p[1] = plan_read("quick", t, &e);
    assert_true(p[0] != NULL && p[1] != NULL);
    p[2] = plan_parse("quick.ini", p[0]->text, t, &e);
    assert_non_null(p[2]);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(p[i]->families, p[0]->families);
        for (size_t f = 0; f < p[0]->families; f++) {
            assert_int_equal(p[i]->family[f].cells, p[0]->family[f].cells);
            for (unsigned c = 0; c < p[0]->family[f].cells; c++)
                assert_true(same_cell(&p[i]->family[f].cell[c], &p[0]->family[f].cell[c]));
        }
    }
    for (unsigned i = 0; i < 3; i++)
        plan_free(p[i]);
    topology_close(t);
}

// --- files -------------------------------------------------------------------------------------

// On two CPUs and on a machine of 128: what is measured grows with the numbers of threads, and
// stays what a person could wait for.
static void test_plans_of_the_tree(void **state)
{
    static const char *const machines[] = {
        "core:1 pu:1",
        "core:2 pu:1",
#ifndef SYNC_CHECKED // half a million cells, and sanitizers are many times as slow
        "package:2 l3:4 core:8 pu:2",
#endif
    };
    char **names = plan_names();
    bool quick = false;

    (void)state;
    assert_non_null(names);
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t cells = 1;

        for (size_t m = 0; m < COUNT(machines); m++) {
            struct topology *t = machine(machines[m]);
            struct error e;
            struct plan *p = plan_read(names[i], t, &e);

            if (p == NULL)
                fail_msg("%s", e.text);
            check_plan(p);
            assert_in_range(plan_cells(p), cells, 500000);
            cells = plan_cells(p);
            assert_string_equal(p->name, names[i]);
            assert_true(p->summary[0] != '\0');
            assert_in_range(p->rounds, ROUNDS_LEAST, 100000);
            assert_true((p->effort.time_ns == 0) != (p->effort.ops == 0));
            plan_free(p);
            topology_close(t);
        }
        quick |= strcmp(names[i], "quick") == 0;
        if (i > 0)
            assert_true(strcmp(names[i - 1], names[i]) < 0);
    }
    assert_true(quick);
    free(names);
}

static void write_file(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void test_files(void **state)
{
    char directory[] = "/tmp/rclab-plan-XXXXXX", path[100];
    static const char hole[] = ONE "\0[two]\nnonsense = 1\n";
    struct error e;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/my.plan.ini", directory);
    assert_null(plan_read(path, NULL, &e));
    assert_says(e.text, path);
    assert_says(e.text, "quick");
    assert_null(plan_read(directory, NULL, &e));
    assert_says(e.text, directory);
    assert_null(plan_read("", NULL, &e));
    assert_null(plan_read("nonsense", NULL, &e));
    assert_says(e.text, "no plan 'nonsense'");
    assert_says(e.text, "quick");

    write_file(path, ONE, strlen(ONE));
    struct plan *p = plan_read(path, NULL, &e);
    assert_non_null(p);
    assert_string_equal(p->name, "my");
    assert_string_equal(p->text, ONE);
    plan_free(p);
    write_file(path, "[x]\nnonsense = 1\n", 17);
    assert_null(plan_read(path, NULL, &e));
    assert_says(e.text, "my.plan.ini:2: no key 'nonsense'");
    // what stands behind a zero byte is not passed over
    write_file(path, hole, sizeof hole - 1);
    p = plan_read(path, NULL, &e);
    assert_null(p);
    write_file(path, "", 0);
    assert_null(plan_read(path, NULL, &e));
    assert_says(e.text, "no experiment");
    unlink(path);
    rmdir(directory);
}

// --- mutations ---------------------------------------------------------------------------------

// One that asks for no malloc, which would be a process each time.
static char *tree_plan(const struct topology *t)
{
    struct error e;
    struct plan *p = plan_read("sharing", t, &e);

    if (p == NULL)
        fail_msg("%s", e.text);
    char *text = strdup(p->text);
    plan_free(p);
    return text;
}

static size_t below(uint64_t *seed, size_t n)
{
    return (size_t)(stats_random(seed) % n);
}

// One change to text[n], with room for it; its new length.
static size_t mutate(char *text, size_t n, uint64_t *seed)
{
    static const char *const words[] = {
        "[",           "]",        "\n[x]\n", "=",          ";",       "\n ",
        "workload = ", "rc = ",    "pair =",  "+",          "\n",      "param.",
        "together = ", "99999999", "-1",      "threads = ", "\t",      "\r",
        "\xff",        "#",        "none",    "nan",        "objects", "atomic+none",
        "exclude = ",  "!=",       "..",      "*",          "auto x2", "threads>1",
        "copy = ",     "extra = ", "[plan]",  "checks = ",  "layouts", "rounds = 6..",
    };
    size_t at = below(seed, n + 1), length = 1 + below(seed, below(seed, 8) == 0 ? 400 : 12);
    const char *word;

    switch (below(seed, 4)) {
    case 0: // another byte
        if (at < n)
            text[at] = (char)(1 + below(seed, 255));
        return n;
    case 1: // cut out
        if (at + length > n)
            length = n - at;
        memmove(text + at, text + at + length, n - at - length);
        return n - length;
    case 2: // repeat
        if (at + length > n)
            length = n - at;
        memmove(text + at + length, text + at, n - at);
        return n + length;
    default:
        word = words[below(seed, COUNT(words))];
        memmove(text + at + strlen(word), text + at, n - at);
        memcpy(text + at, word, strlen(word));
        return n + strlen(word);
    }
}

static void test_mutations(void **state)
{
#ifdef SYNC_CHECKED
    enum { RUNS = 150 };
#else
    enum { RUNS = 500 };
#endif
    enum { CHANGES = 6 }; // tests/fuzz/plan.c tries more
    struct topology *t = machine("core:2 pu:1");
    char *original = tree_plan(t);
    size_t size = strlen(original), good = 0;
    uint64_t seed = 42;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        size_t n = size;
        // on the heap and no longer than it must be, so that a read behind the end
        // is seen
        char *text = malloc(size + CHANGES * 400 + 1);

        assert_non_null(text);
        memcpy(text, original, size);
        for (size_t change = 1 + below(&seed, CHANGES); change > 0; change--)
            n = mutate(text, n, &seed);
        text = realloc(text, n + 1);
        text[n] = '\0';

        struct error e;
        memset(&e, 'x', sizeof e);
        struct plan *p = plan_parse("mutant.ini", text, t, &e);
        if (p != NULL) {
            good++;
            check_plan(p);
            plan_free(p);
        } else {
            assert_non_null(memchr(e.text, '\0', sizeof e.text));
            assert_true(strncmp(e.text, "mutant.ini:", 11) == 0);
            assert_true(strlen(e.text) > 13);
        }
        free(text);
    }
    assert_in_range(good, RUNS / 20, RUNS - RUNS / 20); // both answers occur
    free(original);
    topology_close(t);
}

// Each beginning of the file, as an editor that was killed leaves it.
static void test_beginnings(void **state)
{
    struct topology *t = machine("core:2 pu:1");
    char *original = tree_plan(t);

    (void)state;
    for (size_t n = 0, size = strlen(original); n <= size; n += 41) {
        struct error e = {""};
        char *text = strndup(original, n);
        struct plan *p = plan_parse("beginning.ini", text, t, &e);

        assert_true(p != NULL || e.text[0] != '\0');
        if (p != NULL)
            check_plan(p);
        plan_free(p);
        free(text);
    }
    free(original);
    topology_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_set_layouts),
        cmocka_unit_test(test_cross_product),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_left_out_of_a_crowd),
        cmocka_unit_test(test_runtimes),
        cmocka_unit_test(test_pair_with_four),
        cmocka_unit_test(test_values_over_lines),
        cmocka_unit_test(test_mistakes_in_lines),
        cmocka_unit_test(test_two_mistakes),
        cmocka_unit_test(test_mistakes_in_sections),
        cmocka_unit_test(test_no_values),
        cmocka_unit_test(test_no_experiment),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_huge_lists),
        cmocka_unit_test(test_huge_product),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_threads_by_machine),
        cmocka_unit_test(test_cpu_lists),
        cmocka_unit_test(test_exclude),
        cmocka_unit_test(test_exclude_by_machine),
        cmocka_unit_test(test_allocators),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_redundant),
        cmocka_unit_test(test_the_same_places),
        cmocka_unit_test(test_family_names),
        cmocka_unit_test(test_riders),
        cmocka_unit_test(test_riders_of_a_full_family),
        cmocka_unit_test(test_riders_in_shards),
        cmocka_unit_test(test_riders_again),
        cmocka_unit_test(test_plans_of_the_tree),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_beginnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
