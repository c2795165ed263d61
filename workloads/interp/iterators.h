// SPDX-License-Identifier: MIT
//
// Ranges, and iterators of all sequences; enumerate, zip, reversed, map and filter (CPython's
// Objects/rangeobject.c, iterobject.c, enumobject.c and Python/bltinmodule.c).
//
// An iterator keeps what it goes through until it dies, also when it has come to its end, for
// another thread may be in it. Where it stands is a relaxed number: threads that share one may get
// an item twice.
#ifndef ITERATORS_H
#define ITERATORS_H

#include "mapping.h"

// --- through a sequence, by an index ----------------------------------------------------------

// Behind the end for good: no sequence is so long.
#define AT_END SIZE_MAX
struct index_iterator {
    struct object base;
    struct rc_slot sequence;
    _Atomic(size_t) next; // a byte, in a string
};
static void index_iterator_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct index_iterator *)o)->sequence);
}
static void index_iterator_destroy(struct thread *t, struct object *o)
{
    index_iterator_visit(o, clear_visited, t);
}
static struct object *index_iterator_make(struct thread *t, const struct type *type,
                                          struct object *sequence, size_t from)
{
    struct index_iterator *i = object_new_kept(t, type, sizeof *i, AL_CONTAINER, 0);
    rc_fill(t, &i->base.rc, &i->sequence, &keep(t, sequence)->rc);
    atomic_init(&i->next, from);
    return &i->base;
}
API struct object *index_iterator_sequence(struct object *o)
{
    return object_of(rc_peek(&((struct index_iterator *)o)->sequence));
}
API size_t index_iterator_at(struct object *o)
{
    return atomic_load_explicit(&((struct index_iterator *)o)->next, memory_order_relaxed);
}
API void index_iterator_set(struct object *o, size_t next)
{
    atomic_store_explicit(&((struct index_iterator *)o)->next, next, memory_order_relaxed);
}

API struct object *list_iterator_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    struct object *item = list_item(t, index_iterator_sequence(o), i);
    index_iterator_set(o, item != NULL ? i + 1 : AT_END);
    return item;
}
API struct object *tuple_iterator_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    struct object *tuple = index_iterator_sequence(o);
    if (i >= tuple_length(tuple))
        return NULL;
    index_iterator_set(o, i + 1);
    return keep(t, tuple_item(tuple, i));
}
static struct object *character_at(struct thread *t, const char *p)
{
    if ((unsigned char)*p < 128)
        return keep(t, interp_of(t)->character[(unsigned char)*p]);
    return string_make(t, p, utf8_length(*p));
}
static struct object *string_iterator_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    struct string *s = string_of(index_iterator_sequence(o));
    if (i >= s->length)
        return NULL;
    index_iterator_set(o, i + utf8_length(s->bytes[i]));
    return character_at(t, s->bytes + i);
}
// Downwards: `next` is one more than the index.
static struct object *list_reversed_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    struct object *item = i != 0 ? list_item(t, index_iterator_sequence(o), i - 1) : NULL;
    index_iterator_set(o, item != NULL ? i - 1 : 0);
    return item;
}
static struct object *tuple_reversed_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    if (i == 0)
        return NULL;
    index_iterator_set(o, i - 1);
    return keep(t, tuple_item(index_iterator_sequence(o), i - 1));
}
static struct object *string_reversed_next(struct thread *t, struct object *o)
{
    size_t i = index_iterator_at(o);
    struct string *s = string_of(index_iterator_sequence(o));
    if (i == 0)
        return NULL;
    const char *p = utf8_before(s->bytes + i);
    index_iterator_set(o, (size_t)(p - s->bytes));
    return character_at(t, p);
}
#define ITERATOR(iterator, text, kind_of_it, keep_of_it, visits, destroys, nexts)            \
    static const struct slots iterator##_slots = {                                           \
        .kind = kind_of_it, .keep = keep_of_it, .iterate = iterator_iterate, .next = nexts}; \
    static const struct type iterator##_type = {.name = text,                                \
                                                .destroy = destroys,                         \
                                                .traverse = visits,                          \
                                                .hash = identity_hash,                       \
                                                .slots = &iterator##_slots};
