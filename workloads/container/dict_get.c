// SPDX-License-Identifier: MIT
//
// Threads look keys up in one dictionary that nobody changes: what a global variable, a method or
// an imported name costs. Keys are interned strings, so that comparing them is comparing addresses.
// With incref=0 the answer is borrowed: the dictionary's own cost, without the value's count; with
// incref=2 it is a local reference, as an interpreter's stack holds it. With keys=1 all threads
// want the same value, which deferred=1 makes one that local references need not count, if the
// scheme knows such: a function or a module.
#include "../workload.h"
#include "choice.h"
#include "dict.h"
#include "names.h"

enum { KEYS, INCREF, DEFERRED };
enum { BORROWED, COUNTED, LOCAL };
static const struct param params[] = {
    [KEYS] = {"keys", "keys in the dictionary", 1, 1 << 20, 1024},
    [INCREF] = {"incref", "1: the value is counted; 2: by a local reference; 0: it is borrowed", 0,
                2, 1},
    [DEFERRED] = {"deferred", "1: local references to the values need not count", 0, 1, 0},
    {0},
};

struct shared {
    size_t keys;
    int64_t incref;
    struct dict *dict;
    uint64_t died_before; // on the setting thread, when it had made everything
    struct rc_header *key[];
};
struct own {
    const struct shared *shared;
    size_t next;
    uint64_t sum;     // of the values that were found
    bool missing;     // some key was not found
    uint32_t *number; // of each key in `key`, in the same order
    struct rc_header *key[];
};

// The value of key number i, as choice_order_sum has it: not 0, so that no answer goes unnoticed.
static int64_t value_of(size_t i)
{
    return (int64_t)(i + 1);
}

static void *start(struct thread *t, const struct run *run)
{
    size_t n = (size_t)run->param[KEYS];
    struct shared *s = sync_alloc(sizeof *s + n * sizeof s->key[0]);
    s->keys = n;
    s->incref = run->param[INCREF];
    unsigned flags = run->param[DEFERRED] != 0 ? RC_DEFERRED : 0;
    s->dict = dict_new(t);
    for (size_t i = 0; i < n; i++) {
        s->key[i] = name_new(t, i);
        struct integer *integer = object_new(t, &integer_type, sizeof *integer, AL_OBJECT, flags);
        integer->value = value_of(i);
        struct rc_header *value = &integer->base.rc;
        dict_set(t, s->dict, s->key[i], value);
        rc_decref(t, value);
        thread_safepoint(t);
    }
    s->died_before = thread_died(t);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    size_t n = s->keys;
    struct own *own = sync_alloc(sizeof *own + n * sizeof own->key[0]);
    (void)index;
    own->shared = s;
    own->number = choice_order(t, n);
    for (size_t i = 0; i < n; i++)
        own->key[i] = s->key[own->number[i]];
    return own;
}

// `how` is a constant where this is inlined.
API void get(struct thread *t, struct own *own, uint64_t n, int how)
{
    struct dict *d = own->shared->dict;
    size_t next = own->next, keys = own->shared->keys;
    uint64_t sum = 0;
    struct rc_local local[1] = {};
    struct rc_roots roots;
    rc_roots_push(t, &roots, local, 1);
    for (; n != 0; n--) {
        struct rc_header *key = sync_opaque(own->key[next]);
        struct rc_header *value = how == COUNTED ? dict_get(t, d, key)
                                  : how == LOCAL ? dict_get_local(t, d, key, local)
                                                 : dict_get_borrowed(t, d, key);
        if (__builtin_expect(value == NULL, 0)) {
            own->missing = true;
        } else {
            sum += (uint64_t)integer_value(value);
            if (how == COUNTED)
                rc_decref(t, value);
            else if (how == LOCAL)
                rc_local_drop(t, local);
        }
        next = next + 1 == keys ? 0 : next + 1;
    }
    rc_roots_pop(t, &roots);
    own->next = next;
    own->sum += sum;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    if (own->shared->incref == COUNTED)
        get(t, own, n, COUNTED);
    else if (own->shared->incref == LOCAL)
        get(t, own, n, LOCAL);
    else
        get(t, own, n, BORROWED);
}

// The dictionary, its keys and their values.
static int64_t shares(const void *shared)
{
    return 1 + 2 * (int64_t)((const struct shared *)shared)->keys;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t;
    const char *wrong = NULL;
    if (own->missing)
        wrong = "a key was not found";
    else if (own->sum != choice_order_sum(own->number, own->shared->keys, done))
        wrong = "a key led to another one's value";
    sync_free(own->number);
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    if (thread_died(t) != s->died_before || dict_length(t, s->dict) != s->keys)
        wrong = "something died while it was still referred to";
    for (size_t i = 0; wrong == NULL && i < s->keys; i++) {
        struct rc_header *value = dict_get_borrowed(t, s->dict, s->key[i]);
        if (value == NULL || integer_value(value) != value_of(i))
            wrong = "a key has lost its value";
    }
    rc_decref(t, &s->dict->base.rc);
    for (size_t i = 0; i < s->keys; i++)
        rc_decref(t, s->key[i]);
    if (wrong == NULL && !died_since(t, s->died_before, 2 * s->keys + 1))
        wrong = "not every key and value died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload dict_get_workload = {
    .name = "dict_get",
    .summary = "threads look keys up in one dictionary that nobody changes",
    .source = "CPython's LOAD_GLOBAL without its cache; the dict reads of PEP 703",
    .operation = "one look-up",
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
WORKLOAD(dict_get_workload)
