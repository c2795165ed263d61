// SPDX-License-Identifier: MIT
//
// Lists, dictionaries and sets against models that hold no references, then threads that share
// some. Compiled for a pair of schemes, as the conformance programs are. How a block is laid out,
// and when it grows, is asked where a writer changes it in place; where each change makes a new one
// (LK_COPIES) histories are shorter.
#include "common.h"

#include "../../workloads/container/dict.h"
#include "../../workloads/container/list.h"
#include "../../workloads/container/set.h"

#include <malloc.h>

#define EXCLUDES                                                       \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, \
                            NEEDS_EXCLUSION | NEEDS_SHARING))
// A drain of a reclaimer with a thread of its own waits for that.
#define AT_ONCE (FREES && !LATE && !PAIR_HAS(RL_TRAITS, RL_BACKGROUND))
#define GRACE   PAIR_HAS(LK_TRAITS, LK_GRACE) // storage, with what it refers to, may be retired
// Two containers at a time, in any order.
#define PAIRS                                                          \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, \
                            NEEDS_EXCLUSION | NEEDS_SHARING | NEEDS_PAIRS))
// Of steps: each change costs as much as the container is long.
#define STEPS_OF(usual) ((usual) / (CONTAINER_COPIES ? 8 : 1))

// Exactly so many objects live, where the scheme lets that be said at any time.
static void assert_live(struct thread *t, uint64_t n)
{
    if (AT_ONCE && GRACE)
        thread_drain(t);
    if (AT_ONCE)
        assert_int_equal(world_live(t->world), n);
}

// --- the list, one thread ---------------------------------------------------------------------

enum { LIST_MOST = 700 };
struct list_model {
    size_t n;
    int64_t value[LIST_MOST];
};
static void model_insert(struct list_model *m, size_t i, int64_t value)
{
    memmove(&m->value[i + 1], &m->value[i], (m->n++ - i) * sizeof m->value[0]);
    m->value[i] = value;
}
static void model_remove(struct list_model *m, size_t i)
{
    memmove(&m->value[i], &m->value[i + 1], (--m->n - i) * sizeof m->value[0]);
}

// An element, or NULL, which the model's says; the reference is given up.
static void assert_element(struct thread *t, struct rc_header *h, const struct list_model *m,
                           size_t i)
{
    assert_int_equal(h != NULL, i < m->n);
    if (h != NULL) {
        assert_int_equal(integer_value(h), m->value[i]);
        rc_decref(t, h);
    }
}
// All of the list is as the model says, and what lies behind its length is empty, not raw.
static void assert_list(struct thread *t, struct list *l, const struct list_model *m)
{
    struct list_iter it = list_iterate(l);
    assert_int_equal(list_length(t, l), m->n);
    for (size_t i = 0; i <= m->n; i++)
        assert_element(t, list_get(t, l, i), m, i);
    for (size_t i = 0; i <= m->n; i++)
        assert_element(t, list_next(t, &it), m, i);
    assert_null(list_next(t, &it)); // for good
    if (CONTAINER_COPIES)
        assert_int_equal(l->capacity, m->n);
    assert_true(l->capacity >= m->n);
    for (size_t i = m->n; i < l->capacity; i++)
        assert_null(rc_peek(&list_block(l)->slot[i]));
}

