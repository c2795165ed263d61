// SPDX-License-Identifier: MIT
#include "plan.h"

#include <dirent.h>
#include <ini.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "../strategies/pair.h"
#include "build.h"
#include "stats.h"

// The axes of an experiment, outermost first, behind them its parameters. `pair` sets refcount and
// lock scheme at once. A new axis is a line here and a case in axis_set, axis_of and axis_known.
enum axis {
    WORKLOAD,
    THREADS,
    ALLOCATOR,
    PLACEMENT,
    MEMORY,
    PAIR,
    RC,
    LK,
    RECLAIMER,
    ALLOCATION,
    COPY,
    EXTRA,
    AXES
};
static const char *const axis_name[AXES] = {"workload",  "threads", "allocator", "placement",
                                            "memory",    "pair",    "rc",        "lock",
                                            "reclaimer", "alloc",   "copy",      "extra"};
static const enum scheme_kind axis_kind[AXES] = {
    [RC] = REFCOUNT, [LK] = LOCK, [RECLAIMER] = RECLAIM, [ALLOCATION] = ALLOC};

enum plan_key { SUMMARY, TIME, OPS, SAMPLES, ROUNDS, MARGIN, CHECKS, LAYOUTS, PLAN_KEYS };
static const char *const plan_key_name[PLAN_KEYS] = {"summary", "time",   "ops",    "samples",
                                                     "rounds",  "margin", "checks", "layouts"};

enum { VALUES_MOST = 512, PARAMS_MOST = 24, EXPERIMENTS_MOST = 64, COMBINATIONS_MOST = 500000 };
enum { ROUNDS_MOST = 100000, RIDER_EXTRA = 5 };
// What the INI library reads of a line and of a section's name; it cuts the rest off, silently.
enum { WORD = INI_MAX_LINE, LINE_MOST = WORD - 2, SECTION_MOST = 49 };

// Words of the text, or the values that they mean.
struct value {
    char text[WORD];
    int line;
};
struct values {
    struct value *value;
    unsigned n, room;
    int line; // of the key; 0: not given
};

struct condition {
    unsigned axis;
    char op; // = ! < >
    unsigned n;
    struct {
        const char *name; // as axis_of() says it; NULL: a number
        int64_t number;
    } value[WORD / 2];
};
struct term {
    int line;
    struct condition *condition;
    unsigned conditions;
    bool matched; // or could on another machine
};

struct experiment {
    char name[SECTION_MOST + 1];
    int line;
    struct values axis[AXES + PARAMS_MOST];
    char param_name[PARAMS_MOST][WORD];
    unsigned params;
    struct values together, exclude;
    bool compared[AXES + PARAMS_MOST];
    bool widened[AXES]; // `*`, `all`, `auto` or `x2` was among its values
    struct term *term;
    unsigned terms;
};

struct parser {
    struct plan *plan;
    const struct topology *topology;
    struct error *e;
    int wrong; // the line of the mistake that e tells; 0: none yet
    // the reader
    const char *rest;
    int line, section_line;
    bool indented, in_section; // the line is; a key stands above it in its section
    struct values *key;        // whose values may go on
    int plan_line, plan_key_line[PLAN_KEYS];
    double checks; // what part of the cells they may be
    struct experiment *experiment[EXPERIMENTS_MOST];
    unsigned experiments;
    // allocators that are asked whether they are present, which takes a process: the first so many
    size_t asked;
    uint64_t absent;
    // the cross product
    FILE *text;
    size_t combinations, room;
    void *wholes; // families, by their cells
};

static bool at_line(struct parser *p, int line)
{
    p->wrong = line;
    return false;
}
#define WRONG(p, line, ...) (error_set((p)->e, __VA_ARGS__), at_line(p, line))

static bool push(struct parser *p, struct values *v, const char *text, size_t n, int line)
{
    if (v->n == VALUES_MOST)
        return WRONG(p, line, "more than %d values", VALUES_MOST);
    if (v->n == v->room) {
        unsigned room = v->room != 0 ? 2 * v->room : 8;
        struct value *bigger = realloc(v->value, room * sizeof *bigger);
        if (bigger == NULL)
            return WRONG(p, line, "out of memory");
        v->value = bigger;
        v->room = room;
    }
    struct value *new = &v->value[v->n++];
    memcpy(new->text, text, n); // lines are shorter than WORD
    new->text[n] = '\0';
    new->line = line;
    return true;
}

// --- reading ----------------------------------------------------------------------------------

// `marks`: characters that are words of their own.
static bool add_words(struct parser *p, struct values *v, const char *text, const char *blanks,
                      const char *marks)
{
    while (*(text += strspn(text, blanks)) != '\0') {
        size_t blank = strcspn(text, blanks), mark = strcspn(text, marks);
        size_t n = mark == 0 ? 1 : mark < blank ? mark : blank;
        if (!push(p, v, text, n, p->line))
            return false;
        text += n;
    }
    return true;
}

// text[WORD]: empty, then " workload threads ...".
static const char *join(const char *const *name, unsigned n, char *text)
{
    for (unsigned i = 0; i < n; i++)
        snprintf(text + strlen(text), WORD - strlen(text), " %s", name[i]);
    return text;
}
static const char *axis_names(char *text)
{
    return join(axis_name, AXES, text);
}

static int find_axis(const struct experiment *x, const char *name)
{
    for (int i = 0; i < AXES; i++)
        if (strcmp(axis_name[i], name) == 0)
            return i;
    for (unsigned i = 0; i < x->params; i++)
        if (strncmp(name, "param.", 6) == 0 && strcmp(x->param_name[i], name + 6) == 0)
            return AXES + (int)i;
    return -1;
}

// N or A..B
static bool set_rounds(struct plan *plan, const char *value, struct error *e)
{
    char first[WORD];
    const char *dots = strstr(value, "..");
    uint64_t least, most;
    snprintf(first, sizeof first, "%.*s", dots != NULL ? (int)(dots - value) : WORD, value);
    if (!parse_u64(first, ROUNDS_LEAST, ROUNDS_MOST, &least) ||
        !parse_u64(dots != NULL ? dots + 2 : first, least, ROUNDS_MOST, &most))
        return error_set(e,
                         "rounds: '%s' is not a number from %d to %d, and not A..B of such numbers "
                         "with A at most B",
                         value, ROUNDS_LEAST, ROUNDS_MOST);
    plan->rounds_least = (unsigned)least;
    plan->rounds = (unsigned)most;
    return true;
}

static bool set_fraction(const char *what, const char *text, double least, double most,
                         double *value, struct error *e)
{
    char *end;
    *value = strtod(text, &end);
    // not C's hexadecimal numbers; the comparison is false for NaN
    return (end != text && *end == '\0' && strpbrk(text, "xX") == NULL && *value >= least &&
            *value <= most) ||
           error_set(e, "%s: '%s' is not a number from %g to %g", what, text, least, most);
}

