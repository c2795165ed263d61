// SPDX-License-Identifier: MIT
//
// What lists do (CPython's Objects/listobject.c), and sorting. The list itself, and all that needs
// its lock for longer than one item, is in workloads/container/list.h.
//
// Whatever asks a program (an `==`, say) holds no lock, so that a list may be another one between
// two items, as in CPython.
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include "tuple.h"

API struct list *as_list(struct object *o)
{
    return (struct list *)o;
}
API int64_t list_size(struct thread *t, struct object *o)
{
    return (int64_t)list_length(t, as_list(o));
}
// A new reference, or NULL behind the end.
API struct object *list_item(struct thread *t, struct object *o, size_t i)
{
    struct rc_header *h = list_get(t, as_list(o), i);
    return h != NULL ? object_of(h) : NULL;
}

// --- arrays -----------------------------------------------------------------------------------

// Counted references: a few in the array itself (list_ass_slice's recycle_on_stack), more in memory of
// the C library's. It stays where it is.
enum { ARRAY_NEAR = 8 };
struct array {
    struct rc_header **item;
    size_t n;
    struct rc_header *near[ARRAY_NEAR];
};
static void array_open(struct array *a, size_t room)
{
    a->item = room <= ARRAY_NEAR ? a->near : sync_alloc(room * sizeof a->item[0]);
    a->n = 0;
}
// The references are somebody else's now.
static void array_free(struct array *a)
{
    if (a->item != a->near)
        sync_free(a->item);
}
static void array_close(struct thread *t, struct array *a)
{
    while (a->n != 0)
        rc_decref(t, a->item[--a->n]);
    array_free(a);
}
// All that is in the list, which is empty afterwards.
static void array_take(struct thread *t, struct object *list, struct array *a)
{
    for (;;) {
        size_t room = list_length(t, as_list(list));
        array_open(a, room);
        a->n = list_take_all(t, as_list(list), a->item, room);
        if (a->n <= room)
            return;
        array_free(a); // it has grown meanwhile
    }
}
API struct object *const *array_objects(const struct array *a)
{
    return (struct object *const *)a->item; // an object begins with its header
}

static struct object *list_make(struct thread *t, struct object *const *item, size_t n)
{
    struct list *l = list_new(t);
    if (n != 0) {
        struct list_block *b = list_block_new(t, n);
        for (size_t i = 0; i < n; i++)
            rc_fill(t, &l->base.rc, &b->slot[i], &item[i]->rc);
        rc_dirty(t, &l->base.rc);
        list_publish(l, b, n);
    }
    return &l->base;
}
static bool append_each(struct thread *t, void *list, struct object *item)
{
    list_append(t, list, &item->rc);
    return true;
}
API bool is_dict(const struct object *o)
{
    return o->type == &dict_type;
}
API bool is_set(const struct object *o)
{
    return o->type == &set_type;
}
// What can be iterated goes to the end of the list; false: an error, after some of it.
static bool list_add_all(struct thread *t, struct object *list, struct object *iterable)
{
    if (is_list(iterable))
        list_extend(t, as_list(list), as_list(iterable));
    else if (is_set(iterable) || is_dict(iterable)) // the keys of a dictionary are a set
        list_extend_set(t, as_list(list), (struct set *)iterable);
    else
        return for_each(t, iterable, append_each, list);
    return true;
}
static struct object *list_from(struct thread *t, struct object *iterable)
{
    if (is_list(iterable))
        return &list_slice(t, as_list(iterable), 0, SIZE_MAX)->base;
    if (is_tuple(iterable)) {
        struct array a;
        array_open(&a, tuple_length(iterable));
        for (; a.n < tuple_length(iterable); a.n++)
            a.item[a.n] = &keep(t, tuple_item(iterable, a.n))->rc;
        struct object *list = list_make(t, array_objects(&a), a.n);
        array_free(&a);
        return list;
    }
    struct object *list = &list_new(t)->base;
    if (list_add_all(t, list, iterable))
        return list;
    drop(t, list);
    return NULL;
}
// Of a list that nobody else has, which is empty afterwards.
static struct object *tuple_from_list(struct thread *t, struct object *list)
{
    struct array a;
    array_take(t, list, &a);
    struct object *tuple = tuple_make(t, array_objects(&a), a.n);
    array_free(&a);
    return tuple;
}