// One of two lists is changed at random, at times with the other's help.
static void list_step(struct thread *t, struct list *const *l, struct list_model *m, int64_t step,
                      bool grows)
{
    uint64_t r = sync_rand(t);
    unsigned which = r >> 40 & 1;
    struct list *a = l[which], *b = l[!which];
    struct list_model *x = &m[which], *y = &m[!which];
    size_t i = x->n != 0 ? (size_t)(r >> 44) % (x->n + x->n / 8 + 1) : (size_t)(r >> 62);
    unsigned kind = r % 100;
    struct rc_header *h = NULL;
    if (x->n == LIST_MOST && kind < 60)
        return;
    if (kind < (grows ? 40 : 10)) {
        h = integer_new(t, step);
        x->value[x->n++] = step;
        assert_int_equal(list_append(t, a, h), x->n);
    } else if (kind < (grows ? 60 : 15)) {
        h = integer_new(t, step);
        model_insert(x, i < x->n ? i : x->n, step);
        assert_int_equal(list_insert(t, a, i, h), x->n);
    } else if (kind < 65) {
        assert_element(t, list_pop(t, a), x, x->n - 1); // none: an index behind the end
        x->n -= x->n != 0;
    } else if (kind < 72) {
        assert_element(t, list_pop_at(t, a, i), x, i);
        if (i < x->n)
            model_remove(x, i);
    } else if (kind < 82) {
        h = integer_new(t, step);
        assert_int_equal(list_set(t, a, i, h), i < x->n);
        if (i < x->n)
            x->value[i] = step;
    } else if (kind < 90) {
        assert_element(t, list_get(t, a, i), x, i);
    } else if (kind < 94) {
        struct list_model part = {0};
        size_t to = i + (r >> 20) % 16;
        struct list *s = list_slice(t, a, i, to);
        for (; i < x->n && i < to; i++)
            part.value[part.n++] = x->value[i];
        assert_list(t, s, &part);
        rc_decref(t, &s->base.rc);
    } else if (kind < 98) {
        if (x->n == LIST_MOST)
            return;
        assert_int_equal(list_move(t, a, b), y->n != 0);
        if (y->n != 0)
            x->value[x->n++] = y->value[--y->n];
    } else if (r >> 41 & 1) {
        bool self = (r >> 42 & 3) == 0;
        struct list_model *from = self ? x : y;
        size_t n = from->n;
        if (x->n + n > LIST_MOST)
            return;
        memcpy(&x->value[x->n], from->value, n * sizeof x->value[0]);
        x->n += n;
        assert_int_equal(list_extend(t, a, self ? a : b), n);
    } else if ((r >> 56) == 0) {
        assert_int_equal(list_clear(t, a), x->n);
        x->n = 0;
    }
    if (h != NULL)
        rc_decref(t, h);
}
// One of two lists is changed in many places at once, by new elements and by its own.
static void list_many_step(struct thread *t, struct list *const *l, struct list_model *m,
                           int64_t step)
{
    enum { MOST = 12 };
    struct rc_header *item[MOST], *out[LIST_MOST + MOST];
    struct list_model part = {0};
    uint64_t r = sync_rand(t);
    struct list *a = l[r >> 40 & 1], *s;
    struct list_model *x = &m[r >> 40 & 1];
    size_t n = (size_t)(r >> 8) % (MOST + 1), i = (size_t)(r >> 44) % (x->n + 2), given = n;
    struct list_places p = {i, (size_t)(r >> 16) % 3 + 1, (size_t)(r >> 20) % 8 % (x->n + 1)};
    int64_t by = r >> 41 & 1 ? (int64_t)p.step : -(int64_t)p.step;
    switch (r % 8) {
    case 0:
        list_reverse(t, a);
        for (size_t j = 0; j < x->n / 2; j++) {
            int64_t value = x->value[j];
            x->value[j] = x->value[x->n - 1 - j];
            x->value[x->n - 1 - j] = value;
        }
        return;
    case 1:
        if (x->n > 20)
            return;
        list_repeat(t, a, n / 4 + 1);
        for (size_t j = x->n; j < x->n * (n / 4 + 1); j++)
            x->value[j] = x->value[j - x->n];
        x->n *= n / 4 + 1;
        return;
    case 2:
        assert_int_equal(list_take_all(t, a, out, i), x->n);
        if (i < x->n)
            return;
        assert_int_equal(list_length(t, a), 0);
        for (size_t j = 0; j < x->n; j++)
            assert_element(t, out[j], x, j);
        x->n = 0;
        return;
    case 3:
        s = list_slice_step(t, a, i, by, n);
        for (int64_t j = (int64_t)i; j >= 0 && part.n < n && (by < 0 || j < (int64_t)x->n); j += by)
            if (j < (int64_t)x->n)
                part.value[part.n++] = x->value[j];
            else
                n--;
        assert_list(t, s, &part);
        rc_decref(t, &s->base.rc);
        return;
    default:
        break;
    }
    if (x->n + n > LIST_MOST)
        return;
    for (size_t j = 0; j < n; j++) { // one object: they are counted by their values
        item[j] = j == 0 ? integer_new(t, step) : item[0];
        if (j != 0)
            rc_incref(t, item[0]);
    }
    size_t replaced = 0, at = i < x->n ? i : x->n;
    for (; replaced < p.n && replaced < given && at < x->n; replaced++, at += p.step)
        x->value[at] = step;
    size_t cut = 0;
    for (size_t j = at; replaced + cut < p.n && j < x->n; j += p.step - 1, cut++)
        model_remove(x, j);
    if (p.step == 1)
        for (; replaced < given; replaced++)
            model_insert(x, at++, step);
    for (size_t left = list_replace(t, a, p, item, n, out); left-- != 0;)
        rc_decref(t, out[left]);
}
// How many objects two models have together: each has a value of its own.
static size_t distinct(const struct list_model *m, int64_t values)
{
    bool *seen = sync_alloc((size_t)values * sizeof *seen);
    size_t n = 0;
    for (unsigned which = 0; which < 2; which++)
        for (size_t i = 0; i < m[which].n; i++) {
            n += !seen[m[which].value[i]];
            seen[m[which].value[i]] = true;
        }
    sync_free(seen);
    return n;
}
static void list_follows_its_model(void **state)
{
    enum { STEPS = STEPS_OF(60000) };
    static struct list_model m[2];
    (void)state;
    struct thread *t = open_world();
    struct list *l[2] = {list_new(t), list_new(t)};
    m[0].n = m[1].n = 0;
    for (int64_t step = 0; step < STEPS; step++) {
        // long stretches of growth and of shrinking, so that sizes pass through many blocks
        list_step(t, l, m, step, step / 1500 % 2 == 0);
        if (step % 8 == 0)
            list_many_step(t, l, m, STEPS + step);
        if (step % 16 == 0)
            thread_safepoint(t);
        if (step % 512 == 0) {
            assert_live(t, 2 + distinct(m, STEPS + step + 1));
            assert_list(t, l[0], &m[0]);
            assert_list(t, l[1], &m[1]);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_list(t, l[i], &m[i]);
        rc_decref(t, &l[i]->base.rc);
    }
    assert_live(t, 0);
    close_world(t);
}

// The same references in two lists and twice in one of them.
static void elements_are_counted_apart(void **state)
{
    struct mark mark = {0};
    (void)state;
    struct thread *t = open_world();
    struct list *a = list_new(t), *b = list_new(t);
    struct rc_header *h = node_new(t, &mark);
    list_append(t, a, h);
    list_append(t, a, h);
    list_append(t, b, h);
    assert_true(list_set(t, a, 0, h)); // in its own place
    rc_decref(t, h);
    assert_int_equal(list_clear(t, a), 2);
    assert_true(lives(t, &mark));
    h = list_pop(t, b);
    rc_decref(t, &a->base.rc);
    rc_decref(t, &b->base.rc);
    assert_true(lives(t, &mark));
    rc_decref(t, h);
    assert_true(dies(t, &mark));
    close_world(t);
}

// The comment on list_resize in Objects/listobject.c: 0, 4, 8, 16, 24, 32, 40, 52, 64, 76, ...
static void list_grows_as_in_cpython(void **state)
{
    static const size_t expected[] = {4, 8, 16, 24, 32, 40, 52, 64, 76, 92, 108, 128, 148};
    enum { LAST = sizeof expected / sizeof expected[0] };
    (void)state;
    struct thread *t = open_world();
    struct list *l = list_new(t);
    struct rc_header *h = integer_new(t, 1);
    size_t seen = 0, n = 0;
    assert_int_equal(l->capacity, 0);
    for (size_t before = 0; n < expected[LAST - 1]; before = l->capacity) {
        n = list_append(t, l, h);
        if (l->capacity == before)
            continue;
        assert_int_equal(n, before + 1);
        assert_int_equal(l->capacity, expected[seen++]);
    }
    assert_int_equal(seen, LAST);
    // a block stays until less than half of it is in use; then it is as if the list had grown to
    // that
    for (size_t capacity = 148; n != 0; n--) {
        size_t left = n - 1;
        rc_decref(t, list_pop(t, l));
        if (left < capacity / 2)
            capacity = left == 0 ? 0 : (left + left / 8 + 6) / 4 * 4;
        assert_int_equal(l->capacity, capacity);
    }
    assert_null(list_block(l));
    // what comes all at once: no eighth more, if it is itself more than that
    static const struct {
        size_t before, added, capacity;
    } extended[] = {{4, 3, 12}, {4, 10, 16}, {16, 16, 32}, {0, 5, 8}, {0, 100, 100}, {8, 93, 104}};
    for (size_t i = 0; i < sizeof extended / sizeof extended[0]; i++) {
        struct list *more = list_new(t);
        while (list_length(t, l) < extended[i].before)
            list_append(t, l, h);
        while (list_length(t, more) < extended[i].added)
            list_append(t, more, h);
        assert_int_equal(list_extend(t, l, more), extended[i].added);
        assert_int_equal(l->capacity, extended[i].capacity);
        list_clear(t, l);
        rc_decref(t, &more->base.rc);
    }
    rc_decref(t, h);
    rc_decref(t, &l->base.rc);
    close_world(t);
}

static void deep_lists_die_without_recursion(void **state)
{
    enum { DEEP = LARGE(1000000, 100000) };
    (void)state;
    struct thread *t = open_world();
    struct list *l = list_new(t);
    for (unsigned i = 0; i < DEEP; i++) {
        struct list *outer = list_new(t);
        list_append(t, outer, &l->base.rc);
        rc_decref(t, &l->base.rc);
        l = outer;
    }
    assert_live(t, DEEP + 1);
    rc_decref(t, &l->base.rc);
    assert_live(t, 0);
    close_world(t);
}

// --- the dictionary, one thread ---------------------------------------------------------------

// A key whose hash is its number modulo a few: most of what is probed has an equal hash.
struct collider {
    struct object base;
    int64_t number;
};
enum { COLLIDER_HASHES = 5 };
static uint64_t collider_hash(struct object *o)
{
    return (uint64_t)(((struct collider *)o)->number % COLLIDER_HASHES);
}
static bool collider_equal(struct object *a, struct object *b)
{
    return ((struct collider *)a)->number == ((struct collider *)b)->number;
}
static const struct type collider_type = {
    .name = "collider", .hash = collider_hash, .equal = collider_equal};

// Key number i, of one of five kinds; each call makes another object, equal to the one before.
enum { KINDS = 5 };
static struct rc_header *key_new(struct thread *t, size_t i, bool interned)
{
    char text[32];
    int length = snprintf(text, sizeof text, "key %zu", i);
    switch (i % KINDS) {
    case 0:
        return string_new(t, text, (size_t)length, interned);
    case 1: // as the hash of the string before: equal hash, another type
        length = snprintf(text, sizeof text, "key %zu", i - 1);
        return integer_new(t, (int64_t)string_hash_bytes(text, (size_t)length));
    case 2: // differs in high bits only
        return integer_new(t, (int64_t)(i << 40));
    case 3:
        return integer_new(t, -(int64_t)i);
    default: {
        struct collider *c = object_new(t, &collider_type, sizeof *c, AL_OBJECT, 0);
        c->number = (int64_t)i;
        return &c->base.rc;
    }
    }
}

// What a dictionary with keys 0..MODEL_KEYS-1 holds.
enum { MODEL_KEYS = CONTAINER_COPIES ? 150 : 900 };
struct model {
    size_t used;
    uint64_t clock;
    uint64_t added[MODEL_KEYS]; // when, by the clock; 0: not there
    int64_t value[MODEL_KEYS];
};

#ifdef LK_MAP_H
enum { KEEPS_ORDER = 0 };
#else
enum { KEEPS_ORDER = 1 };
#endif
struct order {
    const struct model *model;
    struct rc_header **key; // the objects that were made first, one each number
    struct rc_header *last; // the key that the visit came from, or NULL: a value comes next
    bool value_next;
    size_t seen;
    uint64_t added;
    bool right;
};
static void visit_in_order(void *argument, struct rc_slot *s)
{
    struct order *o = argument;
    struct rc_header *h = rc_peek(s);
    if (!o->value_next) {
        o->last = h;
    } else if (o->last == NULL) {
        o->right &= h == NULL; // a hole is empty altogether
    } else {
        size_t i = 0;
        while (i < MODEL_KEYS && o->key[i] != o->last)
            i++;
        o->right &= i < MODEL_KEYS && h != NULL && integer_value(h) == o->model->value[i] &&
                    (!KEEPS_ORDER || o->model->added[i] > o->added);
        o->added = i < MODEL_KEYS ? o->model->added[i] : 0;
        o->seen++;
    }
    o->value_next = !o->value_next;
}
// An iterator meets the keys of the traversal, which is in the order of insertion if there is one,
// and then the end.
struct keys {
    size_t n;
    struct rc_header *key[MODEL_KEYS];
    bool value_next;
};
static void visit_keys(void *argument, struct rc_slot *s)
{
    struct keys *keys = argument;
    if (!keys->value_next && rc_peek(s) != NULL)
        keys->key[keys->n++] = rc_peek(s);
    keys->value_next = !keys->value_next;
}
static void assert_iterates(struct thread *t, struct dict *d)
{
    struct keys keys = {0};
    struct dict_iter it = dict_iterate(t, d);
    struct rc_header *key, *value;
    dict_traverse(&d->base, visit_keys, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        assert_int_equal(dict_next(t, &it, &key, &value), DICT_ENTRY);
        size_t found = i;
        while (!KEEPS_ORDER && found < keys.n && keys.key[found] != key)
            found++;
        assert_int_not_equal(found, keys.n);
        assert_ptr_equal(key, keys.key[found]);
        keys.key[found] = keys.key[i]; // once only
        assert_ptr_equal(value, dict_get_borrowed(t, d, key));
        rc_decref(t, key);
        rc_decref(t, value);
    }
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(dict_next(t, &it, &key, &value), DICT_END);
}
static void assert_met_by_hash(struct thread *t, struct dict *d, struct rc_header *key, bool there)
{
    bool met = false;
    struct rc_header *same;
    for (size_t nth = 0; (same = dict_same_hash(t, d, key_hash(key), nth)) != NULL; nth++) {
        assert_int_equal(key_hash(same), key_hash(key));
        met |= same == key;
        rc_decref(t, same);
    }
    assert_int_equal(met, there);
}
static void assert_dict(struct thread *t, struct dict *d, const struct model *m,
                        struct rc_header **key)
{
    struct order o = {.model = m, .key = key, .right = true};
    assert_int_equal(dict_length(t, d), m->used);
    dict_traverse(&d->base, visit_in_order, &o);
    assert_true(o.right);
    assert_int_equal(o.seen, m->used);
    assert_iterates(t, d);
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        struct rc_header *h = dict_get(t, d, key[i]);
        assert_int_equal(h != NULL, m->added[i] != 0);
        assert_int_equal(dict_contains(t, d, key[i]), h != NULL);
        if (i == m->used % MODEL_KEYS) // one of them: a map looks at all of its keys
            assert_met_by_hash(t, d, key[i], h != NULL);
        if (h == NULL)
            continue;
        assert_int_equal(integer_value(h), m->value[i]);
        assert_ptr_equal(dict_get_borrowed(t, d, key[i]), h);
        rc_decref(t, h);
    }
#ifndef LK_MAP_H // what lies behind the entries of a table is empty, not raw
    struct dict_block *b = dict_block(d);
    if (b == NULL)
        return;
    size_t usable = dict_usable(b->log2_size);
    assert_true(b->free + b->entries <= usable); // dict_pop_last: an index is used up
    for (size_t i = b->entries; i < usable; i++) {
        assert_null(rc_peek(&dict_entry(b, i)->key));
        assert_null(rc_peek(&dict_entry(b, i)->value));
    }
#endif
}

