// SPDX-License-Identifier: MIT
#include "plan.h"

#include <dirent.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

// The axes of an experiment, outermost first. `pair` sets refcount and lock scheme at once.
enum axis { WORKLOAD, THREADS, ALLOCATOR, PLACEMENT, PAIR, RC, LK, RECLAIMER, ALLOCATION, AXES };
static const char *const axis_name[AXES] = {"workload", "threads", "allocator", "placement", "pair",
                                            "rc",       "lock",    "reclaimer", "alloc"};
enum { VALUES_MOST = 256, EXPERIMENTS_MOST = 64, COMBINATIONS_MOST = 20000, WORD = 96 };
// What the INI library reads of a line and of a section's name; it cuts the rest off, silently.
enum { LINE_MOST = INI_MAX_LINE - 2, SECTION_MOST = 49 };

struct values {
    char text[VALUES_MOST][WORD];
    unsigned n;
};
struct experiment {
    char name[WORD];
    int line;
    struct values axis[AXES];
    struct values param[PARAMS_MAX];
    char param_name[PARAMS_MAX][WORD];
    unsigned params;
    bool together[AXES + PARAMS_MAX];
    bool together_given;
};
struct parser {
    struct plan *plan;
    struct experiment *experiment[EXPERIMENTS_MOST];
    unsigned experiments;
    struct error *e;
};

// --- reading ----------------------------------------------------------------------------------

static bool add_words(struct values *v, const char *text, struct error *e)
{
    while (*(text += strspn(text, " \t,")) != '\0') {
        size_t n = strcspn(text, " \t,");
        if (v->n == VALUES_MOST || n >= WORD)
            return error_set(e, "'%.*s': too long, or more than %d values", (int)(n < 60 ? n : 60),
                             text, VALUES_MOST);
        memcpy(v->text[v->n], text, n);
        v->text[v->n++][n] = '\0';
        text += n;
    }
    return true;
}

static int axis_find(const struct experiment *x, const char *name, size_t n)
{
    for (int i = 0; i < AXES; i++)
        if (strlen(axis_name[i]) == n && strncmp(axis_name[i], name, n) == 0)
            return i;
    for (unsigned i = 0; i < x->params; i++)
        if (strlen(x->param_name[i]) + 6 == n && strncmp(name, "param.", 6) == 0 &&
            strncmp(x->param_name[i], name + 6, n - 6) == 0)
            return AXES + (int)i;
    return -1;
}

static bool set_plan(struct plan *p, const char *name, const char *value, struct error *e)
{
    uint64_t n;
    if (strcmp(name, "summary") == 0) {
        snprintf(p->summary, sizeof p->summary, "%s", value);
    } else if (strcmp(name, "time") == 0) {
        p->effort.ops = 0;
        return parse_time("time", value, &p->effort.time_ns, e);
    } else if (strcmp(name, "ops") == 0) {
        if (!parse_u64(value, 1, (uint64_t)1 << 53, &p->effort.ops))
            return error_set(e, "ops: '%s' is not a number above 0", value);
        p->effort.time_ns = 0;
    } else if (strcmp(name, "samples") == 0) {
        if (!parse_u64(value, 1, 10000, &n))
            return error_set(e, "samples: '%s' is not a number from 1 to 10000", value);
        p->effort.samples = (unsigned)n;
    } else if (strcmp(name, "rounds") == 0) {
        if (!parse_u64(value, ROUNDS_LEAST, 100000, &n))
            return error_set(e, "rounds: '%s' is not a number from %d to 100000", value,
                             ROUNDS_LEAST);
        p->rounds = (unsigned)n;
    } else {
        return error_set(e, "no key '%s' in [plan]; known: summary time ops samples rounds", name);
    }
    return true;
}

static bool set_together(struct experiment *x, const char *value, struct error *e)
{
    struct values *words = calloc(1, sizeof *words);
    bool ok = words != NULL && add_words(words, value, e);
    x->together_given = true;
    for (unsigned i = 0; ok && i < words->n; i++) {
        int axis = axis_find(x, words->text[i], strlen(words->text[i]));
        if (axis < 0)
            ok = error_set(e, "together: '%s' is no axis of [%s] (parameters come before it)",
                           words->text[i], x->name);
        else
            x->together[axis] = true;
    }
    free(words);
    return ok;
}

