// SPDX-License-Identifier: MIT
//
// Tuples (CPython's Objects/tupleobject.c), slices, and what sequences of all kinds have in common.
//
// A tuple's items are in the tuple itself and do not change, so that nobody locks: an item is
// borrowed as long as the tuple is held.
#ifndef TUPLE_H
#define TUPLE_H

#include "text.h"

#define METHOD(name)                                                                   \
    static struct object *name(struct thread *t, struct object *self,                  \
                               struct object *const *argument __attribute__((unused)), \
                               unsigned n __attribute__((unused)),                     \
                               struct object *const *keyword __attribute__((unused)))

// --- containers in general --------------------------------------------------------------------

// What is being shown on this thread, so that a container within itself does not end in it.
struct shown {
    struct object *object;
    struct shown *around;
};
API bool show_begin(struct thread *t, struct shown *s, struct object *o)
{
    struct interp *in = interp_of(t);
    for (struct shown *around = in->shown; around != NULL; around = around->around)
        if (around->object == o)
            return false;
    *s = (struct shown){o, in->shown};
    in->shown = s;
    return true;
}
API void show_end(struct thread *t, struct shown *s)
{
    interp_of(t)->shown = s->around;
}

// Of an order that is known: `order` is below, at or above 0.
API struct object *ordered(struct thread *t, enum comparison how, int64_t order)
{
    return truth(t, comparison_holds(how, (order > 0) - (order < 0)));
}

// --- slices -----------------------------------------------------------------------------------

struct slice {
    struct object base;
    struct rc_slot start, stop, step;
};
static const struct slots slice_slots;
static void slice_visit(struct object *o, rc_visit *visit, void *argument)
{
    struct slice *s = (struct slice *)o;
    visit(argument, &s->start);
    visit(argument, &s->stop);
    visit(argument, &s->step);
}
static void slice_destroy(struct thread *t, struct object *o)
{
    slice_visit(o, clear_visited, t);
}
static const struct type slice_type = {
    .name = "slice",
    .destroy = slice_destroy,
    .traverse = slice_visit,
    .slots = &slice_slots,
};
static struct object *slice_make(struct thread *t, struct object *start, struct object *stop,
                                 struct object *step)
{
    struct slice *s = object_new(t, &slice_type, sizeof *s, AL_CONTAINER, 0);
    rc_fill(t, &s->base.rc, &s->start, &keep(t, start)->rc);
    rc_fill(t, &s->base.rc, &s->stop, &keep(t, stop)->rc);
    rc_fill(t, &s->base.rc, &s->step, &keep(t, step)->rc);
    return &s->base;
}
API struct object *slice_part(struct rc_slot *s)
{
    return object_of(rc_peek(s));
}
// *value stays if the part is None.
static bool slice_number(struct thread *t, struct rc_slot *part, int64_t *value)
{
    struct object *o = slice_part(part);
    if (o == interp_of(t)->none)
        return true;
    if (!is_int(o) && !instance_has(t, o, NAME_INDEX)) {
        raise_error(t, RAISES_TYPE_ERROR,
                    "slice indices must be integers or None or have an __index__ method");
        return false;
    }
    return as_index(t, o, value);
}
// An index as Python clips it: from the end if it is below 0, and then between least and most.
API int64_t index_clip(int64_t i, int64_t length, int64_t least, int64_t most)
{
    if (i < 0)
        i = i < -length ? -1 : i + length;
    return i < least ? least : i > most ? most : i;
}
// ... and `stop` clipped as well.
static bool slice_clip(struct thread *t, struct object *slice, int64_t length, int64_t *start,
                       int64_t *stop, int64_t *step, int64_t *count)
{
    struct slice *s = (struct slice *)slice;
    *step = 1;
    if (!slice_number(t, &s->step, step))
        return false;
    if (*step == 0) {
        raise_error(t, RAISES_VALUE_ERROR, "slice step cannot be zero");
        return false;
    }
    if (*step == INT64_MIN)
        *step = -INT64_MAX; // as CPython, so that it can be negated
    bool down = *step < 0;
    *stop = down ? INT64_MIN : INT64_MAX;
    *start = down ? INT64_MAX : 0;
    if (!slice_number(t, &s->start, start) || !slice_number(t, &s->stop, stop))
        return false;
    *start = index_clip(*start, length, down ? -1 : 0, down ? length - 1 : length);
    *stop = index_clip(*stop, length, down ? -1 : 0, down ? length - 1 : length);
    *count = 0;
    if (down && *stop < *start)
        *count = (*start - *stop - 1) / -*step + 1;
    else if (!down && *start < *stop)
        *count = (*stop - *start - 1) / *step + 1;
    return true;
}
static bool slice_bounds(struct thread *t, struct object *slice, int64_t length, int64_t *start,
                         int64_t *step, int64_t *count)
{
    int64_t stop;
    return slice_clip(t, slice, length, start, &stop, step, count);
}
static struct object *slice_repr(struct thread *t, struct object *o)
{
    struct slice *s = (struct slice *)o;
    struct builder b;
    builder_open(&b);
    builder_text(&b, "slice(");
    bool fine = builder_repr(t, &b, slice_part(&s->start));
    builder_text(&b, ", ");
    fine = fine && builder_repr(t, &b, slice_part(&s->stop));
    builder_text(&b, ", ");
    fine = fine && builder_repr(t, &b, slice_part(&s->step));
    builder_text(&b, ")");
    return fine ? builder_string(t, &b) : builder_failed(&b);
}
static struct object *slice_attribute(struct thread *t, struct object *o, struct object *name)
{
    struct slice *s = (struct slice *)o;
    const char *text = string_of(name)->bytes;
    if (strcmp(text, "start") == 0)
        return keep(t, slice_part(&s->start));
    if (strcmp(text, "stop") == 0)
        return keep(t, slice_part(&s->stop));
    return strcmp(text, "step") == 0 ? keep(t, slice_part(&s->step)) : NOT_IMPLEMENTED;
}
static struct object *slice_compare(struct thread *t, struct object *a, struct object *b,
                                    enum comparison how)
{
    (void)how;
    return a == b || b->type != &slice_type ? NOT_IMPLEMENTED
                                            : raise_fatal(t, "a comparison of slices");
}
static const struct slots slice_slots = {
    .kind = KIND_SLICE,
    .compare = slice_compare,
    .repr = slice_repr,
    .attribute = slice_attribute,
};