static void dict_follows_its_model(void **state)
{
    enum { STEPS = STEPS_OF(LARGE(80000, 24000)) };
    struct model m = {0};
    struct rc_header *key[MODEL_KEYS];
    (void)state;
    struct thread *t = open_world();
    struct dict *d = dict_new(t);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        key[i] = key_new(t, i, true);
    for (int64_t step = 0; step < STEPS; step++) {
        uint64_t r = sync_rand(t);
        bool grows = step / STEPS_OF(4000) % 2 == 0;
        size_t i = (size_t)(r >> 32) % MODEL_KEYS;
        bool there = m.added[i] != 0;
        unsigned kind = r % 100;
        // an equal object that is not the one in the dictionary; what is new goes in as key[i]
        bool other = r >> 8 & 1;
        struct rc_header *k = key[i];
        if (other)
            k = key_new(t, i, false);
        if (kind < (grows ? 50 : 15)) {
            struct rc_header *h = integer_new(t, step), *was;
            bool sets = false;
            switch (r >> 16 & 3) {
            case 0:
                was = dict_add(t, d, there ? k : key[i], h);
                assert_int_equal(was != NULL, there);
                break;
            case 1:
                was = dict_setdefault(t, d, there ? k : key[i], h);
                assert_int_equal(was == h, !there);
                break;
            default:
                assert_int_equal(dict_set(t, d, there ? k : key[i], h), !there);
                sets = true;
                was = NULL;
            }
            rc_decref(t, h);
            if (sets || !there)
                m.value[i] = step;
            if (was != NULL) {
                assert_int_equal(integer_value(was), m.value[i]);
                rc_decref(t, was);
            }
            if (!there) {
                m.added[i] = ++m.clock;
                m.used++;
            }
        } else if (kind < 70) {
            if (r >> 16 & 1) {
                assert_int_equal(dict_remove(t, d, k), there);
            } else {
                struct rc_header *h = dict_pop(t, d, k);
                assert_int_equal(h != NULL, there);
                if (h != NULL) {
                    assert_int_equal(integer_value(h), m.value[i]);
                    rc_decref(t, h);
                }
            }
            m.used -= there;
            m.added[i] = 0;
        } else {
            struct rc_header *h = dict_get(t, d, k);
            assert_int_equal(h != NULL, there);
            if (h != NULL) {
                assert_int_equal(integer_value(h), m.value[i]);
                rc_decref(t, h);
            }
        }
        if (other)
            rc_decref(t, k);
        if (kind == 99) {
            struct rc_header *last = NULL, *h = dict_pop_last(t, d, &last);
            assert_int_equal(h != NULL, m.used != 0);
            size_t newest = 0;
            for (size_t j = 0; j < MODEL_KEYS; j++)
                if (KEEPS_ORDER ? m.added[j] > m.added[newest] : key[j] == last)
                    newest = j;
            if (h != NULL) {
                assert_ptr_equal(last, key[newest]);
                assert_int_equal(integer_value(h), m.value[newest]);
                m.added[newest] = 0;
                m.used--;
                rc_decref(t, last);
                rc_decref(t, h);
            }
        }
        if (r >> 51 == 0) {
            assert_int_equal(dict_clear(t, d), m.used);
            memset(m.added, 0, sizeof m.added);
            m.used = 0;
        }
        assert_live(t, 1 + MODEL_KEYS + m.used);
        if (step % 16 == 0)
            thread_safepoint(t);
        if (step % STEPS_OF(1000) == 0)
            assert_dict(t, d, &m, key);
    }
    assert_dict(t, d, &m, key);
    struct dict *copy = dict_copy(t, d);
    assert_dict(t, copy, &m, key);
    rc_decref(t, &copy->base.rc);
    // the dictionary's own references to its keys are enough
    struct rc_header *any = NULL;
    int64_t value = 0;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        if (m.added[i] != 0 && any == NULL) {
            any = key_new(t, i, false);
            value = m.value[i];
        }
        rc_decref(t, key[i]);
    }
    assert_non_null(any);
    assert_live(t, 2 + 2 * m.used);
    assert_int_equal(integer_value(dict_get_borrowed(t, d, any)), value);
    rc_decref(t, any);
    rc_decref(t, &d->base.rc);
    assert_live(t, 0);
    close_world(t);
}