static bool set_experiment(struct experiment *x, const char *name, const char *value,
                           struct error *e)
{
    if (strcmp(name, "together") == 0)
        return set_together(x, value, e);
    int axis = axis_find(x, name, strlen(name));
    if (axis < 0 && strncmp(name, "param.", 6) == 0) {
        if (x->params == PARAMS_MAX || strlen(name) >= WORD)
            return error_set(e, "%s: more than %d parameters, or too long a name", name,
                             PARAMS_MAX);
        snprintf(x->param_name[x->params], WORD, "%s", name + 6);
        axis = AXES + (int)x->params++;
    }
    if (axis < 0)
        return error_set(e,
                         "no key '%s'; known: workload pair rc lock threads allocator placement "
                         "reclaimer alloc param.NAME together",
                         name);
    return add_words(axis < AXES ? &x->axis[axis] : &x->param[axis - AXES], value, e);
}

static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct parser *p = user;
    if (p->e->text[0] != '\0')
        return 0;
    if (strcmp(section, "plan") == 0)
        return set_plan(p->plan, name, value, p->e);
    if (section[0] == '\0')
        return error_set(p->e, "'%s' stands before any [section]", name);
    struct experiment *x = NULL;
    for (unsigned i = 0; i < p->experiments; i++)
        if (strcmp(p->experiment[i]->name, section) == 0)
            x = p->experiment[i];
    if (x == NULL) {
        if (p->experiments == EXPERIMENTS_MOST || strlen(section) >= WORD)
            return error_set(p->e, "more than %d sections, or too long a name", EXPERIMENTS_MOST);
        x = calloc(1, sizeof *x);
        if (x == NULL)
            return error_set(p->e, "out of memory");
        snprintf(x->name, WORD, "%s", section);
        p->experiment[p->experiments++] = x;
    }
    return set_experiment(x, name, value, p->e);
}

// --- the cross product ------------------------------------------------------------------------

// Axes in their order, with the position of each; axes without values count as one step.
struct odometer {
    const struct experiment *x;
    unsigned at[AXES + PARAMS_MAX];
};

static const struct values *axis_values(const struct experiment *x, unsigned axis)
{
    return axis < AXES ? &x->axis[axis] : &x->param[axis - AXES];
}

// Advances the axes that are (not) compared together; false: all combinations have been.
static bool step(struct odometer *o, bool together)
{
    for (int axis = AXES + (int)o->x->params - 1; axis >= 0; axis--) {
        if (o->x->together[axis] != together)
            continue;
        if (++o->at[axis] < axis_values(o->x, (unsigned)axis)->n)
            return true;
        o->at[axis] = 0;
    }
    return false;
}

static const char *at(const struct odometer *o, unsigned axis)
{
    const struct values *v = axis_values(o->x, axis);
    return v->n != 0 ? v->text[o->at[axis]] : NULL;
}

static bool set_pair(struct spec *s, const char *pair, struct error *e)
{
    char word[4][WORD];
    unsigned n = 0;
    bool whole = false;
    for (const char *p = pair; n < 4 && !whole; n++) {
        size_t length = strcspn(p, "+");
        snprintf(word[n], WORD, "%.*s", (int)length, p);
        p += length;
        whole = *p++ == '\0';
    }
    if (!whole || (n != 2 && n != 4))
        return error_set(e, "pair: '%s' is not RC+LOCK or RC+LOCK+RECLAIMER+ALLOC", pair);
    return spec_scheme(s, REFCOUNT, word[0], e) && spec_scheme(s, LOCK, word[1], e) &&
           (n == 2 || (spec_scheme(s, RECLAIM, word[2], e) && spec_scheme(s, ALLOC, word[3], e)));
}

