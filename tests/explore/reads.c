// SPDX-License-Identifier: MIT
//
// Reads of containers that threads share already: where a scheme reads without the lock, it does so
// here. Each element has a payload that says where it may be found; whoever finds another one, or a
// dead one, has read what was never there. And operations on several elements, or on two
// containers.
#include "common.h"

#include "../../workloads/container/dict.h"
#include "../../workloads/container/list.h"
#include "../../workloads/container/set.h"

struct scene {
    struct stage stage; // first
    struct list *l, *m;
    struct dict *d;
    struct set *set;
    uint32_t got[SIM_THREADS_MAX + 1]; // by thread
    struct rc_header *key[6];          // of dictionaries: immortal, numbered
};

#define UNLESS_EXCLUDES \
    UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES), "this lock scheme does not exclude")

#define UNLESS_PAIRS                                                               \
    UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES) && !PAIR_HAS(LK_TRAITS, LK_DEADLOCKS), \
           "this lock scheme does not lock two containers in any order")

enum { FIRST = 1, LAST = 2, NEW = 3, STRANGER = 9 };

static void put(struct thread *t, struct list *l, uint32_t payload)
{
    struct rc_header *h = node_new(t, payload);
    list_append(t, l, h);
    rc_decref(t, h);
}
static void replace(struct thread *t, struct list *l, size_t i, uint32_t payload)
{
    struct rc_header *h = node_new(t, payload);
    list_set(t, l, i, h);
    rc_decref(t, h);
}
// What element i says of itself, 0 if there is none.
static uint32_t look(struct thread *t, struct list *l, size_t i)
{
    struct rc_header *h = list_get(t, l, i);
    uint32_t payload = 0;
    if (h != NULL) {
        payload = node_payload(h);
        rc_decref(t, h);
    }
    return payload;
}
// A list that `owner` made, of elements FIRST to the `length`th, which is LAST.
static void list_setup(struct scene *s, unsigned owner, unsigned length)
{
    struct thread *t = stage_as(&s->stage, owner);
    s->l = list_new(t);
    for (unsigned i = 0; i < length; i++)
        put(t, s->l, i + 1 == length ? LAST : FIRST);
}
// Every thread but its owner has read all of it before: it is shared, and its elements are
// published.
static void all_look(struct scene *s, unsigned owner, size_t length)
{
    for (unsigned i = 1; i <= s->stage.threads; i++)
        if (i != owner)
            for (size_t n = 0; n < length; n++)
                look(stage_as(&s->stage, i), s->l, n);
    stage_as(&s->stage, 0);
}
static void list_ends(struct scene *s, struct thread *t)
{
    rc_decref(t, &s->l->base.rc);
}

// --- elements come and go -----------------------------------------------------------------------

static void read_and_set_setup(struct scene *s)
{
    list_setup(s, 1, 2);
    all_look(s, 1, 2);
}
static void read_and_set_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        replace(t, s->l, 0, NEW);
        thread_safepoint(t);
        put(t, s->l, STRANGER); // in the block of what died
    } else {
        uint32_t once = look(t, s->l, 0), again = look(t, s->l, 0);
        sync_check(once == FIRST || once == NEW, "an element was never there");
        sync_check(again == NEW || (again == FIRST && once == FIRST),
                   "an element is back after it was seen replaced");
    }
}
SCENE(read_and_set, 2, UNLESS_EXCLUDES, list_ends,
      "an element is read twice while it is replaced and its block used for another one");

static void read_and_grow_setup(struct scene *s)
{
    list_setup(s, 1, 4); // all that the first block holds
    all_look(s, 1, 4);
}
static void read_and_grow_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        put(t, s->l, NEW);
        thread_safepoint(t);
    } else if (i == 2) {
        uint32_t last = look(t, s->l, 4);
        sync_check(last == 0 || last == NEW, "an element was never there");
        sync_check(last == 0 || list_length(t, s->l) == 5, "an element stands behind the end");
        thread_safepoint(t);
    } else {
        sync_check(look(t, s->l, 3) == LAST, "an element that always was there was not found");
        thread_safepoint(t);
    }
}
SCENE(read_and_grow, 3, UNLESS_EXCLUDES, list_ends,
      "elements are read while a list grows out of its block");

