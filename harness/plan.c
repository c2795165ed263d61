// SPDX-License-Identifier: MIT
#include "plan.h"

#include <dirent.h>
#include <search.h>
#include <string.h>

#include "build.h"
#include "plan_parts.h"

enum { ROUNDS_MOST = 100000 };
static const char *const plan_key_name[PLAN_KEYS] = {"summary", "time",   "ops",    "samples",
                                                     "rounds",  "margin", "checks", "layouts"};

// --- reading ----------------------------------------------------------------------------------

// `marks`: characters that are words of their own.
static bool add_words(struct parser *p, struct values *v, const char *text, const char *blanks,
                      const char *marks)
{
    while (*(text += strspn(text, blanks)) != '\0') {
        size_t blank = strcspn(text, blanks), mark = strcspn(text, marks);
        size_t n = mark == 0 ? 1 : mark < blank ? mark : blank;
        if (!plan_push(p, v, text, n, p->line))
            return false;
        text += n;
    }
    return true;
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
                         plan_join(plan_key_name, PLAN_KEYS, (char[WORD]){""}));
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
    int axis = plan_axis_find(x, name);
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
                  plan_join(plan_axis_name, AXES, (char[WORD]){""}));
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
        ok = plan_resolve(&parser, parser.experiment[i]) &&
             plan_expand(&parser, parser.experiment[i]);
    if (ok && !plan_add_checks(p, parser.checks))
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
