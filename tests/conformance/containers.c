// SPDX-License-Identifier: MIT
//
// The list and the dictionary against models that hold no references, then two threads on one of
// each. Compiled for a pair of schemes, as the conformance programs are.
#include "common.h"

#include "../../workloads/container/dict.h"
#include "../../workloads/container/list.h"

#include <malloc.h>

#define EXCLUDES                                                       \
    (true PAIR_THREAD_RULES(RULE_AND, RC_TRAITS, LK_TRAITS, AL_TRAITS, \
                            NEEDS_EXCLUSION | NEEDS_SHARING))
#define AT_ONCE (FREES && !LATE)

// Exactly so many objects live, where the scheme lets that be said at any time.
static void assert_live(struct thread *t, uint64_t n)
{
    if (AT_ONCE)
        assert_int_equal(world_live(t->world), n);
}

// --- the list, one thread ---------------------------------------------------------------------

// All of the list is as the model says, and what lies behind its length is empty, not raw.
static void assert_list(struct thread *t, struct list *l, const int64_t *model, size_t n)
{
    assert_int_equal(list_length(t, l), n);
    for (size_t i = 0; i < n; i++) {
        struct rc_header *h = list_get(t, l, i);
        assert_non_null(h);
        assert_int_equal(integer_value(h), model[i]);
        rc_decref(t, h);
    }
    assert_null(list_get(t, l, n));
    assert_true(l->capacity >= n);
    for (size_t i = n; i < l->capacity; i++)
        assert_null(rc_peek(&list_block(l)->slot[i]));
}

static void list_follows_its_model(void **state)
{
    enum { STEPS = 60000, MOST = 700 };
    int64_t model[MOST];
    size_t n = 0;
    (void)state;
    struct thread *t = open_world();
    struct list *l = list_new(t);
    for (int64_t step = 0; step < STEPS; step++) {
        uint64_t r = sync_rand(t);
        // long stretches of growth and of shrinking, so that sizes pass through many blocks
        bool grows = step / 1500 % 2 == 0;
        size_t i = n != 0 ? (size_t)(r >> 32) % (n + n / 8 + 1) : (size_t)(r >> 62);
        unsigned kind = r % 100;
        if (kind < (grows ? 60 : 10)) {
            if (n == MOST)
                continue;
            struct rc_header *h = integer_new(t, step);
            model[n++] = step;
            assert_int_equal(list_append(t, l, h), n);
            rc_decref(t, h);
        } else if (kind < 70) {
            struct rc_header *h = list_pop(t, l);
            assert_int_equal(h != NULL, n != 0);
            if (h != NULL) {
                assert_int_equal(integer_value(h), model[--n]);
                rc_decref(t, h);
            }
        } else if (kind < 85) {
            struct rc_header *h = integer_new(t, step);
            assert_int_equal(list_set(t, l, i, h), i < n);
            if (i < n)
                model[i] = step;
            rc_decref(t, h);
        } else {
            struct rc_header *h = list_get(t, l, i);
            assert_int_equal(h != NULL, i < n);
            if (h != NULL) {
                assert_int_equal(integer_value(h), model[i]);
                rc_decref(t, h);
            }
        }
        if (r >> 52 == 0) {
            assert_int_equal(list_clear(t, l), n);
            n = 0;
        }
        assert_live(t, n + 1);
        if (step % 512 == 0)
            assert_list(t, l, model, n);
    }
    assert_list(t, l, model, n);
    rc_decref(t, &l->base.rc);
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

// A destructor that uses the container from which its object comes: it finds it empty, not locked.
struct meddler {
    struct object base;
    struct list *list;
    bool *found_empty;
};
static void meddler_destroy(struct thread *t, struct object *o)
{
    struct meddler *m = (struct meddler *)o;
    *m->found_empty = list_length(t, m->list) == 0;
}
static const struct type meddler_type = {.name = "meddler", .destroy = meddler_destroy};

static void deaths_come_after_unlock(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct list *l = list_new(t);
    for (unsigned way = 0; way < 2; way++) {
        bool found_empty = false;
        struct meddler *m = object_new(t, &meddler_type, sizeof *m, AL_OBJECT, 0);
        m->list = l;
        m->found_empty = &found_empty;
        list_append(t, l, &m->base.rc);
        rc_decref(t, &m->base.rc);
        if (way == 0)
            list_clear(t, l);
        else
            rc_decref(t, list_pop(t, l));
        for (unsigned round = 0; LATE && round < 1000 && !found_empty; round++)
            thread_drain(t);
        assert_int_equal(found_empty, FREES);
    }
    rc_decref(t, &l->base.rc);
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
enum { MODEL_KEYS = 900 };
struct model {
    size_t used;
    uint64_t clock;
    uint64_t added[MODEL_KEYS]; // when, by the clock; 0: not there
    int64_t value[MODEL_KEYS];
};

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
        o->right &= i < MODEL_KEYS && o->model->added[i] > o->added && h != NULL &&
                    integer_value(h) == o->model->value[i];
        o->added = i < MODEL_KEYS ? o->model->added[i] : 0;
        o->seen++;
    }
    o->value_next = !o->value_next;
}
static void assert_dict(struct thread *t, struct dict *d, const struct model *m,
                        struct rc_header **key)
{
    struct order o = {.model = m, .key = key, .right = true};
    assert_int_equal(dict_length(t, d), m->used);
    dict_traverse(&d->base, visit_in_order, &o);
    assert_true(o.right);
    assert_int_equal(o.seen, m->used);
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        struct rc_header *h = dict_get(t, d, key[i]);
        assert_int_equal(h != NULL, m->added[i] != 0);
        assert_int_equal(dict_contains(t, d, key[i]), h != NULL);
        if (h == NULL)
            continue;
        assert_int_equal(integer_value(h), m->value[i]);
        assert_ptr_equal(dict_get_borrowed(t, d, key[i]), h);
        rc_decref(t, h);
    }
    struct dict_block *b = dict_block(d);
    if (b == NULL)
        return;
    size_t usable = dict_usable(b->log2_size);
    assert_int_equal(b->free + b->entries, usable);
    for (size_t i = b->entries; i < usable; i++) {
        assert_null(rc_peek(&dict_entry(b, i)->key));
        assert_null(rc_peek(&dict_entry(b, i)->value));
    }
}