// Index i of a sequence; `sequence` begins the message if it is neither that nor a slice.
static bool sequence_index(struct thread *t, struct object *o, const char *sequence, int64_t *i)
{
    if (is_int(o)) {
        *i = int_value(o);
        return true;
    }
    if (instance_has(t, o, NAME_INDEX))
        return as_index(t, o, i);
    raise_error(t, RAISES_TYPE_ERROR, "%s indices must be integers or slices, not %s", sequence,
                type_name(t, o));
    return false;
}
// Of two operands one is a sequence and the other how often it is repeated: *times, 0 if below.
// False without an error: it is no integer.
static bool repeat_times(struct thread *t, struct object *by, int64_t *times)
{
    if (!is_int(by) && !instance_has(t, by, NAME_INDEX))
        return false;
    if (!as_index(t, by, times))
        return false;
    *times = *times < 0 ? 0 : *times;
    return true;
}
// Whether so many items make one sequence: Python would have no memory for more, either.
static bool items_fit(struct thread *t, int64_t length, int64_t times)
{
    int64_t all;
    if (!__builtin_mul_overflow(length, times, &all) && all <= INT64_C(1) << 40)
        return true;
    raise_error(t, RAISES_MEMORY_ERROR, "%s", "");
    return false;
}

// --- the tuple --------------------------------------------------------------------------------