#ifndef LK_MAP_H
// Blocks of 8 indices to 2^18 or 2^17, so of 1, 2 and 4 bytes an index.
static void dict_grows_as_in_cpython(void **state)
{
    enum { LOG2_SIZE = LARGE(18, 17), KEYS = 120000 >> (18 - LOG2_SIZE) };
    static const size_t expected[] = {8,    16,   32,   64,    128,   256,   512,    1024,
                                      2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144};
    (void)state;
    struct thread *t = open_world();
    struct dict *d = dict_new(t);
    struct rc_header *value = integer_new(t, 7);
    size_t seen = 0;
    for (int64_t i = 0; i < KEYS; i++) {
        struct dict_block *before = dict_block(d);
        bool full = before == NULL || before->free == 0;
        for (int64_t j = 0; before != NULL && full && j < i; j++) {
            struct rc_header *k = integer_new(t, j * 257);
            assert_true(dict_contains(t, d, k));
            rc_decref(t, k);
        }
        struct rc_header *k = integer_new(t, i * 257);
        dict_set(t, d, k, value);
        rc_decref(t, k);
        struct dict_block *b = dict_block(d);
        assert_int_equal(b != before, full);
        if (full)
            assert_int_equal((size_t)1 << b->log2_size, expected[seen++]);
    }
    assert_int_equal(seen, LOG2_SIZE - 2);
    struct rc_header *k = NULL;
    for (int64_t i = 0; i < KEYS; i++) {
        k = integer_new(t, i * 257);
        assert_true(dict_contains(t, d, k));
        if (i > 20)
            assert_true(dict_remove(t, d, k));
        assert_int_equal(dict_contains(t, d, k), i <= 20);
        rc_decref(t, k);
    }
    // holes are not used again: additions and removals fill the block until a small one replaces it
    for (int64_t i = 0; dict_block(d)->log2_size == LOG2_SIZE; i++) {
        assert_true(i < 1 << LOG2_SIZE);
        k = integer_new(t, i * 257 + 1);
        dict_set(t, d, k, value);
        assert_true(dict_remove(t, d, k));
        rc_decref(t, k);
    }
    assert_int_equal(1 << dict_block(d)->log2_size, 64); // three times 21
    assert_int_equal(dict_length(t, d), 21);
    rc_decref(t, value);
    rc_decref(t, &d->base.rc);
    close_world(t);
}
#endif