static bool set_plan(struct parser *p, const char *name, const char *value)
{
    struct plan *plan = p->plan;
    uint64_t n;
    int key = 0;
    while (key < PLAN_KEYS && strcmp(plan_key_name[key], name) != 0)
        key++;
    if (key == PLAN_KEYS)
        return error_set(p->e, "no key '%s' in [plan]; known:%s", name,
                         join(plan_key_name, PLAN_KEYS, (char[WORD]){""}));
    if (p->plan_key_line[key] != 0)
        return error_set(p->e, "%s: given already, in line %d", name, p->plan_key_line[key]);
    p->plan_key_line[key] = p->line;
    if (p->plan_key_line[TIME] != 0 && p->plan_key_line[OPS] != 0)
        return error_set(p->e, "either time or ops, not both");
    switch (key) {
    case SUMMARY:
        snprintf(plan->summary, sizeof plan->summary, "%s", value);
        return true;
    case TIME:
        return parse_time("time", value, &plan->effort.time_ns, p->e);
    case OPS:
        plan->effort.time_ns = 0;
        return parse_u64(value, 1, (uint64_t)1 << 53, &plan->effort.ops) ||
               error_set(p->e, "ops: '%s' is not a number above 0", value);
    case SAMPLES:
        if (!parse_u64(value, 1, 10000, &n))
            return error_set(p->e, "samples: '%s' is not a number from 1 to 10000", value);
        plan->effort.samples = (unsigned)n;
        return true;
    case ROUNDS:
        return set_rounds(plan, value, p->e);
    case MARGIN:
        return set_fraction("margin", value, 0.001, 0.5, &plan->margin, p->e);
    case CHECKS:
        return set_fraction("checks", value, 0, 1, &p->checks, p->e);
    default:
        if (!parse_u64(value, 1, LAYOUTS_MOST, &n))
            return error_set(p->e, "layouts: '%s' is not a number from 1 to %d", value,
                             LAYOUTS_MOST);
        plan->layouts = (unsigned)n;
        return true;
    }
}

// The experiment of the section that is being read; NULL with a message.
static struct experiment *get_experiment(struct parser *p, const char *section)
{
    struct experiment *x = p->experiments > 0 ? p->experiment[p->experiments - 1] : NULL;
    if (x != NULL && x->line == p->section_line)
        return x;
    // two families would have the same name
    if (strpbrk(section, "=,") != NULL) {
        WRONG(p, p->section_line, "[%s]: no '=' and no ',' in the name of a section", section);
        return NULL;
    }
    for (unsigned i = 0; i < p->experiments; i++)
        if (strcmp(p->experiment[i]->name, section) == 0) {
            WRONG(p, p->section_line, "[%s]: given already, in line %d", section,
                  p->experiment[i]->line);
            return NULL;
        }
    x = p->experiments < EXPERIMENTS_MOST ? calloc(1, sizeof *x) : NULL;
    if (x == NULL) {
        WRONG(p, p->section_line, "more than %d sections, or out of memory", EXPERIMENTS_MOST);
        return NULL;
    }
    snprintf(x->name, sizeof x->name, "%s", section);
    x->line = p->section_line;
    p->experiment[p->experiments++] = x;
    return x;
}

// What the key's words are gathered in; NULL with a message.
static struct values *find_key(struct parser *p, struct experiment *x, const char *name)
{
    struct values *key = NULL;
    int axis = find_axis(x, name);
    if (axis < 0 && strncmp(name, "param.", 6) == 0) {
        if (x->params == PARAMS_MOST) {
            error_set(p->e, "%s: more than %d parameters", name, PARAMS_MOST);
            return NULL;
        }
        snprintf(x->param_name[x->params], WORD, "%s", name + 6);
        axis = AXES + (int)x->params++;
    }
    if (axis >= 0)
        key = &x->axis[axis];
    else if (strcmp(name, "together") == 0)
        key = &x->together;
    else if (strcmp(name, "exclude") == 0)
        key = &x->exclude;
    else
        error_set(p->e, "no key '%s'; known:%s param.NAME together exclude", name,
                  axis_names((char[WORD]){""}));
    if (key != NULL && key->line != 0) {
        error_set(p->e, "%s: given already, in line %d; values go on in the next line, indented",
                  name, key->line);
        return NULL;
    }
    return key;
}

static bool set_experiment(struct parser *p, struct experiment *x, const char *name,
                           const char *value, bool goes_on)
{
    if (!goes_on) {
        p->key = find_key(p, x, name);
        if (p->key == NULL)
            return false;
        p->key->line = p->line;
    }
    if (p->key == &x->axis[PLACEMENT])
        return add_words(p, p->key, value, " \t", "");
    if (p->key == &x->axis[PAIR])
        return add_words(p, p->key, value, " \t", ",*");
    return add_words(p, p->key, value, p->key == &x->exclude ? " \t" : " \t,",
                     p->key == &x->exclude ? "," : "");
}

// The library takes comments off a key's first line only.
static void cut_comment(char *text)
{
    for (char *c = text; (c = strchr(c, ';')) != NULL; c++)
        if (c == text || c[-1] == ' ' || c[-1] == '\t') {
            *c = '\0';
            return;
        }
}

static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct parser *p = user;
    bool goes_on = p->indented && p->in_section, ok = false;
    char text[WORD];
    p->in_section = true;
    if (p->wrong != 0)
        return 0;
    snprintf(text, sizeof text, "%s", value);
    if (goes_on)
        cut_comment(text);
    if (section[0] == '\0') {
        error_set(p->e, "'%s' stands before any [section]", name);
    } else if (strcmp(section, "plan") == 0) {
        if (p->plan_line != 0 && p->plan_line != p->section_line)
            error_set(p->e, "[plan]: given already, in line %d", p->plan_line);
        else if (goes_on)
            error_set(p->e, "'%s': the values of [plan] are of one line", text);
        else
            ok = set_plan(p, name, text);
        p->plan_line = p->section_line;
    } else {
        struct experiment *x = get_experiment(p, section);
        ok = x != NULL && set_experiment(p, x, name, text, goes_on);
    }
    return ok || p->wrong != 0 ? ok : at_line(p, p->line);
}