#define INDEX_ITERATOR(iterator, text, kind_of_it, keep_of_it)                                     \
    ITERATOR(iterator, text, kind_of_it, keep_of_it, index_iterator_visit, index_iterator_destroy, \
             iterator##_next)
INDEX_ITERATOR(list_iterator, "list_iterator", KIND_ITERATOR, KEEP_ITERATOR)
INDEX_ITERATOR(tuple_iterator, "tuple_iterator", KIND_ITERATOR, KEEP_ITERATOR)
INDEX_ITERATOR(string_iterator, "str_iterator", KIND_ITERATOR, KEEP_NONE)
INDEX_ITERATOR(list_reversed, "list_reverseiterator", KIND_REVERSED, KEEP_NONE)
INDEX_ITERATOR(tuple_reversed, "reversed", KIND_REVERSED, KEEP_NONE)
INDEX_ITERATOR(string_reversed, "reversed", KIND_REVERSED, KEEP_NONE)
#undef INDEX_ITERATOR

// --- ranges -----------------------------------------------------------------------------------

struct range {
    struct object base;
    int64_t start, stop, step;
    uint64_t length;
};
struct range_iterator {
    struct object base;
    int64_t start, step;
    uint64_t length;
    _Atomic(uint64_t) next;
};
static const struct slots range_slots;
static uint64_t range_hash(struct object *o);
static bool range_equal(struct object *a, struct object *b);
static const struct type range_type = {
    .name = "range", .hash = range_hash, .equal = range_equal, .slots = &range_slots};
API struct range *as_range(struct object *o)
{
    return (struct range *)o;
}
// Where all is unsigned nothing overflows; what comes out is within 64 bits.
API int64_t range_value(int64_t start, int64_t step, uint64_t i)
{
    return (int64_t)((uint64_t)start + i * (uint64_t)step);
}
// step is not 0.
static struct object *range_make(struct thread *t, int64_t start, int64_t stop, int64_t step)
{
    struct range *r = object_new(t, &range_type, sizeof *r, AL_OBJECT, 0);
    *r = (struct range){.base = r->base, .start = start, .stop = stop, .step = step};
    if (step > 0 && start < stop)
        r->length = ((uint64_t)stop - (uint64_t)start - 1) / (uint64_t)step + 1;
    else if (step < 0 && stop < start)
        r->length = ((uint64_t)start - (uint64_t)stop - 1) / -(uint64_t)step + 1;
    return &r->base;
}
static struct object *range_iterator_make(struct thread *t, int64_t start, int64_t step,
                                          uint64_t length)
{
    struct range_iterator *i = object_new_kept(t, &range_iterator_type, sizeof *i, AL_OBJECT, 1);
    i->start = start;
    i->step = step;
    i->length = length;
    atomic_init(&i->next, 0);
    return &i->base;
}
API struct object *range_iterator_next(struct thread *t, struct object *o)
{
    struct range_iterator *it = (struct range_iterator *)o;
    uint64_t i = atomic_load_explicit(&it->next, memory_order_relaxed);
    if (i >= it->length)
        return NULL;
    atomic_store_explicit(&it->next, i + 1, memory_order_relaxed);
    return int_new(t, range_value(it->start, it->step, i));
}
ITERATOR(range_iterator, "range_iterator", KIND_ITERATOR, KEEP_ITERATOR, NULL, NULL,
         range_iterator_next)

// As Python's, which hashes the length, and start and step where they matter.
static uint64_t range_hash(struct object *o)
{
    struct range *r = as_range(o);
    uint64_t hash = r->length;
    if (r->length > 0)
        hash = (hash ^ (uint64_t)r->start) * 0x9e3779b97f4a7c15u;
    if (r->length > 1)
        hash = (hash ^ (uint64_t)r->step) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}
static bool range_equal(struct object *a, struct object *b)
{
    struct range *x = as_range(a), *y = as_range(b);
    return x->length == y->length && (x->length < 1 || x->start == y->start) &&
           (x->length < 2 || x->step == y->step);
}
static struct object *range_compare(struct thread *t, struct object *a, struct object *b,
                                    enum comparison how)
{
    if (b->type != &range_type || (how != COMPARE_EQ && how != COMPARE_NE))
        return NOT_IMPLEMENTED;
    return truth(t, range_equal(a, b) == (how == COMPARE_EQ));
}
static int range_truth(struct thread *t, struct object *o)
{
    (void)t;
    return as_range(o)->length != 0;
}
static int64_t range_length(struct thread *t, struct object *o)
{
    if (as_range(o)->length <= INT64_MAX)
        return (int64_t)as_range(o)->length;
    raise_error(t, RAISES_OVERFLOW_ERROR, "Python int too large to convert to C ssize_t");
    return -1;
}
static struct object *range_slice(struct thread *t, struct object *o, struct object *slice)
{
    struct range *r = as_range(o);
    int64_t n = range_length(t, o), start, stop, step, count, first, end;
    if (n < 0 || !slice_clip(t, slice, n, &start, &stop, &step, &count))
        return NULL;
    if (__builtin_mul_overflow(step, r->step, &step) ||
        __builtin_mul_overflow(start, r->step, &first) ||
        __builtin_add_overflow(first, r->start, &first) ||
        __builtin_mul_overflow(stop, r->step, &end) || __builtin_add_overflow(end, r->start, &end))
        return int_outside(t);
    return range_make(t, first, end, step);
}
static struct object *range_subscript(struct thread *t, struct object *o, struct object *index)
{
    int64_t i;
    if (index->type == &slice_type)
        return range_slice(t, o, index);
    if (!sequence_index(t, index, "range", &i))
        return NULL;
    struct range *r = as_range(o);
    uint64_t at = i < 0 ? r->length - -(uint64_t)i : (uint64_t)i;
    if (at >= r->length)
        return raise_error(t, RAISES_INDEX_ERROR, "range object index out of range");
    return int_new(t, range_value(r->start, r->step, at));
}
// The index at which an integer is; false: it is not there.
static bool range_find(const struct range *r, int64_t value, uint64_t *at)
{
    uint64_t off =
        r->step > 0 ? (uint64_t)value - (uint64_t)r->start : (uint64_t)r->start - (uint64_t)value;
    uint64_t step = r->step > 0 ? (uint64_t)r->step : -(uint64_t)r->step;
    if ((r->step > 0 ? value < r->start : value > r->start) || off % step != 0)
        return false;
    *at = off / step;
    return *at < r->length;
}
// How often the item is there, up to `most`, and where first; -1: an error.
static int64_t range_search(struct thread *t, struct object *o, struct object *item, int64_t most,
                            uint64_t *first)
{
    struct range *r = as_range(o);
    int64_t count = 0;
    if (is_int(item))
        return range_find(r, int_value(item), first);
    for (uint64_t i = 0; i < r->length && count < most; i++) {
        struct object *value = int_new(t, range_value(r->start, r->step, i));
        int same = equal(t, value, item);
        drop(t, value);
        if (same < 0)
            return -1;
        if (same > 0 && count++ == 0)
            *first = i;
    }
    return count;
}
static int range_contains(struct thread *t, struct object *o, struct object *item)
{
    uint64_t first;
    return (int)range_search(t, o, item, 1, &first);
}
static struct object *range_iterate(struct thread *t, struct object *o)
{
    return range_iterator_make(t, as_range(o)->start, as_range(o)->step, as_range(o)->length);
}
static struct object *range_repr(struct thread *t, struct object *o)
{
    long long start = as_range(o)->start, stop = as_range(o)->stop, step = as_range(o)->step;
    return step == 1 ? string_format(t, "range(%lld, %lld)", start, stop)
                     : string_format(t, "range(%lld, %lld, %lld)", start, stop, step);
}
static struct object *range_attribute(struct thread *t, struct object *o, struct object *name)
{
    const char *text = string_of(name)->bytes;
    if (strcmp(text, "start") == 0)
        return int_new(t, as_range(o)->start);
    if (strcmp(text, "stop") == 0)
        return int_new(t, as_range(o)->stop);
    return strcmp(text, "step") == 0 ? int_new(t, as_range(o)->step) : NOT_IMPLEMENTED;
}
METHOD(range_method_index)
{
    uint64_t first;
    int64_t count = range_search(t, self, argument[0], 1, &first);
    if (count == 0 && is_int(argument[0]))
        raise_error(t, RAISES_VALUE_ERROR, "%lld is not in range",
                    (long long)int_value(argument[0]));
    else if (count == 0)
        raise_error(t, RAISES_VALUE_ERROR, "sequence.index(x): x not in sequence");
    return count > 0 ? int_new(t, (int64_t)first) : NULL;
}
METHOD(range_method_count)
{
    uint64_t first;
    int64_t count = range_search(t, self, argument[0], INT64_MAX, &first);
    return count < 0 ? NULL : int_new(t, count);
}
static const struct builtin_def range_methods[] = {
    {"index", range_method_index, 1, 1, {NULL}},
    {"count", range_method_count, 1, 1, {NULL}},
    {0},
};
static const struct slots range_slots = {
    .kind = KIND_RANGE,
    .compare = range_compare,
    .truth = range_truth,
    .length = range_length,
    .subscript = range_subscript,
    .contains = range_contains,
    .iterate = range_iterate,
    .repr = range_repr,
    .attribute = range_attribute,
    .method = range_methods,
};

// --- whatever can be iterated -----------------------------------------------------------------

// Of a list, a tuple or a string.
static struct object *sequence_iterator(struct thread *t, struct object *sequence)
{
    const struct type *type = is_list(sequence)    ? &list_iterator_type
                              : is_tuple(sequence) ? &tuple_iterator_type
                                                   : &string_iterator_type;
    return index_iterator_make(t, type, sequence, 0);
}
static bool for_each(struct thread *t, struct object *iterable, each_fn *each, void *argument)
{
    struct object *item;
    bool going = true;
    if (is_tuple(iterable)) {
        for (size_t i = 0; going && i < tuple_length(iterable); i++)
            going = each(t, argument, tuple_item(iterable, i));
        return going;
    }
    if (is_list(iterable)) {
        for (size_t i = 0; going && (item = list_item(t, iterable, i)) != NULL; i++) {
            going = each(t, argument, item);
            drop(t, item);
        }
        return going;
    }
    struct object *it = iterate(t, iterable);
    if (it == NULL)
        return false;
    while (going && (item = next_of(t, it)) != NULL) {
        going = each(t, argument, item);
        drop(t, item);
    }
    drop(t, it);
    return going && !failed(t);
}

// --- iterators of iterators -------------------------------------------------------------------

struct enumerate {
    struct object base;
    struct rc_slot iterator;
    _Atomic(int64_t) next;
};
static void enumerate_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct enumerate *)o)->iterator);
}
static void enumerate_destroy(struct thread *t, struct object *o)
{
    enumerate_visit(o, clear_visited, t);
}
static struct object *enumerate_next(struct thread *t, struct object *o)
{
    struct enumerate *e = (struct enumerate *)o;
    if (!stack_has_room(t))
        return NULL;
    struct object *item = next_of(t, object_of(rc_peek(&e->iterator)));
    if (item == NULL)
        return NULL;
    // relaxed: it orders nothing
    int64_t i = atomic_load_explicit(&e->next, memory_order_relaxed);
    atomic_store_explicit(&e->next, (int64_t)((uint64_t)i + 1), memory_order_relaxed);
    return tuple_pair(t, int_new(t, i), item);
}
ITERATOR(enumerate, "enumerate", KIND_ENUMERATE, KEEP_NONE, enumerate_visit, enumerate_destroy,
         enumerate_next)
