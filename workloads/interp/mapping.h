// SPDX-License-Identifier: MIT
//
// What dictionaries and sets do (CPython's Objects/dictobject.c, setobject.c), with the containers
// of workloads/container, and what may be a key.
//
// Keys that a program compares. A dictionary compares keys under its lock, where no program may
// run. So instances with an `==` of their own are compared before it is asked, with all keys of
// their hash (hashable): it is then asked for the one that is equal, which it finds by identity.
// Only the key that is looked for can be such an instance: `5 in d` does not find one that
// equals 5.
//
// Order. A set is in the order of insertion, where CPython's is in that of a table; under a lock
// scheme with a map of its own neither sets nor dictionaries have one. Programs do not depend on
// it.
#ifndef MAPPING_H
#define MAPPING_H

#include "class.h"
#include "sequence.h"

API struct dict *as_dict(struct object *o)
{
    return (struct dict *)o;
}
API struct set *as_set(struct object *o)
{
    return (struct set *)o;
}

// --- keys -------------------------------------------------------------------------------------

// No program has a say in its hash and equality.
API bool key_plain(struct thread *t, const struct object *o)
{
    return o->type == &string_type || o->type == &int_type || o->type == &float_type ||
           o->type == &bool_type || o == interp_of(t)->none;
}
static bool unhashable(struct thread *t, struct object *o)
{
    return raise_error(t, RAISES_TYPE_ERROR, "unhashable type: '%s'", type_name(t, o)) != NULL;
}
// Asks an instance for its hash. *asks: it has an equality of its own.
static bool instance_prepare(struct thread *t, struct object *o, bool *asks)
{
    struct class_object *c = class_of(t, o);
    struct object *eq = type_lookup(t, c, name_of(t, NAME_COMPARE + COMPARE_EQ));
    struct object *method = type_lookup(t, c, name_of(t, NAME_HASH));
    bool fine = eq == NULL || method != NULL;
    // a class with __eq__ and no __hash__ does not inherit one
    for (; fine && eq != NULL; c = class_parent(c)) {
        if (dict_contains(t, class_dict(c), &name_of(t, NAME_HASH)->rc))
            break;
        fine = !dict_contains(t, class_dict(c), &name_of(t, NAME_COMPARE + COMPARE_EQ)->rc);
    }
    *asks |= eq != NULL;
    drop_maybe(t, eq);
    if (!fine || method == interp_of(t)->none) {
        drop_maybe(t, method);
        return unhashable(t, o);
    }
    if (method == NULL)
        return true;
    struct object *hash = call_1(t, method, o);
    drop(t, method);
    if (hash == NULL)
        return false;
    if (is_int(hash)) {
        uint64_t value = (uint64_t)int_value(hash);
        // 0 says that there is none; relaxed: it orders nothing
        atomic_store_explicit(&as_instance(o)->hash, value != 0 ? value : UINT64_MAX,
                              memory_order_relaxed);
    } else {
        raise_error(t, RAISES_TYPE_ERROR, "__hash__ method should return an integer");
    }
    drop(t, hash);
    return !failed(t);
}
static bool key_prepare(struct thread *t, struct object *o, bool *asks)
{
    if (key_plain(t, o))
        return true;
    if (is_instance_kind(o))
        return instance_prepare(t, o, asks);
    if (o->type->hash == NULL)
        return unhashable(t, o);
    if (!stack_has_room(t))
        return false;
    for (size_t i = 0; is_tuple(o) && i < tuple_length(o); i++)
        if (!key_prepare(t, tuple_item(o, i), asks))
            return false;
    return true;
}
static struct object *hashable(struct thread *t, struct dict *d, struct object *key)
{
    bool asks = false;
    if (!key_prepare(t, key, &asks))
        return NULL;
    if (asks && d != NULL) {
        struct rc_header *other;
        uint64_t hash = key_hash(&key->rc);
        for (size_t nth = 0; (other = dict_same_hash(t, d, hash, nth)) != NULL; nth++) {
            int same = equal(t, object_of(other), key);
            if (same > 0)
                return object_of(other);
            rc_decref(t, other);
            if (same < 0)
                return NULL;
        }
    }
    return keep(t, key);
}
// The key as the dictionary takes it, until key_close; NULL: an error.
API struct object *key_open(struct thread *t, struct dict *d, struct object *key)
{
    return key_plain(t, key) ? key : hashable(t, d, key);
}
API void key_close(struct thread *t, struct object *key, struct object *open)
{
    if (!key_plain(t, key))
        drop(t, open);
}

// --- iterators --------------------------------------------------------------------------------