static void read_and_shrink_setup(struct scene *s)
{
    list_setup(s, 1, 2); // of a capacity of 4: one more, and it shrinks
    all_look(s, 1, 2);
}
static void read_and_shrink_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = list_pop(t, s->l);
        use_and_drop(t, h, LAST);
        put(t, s->l, NEW);
        thread_safepoint(t);
    } else {
        uint32_t last = look(t, s->l, 1);
        sync_check(last == LAST || last == 0 || last == NEW, "an element was never there");
        sync_check(look(t, s->l, 0) == FIRST, "an element that always was there was not found");
        thread_safepoint(t);
    }
}
SCENE(read_and_shrink, 2, UNLESS_EXCLUDES, list_ends,
      "the last element is popped, dropped, and another one put there, while a thread reads");

static void read_and_clear_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        list_clear(t, s->l);
        thread_safepoint(t);
        put(t, s->l, NEW);
    } else {
        uint32_t first = look(t, s->l, 0), last = look(t, s->l, 1);
        sync_check(first == FIRST || first == 0 || first == NEW, "an element was never there");
        sync_check(last == 0 || (last == LAST && first == FIRST),
                   "an element is back after the list was seen cleared");
        thread_safepoint(t);
    }
}
#define read_and_clear_setup read_and_set_setup
SCENE(read_and_clear, 2, UNLESS_EXCLUDES, list_ends,
      "a list is cleared, and filled again, while a thread reads");

// --- who made a list, and the first other one ---------------------------------------------------

static void first_foreign_read_setup(struct scene *s)
{
    list_setup(s, 1, 4);
    stage_as(&s->stage, 0);
}
static void first_foreign_read_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        put(t, s->l, NEW);
        thread_safepoint(t);
    } else {
        sync_check(look(t, s->l, 0) == FIRST, "an element that always was there was not found");
        thread_safepoint(t);
    }
}
SCENE(first_foreign_read, 3, UNLESS_EXCLUDES, list_ends,
      "a list leaves its block, which only its owner had read, while two threads read it at last");

static void owner_reads_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 2) {
        put(t, s->l, NEW);
        thread_safepoint(t);
    } else {
        sync_check(look(t, s->l, 0) == FIRST, "an element that always was there was not found");
        sync_check(look(t, s->l, 3) == LAST, "an element that always was there was not found");
        thread_safepoint(t);
    }
}
#define owner_reads_setup first_foreign_read_setup
SCENE(owner_reads, 2, UNLESS_EXCLUDES, list_ends,
      "a list that only its owner has read leaves its block by another thread's hand");

// --- dictionaries -------------------------------------------------------------------------------

// Immortal keys, for who is not interested in their counts.
static void dict_setup(struct scene *s, unsigned owner, unsigned length)
{
    struct thread *t = stage_as(&s->stage, 0);
    for (unsigned i = 0; i < 6; i++) {
        s->key[i] = object_new(t, &integer_type, sizeof(struct integer), AL_OBJECT, RC_IMMORTAL);
        ((struct integer *)s->key[i])->value = i;
    }
    t = stage_as(&s->stage, owner);
    s->d = dict_new(t);
    for (unsigned i = 0; i < length; i++) {
        struct rc_header *value = node_new(t, i + 1 == length ? LAST : FIRST);
        dict_set(t, s->d, s->key[i], value);
        rc_decref(t, value);
    }
}
static uint32_t find(struct thread *t, struct scene *s, struct rc_header *key)
{
    struct rc_header *h = dict_get(t, s->d, key);
    uint32_t payload = 0;
    if (h != NULL) {
        payload = node_payload(h);
        rc_decref(t, h);
    }
    return payload;
}
static void all_find(struct scene *s, unsigned owner, unsigned length)
{
    for (unsigned i = 1; i <= s->stage.threads; i++)
        if (i != owner)
            for (unsigned n = 0; n < length; n++)
                find(stage_as(&s->stage, i), s, s->key[n]);
    stage_as(&s->stage, 0);
}
static void enter_key(struct thread *t, struct scene *s, struct rc_header *key, uint32_t payload)
{
    struct rc_header *h = node_new(t, payload);
    dict_set(t, s->d, key, h);
    rc_decref(t, h);
}
static void dict_ends(struct scene *s, struct thread *t)
{
    rc_decref(t, &s->d->base.rc);
    stage_settle(&s->stage); // what holds keys may die late
    for (unsigned i = 0; i < 6; i++)
        rc_end_immortal(t, s->key[i]);
}

