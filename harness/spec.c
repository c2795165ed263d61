// SPDX-License-Identifier: MIT
#include "spec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../strategies/pair.h"
#include "programs.h"

bool error_set(struct error *e, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    return false;
}

// "what 'asked' is not known; known: a b c"
struct names {
    char text[1200];
};
static void names_add(struct names *n, const char *name)
{
    size_t used = strlen(n->text);
    snprintf(n->text + used, sizeof n->text - used, "%s%s", used != 0 ? " " : "", name);
}
static bool unknown(struct error *e, const char *what, const char *asked, const struct names *known)
{
    return error_set(e, "no %s '%s'; known: %s", what, asked,
                     known->text[0] != '\0' ? known->text : "none");
}

static const struct memory memories[] = {
    {"first_touch", "a page comes from the node of the thread that touches it first", "local",
     NODE_OF_TOUCH},
    {"bound", "all from the node of thread 0, as after a set-up by one thread", "bind",
     NODE_OF_THREAD_0},
    {"interleaved", "page by page from all nodes in turn", "interleave", NODES_ALL},
};
enum { MEMORIES = sizeof memories / sizeof memories[0] };

const struct memory *memory_all(size_t *count)
{
    *count = MEMORIES;
    return memories;
}

void spec_start(struct spec *s, const struct workload *w)
{
    *s = (struct spec){.workload = w, .threads = 1};
    s->allocator = allocator_find("glibc");
    s->placement = placement_find("cores", NULL, 0);
    s->memory = &memories[0];
    for (unsigned i = 0; w->params[i].name != NULL; i++)
        s->param[i] = w->params[i].standard;
}

bool spec_workload(const char *name, const struct workload **w, struct error *e)
{
    *w = catalogue_workload(name);
    if (*w != NULL)
        return true;
    struct names known = {""};
    size_t n;
    const struct workload *const *all = catalogue_workloads(&n);
    for (size_t i = 0; i < n; i++)
        names_add(&known, all[i]->name);
    return unknown(e, "workload", name, &known);
}

bool spec_scheme(struct spec *s, enum scheme_kind kind, const char *name, struct error *e)
{
    s->scheme[kind] = catalogue_scheme(kind, name);
    if (s->scheme[kind] != NULL)
        return true;
    struct names known = {""};
    size_t n;
    const struct scheme *const *all = catalogue_schemes(kind, &n);
    for (size_t i = 0; i < n; i++)
        names_add(&known, all[i]->name);
    char what[32];
    snprintf(what, sizeof what, "%s scheme", catalogue_kind(kind));
    return unknown(e, what, name, &known);
}

static struct names known_runtimes(void)
{
    struct names known = {""};
    size_t n;
    const struct runtime *all = runtime_all(&n);
    for (size_t i = 0; i < n; i++)
        names_add(&known, all[i].name);
    return known;
}

bool spec_runtime(struct spec *s, const char *name, struct error *e)
{
    s->runtime = runtime_find(name);
    if (s->runtime == NULL) {
        struct names known = known_runtimes();
        return unknown(e, "runtime", name, &known);
    }
    for (int kind = 0; kind < SCHEME_KINDS; kind++)
        if (!spec_scheme(s, (enum scheme_kind)kind, s->runtime->scheme[kind], e))
            return false;
    return true;
}

static struct names known_programs(void)
{
    struct names known = {""};
    size_t n;
    const struct program *all = program_all(&n);
    for (size_t i = 0; i < n; i++)
        names_add(&known, all[i].name);
    return known;
}

bool spec_program(struct spec *s, const char *name, struct error *e)
{
    s->program = program_find(name);
    if (s->program != NULL)
        return true;
    struct names known = known_programs();
    return unknown(e, "program", name, &known);
}

// Whether runtime and program are there where, and only where, the workload runs programs.
static bool programs_fit(const struct spec *s, struct error *e)
{
    const char *name = s->workload->name;
    bool runs = s->workload->load != NULL;
    if (runs && s->runtime == NULL)
        return error_set(e,
                         "%s is built for a runtime (--runtime, in a plan `runtime`) and not for "
                         "schemes; known: %s",
                         name, known_runtimes().text);
    if (runs && s->program == NULL)
        return error_set(
            e,
            "%s: which program? --program NAME or --file FILE.py, in a plan `program`; known: %s",
            name, known_programs().text);
    return runs || s->program == NULL ||
           error_set(e, "%s runs no programs: no program %s for it", name, s->program->name);
}