enum { DICT_ITER_WORDS = sizeof(struct dict_iter) / sizeof(uint64_t) };
// Threads that share one may each get what another gets too, and miss nothing worse.
struct dict_iterator {
    struct object base;
    struct rc_slot dict;                   // or set
    _Atomic(uint64_t) at[DICT_ITER_WORDS]; // struct dict_iter
};
static void dict_iterator_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct dict_iterator *)o)->dict);
}
static void dict_iterator_destroy(struct thread *t, struct object *o)
{
    dict_iterator_visit(o, clear_visited, t);
}
API void dict_iterator_put(struct dict_iterator *i, const struct dict_iter *at)
{
    uint64_t word[DICT_ITER_WORDS];
    memcpy(word, at, sizeof word);
    // relaxed: it is the iterator's alone, and orders nothing
    for (unsigned w = 0; w < DICT_ITER_WORDS; w++)
        atomic_store_explicit(&i->at[w], word[w], memory_order_relaxed);
}
static struct object *dict_iterator_make(struct thread *t, const struct type *type,
                                         struct object *dict)
{
    struct dict_iter at = dict_iterate(t, as_dict(dict));
    struct dict_iterator *i = object_new(t, type, sizeof *i, AL_CONTAINER, 0);
    rc_fill(t, &i->base.rc, &i->dict, &keep(t, dict)->rc);
    dict_iterator_put(i, &at);
    return &i->base;
}
// As dict_next; DICT_CHANGED is told as an error, about `what`.
API enum dict_step dict_iterator_step(struct thread *t, struct object *o, const char *what,
                                      struct object **key, struct object **value)
{
    struct dict_iterator *i = (struct dict_iterator *)o;
    uint64_t word[DICT_ITER_WORDS];
    struct dict_iter at;
    struct rc_header *k = NULL, *v = NULL;
    for (unsigned w = 0; w < DICT_ITER_WORDS; w++)
        word[w] = atomic_load_explicit(&i->at[w], memory_order_relaxed);
    memcpy(&at, word, sizeof at);
    enum dict_step step = dict_next(t, &at, &k, &v);
    dict_iterator_put(i, &at);
    if (step == DICT_CHANGED)
        raise_error(t, RAISES_RUNTIME_ERROR, "%s changed size during iteration", what);
    *key = (struct object *)k;
    *value = (struct object *)v;
    return step;
}
static struct object *key_iterator_next(struct thread *t, struct object *o)
{
    struct object *key, *value;
    if (dict_iterator_step(t, o, "dictionary", &key, &value) != DICT_ENTRY)
        return NULL;
    drop(t, value);
    return key;
}
static struct object *value_iterator_next(struct thread *t, struct object *o)
{
    struct object *key, *value;
    if (dict_iterator_step(t, o, "dictionary", &key, &value) != DICT_ENTRY)
        return NULL;
    drop(t, key);
    return value;
}
static struct object *item_iterator_next(struct thread *t, struct object *o)
{
    struct object *key, *value;
    if (dict_iterator_step(t, o, "dictionary", &key, &value) != DICT_ENTRY)
        return NULL;
    return tuple_pair(t, key, value);
}
static struct object *set_iterator_next(struct thread *t, struct object *o)
{
    struct object *key, *value;
    if (dict_iterator_step(t, o, "Set", &key, &value) != DICT_ENTRY)
        return NULL;
    drop(t, value);
    return key;
}
// An iterator is its own.
static struct object *iterator_iterate(struct thread *t, struct object *o)
{
    return keep(t, o);
}
#define DICT_ITERATOR(kind_of_it)                                                                \
    static const struct slots kind_of_it##_iterator_slots = {                                    \
        .kind = KIND_ITERATOR, .iterate = iterator_iterate, .next = kind_of_it##_iterator_next}; \
    static const struct type kind_of_it##_iterator_type = {                                      \
        .name = "dict_" #kind_of_it "iterator",                                                  \
        .destroy = dict_iterator_destroy,                                                        \
        .traverse = dict_iterator_visit,                                                         \
        .hash = identity_hash,                                                                   \
        .slots = &kind_of_it##_iterator_slots,                                                   \
    };
DICT_ITERATOR(key)
DICT_ITERATOR(value)
DICT_ITERATOR(item)
DICT_ITERATOR(set)
#undef DICT_ITERATOR

// --- dictionaries -----------------------------------------------------------------------------

