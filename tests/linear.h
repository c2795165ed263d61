// SPDX-License-Identifier: MIT
//
// Linearizability: may each operation of a history have taken effect at one instant between its
// call and its return? M. P. Herlihy and J. M. Wing, ACM TOPLAS 12(3), 1990; asked by trying all
// orders that agree with what was over before what began (J. M. Wing and C. Gong, JPDC 17(1-2),
// 1993). Instants are numbers of one clock, which is read and moved on by read-modify-writes: who
// begins later in this sense comes later in C11's too.
//
// Two models, of a list of at most LINEAR_ELEMENTS elements and of a dictionary of LINEAR_KEYS
// keys; values are numbers from 1 below LINEAR_VALUES, and 0 is none.
#ifndef LINEAR_H
#define LINEAR_H

#include "../workloads/container/dict.h"
#include "../workloads/container/list.h"

enum { LINEAR_BITS = 6, LINEAR_VALUES = 1 << LINEAR_BITS, LINEAR_ELEMENTS = 10, LINEAR_KEYS = 3 };
enum linear_kind {
    LIST_APPEND,
    LIST_POP,
    LIST_GET,
    LIST_SET,
    LIST_CLEAR,
    LIST_LENGTH,
    LIST_INSERT,
    LIST_POP_AT,
    LIST_KINDS,
    DICT_SET = LIST_KINDS,
    DICT_GET,
    DICT_REMOVE,
    DICT_CONTAINS,
    DICT_CLEAR,
    DICT_LENGTH,
    DICT_SETDEFAULT,
    DICT_POP,
    LINEAR_KINDS,
};
// The number of keys is looked up apart from the keys where readers neither exclude nor find
// everything in a block that does not change (dict_table.h). What maps do with all of their keys
// they do one by one (lk_map.h).
// Elements that move within a block are seen on their way by several reads (list.h).
enum { LINEAR_MOVES = !PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC) || PAIR_HAS(LK_TRAITS, LK_VERSIONED) };
#ifdef LK_MAP_H
enum { LINEAR_COUNTS_KEYS = 0, LINEAR_CLEARS_KEYS = 0 };
#else
enum {
    LINEAR_CLEARS_KEYS = 1,
    LINEAR_COUNTS_KEYS = !PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC) || PAIR_HAS(LK_TRAITS, LK_VERSIONED)
};
#endif

struct linear_operation {
    enum linear_kind kind;
    unsigned at, value; // index or key; what goes in
    uint64_t answer;
    uint64_t from, to; // by the clock
};

// --- the sequential models ----------------------------------------------------------------------

// A list is its length in the lowest 4 bits, then its elements; a dictionary its keys' values.
static inline unsigned linear_field(uint64_t state, unsigned shift)
{
    return (unsigned)(state >> shift) % LINEAR_VALUES;
}
static inline uint64_t linear_with(uint64_t state, unsigned shift, unsigned value)
{
    uint64_t mask = (uint64_t)(LINEAR_VALUES - 1) << shift;
    return (state & ~mask) | (uint64_t)value << shift;
}
static inline unsigned linear_element(unsigned i)
{
    return 4 + LINEAR_BITS * i;
}
static inline uint64_t linear_keys(uint64_t state)
{
    uint64_t n = 0;
    for (unsigned k = 0; k < LINEAR_KEYS; k++)
        n += linear_field(state, LINEAR_BITS * k) != 0;
    return n;
}
// With a value before element i; without element i.
static inline uint64_t linear_insert(uint64_t state, unsigned i, unsigned value)
{
    uint64_t low = ((uint64_t)1 << linear_element(i)) - 1;
    return linear_with((state & low) | (state & ~low) << LINEAR_BITS, linear_element(i), value) + 1;
}
static inline uint64_t linear_remove(uint64_t state, unsigned i)
{
    uint64_t low = ((uint64_t)1 << linear_element(i)) - 1;
    return ((state & low) | (state >> LINEAR_BITS & ~low)) - 1;
}
// What the operation answers, and what it makes of the state.
static inline uint64_t linear_apply(const struct linear_operation *o, uint64_t *state)
{
    uint64_t before = *state, n = before % 16;
    unsigned key = LINEAR_BITS * o->at;
    switch (o->kind) {
    case LIST_APPEND:
        sync_check(n < LINEAR_ELEMENTS, "a history longer than its model");
        *state = linear_with(before, linear_element((unsigned)n), o->value) + 1;
        return n + 1;
    case LIST_POP:
        if (n == 0)
            return 0;
        *state = linear_with(before, linear_element((unsigned)n - 1), 0) - 1;
        return linear_field(before, linear_element((unsigned)n - 1));
    case LIST_GET:
        return o->at < n ? linear_field(before, linear_element(o->at)) : 0;
    case LIST_SET:
        if (o->at < n)
            *state = linear_with(before, linear_element(o->at), o->value);
        return o->at < n;
    case LIST_CLEAR:
        *state = 0;
        return n;
    case LIST_LENGTH:
        return n;
    case LIST_INSERT:
        sync_check(n < LINEAR_ELEMENTS, "a history longer than its model");
        *state = linear_insert(before, o->at < n ? o->at : (unsigned)n, o->value);
        return n + 1;
    case LIST_POP_AT:
        if (o->at >= n)
            return 0;
        *state = linear_remove(before, o->at);
        return linear_field(before, linear_element(o->at));
    case DICT_SET:
        *state = linear_with(before, key, o->value);
        return linear_field(before, key) == 0;
    case DICT_GET:
        return linear_field(before, key);
    case DICT_REMOVE:
        *state = linear_with(before, key, 0);
        return linear_field(before, key) != 0;
    case DICT_CONTAINS:
        return linear_field(before, key) != 0;
    case DICT_CLEAR:
        *state = 0;
        return linear_keys(before);
    case DICT_SETDEFAULT:
        if (linear_field(before, key) == 0)
            *state = linear_with(before, key, o->value);
        return linear_field(*state, key);
    case DICT_POP:
        *state = linear_with(before, key, 0);
        return linear_field(before, key);
    default:
        return linear_keys(before);
    }
}