bool spec_allocator(struct spec *s, const char *name, struct error *e)
{
    s->allocator = allocator_find(name);
    if (s->allocator != NULL)
        return true;
    struct names known = {""};
    size_t n;
    const struct allocator *all = allocator_all(&n);
    for (size_t i = 0; i < n; i++)
        names_add(&known, all[i].name);
    return unknown(e, "allocator", name, &known);
}

bool spec_placement(struct spec *s, const char *name, struct error *e)
{
    s->placement = placement_find(name, e->text, sizeof e->text);
    return s->placement != NULL;
}

bool spec_memory(struct spec *s, const char *name, struct error *e)
{
    struct names known = {""};
    for (size_t i = 0; i < MEMORIES; i++) {
        names_add(&known, memories[i].name);
        if (strcmp(memories[i].name, name) == 0) {
            s->memory = &memories[i];
            return true;
        }
    }
    return unknown(e, "memory", name, &known);
}

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value >= least &&
           *value <= most;
}

bool parse_time(const char *what, const char *text, uint64_t *ns, struct error *e)
{
    char *end;
    double scale = 1e9, value = strtod(text, &end);
    if (end != text && end[0] != '\0' && end[1] == '\0') {
        scale *= *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 0;
        end++;
    }
    // from a microsecond to a month; the comparison is false for NaN
    if (end == text || *end != '\0' || text[0] < '0' || text[0] > '9' ||
        strpbrk(text, "xX") != NULL || // C's hexadecimal numbers
        !(value * scale >= 1e3 && value * scale <= 2.6e15))
        return error_set(e,
                         "%s: '%s' is not a time: seconds, or a number with s, m or h, from "
                         "1e-6 s to 30 days",
                         what, text);
    *ns = (uint64_t)(value * scale + 0.5);
    return true;
}

static bool set_number(const char *what, const char *text, unsigned least, unsigned most,
                       unsigned *value, struct error *e)
{
    uint64_t n;
    if (!parse_u64(text, least, most, &n))
        return error_set(e, "%s: '%s' is not a number from %u to %u", what, text, least, most);
    *value = (unsigned)n;
    return true;
}
bool spec_threads(const char *text, unsigned *threads, struct error *e)
{
    return set_number("threads", text, 1, THREADS_MOST, threads, e);
}
bool spec_copy(const char *text, unsigned *copy, struct error *e)
{
    return set_number("copy", text, 0, COPIES_MOST, copy, e);
}
bool spec_extra(const char *text, unsigned *extra, struct error *e)
{
    return set_number("extra", text, 0, EXTRA_MOST, extra, e);
}

int spec_param_index(const struct workload *w, const char *name)
{
    for (int i = 0; w->params[i].name != NULL; i++)
        if (strcmp(w->params[i].name, name) == 0)
            return i;
    return -1;
}

bool spec_param(struct spec *s, const char *name, const char *value, struct error *e)
{
    int i = spec_param_index(s->workload, name);
    if (i < 0) {
        struct names known = {""};
        for (unsigned k = 0; s->workload->params[k].name != NULL; k++)
            names_add(&known, s->workload->params[k].name);
        char what[128];
        snprintf(what, sizeof what, "parameter of %s", s->workload->name);
        return unknown(e, what, name, &known);
    }
    const struct param *p = &s->workload->params[i];
    uint64_t n;
    if (!parse_u64(value, (uint64_t)p->least, (uint64_t)p->most, &n))
        return error_set(e, "parameter %s: '%s' is not a number from %" PRId64 " to %" PRId64, name,
                         value, p->least, p->most);
    s->param[i] = (int64_t)n;
    return true;
}