// The library tells no handler the line, but it asks for each. As it sees them, a line that is
// indented goes on with the key above it, if one stands in its section.
static char *next_line(char *line, int size, void *user)
{
    struct parser *p = user;
    size_t n = strcspn(p->rest, "\n");
    const char *word = p->rest + strspn(p->rest, " \t\v\f\r");
    if (*p->rest == '\0' || p->wrong != 0)
        return NULL;
    p->line++;
    p->indented = word > p->rest;
    bool section = *word == '[' && strcspn(word, "]\n") < strcspn(word, "\n") &&
                   !(p->indented && p->in_section);
    if (n > LINE_MOST || n + 2 > (size_t)size ||
        (section && strcspn(word, "]\n") > SECTION_MOST + 1)) {
        WRONG(p, p->line,
              "a line of more than %d or a [section] of more than %d characters; values go on in "
              "the next line, indented",
              LINE_MOST, SECTION_MOST);
        return NULL;
    }
    if (section) {
        p->section_line = p->line;
        p->in_section = false;
    }
    memcpy(line, p->rest, n);
    strcpy(line + n, "\n");
    p->rest += n + (p->rest[n] == '\n');
    return line;
}

// --- what the words mean ------------------------------------------------------------------------

static bool set_pair(struct spec *s, const char *pair, struct error *e)
{
    char word[4][WORD];
    unsigned n = 0;
    bool whole = false;
    for (const char *c = pair; n < 4 && !whole; n++) {
        size_t length = strcspn(c, "+");
        snprintf(word[n], WORD, "%.*s", (int)length, c);
        c += length;
        whole = *c++ == '\0';
    }
    if (!whole || (n != 2 && n != 4))
        return error_set(e, "pair: '%s' is not RC+LOCK or RC+LOCK+RECLAIMER+ALLOC", pair);
    return spec_scheme(s, REFCOUNT, word[0], e) && spec_scheme(s, LOCK, word[1], e) &&
           (n == 2 || (spec_scheme(s, RECLAIM, word[2], e) && spec_scheme(s, ALLOC, word[3], e)));
}

static bool number_axis(unsigned axis)
{
    return axis == THREADS || axis == COPY || axis == EXTRA || axis >= AXES;
}

// A value by its name; the workload comes first, and starts the specification.
static bool axis_set(struct spec *s, unsigned axis, const char *text, struct error *e)
{
    const struct workload *w;
    switch (axis) {
    case WORKLOAD:
        if (!spec_workload(text, &w, e))
            return false;
        spec_start(s, w);
        return true;
    case THREADS:
        return spec_threads(text, &s->threads, e);
    case ALLOCATOR:
        return spec_allocator(s, text, e);
    case PLACEMENT:
        return spec_placement(s, text, e);
    case MEMORY:
        return spec_memory(s, text, e);
    case PAIR:
        return set_pair(s, text, e);
    case COPY:
        return spec_copy(text, &s->copy, e);
    case EXTRA:
        return spec_extra(text, &s->extra, e);
    default:
        return spec_scheme(s, axis_kind[axis], text, e);
    }
}

// The name of a specification's value.
static const char *axis_of(const struct spec *s, unsigned axis)
{
    switch (axis) {
    case WORKLOAD:
        return s->workload->name;
    case ALLOCATOR:
        return s->allocator->name;
    case PLACEMENT:
        return s->placement->name;
    case MEMORY:
        return s->memory->name;
    default:
        return s->scheme[axis_kind[axis]]->name;
    }
}

// The names that `*` stands for: the i-th; NULL behind the last, "" for one that is not here.
static const char *axis_known(struct parser *p, unsigned axis, size_t i)
{
    size_t n;
    switch (axis) {
    case WORKLOAD: {
        const struct workload *const *w = catalogue_workloads(&n);
        return i < n ? w[i]->name : NULL;
    }
    case ALLOCATOR: {
        const struct allocator *a = allocator_all(&n);
        for (; p->asked < n; p->asked++)
            p->absent |= (uint64_t)!allocator_present(&a[p->asked]) << p->asked;
        return i >= n ? NULL : (p->absent >> i & 1) != 0 ? "" : a[i].name;
    }
    case PLACEMENT: {
        const struct placement *placement = placement_all(&n);
        return i < n ? placement[i].name : NULL;
    }
    case MEMORY: {
        const struct memory *memory = memory_all(&n);
        return i < n ? memory[i].name : NULL;
    }
    default: {
        const struct scheme *const *s = catalogue_schemes(axis_kind[axis], &n);
        return i < n ? s[i]->name : NULL;
    }
    }
}

// A value that is listed twice is one.
static bool add_value(struct parser *p, struct values *v, const char *text, int line)
{
    for (unsigned i = 0; i < v->n; i++)
        if (strcmp(v->value[i].text, text) == 0)
            return true;
    return push(p, v, text, strlen(text), line);
}

// `axis` says what `*` means; whether other words are known is asked later.
static bool add_name(struct parser *p, struct experiment *x, unsigned axis,
                     const struct value *word, struct values *v)
{
    const char *name;
    if (strcmp(word->text, "*") != 0 && strcmp(word->text, "all") != 0)
        return add_value(p, v, word->text, word->line);
    x->widened[axis] = true;
    for (size_t i = 0; (name = axis_known(p, axis, i)) != NULL; i++)
        if (name[0] != '\0' && !add_value(p, v, name, word->line))
            return false;
    return true;
}

static bool check(struct parser *p, unsigned axis, const struct value *v)
{
    struct spec scratch;
    return axis_set(&scratch, axis, v->text, p->e) || at_line(p, v->line);
}

static bool add_names(struct parser *p, struct experiment *x, unsigned axis,
                      const struct values *words, struct values *v)
{
    for (unsigned i = 0; i < words->n; i++)
        if (!add_name(p, x, axis, &words->value[i], v))
            return false;
    for (unsigned i = 0; i < v->n; i++)
        if (!check(p, axis, &v->value[i]))
            return false;
    return true;
}

// RC... * LOCK...; what stands on the right may have a reclaimer and an alloc too.
static bool add_product(struct parser *p, struct experiment *x, const struct value *word,
                        unsigned star, unsigned n, struct values *v)
{
    struct values rc = {0}, lock = {0};
    bool ok = true;
    for (unsigned i = 0; ok && i < n; i++)
        if (i != star)
            ok = add_name(p, x, i < star ? RC : LK, &word[i], i < star ? &rc : &lock);
    if (ok && (rc.n == 0 || lock.n == 0))
        ok = WRONG(p, word[star].line,
                   "pair: a product is a list of refcount schemes, '*', a list of lock schemes");
    for (unsigned i = 0; ok && i < rc.n; i++) {
        ok = check(p, RC, &rc.value[i]);
        for (unsigned k = 0; ok && k < lock.n; k++) {
            char pair[2 * WORD];
            int length = snprintf(pair, sizeof pair, "%s+%s", rc.value[i].text, lock.value[k].text);
            ok = length < WORD ? add_value(p, v, pair, lock.value[k].line)
                               : WRONG(p, lock.value[k].line, "pair: '%s' is too long", pair);
        }
    }
    free(rc.value);
    free(lock.value);
    return ok;
}