static struct object *enumerate_make(struct thread *t, struct object *iterable, int64_t start)
{
    struct object *it = iterate(t, iterable);
    if (it == NULL)
        return NULL;
    struct enumerate *e = object_new(t, &enumerate_type, sizeof *e, AL_CONTAINER, 0);
    rc_fill(t, &e->base.rc, &e->iterator, &it->rc);
    atomic_init(&e->next, start);
    return &e->base;
}

// Of several iterators at a time. map and filter have a function, in the last slot.
struct joined {
    struct object base;
    unsigned n; // iterators
    bool calls;
    struct rc_slot slot[];
};
API struct object *joined_part(struct object *o, unsigned i)
{
    return object_of(rc_peek(&((struct joined *)o)->slot[i]));
}
static void joined_visit(struct object *o, rc_visit *visit, void *argument)
{
    struct joined *j = (struct joined *)o;
    for (unsigned i = 0; i < j->n + j->calls; i++)
        visit(argument, &j->slot[i]);
}
static void joined_destroy(struct thread *t, struct object *o)
{
    joined_visit(o, clear_visited, t);
}
// function NULL: there is none.
static struct object *joined_make(struct thread *t, const struct type *type,
                                  struct object *function, struct object *const *iterable,
                                  unsigned n)
{
    struct object **it = sync_alloc((n + 1) * sizeof *it);
    struct joined *j = NULL;
    unsigned made = 0;
    while (made < n && (it[made] = iterate(t, iterable[made])) != NULL)
        made++;
    if (made == n) {
        j = object_new(t, type, sizeof *j + (n + 1) * sizeof j->slot[0], AL_CONTAINER, 0);
        j->n = n;
        j->calls = function != NULL;
        for (unsigned i = 0; i < n; i++)
            rc_fill(t, &j->base.rc, &j->slot[i], &it[i]->rc);
        if (function != NULL)
            rc_fill(t, &j->base.rc, &j->slot[n], &keep(t, function)->rc);
    } else {
        while (made != 0)
            drop(t, it[--made]);
    }
    sync_free(it);
    return (struct object *)j;
}
// The next item of each, as long as all have one; false: the end, or an error.
static bool joined_items(struct thread *t, struct object *o, struct object **item)
{
    unsigned n = ((struct joined *)o)->n;
    for (unsigned i = 0; i < n; i++) {
        item[i] = next_of(t, joined_part(o, i));
        if (item[i] == NULL) {
            while (i != 0)
                drop(t, item[--i]);
            return false;
        }
    }
    return n != 0;
}
enum { JOINED_NEAR = 8 };
static struct object *zip_next(struct thread *t, struct object *o)
{
    if (!stack_has_room(t))
        return NULL;
    unsigned n = ((struct joined *)o)->n;
    struct object *near[JOINED_NEAR], *result = NULL;
    struct object **item = n <= JOINED_NEAR ? near : sync_alloc(n * sizeof *item);
    if (joined_items(t, o, item))
        result = tuple_make(t, item, n);
    if (item != near)
        sync_free(item);
    return result;
}
static struct object *map_next(struct thread *t, struct object *o)
{
    if (!stack_has_room(t))
        return NULL;
    unsigned n = ((struct joined *)o)->n;
    struct object *near[JOINED_NEAR], *result = NULL;
    struct object **item = n <= JOINED_NEAR ? near : sync_alloc(n * sizeof *item);
    if (joined_items(t, o, item)) {
        result = call(t, joined_part(o, n), item, n, NULL);
        for (unsigned i = 0; i < n; i++)
            drop(t, item[i]);
    }
    if (item != near)
        sync_free(item);
    return result;
}
static struct object *filter_next(struct thread *t, struct object *o)
{
    struct object *function = joined_part(o, 1), *item;
    if (!stack_has_room(t))
        return NULL;
    while ((item = next_of(t, joined_part(o, 0))) != NULL) {
        struct object *result = is_none(t, function) ? keep(t, item) : call_1(t, function, item);
        int yes = result != NULL ? is_true(t, result) : -1;
        drop_maybe(t, result);
        if (yes > 0)
            return item;
        drop(t, item);
        if (yes < 0)
            return NULL;
    }
    return NULL;
}
ITERATOR(zip, "zip", KIND_ZIP, KEEP_NONE, joined_visit, joined_destroy, zip_next)
ITERATOR(map, "map", KIND_MAP, KEEP_NONE, joined_visit, joined_destroy, map_next)
ITERATOR(filter, "filter", KIND_FILTER, KEEP_NONE, joined_visit, joined_destroy, filter_next)
static struct object *zip_make(struct thread *t, struct object *const *iterable, unsigned n)
{
    return joined_make(t, &zip_type, NULL, iterable, n);
}
static struct object *map_make(struct thread *t, struct object *function,
                               struct object *const *iterable, unsigned n)
{
    return joined_make(t, &map_type, function, iterable, n);
}
static struct object *filter_make(struct thread *t, struct object *function,
                                  struct object *iterable)
{
    return joined_make(t, &filter_type, function, &iterable, 1);
}