#ifndef LK_MAP_H
static void iteration_notices_other_keys(void **state)
{
    enum { KEYS = 20 };
    struct rc_header *key[KEYS + 1], *k, *v;
    struct dict_iter it;
    (void)state;
    struct thread *t = open_world();
    struct dict *d = dict_new(t);
    it = dict_iterate(t, d);
    assert_int_equal(dict_next(t, &it, &k, &v), DICT_END);
    for (size_t i = 0; i <= KEYS; i++) {
        key[i] = integer_new(t, (int64_t)i);
        if (i < KEYS)
            dict_set(t, d, key[i], key[i]);
    }
    // other values are no other keys
    size_t met = 0;
    for (it = dict_iterate(t, d); dict_next(t, &it, &k, &v) == DICT_ENTRY; met++) {
        if (KEEPS_ORDER)
            assert_ptr_equal(k, key[met]);
        dict_set(t, d, key[(met + 7) % KEYS], key[0]);
        rc_decref(t, k);
        rc_decref(t, v);
    }
    assert_int_equal(met, KEYS);
    // one more, or one less, whenever it comes; and that is so for good
    for (unsigned at = 0; at <= KEYS; at++)
        for (unsigned more = 0; more < 2; more++) {
            it = dict_iterate(t, d);
            for (unsigned i = 0; i < at; i++) {
                assert_int_equal(dict_next(t, &it, &k, &v), DICT_ENTRY);
                rc_decref(t, k);
                rc_decref(t, v);
            }
            if (more == 1)
                dict_set(t, d, key[KEYS], key[0]);
            else
                assert_true(dict_remove(t, d, key[at % KEYS]));
            assert_int_equal(dict_next(t, &it, &k, &v), DICT_CHANGED);
            if (more == 1)
                assert_true(dict_remove(t, d, key[KEYS]));
            else
                dict_set(t, d, key[at % KEYS], key[0]);
            assert_int_equal(dict_next(t, &it, &k, &v), DICT_CHANGED);
        }
    // another key in the place of one: at most as many come as there are
    it = dict_iterate(t, d);
    assert_true(dict_remove(t, d, key[3]));
    dict_set(t, d, key[KEYS], key[0]);
    for (met = 0; dict_next(t, &it, &k, &v) == DICT_ENTRY; met++) {
        rc_decref(t, k);
        rc_decref(t, v);
    }
    assert_int_equal(met, KEYS);
    rc_decref(t, &d->base.rc);
    for (size_t i = 0; i <= KEYS; i++)
        rc_decref(t, key[i]);
    assert_live(t, 0);
    close_world(t);
}
#else
// The first keys stay, though their values change and equal objects are set for them; the others
// come and go, that which was met last among them. The map is small at first, and grows.
static void iteration_meets_what_stays(void **state)
{
    enum { STAY = 40, KEYS = 300, ROUNDS = LARGE(200, 60) };
    struct rc_header *key[KEYS], *k, *v;
    unsigned met[KEYS];
    bool there[KEYS];
    (void)state;
    struct thread *t = open_world();
    for (int64_t i = 0; i < KEYS; i++) // some of equal low bits
        key[i] = integer_new(t, i % 3 != 0 ? i : i << 20);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct dict *d = dict_new(t);
        memset(met, 0, sizeof met);
        memset(there, 0, sizeof there);
        for (size_t i = 0; i < STAY + round % 9; i++) {
            dict_set(t, d, key[i], key[i]);
            there[i] = true;
        }
        unsigned most = round % 10;
        for (struct dict_iter it = dict_iterate(t, d); dict_next(t, &it, &k, &v) == DICT_ENTRY;) {
            size_t i = 0;
            while (k != key[i])
                i++;
            assert_true(there[i]);
            met[i]++;
            rc_decref(t, k);
            rc_decref(t, v);
            if (i >= STAY && round % 2 == 0) {
                assert_true(dict_remove(t, d, k));
                there[i] = false;
            }
            for (unsigned n = 0; n < most; n++) {
                uint64_t r = sync_rand(t);
                i = r % (n % 2 == 0 ? KEYS : STAY);
                if (i < STAY) {
                    struct rc_header *equal = integer_new(t, integer_value(key[i]));
                    assert_false(dict_set(t, d, equal, key[r >> 32 & 7]));
                    rc_decref(t, equal);
                } else if (there[i]) {
                    assert_true(dict_remove(t, d, key[i]));
                    there[i] = false;
                } else {
                    assert_true(dict_set(t, d, key[i], key[i]));
                    there[i] = true;
                }
            }
            thread_safepoint(t);
        }
        for (size_t i = 0; i < STAY; i++)
            assert_int_equal(met[i], 1);
        rc_decref(t, &d->base.rc);
    }
    for (size_t i = 0; i < KEYS; i++)
        rc_decref(t, key[i]);
    close_world(t);
}
#endif

// --- the set, one thread ----------------------------------------------------------------------