bool spec_valid(const struct spec *s, struct error *e)
{
    uint32_t rc = s->scheme[REFCOUNT]->traits, lk = s->scheme[LOCK]->traits;
    uint32_t rl = s->scheme[RECLAIM]->traits, al = s->scheme[ALLOC]->traits;
    uint32_t needs = s->workload->needs;
    char pair[SPEC_TEXT];
    spec_pair(s, pair);
#define RULE(ok, text)                                                                             \
    if (!(ok))                                                                                     \
        return error_set(e, "%s with %s and %u thread%s: %s", s->workload->name, pair, s->threads, \
                         s->threads != 1 ? "s" : "", text);
    PAIR_RULES(RULE, rc, lk, rl, al)
    PAIR_WORKLOAD_RULES(RULE, rc, rl, needs)
    if (s->threads > 1) {
        PAIR_THREAD_RULES(RULE, rc, lk, al, needs)
    }
#undef RULE
    return strcmp(RCLAB_BUILD, "tsan") != 0 || spec_seen(s, "ThreadSanitizer", e);
}

bool spec_fits(const struct spec *s, unsigned cpus, struct error *e)
{
    uint32_t lk = s->scheme[LOCK]->traits;
    char pair[SPEC_TEXT];
    spec_pair(s, pair);
#define RULE(ok, text)                                                                            \
    if (!(ok))                                                                                    \
        return error_set(e, "%s with %s and %u threads on %u CPU%s: %s", s->workload->name, pair, \
                         s->threads, cpus, cpus != 1 ? "s" : "", text);
    if (cpus != 0 && s->threads > cpus) {
        PAIR_CROWD_RULES(RULE, lk)
    }
#undef RULE
    return true;
}

bool spec_seen(const struct spec *s, const char *what, struct error *e)
{
    for (int kind = 0; kind < SCHEME_KINDS; kind++)
        if (catalogue_peer(s->scheme[kind]))
            return error_set(e,
                             "%s: %s is a peer, whose accesses do not pass through sync.h: not "
                             "counted, not scheduled, not audited; `make check-scheme SCHEME=%s` "
                             "tests what can be tested, `rclab list` marks peers",
                             what, s->scheme[kind]->name, s->scheme[kind]->name);
    return true;
}

static void complete_defaults(struct spec *s)
{
    const struct scheme *rc = s->scheme[REFCOUNT], *lk = s->scheme[LOCK];
    if (s->scheme[ALLOC] == NULL)
        s->scheme[ALLOC] = catalogue_scheme(ALLOC, rc->alloc != NULL   ? rc->alloc
                                                   : lk->alloc != NULL ? lk->alloc
                                                                       : "system");
    const struct scheme *al = s->scheme[ALLOC];
    if (s->scheme[RECLAIM] == NULL)
        s->scheme[RECLAIM] = catalogue_scheme(RECLAIM, lk->reclaim != NULL   ? lk->reclaim
                                                       : rc->reclaim != NULL ? rc->reclaim
                                                       : al->reclaim != NULL ? al->reclaim
                                                                             : "immediate");
}

static bool some_lock_helps(const struct spec *s, const struct scheme *rc,
                            const struct scheme *const *locks, size_t n)
{
    struct error e;
    for (size_t i = 0; i < n; i++) {
        struct spec tried = *s;
        tried.scheme[REFCOUNT] = rc;
        tried.scheme[LOCK] = locks[i];
        complete_defaults(&tried);
        if (spec_valid(&tried, &e))
            return true;
    }
    return false;
}

bool spec_complete(struct spec *s, struct error *e)
{
    if (!programs_fit(s, e))
        return false;
    if (s->scheme[LOCK] != NULL) {
        complete_defaults(s);
        return spec_valid(s, e);
    }
    size_t n;
    struct names valid = {""};
    const struct scheme *const *all = catalogue_schemes(LOCK, &n);
    struct error reason = {""};
    for (size_t i = 0; i < n; i++) {
        struct spec tried = *s;
        tried.scheme[LOCK] = all[i];
        complete_defaults(&tried);
        bool none = strcmp(all[i]->name, "none") == 0;
        if (!spec_valid(&tried, none ? &reason : e))
            continue;
        if (none) {
            *s = tried;
            return true;
        }
        names_add(&valid, all[i]->name);
    }
    if (valid.text[0] != '\0')
        return error_set(e, "%s; --lock must be given, valid here: %s", reason.text, valid.text);
    size_t counts;
    const struct scheme *const *rc = catalogue_schemes(REFCOUNT, &counts);
    for (size_t i = 0; i < counts; i++)
        if (some_lock_helps(s, rc[i], all, n))
            names_add(&valid, rc[i]->name);
    return error_set(e, "%s; no lock scheme helps, refcount schemes valid here: %s", reason.text,
                     valid.text[0] != '\0' ? valid.text : "none of them");
}