static bool add_pairs(struct parser *p, struct experiment *x, const struct values *words,
                      struct values *v)
{
    for (unsigned first = 0, end; first < words->n; first = end + 1) {
        const struct value *word = &words->value[first];
        unsigned star = words->n;
        for (end = first; end < words->n && strcmp(words->value[end].text, ",") != 0; end++)
            if (strcmp(words->value[end].text, "*") == 0) {
                if (star != words->n)
                    return WRONG(p, words->value[end].line,
                                 "pair: one '*' in a term; terms have commas between them, and all "
                                 "schemes are 'all'");
                star = end;
            }
        if (star != words->n) {
            if (!add_product(p, x, word, star - first, end - first, v))
                return false;
            continue;
        }
        for (; word < &words->value[end]; word++)
            if (!add_value(p, v, word->text, word->line))
                return false;
    }
    for (unsigned i = 0; i < v->n; i++)
        if (!check(p, PAIR, &v->value[i]))
            return false;
    x->widened[PAIR] = x->widened[RC] || x->widened[LK];
    return true;
}

// One number, which must be in the bounds of the axis or of the parameter.
static bool add_number(struct parser *p, const struct experiment *x, unsigned axis,
                       const char *text, int line, struct values *v)
{
    const struct values *workloads = &x->axis[WORKLOAD];
    struct spec s;
    bool ok = axis >= AXES || axis_set(&s, axis, text, p->e);
    for (unsigned i = 0; ok && axis >= AXES && i < workloads->n; i++) {
        const char *name = x->param_name[axis - AXES];
        const struct workload *w = catalogue_workload(workloads->value[i].text);
        spec_start(&s, w);
        ok = spec_param_index(w, name) < 0 || spec_param(&s, name, text, p->e);
    }
    if (!ok)
        return at_line(p, line);
    text += strspn(text, "0");
    return add_value(p, v, *text != '\0' ? text : "0", line);
}

static bool add_range(struct parser *p, const struct experiment *x, unsigned axis,
                      const struct value *word, struct values *v)
{
    char part[WORD], text[32];
    uint64_t first, last, step = 1;
    strcpy(part, word->text);
    char *end = strstr(part, ".."), *op = end + 2 + strcspn(end + 2, "+*");
    char kind = *op;
    *end = *op = '\0';
    if (!parse_u64(part, 0, INT64_MAX, &first) || !parse_u64(end + 2, first, INT64_MAX, &last) ||
        (kind != '\0' && !parse_u64(op + 1, kind == '*' ? 2 : 1, INT64_MAX, &step)) ||
        (kind == '*' && first == 0))
        return WRONG(
            p, word->line,
            "'%s' is not a range: FIRST..LAST, FIRST..LAST+STEP or FIRST..LAST*FACTOR, with "
            "FIRST at most LAST, STEP at least 1, FACTOR at least 2 and FIRST then above 0",
            word->text);
    for (uint64_t n = first;; n = kind == '*' ? n * step : n + step) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)n);
        if (!add_number(p, x, axis, text, word->line, v))
            return false;
        if (kind == '*' ? n > last / step : step > last - n)
            return true;
    }
}

// Numbers of threads at which something of the machine is full under a placement.
enum { FILLS = 5 };
static bool plan_fills(const struct topology *topology, const struct placement *placement,
                       unsigned threads[FILLS], struct error *e)
{
    struct placement_fills f;
    if (!placement_fills(topology, placement, &f, e->text, sizeof e->text))
        return false;
    const unsigned all[FILLS] = {f.one_cache, f.one_package, f.own_cache, f.own_core, f.all};
    memcpy(threads, all, sizeof all);
    return true;
}

static bool add_auto(struct parser *p, const struct experiment *x, int line, struct values *v)
{
    bool point[THREADS_MOST + 1] = {false};
    const struct values *placements = &x->axis[PLACEMENT];
    char text[32];
    for (unsigned n = 1; n <= topology_cpus(p->topology) && n <= THREADS_MOST; n *= 2)
        point[n] = true;
    for (unsigned i = 0; i < placements->n || i == 0; i++) {
        unsigned threads[FILLS];
        struct spec s;
        spec_start(&s, catalogue_workload(x->axis[WORKLOAD].value[0].text));
        if ((placements->n != 0 && !axis_set(&s, PLACEMENT, placements->value[i].text, p->e)) ||
            !plan_fills(p->topology, s.placement, threads, p->e))
            return at_line(p, line);
        for (unsigned k = 0; k < FILLS; k++)
            if (threads[k] <= THREADS_MOST)
                point[threads[k]] = true;
    }
    for (unsigned n = 1; n <= THREADS_MOST; n++) {
        snprintf(text, sizeof text, "%u", n);
        if (point[n] && !add_value(p, v, text, line))
            return false;
    }
    return true;
}

// auto, x2
static bool add_threads(struct parser *p, struct experiment *x, const struct value *word,
                        struct values *v)
{
    uint64_t times;
    char text[32];
    bool automatic = strcmp(word->text, "auto") == 0;
    x->widened[THREADS] = true;
    if (!automatic && !parse_u64(word->text + 1, 1, THREADS_MOST, &times))
        return WRONG(p, word->line, "threads: '%s' is not x and a number from 1 to %d", word->text,
                     THREADS_MOST);
    if (p->topology == NULL || topology_cpus(p->topology) == 0)
        return WRONG(p, word->line,
                     "threads: '%s' needs the topology of this machine, which is not known: give "
                     "numbers",
                     word->text);
    if (automatic)
        return add_auto(p, x, word->line, v);
    times *= topology_cpus(p->topology);
    if (times > THREADS_MOST)
        return WRONG(p, word->line, "threads: '%s' is %llu with %u usable CPUs; at most %d",
                     word->text, (unsigned long long)times, topology_cpus(p->topology),
                     THREADS_MOST);
    snprintf(text, sizeof text, "%llu", (unsigned long long)times);
    return add_value(p, v, text, word->line);
}

static bool add_numbers(struct parser *p, struct experiment *x, unsigned axis,
                        const struct values *words, struct values *v)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < words->n; i++) {
        const struct value *word = &words->value[i];
        if (axis == THREADS && (word->text[0] == 'x' || strcmp(word->text, "auto") == 0))
            ok = add_threads(p, x, word, v);
        else if (strstr(word->text, "..") != NULL)
            ok = add_range(p, x, axis, word, v);
        else
            ok = add_number(p, x, axis, word->text, word->line, v);
    }
    return ok;
}

// What widened words came to, for the plan's text.
static void record(struct parser *p, const struct experiment *x, unsigned axis)
{
    const struct values *v = &x->axis[axis];
    int column = fprintf(p->text, "\n; [%s] %s =", x->name, axis_name[axis]);
    for (unsigned i = 0; i < v->n; i++) {
        if (column > 80)
            column = fprintf(p->text, "\n;  ");
        column += fprintf(p->text, " %s", v->value[i].text);
    }
}

