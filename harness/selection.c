// SPDX-License-Identifier: MIT
#include "selection.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- keys and values --------------------------------------------------------------------------

static const char *const fixed[] = {"workload",  "rc",      "lock",      "reclaimer", "alloc",
                                    "allocator", "threads", "placement", "memory",    "program",
                                    "runtime",   "copy",    "extra"};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

// All keys of a row, one after another.
struct walk {
    unsigned fixed;
    void *param;
};
static bool next_key(const struct result *row, struct walk *w, struct key *key)
{
    if (w->fixed < FIXED) {
        *key = (struct key){fixed[w->fixed++], false};
        return true;
    }
    json_t *params = json_object_get(row->cell, "params");
    w->param =
        w->param == NULL ? json_object_iter(params) : json_object_iter_next(params, w->param);
    if (w->param != NULL)
        *key = (struct key){json_object_iter_key(w->param), true};
    return w->param != NULL;
}

static bool same_key(struct key a, struct key b)
{
    return a.param == b.param && strcmp(a.name, b.name) == 0;
}

static bool is_one_of(struct key key, const char *a, const char *b)
{
    return !key.param && (strcmp(key.name, a) == 0 || strcmp(key.name, b) == 0);
}

bool selection_value(const struct result *row, struct key key, char value[VALUE_TEXT])
{
    const json_t *from = key.param ? json_object_get(row->cell, "params") : row->cell;
    const json_t *v = json_object_get(from, key.name);
    if (json_is_string(v))
        snprintf(value, VALUE_TEXT, "%s", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(value, VALUE_TEXT, "%" PRId64, (int64_t)json_integer_value(v));
    else if (is_one_of(key, "copy", "extra"))
        snprintf(value, VALUE_TEXT, "0");
    else if (is_one_of(key, "runtime", "program"))
        snprintf(value, VALUE_TEXT, "-");
    else
        return false;
    return true;
}

static bool is_scheme(struct key key)
{
    static const char *const scheme[] = {"rc", "lock", "reclaimer", "alloc"};
    bool is = false;
    for (size_t i = 0; i < sizeof scheme / sizeof scheme[0] && !is; i++)
        is = !key.param && strcmp(key.name, scheme[i]) == 0;
    return is;
}

// That two runtimes differ says of their schemes what there is to say.
static bool runtimes_differ(const struct result *a, const struct result *b)
{
    const char *x = result_text(a, "runtime"), *y = result_text(b, "runtime");
    return x[0] != '\0' && y[0] != '\0' && strcmp(x, y) != 0;
}
static bool differs(const struct result *a, const struct result *b, struct key key)
{
    char x[VALUE_TEXT], y[VALUE_TEXT];
    if (is_scheme(key) && runtimes_differ(a, b))
        return false;
    return selection_value(a, key, x) && selection_value(b, key, y) && strcmp(x, y) != 0;
}

size_t selection_differences(const struct result *a, const struct result *b,
                             struct key key[KEYS_MOST])
{
    size_t n = 0;
    struct walk w = {0};
    for (struct key k; n < KEYS_MOST && next_key(a, &w, &k);)
        if (differs(a, b, k))
            key[n++] = k;
    return n;
}

// --- what there is ----------------------------------------------------------------------------

// What is said to a person; ends where it is full.
struct words {
    char text[1500];
};
static void append(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(struct words *w, const char *format, ...)
{
    size_t used = strlen(w->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->text + used, sizeof w->text - used, format, arguments);
    va_end(arguments);
}
// A word, with a mark before it, unless it is there.
static void add_word(struct words *w, char mark, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = w->text; *at != '\0'; at += 1 + strcspn(at + 1, (char[]){mark, '\0'}))
        if (strncmp(at + 1, word, n) == 0 && (at[1 + n] == mark || at[1 + n] == '\0'))
            return;
    append(w, "%c%s", mark, word);
}

static struct words known_keys(const struct results *r)
{
    struct words known = {""};
    for (unsigned i = 0; i < FIXED; i++)
        add_word(&known, ' ', fixed[i]);
    for (size_t i = 0; i < r->n; i++) {
        struct walk w = {.fixed = FIXED};
        for (struct key k; next_key(&r->row[i], &w, &k);)
            add_word(&known, ' ', k.name);
    }
    return known;
}

static struct words known_values(const struct results *r, struct key key)
{
    struct words known = {""};
    char value[VALUE_TEXT];
    for (size_t i = 0; i < r->n; i++)
        if (selection_value(&r->row[i], key, value))
            add_word(&known, ' ', value);
    return known;
}

static bool has_key(const struct results *r, struct key key)
{
    char value[VALUE_TEXT];
    bool has = false;
    for (size_t i = 0; i < r->n && !has; i++)
        has = selection_value(&r->row[i], key, value);
    return has;
}

static bool has_value(const struct results *r, struct key key, const char *wanted)
{
    char value[VALUE_TEXT];
    bool has = false;
    for (size_t i = 0; i < r->n && !has; i++)
        has = selection_value(&r->row[i], key, value) && strcmp(value, wanted) == 0;
    return has;
}

bool selection_workload(const char *name, const struct results *r, struct error *e)
{
    const struct key key = {"workload", false};
    return has_value(r, key, name) || error_set(e, "no workload '%s' in the store, which has:%s",
                                                name, known_values(r, key).text);
}

// --- conditions -------------------------------------------------------------------------------

static const struct condition *condition_on(const struct selection *s, struct key key)
{
    for (size_t i = 0; i < s->n; i++)
        if (same_key(s->condition[i].key, key))
            return &s->condition[i];
    return NULL;
}

static bool find_key(const char *name, const struct results *r, struct key *key)
{
    *key = (struct key){name, false};
    for (unsigned i = 0; i < FIXED; i++)
        if (strcmp(fixed[i], name) == 0)
            return true;
    *key = (struct key){strncmp(name, "param.", 6) == 0 ? name + 6 : name, true};
    return has_key(r, *key);
}

static bool add_condition(struct selection *s, char *text, const struct results *r, struct error *e)
{
    char *value = strchr(text, '=');
    struct key key;
    if (value == NULL || value == text || value[1] == '\0')
        return error_set(e, "%s: '%s' is not KEY=VALUE, such as rc=atomic", s->option, text);
    *value++ = '\0';
    if (!find_key(text, r, &key))
        return error_set(e, "%s: no key '%s'; known:%s", s->option, text, known_keys(r).text);
    if (condition_on(s, key) != NULL)
        return error_set(e, "%s: %s is given twice", s->option, text);
    if (!has_value(r, key, value))
        return error_set(e, "%s: no %s '%s' in the store, which has:%s", s->option, text, value,
                         known_values(r, key).text);
    if (s->n == CONDITIONS_MOST)
        return error_set(e, "%s: more than %d conditions", s->option, CONDITIONS_MOST);
    s->condition[s->n++] = (struct condition){key, value};
    return true;
}

// The comma behind which the next condition begins, or the end.
static char *condition_end(char *text)
{
    char *comma = strchr(text, ',');
    while (comma != NULL && comma[1] != '\0' && comma[1 + strcspn(comma + 1, ",=")] != '=')
        comma = strchr(comma + 1, ',');
    return comma != NULL ? comma : text + strlen(text);
}

bool selection_parse(const char *option, const char *text, const struct results *r,
                     struct selection *s, struct error *e)
{
    *s = (struct selection){.option = option};
    if (strlen(text) >= sizeof s->text)
        return error_set(e, "%s: longer than %zu characters", option, sizeof s->text - 1);
    snprintf(s->text, sizeof s->text, "%s", text);
    bool more = true;
    for (char *at = s->text, *end; more; at = end + 1) {
        end = condition_end(at);
        more = *end == ',';
        *end = '\0';
        if (!add_condition(s, at, r, e))
            return false;
    }
    return true;
}

static bool fits(const struct selection *s, const struct result *row)
{
    char value[VALUE_TEXT];
    for (size_t i = 0; i < s->n; i++)
        if (!selection_value(row, s->condition[i].key, value) ||
            strcmp(value, s->condition[i].value) != 0)
            return false;
    return (result_number(row, "copy") == 0 || condition_on(s, (struct key){"copy", false})) &&
           (result_number(row, "extra") == 0 || condition_on(s, (struct key){"extra", false}));
}

// --- pairs ------------------------------------------------------------------------------------

struct search {
    const struct results *r;
    const struct selection *base, *with;
    bool *fits_base, *fits_with; // of each row
    struct pairs *pairs;
    const struct result **apart; // those that count
    struct error *e;
};

static bool named(const struct search *s, struct key key)
{
    return condition_on(s->base, key) != NULL || condition_on(s->with, key) != NULL;
}

// Keys that neither selection names and in which the rows differ, up to `most` of them.
static size_t beside(const struct search *s, const struct result *a, const struct result *b,
                     struct key *key, size_t most)
{
    size_t n = 0;
    struct walk w = {0};
    for (struct key k; n < most && next_key(a, &w, &k);)
        if (!named(s, k) && differs(a, b, k))
            key[n++] = k;
    return n;
}

static bool is_base(const struct search *s, const struct result *row, const struct result *with)
{
    struct key key;
    return row != with && s->fits_base[row - s->r->row] && beside(s, row, with, &key, 1) == 0;
}

// Between what must be chosen: the values of each key that the candidates do not share.
static bool ambiguous(const struct search *s, const struct result *const *base, size_t n,
                      const struct result *with)
{
    char value[VALUE_TEXT];
    struct words choices = {""};
    struct walk w = {0};
    for (struct key k; next_key(base[0], &w, &k);) {
        struct words values = {""};
        bool choice = false;
        for (size_t i = 0; i < n; i++) {
            choice |= differs(base[0], base[i], k);
            if (selection_value(base[i], k, value))
                add_word(&values, '|', value);
        }
        if (choice)
            append(&choices, " %s=%s", k.name, values.text + 1);
    }
    return error_set(s->e, "%s: %zu cells could be what %s is compared with; say which:%s",
                     s->base->option, n, with->key, choices.text);
}

static bool add_pair(struct search *s, const struct result *base, const struct result *with)
{
    struct pairs *p = s->pairs;
    if ((p->n & (p->n - 1)) == 0) {
        struct pair *bigger = realloc(p->pair, (p->n != 0 ? 2 * p->n : 1) * sizeof *bigger);
        if (bigger == NULL)
            return error_set(s->e, "out of memory");
        p->pair = bigger;
    }
    p->pair[p->n++] = (struct pair){base, with};
    return true;
}

// Inside its family.
static bool pair_up(struct search *s, const struct result *with)
{
    const struct results *r = s->r;
    const struct result *first = with, *end = with + 1;
    while (first > r->row && results_same_family(first - 1, with))
        first--;
    while (end < r->row + r->n && results_same_family(end, with))
        end++;
    const struct result **base = malloc((size_t)(end - first) * sizeof *base);
    if (base == NULL)
        return error_set(s->e, "out of memory");
    size_t n = 0;
    for (const struct result *row = first; row < end; row++)
        if (is_base(s, row, with))
            base[n++] = row;
    bool ok = n == 0 || (n == 1 ? add_pair(s, base[0], with) : ambiguous(s, base, n, with));
    free(base);
    return ok;
}

static bool same_cell(const struct result *a, const struct result *b)
{
    return strcmp(a->key, b->key) == 0 && strcmp(a->machine, b->machine) == 0;
}

static bool is_paired(const struct search *s, const struct result *with)
{
    bool found = false;
    for (size_t i = 0; i < s->pairs->n && !found; i++)
        found = same_cell(s->pairs->pair[i].with, with);
    return found;
}

// Whether its base is on the machine, but in no family with it; each cell once.
static bool is_apart(const struct search *s, const struct result *with)
{
    bool has = false;
    for (size_t i = 0; i < s->pairs->apart; i++)
        if (same_cell(s->apart[i], with))
            return false;
    for (size_t i = 0; i < s->r->n && !has; i++) {
        const struct result *row = &s->r->row[i];
        has = strcmp(row->machine, with->machine) == 0 && !same_cell(row, with) &&
              is_base(s, row, with);
    }
    return has && !is_paired(s, with);
}

// The pair of rows that differ least in what is not named.
static void say_closest(const struct search *s)
{
    const struct results *r = s->r;
    struct key key[KEYS_MOST], tried[KEYS_MOST];
    size_t least = KEYS_MOST;
    const struct result *base = NULL, *with = NULL;
    bool same = true;
    for (size_t i = 0; i < r->n; i++)
        same &= s->fits_base[i] || !s->fits_with[i];
    for (size_t w = 0; w < r->n && !same; w++)
        for (size_t b = 0; b < r->n && s->fits_with[w] && least > 1; b++) {
            if (b == w || !s->fits_base[b] || strcmp(r->row[b].machine, r->row[w].machine) != 0)
                continue;
            size_t n = beside(s, &r->row[b], &r->row[w], tried, least);
            if (n < least) {
                least = n;
                memcpy(key, tried, sizeof key);
                base = &r->row[b];
                with = &r->row[w];
            }
        }
    if (base == NULL) {
        error_set(s->e, "%s and %s fit %s", s->base->option, s->with->option,
                  same ? "the same cells" : "cells of different machines");
        return;
    }
    struct words text = {""};
    char x[VALUE_TEXT], y[VALUE_TEXT];
    for (size_t i = 0; i < least; i++)
        if (selection_value(base, key[i], x) && selection_value(with, key[i], y))
            append(&text, "%s %s (%s and %s)", i != 0 ? "," : "", key[i].name, x, y);
    error_set(s->e, "all cells that fit %s and %s differ in something else, too, the closest in%s",
              s->base->option, s->with->option, text.text);
}

static void say_nothing(const struct search *s, const struct selection *none)
{
    struct words text = {""};
    for (size_t i = 0; i < none->n; i++) {
        struct key key = none->condition[i].key;
        append(&text, "%s %s:%s", i != 0 ? ";" : "", key.name, known_values(s->r, key).text);
    }
    error_set(s->e, "no cell fits all that %s says; the store has, if not together:%s",
              none->option, text.text);
}

static bool search(struct search *s, const char *const *workload, size_t workloads)
{
    const struct results *r = s->r;
    bool any_base = false, any_with = false;
    for (size_t i = 0; i < r->n; i++) {
        bool wanted = workloads == 0;
        for (size_t k = 0; k < workloads && !wanted; k++)
            wanted = strcmp(result_text(&r->row[i], "workload"), workload[k]) == 0;
        any_base |= s->fits_base[i] = fits(s->base, &r->row[i]);
        any_with |= s->fits_with[i] = wanted && fits(s->with, &r->row[i]);
    }
    for (size_t i = 0; i < r->n; i++)
        if (s->fits_with[i] && !pair_up(s, &r->row[i]))
            return false;
    for (size_t i = 0; i < r->n; i++)
        if (s->fits_with[i] && is_apart(s, &r->row[i]))
            s->apart[s->pairs->apart++] = &r->row[i];
    if (s->pairs->n != 0 || s->pairs->apart != 0)
        return true;
    if (any_base && any_with)
        say_closest(s);
    else
        say_nothing(s, any_with ? s->base : s->with);
    return false;
}

bool selection_pairs(const struct results *r, const struct selection *base,
                     const struct selection *with, const char *const *workload, size_t workloads,
                     struct pairs *p, struct error *e)
{
    *p = (struct pairs){0};
    struct search s = {.r = r, .base = base, .with = with, .pairs = p, .e = e};
    s.fits_base = calloc(r->n + 1, sizeof *s.fits_base);
    s.fits_with = calloc(r->n + 1, sizeof *s.fits_with);
    s.apart = calloc(r->n + 1, sizeof(struct result *));
    bool ok = s.fits_base != NULL && s.fits_with != NULL && s.apart != NULL
                  ? search(&s, workload, workloads)
                  : error_set(e, "out of memory");
    free(s.fits_base);
    free(s.fits_with);
    free(s.apart);
    if (!ok)
        pairs_free(p);
    return ok;
}

void pairs_free(struct pairs *p)
{
    free(p->pair);
    *p = (struct pairs){0};
}