void spec_pair(const struct spec *s, char *text)
{
    struct spec plain = *s;
    plain.scheme[RECLAIM] = plain.scheme[ALLOC] = NULL;
    complete_defaults(&plain);
    int n = snprintf(text, SPEC_TEXT, "%s+%s", s->scheme[REFCOUNT]->name, s->scheme[LOCK]->name);
    if (plain.scheme[RECLAIM] != s->scheme[RECLAIM] || plain.scheme[ALLOC] != s->scheme[ALLOC])
        snprintf(text + n, SPEC_TEXT - (size_t)n, "+%s+%s", s->scheme[RECLAIM]->name,
                 s->scheme[ALLOC]->name);
}

void spec_cell(const struct spec *s, char *text)
{
    if (s->workload->load != NULL)
        snprintf(text, SPEC_TEXT, "%s", s->runtime->name);
    else
        spec_pair(s, text);
}

void spec_key(const struct spec *s, char *text)
{
    int n = snprintf(text, SPEC_TEXT, "%s %s+%s+%s+%s allocator=%s threads=%u placement=%s",
                     s->workload->name, s->scheme[REFCOUNT]->name, s->scheme[LOCK]->name,
                     s->scheme[RECLAIM]->name, s->scheme[ALLOC]->name, s->allocator->name,
                     s->threads, s->placement->name);
    if (s->memory != &memories[0] && n < SPEC_TEXT)
        n += snprintf(text + n, SPEC_TEXT - (size_t)n, " memory=%s", s->memory->name);
    if (s->runtime != NULL && n < SPEC_TEXT)
        n += snprintf(text + n, SPEC_TEXT - (size_t)n, " runtime=%s", s->runtime->name);
    if (s->program != NULL && n < SPEC_TEXT)
        n += snprintf(text + n, SPEC_TEXT - (size_t)n, " program=%s", s->program->name);
    for (unsigned i = 0; s->workload->params[i].name != NULL && n < SPEC_TEXT; i++)
        n += snprintf(text + n, SPEC_TEXT - (size_t)n, " %s=%" PRId64, s->workload->params[i].name,
                      s->param[i]);
    if (s->copy != 0 && n < SPEC_TEXT)
        n += snprintf(text + n, SPEC_TEXT - (size_t)n, " copy=%u", s->copy);
    if (s->extra != 0 && n < SPEC_TEXT)
        snprintf(text + n, SPEC_TEXT - (size_t)n, " extra=%u", s->extra);
}

json_t *spec_json(const struct spec *s)
{
    json_t *params = json_object();
    for (unsigned i = 0; s->workload->params[i].name != NULL; i++)
        json_object_set_new(params, s->workload->params[i].name, json_integer(s->param[i]));
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:o}", "workload",
                  s->workload->name, "rc", s->scheme[REFCOUNT]->name, "lock", s->scheme[LOCK]->name,
                  "reclaimer", s->scheme[RECLAIM]->name, "alloc", s->scheme[ALLOC]->name,
                  "allocator", s->allocator->name, "threads", (int)s->threads, "placement",
                  s->placement->name, "memory", s->memory->name, "params", params);
    if (s->runtime != NULL)
        json_object_set_new(json, "runtime", json_string(s->runtime->name));
    if (s->program != NULL)
        json_object_set_new(json, "program", json_string(s->program->name));
    if (s->copy != 0)
        json_object_set_new(json, "copy", json_integer(s->copy));
    if (s->extra != 0)
        json_object_set_new(json, "extra", json_integer(s->extra));
    return json;
}