static struct object *dict_subscript(struct thread *t, struct object *o, struct object *key)
{
    struct object *k = key_open(t, as_dict(o), key);
    if (k == NULL)
        return NULL;
    struct rc_header *value = dict_get(t, as_dict(o), &k->rc);
    key_close(t, key, k);
    return value != NULL ? object_of(value) : raise_with(t, RAISES_KEY_ERROR, key);
}
static bool dict_store(struct thread *t, struct object *o, struct object *key, struct object *value)
{
    struct object *k = key_open(t, as_dict(o), key);
    if (k == NULL)
        return false;
    bool there = true;
    if (value != NULL)
        dict_set(t, as_dict(o), &k->rc, &value->rc);
    else
        there = dict_remove(t, as_dict(o), &k->rc);
    key_close(t, key, k);
    return there || raise_with(t, RAISES_KEY_ERROR, key) != NULL;
}
static int dict_has(struct thread *t, struct object *o, struct object *key)
{
    struct object *k = key_open(t, as_dict(o), key);
    if (k == NULL)
        return -1;
    bool there = dict_contains(t, as_dict(o), &k->rc);
    key_close(t, key, k);
    return there;
}
static int64_t dict_size(struct thread *t, struct object *o)
{
    return (int64_t)dict_length(t, as_dict(o));
}
static int dict_truth(struct thread *t, struct object *o)
{
    return dict_length(t, as_dict(o)) != 0;
}
static struct object *dict_keys_iterate(struct thread *t, struct object *o)
{
    return dict_iterator_make(t, &key_iterator_type, o);
}

// What is added to a dictionary: pairs, numbered for the error.
struct pairs {
    struct object *dict;
    size_t n;
};
static bool pair_each(struct thread *t, void *argument, struct object *item)
{
    struct pairs *p = argument;
    struct object *pair = is_tuple(item) ? keep(t, item) : NULL;
    if (pair == NULL) {
        struct object *list = list_from(t, item);
        if (list == NULL) {
            if (raised(t, RAISES_TYPE_ERROR))
                raise_error(t, RAISES_TYPE_ERROR,
                            "cannot convert dictionary update sequence element #%zu to a sequence",
                            p->n);
            return false;
        }
        pair = tuple_from_list(t, list);
        drop(t, list);
    }
    bool fine = tuple_length(pair) == 2;
    if (fine)
        fine = dict_store(t, p->dict, tuple_item(pair, 0), tuple_item(pair, 1));
    else
        raise_error(t, RAISES_VALUE_ERROR,
                    "dictionary update sequence element #%zu has length %zu; 2 is required", p->n,
                    tuple_length(pair));
    drop(t, pair);
    p->n++;
    return fine;
}
// All of a dictionary, or of an iterable of pairs; false: an error, after some of it.
static bool dict_update(struct thread *t, struct object *dict, struct object *source)
{
    if (!is_dict(source)) {
        struct pairs p = {.dict = dict};
        return for_each(t, source, pair_each, &p);
    }
    if (source == dict)
        return true;
    struct dict_iter it = dict_iterate(t, as_dict(source));
    struct rc_header *key, *value;
    enum dict_step step;
    while ((step = dict_next(t, &it, &key, &value)) == DICT_ENTRY) {
        bool fine = dict_store(t, dict, object_of(key), object_of(value));
        rc_decref(t, key);
        rc_decref(t, value);
        if (!fine)
            return false;
    }
    return step == DICT_END ||
           raise_error(t, RAISES_RUNTIME_ERROR, "dict mutated during update") != NULL;
}
static struct object *dict_or(struct thread *t, struct object *a, struct object *b)
{
    if (!is_dict(a) || !is_dict(b))
        return NOT_IMPLEMENTED;
    struct object *both = &dict_copy(t, as_dict(a))->base;
    if (dict_update(t, both, b))
        return both;
    drop(t, both);
    return NULL;
}
static struct object *dict_in_place_or(struct thread *t, struct object *a, struct object *b)
{
    return dict_update(t, a, b) ? keep(t, a) : NULL;
}
// Whether b has all that a has, with equal values; -1: an error.
static int dict_same(struct thread *t, struct object *a, struct object *b)
{
    struct dict_iter it = dict_iterate(t, as_dict(a));
    struct rc_header *key, *value;
    int same = dict_size(t, a) == dict_size(t, b);
    while (same > 0 && dict_next(t, &it, &key, &value) == DICT_ENTRY) {
        struct object *k = key_open(t, as_dict(b), object_of(key));
        struct rc_header *other = k != NULL ? dict_get(t, as_dict(b), &k->rc) : NULL;
        if (k != NULL)
            key_close(t, object_of(key), k);
        same = k == NULL ? -1 : other == NULL ? 0 : equal(t, object_of(value), object_of(other));
        if (other != NULL)
            rc_decref(t, other);
        rc_decref(t, key);
        rc_decref(t, value);
    }
    return same;
}
static struct object *dict_compare(struct thread *t, struct object *a, struct object *b,
                                   enum comparison how)
{
    if (!is_dict(b) || (how != COMPARE_EQ && how != COMPARE_NE))
        return NOT_IMPLEMENTED;
    int same = dict_same(t, a, b);
    return same < 0 ? NULL : truth(t, same == (how == COMPARE_EQ));
}
static struct object *dict_repr(struct thread *t, struct object *o)
{
    struct shown s;
    if (!show_begin(t, &s, o))
        return string_make(t, "{...}", 5);
    struct builder b;
    struct dict_iter it = dict_iterate(t, as_dict(o));
    struct rc_header *key, *value;
    bool fine = true, first = true;
    builder_open(&b);
    builder_text(&b, "{");
    while (fine && dict_next(t, &it, &key, &value) == DICT_ENTRY) {
        if (!first)
            builder_text(&b, ", ");
        first = false;
        fine = builder_repr(t, &b, object_of(key));
        builder_text(&b, ": ");
        fine = fine && builder_repr(t, &b, object_of(value));
        rc_decref(t, key);
        rc_decref(t, value);
    }
    builder_text(&b, "}");
    show_end(t, &s);
    return fine ? builder_string(t, &b) : builder_failed(&b);
}