// --- operators --------------------------------------------------------------------------------

static struct object *list_add(struct thread *t, struct object *a, struct object *b)
{
    if (!is_list(a) || !is_list(b))
        return NOT_IMPLEMENTED;
    struct list *sum = list_slice(t, as_list(a), 0, SIZE_MAX);
    list_extend(t, sum, as_list(b));
    return &sum->base;
}
static struct object *list_in_place_add(struct thread *t, struct object *a, struct object *b)
{
    return list_add_all(t, a, b) ? keep(t, a) : NULL;
}
// Repeats the list itself.
static bool list_times(struct thread *t, struct object *list, int64_t times)
{
    if (!items_fit(t, list_size(t, list), times))
        return false;
    if (times == 0)
        list_clear(t, as_list(list));
    else
        list_repeat(t, as_list(list), (size_t)times);
    return true;
}
static struct object *list_multiply(struct thread *t, struct object *a, struct object *b)
{
    struct object *list = is_list(a) ? a : b;
    int64_t times;
    if (!repeat_times(t, list == a ? b : a, &times))
        return failed(t) ? NULL : NOT_IMPLEMENTED;
    struct object *product = &list_slice(t, as_list(list), 0, times == 0 ? 0 : SIZE_MAX)->base;
    if (list_times(t, product, times))
        return product;
    drop(t, product);
    return NULL;
}
static struct object *list_in_place_multiply(struct thread *t, struct object *a, struct object *b)
{
    int64_t times;
    if (!repeat_times(t, b, &times))
        return failed(t) ? NULL : NOT_IMPLEMENTED;
    return list_times(t, a, times) ? keep(t, a) : NULL;
}
static struct object *list_compare(struct thread *t, struct object *a, struct object *b,
                                   enum comparison how)
{
    if (!is_list(b))
        return NOT_IMPLEMENTED;
    bool equality = how == COMPARE_EQ || how == COMPARE_NE;
    if (equality && list_size(t, a) != list_size(t, b))
        return truth(t, how == COMPARE_NE);
    for (size_t i = 0;; i++) {
        struct object *x = list_item(t, a, i), *y = x != NULL ? list_item(t, b, i) : NULL, *result;
        if (y == NULL) { // the end of one of them
            drop_maybe(t, x);
            return ordered(t, how, list_size(t, a) - list_size(t, b));
        }
        int same = equal(t, x, y);
        if (same == 0) // the first that differ decide
            result = equality ? truth(t, how == COMPARE_NE) : compare(t, how, x, y);
        else
            result = NULL;
        drop(t, x);
        drop(t, y);
        if (same <= 0)
            return result;
    }
}
static int list_truth(struct thread *t, struct object *o)
{
    return list_length(t, as_list(o)) != 0;
}

// --- items and slices -------------------------------------------------------------------------