// Replaces the words of an axis by the values that they mean.
static bool resolve(struct parser *p, struct experiment *x, unsigned axis)
{
    struct values words = x->axis[axis], v = {.line = words.line};
    bool ok = axis == PAIR        ? add_pairs(p, x, &words, &v)
              : number_axis(axis) ? add_numbers(p, x, axis, &words, &v)
                                  : add_names(p, x, axis, &words, &v);
    free(words.value);
    x->axis[axis] = v;
    if (ok && v.n != 0 && axis < AXES && x->widened[axis])
        record(p, x, axis);
    return ok;
}

static bool has_param(const struct experiment *x, const char *name)
{
    bool has = false;
    for (unsigned i = 0; i < x->axis[WORKLOAD].n && !has; i++)
        has = spec_param_index(catalogue_workload(x->axis[WORKLOAD].value[i].text), name) >= 0;
    return has;
}

static bool resolve_together(struct parser *p, struct experiment *x)
{
    x->compared[PAIR] = x->together.line == 0;
    for (unsigned i = 0; i < x->together.n; i++) {
        const struct value *word = &x->together.value[i];
        int axis = find_axis(x, word->text);
        if (axis < 0)
            return WRONG(p, word->line, "together: '%s' is no axis of [%s]", word->text, x->name);
        x->compared[axis] = true;
    }
    if (x->compared[PAIR])
        x->compared[RC] = x->compared[LK] = true;
    return true;
}

// "axis=a|b", "axis!=a", "axis<8", "axis>8"
static bool add_condition(struct parser *p, struct experiment *x, struct term *t,
                          const struct value *word)
{
    size_t n = strcspn(word->text, "=!<>");
    const char *op = word->text + n, *value = op + 1 + (op[0] == '!' && op[1] == '=');
    char name[WORD], text[WORD];
    memcpy(name, word->text, n);
    name[n] = '\0';
    strcpy(text, word->text);
    if (*op == '\0' || (*op == '!' && op[1] != '='))
        return WRONG(p, word->line,
                     "exclude: '%s' is not a condition: axis=value, axis=a|b, axis!=value, "
                     "axis<number or axis>number, without blanks",
                     word->text);
    int axis = find_axis(x, name);
    if (axis < 0 && strncmp(name, "param.", 6) == 0) { // one that keeps its standard value
        if (x->params == PARAMS_MOST)
            return WRONG(p, word->line, "exclude: more than %d parameters", PARAMS_MOST);
        snprintf(x->param_name[x->params], WORD, "%s", name + 6);
        axis = AXES + (int)x->params++;
    }
    if (axis < 0 || axis == PAIR)
        return WRONG(p, word->line, "exclude: no axis '%s' in conditions; known:%s param.NAME%s",
                     name, axis_names((char[WORD]){""}),
                     axis == PAIR ? "; a pair is rc=... lock=..." : "");
    if (axis >= AXES && !has_param(x, name + 6))
        return WRONG(p, word->line, "exclude: no workload of [%s] has a parameter '%s'", x->name,
                     name + 6);
    if ((*op == '<' || *op == '>') && !number_axis((unsigned)axis))
        return WRONG(p, word->line, "exclude: '%s': %s is not a number", word->text, name);
    struct condition *bigger = realloc(t->condition, (t->conditions + 1) * sizeof *bigger);
    if (bigger == NULL)
        return WRONG(p, word->line, "out of memory");
    t->condition = bigger;
    struct condition *c = &t->condition[t->conditions++];
    *c = (struct condition){.axis = (unsigned)axis, .op = *op};
    for (char *rest = text + (value - word->text), *one; (one = strsep(&rest, "|")) != NULL;) {
        struct spec scratch;
        uint64_t number = 0;
        if (!number_axis(c->axis) && !axis_set(&scratch, c->axis, one, p->e))
            return at_line(p, word->line);
        if (number_axis(c->axis) && !parse_u64(one, 0, INT64_MAX, &number))
            return WRONG(p, word->line, "exclude: '%s': '%s' is not a number", word->text, one);
        c->value[c->n].name = number_axis(c->axis) ? NULL : axis_of(&scratch, c->axis);
        c->value[c->n++].number = (int64_t)number;
    }
    return (*op != '<' && *op != '>') || c->n == 1 ||
           WRONG(p, word->line, "exclude: '%s': one number", word->text);
}

static bool resolve_exclude(struct parser *p, struct experiment *x)
{
    bool begins = true;
    for (unsigned i = 0; i < x->exclude.n; i++) {
        const struct value *word = &x->exclude.value[i];
        if (strcmp(word->text, ",") == 0) {
            begins = true;
            continue;
        }
        if (begins) {
            struct term *bigger = realloc(x->term, (x->terms + 1) * sizeof *bigger);
            if (bigger == NULL)
                return WRONG(p, word->line, "out of memory");
            x->term = bigger;
            x->term[x->terms++] = (struct term){.line = word->line};
        }
        begins = false;
        if (!add_condition(p, x, &x->term[x->terms - 1], word))
            return false;
    }
    return true;
}

static bool resolve_experiment(struct parser *p, struct experiment *x)
{
    if (x->axis[WORKLOAD].n == 0 || (x->axis[PAIR].n == 0) == (x->axis[RC].n == 0) ||
        (x->axis[PAIR].n != 0 && x->axis[LK].n != 0))
        return WRONG(p, x->line, "[%s] needs workload, and either pair or rc (with lock)", x->name);
    // workloads first: parameters are theirs; placements before threads, for `auto`
    if (!resolve(p, x, WORKLOAD) || !resolve(p, x, PLACEMENT))
        return false;
    for (unsigned axis = 0; axis < AXES + x->params; axis++) {
        if (axis >= AXES && !has_param(x, x->param_name[axis - AXES]))
            return WRONG(p, x->axis[axis].line, "no workload of [%s] has a parameter '%s'", x->name,
                         x->param_name[axis - AXES]);
        if (axis != WORKLOAD && axis != PLACEMENT && !resolve(p, x, axis))
            return false;
    }
    if (x->axis[PAIR].line != 0 && x->axis[PAIR].n == 0 && x->axis[RC].n == 0)
        return WRONG(p, x->axis[PAIR].line, "pair: no value");
    return resolve_together(p, x) && resolve_exclude(p, x);
}

// --- the cross product ------------------------------------------------------------------------

// Axes in their order, with the position of each.
struct odometer {
    struct experiment *x;
    unsigned at[AXES + PARAMS_MOST];
};

static const char *at(const struct odometer *o, unsigned axis)
{
    const struct values *v = &o->x->axis[axis];
    return v->n != 0 ? v->value[o->at[axis]].text : NULL;
}