static struct object *view_make(struct thread *t, const struct type *type, struct object *dict);
static const struct type keys_type, values_type, items_type;

METHOD(dict_method_get)
{
    struct object *k = key_open(t, as_dict(self), argument[0]);
    if (k == NULL)
        return NULL;
    struct rc_header *value = dict_get(t, as_dict(self), &k->rc);
    key_close(t, argument[0], k);
    return value != NULL ? object_of(value) : n == 2 ? keep(t, argument[1]) : none(t);
}
METHOD(dict_method_setdefault)
{
    struct object *k = key_open(t, as_dict(self), argument[0]);
    struct object *value = n == 2 ? argument[1] : interp_of(t)->none;
    if (k == NULL)
        return NULL;
    struct rc_header *there = dict_setdefault(t, as_dict(self), &k->rc, &value->rc);
    key_close(t, argument[0], k);
    return object_of(there);
}
METHOD(dict_method_pop)
{
    struct object *k = key_open(t, as_dict(self), argument[0]);
    if (k == NULL)
        return NULL;
    struct rc_header *value = dict_pop(t, as_dict(self), &k->rc);
    key_close(t, argument[0], k);
    if (value != NULL)
        return object_of(value);
    return n == 2 ? keep(t, argument[1]) : raise_with(t, RAISES_KEY_ERROR, argument[0]);
}
METHOD(dict_method_popitem)
{
    struct rc_header *key, *value = dict_pop_last(t, as_dict(self), &key);
    if (value == NULL)
        return raise_error(t, RAISES_KEY_ERROR, "popitem(): dictionary is empty");
    return tuple_pair(t, object_of(key), object_of(value));
}
METHOD(dict_method_keys)
{
    return view_make(t, &keys_type, self);
}
METHOD(dict_method_values)
{
    return view_make(t, &values_type, self);
}
METHOD(dict_method_items)
{
    return view_make(t, &items_type, self);
}
METHOD(dict_method_update)
{
    bool fine = (n == 0 || dict_update(t, self, argument[0])) &&
                (keyword[0] == NULL || dict_update(t, self, keyword[0]));
    return fine ? none(t) : NULL;
}
METHOD(dict_method_clear)
{
    dict_clear(t, as_dict(self));
    return none(t);
}
METHOD(dict_method_copy)
{
    return &dict_copy(t, as_dict(self))->base;
}
// Asked of the class, self is nothing.
METHOD(dict_method_fromkeys)
{
    (void)self;
    struct object *it = iterate(t, argument[0]);
    if (it == NULL)
        return NULL;
    struct object *made = &dict_new(t)->base, *key;
    bool fine = true;
    while (fine && (key = next_of(t, it)) != NULL) {
        fine = dict_store(t, made, key, n == 2 ? argument[1] : interp_of(t)->none);
        drop(t, key);
    }
    drop(t, it);
    if (!failed(t))
        return made;
    drop(t, made);
    return NULL;
}
static const struct builtin_def dict_methods[] = {
    {"get", dict_method_get, 1, 2, {NULL}},
    {"setdefault", dict_method_setdefault, 1, 2, {NULL}},
    {"pop", dict_method_pop, 1, 2, {NULL}},
    {"popitem", dict_method_popitem, 0, 0, {NULL}},
    {"keys", dict_method_keys, 0, 0, {NULL}},
    {"values", dict_method_values, 0, 0, {NULL}},
    {"items", dict_method_items, 0, 0, {NULL}},
    {"update", dict_method_update, 0, 1, {BUILTIN_NAMES}},
    {"clear", dict_method_clear, 0, 0, {NULL}},
    {"copy", dict_method_copy, 0, 0, {NULL}},
    {"fromkeys", dict_method_fromkeys, 1, 2, {NULL}},
    {0},
};
static const struct slots dict_slots = {
    .kind = KIND_DICT,
    .keep = KEEP_DICT,
    .binary = {[OPERATOR_OR] = dict_or},
    .in_place = {[OPERATOR_OR] = dict_in_place_or},
    .compare = dict_compare,
    .truth = dict_truth,
    .length = dict_size,
    .subscript = dict_subscript,
    .store = dict_store,
    .contains = dict_has,
    .iterate = dict_keys_iterate,
    .repr = dict_repr,
    .method = dict_methods,
};

