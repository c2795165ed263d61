// SPDX-License-Identifier: MIT
//
// Dictionaries that several threads change at a time. They were written for maps that lock schemes
// bring (strategies/lk_map.h), whose tables grow here at two keys and at three, and say of any
// dictionary what dict.h says of it.
#include "common.h"

#include "../../workloads/container/dict.h"

#define UNLESS_EXCLUDES \
    UNLESS(PAIR_HAS(LK_TRAITS, LK_EXCLUDES), "this lock scheme does not exclude")

enum { KEYS = 6 };
struct scene {
    struct stage stage; // first
    struct dict *d;
    struct rc_header *key[KEYS]; // integers 0 to 4, and 8, which live as long as the scenario
};

static struct rc_header *key_new(struct thread *t, int value, unsigned flags)
{
    struct rc_header *h = object_new(t, &integer_type, sizeof(struct integer), AL_OBJECT, flags);
    sync_set(((struct integer *)h)->value, value);
    return h;
}
static bool put(struct thread *t, struct scene *s, unsigned key, uint32_t payload)
{
    struct rc_header *h = node_new(t, payload);
    bool added = dict_set(t, s->d, s->key[key], h);
    rc_decref(t, h);
    return added;
}
// What was put there: 0 where there is nothing.
static uint32_t get(struct thread *t, struct scene *s, unsigned key)
{
    struct rc_header *h = dict_get(t, s->d, s->key[key]);
    if (h == NULL)
        return 0;
    uint32_t payload = node_payload(h);
    use_and_drop(t, h, payload);
    return payload;
}
// As thread 0: all keys, and a dictionary of the first `filled`.
static void fill(struct scene *s, unsigned filled)
{
    struct thread *t = s->stage.thread[0];
    s->d = dict_new(t);
    for (int i = 0; i < KEYS; i++)
        s->key[i] = key_new(t, i < 5 ? i : 8, RC_IMMORTAL);
    for (unsigned i = 0; i < filled; i++)
        put(t, s, i, 1);
}
static void drop_keys(struct scene *s, struct thread *t)
{
    stage_settle(&s->stage); // what holds keys may die late
    for (unsigned i = 0; i < KEYS; i++)
        rc_end_immortal(t, s->key[i]);
}
// Everything that is found is counted: no key twice, none forgotten.
static void ends(struct scene *s, struct thread *t)
{
    size_t n = 0;
    for (unsigned i = 0; i < KEYS; i++)
        n += get(t, s, i) != 0;
    sync_check(dict_length(t, s->d) == n, "a dictionary's length is not the number of its keys");
    sync_check(dict_clear(t, s->d) == n, "a dictionary holds keys that it does not find");
    rc_decref(t, &s->d->base.rc);
    drop_keys(s, t);
}

// --- growing ----------------------------------------------------------------------------------

// Keys 0 and 2 are in one bin of two, and each in a bin of its own of four: one of them moves.
static void map_grows_setup(struct scene *s)
{
    fill(s, 1);
}
static void map_grows_run(struct scene *s, struct thread *t, unsigned thread)
{
    if (thread == 1)
        sync_check(put(t, s, 2, 1), "a new key is not new");
    else
        sync_check(get(t, s, 0) == 1, "a key is not found while the dictionary grows");
    thread_safepoint(t);
}
static void map_grows_ends(struct scene *s, struct thread *t)
{
    sync_check(get(t, s, 0) == 1 && get(t, s, 2) == 1, "a key is lost when the dictionary grows");
    ends(s, t);
}
SCENE(map_grows, 2, UNLESS_EXCLUDES, map_grows_ends, "a key is read while a dictionary grows");

// Another value for key 0, the removal of it, and a new key: of one bin, which is moved.
static void map_grows_changed_setup(struct scene *s)
{
    fill(s, 1);
}
static void map_grows_changed_run(struct scene *s, struct thread *t, unsigned thread)
{
    switch (thread) {
    case 1:
        sync_check(put(t, s, 2, 1), "a new key is not new");
        break;
    case 2:
        put(t, s, 0, 2);
        break;
    default:
        sync_check(dict_remove(t, s->d, s->key[0]), "a key that is there cannot be removed");
    }
    thread_safepoint(t);
}
static void map_grows_changed_ends(struct scene *s, struct thread *t)
{
    uint32_t found = get(t, s, 0);
    sync_check(get(t, s, 2) == 1, "a key is lost when the dictionary grows");
    sync_check(found == 0 || found == 2, "a removed key is there again");
    ends(s, t);
}
SCENE(map_grows_changed, 3, UNLESS_EXCLUDES, map_grows_changed_ends,
      "a dictionary grows while one key is set and removed");