// A list of what came from a set, in that order if it has one.
static void assert_list_of_set(struct thread *t, struct list *l, const struct list_model *m)
{
    if (KEEPS_ORDER)
        assert_list(t, l, m);
    else
        assert_int_equal(list_length(t, l), m->n);
}
// The set has these keys, in this order, and a list of it too.
static void assert_set(struct thread *t, struct set *s, const struct list_model *m)
{
    struct dict_iter it = dict_iterate(t, &s->dict);
    struct rc_header *h;
    assert_int_equal(set_length(t, s), m->n);
    for (size_t i = 0; i < m->n; i++) {
        assert_int_equal(set_next(t, &it, &h), DICT_ENTRY);
        if (KEEPS_ORDER)
            assert_int_equal(integer_value(h), m->value[i]);
        assert_true(set_contains(t, s, h));
        rc_decref(t, h);
    }
    assert_int_equal(set_next(t, &it, &h), DICT_END);
    struct list *l = list_from_set(t, s);
    assert_list_of_set(t, l, m);
    rc_decref(t, &l->base.rc);
}
static size_t model_find(const struct list_model *m, int64_t value)
{
    size_t i = 0;
    while (i < m->n && m->value[i] != value)
        i++;
    return i;
}
static bool model_add(struct list_model *m, int64_t value)
{
    bool added = model_find(m, value) == m->n;
    if (added)
        m->value[m->n++] = value;
    return added;
}
static void set_follows_its_model(void **state)
{
    enum { STEPS = STEPS_OF(8000), NUMBERS = 120 };
    static struct list_model m, l_model;
    (void)state;
    struct thread *t = open_world();
    struct set *s = set_new(t);
    struct list *l = list_new(t);
    m.n = l_model.n = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t r = sync_rand(t);
        bool grows = step / 300 % 2 == 0;
        int64_t number = (int64_t)(r >> 32) % NUMBERS;
        struct rc_header *h = integer_new(t, number);
        size_t at = model_find(&m, number), before = m.n;
        unsigned kind = r % 64;
        if (kind < (grows ? 30 : 10)) {
            assert_int_equal(set_add(t, s, h), model_add(&m, number));
        } else if (kind < 40) {
            assert_int_equal(set_remove(t, s, h), at < m.n);
            if (at < m.n)
                model_remove(&m, at);
        } else if (kind < 50) {
            assert_int_equal(set_contains(t, s, h), at < m.n);
        } else if (kind < 56 || l_model.n > 2 * NUMBERS) {
            // a list of twice as many of the numbers, some twice
            list_clear(t, l);
            l_model.n = 0;
            for (unsigned i = 0; i < 2 * (r >> 56) % NUMBERS; i++) {
                struct rc_header *more = integer_new(t, (int64_t)(sync_rand(t) % NUMBERS));
                l_model.value[l_model.n++] = integer_value(more);
                list_append(t, l, more);
                rc_decref(t, more);
            }
        } else if (kind < 60) {
            for (size_t i = 0; i < l_model.n; i++)
                model_add(&m, l_model.value[i]);
            assert_int_equal(set_update(t, s, l), m.n - before);
        } else if (kind < 62) {
            memcpy(&l_model.value[l_model.n], m.value, m.n * sizeof m.value[0]);
            l_model.n += m.n;
            assert_int_equal(list_extend_set(t, l, s), m.n);
        } else if (kind == 62) {
            rc_decref(t, &s->dict.base.rc);
            s = set_from_list(t, l);
            m.n = 0;
            for (size_t i = 0; i < l_model.n; i++)
                model_add(&m, l_model.value[i]);
        } else if (r >> 60 == 0) {
            assert_int_equal(set_clear(t, s), m.n);
            m.n = 0;
        }
        rc_decref(t, h);
        if (step % 16 == 0)
            thread_safepoint(t);
        if (step % 64 == 0) {
            assert_set(t, s, &m);
            assert_list_of_set(t, l, &l_model);
        }
    }
    rc_decref(t, &s->dict.base.rc);
    rc_decref(t, &l->base.rc);
    assert_live(t, 0);
    close_world(t);
}

// --- destructors ------------------------------------------------------------------------------