// Axes without values count as one step, and parameters that the workload lacks; but a parameter
// that splits, with workloads compared inside, concerns them all.
static unsigned steps(const struct odometer *o, unsigned axis)
{
    const struct experiment *x = o->x;
    unsigned n = x->axis[axis].n;
    bool lacks =
        axis >= AXES && (!x->compared[WORKLOAD] || x->compared[axis]) &&
        spec_param_index(catalogue_workload(at(o, WORKLOAD)), x->param_name[axis - AXES]) < 0;
    return n == 0 || lacks ? 1 : n;
}

// Advances the axes that are (not) compared together; false: all combinations have been.
static bool step(struct odometer *o, bool together)
{
    for (unsigned axis = AXES + o->x->params; axis-- > 0;) {
        if (o->x->compared[axis] != together)
            continue;
        if (++o->at[axis] < steps(o, axis))
            return true;
        o->at[axis] = 0;
    }
    return false;
}

// False: more than a plan may have.
static bool count_combinations(struct parser *p, struct experiment *x)
{
    struct odometer o = {.x = x};
    for (; o.at[WORKLOAD] < x->axis[WORKLOAD].n; o.at[WORKLOAD]++) {
        size_t n = 1;
        for (unsigned axis = WORKLOAD + 1; axis < AXES + x->params && n <= COMBINATIONS_MOST;
             axis++)
            n *= steps(&o, axis);
        p->combinations += n;
        if (p->combinations > COMBINATIONS_MOST)
            return WRONG(p, x->line, "[%s] brings the plan to more than %d combinations", x->name,
                         COMBINATIONS_MOST);
    }
    return true;
}

static bool make_spec(const struct odometer *o, struct spec *s, struct error *e)
{
    const struct experiment *x = o->x;
    for (unsigned axis = 0; axis < AXES; axis++)
        if (at(o, axis) != NULL && !axis_set(s, axis, at(o, axis), e))
            return false;
    for (unsigned i = 0; i < x->params; i++)
        if (at(o, AXES + i) != NULL && spec_param_index(s->workload, x->param_name[i]) >= 0 &&
            !spec_param(s, x->param_name[i], at(o, AXES + i), e))
            return false;
    return at(o, PAIR) != NULL || at(o, LK) != NULL || spec_scheme(s, LOCK, "none", e);
}

static bool holds(const struct experiment *x, const struct condition *c, const struct spec *s)
{
    bool among = false;
    int64_t number = c->axis == COPY ? s->copy : c->axis == EXTRA ? s->extra : s->threads;
    if (c->axis >= AXES) {
        int i = spec_param_index(s->workload, x->param_name[c->axis - AXES]);
        if (i < 0)
            return false;
        number = s->param[i];
    }
    if (c->op == '<' || c->op == '>')
        return c->op == '<' ? number < c->value[0].number : number > c->value[0].number;
    for (unsigned i = 0; i < c->n && !among; i++)
        among = c->value[i].name != NULL ? strcmp(axis_of(s, c->axis), c->value[i].name) == 0
                                         : number == c->value[i].number;
    return among == (c->op == '=');
}

// All terms are asked, so that each knows whether it is of use. What depends on the machine could
// hold on another one.
static bool excluded(struct experiment *x, const struct spec *s)
{
    bool any = false;
    for (unsigned i = 0; i < x->terms; i++) {
        struct term *t = &x->term[i];
        bool all = true, could = true;
        for (unsigned k = 0; k < t->conditions && could; k++) {
            unsigned axis = t->condition[k].axis;
            bool here = holds(x, &t->condition[k], s);
            all &= here;
            could = here || ((axis == THREADS || axis == ALLOCATOR) && x->widened[axis]);
        }
        t->matched |= could;
        any |= all;
    }
    return any;
}

// Sets of texts, trees of tsearch().
struct member {
    struct spec spec; // the cell that it was made for
    char text[];
};
static int by_member(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->text, ((const struct member *)b)->text);
}
// The text's member, and whether it has just been made; NULL: out of memory.
static const struct member *look_up(void **set, const char *text, const struct spec *spec,
                                    bool *is_new)
{
    size_t size = strlen(text) + 1;
    struct member *e = malloc(sizeof *e + size);
    if (e == NULL)
        return NULL;
    e->spec = *spec;
    memcpy(e->text, text, size);
    struct member **found = tsearch(e, set, by_member);
    *is_new = found != NULL && *found == e;
    if (!*is_new)
        free(e);
    return found != NULL ? *found : NULL;
}

// The cells of a family before it is cut into parts.
struct gathering {
    struct gathered {
        struct spec spec;
        const char *key; // in the set
        bool redundant;
    } * cell;
    size_t n, room;
    void *seen; // by their keys
};

static bool gather(struct gathering *g, struct gathered cell)
{
    if (g->n == g->room) {
        size_t room = g->room != 0 ? 2 * g->room : 16;
        struct gathered *bigger = realloc(g->cell, room * sizeof *bigger);
        if (bigger == NULL)
            return false;
        g->cell = bigger;
        g->room = room;
    }
    g->cell[g->n++] = cell;
    return true;
}

// Takes out what is redundant, all or all but the baseline. The number that was taken out.
static size_t prune(struct gathering *g)
{
    size_t all = g->n, kept = 0, needed = 0;
    for (size_t i = 0; i < all; i++)
        needed += !g->cell[i].redundant;
    for (size_t i = 0; i < all && needed > 0; i++)
        if (i == 0 || !g->cell[i].redundant)
            g->cell[kept++] = g->cell[i];
    g->n = kept;
    return all - kept;
}

// Whether malloc is reached by what is timed.
static bool allocates(const struct spec *s)
{
    return s->workload->allocates && !PAIR_HAS(s->scheme[ALLOC]->traits, AL_WHOLE);
}

// Whether memory has only one place to come from.
static bool one_node(const struct topology *t)
{
    unsigned node;
    return t != NULL && topology_nodes(t, &node, 1) < 2;
}

// The first of the experiment's placements that puts its threads on the same CPUs.
static const struct placement *same_places(const struct parser *p, const struct experiment *x,
                                           const struct spec *s)
{
    enum { MOST = THREADS_MOST };
    unsigned cpus[MOST], others[MOST], threads = s->threads;
    char why[8];
    const struct values *all = &x->axis[PLACEMENT];
    // fewer threads get the first places of more
    for (unsigned i = 0; i < x->axis[THREADS].n; i++) {
        uint64_t n = strtoull(x->axis[THREADS].value[i].text, NULL, 10);
        threads = n > threads && n <= MOST ? (unsigned)n : threads;
    }
    if (p->topology == NULL ||
        !placement_cpus(p->topology, s->placement, threads, cpus, why, sizeof why))
        return s->placement;
    for (unsigned i = 0; i < all->n; i++) {
        const struct placement *other = placement_find(all->value[i].text, NULL, 0);
        if (other == s->placement ||
            (placement_cpus(p->topology, other, threads, others, why, sizeof why) &&
             memcmp(cpus, others, threads * sizeof *cpus) == 0))
            return other;
    }
    return s->placement;
}

