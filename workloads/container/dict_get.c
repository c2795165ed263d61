// SPDX-License-Identifier: MIT
//
// Threads look keys up in one dictionary that nobody changes: what a global variable, a method or
// an imported name costs. Keys are interned strings, so that comparing them is comparing addresses.
// With incref=0 the answer is borrowed: the dictionary's own cost, without the value's count.
#include "../workload.h"
#include "choice.h"
#include "dict.h"
#include "names.h"

enum { KEYS, INCREF };
static const struct param params[] = {
    [KEYS] = {"keys", "keys in the dictionary", 1, 1 << 20, 1024},
    [INCREF] = {"incref", "1: the value's count is taken and dropped; 0: it is borrowed", 0, 1, 1},
    {0},
};

struct shared {
    size_t keys;
    bool incref;
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
    s->incref = run->param[INCREF] != 0;
    s->dict = dict_new(t);
    for (size_t i = 0; i < n; i++) {
        s->key[i] = name_new(t, i);
        struct rc_header *value = integer_new(t, value_of(i));
        dict_set(t, s->dict, s->key[i], value);
        rc_decref(t, value);
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

// `counted` is a constant where this is inlined.
API void get(struct thread *t, struct own *own, uint64_t n, bool counted)
{
    struct dict *d = own->shared->dict;
    size_t next = own->next, keys = own->shared->keys;
    uint64_t sum = 0;
    for (; n != 0; n--) {
        struct rc_header *key = sync_opaque(own->key[next]);
        struct rc_header *value = counted ? dict_get(t, d, key) : dict_get_borrowed(t, d, key);
        if (__builtin_expect(value == NULL, 0)) {
            own->missing = true;
        } else {
            sum += (uint64_t)integer_value(value);
            if (counted)
                rc_decref(t, value);
        }
        next = next + 1 == keys ? 0 : next + 1;
    }
    own->next = next;
    own->sum += sum;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    if (own->shared->incref)
        get(t, own, n, true);
    else
        get(t, own, n, false);
}

static int64_t holds(const void *own)
{
    (void)own;
    return 0;
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
    thread_drain(t);
    // what dies late, or on another thread, the runner sees: its worlds end empty
    if (wrong == NULL && (RC_TRAITS & (RC_FREES | RC_LATE)) == RC_FREES &&
        thread_died(t) - s->died_before != 2 * s->keys + 1)
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
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(dict_get_workload)
