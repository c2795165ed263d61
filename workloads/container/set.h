// SPDX-License-Identifier: MIT
//
// A set of keys: a dictionary in which each key is its own value, as the JVM's HashSet is one whose
// values say nothing. CPython's set is a table of its own (Objects/setobject.c: open addressing
// with short linear runs, one reference to an element and no order); here an element takes two
// references and comes in the order of insertion. What is as in CPython is what conversions between
// sets and lists do: both containers are locked for the whole of it, the examples of two-object
// operations in PEP 703.
#ifndef SET_H
#define SET_H

#include "dict.h"
#include "list.h"

struct set {
    struct dict dict;
};
static const struct type set_type = {
    .name = "set",
    .destroy = dict_destroy,
    .traverse = dict_traverse,
    TYPE_SLOTS(set)
};

// An empty set, with one counted reference.
API struct set *set_new(struct thread *t)
{
    return (struct set *)dict_new_as(t, &set_type);
}
// True if the key is new; the set takes references of its own.
API bool set_add(struct thread *t, struct set *s, struct rc_header *key)
{
    struct rc_header *there = dict_add(t, &s->dict, key, key);
    if (there != NULL)
        rc_decref(t, there);
    return there == NULL;
}
// False if the key is not there.
API bool set_remove(struct thread *t, struct set *s, struct rc_header *key)
{
    return dict_remove(t, &s->dict, key);
}
API bool set_contains(struct thread *t, struct set *s, struct rc_header *key)
{
    return dict_contains(t, &s->dict, key);
}
API size_t set_length(struct thread *t, struct set *s)
{
    return dict_length(t, &s->dict);
}
API size_t set_clear(struct thread *t, struct set *s)
{
    return dict_clear(t, &s->dict);
}
// An iterator of the dictionary (dict_iterate) goes through the set; a new counted reference.
API enum dict_step set_next(struct thread *t, struct dict_iter *it, struct rc_header **key)
{
    struct rc_header *value;
    enum dict_step step = dict_next(t, it, key, &value);
    if (step == DICT_ENTRY)
        rc_decref(t, value);
    return step;
}

#ifdef LK_MAP_H
// A map that the lock scheme brings has no lock for all of it: elements go one by one, and the
// conversion is of no one instant.
static __attribute__((noinline, unused)) size_t set_update(struct thread *t, struct set *s,
                                                           struct list *l)
{
    struct list *all = list_slice(t, l, 0, SIZE_MAX);
    struct rc_header *h;
    size_t added = 0;
    for (struct list_iter it = list_iterate(all); (h = list_next(t, &it)) != NULL;) {
        added += set_add(t, s, h);
        rc_decref(t, h);
    }
    rc_decref(t, &all->base.rc);
    return added;
}
static __attribute__((noinline, unused)) size_t list_extend_set(struct thread *t, struct list *l,
                                                                struct set *s)
{
    struct list *all = list_new(t);
    struct rc_header *h, *value;
    for (struct lk_map_at at = {0}; lk_map_next(t, &s->dict.map, &at, &h, &value);) {
        list_append(t, all, h);
        rc_decref(t, h);
        rc_decref(t, value);
    }
    size_t added = list_extend(t, l, all);
    rc_decref(t, &all->base.rc);
    return added;
}
#else
// All elements of the list, of one instant, are in the set; answers how many are new.
static __attribute__((noinline, unused)) size_t set_update(struct thread *t, struct set *s,
                                                           struct list *l)
{
    struct lk_guard g[2];
    struct dict *d = &s->dict;
    struct dict_growth e = {0};
    lk_lock2(t, &d->lock, &l->lock, g);
    size_t n = container_get(l->length), before = container_get(d->used);
    if (n != 0) {
        struct list_block *b = list_block(l);
        // counted first: that may wait, and then nothing is half done
        for (size_t i = 0; i < n; i++) {
            rc_read(t, &b->slot[i]);
            rc_read(t, &b->slot[i]);
        }
        e = dict_grow_begin(t, d, n);
        for (size_t i = 0; i < n; i++) {
            struct rc_header *h = rc_peek(&b->slot[i]);
            uint64_t hash = key_hash(h);
            if (dict_find(e.block, h, hash, NULL) == NULL) {
                dict_grow(t, d, &e, h, hash, h);
            } else { // no destructor runs: the list has it too
                rc_decref(t, h);
                rc_decref(t, h);
            }
        }
        dict_grow_end(d, &e);
        n = e.used - before;
    }
    lk_unlock2(t, &d->lock, &l->lock, g);
    dict_retire_replaced(t, d, e.old);
    return n;
}
// All elements of the set, of one instant, to the end of the list; answers how many.
static __attribute__((noinline, unused)) size_t list_extend_set(struct thread *t, struct list *l,
                                                                struct set *s)
{
    struct lk_guard g[2];
    struct dict *d = &s->dict;
    struct list_growth e = {0};
    lk_lock2(t, &l->lock, &d->lock, g);
    size_t n = container_get(d->used);
    if (n != 0) {
        struct dict_block *b = dict_block(d);
        size_t entries = sync_get(b->entries);
        e = list_grow_begin(t, l, n);
        for (size_t i = 0; i < entries; i++) {
            struct rc_header *h = rc_read(t, &dict_entry(b, i)->key);
            if (h != NULL) // no hole
                list_grow(t, l, &e, h);
        }
        list_grow_end(t, l, &e);
    }
    lk_unlock2(t, &l->lock, &d->lock, g);
    list_retire_replaced(t, l, e.old);
    return n;
}
#endif

// A new set of the list's elements, a new list of the set's.
API struct set *set_from_list(struct thread *t, struct list *l)
{
    struct set *s = set_new(t);
    set_update(t, s, l);
    return s;
}
API struct list *list_from_set(struct thread *t, struct set *s)
{
    struct list *l = list_new(t);
    list_extend_set(t, l, s);
    return l;
}

#endif