// The cell at the odometer's position. False: a mistake in the plan.
static bool make_spec(const struct odometer *o, struct spec *s, struct error *e)
{
    const struct workload *w;
    if (!spec_workload(at(o, WORKLOAD), &w, e))
        return false;
    spec_start(s, w);
    if (at(o, PAIR) != NULL ? !set_pair(s, at(o, PAIR), e)
                            : !spec_scheme(s, REFCOUNT, at(o, RC), e) ||
                                  !spec_scheme(s, LOCK, at(o, LK) != NULL ? at(o, LK) : "none", e))
        return false;
    if ((at(o, RECLAIMER) != NULL && !spec_scheme(s, RECLAIM, at(o, RECLAIMER), e)) ||
        (at(o, ALLOCATION) != NULL && !spec_scheme(s, ALLOC, at(o, ALLOCATION), e)) ||
        (at(o, ALLOCATOR) != NULL && !spec_allocator(s, at(o, ALLOCATOR), e)) ||
        (at(o, PLACEMENT) != NULL && !spec_placement(s, at(o, PLACEMENT), e)) ||
        (at(o, THREADS) != NULL && !spec_threads(at(o, THREADS), &s->threads, e)))
        return false;
    for (unsigned i = 0; i < o->x->params; i++)
        if (at(o, AXES + i) != NULL && spec_param_index(w, o->x->param_name[i]) >= 0 &&
            !spec_param(s, o->x->param_name[i], at(o, AXES + i), e))
            return false;
    return true;
}

static bool same_cell(const struct spec *a, const struct spec *b)
{
    return a->workload == b->workload && a->allocator == b->allocator &&
           a->placement == b->placement && a->threads == b->threads &&
           memcmp(a->scheme, b->scheme, sizeof a->scheme) == 0 &&
           memcmp(a->param, b->param, sizeof a->param) == 0;
}

static struct family *add_family(struct plan *p, const char *name, unsigned part)
{
    struct family *bigger = realloc(p->family, (p->families + 1) * sizeof *bigger);
    if (bigger == NULL)
        return NULL;
    p->family = bigger;
    struct family *f = &p->family[p->families++];
    *f = (struct family){.cells = 0};
    if (part == 0)
        snprintf(f->name, sizeof f->name, "%.180s", name);
    else
        snprintf(f->name, sizeof f->name, "%.180s, part %u", name, part + 1);
    return f;
}

// "experiment axis=value ...", with the axes that split it.
static void family_name(const struct odometer *o, char *name, size_t size)
{
    int n = snprintf(name, size, "%s", o->x->name);
    for (unsigned axis = 0; axis < AXES + o->x->params; axis++)
        if (!o->x->together[axis] && axis_values(o->x, axis)->n > 1 && (size_t)n < size)
            n += snprintf(name + n, size - (size_t)n, " %s=%s",
                          axis < AXES ? axis_name[axis] : o->x->param_name[axis - AXES],
                          at(o, axis));
}

static bool expand_family(struct plan *p, struct odometer *o, struct error *e)
{
    char name[200];
    family_name(o, name, sizeof name);
    size_t first = p->families;
    do {
        struct spec s;
        if (!make_spec(o, &s, e))
            return false;
        struct error reason;
        if (!spec_complete(&s, &reason)) {
            p->left_out++;
            continue;
        }
        bool known = false;
        for (size_t f = first; f < p->families && !known; f++)
            for (unsigned c = 0; c < p->family[f].cells && !known; c++)
                known = same_cell(&p->family[f].cell[c], &s);
        if (known)
            continue;
        struct family *f = p->families > first ? &p->family[p->families - 1] : NULL;
        if (f == NULL || f->cells == FAMILY_MOST) {
            f = add_family(p, name, (unsigned)(p->families - first));
            if (f == NULL)
                return error_set(e, "out of memory");
            if (p->families - first > 1)
                f->cell[f->cells++] = p->family[first].cell[0];
        }
        f->cell[f->cells++] = s;
    } while (step(o, true));
    return true;
}

static bool in_section(const struct experiment *x, struct error *e)
{
    char why[sizeof e->text];
    snprintf(why, sizeof why, "%s", e->text);
    return error_set(e, "[%s]: %.1800s", x->name, why);
}

