// SPDX-License-Identifier: MIT
//
// What the words of an experiment mean.
#include <string.h>

#include "plan_parts.h"
#include "programs.h"

const char *const plan_axis_name[AXES] = {
    "workload", "threads", "allocator", "placement", "memory", "program", "runtime",
    "pair",     "rc",      "lock",      "reclaimer", "alloc",  "copy",    "extra"};
static const enum scheme_kind axis_kind[AXES] = {
    [RC] = REFCOUNT, [LK] = LOCK, [RECLAIMER] = RECLAIM, [ALLOCATION] = ALLOC};

bool plan_push(struct parser *p, struct values *v, const char *text, size_t n, int line)
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

const char *plan_join(const char *const *name, unsigned n, char *text)
{
    for (unsigned i = 0; i < n; i++)
        snprintf(text + strlen(text), WORD - strlen(text), " %s", name[i]);
    return text;
}

int plan_axis_find(const struct experiment *x, const char *name)
{
    for (int i = 0; i < AXES; i++)
        if (strcmp(plan_axis_name[i], name) == 0)
            return i;
    for (unsigned i = 0; i < x->params; i++)
        if (strncmp(name, "param.", 6) == 0 && strcmp(x->param_name[i], name + 6) == 0)
            return AXES + (int)i;
    return -1;
}

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

bool plan_axis_set(struct spec *s, unsigned axis, const char *text, struct error *e)
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
    case PROGRAM:
        return spec_program(s, text, e);
    case RUNTIME:
        return spec_runtime(s, text, e);
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

const char *plan_axis_of(const struct spec *s, unsigned axis)
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
    case PROGRAM:
        return s->program != NULL ? s->program->name : "";
    case RUNTIME:
        return s->runtime != NULL ? s->runtime->name : "";
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
    case PROGRAM: {
        const struct program *program = program_all(&n);
        return i < n ? program[i].name : NULL;
    }
    case RUNTIME: {
        const struct runtime *runtime = runtime_all(&n);
        return i < n ? runtime[i].name : NULL;
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
    return plan_push(p, v, text, strlen(text), line);
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
    return plan_axis_set(&scratch, axis, v->text, p->e) || at_line(p, v->line);
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
    bool ok = axis >= AXES || plan_axis_set(&s, axis, text, p->e);
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
        if ((placements->n != 0 &&
             !plan_axis_set(&s, PLACEMENT, placements->value[i].text, p->e)) ||
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
    int column = fprintf(p->text, "\n; [%s] %s =", x->name, plan_axis_name[axis]);
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

static bool no_param(struct parser *p, const struct experiment *x, int line, const char *begins,
                     const char *name)
{
    const struct values *w = &x->axis[WORKLOAD];
    char known[WORD] = "";
    for (unsigned i = 0; i < w->n; i++) {
        const struct param *param = catalogue_workload(w->value[i].text)->params;
        for (; param->name != NULL; param++) {
            bool told = false;
            for (unsigned k = 0; k < i && !told; k++)
                told = spec_param_index(catalogue_workload(w->value[k].text), param->name) >= 0;
            if (!told)
                plan_join(&param->name, 1, known);
        }
    }
    return WRONG(p, line, "%sno workload of [%s] has a parameter '%s'; known:%s", begins, x->name,
                 name, known[0] != '\0' ? known : " none");
}

static bool resolve_together(struct parser *p, struct experiment *x)
{
    x->compared[PAIR] = x->compared[RUNTIME] = x->together.line == 0;
    for (unsigned i = 0; i < x->together.n; i++) {
        const struct value *word = &x->together.value[i];
        int axis = plan_axis_find(x, word->text);
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
    int axis = plan_axis_find(x, name);
    if (axis < 0 && strncmp(name, "param.", 6) == 0) { // one that keeps its standard value
        if (x->params == PARAMS_MOST)
            return WRONG(p, word->line, "exclude: more than %d parameters", PARAMS_MOST);
        snprintf(x->param_name[x->params], WORD, "%s", name + 6);
        axis = AXES + (int)x->params++;
    }
    if (axis < 0 || axis == PAIR)
        return WRONG(p, word->line, "exclude: no axis '%s' in conditions; known:%s param.NAME%s",
                     name, plan_join(plan_axis_name, AXES, (char[WORD]){""}),
                     axis == PAIR ? "; a pair is rc=... lock=..." : "");
    if (axis >= AXES && !has_param(x, name + 6))
        return no_param(p, x, word->line, "exclude: ", name + 6);
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
        if (!number_axis(c->axis) && !plan_axis_set(&scratch, c->axis, one, p->e))
            return at_line(p, word->line);
        if (number_axis(c->axis) && !parse_u64(one, 0, INT64_MAX, &number))
            return WRONG(p, word->line, "exclude: '%s': '%s' is not a number", word->text, one);
        c->value[c->n].name = number_axis(c->axis) ? NULL : plan_axis_of(&scratch, c->axis);
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

bool plan_resolve(struct parser *p, struct experiment *x)
{
    const struct values *v = x->axis;
    bool pair = v[PAIR].n != 0, runtime = v[RUNTIME].n != 0, lock = v[LK].n != 0;
    bool beside = lock || v[RECLAIMER].n != 0 || v[ALLOCATION].n != 0;
    if (v[WORKLOAD].n == 0 || pair + runtime + (v[RC].n != 0) != 1 || (pair && lock) ||
        (runtime && beside))
        return WRONG(p, x->line,
                     "[%s] needs workload, and one of pair, rc (with lock) and runtime (with no "
                     "scheme beside it)",
                     x->name);
    // workloads first: parameters are theirs; placements before threads, for `auto`
    if (!resolve(p, x, WORKLOAD) || !resolve(p, x, PLACEMENT))
        return false;
    for (unsigned axis = 0; axis < AXES + x->params; axis++) {
        if (axis >= AXES && !has_param(x, x->param_name[axis - AXES]))
            return no_param(p, x, x->axis[axis].line, "", x->param_name[axis - AXES]);
        if (axis != WORKLOAD && axis != PLACEMENT && !resolve(p, x, axis))
            return false;
    }
    if (x->axis[PAIR].line != 0 && x->axis[PAIR].n == 0 && x->axis[RC].n == 0)
        return WRONG(p, x->axis[PAIR].line, "pair: no value");
    return resolve_together(p, x) && resolve_exclude(p, x);
}