static struct object *list_subscript(struct thread *t, struct object *o, struct object *index)
{
    int64_t i, step, count;
    if (index->type == &slice_type) {
        if (!slice_bounds(t, index, list_size(t, o), &i, &step, &count))
            return NULL;
        if (step == 1 || count == 0)
            return &list_slice(t, as_list(o), (size_t)i, (size_t)(i + count))->base;
        return &list_slice_step(t, as_list(o), (size_t)i, step, (size_t)count)->base;
    }
    if (!sequence_index(t, index, "list", &i))
        return NULL;
    for (;;) {
        int64_t n = i < 0 ? list_size(t, o) : 0;
        struct object *item = i + n >= 0 ? list_item(t, o, (size_t)(i + n)) : NULL;
        if (item != NULL)
            return item;
        if (i >= 0 || list_size(t, o) == n)
            return raise_error(t, RAISES_INDEX_ERROR, "list index out of range");
        // the list has another end now
    }
}
// The items become those of the slice, as far as that is possible; NULL: they are taken out.
static bool list_store_slice(struct thread *t, struct object *o, struct object *slice,
                             struct object *value)
{
    int64_t start, step, count;
    struct object *list = value != NULL ? list_from(t, value) : &list_new(t)->base;
    if (list == NULL) {
        if (raised(t, RAISES_TYPE_ERROR) && slots_of(value)->iterate == NULL)
            raise_error(t, RAISES_TYPE_ERROR, "can only assign an iterable");
        return false;
    }
    struct array a, out;
    array_open(&a, 0);
    bool fine = slice_bounds(t, slice, list_size(t, o), &start, &step, &count);
    if (fine) {
        array_take(t, list, &a);
        if (value != NULL && step != 1 && (int64_t)a.n != count) {
            raise_error(t, RAISES_VALUE_ERROR,
                        "attempt to assign sequence of size %zu to extended slice of size %lld",
                        a.n, (long long)count);
            fine = false;
        }
    }
    drop(t, list);
    if (!fine) {
        array_close(t, &a);
        return false;
    }
    if (step < 0) { // the same places, upwards
        if (count != 0)
            start += (count - 1) * step;
        step = -step;
        for (size_t i = 0; i < a.n / 2; i++) {
            struct rc_header *h = a.item[i];
            a.item[i] = a.item[a.n - 1 - i];
            a.item[a.n - 1 - i] = h;
        }
    }
    if (value == NULL && count == 0)
        step = 1;
    array_open(&out, (size_t)count + a.n);
    out.n = list_replace(t, as_list(o),
                         (struct list_places){(size_t)start, (size_t)step, (size_t)count}, a.item,
                         a.n, out.item);
    array_free(&a);
    array_close(t, &out);
    return true;
}
static bool list_store(struct thread *t, struct object *o, struct object *index,
                       struct object *value)
{
    int64_t i;
    if (index->type == &slice_type)
        return list_store_slice(t, o, index, value);
    if (!sequence_index(t, index, "list", &i))
        return false;
    for (;;) {
        int64_t n = i < 0 ? list_size(t, o) : 0;
        bool done = false;
        if (i + n >= 0 && value != NULL) {
            done = list_set(t, as_list(o), (size_t)(i + n), &value->rc);
        } else if (i + n >= 0) {
            struct rc_header *old = list_pop_at(t, as_list(o), (size_t)(i + n));
            if (old != NULL)
                rc_decref(t, old);
            done = old != NULL;
        }
        if (done)
            return true;
        if (i >= 0 || list_size(t, o) == n)
            return raise_error(t, RAISES_INDEX_ERROR, "list assignment index out of range") != NULL;
    }
}
// The first index from `from` on at which item is: -1 if there is none, -2: an error.
static int64_t list_find(struct thread *t, struct object *o, struct object *item, size_t from,
                         size_t to)
{
    struct object *other;
    for (; from < to && (other = list_item(t, o, from)) != NULL; from++) {
        int same = equal(t, other, item);
        drop(t, other);
        if (same != 0)
            return same < 0 ? -2 : (int64_t)from;
    }
    return -1;
}
static int list_contains(struct thread *t, struct object *o, struct object *item)
{
    int64_t i = list_find(t, o, item, 0, SIZE_MAX);
    return i == -2 ? -1 : i != -1;
}
static struct object *list_repr(struct thread *t, struct object *o)
{
    struct shown s;
    if (!show_begin(t, &s, o))
        return string_make(t, "[...]", 5);
    struct builder b;
    struct object *item;
    bool fine = true;
    builder_open(&b);
    builder_text(&b, "[");
    for (size_t i = 0; fine && (item = list_item(t, o, i)) != NULL; i++) {
        if (i != 0)
            builder_text(&b, ", ");
        fine = builder_repr(t, &b, item);
        drop(t, item);
    }
    builder_text(&b, "]");
    show_end(t, &s);
    return fine ? builder_string(t, &b) : builder_failed(&b);
}