// Whether the experiment has had a cell that differs from this one only in what makes no difference
// to it. `firsts`: its cells by the keys of what they come to. -1: out of memory.
static int makes_no_difference(const struct parser *p, const struct experiment *x,
                               const struct spec *s, void **firsts)
{
    struct spec standard = *s;
    char key[SPEC_TEXT];
    bool is_new;
    if (x->axis[ALLOCATOR].n > 1 && !allocates(s))
        standard.allocator = allocator_find("glibc");
    if (x->axis[PLACEMENT].n > 1)
        standard.placement = same_places(p, x, s);
    if (x->axis[MEMORY].n > 1 && one_node(p->topology))
        standard.memory = memory_all(&(size_t){0});
    spec_key(&standard, key);
    const struct member *first = look_up(firsts, key, s, &is_new);
    if (first == NULL)
        return -1;
    return first->spec.allocator != s->allocator || first->spec.placement != s->placement ||
           first->spec.memory != s->memory;
}

// The cell at the odometer's position. False: out of memory, or so.
static bool add_combination(struct parser *p, struct odometer *o, struct gathering *g,
                            void **firsts, struct error *reason)
{
    struct spec s;
    char key[SPEC_TEXT];
    bool is_new;
    if (!make_spec(o, &s, p->e))
        return false;
    bool valid = spec_complete(&s, reason);
    if (excluded(o->x, &s)) {
        p->plan->excluded++;
        return true;
    }
    if (!valid) {
        p->plan->left_out++;
        return true;
    }
    spec_key(&s, key);
    const struct member *known = look_up(&g->seen, key, &s, &is_new);
    if (known == NULL)
        return false;
    if (!is_new) {
        p->plan->redundant++;
        return true;
    }
    int redundant = makes_no_difference(p, o->x, &s, firsts);
    return redundant >= 0 &&
           gather(g, (struct gathered){.spec = s, .key = known->text, .redundant = redundant});
}

// Whether an earlier family has the same cells in the same order; -1: out of memory.
static int had_before(struct parser *p, const struct gathering *g)
{
    char *text;
    size_t size;
    bool is_new;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return -1;
    for (size_t i = 0; i < g->n; i++) {
        fputs(g->cell[i].key, f);
        fputc('\n', f);
    }
    const struct member *found =
        fclose(f) == 0 ? look_up(&p->wholes, text, &g->cell[0].spec, &is_new) : NULL;
    free(text);
    return found == NULL ? -1 : !is_new;
}

// "experiment axis=value ...", with the axes that split it.
static char *family_name(const struct odometer *o, size_t part)
{
    char *name = NULL;
    size_t size;
    FILE *f = open_memstream(&name, &size);
    if (f == NULL)
        return NULL;
    fputs(o->x->name, f);
    for (unsigned axis = 0; axis < AXES + o->x->params; axis++)
        if (!o->x->compared[axis] && steps(o, axis) > 1)
            fprintf(f, " %s=%s", axis < AXES ? axis_name[axis] : o->x->param_name[axis - AXES],
                    at(o, axis));
    if (part > 0)
        fprintf(f, ", part %zu", part + 1);
    if (fclose(f) != 0) {
        free(name);
        name = NULL;
    }
    return name;
}

static bool add_family(struct parser *p, char *name, const struct gathered *baseline,
                       const struct gathered *rest, unsigned n)
{
    struct plan *plan = p->plan;
    struct spec *cell = malloc((n + 1) * sizeof *cell);
    if (plan->families == p->room && cell != NULL) {
        size_t room = p->room != 0 ? 2 * p->room : 64;
        struct family *bigger = realloc(plan->family, room * sizeof *bigger);
        if (bigger != NULL) {
            plan->family = bigger;
            p->room = room;
        }
    }
    if (name == NULL || cell == NULL || plan->families == p->room) {
        free(name);
        free(cell);
        return false;
    }
    cell[0] = baseline->spec;
    for (unsigned i = 0; i < n; i++)
        cell[1 + i] = rest[i].spec;
    plan->family[plan->families++] = (struct family){.name = name, .cell = cell, .cells = n + 1};
    return true;
}

static bool add_parts(struct parser *p, const struct odometer *o, const struct gathering *g)
{
    enum { REST = FAMILY_OWN - 1 };
    for (size_t part = 0; part == 0 || 1 + part * REST < g->n; part++) {
        size_t first = 1 + part * REST, n = g->n - first < REST ? g->n - first : REST;
        if (!add_family(p, family_name(o, part), &g->cell[0], &g->cell[first], (unsigned)n))
            return false;
    }
    return true;
}

// The family at the odometer's position. *any: there was a valid cell.
static bool expand_family(struct parser *p, struct odometer *o, void **firsts, bool *any,
                          struct error *reason)
{
    struct gathering g = {0};
    bool ok = true;
    do
        ok = add_combination(p, o, &g, firsts, reason);
    while (ok && step(o, true));
    *any |= g.n > 0;
    if (ok) {
        p->plan->redundant += prune(&g);
        int before = g.n > 0 ? had_before(p, &g) : 0;
        if (before > 0)
            p->plan->redundant += g.n;
        ok = before >= 0 && (before > 0 || g.n == 0 || add_parts(p, o, &g));
    }
    free(g.cell);
    tdestroy(g.seen, free);
    return ok;
}

static bool expand(struct parser *p, struct experiment *x)
{
    if (!resolve_experiment(p, x) || !count_combinations(p, x))
        return false;
    struct odometer o = {.x = x};
    struct error reason = {"all combinations are excluded"};
    void *firsts = NULL;
    bool ok = true, any = false;
    error_set(p->e, "out of memory"); // no other mistake is left
    do
        ok = expand_family(p, &o, &firsts, &any, &reason);
    while (ok && step(&o, false));
    tdestroy(firsts, free);
    if (!ok)
        return at_line(p, x->line);
    for (unsigned i = 0; i < x->terms; i++)
        if (!x->term[i].matched)
            return WRONG(p, x->term[i].line, "exclude: term %u excludes nothing in [%s]", i + 1,
                         x->name);
    return any || WRONG(p, x->line, "[%s] has no valid cell: %.1800s", x->name, reason.text);
}

// --- checks -----------------------------------------------------------------------------------

// Riders are the two cells of a check. Of each n families one has them; which one is drawn, the
// same at each reading: at regular distances all would fall into the same part of a sweep, whose
// parts are every nth family too.
static size_t riding(size_t turn, size_t n)
{
    uint64_t state = turn;
    return turn * n + stats_random(&state) % n;
}

// How many of the families that may have riders do.
static size_t count_riding(size_t families, size_t n)
{
    return families / n + (riding(families / n, n) < families);
}