// The table is made, grows, and grows again, by whoever comes to it.
static void map_filled_setup(struct scene *s)
{
    fill(s, 0);
}
static void map_filled_run(struct scene *s, struct thread *t, unsigned thread)
{
    sync_check(put(t, s, thread - 1, thread), "a new key is not new");
    thread_safepoint(t);
    sync_check(get(t, s, thread - 1) == thread, "a thread does not find what it has set");
    if (thread != 3)
        sync_check(put(t, s, thread + 2, thread), "a new key is not new");
    thread_safepoint(t);
}
static void map_filled_ends(struct scene *s, struct thread *t)
{
    for (unsigned i = 0; i < 5; i++)
        sync_check(get(t, s, i) == i % 3 + 1, "a key that was set is not there");
    ends(s, t);
}
SCENE(map_filled, 3, UNLESS_EXCLUDES, map_filled_ends, "three threads fill a dictionary");

static void map_cleared_setup(struct scene *s)
{
    fill(s, 1);
}
static void map_cleared_run(struct scene *s, struct thread *t, unsigned thread)
{
    switch (thread) {
    case 1:
        put(t, s, 2, 1);
        break;
    case 2:
        dict_clear(t, s->d);
        break;
    default:
        dict_remove(t, s->d, s->key[0]);
    }
    thread_safepoint(t);
}
static void map_cleared_ends(struct scene *s, struct thread *t)
{
    sync_check(get(t, s, 0) == 0, "a dictionary was cleared of all but one key");
    ends(s, t);
}
SCENE(map_cleared, 3, UNLESS_EXCLUDES, map_cleared_ends,
      "a dictionary is cleared while it grows and a key is removed");

// --- one bin ----------------------------------------------------------------------------------

// Four bins; keys 0 and 4 are in the first, where 8 belongs too.
static void bin_setup(struct scene *s)
{
    fill(s, 1);
    put(s->stage.thread[0], s, 4, 1);
}
static void map_one_bin_setup(struct scene *s)
{
    bin_setup(s);
}
static void map_one_bin_run(struct scene *s, struct thread *t, unsigned thread)
{
    uint32_t found;
    switch (thread) {
    case 1:
        sync_check(!put(t, s, 4, 2), "a key that is there is new");
        break;
    case 2:
        sync_check(dict_remove(t, s->d, s->key[0]), "a key that is there cannot be removed");
        break;
    default:
        found = get(t, s, 4);
        sync_check(found == 1 || found == 2, "a key is not found while its neighbour goes");
    }
    thread_safepoint(t);
}
static void map_one_bin_ends(struct scene *s, struct thread *t)
{
    sync_check(get(t, s, 0) == 0, "a removed key is there again");
    sync_check(get(t, s, 4) == 2, "a value that was set is not there");
    ends(s, t);
}
SCENE(map_one_bin, 3, UNLESS_EXCLUDES, map_one_bin_ends,
      "of two keys one is set, the other removed, and the first read");

// Both are removed, and a third one comes: the bin is empty in between, or never.
static void map_emptied_setup(struct scene *s)
{
    bin_setup(s);
}
static void map_emptied_run(struct scene *s, struct thread *t, unsigned thread)
{
    static const unsigned removed[] = {[1] = 0, [2] = 4};
    if (thread == 3)
        sync_check(put(t, s, 5, 3), "a new key is not new");
    else
        sync_check(dict_remove(t, s->d, s->key[removed[thread]]),
                   "a key that is there cannot be removed");
    thread_safepoint(t);
}
static void map_emptied_ends(struct scene *s, struct thread *t)
{
    sync_check(dict_length(t, s->d) == 1 && get(t, s, 5) == 3, "one key is left, and only one");
    ends(s, t);
}
SCENE(map_emptied, 3, UNLESS_EXCLUDES, map_emptied_ends,
      "two keys are removed by two threads while a third adds another one");

// --- iteration --------------------------------------------------------------------------------

