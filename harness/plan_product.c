// SPDX-License-Identifier: MIT
//
// The cells of an experiment: its axes multiplied out into families, without what is not measured
// twice; and the checks that ride with them.
#include <search.h>
#include <string.h>

#include "../strategies/pair.h"
#include "plan_parts.h"

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
        if (at(o, axis) != NULL && !plan_axis_set(s, axis, at(o, axis), e))
            return false;
    for (unsigned i = 0; i < x->params; i++)
        if (at(o, AXES + i) != NULL && spec_param_index(s->workload, x->param_name[i]) >= 0 &&
            !spec_param(s, x->param_name[i], at(o, AXES + i), e))
            return false;
    return at(o, RUNTIME) != NULL || at(o, PAIR) != NULL || at(o, LK) != NULL ||
           spec_scheme(s, LOCK, "none", e);
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
        among = c->value[i].name != NULL ? strcmp(plan_axis_of(s, c->axis), c->value[i].name) == 0
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

// The CPUs that threads have under a placement; 0: not known.
static unsigned cpus_of(const struct parser *p, const struct placement *placement)
{
    if (p->topology == NULL)
        return 0;
    return placement->entries != 0 ? placement->entries : topology_cpus(p->topology);
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
    bool valid = spec_complete(&s, reason) && spec_fits(&s, cpus_of(p, s.placement), reason);
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
            fprintf(f, " %s=%s", axis < AXES ? plan_axis_name[axis] : o->x->param_name[axis - AXES],
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

bool plan_expand(struct parser *p, struct experiment *x)
{
    if (!count_combinations(p, x))
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

// Riders are the two cells of a check: a copy, and one with so many per cent extra.
enum { RIDERS = 2, RIDER_EXTRA = 5 };

// The parts of a sweep are every nth family (sweep.h), and each should have some riders. How many
// there are in part i of n, for the usual n.
enum { PARTS_MOST = 8 };
struct spread {
    size_t riders[PARTS_MOST + 1][PARTS_MOST];
};

// In the parts that the family would be in.
static size_t crowd(const struct spread *s, size_t family)
{
    size_t all = 0;
    for (size_t n = 2; n <= PARTS_MOST; n++)
        all += s->riders[n][family % n];
    return all;
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
    struct spec *cell = realloc(f->cell, (f->cells + RIDERS) * sizeof *cell);
    if (cell == NULL)
        return false;
    f->cell = cell;
    cell[f->cells] = cell[f->cells + 1] = cell[rank];
    cell[f->cells++].copy = 1;
    cell[f->cells++].extra = RIDER_EXTRA;
    return true;
}

bool plan_add_checks(struct plan *plan, double checks)
{
    size_t most = (size_t)(checks * (double)plan_cells(plan) / RIDERS), turn = 0;
    size_t families = 0, seen = 0, best = plan->families;
    struct spread spread = {0};
    if (checks == 0)
        return true;
    for (size_t f = 0; f < plan->families; f++)
        families += is_usual(&plan->family[f]);
    if (most == 0)
        most = 1;
    size_t n = (families + most - 1) / most;
    for (size_t f = 0; f < plan->families; f++) {
        if (!is_usual(&plan->family[f]))
            continue;
        if (best == plan->families || crowd(&spread, f) < crowd(&spread, best))
            best = f;
        if (++seen % n != 0 && seen != families)
            continue;
        if (!add_riders(&plan->family[best], turn++ % plan->family[best].cells))
            return false;
        for (size_t parts = 2; parts <= PARTS_MOST; parts++)
            spread.riders[parts][best % parts]++;
        best = plan->families;
    }
    return true;
}