API struct tuple *as_tuple(struct object *o)
{
    return (struct tuple *)o;
}
static void tuple_destroy(struct thread *t, struct object *o)
{
    for (size_t i = 0; i < tuple_length(o); i++)
        rc_clear(t, &as_tuple(o)->item[i]);
}
static void tuple_traverse(struct object *o, rc_visit *visit, void *argument)
{
    for (size_t i = 0; i < tuple_length(o); i++)
        visit(argument, &as_tuple(o)->item[i]);
}
// xxHash's scheme (Y. Collet), as CPython's tuples have it since 3.8.
static uint64_t tuple_hash(struct object *o)
{
    uint64_t hash = 2870177450012600261u;
    for (size_t i = 0; i < tuple_length(o); i++) {
        hash += key_hash(&tuple_item(o, i)->rc) * 14029467366897019727u;
        hash = (hash << 31 | hash >> 33) * 11400714785074694791u;
    }
    return hash + (tuple_length(o) ^ 2870177450012600261u ^ 3527539u);
}
static bool tuple_equal(struct object *a, struct object *b)
{
    size_t n = tuple_length(a);
    if (n != tuple_length(b))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!key_equal(&tuple_item(a, i)->rc, &tuple_item(b, i)->rc))
            return false;
    return true;
}
static const struct slots tuple_slots;
static const struct type tuple_type = {
    .name = "tuple",
    .destroy = tuple_destroy,
    .traverse = tuple_traverse,
    .hash = tuple_hash,
    .equal = tuple_equal,
    .slots = &tuple_slots,
};

// Its items are raw, and filled at once.
API struct tuple *tuple_new(struct thread *t, size_t n)
{
    struct tuple *o =
        object_new_kept(t, &tuple_type, sizeof *o + n * sizeof o->item[0], AL_CONTAINER,
                        (unsigned)(n < KEPT_SIZES ? n - 1 : KEPT_SIZES));
    o->length = n;
    return o;
}
API void tuple_fill(struct thread *t, struct tuple *o, size_t i, struct object *item)
{
    rc_fill(t, &o->base.rc, &o->item[i], &item->rc);
}
static struct object *tuple_make(struct thread *t, struct object *const *item, size_t n)
{
    if (n == 0)
        return keep(t, interp_of(t)->empty_tuple);
    struct tuple *o = tuple_new(t, n);
    for (size_t i = 0; i < n; i++)
        tuple_fill(t, o, i, item[i]);
    return &o->base;
}
API struct object *tuple_pair(struct thread *t, struct object *a, struct object *b)
{
    struct tuple *o = tuple_new(t, 2);
    tuple_fill(t, o, 0, a);
    tuple_fill(t, o, 1, b);
    return &o->base;
}