static bool is_usual(const struct family *f)
{
    bool usual = true;
    for (unsigned c = 0; c < f->cells && usual; c++)
        usual = f->cell[c].copy == 0 && f->cell[c].extra == 0;
    return usual;
}

static bool add_riders(struct family *f, size_t rank)
{
    struct spec *cell = realloc(f->cell, (f->cells + 2) * sizeof *cell);
    if (cell == NULL)
        return false;
    f->cell = cell;
    cell[f->cells] = cell[f->cells + 1] = cell[rank];
    cell[f->cells++].copy = 1;
    cell[f->cells++].extra = RIDER_EXTRA;
    return true;
}

// As often as they may ride, but once if they may at all. False: out of memory.
static bool add_checks(struct plan *plan, double checks)
{
    double most = checks * (double)plan_cells(plan) / 2;
    size_t families = 0, n = 1, turn = 0, usual = 0;
    for (size_t f = 0; f < plan->families; f++)
        families += is_usual(&plan->family[f]);
    if (checks == 0)
        return true;
    while (count_riding(families, n) > 1 && (double)count_riding(families, n) > most)
        n++;
    for (size_t f = 0; f < plan->families; f++) {
        struct family *family = &plan->family[f];
        if (!is_usual(family) || usual++ != riding(turn, n))
            continue;
        if (!add_riders(family, turn++ % family->cells))
            return false;
    }
    return true;
}

static void experiment_free(struct experiment *x)
{
    for (unsigned axis = 0; axis < AXES + PARAMS_MOST; axis++)
        free(x->axis[axis].value);
    for (unsigned i = 0; i < x->terms; i++)
        free(x->term[i].condition);
    free(x->term);
    free(x->together.value);
    free(x->exclude.value);
    free(x);
}

// --- plans ------------------------------------------------------------------------------------

static bool read_text(struct parser *p, const char *text)
{
    p->rest = text + (strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    int line = ini_parse_stream(next_line, p, on_line, p);
    if (line != 0 && (p->wrong == 0 || line < p->wrong))
        return WRONG(p, line, "not of the form 'key = value' or '[section]'");
    return p->wrong == 0;
}

struct plan *plan_parse(const char *name, const char *text, const struct topology *topology,
                        struct error *e)
{
    struct plan *p = calloc(1, sizeof *p);
    struct parser parser = {.plan = p, .topology = topology, .e = e};
    size_t size;
    if (p == NULL || (parser.text = open_memstream(&p->text, &size)) == NULL) {
        free(p);
        error_set(e, "out of memory");
        return NULL;
    }
    const char *slash = strrchr(name, '/');
    snprintf(p->name, sizeof p->name, "%.*s", (int)strcspn(slash != NULL ? slash + 1 : name, "."),
             slash != NULL ? slash + 1 : name);
    p->effort = (struct effort){.time_ns = 20000000, .samples = 3};
    p->rounds = p->rounds_least = 12;
    p->margin = 0.01;
    p->layouts = 1;
    parser.checks = 0.1;
    fputs(text, parser.text);
    bool ok = read_text(&parser, text);
    if (ok && parser.experiments == 0)
        ok = WRONG(&parser, parser.line, "no experiment: a section with workload and pair or rc");
    for (unsigned i = 0; ok && i < parser.experiments; i++)
        ok = expand(&parser, parser.experiment[i]);
    if (ok && !add_checks(p, parser.checks))
        ok = WRONG(&parser, parser.line, "out of memory");
    for (unsigned i = 0; i < parser.experiments; i++)
        experiment_free(parser.experiment[i]);
    tdestroy(parser.wholes, free);
    if (fclose(parser.text) != 0 && ok)
        ok = WRONG(&parser, parser.line, "out of memory");
    if (!ok) {
        char why[sizeof e->text];
        snprintf(why, sizeof why, "%s", e->text);
        error_set(e, "%.200s:%d: %.1800s", name, parser.wrong, why);
        plan_free(p);
        return NULL;
    }
    return p;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->families; i++) {
        free(p->family[i].name);
        free(p->family[i].cell);
    }
    free(p->text);
    free(p->family);
    free(p);
}

bool plan_set_layouts(struct plan *p, unsigned layouts)
{
    char *text;
    if (p->layouts == layouts)
        return true;
    if (asprintf(&text, "%s\n; [plan] layouts = %u", p->text, layouts) < 0)
        return false;
    free(p->text);
    p->text = text;
    p->layouts = layouts;
    return true;
}

size_t plan_cells(const struct plan *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->families; i++)
        n += p->family[i].cells;
    return n;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **plan_names(void)
{
    enum { MOST = 200 };
    char path[4200];
    snprintf(path, sizeof path, "%s/scripts/plans", build_root());
    char **names = calloc(1, (MOST + 1) * sizeof *names + MOST * WORD);
    DIR *d = opendir(path);
    size_t n = 0;
    for (struct dirent *entry;
         names != NULL && d != NULL && n < MOST && (entry = readdir(d)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length <= 4 || length - 4 >= WORD || strcmp(entry->d_name + length - 4, ".ini") != 0)
            continue;
        names[n] = (char *)(names + MOST + 1) + n * WORD;
        memcpy(names[n++], entry->d_name, length - 4);
    }
    if (d != NULL)
        closedir(d);
    if (names != NULL)
        qsort(names, n, sizeof *names, by_text);
    return names;
}

static char *read_file(const char *path)
{
    enum { MOST = 1 << 20 };
    FILE *f = fopen(path, "r");
    char *text = f != NULL ? malloc(MOST + 1) : NULL;
    size_t n = text != NULL ? fread(text, 1, MOST + 1, f) : 0;
    bool ok = text != NULL && ferror(f) == 0 && n <= MOST && memchr(text, '\0', n) == NULL;
    if (f != NULL)
        fclose(f);
    if (!ok) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

struct plan *plan_read(const char *what, const struct topology *topology, struct error *e)
{
    char path[4400];
    snprintf(path, sizeof path, "%s", what);
    char *text = read_file(path);
    if (text == NULL && strchr(what, '/') == NULL) {
        snprintf(path, sizeof path, "%s/scripts/plans/%.200s.ini", build_root(), what);
        text = read_file(path);
    }
    if (text == NULL && access(what, F_OK) == 0) {
        error_set(e, "plan %.200s: not a text of at most a megabyte that can be read", what);
        return NULL;
    }
    if (text == NULL) {
        char known[1000] = "";
        char **names = plan_names();
        for (size_t i = 0, n = 0; names != NULL && names[i] != NULL && n < sizeof known; i++)
            n += (size_t)snprintf(known + n, sizeof known - n, " %s", names[i]);
        free(names);
        error_set(e, "no plan '%.200s', neither a file nor one of:%s", what, known);
        return NULL;
    }
    struct plan *p = plan_parse(path, text, topology, e);
    free(text);
    return p;
}