// --- sets -------------------------------------------------------------------------------------

// A set that is looked for in a set is compared as a frozenset, which we do not have.
static bool set_key(struct thread *t, struct object *key)
{
    if (is_set(key))
        raise_fatal(t, "a set that is looked for in a set");
    return !is_set(key);
}
static int set_has(struct thread *t, struct object *set, struct object *key)
{
    return set_key(t, key) ? dict_has(t, set, key) : -1;
}
static bool set_insert(struct thread *t, struct object *set, struct object *item)
{
    struct object *k = key_open(t, as_dict(set), item);
    if (k == NULL)
        return false;
    set_add(t, as_set(set), &k->rc);
    key_close(t, item, k);
    return true;
}
// Whether it was there; -1: an error.
static int set_take_out(struct thread *t, struct object *set, struct object *item)
{
    struct object *k = set_key(t, item) ? key_open(t, as_dict(set), item) : NULL;
    if (k == NULL)
        return -1;
    bool there = set_remove(t, as_set(set), &k->rc);
    key_close(t, item, k);
    return there;
}

// Operations on one set with all items of an iterable, in place.
static bool insert_each(struct thread *t, void *set, struct object *item)
{
    return set_insert(t, set, item);
}
static bool remove_each(struct thread *t, void *set, struct object *item)
{
    return set_take_out(t, set, item) >= 0;
}
static bool toggle_each(struct thread *t, void *set, struct object *item)
{
    int there = set_take_out(t, set, item);
    return there != 0 ? there > 0 : set_insert(t, set, item);
}
static struct object *set_empty(struct thread *t)
{
    return &set_new(t)->dict.base;
}
static struct object *set_from(struct thread *t, struct object *iterable)
{
    if (is_set(iterable))
        return &dict_copy(t, as_dict(iterable))->base;
    struct object *set = set_empty(t);
    if (for_each(t, iterable, insert_each, set))
        return set;
    drop(t, set);
    return NULL;
}
static bool set_unite(struct thread *t, struct object *set, struct object *iterable)
{
    return set == iterable || for_each(t, iterable, insert_each, set);
}
static bool set_subtract(struct thread *t, struct object *set, struct object *iterable)
{
    if (set != iterable)
        return for_each(t, iterable, remove_each, set);
    set_clear(t, as_set(set));
    return true;
}
// Each item counts once, so that an iterable becomes a set first.
static bool set_toggle(struct thread *t, struct object *set, struct object *iterable)
{
    if (set == iterable)
        return set_subtract(t, set, set);
    struct object *other = set_from(t, iterable);
    if (other == NULL)
        return false;
    bool fine = for_each(t, other, toggle_each, set);
    drop(t, other);
    return fine;
}
struct common {
    struct object *in, *to;
};
static bool common_each(struct thread *t, void *argument, struct object *item)
{
    struct common *c = argument;
    int there = dict_has(t, c->in, item);
    return there > 0 ? set_insert(t, c->to, item) : there == 0;
}
// A new set of what is in both.
static struct object *set_common(struct thread *t, struct object *set, struct object *iterable)
{
    struct common c = {.in = set, .to = set_empty(t)};
    if (is_set(iterable) && dict_size(t, iterable) > dict_size(t, set)) {
        c.in = iterable;
        iterable = set;
    }
    if (for_each(t, iterable, common_each, &c))
        return c.to;
    drop(t, c.to);
    return NULL;
}
static bool set_restrict(struct thread *t, struct object *set, struct object *iterable)
{
    struct object *common = set_common(t, set, iterable);
    if (common == NULL)
        return false;
    struct object *all = list_from(t, set), *item;
    for (size_t i = 0; (item = list_item(t, all, i)) != NULL; i++) {
        if (dict_has(t, common, item) == 0)
            set_take_out(t, set, item);
        drop(t, item);
    }
    drop(t, all);
    drop(t, common);
    return !failed(t);
}
struct subset {
    struct object *in;
    bool not ;  // that it has
    bool ended; // by one that is otherwise
};
static bool subset_each(struct thread *t, void *argument, struct object *item)
{
    struct subset *s = argument;
    int there = dict_has(t, s->in, item);
    s->ended = there >= 0 && (there > 0) == s->not ;
    return there >= 0 && !s->ended;
}
// Whether all items are in the set or, with `not`, none is; -1: an error.
static int set_includes(struct thread *t, struct object *set, struct object *iterable, bool not )
{
    struct subset s = {.in = set, .not = not };
    if (for_each(t, iterable, subset_each, &s))
        return 1;
    return s.ended ? 0 : -1;
}