// --- sorting ----------------------------------------------------------------------------------

// A stable merge sort of natural runs, in the manner of T. Peters' timsort (Objects/listsort.txt):
// short runs are made longer by binary insertion, and runs are merged in the order of powersort
// (Munro and Wild, 2018), which CPython took in 3.11. Before a merge what already stands right at
// both ends is left out; there is no galloping within. Only `<` is asked, which may fail.
struct sort {
    struct thread *t;
    struct object **key, **value; // value NULL: keys are what is sorted
    struct object **spare;        // room for half of both
    int (*less)(struct thread *t, struct object *a, struct object *b);
};
struct sorted_run {
    size_t start, n;
    unsigned power;
};
static int less_general(struct thread *t, struct object *a, struct object *b)
{
    return compare_true(t, COMPARE_LT, a, b);
}
static int less_int(struct thread *t, struct object *a, struct object *b)
{
    (void)t;
    return int_value(a) < int_value(b);
}
static int less_float(struct thread *t, struct object *a, struct object *b)
{
    (void)t;
    return float_value(a) < float_value(b);
}
// UTF-8 is in the order of its code points.
static int less_string(struct thread *t, struct object *a, struct object *b)
{
    (void)t;
    size_t n = string_of(a)->length, m = string_of(b)->length;
    int order = memcmp(string_of(a)->bytes, string_of(b)->bytes, n < m ? n : m);
    return order < 0 || (order == 0 && n < m);
}
API void sort_move(struct sort *s, size_t to, size_t from, size_t n)
{
    memmove(s->key + to, s->key + from, n * sizeof s->key[0]);
    if (s->value != NULL)
        memmove(s->value + to, s->value + from, n * sizeof s->value[0]);
}
API void sort_swap(struct sort *s, size_t i, size_t j)
{
    struct object *key = s->key[i];
    s->key[i] = s->key[j];
    s->key[j] = key;
    if (s->value == NULL)
        return;
    struct object *value = s->value[i];
    s->value[i] = s->value[j];
    s->value[j] = value;
}
// The first place in [from, to), which is sorted, where `key` may stand: before those that are
// equal, or `behind` them. SIZE_MAX: an error.
static size_t sort_place(struct sort *s, struct object *key, size_t from, size_t to, bool behind)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int less = behind ? s->less(s->t, key, s->key[middle]) : s->less(s->t, s->key[middle], key);
        if (less < 0)
            return SIZE_MAX;
        if ((less != 0) == behind)
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}
// How many from `start` on are in order, or were in strictly descending order; 0: an error.
static size_t sort_count_run(struct sort *s, size_t start, size_t end)
{
    size_t n = 2;
    if (end - start < 2)
        return end - start;
    int down = s->less(s->t, s->key[start + 1], s->key[start]), less = 0;
    for (; down >= 0 && start + n < end; n++) {
        less = s->less(s->t, s->key[start + n], s->key[start + n - 1]);
        if (less != down)
            break;
    }
    if (down < 0 || less < 0)
        return 0;
    for (size_t i = 0; down != 0 && i < n / 2; i++)
        sort_swap(s, start + i, start + n - 1 - i);
    return n;
}
// Those from `sorted` on are put in their places among those before.
static bool sort_insert(struct sort *s, size_t start, size_t sorted, size_t end)
{
    for (; sorted < end; sorted++) {
        struct object *key = s->key[sorted], *value = s->value != NULL ? s->value[sorted] : NULL;
        size_t place = sort_place(s, key, start, sorted, true);
        if (place == SIZE_MAX)
            return false;
        sort_move(s, place + 1, place, sorted - place);
        s->key[place] = key;
        if (s->value != NULL)
            s->value[place] = value;
    }
    return true;
}
// Two runs that stand side by side become one. The shorter one goes to the spare room first; if
// there is an error, what is left of it comes back, so that nothing is lost.
static bool sort_merge(struct sort *s, size_t start, size_t middle, size_t end)
{
    start = sort_place(s, s->key[middle], start, middle, true);
    if (start == SIZE_MAX)
        return false;
    if (start == middle)
        return true;
    end = sort_place(s, s->key[middle - 1], middle, end, false);
    if (end == SIZE_MAX)
        return false;
    bool left = middle - start <= end - middle, fine = true;
    size_t n = left ? middle - start : end - middle, from = left ? start : middle;
    struct object **key = s->spare, **value = s->spare + n;
    memcpy(key, s->key + from, n * sizeof *key);
    if (s->value != NULL)
        memcpy(value, s->value + from, n * sizeof *value);
    if (left) { // upwards: key[i..n) and s->key[j..end) go to s->key[to..)
        size_t i = 0, j = middle, to = start;
        while (i < n && j < end) {
            int less = s->less(s->t, s->key[j], key[i]);
            if (less < 0) {
                fine = false;
                break;
            }
            if (less != 0) {
                sort_move(s, to++, j++, 1);
                continue;
            }
            if (s->value != NULL)
                s->value[to] = value[i];
            s->key[to++] = key[i++];
        }
        memcpy(s->key + to, key + i, (n - i) * sizeof *key);
        if (s->value != NULL)
            memcpy(s->value + to, value + i, (n - i) * sizeof *value);
    } else { // downwards: s->key[start..j) and key[0..i) go to s->key[..to)
        size_t i = n, j = middle, to = end;
        while (i > 0 && j > start) {
            int less = s->less(s->t, key[i - 1], s->key[j - 1]);
            if (less < 0) {
                fine = false;
                break;
            }
            if (less != 0) {
                sort_move(s, --to, --j, 1);
                continue;
            }
            s->key[--to] = key[--i];
            if (s->value != NULL)
                s->value[to] = value[i];
        }
        memcpy(s->key + to - i, key, i * sizeof *key);
        if (s->value != NULL)
            memcpy(s->value + to - i, value, i * sizeof *value);
    }
    return fine;
}
// Powersort: how deep in a nearly optimal tree of merges the two runs, of n items, meet.
static unsigned sort_power(struct sorted_run a, size_t b_n, size_t n)
{
    // twice the middles of both, as fractions of 2 n; the first bit in which they differ
    uint64_t x = 2 * a.start + a.n, y = x + a.n + b_n;
    unsigned power = 0;
    for (;;) {
        power++;
        if (x >= n) {
            x -= n;
            y -= n;
        } else if (y >= n) {
            return power;
        }
        x <<= 1;
        y <<= 1;
    }
}
static bool sort_merge_last(struct sort *s, struct sorted_run *stack, unsigned *depth)
{
    struct sorted_run *a = &stack[*depth - 2], *b = &stack[*depth - 1];
    (*depth)--;
    a->n += b->n;
    return sort_merge(s, a->start, b->start, a->start + a->n);
}
static bool sort_all(struct sort *s, size_t n)
{
    struct sorted_run stack[70];
    unsigned depth = 0;
    size_t least = n; // of a run: 32 to 64, and n over it is a power of two, or a bit less
    bool odd = false;
    for (; least >= 64; least >>= 1)
        odd |= least & 1;
    least += odd;
    for (size_t start = 0; start < n;) {
        size_t length = sort_count_run(s, start, n), all = n - start < least ? n - start : least;
        if (length == 0)
            return false;
        if (length < all) {
            if (!sort_insert(s, start, start + length, start + all))
                return false;
            length = all;
        }
        unsigned power = depth != 0 ? sort_power(stack[depth - 1], length, n) : 0;
        while (depth > 1 && stack[depth - 2].power > power)
            if (!sort_merge_last(s, stack, &depth))
                return false;
        if (depth != 0)
            stack[depth - 1].power = power;
        stack[depth++] = (struct sorted_run){.start = start, .n = length};
        start += length;
    }
    while (depth > 1)
        if (!sort_merge_last(s, stack, &depth))
            return false;
    return true;
}
static void reverse_objects(struct object **item, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct object *o = item[i];
        item[i] = item[n - 1 - i];
        item[n - 1 - i] = o;
    }
}
// What compares the keys: where they are of one simple type, that type's `<` (3.7 on).
static void sort_prepare(struct sort *s, size_t n)
{
    s->less = less_general;
    if (ERA < 307 || n == 0)
        return;
    const struct type *type = s->key[0]->type;
    for (size_t i = 1; i < n; i++)
        if (s->key[i]->type != type)
            return;
    if (type == &int_type)
        s->less = less_int;
    else if (type == &float_type)
        s->less = less_float;
    else if (type == &string_type)
        s->less = less_string;
}
// False: an error; the items are all there still, in whatever order.
static bool sort_objects(struct thread *t, struct object **item, size_t n, struct object *key,
                         bool reverse)
{
    struct sort s = {.t = t, .key = item};
    size_t keys = 0;
    bool fine = true;
    if (key != NULL) {
        s.key = sync_alloc((n + 1) * sizeof s.key[0]);
        s.value = item;
        while (fine && keys < n) {
            s.key[keys] = call_1(t, key, item[keys]);
            fine = s.key[keys] != NULL;
            keys += fine;
        }
    }
    if (fine) {
        s.spare = sync_alloc((n + 1) * sizeof s.spare[0]);
        sort_prepare(&s, n);
        if (reverse) { // so that those that are equal keep their order
            reverse_objects(item, n);
            reverse_objects(s.key, keys);
        }
        fine = sort_all(&s, n);
        if (reverse) {
            reverse_objects(item, n);
            reverse_objects(s.key, keys);
        }
        sync_free(s.spare);
    }
    while (keys != 0)
        drop(t, s.key[--keys]);
    if (key != NULL)
        sync_free(s.key);
    return fine;
}
// In place: the list is empty meanwhile, as comparisons may look at it and no lock is held.
static bool list_sort_by(struct thread *t, struct object *list, struct object *key, bool reverse)
{
    struct array a, strange; // strange: what was put in meanwhile
    array_take(t, list, &a);
    bool fine = sort_objects(t, (struct object **)a.item, a.n, key, reverse);
    array_take(t, list, &strange);
    list_replace(t, as_list(list), (struct list_places){.step = 1}, a.item, a.n, NULL);
    array_free(&a);
    if (strange.n != 0 && fine) {
        raise_error(t, RAISES_VALUE_ERROR, "list modified during sort");
        fine = false;
    }
    array_close(t, &strange);
    return fine;
}
static struct object *sorted_list(struct thread *t, struct object *iterable, struct object *key,
                                  bool reverse)
{
    struct object *list = list_from(t, iterable);
    if (list == NULL || list_sort_by(t, list, key, reverse))
        return list;
    drop(t, list);
    return NULL;
}