static void find_and_set_setup(struct scene *s)
{
    dict_setup(s, 1, 2);
    all_find(s, 1, 2);
}
static void find_and_set_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        enter_key(t, s, s->key[0], NEW);
        thread_safepoint(t);
        enter_key(t, s, s->key[2], STRANGER);
    } else {
        uint32_t once = find(t, s, s->key[0]), again = find(t, s, s->key[0]);
        sync_check(once == FIRST || once == NEW, "a key led to another one's value");
        sync_check(again == NEW || (again == FIRST && once == FIRST),
                   "a value is back after it was seen replaced");
    }
}
SCENE(find_and_set, 2, UNLESS_EXCLUDES, dict_ends,
      "a key is looked up twice while its value is replaced and another key added");

static void find_and_remove_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        sync_check(dict_remove(t, s->d, s->key[0]), "a key is gone that nobody removed");
        thread_safepoint(t);
        enter_key(t, s, s->key[0], NEW);
    } else {
        uint32_t found = find(t, s, s->key[0]);
        sync_check(found == FIRST || found == NEW || found == 0,
                   "a key led to another one's value");
        sync_check(find(t, s, s->key[1]) == LAST, "a key that always was there was not found");
        thread_safepoint(t);
    }
}
#define find_and_remove_setup find_and_set_setup
SCENE(find_and_remove, 2, UNLESS_EXCLUDES, dict_ends,
      "a key is removed and added again while a thread looks it up, and its neighbour");

static void find_and_resize_setup(struct scene *s)
{
    dict_setup(s, 1, 5); // all that the first block holds
    all_find(s, 1, 5);
}
static void find_and_resize_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        enter_key(t, s, s->key[5], NEW);
        thread_safepoint(t);
    } else {
        uint32_t found = find(t, s, s->key[5]);
        sync_check(found == 0 || found == NEW, "a key led to another one's value");
        sync_check(find(t, s, s->key[4]) == LAST, "a key that always was there was not found");
        thread_safepoint(t);
    }
}
SCENE(find_and_resize, 2, UNLESS_EXCLUDES, dict_ends,
      "keys are looked up while the dictionary leaves its block");

// Local references to values that they need not count, if the scheme knows such.
static void find_local_setup(struct scene *s)
{
    dict_setup(s, 1, 0);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h = node_new_flags(t, FIRST, RC_DEFERRED);
    dict_set(t, s->d, s->key[0], h);
    rc_decref(t, h);
    for (unsigned i = 2; i <= 3; i++)
        find(stage_as(&s->stage, i), s, s->key[0]);
    stage_as(&s->stage, 0);
}
static void find_local_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new_flags(t, NEW, RC_DEFERRED);
        dict_set(t, s->d, s->key[0], h);
        rc_decref(t, h);
        if (PAIR_HAS(RC_TRAITS, RC_CYCLES))
            rc_collect(t);
        enter_key(t, s, s->key[1], STRANGER);
        return;
    }
    struct rc_local local[1] = {};
    struct rc_roots frame;
    rc_roots_push(t, &frame, local, 1);
    struct rc_header *h = dict_get_local(t, s->d, s->key[0], local);
    sync_check(h != NULL, "a key that always was there was not found");
    uint32_t found = node_payload(h);
    sync_check(found == FIRST || found == NEW, "a key led to another one's value");
    thread_safepoint(t);
    node_use(h, found);
    rc_local_drop(t, local);
    rc_roots_pop(t, &frame);
}
SCENE(find_local, 3, UNLESS_EXCLUDES, dict_ends,
      "a value that stacks borrow is replaced and collected while threads hold it");

// An equal key, not the same object: the dictionary's own is looked at while it goes.
static void find_equal_setup(struct scene *s)
{
    dict_setup(s, 1, 0);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *key = integer_new(t, 4);
    enter_key(t, s, key, FIRST);
    rc_decref(t, key);
    for (unsigned i = 2; i <= 3; i++)
        find(stage_as(&s->stage, i), s, s->key[4]);
    stage_as(&s->stage, 0);
}
static void find_equal_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        dict_remove(t, s->d, s->key[4]);
        thread_safepoint(t);
        struct rc_header *key = integer_new(t, 5); // in the block of the one that was equal
        enter_key(t, s, key, STRANGER);
        rc_decref(t, key);
    } else {
        uint32_t found = find(t, s, s->key[4]);
        sync_check(found == FIRST || found == 0, "a key led to another one's value");
        thread_safepoint(t);
    }
}
SCENE(find_equal, 3, UNLESS_EXCLUDES, dict_ends,
      "a key is looked up by its equal while it is removed and dies");