typedef bool set_change(struct thread *t, struct object *set, struct object *iterable);
// The change of a copy; NULL: an error.
static struct object *set_changed(struct thread *t, struct object *set, set_change *change,
                                  struct object *iterable)
{
    struct object *copy = set_from(t, set);
    if (copy == NULL || change(t, copy, iterable))
        return copy;
    drop(t, copy);
    return NULL;
}
#define SET_OPERATOR(name, change, result)                                                 \
    static struct object *set_##name(struct thread *t, struct object *a, struct object *b) \
    {                                                                                      \
        return is_set(a) && is_set(b) ? result : NOT_IMPLEMENTED;                          \
    }                                                                                      \
    static struct object *set_in_place_##name(struct thread *t, struct object *a,          \
                                              struct object *b)                            \
    {                                                                                      \
        if (!is_set(b))                                                                    \
            return NOT_IMPLEMENTED;                                                        \
        return change(t, a, b) ? keep(t, a) : NULL;                                        \
    }
SET_OPERATOR(or, set_unite, set_changed(t, a, set_unite, b))
SET_OPERATOR(minus, set_subtract, set_changed(t, a, set_subtract, b))
SET_OPERATOR(xor, set_toggle, set_changed(t, a, set_toggle, b))
SET_OPERATOR(and, set_restrict, set_common(t, a, b))
#undef SET_OPERATOR

static struct object *set_compare(struct thread *t, struct object *a, struct object *b,
                                  enum comparison how)
{
    if (!is_set(b))
        return NOT_IMPLEMENTED;
    if (how == COMPARE_GT || how == COMPARE_GE)
        return set_compare(t, b, a, how == COMPARE_GT ? COMPARE_LT : COMPARE_LE);
    int64_t n = dict_size(t, a), m = dict_size(t, b);
    int yes = how == COMPARE_LE ? n <= m : how == COMPARE_LT ? n < m : n == m;
    if (yes > 0)
        yes = set_includes(t, b, a, false);
    return yes < 0 ? NULL : truth(t, how == COMPARE_NE ? !yes : yes);
}
static struct object *set_iterate(struct thread *t, struct object *o)
{
    return dict_iterator_make(t, &set_iterator_type, o);
}
// The items of anything that can be iterated, between two texts.
static bool builder_items(struct thread *t, struct builder *b, const char *before,
                          struct object *iterable, const char *behind)
{
    struct object *list = list_from(t, iterable), *item;
    bool fine = list != NULL;
    builder_text(b, before);
    for (size_t i = 0; fine && (item = list_item(t, list, i)) != NULL; i++) {
        if (i != 0)
            builder_text(b, ", ");
        fine = builder_repr(t, b, item);
        drop(t, item);
    }
    builder_text(b, behind);
    drop_maybe(t, list);
    return fine;
}
static struct object *set_repr(struct thread *t, struct object *o)
{
    struct shown s;
    if (dict_size(t, o) == 0)
        return string_make(t, "set()", 5);
    if (!show_begin(t, &s, o))
        return string_make(t, "set(...)", 8);
    struct builder b;
    builder_open(&b);
    bool fine = builder_items(t, &b, "{", o, "}");
    show_end(t, &s);
    return fine ? builder_string(t, &b) : builder_failed(&b);
}