// --- methods ----------------------------------------------------------------------------------

METHOD(list_method_append)
{
    list_append(t, as_list(self), &argument[0]->rc);
    return none(t);
}
METHOD(list_method_extend)
{
    return list_add_all(t, self, argument[0]) ? none(t) : NULL;
}
METHOD(list_method_insert)
{
    int64_t i;
    if (!as_index(t, argument[0], &i))
        return NULL;
    int64_t length = i < 0 ? list_size(t, self) : INT64_MAX;
    list_insert(t, as_list(self), (size_t)index_clip(i, length, 0, length), &argument[1]->rc);
    return none(t);
}
METHOD(list_method_pop)
{
    int64_t i = -1;
    if (n != 0 && !as_index(t, argument[0], &i))
        return NULL;
    for (;;) {
        int64_t length = list_size(t, self);
        struct rc_header *h = NULL;
        if (i == -1)
            h = list_pop(t, as_list(self));
        else if (i >= -length)
            h = list_pop_at(t, as_list(self), (size_t)(i < 0 ? i + length : i));
        if (h != NULL)
            return object_of(h);
        if (length == 0)
            return raise_error(t, RAISES_INDEX_ERROR, "pop from empty list");
        if (i >= 0 || list_size(t, self) == length)
            return raise_error(t, RAISES_INDEX_ERROR, "pop index out of range");
    }
}
METHOD(list_method_remove)
{
    int64_t i = list_find(t, self, argument[0], 0, SIZE_MAX);
    struct rc_header *h = i < 0 ? NULL : list_pop_at(t, as_list(self), (size_t)i);
    if (h != NULL)
        rc_decref(t, h);
    if (i == -1)
        raise_error(t, RAISES_VALUE_ERROR, "list.remove(x): x not in list");
    return i < 0 ? NULL : none(t);
}
METHOD(list_method_clear)
{
    list_clear(t, as_list(self));
    return none(t);
}
METHOD(list_method_index)
{
    int64_t from, to;
    if (!index_bounds(t, argument, n, list_size(t, self), &from, &to))
        return NULL;
    int64_t i = list_find(t, self, argument[0], (size_t)from, (size_t)to);
    if (i == -1) {
        struct object *text = repr(t, argument[0]);
        if (text != NULL)
            raise_error(t, RAISES_VALUE_ERROR, "%s is not in list", string_of(text)->bytes);
        drop_maybe(t, text);
    }
    return i < 0 ? NULL : int_new(t, i);
}
METHOD(list_method_count)
{
    struct object *item;
    int64_t count = 0;
    for (size_t i = 0; (item = list_item(t, self, i)) != NULL; i++) {
        int same = equal(t, item, argument[0]);
        drop(t, item);
        if (same < 0)
            return NULL;
        count += same;
    }
    return int_new(t, count);
}
METHOD(list_method_sort)
{
    int reverse = keyword[1] != NULL ? is_true(t, keyword[1]) : 0;
    struct object *key = is_none(t, keyword[0]) ? NULL : keyword[0];
    return reverse >= 0 && list_sort_by(t, self, key, reverse) ? none(t) : NULL;
}
METHOD(list_method_reverse)
{
    list_reverse(t, as_list(self));
    return none(t);
}
METHOD(list_method_copy)
{
    return &list_slice(t, as_list(self), 0, SIZE_MAX)->base;
}
static const struct builtin_def list_methods[] = {
    {"append", list_method_append, 1, 1, {NULL}},
    {"extend", list_method_extend, 1, 1, {NULL}},
    {"insert", list_method_insert, 2, 2, {NULL}},
    {"pop", list_method_pop, 0, 1, {NULL}},
    {"remove", list_method_remove, 1, 1, {NULL}},
    {"clear", list_method_clear, 0, 0, {NULL}},
    {"index", list_method_index, 1, 3, {NULL}},
    {"count", list_method_count, 1, 1, {NULL}},
    {"sort", list_method_sort, 0, 0, {"key", "reverse"}},
    {"reverse", list_method_reverse, 0, 0, {NULL}},
    {"copy", list_method_copy, 0, 0, {NULL}},
    {0},
};
static const struct slots list_slots = {
    .kind = KIND_LIST,
    .keep = KEEP_LIST,
    .binary = {[OPERATOR_ADD] = list_add, [OPERATOR_MULTIPLY] = list_multiply},
    .in_place = {[OPERATOR_ADD] = list_in_place_add, [OPERATOR_MULTIPLY] = list_in_place_multiply},
    .compare = list_compare,
    .truth = list_truth,
    .length = list_size,
    .subscript = list_subscript,
    .store = list_store,
    .contains = list_contains,
    .iterate = sequence_iterator,
    .repr = list_repr,
    .method = list_methods,
};

#endif