// --- several elements ---------------------------------------------------------------------------

static void insert_and_walk_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        struct rc_header *h = node_new(t, NEW);
        list_insert(t, s->l, 0, h);
        rc_decref(t, h);
        thread_safepoint(t);
    } else {
        struct list_iter it = list_iterate(s->l);
        struct rc_header *h;
        uint32_t met = 0, last = 0;
        while ((h = list_next(t, &it)) != NULL) {
            met |= 1u << (last = node_payload(h));
            rc_decref(t, h);
        }
        sync_check((met & (1u << FIRST | 1u << LAST)) == (1u << FIRST | 1u << LAST) && last == LAST,
                   "an element that always was there was not met");
        thread_safepoint(t);
    }
}
#define insert_and_walk_setup read_and_set_setup
SCENE(insert_and_walk, 2, UNLESS_EXCLUDES, list_ends,
      "an element is inserted in front of others while a thread meets them one by one");

static void pop_at_and_read_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        use_and_drop(t, list_pop_at(t, s->l, 0), FIRST);
        thread_safepoint(t);
        rc_decref(t, node_new(t, STRANGER)); // in the block of what died
    } else {
        uint32_t last = look(t, s->l, 1), first = look(t, s->l, 0);
        sync_check(first == FIRST || first == LAST,
                   "an element that always was there was not found");
        sync_check(last == LAST || last == 0, "an element was never there");
        thread_safepoint(t);
    }
}
#define pop_at_and_read_setup read_and_set_setup
SCENE(pop_at_and_read, 2, UNLESS_EXCLUDES, list_ends,
      "the first element is taken out while a thread reads it, and its neighbour, which moves up");

static void slice_and_append_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        put(t, s->l, NEW);
        use_and_drop(t, list_pop_at(t, s->l, 0), FIRST);
        thread_safepoint(t);
    } else {
        struct list *part = list_slice(t, s->l, 2, SIZE_MAX);
        size_t n = list_length(t, part);
        uint32_t a = look(t, part, 0), b = look(t, part, 1), c = look(t, part, 2);
        sync_check(n == 2 ? (a == FIRST && b == LAST) || (a == LAST && b == NEW)
                          : n == 3 && a == FIRST && b == LAST && c == NEW,
                   "a slice is not of one instant");
        rc_decref(t, &part->base.rc);
        thread_safepoint(t);
    }
}
#define slice_and_append_setup read_and_grow_setup
SCENE(slice_and_append, 2, UNLESS_EXCLUDES, list_ends,
      "a list grows out of its block and loses its first element while a thread copies it");

static void two_ends(struct scene *s, struct thread *t)
{
    rc_decref(t, &s->m->base.rc);
    list_ends(s, t);
}
static void extend_crosswise_setup(struct scene *s)
{
    list_setup(s, 2, 1);
    s->m = s->l;
    list_setup(s, 1, 1);
    replace(stage_as(&s->stage, 1), s->l, 0, FIRST);
    stage_as(&s->stage, 0);
}
static void extend_crosswise_run(struct scene *s, struct thread *t, unsigned i)
{
    struct list *to = i == 1 ? s->l : s->m, *from = i == 1 ? s->m : s->l;
    s->got[i] = (uint32_t)list_extend(t, to, from);
    thread_safepoint(t);
}
static void extend_crosswise_ends(struct scene *s, struct thread *t)
{
    struct list *once = s->got[1] == 1 ? s->l : s->m, *twice = once == s->l ? s->m : s->l;
    uint32_t first = once == s->l ? FIRST : LAST, last = FIRST + LAST - first;
    sync_check(s->got[1] + s->got[2] == 3 && list_length(t, once) == 2 &&
                   list_length(t, twice) == 3,
               "two lists were extended by each other at a time");
    sync_check(look(t, once, 0) == first && look(t, once, 1) == last && look(t, twice, 0) == last &&
                   look(t, twice, 1) == first && look(t, twice, 2) == last,
               "a list got other elements than the other one had");
    two_ends(s, t);
}
SCENE(extend_crosswise, 2, UNLESS_PAIRS, extend_crosswise_ends,
      "two lists are extended by each other at a time");

