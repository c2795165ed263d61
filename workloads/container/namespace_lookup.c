// SPDX-License-Identifier: MIT
//
// Threads look names up as LOAD_GLOBAL does without its inline cache: in the module's globals and,
// where these have no such name, in the builtins. Names are interned strings, and both dictionaries
// stay as they are. What is found takes and drops a count; with incref=0 it is borrowed, and what
// is left is the dictionaries' own cost.
//
// A name of the builtins costs two look-ups. The first one fails, which an open-addressed table
// only knows at an empty index: the fuller the globals, the longer the probe; and with a lock that
// readers take, it takes both locks, one after the other. Nobody changes anything, so what several
// threads contend for are these locks, and the counts of what they find: the names of a program are
// few, and len or range everybody's.
//
// As in the interpreter the hash of a name stands in it, and both look-ups use it. Simplified: each
// name of a namespace is as frequent as the others (dict_read_mostly has skew), and all functions
// are of one module. The order is drawn beforehand, in a ring of at least 256 KiB a thread; steps.h
// says what that costs.
#include "../workload.h"
#include "dict.h"
#include "names.h"
#include "steps.h"

enum { GLOBALS, BUILTINS, SHARE, INCREF };
static const struct param params[] = {
    [GLOBALS] = {"globals", "names in the module", 1, 1 << 20, 256},
    [BUILTINS] = {"builtins", "names in the builtins; CPython has some 160", 1, 1 << 20, 160},
    [SHARE] = {"builtin_share", "percent of the look-ups whose name is one of the builtins", 0, 100,
               30},
    [INCREF] = {"incref", "1: the value's count is taken and dropped; 0: it is borrowed", 0, 1, 1},
    {0},
};

struct shared {
    size_t globals, builtins; // names
    unsigned share;
    bool incref;
    struct dict *global, *builtin;
    uint64_t died_before;    // on the setting thread, when it had made everything
    struct rc_header *key[]; // of the globals, then of the builtins
};
struct own {
    struct shared *shared;
    size_t next;
    int64_t differs; // not 0: some name had another one's value
    bool missing;    // some name was not found
    uint32_t number[];
};

// The value of name number i: not 0, so that no answer goes unnoticed.
static int64_t value_of(size_t i)
{
    return (int64_t)(i + 1);
}
static size_t names(const struct shared *s)
{
    return s->globals + s->builtins;
}
static struct dict *home(const struct shared *s, size_t i)
{
    return i < s->globals ? s->global : s->builtin;
}

static void *start(struct thread *t, const struct run *run)
{
    size_t globals = (size_t)run->param[GLOBALS], builtins = (size_t)run->param[BUILTINS];
    struct shared *s = sync_alloc(sizeof *s + (globals + builtins) * sizeof s->key[0]);
    s->globals = globals;
    s->builtins = builtins;
    s->share = (unsigned)run->param[SHARE];
    s->incref = run->param[INCREF] != 0;
    s->global = dict_new(t);
    s->builtin = dict_new(t);
    for (size_t i = 0; i < names(s); i++) {
        s->key[i] = name_new(t, i);
        struct rc_header *value = integer_new(t, value_of(i));
        dict_set(t, home(s, i), s->key[i], value);
        rc_decref(t, value);
        thread_safepoint(t);
    }
    s->died_before = thread_died(t);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    size_t steps = steps_length(names(s));
    struct own *own = sync_alloc(sizeof *own + steps * sizeof own->number[0]);
    (void)index;
    own->shared = s;
    for (size_t i = 0; i < steps; i++)
        own->number[i] =
            (uint32_t)(sync_rand(t) % 100 < s->share ? s->globals + sync_rand(t) % s->builtins
                                                     : sync_rand(t) % s->globals);
    return own;
}

API struct rc_header *get(struct thread *t, struct dict *d, struct rc_header *key, bool counted)
{
    return counted ? dict_get(t, d, key) : dict_get_borrowed(t, d, key);
}
// `counted` is a constant where this is inlined.
API void look_up(struct thread *t, struct own *own, uint64_t n, bool counted)
{
    struct shared *s = own->shared;
    struct dict *global = s->global, *builtin = s->builtin;
    size_t next = own->next, mask = steps_length(names(s)) - 1;
    int64_t differs = 0;
    for (; n != 0; n--) {
        size_t i = own->number[next];
        struct rc_header *key = sync_opaque(s->key[i]);
        next = (next + 1) & mask;
        struct rc_header *value = get(t, global, key, counted);
        if (value == NULL)
            value = get(t, builtin, key, counted);
        if (__builtin_expect(value == NULL, 0)) {
            own->missing = true;
            continue;
        }
        differs |= integer_value(value) ^ value_of(i);
        if (counted)
            rc_decref(t, value);
    }
    own->next = next;
    own->differs |= differs;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    if (own->shared->incref)
        look_up(t, own, n, true);
    else
        look_up(t, own, n, false);
}

// Both dictionaries, the names and their values.
static int64_t shares(const void *shared)
{
    return 2 + 2 * (int64_t)names(shared);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t, (void)done;
    const char *wrong = NULL;
    if (own->missing)
        wrong = "a name was not found";
    else if (own->differs != 0)
        wrong = "a name led to another one's value";
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    if (thread_died(t) != s->died_before || dict_length(t, s->global) != s->globals ||
        dict_length(t, s->builtin) != s->builtins)
        wrong = "something died while it was still referred to";
    for (size_t i = 0; wrong == NULL && i < names(s); i++) {
        struct rc_header *value = dict_get_borrowed(t, home(s, i), s->key[i]);
        if (value == NULL || integer_value(value) != value_of(i))
            wrong = "a name has lost its value";
    }
    rc_decref(t, &s->global->base.rc);
    rc_decref(t, &s->builtin->base.rc);
    for (size_t i = 0; i < names(s); i++)
        rc_decref(t, s->key[i]);
    if (wrong == NULL && !died_since(t, s->died_before, 2 * names(s) + 2))
        wrong = "not every name and value died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload namespace_lookup_workload = {
    .name = "namespace_lookup",
    .summary = "threads look names up in a module's globals and, where they miss, in the builtins",
    .source = "CPython's LOAD_GLOBAL without its cache; Gilectomy's, which locks one dict, then "
              "the other",
    .operation = "one name, found in one dictionary or the other",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(namespace_lookup_workload)