// From the end of a dictionary: of its keys, values or items as they were when it was made.
struct dict_reversed {
    struct object base;
    struct rc_slot dict, list;
    size_t length;
    _Atomic(size_t) next; // behind the item
};
static void dict_reversed_visit(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct dict_reversed *)o)->dict);
    visit(argument, &((struct dict_reversed *)o)->list);
}
static void dict_reversed_destroy(struct thread *t, struct object *o)
{
    dict_reversed_visit(o, clear_visited, t);
}
static struct object *dict_reversed_next(struct thread *t, struct object *o)
{
    struct dict_reversed *r = (struct dict_reversed *)o;
    // relaxed: it is the iterator's alone, and orders nothing
    size_t next = atomic_load_explicit(&r->next, memory_order_relaxed);
    if (next == 0)
        return NULL;
    if ((size_t)dict_size(t, object_of(rc_peek(&r->dict))) != r->length)
        return raise_error(t, RAISES_RUNTIME_ERROR, "dictionary changed size during iteration");
    atomic_store_explicit(&r->next, next - 1, memory_order_relaxed);
    return list_item(t, object_of(rc_peek(&r->list)), next - 1);
}
ITERATOR(dict_reversed, "dict_reversekeyiterator", KIND_ITERATOR, KEEP_NONE, dict_reversed_visit,
         dict_reversed_destroy, dict_reversed_next)