static void move_and_read_setup(struct scene *s)
{
    list_setup(s, 1, 0);
    s->m = s->l;
    list_setup(s, 1, 2);
    all_look(s, 1, 2);
    struct list *l = s->l;
    s->l = s->m;
    all_look(s, 1, 1);
    s->l = l;
}
static void move_and_read_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        sync_check(list_move(t, s->m, s->l), "a list seems empty that is not");
        use_and_drop(t, list_pop(t, s->m), LAST);
        thread_safepoint(t);
        rc_decref(t, node_new(t, STRANGER)); // in the block of what died
    } else {
        uint32_t from = look(t, s->l, 1), to = look(t, s->m, 0);
        sync_check((from == LAST || from == 0) && (to == LAST || to == 0),
                   "an element was never there");
        thread_safepoint(t);
    }
}
SCENE(move_and_read, 2, UNLESS_EXCLUDES, two_ends,
      "an element moves to another list, and dies, while a thread reads both");

static void default_twice_setup(struct scene *s)
{
    dict_setup(s, 1, 1);
    all_find(s, 1, 1);
}
static void default_twice_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *own = node_new(t, i), *h = dict_setdefault(t, s->d, s->key[3], own);
    s->got[i] = node_payload(h);
    rc_decref(t, own);
    rc_decref(t, h);
    thread_safepoint(t);
}
static void default_twice_ends(struct scene *s, struct thread *t)
{
    sync_check(s->got[1] == s->got[2] && find(t, s, s->key[3]) == s->got[1],
               "a key has two first values");
    sync_check(dict_length(t, s->d) == 2, "a key was added twice");
    dict_ends(s, t);
}
SCENE(default_twice, 2, UNLESS_EXCLUDES, default_twice_ends,
      "two threads set the same key's default");

static void iterate_and_remove_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        dict_remove(t, s->d, s->key[0]);
        thread_safepoint(t);
        enter_key(t, s, s->key[5], NEW); // out of the block
        thread_safepoint(t);
    } else {
        struct dict_iter it = dict_iterate(t, s->d);
        struct rc_header *key, *value;
        enum dict_step step;
        unsigned met = 0, n = 0;
        while ((step = dict_next(t, &it, &key, &value)) == DICT_ENTRY) {
            unsigned number = (unsigned)integer_value(key);
            sync_check(node_payload(value) == (number == 5   ? NEW
                                               : number == 4 ? LAST
                                                             : FIRST),
                       "a key came with another one's value");
#ifdef LK_MAP_H // which keeps no order
            sync_check((met & 1u << number) == 0, "a key came twice");
#else
            sync_check(n != 0 || number <= 1, "iteration does not begin with the first key");
#endif
            met |= 1u << number;
            n++;
            rc_decref(t, key);
            rc_decref(t, value);
        }
#ifdef LK_MAP_H
        sync_check((met & 0x1e) == 0x1e, "a key that always was there was not met");
#else
        sync_check(n <= 5 && (step == DICT_CHANGED || (met & 0x1e) == 0x1e || n == 5),
                   "a key that always was there was not met");
#endif
        thread_safepoint(t);
    }
}
#define iterate_and_remove_setup find_and_resize_setup
SCENE(
    iterate_and_remove, 2, UNLESS_EXCLUDES, dict_ends,
    "a thread iterates over a dictionary from which a key is removed, and which leaves its block");

static void convert_crosswise_setup(struct scene *s)
{
    dict_setup(s, 1, 0);
    struct thread *t = stage_as(&s->stage, 1);
    s->set = set_new(t);
    s->l = list_new(t);
    set_add(t, s->set, s->key[1]);
    list_append(t, s->l, s->key[0]);
    stage_as(&s->stage, 0);
}
static void convert_crosswise_run(struct scene *s, struct thread *t, unsigned i)
{
    s->got[i] = (uint32_t)(i == 1 ? set_update(t, s->set, s->l) : list_extend_set(t, s->l, s->set));
    thread_safepoint(t);
}
static void convert_crosswise_ends(struct scene *s, struct thread *t)
{
    sync_check(s->got[1] == 1 && set_length(t, s->set) == 2, "a set lost or doubled a key");
    sync_check(list_length(t, s->l) == 1 + s->got[2] && (s->got[2] == 1 || s->got[2] == 2),
               "a list lost or doubled an element");
    rc_decref(t, &s->set->dict.base.rc);
    list_ends(s, t);
    dict_ends(s, t);
}
SCENE(convert_crosswise, 2, UNLESS_PAIRS, convert_crosswise_ends,
      "a set gets a list's elements while the list gets the set's");