// Is there an order of those operations that `left` has bits of, from this state on?
static inline bool linear_order(const struct linear_operation *o, unsigned n, unsigned left,
                                uint64_t state)
{
    if (left == 0)
        return true;
    uint64_t first_end = UINT64_MAX;
    for (unsigned i = 0; i < n; i++)
        if ((left >> i & 1) != 0 && o[i].to < first_end)
            first_end = o[i].to;
    for (unsigned i = 0; i < n; i++) {
        uint64_t after = state;
        if ((left >> i & 1) != 0 && o[i].from < first_end &&
            linear_apply(&o[i], &after) == o[i].answer &&
            linear_order(o, n, left & ~(1u << i), after))
            return true;
    }
    return false;
}
// n: at most 31 operations.
static inline bool linearizable(const struct linear_operation *o, unsigned n, uint64_t state)
{
    return linear_order(o, n, (1u << n) - 1, state);
}

// --- the real ones ------------------------------------------------------------------------------

struct linear_world {
    struct list *list;
    struct dict *dict;
    struct rc_header *key[LINEAR_KEYS];
    _Atomic(uint64_t) clock;
};
// Gives up the reference; NULL is 0.
static inline uint64_t linear_value(struct thread *t, struct rc_header *h)
{
    if (h == NULL)
        return 0;
    uint64_t value = (uint64_t)integer_value(h);
    rc_decref(t, h);
    return value;
}
static inline uint64_t linear_do(struct thread *t, struct linear_world *w,
                                 const struct linear_operation *o)
{
    struct rc_header *h = NULL;
    uint64_t answer;
    if (o->kind == LIST_APPEND || o->kind == LIST_SET || o->kind == LIST_INSERT ||
        o->kind == DICT_SET || o->kind == DICT_SETDEFAULT)
        h = integer_new(t, o->value);
    switch (o->kind) {
    case LIST_APPEND:
        answer = list_append(t, w->list, h);
        break;
    case LIST_POP:
        answer = linear_value(t, list_pop(t, w->list));
        break;
    case LIST_GET:
        answer = linear_value(t, list_get(t, w->list, o->at));
        break;
    case LIST_SET:
        answer = list_set(t, w->list, o->at, h);
        break;
    case LIST_CLEAR:
        answer = list_clear(t, w->list);
        break;
    case LIST_LENGTH:
        answer = list_length(t, w->list);
        break;
    case LIST_INSERT:
        answer = list_insert(t, w->list, o->at, h);
        break;
    case LIST_POP_AT:
        answer = linear_value(t, list_pop_at(t, w->list, o->at));
        break;
    case DICT_SET:
        answer = dict_set(t, w->dict, w->key[o->at], h);
        break;
    case DICT_GET:
        answer = linear_value(t, dict_get(t, w->dict, w->key[o->at]));
        break;
    case DICT_REMOVE:
        answer = dict_remove(t, w->dict, w->key[o->at]);
        break;
    case DICT_CONTAINS:
        answer = dict_contains(t, w->dict, w->key[o->at]);
        break;
    case DICT_CLEAR:
        answer = dict_clear(t, w->dict);
        break;
    case DICT_SETDEFAULT:
        answer = linear_value(t, dict_setdefault(t, w->dict, w->key[o->at], h));
        break;
    case DICT_POP:
        answer = linear_value(t, dict_pop(t, w->dict, w->key[o->at]));
        break;
    default:
        answer = dict_length(t, w->dict);
    }
    if (h != NULL)
        rc_decref(t, h);
    return answer;
}
// Carries the operation out and notes when.
static inline void linear_step(struct thread *t, struct linear_world *w, struct linear_operation *o)
{
    // acquire, release: what ended before this began, by the clock, happens before it
    o->from = atomic_fetch_add_explicit(&w->clock, 1, memory_order_acq_rel);
    o->answer = linear_do(t, w, o);
    o->to = atomic_fetch_add_explicit(&w->clock, 1, memory_order_acq_rel);
}
// By a thread that is alone: the dictionary as its model has it.
static inline uint64_t linear_dict_state(struct thread *t, struct linear_world *w)
{
    uint64_t state = 0;
    for (unsigned k = 0; k < LINEAR_KEYS; k++)
        state = linear_with(state, LINEAR_BITS * k,
                            (unsigned)linear_value(t, dict_get(t, w->dict, w->key[k])));
    return state;
}
static inline void linear_open(struct thread *t, struct linear_world *w)
{
    w->list = list_new(t);
    w->dict = dict_new(t);
    for (unsigned k = 0; k < LINEAR_KEYS; k++)
        w->key[k] = integer_new(t, k);
    atomic_init(&w->clock, 0);
}
static inline void linear_close(struct thread *t, struct linear_world *w)
{
    rc_decref(t, &w->list->base.rc);
    rc_decref(t, &w->dict->base.rc);
    for (unsigned k = 0; k < LINEAR_KEYS; k++)
        rc_decref(t, w->key[k]);
}

#endif