#undef ITERATOR
// Of a dictionary or a view of one.
static struct object *dict_reversed_make(struct thread *t, struct object *o)
{
    struct object *list = list_from(t, o);
    if (list == NULL)
        return NULL;
    struct dict_reversed *r = object_new(t, &dict_reversed_type, sizeof *r, AL_CONTAINER, 0);
    rc_fill(t, &r->base.rc, &r->dict, &keep(t, is_dict(o) ? o : view_dict(o))->rc);
    r->length = (size_t)list_size(t, list);
    atomic_init(&r->next, r->length);
    rc_fill(t, &r->base.rc, &r->list, &list->rc);
    return &r->base;
}

static struct object *reversed_make(struct thread *t, struct object *sequence)
{
    if (is_list(sequence))
        return index_iterator_make(t, &list_reversed_type, sequence,
                                   (size_t)list_size(t, sequence));
    if (is_tuple(sequence))
        return index_iterator_make(t, &tuple_reversed_type, sequence, tuple_length(sequence));
    if (is_string(sequence))
        return index_iterator_make(t, &string_reversed_type, sequence, string_of(sequence)->length);
    if (sequence->type == &range_type) {
        struct range *r = as_range(sequence);
        int64_t last = r->length != 0 ? range_value(r->start, r->step, r->length - 1) : 0;
        return range_iterator_make(t, last, (int64_t) - (uint64_t)r->step, r->length);
    }
    if (is_dict(sequence) || kind_of(sequence) == KIND_VIEW)
        return dict_reversed_make(t, sequence);
    bool found;
    struct object *result = call_special(t, NAME_REVERSED, sequence, NULL, 0, &found);
    if (found)
        return result;
    if (instance_has(t, sequence, NAME_GETITEM))
        return raise_fatal(t, "reversed() by __getitem__");
    return raise_error(t, RAISES_TYPE_ERROR, "'%s' object is not reversible",
                       type_name(t, sequence));
}

#endif