static void dict_follows_its_model(void **state)
{
    enum { STEPS = LARGE(80000, 24000) };
    struct model m = {0};
    struct rc_header *key[MODEL_KEYS];
    (void)state;
    struct thread *t = open_world();
    struct dict *d = dict_new(t);
    for (size_t i = 0; i < MODEL_KEYS; i++)
        key[i] = key_new(t, i, true);
    for (int64_t step = 0; step < STEPS; step++) {
        uint64_t r = sync_rand(t);
        bool grows = step / 4000 % 2 == 0;
        size_t i = (size_t)(r >> 32) % MODEL_KEYS;
        bool there = m.added[i] != 0;
        unsigned kind = r % 100;
        // an equal object that is not the one in the dictionary; what is new goes in as key[i]
        bool other = r >> 8 & 1;
        struct rc_header *k = key[i];
        if (other)
            k = key_new(t, i, false);
        if (kind < (grows ? 50 : 15)) {
            struct rc_header *h = integer_new(t, step);
            dict_set(t, d, there ? k : key[i], h);
            rc_decref(t, h);
            m.value[i] = step;
            if (!there) {
                m.added[i] = ++m.clock;
                m.used++;
            }
        } else if (kind < 70) {
            assert_int_equal(dict_remove(t, d, k), there);
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
        if (r >> 51 == 0) {
            assert_int_equal(dict_clear(t, d), m.used);
            memset(m.added, 0, sizeof m.added);
            m.used = 0;
        }
        assert_live(t, 1 + MODEL_KEYS + m.used);
        if (step % 1000 == 0)
            assert_dict(t, d, &m, key);
    }
    assert_dict(t, d, &m, key);
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

// --- two threads ------------------------------------------------------------------------------

enum { TEAM = 2, ROUNDS = 30000, SHARED_KEYS = 300 };
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
    team_run(t, TEAM, use_list, &b);
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
    team_run(t, TEAM, use_dict, &b);
    thread_drain(t);
    uint64_t left = total(&b.left);
    assert_int_equal(dict_length(t, b.dict), left);
    assert_live(t, 2 * left + 1);
    rc_decref(t, &b.dict->base.rc);
    close_world(t);
}

int main(void)
{
    // new memory is never zero by chance, so that a raw slot shows
    mallopt(M_PERTURB, 0x5a);
    const struct CMUnitTest tests[] = {
        WHEN(true, list_follows_its_model),   WHEN(true, elements_are_counted_apart),
        WHEN(true, list_grows_as_in_cpython), WHEN(true, deep_lists_die_without_recursion),
        WHEN(true, deaths_come_after_unlock), WHEN(true, dict_follows_its_model),
        WHEN(true, dict_grows_as_in_cpython), WHEN(EXCLUDES, threads_share_a_list),
        WHEN(EXCLUDES, threads_share_a_dict),
    };
    return RUN("containers", tests);
}
