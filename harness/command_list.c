// SPDX-License-Identifier: MIT
//
// rclab list [KIND] [--json | --tsv]
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "commands.h"
#include "plan.h"
#include "programs.h"

static json_t *entry(const char *name, const char *summary, const char *source)
{
    return json_pack("{s:s, s:s, s:s}", "name", name, "summary", summary, "source", source);
}

static json_t *census_json(const struct scheme *s)
{
    if (catalogue_peer(s))
        return json_string("not counted");
    json_t *all = json_object();
    for (size_t i = 0; i < s->census_lines; i++) {
        json_t *counts = json_object();
#define ADD(field) \
    json_object_set_new(counts, #field, json_integer((json_int_t)s->census[i].counts.field));
        SYNC_COUNTS(ADD)
#undef ADD
        json_object_set_new(all, s->census[i].operation, counts);
    }
    return all;
}

static json_t *list_schemes(enum scheme_kind kind)
{
    size_t n;
    const struct scheme *const *s = catalogue_schemes(kind, &n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = entry(s[i]->name, s[i]->summary, s[i]->source);
        json_object_set_new(o, "peer", json_boolean(catalogue_peer(s[i])));
        char traits[TRAITS_TEXT];
        catalogue_traits(s[i], traits);
        json_object_set_new(o, "traits", json_string(traits));
        if (s[i]->when != NULL)
            json_object_set_new(o, "when", json_string(s[i]->when));
        if (kind == REFCOUNT || kind == LOCK)
            json_object_set_new(o, "bytes", json_integer((json_int_t)s[i]->bytes));
        if (kind != ALLOC)
            json_object_set_new(o, "census", census_json(s[i]));
        json_array_append_new(all, o);
    }
    return all;
}
static json_t *list_refcount(void)
{
    return list_schemes(REFCOUNT);
}
static json_t *list_lock(void)
{
    return list_schemes(LOCK);
}
static json_t *list_reclaim(void)
{
    return list_schemes(RECLAIM);
}
static json_t *list_alloc(void)
{
    return list_schemes(ALLOC);
}

static json_t *list_allocators(void)
{
    size_t n;
    const struct allocator *a = allocator_all(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = entry(a[i].name, a[i].summary, a[i].source);
        json_object_set_new(o, "present", json_boolean(allocator_present(&a[i])));
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *list_placements(void)
{
    size_t n;
    const struct placement *p = placement_all(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, entry(p[i].name, p[i].summary, "hwloc's topology"));
    return all;
}

static json_t *list_memories(void)
{
    size_t n;
    const struct memory *m = memory_all(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, entry(m[i].name, m[i].summary, "Linux, set_mempolicy(2)"));
    return all;
}

static json_t *list_workloads(void)
{
    size_t n;
    const struct workload *const *w = catalogue_workloads(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *params = json_array();
        for (const struct param *p = w[i]->params; p->name != NULL; p++)
            json_array_append_new(
                params, json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", p->name, "summary",
                                  p->summary, "least", (json_int_t)p->least, "most",
                                  (json_int_t)p->most, "standard", (json_int_t)p->standard));
        json_t *o = entry(w[i]->name, w[i]->summary, w[i]->source);
        json_object_set_new(o, "operation", json_string(w[i]->operation));
        json_object_set_new(o, "params", params);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *list_plans(void)
{
    char **names = plan_names(), ignored[256];
    struct topology *topology = topology_open(NULL, ignored, sizeof ignored);
    json_t *all = json_array();
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        struct error e;
        struct plan *p = plan_read(names[i], topology, &e);
        json_t *o = entry(names[i], p != NULL ? p->summary : e.text, "");
        json_object_set_new(o, "source", json_sprintf("scripts/plans/%s.ini", names[i]));
        json_array_append_new(all, o);
        plan_free(p);
    }
    topology_close(topology);
    free(names);
    return all;
}

static json_t *list_runtimes(void)
{
    size_t n;
    const struct runtime *r = runtime_all(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = entry(r[i].name, r[i].models, r[i].source);
        static const char *const member[SCHEME_KINDS] = {"rc", "lock", "reclaimer", "alloc"};
        for (int kind = 0; kind < SCHEME_KINDS; kind++)
            json_object_set_new(o, member[kind], json_string(r[i].scheme[kind]));
        json_object_set_new(o, "era", json_string(r[i].era));
        json_object_set_new(o, "features", json_string(r[i].features));
        json_object_set_new(o, "baseline", json_string(r[i].baseline));
        char built[400];
        snprintf(built, sizeof built, "%s+%s+%s+%s, instructions of %s%s%s", r[i].scheme[REFCOUNT],
                 r[i].scheme[LOCK], r[i].scheme[RECLAIM], r[i].scheme[ALLOC], r[i].era,
                 r[i].features[0] != '\0' ? ", " : "", r[i].features);
        json_object_set_new(o, "built", json_string(built));
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *list_programs(void)
{
    size_t n;
    const struct program *p = program_all(&n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = entry(p[i].name, p[i].summary, "");
        json_object_set_new(o, "source",
                            json_sprintf("workloads/interp/programs/%s.py", p[i].name));
        json_array_append_new(all, o);
    }
    return all;
}

static const struct kind {
    const char *name;
    json_t *(*list)(void);
} kinds[] = {
    {"refcount", list_refcount},    {"lock", list_lock},
    {"reclaim", list_reclaim},      {"alloc", list_alloc},
    {"allocator", list_allocators}, {"placement", list_placements},
    {"memory", list_memories},      {"workload", list_workloads},
    {"plan", list_plans},           {"runtime", list_runtimes},
    {"program", list_programs},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void print_text(const char *kind, const json_t *all)
{
    size_t i;
    json_t *o, *p;
    printf("%s%s\n", kind, json_array_size(all) == 0 ? ": none" : "");
    json_array_foreach((json_t *)all, i, o)
    {
        printf("  %-16s %s%s%s\n", json_string_value(json_object_get(o, "name")),
               json_string_value(json_object_get(o, "summary")),
               json_is_true(json_object_get(o, "peer")) ? " (a peer: not counted)" : "",
               json_is_false(json_object_get(o, "present")) ? " (not installed)" : "");
        if (json_object_get(o, "when") != NULL)
            printf("  %-16s   %s\n", "", json_string_value(json_object_get(o, "when")));
        if (json_object_get(o, "built") != NULL)
            printf("  %-16s   %s\n", "", json_string_value(json_object_get(o, "built")));
        size_t k;
        json_array_foreach(json_object_get(o, "params"), k, p)
            printf("  %-16s   %s=%" JSON_INTEGER_FORMAT "  %s (%" JSON_INTEGER_FORMAT
                   " to %" JSON_INTEGER_FORMAT ")\n",
                   "", json_string_value(json_object_get(p, "name")),
                   json_integer_value(json_object_get(p, "standard")),
                   json_string_value(json_object_get(p, "summary")),
                   json_integer_value(json_object_get(p, "least")),
                   json_integer_value(json_object_get(p, "most")));
    }
}

// What a count and its taking back do, as the scheme states it: "2 rmw", "4 load, 2 store".
static void pair_text(const struct scheme *s, const char *incref, const char *decref, char text[80])
{
    struct sync_counts sum = {0};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s->census_lines; i++) {
        const struct sync_counts *c = &s->census[i].counts;
        if (strcmp(s->census[i].operation, incref) != 0 &&
            strcmp(s->census[i].operation, decref) != 0)
            continue;
#define ADD(field) sum.field += c->field;
        SYNC_COUNTS(ADD)
#undef ADD
    }
#define SAY(field)                                                                              \
    if (sum.field != 0 && used < 80)                                                            \
        used += (size_t)snprintf(text + used, 80 - used, "%s%d " #field, used != 0 ? ", " : "", \
                                 (int)sum.field);
    SYNC_COUNTS(SAY)
#undef SAY
    if (used == 0)
        snprintf(text, 80, "%s", s->census_lines != 0 ? "nothing" : "not counted");
}

// A line a scheme, for scripts: what docs/schemes.md says of it.
static void print_tsv(void)
{
    printf("kind\tname\tsummary\tsource\tbytes\ttraits\town\tother\twhen\n");
    for (int kind = 0; kind < SCHEME_KINDS; kind++) {
        size_t n;
        const struct scheme *const *s = catalogue_schemes((enum scheme_kind)kind, &n);
        for (size_t i = 0; i < n; i++) {
            char traits[TRAITS_TEXT], own[80], other[80];
            bool counts = kind == REFCOUNT;
            catalogue_traits(s[i], traits);
            pair_text(s[i], counts ? "incref_own" : "lock", counts ? "decref_own" : "", own);
            pair_text(s[i], counts ? "incref_other" : "read", counts ? "decref_other" : "", other);
            printf("%s\t%s\t%s\t%s\t%zu\t%s\t%s\t%s\t%s\n", catalogue_kind((enum scheme_kind)kind),
                   s[i]->name, s[i]->summary, s[i]->source, s[i]->bytes, traits, own, other,
                   s[i]->when != NULL ? s[i]->when : "");
        }
    }
}

struct arguments {
    const struct kind *kind;
    bool json, tsv;
};
static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "An array of objects, with at least name, summary and source", 0},
    {"tsv", 't', NULL, 0, "All schemes, a line each", 0},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    if (key == 'j') {
        a->json = true;
    } else if (key == 't') {
        a->tsv = true;
    } else if (key == ARGP_KEY_ARG) {
        if (a->kind != NULL)
            argp_error(state, "one KIND at a time, not also '%s'", value);
        for (int i = 0; i < KINDS; i++)
            if (strcmp(kinds[i].name, value) == 0)
                a->kind = &kinds[i];
        if (a->kind == NULL)
            argp_error(state,
                       "no kind '%s'; known: refcount lock reclaim alloc allocator placement "
                       "memory workload plan runtime program",
                       value);
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {
    options,
    parse,
    "[refcount|lock|reclaim|alloc|allocator|placement|memory|workload|plan|runtime|program]",
    "What there is, of one kind or of all.",
    NULL,
    NULL,
    NULL};

int command_list(int argc, char **argv)
{
    struct arguments a = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.tsv && (a.json || a.kind != NULL))
        return command_refuse("list --tsv: all schemes, without a kind and without --json");
    if (a.tsv) {
        print_tsv();
        return 0;
    }
    json_t *everything = json_object();
    for (int i = 0; i < KINDS; i++) {
        if (a.kind != NULL && a.kind != &kinds[i])
            continue;
        json_t *all = kinds[i].list();
        if (!a.json)
            print_text(kinds[i].name, all);
        json_object_set_new(everything, kinds[i].name, all);
    }
    if (a.json) {
        json_dumpf(a.kind != NULL ? json_object_get(everything, a.kind->name) : everything, stdout,
                   JSON_INDENT(1));
        printf("\n");
    }
    json_decref(everything);
    return 0;
}