// An element that uses the container from which it comes, and changes it: it finds it unlocked, and
// itself not in it any more.
struct meddler {
    struct object base;
    struct list *list; // or NULL
    struct dict *dict;
    size_t others; // elements that are there when it dies
    bool *found_right;
};
static void meddler_destroy(struct thread *t, struct object *o)
{
    struct meddler *m = (struct meddler *)o;
    struct rc_header *h = integer_new(t, 1);
    if (m->list != NULL) {
        *m->found_right = list_length(t, m->list) == m->others;
        list_insert(t, m->list, 0, h);
        rc_decref(t, list_pop_at(t, m->list, 0));
    } else {
        *m->found_right = dict_length(t, m->dict) == m->others;
        struct rc_header *k = integer_new(t, 77);
        dict_set(t, m->dict, k, h);
        dict_remove(t, m->dict, k);
        rc_decref(t, k);
    }
    rc_decref(t, h);
}
static const struct type meddler_type = {.name = "meddler", .destroy = meddler_destroy};
static struct rc_header *meddler_new(struct thread *t, struct list *l, struct dict *d,
                                     size_t others, bool *found_right)
{
    struct meddler *m = object_new(t, &meddler_type, sizeof *m, AL_OBJECT, 0);
    *m = (struct meddler){
        .base = m->base, .list = l, .dict = d, .others = others, .found_right = found_right};
    *found_right = false;
    return &m->base.rc;
}
// Of a meddler to which the container alone refers.
static void assert_meddled(struct thread *t, const bool *found_right)
{
    for (unsigned round = 0; (LATE || GRACE) && round < 1000 && !*found_right; round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    assert_int_equal(*found_right, FREES);
}

static void list_deaths_come_after_unlock(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct list *l = list_new(t), *other = list_new(t);
    struct rc_header *h = integer_new(t, 1);
    for (unsigned way = 0; way < 5; way++) {
        bool found_right;
        list_append(t, l, h);
        size_t others = way == 0 ? 0 : way == 1 ? 2 : 1;
        struct rc_header *m = meddler_new(t, l, NULL, others, &found_right);
        list_append(t, l, m);
        rc_decref(t, m);
        switch (way) {
        case 0:
            list_clear(t, l);
            break;
        case 1:
            list_set(t, l, 1, h);
            break;
        case 2:
            rc_decref(t, list_pop(t, l));
            break;
        case 3:
            rc_decref(t, list_pop_at(t, l, 1));
            break;
        default:
            list_move(t, other, l);
            list_clear(t, other);
        }
        assert_meddled(t, &found_right);
        list_clear(t, l);
    }
    rc_decref(t, h);
    rc_decref(t, &other->base.rc);
    rc_decref(t, &l->base.rc);
    close_world(t);
}
static void dict_deaths_come_after_unlock(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct dict *d = dict_new(t);
    struct rc_header *k = integer_new(t, 1), *h = integer_new(t, 2);
    for (unsigned way = 0; way < 4; way++) {
        bool found_right;
        struct rc_header *m = meddler_new(t, NULL, d, way == 3, &found_right);
        dict_set(t, d, k, m);
        rc_decref(t, m);
        switch (way) {
        case 0:
            dict_clear(t, d);
            break;
        case 1:
            dict_remove(t, d, k);
            break;
        case 2:
            rc_decref(t, dict_pop(t, d, k));
            break;
        default:
            dict_set(t, d, k, h);
        }
        assert_meddled(t, &found_right);
        dict_clear(t, d);
    }
    rc_decref(t, h);
    rc_decref(t, k);
    rc_decref(t, &d->base.rc);
    close_world(t);
}

// --- threads ----------------------------------------------------------------------------------

// Others may want the CPUs too: a turn then waits for them.
enum {
    TEAM = 2,
    ROUNDS = STEPS_OF(TURNS ? 3000 : 30000),
    SHARED_KEYS = CONTAINER_COPIES ? 80 : 300
};
struct both {
    struct list *list;
    struct dict *dict;
    _Atomic(uint64_t) appended, popped, gone; // from the list, by all threads
    _Atomic(uint64_t) left;                   // keys that threads know to be in the dictionary
};
static uint64_t total(_Atomic(uint64_t) *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

// A number that only a whole integer object shows: its low half repeats its high half.
static int64_t stamped(uint64_t n)
{
    return (int64_t)((n & 0x7fffffff) << 32 | (n & 0x7fffffff));
}
static void check_stamp(struct thread *t, struct rc_header *h)
{
    uint64_t v = (uint64_t)integer_value(h);
    sync_check(v >> 32 == (v & 0xffffffff), "what was read is no element");
    rc_decref(t, h);
}

static void use_list(struct thread *t, void *argument, unsigned index)
{
    struct both *b = argument;
    uint64_t appended = 0, popped = 0, gone = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t r = sync_rand(t);
        struct rc_header *h = NULL;
        if (r % 8 < 4 || r % 8 == 6)
            h = integer_new(t, stamped(i * TEAM + index));
        switch (r % 8) {
        case 0:
        case 1:
        case 2:
        case 3:
            list_append(t, b->list, h);
            appended++;
            break;
        case 4:
        case 5: {
            struct rc_header *last = list_pop(t, b->list);
            popped += last != NULL;
            if (last != NULL)
                check_stamp(t, last);
            break;
        }
        case 6:
            list_set(t, b->list, (size_t)(r >> 16) % 64, h);
            break;
        default: {
            struct rc_header *some = list_get(t, b->list, (size_t)(r >> 16) % 512);
            if (some != NULL)
                check_stamp(t, some);
        }
        }
        if (h != NULL)
            rc_decref(t, h);
        if (r >> 53 == 0)
            gone += list_clear(t, b->list);
        if (i % 16 == 0)
            thread_safepoint(t);
    }
    atomic_fetch_add_explicit(&b->appended, appended, memory_order_relaxed);
    atomic_fetch_add_explicit(&b->popped, popped, memory_order_relaxed);
    atomic_fetch_add_explicit(&b->gone, gone, memory_order_relaxed);
}

static void threads_share_a_list(void **state)
{
    struct both b = {0};
    (void)state;
    struct thread *t = open_world();
    b.list = list_new(t);
    team_run(t, team_of(TEAM), use_list, &b);
    thread_drain(t);
    uint64_t left = list_length(t, b.list);
    assert_int_equal(total(&b.appended), total(&b.popped) + total(&b.gone) + left);
    assert_live(t, left + 1);
    for (size_t i = 0; i < left; i++)
        check_stamp(t, list_get(t, b.list, i));
    rc_decref(t, &b.list->base.rc);
    close_world(t);
}

// Each thread sets and removes keys of its own, whose state it therefore knows, and reads the
// other's; they meet in the indices, in the block and in its replacement.
static void use_dict(struct thread *t, void *argument, unsigned index)
{
    struct both *b = argument;
    struct rc_header *key[TEAM * SHARED_KEYS];
    int64_t value[SHARED_KEYS];
    size_t used = 0;
    for (size_t i = 0; i < TEAM * SHARED_KEYS; i++)
        key[i] = key_new(t, i, false);
    for (size_t i = 0; i < SHARED_KEYS; i++)
        value[i] = -1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t r = sync_rand(t);
        // at times few keys, which come and go, so that small blocks are replaced all the time
        size_t range = i / 512 % 2 == 0 ? SHARED_KEYS : 8;
        size_t k = (size_t)(r >> 32) % range, other = (size_t)(r >> 16) % range;
        struct rc_header *own = key[k * TEAM + index];
        if (r % 4 < 2) {
            value[k] = stamped(i);
            struct rc_header *h = integer_new(t, value[k]);
            dict_set(t, b->dict, own, h);
            rc_decref(t, h);
        } else if (r % 4 == 2) {
            sync_check(dict_remove(t, b->dict, own) == (value[k] >= 0), "a removal went wrong");
            value[k] = -1;
        }
        struct rc_header *h = dict_get(t, b->dict, own);
        sync_check((h != NULL) == (value[k] >= 0), "a key is lost, or too many");
        sync_check(h == NULL || integer_value(h) == value[k], "a key has another one's value");
        if (h != NULL)
            rc_decref(t, h);
        h = dict_get(t, b->dict, key[other * TEAM + (index + 1) % TEAM]);
        if (h != NULL)
            check_stamp(t, h);
        if (i % 16 == 0)
            thread_safepoint(t);
    }
    for (size_t i = 0; i < SHARED_KEYS; i++)
        used += value[i] >= 0;
    for (size_t i = 0; i < TEAM * SHARED_KEYS; i++)
        rc_decref(t, key[i]);
    atomic_fetch_add_explicit(&b->left, used, memory_order_relaxed);
}

static void threads_share_a_dict(void **state)
{
    struct both b = {0};
    (void)state;
    struct thread *t = open_world();
    b.dict = dict_new(t);
    team_run(t, team_of(TEAM), use_dict, &b);
    thread_drain(t);
    uint64_t left = total(&b.left);
    assert_int_equal(dict_length(t, b.dict), left);
    assert_live(t, 2 * left + 1);
    rc_decref(t, &b.dict->base.rc);
    close_world(t);
}