static bool expand(struct plan *p, struct experiment *x, struct error *e)
{
    if (x->axis[WORKLOAD].n == 0 || (x->axis[PAIR].n == 0) == (x->axis[RC].n == 0) ||
        (x->axis[PAIR].n != 0 && x->axis[LK].n != 0))
        return error_set(e, "[%s] needs workload, and either pair or rc (with lock)", x->name);
    for (unsigned i = 0; i < x->params; i++) {
        bool used = false;
        for (unsigned k = 0; k < x->axis[WORKLOAD].n; k++) {
            const struct workload *w;
            if (!spec_workload(x->axis[WORKLOAD].text[k], &w, e))
                return in_section(x, e);
            used |= spec_param_index(w, x->param_name[i]) >= 0;
        }
        if (!used)
            return error_set(e, "[%s]: no workload of it has a parameter '%s'", x->name,
                             x->param_name[i]);
    }
    if (!x->together_given)
        x->together[PAIR] = x->together[RC] = x->together[LK] = true;
    size_t before = p->families, combinations = 1;
    for (unsigned axis = 0; axis < AXES + x->params; axis++) {
        size_t n = axis_values(x, axis)->n;
        combinations *= n != 0 ? n : 1;
        if (combinations > COMBINATIONS_MOST)
            return error_set(e, "[%s] has more than %d combinations", x->name, COMBINATIONS_MOST);
    }
    struct odometer o = {.x = x};
    do {
        if (!expand_family(p, &o, e))
            return in_section(x, e);
    } while (step(&o, false));
    return p->families > before || error_set(e, "[%s] has no valid cell", x->name);
}

// --- plans ------------------------------------------------------------------------------------

static int on_any(void *user, const char *section, const char *name, const char *value)
{
    (void)user, (void)section, (void)name, (void)value;
    return 1;
}

// The first line that cannot be read, with the reason; 0 if there is none.
static int find_misshapen(const char *text, struct error *e)
{
    int line = 1;
    for (const char *p = text; *p != '\0'; line++) {
        size_t n = strcspn(p, "\n");
        if (n > LINE_MOST || (*p == '[' && strcspn(p, "]\n") > SECTION_MOST + 1)) {
            error_set(e,
                      "a line of more than %d or a [section] of more than %d characters; values "
                      "go on in the next line, indented",
                      LINE_MOST, SECTION_MOST);
            return line;
        }
        p += n + (p[n] == '\n');
    }
    line = ini_parse_string(text, on_any, NULL);
    if (line != 0)
        error_set(e, "not of the form 'key = value' or '[section]'");
    return line;
}

struct plan *plan_parse(const char *name, const char *text, struct error *e)
{
    struct plan *p = calloc(1, sizeof *p);
    struct parser parser = {.plan = p, .e = e};
    e->text[0] = '\0';
    if (p == NULL || (p->text = strdup(text)) == NULL) {
        free(p);
        error_set(e, "out of memory");
        return NULL;
    }
    const char *slash = strrchr(name, '/');
    snprintf(p->name, sizeof p->name, "%.*s", (int)strcspn(slash != NULL ? slash + 1 : name, "."),
             slash != NULL ? slash + 1 : name);
    p->effort = (struct effort){.time_ns = 20000000, .samples = 3};
    p->rounds = 12;
    int line = find_misshapen(text, e);
    if (line == 0)
        line = ini_parse_string(text, on_line, &parser);
    bool ok = line == 0;
    if (!ok) {
        char why[sizeof e->text];
        snprintf(why, sizeof why, "%s", e->text);
        error_set(e, "%s:%d: %.1800s", name, line, why);
    } else if (parser.experiments == 0) {
        ok = error_set(e, "%s: no experiment: a section with workload and pair or rc", name);
    }
    for (unsigned i = 0; ok && i < parser.experiments; i++)
        if (!expand(p, parser.experiment[i], e)) {
            char why[sizeof e->text];
            snprintf(why, sizeof why, "%s", e->text);
            ok = error_set(e, "%s: %.1800s", name, why);
        }
    for (unsigned i = 0; i < parser.experiments; i++)
        free(parser.experiment[i]);
    if (!ok) {
        plan_free(p);
        return NULL;
    }
    return p;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    free(p->text);
    free(p->family);
    free(p);
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

struct plan *plan_read(const char *what, struct error *e)
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
    struct plan *p = plan_parse(path, text, e);
    free(text);
    return p;
}