static struct object *tuple_add(struct thread *t, struct object *a, struct object *b)
{
    if (!is_tuple(a) || !is_tuple(b))
        return NOT_IMPLEMENTED;
    size_t n = tuple_length(a), m = tuple_length(b);
    if (n == 0 || m == 0)
        return keep(t, n == 0 ? b : a);
    struct tuple *o = tuple_new(t, n + m);
    for (size_t i = 0; i < n + m; i++)
        tuple_fill(t, o, i, keep(t, i < n ? tuple_item(a, i) : tuple_item(b, i - n)));
    return &o->base;
}
static struct object *tuple_multiply(struct thread *t, struct object *a, struct object *b)
{
    struct object *tuple = is_tuple(a) ? a : b;
    int64_t times, n = (int64_t)tuple_length(tuple);
    if (!repeat_times(t, tuple == a ? b : a, &times))
        return failed(t) ? NULL : NOT_IMPLEMENTED;
    if (!items_fit(t, n, times))
        return NULL;
    if (n == 0 || times == 0)
        return keep(t, interp_of(t)->empty_tuple);
    if (times == 1)
        return keep(t, tuple);
    struct tuple *o = tuple_new(t, (size_t)(n * times));
    for (int64_t i = 0; i < n * times; i++)
        tuple_fill(t, o, (size_t)i, keep(t, tuple_item(tuple, (size_t)(i % n))));
    return &o->base;
}
static struct object *tuple_compare(struct thread *t, struct object *a, struct object *b,
                                    enum comparison how)
{
    if (!is_tuple(b))
        return NOT_IMPLEMENTED;
    size_t n = tuple_length(a), m = tuple_length(b);
    for (size_t i = 0; i < n && i < m; i++) {
        int same = equal(t, tuple_item(a, i), tuple_item(b, i));
        if (same < 0)
            return NULL;
        if (same == 0) // the first that differ decide
            return how == COMPARE_EQ || how == COMPARE_NE
                       ? truth(t, how == COMPARE_NE)
                       : compare(t, how, tuple_item(a, i), tuple_item(b, i));
    }
    return ordered(t, how, (int64_t)n - (int64_t)m);
}
static int64_t tuple_len(struct thread *t, struct object *o)
{
    (void)t;
    return (int64_t)tuple_length(o);
}
static struct object *tuple_subscript(struct thread *t, struct object *o, struct object *index)
{
    int64_t i, step, count, n = (int64_t)tuple_length(o);
    if (index->type == &slice_type) {
        if (!slice_bounds(t, index, n, &i, &step, &count))
            return NULL;
        if (count == 0)
            return keep(t, interp_of(t)->empty_tuple);
        if (count == n && step == 1)
            return keep(t, o);
        struct tuple *part = tuple_new(t, (size_t)count);
        for (size_t j = 0; j < (size_t)count; j++, i += step)
            tuple_fill(t, part, j, keep(t, tuple_item(o, (size_t)i)));
        return &part->base;
    }
    if (!sequence_index(t, index, "tuple", &i))
        return NULL;
    i += i < 0 ? n : 0;
    return i >= 0 && i < n ? keep(t, tuple_item(o, (size_t)i))
                           : raise_error(t, RAISES_INDEX_ERROR, "tuple index out of range");
}
// The first index in [from, to) at which item is, `to` if it is not there; -1: an error.
static int64_t tuple_find(struct thread *t, struct object *o, struct object *item, int64_t from,
                          int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        int same = equal(t, tuple_item(o, (size_t)i), item);
        if (same != 0)
            return same < 0 ? -1 : i;
    }
    return from < to ? to : from;
}
static int tuple_contains(struct thread *t, struct object *o, struct object *item)
{
    int64_t n = (int64_t)tuple_length(o), i = tuple_find(t, o, item, 0, n);
    return i < 0 ? -1 : i < n;
}
static struct object *tuple_repr(struct thread *t, struct object *o)
{
    struct shown s;
    if (tuple_length(o) == 0)
        return string_make(t, "()", 2);
    if (!show_begin(t, &s, o))
        return string_make(t, "(...)", 5);
    struct builder b;
    bool fine = true;
    builder_open(&b);
    builder_text(&b, "(");
    for (size_t i = 0; fine && i < tuple_length(o); i++) {
        if (i != 0)
            builder_text(&b, ", ");
        fine = builder_repr(t, &b, tuple_item(o, i));
    }
    builder_text(&b, tuple_length(o) == 1 ? ",)" : ")");
    show_end(t, &s);
    return fine ? builder_string(t, &b) : builder_failed(&b);
}

// The bounds of index(item, start, stop), which are argument 1 and 2.
static bool index_bounds(struct thread *t, struct object *const *argument, unsigned n,
                         int64_t length, int64_t *from, int64_t *to)
{
    *from = 0;
    *to = length;
    if ((n > 1 && !as_index(t, argument[1], from)) || (n > 2 && !as_index(t, argument[2], to)))
        return false;
    *from = index_clip(*from, length, 0, length);
    *to = index_clip(*to, length, 0, length);
    return true;
}
METHOD(tuple_index)
{
    int64_t from, to;
    if (!index_bounds(t, argument, n, (int64_t)tuple_length(self), &from, &to))
        return NULL;
    int64_t i = tuple_find(t, self, argument[0], from, to);
    if (i < 0)
        return NULL;
    return i < to ? int_new(t, i)
                  : raise_error(t, RAISES_VALUE_ERROR, "tuple.index(x): x not in tuple");
}
METHOD(tuple_count)
{
    int64_t count = 0;
    for (size_t i = 0; i < tuple_length(self); i++) {
        int same = equal(t, tuple_item(self, i), argument[0]);
        if (same < 0)
            return NULL;
        count += same;
    }
    return int_new(t, count);
}
static const struct builtin_def tuple_methods[] = {
    {"index", tuple_index, 1, 3, {NULL}},
    {"count", tuple_count, 1, 1, {NULL}},
    {0},
};
static const struct slots tuple_slots = {
    .kind = KIND_TUPLE,
    .keep = KEEP_TUPLE,
    .binary = {[OPERATOR_ADD] = tuple_add, [OPERATOR_MULTIPLY] = tuple_multiply},
    .compare = tuple_compare,
    .length = tuple_len,
    .subscript = tuple_subscript,
    .contains = tuple_contains,
    .iterate = sequence_iterator,
    .repr = tuple_repr,
    .method = tuple_methods,
};

#endif