// Two lists, whose elements go from one to the other.
struct two {
    struct list *list[2];
    _Atomic(int64_t) more; // elements that were put in, less those that came out
};
static void use_two_lists(struct thread *t, void *argument, unsigned index)
{
    struct two *two = argument;
    int64_t more = 0;
    for (unsigned i = 0; i < ROUNDS / 3; i++) {
        uint64_t r = sync_rand(t);
        struct list *a = two->list[r & 1], *b = two->list[!(r & 1)];
        struct rc_header *h = NULL;
        if ((r >> 8) % 8 < 3)
            h = integer_new(t, stamped(i * TEAM + index));
        switch ((r >> 8) % 8) {
        case 0:
        case 1:
            list_append(t, a, h);
            more++;
            break;
        case 2:
            list_insert(t, a, (r >> 16) % 32, h);
            more++;
            break;
        case 3:
        case 4: {
            struct rc_header *out =
                (r >> 16) % 2 != 0 ? list_pop(t, a) : list_pop_at(t, a, (r >> 17) % 32);
            more -= out != NULL;
            if (out != NULL)
                check_stamp(t, out);
            break;
        }
        case 5: {
            struct list *s = list_slice(t, a, (r >> 16) % 8, SIZE_MAX);
            for (struct list_iter it = list_iterate(s);;) {
                struct rc_header *some = list_next(t, &it);
                if (some == NULL)
                    break;
                check_stamp(t, some);
            }
            rc_decref(t, &s->base.rc);
            break;
        }
        case 6:
            if (list_length(t, a) + list_length(t, b) < 100)
                more += (int64_t)list_extend(t, a, (r >> 16) % 4 == 0 ? a : b);
            else
                more -= (int64_t)list_clear(t, a);
            break;
        default:
            list_move(t, a, b);
        }
        if (h != NULL)
            rc_decref(t, h);
        if (i % 16 == 0)
            thread_safepoint(t);
    }
    atomic_fetch_add_explicit(&two->more, more, memory_order_relaxed);
}
static void threads_share_two_lists(void **state)
{
    struct two two = {0};
    (void)state;
    struct thread *t = open_world();
    two.list[0] = list_new(t);
    two.list[1] = list_new(t);
    team_run(t, TEAM + 1, use_two_lists, &two);
    int64_t left = 0;
    for (unsigned i = 0; i < 2; i++) {
        size_t n = list_length(t, two.list[i]);
        left += (int64_t)n;
        for (size_t j = 0; j < n; j++)
            check_stamp(t, list_get(t, two.list[i], j));
    }
    assert_int_equal(left, atomic_load_explicit(&two.more, memory_order_relaxed));
    rc_decref(t, &two.list[0]->base.rc);
    rc_decref(t, &two.list[1]->base.rc);
    close_world(t);
}

// Who walks up a list into which another thread inserts meets all that stays, in order.
enum { STAY = 60 };
struct walked {
    struct list *list;
};
static void walk_or_insert(struct thread *t, void *argument, unsigned index)
{
    struct walked *w = argument;
    for (unsigned i = 0; i < 200; i++) {
        if (index == 0) {
            struct rc_header *h = integer_new(t, -1);
            list_insert(t, w->list, sync_rand(t) % STAY, h);
            rc_decref(t, h);
            if (i % 16 == 0)
                thread_safepoint(t);
        } else if (i % 8 == 0) {
            struct list_iter it = list_iterate(w->list);
            struct rc_header *h;
            int64_t last = -1;
            while ((h = list_next(t, &it)) != NULL) {
                int64_t v = integer_value(h);
                sync_check(v <= last + 1, "an element that stays was not met");
                last = v > last ? v : last;
                rc_decref(t, h);
            }
            sync_check(last == STAY - 1, "the last element was not met");
            thread_safepoint(t);
        }
    }
}
static void walks_miss_nothing_that_stays(void **state)
{
    enum { LISTS = 8 };
    (void)state;
    struct thread *t = open_world();
    for (unsigned n = 0; n < LISTS; n++) {
        struct walked w = {list_new(t)};
        for (int64_t i = 0; i < STAY; i++) {
            struct rc_header *h = integer_new(t, i);
            list_append(t, w.list, h);
            rc_decref(t, h);
        }
        team_run(t, 2, walk_or_insert, &w);
        assert_int_equal(list_length(t, w.list), STAY + 200);
        rc_decref(t, &w.list->base.rc);
    }
    close_world(t);
}

// All want their own value to be a key's first one; each thread says which it was.
struct firsts {
    struct dict *dict;
    struct rc_header *key[SHARED_KEYS];
    int64_t first[TEAM][SHARED_KEYS];
};
static void set_defaults(struct thread *t, void *argument, unsigned index)
{
    struct firsts *f = argument;
    for (size_t i = 0; i < SHARED_KEYS; i++) {
        struct rc_header *own = integer_new(t, (int64_t)(i * TEAM + index));
        struct rc_header *h = dict_setdefault(t, f->dict, f->key[i], own);
        f->first[index][i] = integer_value(h);
        rc_decref(t, h);
        rc_decref(t, own);
        // ... which another thread may be iterating over
        struct dict_iter it = dict_iterate(t, f->dict);
        struct rc_header *key, *value;
        for (unsigned met = 0; i % 16 == 0; met++) {
            if (dict_next(t, &it, &key, &value) != DICT_ENTRY)
                break;
            sync_check(integer_value(value) / TEAM == integer_value(key) &&
                           (!KEEPS_ORDER || integer_value(key) == (int64_t)met),
                       "keys do not come in order, or not with their values");
            rc_decref(t, key);
            rc_decref(t, value);
        }
        thread_safepoint(t);
    }
}
static void one_default_wins(void **state)
{
    enum { DICTS = CONTAINER_COPIES ? 2 : 20 };
    static struct firsts f;
    (void)state;
    struct thread *t = open_world();
    for (size_t i = 0; i < SHARED_KEYS; i++)
        f.key[i] = integer_new(t, (int64_t)i);
    for (unsigned n = 0; n < DICTS; n++) {
        f.dict = dict_new(t);
        team_run(t, TEAM, set_defaults, &f);
        assert_int_equal(dict_length(t, f.dict), SHARED_KEYS);
        for (size_t i = 0; i < SHARED_KEYS; i++) {
            assert_int_equal(f.first[0][i], f.first[1][i]);
            assert_int_equal(f.first[0][i] / TEAM, i);
        }
        rc_decref(t, &f.dict->base.rc);
    }
    for (size_t i = 0; i < SHARED_KEYS; i++)
        rc_decref(t, f.key[i]);
    close_world(t);
}

int main(void)
{
    // new memory is never zero by chance, so that a raw slot shows
    mallopt(M_PERTURB, 0x5a);
    const struct CMUnitTest tests[] = {
        WHEN(true, list_follows_its_model),
        WHEN(true, elements_are_counted_apart),
        WHEN(!CONTAINER_COPIES, list_grows_as_in_cpython),
        WHEN(true, deep_lists_die_without_recursion),
        WHEN(true, list_deaths_come_after_unlock),
        WHEN(true, dict_follows_its_model),
#ifndef LK_MAP_H
        WHEN(!CONTAINER_COPIES, dict_grows_as_in_cpython),
        WHEN(true, iteration_notices_other_keys),
#else
        WHEN(true, iteration_meets_what_stays),
#endif
        WHEN(true, dict_deaths_come_after_unlock),
        WHEN(true, set_follows_its_model),
        WHEN(EXCLUDES, threads_share_a_list),
        WHEN(EXCLUDES, threads_share_a_dict),
        WHEN(PAIRS, threads_share_two_lists),
        WHEN(EXCLUDES, walks_miss_nothing_that_stays),
        WHEN(EXCLUDES, one_default_wins),
    };
    return RUN("containers", tests);
}
