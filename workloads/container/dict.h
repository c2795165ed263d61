// SPDX-License-Identifier: MIT
//
// A dictionary.
//
// Semantics. A dictionary holds references of its own to keys and values: dict_set takes them, the
// caller keeps what it has. Keys have hash and equality (struct type); key.h compares them.
//
// It is a table under the container's lock (dict_table.h) unless the lock scheme brings a map of
// its own (strategies/lk_map.h), on which dict_map.h builds it.
#ifndef DICT_H
#define DICT_H

#include "container.h"
#include "key.h"

struct dict; // begins with struct object base

// An empty dictionary, with one counted reference; of another type that is one (set.h).
API struct dict *dict_new_as(struct thread *t, const struct type *type);
API struct dict *dict_new(struct thread *t);

// A new counted reference to the value, or NULL.
API struct rc_header *dict_get(struct thread *t, struct dict *d, struct rc_header *key);
// The value with a local reference in l, which was empty and stands in a registered frame; or NULL.
API struct rc_header *dict_get_local(struct thread *t, struct dict *d, struct rc_header *key,
                                     struct rc_local *l);
// The value without a reference, or NULL: good only while something else is known to keep it, such
// as a dictionary that nobody changes.
API struct rc_header *dict_get_borrowed(struct thread *t, struct dict *d, struct rc_header *key);
// Where the key stands, for the functions below: any number, which later changes may make useless.
// DICT_NO_HINT: it is not there, or nobody can tell where things are.
enum { DICT_NO_HINT = UINT32_MAX };
API uint32_t dict_hint(struct thread *t, struct dict *d, struct rc_header *key);
// As dict_get_local and dict_set, for a key that is looked for at one place only, and by identity:
// NULL and false if it does not stand there, and nothing is done (CPython 3.11's
// LOAD_ATTR_WITH_HINT).
API struct rc_header *dict_get_local_at(struct thread *t, struct dict *d, uint32_t hint,
                                        struct rc_header *key, struct rc_local *l);
API bool dict_set_at(struct thread *t, struct dict *d, uint32_t hint, struct rc_header *key,
                     struct rc_header *value);
API bool dict_contains(struct thread *t, struct dict *d, struct rc_header *key);
API size_t dict_length(struct thread *t, struct dict *d);

// True if the key is new.
API bool dict_set(struct thread *t, struct dict *d, struct rc_header *key, struct rc_header *value);
// The value that the key has: a new counted reference, and nothing is changed. NULL: there was
// none, and the key has this value now (the JVM's putIfAbsent).
static struct rc_header *dict_add(struct thread *t, struct dict *d, struct rc_header *key,
                                  struct rc_header *value);
// A new counted reference to the value that the key has from now on: this one, if it had none.
API struct rc_header *dict_setdefault(struct thread *t, struct dict *d, struct rc_header *key,
                                      struct rc_header *value);
// The value, with the reference that the dictionary had, or NULL: the key is not there any more.
API struct rc_header *dict_pop(struct thread *t, struct dict *d, struct rc_header *key);
// False if the key is not there.
API bool dict_remove(struct thread *t, struct dict *d, struct rc_header *key);
// Answers how many keys it gave up. The dictionary is empty before the first of them dies.
API size_t dict_clear(struct thread *t, struct dict *d);

// The value that came last of those that are there, with the references that the dictionary had to
// it and to its key; NULL: it is empty.
static struct rc_header *dict_pop_last(struct thread *t, struct dict *d, struct rc_header **key);
// A new dictionary, of the same type, of what is there at one instant.
static struct dict *dict_copy(struct thread *t, struct dict *d);
// A new counted reference to the nth, from 0 on, of the keys of this hash, or NULL: for an equality
// that cannot be asked under a lock. Beside changes one may be missed, or come twice.
static struct rc_header *dict_same_hash(struct thread *t, struct dict *d, uint64_t hash,
                                        size_t nth);

// An iterator over keys and values, which refers to the dictionary without a reference.
// That of a table, as CPython's, notices that the number of keys is not what it was, and then that
// is the answer for good. Who removes as many keys as he adds between two steps may go unnoticed:
// then keys may be missing or come twice, and what comes was in the dictionary. Values may change.
// That of a map, as the JVM's, goes on beside all changes, and never answers DICT_CHANGED: each key
// that is there from dict_iterate to the end comes once (strategies/lk_map.h).
enum dict_step {
    DICT_END,
    DICT_ENTRY,
    DICT_CHANGED, // RuntimeError: dictionary changed size, or keys, during iteration
};
struct dict_iter {
    struct dict *dict; // NULL: at the end
#ifdef LK_MAP_H
    struct lk_map_at at;
#else
    size_t used; // keys when it began
    size_t seen; // so many of them
    size_t next; // entry
#endif
};
API struct dict_iter dict_iterate(struct thread *t, struct dict *d);
// DICT_ENTRY: new counted references to the next key and its value.
API enum dict_step dict_next(struct thread *t, struct dict_iter *it, struct rc_header **key,
                             struct rc_header **value);

#ifdef LK_MAP_H
#include "dict_map.h"
#else
#include "dict_table.h"
#endif

API struct dict *dict_new(struct thread *t)
{
    return dict_new_as(t, &dict_type);
}
API struct rc_header *dict_setdefault(struct thread *t, struct dict *d, struct rc_header *key,
                                      struct rc_header *value)
{
    struct rc_header *there = dict_add(t, d, key, value);
    if (there == NULL) {
        rc_incref(t, value);
        there = value;
    }
    return there;
}
API bool dict_remove(struct thread *t, struct dict *d, struct rc_header *key)
{
    struct rc_header *value = dict_pop(t, d, key);
    if (value != NULL)
        rc_decref(t, value);
    return value != NULL;
}

#endif