// Of a map each key that stays comes once (lk_map.h); a table's iterator may stop, or be deceived.
#ifdef LK_MAP_H
#define UNLESS_GOES_ON UNLESS_EXCLUDES
#else
#define UNLESS_GOES_ON "a table's iterator does not go on beside changes"
#endif

// How often each key comes.
static void walk(struct thread *t, struct scene *s, unsigned met[KEYS])
{
    struct rc_header *key, *value;
    for (struct dict_iter it = dict_iterate(t, s->d); dict_next(t, &it, &key, &value) != DICT_END;)
        for (unsigned i = 0; i < KEYS; i++)
            if (key == s->key[i]) {
                met[i]++;
                rc_decref(t, key);
                rc_decref(t, value);
            }
}

// One bin: the key before the one that stays goes, and the one that stays gets another value.
static void map_walked_setup(struct scene *s)
{
    bin_setup(s);
}
static void map_walked_run(struct scene *s, struct thread *t, unsigned thread)
{
    unsigned met[KEYS] = {0};
    switch (thread) {
    case 1:
        walk(t, s, met);
        sync_check(met[4] == 1, "a key that stays does not come once");
        sync_check(met[0] <= 1, "a key that goes comes twice");
        break;
    case 2:
        sync_check(dict_remove(t, s->d, s->key[0]), "a key that is there cannot be removed");
        break;
    default:
        sync_check(!put(t, s, 4, 2), "a key that is there is new");
    }
    thread_safepoint(t);
}
SCENE(map_walked, 3, UNLESS_GOES_ON, ends,
      "a dictionary is iterated over while one key is removed and the other one set");

// Four bins become eight: the key that stays moves to a bin of its own, from that of one that goes.
static void map_walked_grows_setup(struct scene *s)
{
    bin_setup(s);
}
static void map_walked_grows_run(struct scene *s, struct thread *t, unsigned thread)
{
    unsigned met[KEYS] = {0};
    switch (thread) {
    case 1:
        walk(t, s, met);
        sync_check(met[4] == 1, "a key that stays does not come once");
        sync_check(met[0] <= 1 && met[2] <= 1, "a key that comes or goes comes twice");
        break;
    case 2:
        sync_check(put(t, s, 2, 1), "a new key is not new");
        break;
    default:
        sync_check(dict_remove(t, s->d, s->key[0]), "a key that is there cannot be removed");
    }
    thread_safepoint(t);
}
SCENE(map_walked_grows, 3, UNLESS_GOES_ON, ends,
      "a dictionary is iterated over while it grows and a key is removed");

// --- who is the last --------------------------------------------------------------------------

// The dictionary alone holds the key; a reader compares it with an equal one.
static void map_key_dies_setup(struct scene *s)
{
    struct thread *t = s->stage.thread[0];
    fill(s, 0);
    struct rc_header *key = key_new(t, 0, 0), *value = node_new(t, 1);
    dict_set(t, s->d, key, value);
    rc_decref(t, key);
    rc_decref(t, value);
}
static void map_key_dies_run(struct scene *s, struct thread *t, unsigned thread)
{
    if (thread == 1) {
        sync_check(dict_remove(t, s->d, s->key[0]), "a key that is there cannot be removed");
        thread_safepoint(t);
        rc_decref(t, key_new(t, 0, 0)); // in the block of the one that died
    } else {
        uint32_t found = get(t, s, 0);
        sync_check(found <= 1, "a value was never there");
    }
    thread_safepoint(t);
}
SCENE(map_key_dies, 2, UNLESS_EXCLUDES, ends, "a key is compared while it is removed and dies");

// Each thread has a reference to the dictionary; the value dies with whoever drops it last.
static void map_last_reader_setup(struct scene *s)
{
    fill(s, 1);
    stage_share(&s->stage, &s->d->base.rc, 0, 1);
    stage_share(&s->stage, &s->d->base.rc, 0, 2);
    rc_decref(stage_as(&s->stage, 0), &s->d->base.rc);
}
static void map_last_reader_run(struct scene *s, struct thread *t, unsigned thread)
{
    if (thread == 1)
        put(t, s, 2, 1);
    else
        sync_check(get(t, s, 0) == 1, "a key that is there is not found");
    rc_decref(t, &s->d->base.rc);
    thread_safepoint(t);
}
SCENE(map_last_reader, 2, UNLESS_EXCLUDES, drop_keys,
      "two threads drop a dictionary, one having made it grow, one having read it");