METHOD(set_method_add)
{
    return set_insert(t, self, argument[0]) ? none(t) : NULL;
}
METHOD(set_method_remove)
{
    int there = set_take_out(t, self, argument[0]);
    return there > 0 ? none(t) : there < 0 ? NULL : raise_with(t, RAISES_KEY_ERROR, argument[0]);
}
METHOD(set_method_discard)
{
    return set_take_out(t, self, argument[0]) >= 0 ? none(t) : NULL;
}
METHOD(set_method_pop)
{
    struct rc_header *key, *value = dict_pop_last(t, as_dict(self), &key);
    if (value == NULL)
        return raise_error(t, RAISES_KEY_ERROR, "pop from an empty set");
    rc_decref(t, value);
    return object_of(key);
}
METHOD(set_method_clear)
{
    set_clear(t, as_set(self));
    return none(t);
}
METHOD(set_method_copy)
{
    return &dict_copy(t, as_dict(self))->base;
}
// Each argument in turn.
static struct object *set_change_all(struct thread *t, struct object *set, set_change *change,
                                     struct object *const *argument, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!change(t, set, argument[i]))
            return NULL;
    return none(t);
}
static struct object *set_changed_all(struct thread *t, struct object *set, set_change *change,
                                      struct object *const *argument, unsigned n)
{
    struct object *copy = &dict_copy(t, as_dict(set))->base;
    struct object *done = set_change_all(t, copy, change, argument, n);
    drop(t, done != NULL ? done : copy);
    return done != NULL ? copy : NULL;
}
#define SET_METHODS(result, in_place, change)                 \
    METHOD(set_method_##result)                               \
    {                                                         \
        return set_changed_all(t, self, change, argument, n); \
    }                                                         \
    METHOD(set_method_##in_place)                             \
    {                                                         \
        return set_change_all(t, self, change, argument, n);  \
    }
SET_METHODS(union, update, set_unite)
SET_METHODS(intersection, intersection_update, set_restrict)
SET_METHODS(difference, difference_update, set_subtract)
SET_METHODS(symmetric_difference, symmetric_difference_update, set_toggle)
#undef SET_METHODS
// 1, 0, or -1: an error, as a program has it.
static struct object *yes_or_no(struct thread *t, int yes)
{
    return yes < 0 ? NULL : truth(t, yes);
}
METHOD(set_method_issubset)
{
    struct object *other = set_from(t, argument[0]);
    if (other == NULL)
        return NULL;
    int yes = set_includes(t, other, self, false);
    drop(t, other);
    return yes_or_no(t, yes);
}
METHOD(set_method_issuperset)
{
    return yes_or_no(t, set_includes(t, self, argument[0], false));
}
METHOD(set_method_isdisjoint)
{
    return yes_or_no(t, set_includes(t, self, argument[0], true));
}
static const struct builtin_def set_methods[] = {
    {"add", set_method_add, 1, 1, {NULL}},
    {"remove", set_method_remove, 1, 1, {NULL}},
    {"discard", set_method_discard, 1, 1, {NULL}},
    {"pop", set_method_pop, 0, 0, {NULL}},
    {"clear", set_method_clear, 0, 0, {NULL}},
    {"copy", set_method_copy, 0, 0, {NULL}},
    {"union", set_method_union, 0, BUILTIN_ANY, {NULL}},
    {"update", set_method_update, 0, BUILTIN_ANY, {NULL}},
    {"intersection", set_method_intersection, 0, BUILTIN_ANY, {NULL}},
    {"intersection_update", set_method_intersection_update, 0, BUILTIN_ANY, {NULL}},
    {"difference", set_method_difference, 0, BUILTIN_ANY, {NULL}},
    {"difference_update", set_method_difference_update, 0, BUILTIN_ANY, {NULL}},
    {"symmetric_difference", set_method_symmetric_difference, 1, 1, {NULL}},
    {"symmetric_difference_update", set_method_symmetric_difference_update, 1, 1, {NULL}},
    {"issubset", set_method_issubset, 1, 1, {NULL}},
    {"issuperset", set_method_issuperset, 1, 1, {NULL}},
    {"isdisjoint", set_method_isdisjoint, 1, 1, {NULL}},
    {0},
};
static const struct slots set_slots = {
    .kind = KIND_SET,
    .binary = {[OPERATOR_OR] = set_or,
               [OPERATOR_SUBTRACT] = set_minus,
               [OPERATOR_XOR] = set_xor,
               [OPERATOR_AND] = set_and},
    .in_place = {[OPERATOR_OR] = set_in_place_or,
                 [OPERATOR_SUBTRACT] = set_in_place_minus,
                 [OPERATOR_XOR] = set_in_place_xor,
                 [OPERATOR_AND] = set_in_place_and},
    .compare = set_compare,
    .truth = dict_truth,
    .length = dict_size,
    .contains = set_has,
    .iterate = set_iterate,
    .repr = set_repr,
    .method = set_methods,
};

// --- views ------------------------------------------------------------------------------------

// What keys(), values() and items() answer; the keys and the items of a dictionary are like sets.
struct view {
    struct object base;
    struct rc_slot dict;
};
static void view_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct view *)o)->dict);
}
static void view_destroy(struct thread *t, struct object *o)
{
    view_visit(o, clear_visited, t);
}
static struct object *view_make(struct thread *t, const struct type *type, struct object *dict)
{
    struct view *v = object_new(t, type, sizeof *v, AL_CONTAINER, 0);
    rc_fill(t, &v->base.rc, &v->dict, &keep(t, dict)->rc);
    return &v->base;
}
API struct object *view_dict(struct object *o)
{
    return object_of(rc_peek(&((struct view *)o)->dict));
}
static int64_t view_length(struct thread *t, struct object *o)
{
    return dict_size(t, view_dict(o));
}
static struct object *keys_iterate(struct thread *t, struct object *o)
{
    return dict_iterator_make(t, &key_iterator_type, view_dict(o));
}
static struct object *values_iterate(struct thread *t, struct object *o)
{
    return dict_iterator_make(t, &value_iterator_type, view_dict(o));
}
static struct object *items_iterate(struct thread *t, struct object *o)
{
    return dict_iterator_make(t, &item_iterator_type, view_dict(o));
}
static int keys_contain(struct thread *t, struct object *o, struct object *item)
{
    return dict_has(t, view_dict(o), item);
}
static int items_contain(struct thread *t, struct object *o, struct object *item)
{
    if (!is_tuple(item) || tuple_length(item) != 2)
        return 0;
    struct object *k = key_open(t, as_dict(view_dict(o)), tuple_item(item, 0));
    if (k == NULL)
        return -1;
    struct rc_header *value = dict_get(t, as_dict(view_dict(o)), &k->rc);
    key_close(t, tuple_item(item, 0), k);
    if (value == NULL)
        return 0;
    int same = equal(t, object_of(value), tuple_item(item, 1));
    rc_decref(t, value);
    return same;
}
static int values_contain(struct thread *t, struct object *o, struct object *item)
{
    struct object *list = list_from(t, o);
    int there = list != NULL ? list_contains(t, list, item) : -1;
    drop_maybe(t, list);
    return there;
}
static struct object *view_repr(struct thread *t, struct object *o)
{
    struct shown s;
    if (!show_begin(t, &s, o))
        return string_make(t, "...", 3);
    struct builder b;
    builder_open(&b);
    builder_text(&b, o->type->name);
    bool fine = builder_items(t, &b, "([", o, "])");
    show_end(t, &s);
    return fine ? builder_string(t, &b) : builder_failed(&b);
}
API bool is_set_like(const struct object *o)
{
    return is_set(o) || o->type == &keys_type || o->type == &items_type;
}
static struct object *view_operator(struct thread *t, struct object *a, struct object *b,
                                    set_change *change)
{
    struct object *set = set_from(t, a);
    if (set == NULL || change(t, set, b))
        return set;
    drop(t, set);
    return NULL;
}
static struct object *view_or(struct thread *t, struct object *a, struct object *b)
{
    return view_operator(t, a, b, set_unite);
}
static struct object *view_minus(struct thread *t, struct object *a, struct object *b)
{
    return view_operator(t, a, b, set_subtract);
}
static struct object *view_xor(struct thread *t, struct object *a, struct object *b)
{
    return view_operator(t, a, b, set_toggle);
}
static struct object *view_and(struct thread *t, struct object *a, struct object *b)
{
    return view_operator(t, a, b, set_restrict);
}
static struct object *view_compare(struct thread *t, struct object *a, struct object *b,
                                   enum comparison how)
{
    if (!is_set_like(b))
        return NOT_IMPLEMENTED;
    struct object *x = set_from(t, a), *y = x != NULL ? set_from(t, b) : NULL;
    struct object *result = y != NULL ? set_compare(t, x, y, how) : NULL;
    drop_maybe(t, x);
    drop_maybe(t, y);
    return result;
}
#define VIEW_SET_SLOTS                           \
    .binary = {[OPERATOR_OR] = view_or,          \
               [OPERATOR_SUBTRACT] = view_minus, \
               [OPERATOR_XOR] = view_xor,        \
               [OPERATOR_AND] = view_and},       \
    .compare = view_compare
#define VIEW(view, iterator, has, hashing, ...)                      \
    static const struct slots view##_slots = {.kind = KIND_VIEW,     \
                                              .length = view_length, \
                                              .contains = has,       \
                                              .iterate = iterator,   \
                                              .repr = view_repr,     \
                                              __VA_ARGS__};          \
    static const struct type view##_type = {.name = "dict_" #view,   \
                                            .destroy = view_destroy, \
                                            .traverse = view_visit,  \
                                            .hash = hashing,         \
                                            .slots = &view##_slots};
VIEW(keys, keys_iterate, keys_contain, NULL, VIEW_SET_SLOTS)
VIEW(values, values_iterate, values_contain, identity_hash, .compare = NULL)
VIEW(items, items_iterate, items_contain, NULL, VIEW_SET_SLOTS)
#undef VIEW

#endif
