// SPDX-License-Identifier: MIT
//
// The dictionary of lock schemes that bring a map of their own (dict.h says what a dictionary is,
// strategies/lk_map.h what the map is). Unlike the table it does not keep the order of insertion.
#ifndef DICT_MAP_H
#define DICT_MAP_H

#include "dict.h"

struct dict {
    struct object base;
    struct lk_map map;
};

// A map looks at a hash's low bits, where keys of all kinds may be alike. The JVM's maps spread the
// high bits down in the same way (ConcurrentHashMap.spread), by 16 of 32. One to one: hashes that
// are equal afterwards were so before.
API uint64_t dict_hash(struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    hash ^= hash >> 32;
    return hash ^ hash >> 16;
}

API void dict_destroy(struct thread *t, struct object *o)
{
    lk_map_destroy(t, &((struct dict *)o)->map);
}
API void dict_traverse(struct object *o, rc_visit *visit, void *argument)
{
    lk_map_visit(&((struct dict *)o)->map, visit, argument);
}
static const struct type dict_type = {
    .name = "dict",
    .destroy = dict_destroy,
    .traverse = dict_traverse,
    TYPE_SLOTS(dict)
};

API struct dict *dict_new_as(struct thread *t, const struct type *type)
{
    struct dict *d = CONTAINER_NEW(t, type, sizeof *d);
    lk_map_init(t, &d->map);
    return d;
}

API struct rc_header *dict_get(struct thread *t, struct dict *d, struct rc_header *key)
{
    return lk_map_get(t, &d->map, key, dict_hash(key), key_equal);
}
API struct rc_header *dict_get_borrowed(struct thread *t, struct dict *d, struct rc_header *key)
{
    return lk_map_get_borrowed(t, &d->map, key, dict_hash(key), key_equal);
}
API struct rc_header *dict_get_local(struct thread *t, struct dict *d, struct rc_header *key,
                                     struct rc_local *l)
{
    return lk_map_get_local(t, &d->map, key, dict_hash(key), key_equal, l);
}
API uint32_t dict_hint(struct thread *t, struct dict *d, struct rc_header *key)
{
    (void)t, (void)d, (void)key;
    return DICT_NO_HINT;
}
API struct rc_header *dict_get_local_at(struct thread *t, struct dict *d, uint32_t hint,
                                        struct rc_header *key, struct rc_local *l)
{
    (void)t, (void)d, (void)hint, (void)key, (void)l;
    return NULL;
}
API bool dict_set_at(struct thread *t, struct dict *d, uint32_t hint, struct rc_header *key,
                     struct rc_header *value)
{
    (void)t, (void)d, (void)hint, (void)key, (void)value;
    return false;
}
API bool dict_contains(struct thread *t, struct dict *d, struct rc_header *key)
{
    return dict_get_borrowed(t, d, key) != NULL;
}
API size_t dict_length(struct thread *t, struct dict *d)
{
    return lk_map_length(t, &d->map);
}

API bool dict_set(struct thread *t, struct dict *d, struct rc_header *key, struct rc_header *value)
{
    rc_incref(t, key);
    rc_incref(t, value);
    return lk_map_set(t, &d->base.rc, &d->map, key, dict_hash(key), value, key_equal, NULL);
}
API struct rc_header *dict_add(struct thread *t, struct dict *d, struct rc_header *key,
                               struct rc_header *value)
{
    struct rc_header *there = NULL;
    rc_incref(t, key);
    rc_incref(t, value);
    lk_map_set(t, &d->base.rc, &d->map, key, dict_hash(key), value, key_equal, &there);
    return there;
}
API struct rc_header *dict_pop(struct thread *t, struct dict *d, struct rc_header *key)
{
    return lk_map_remove(t, &d->base.rc, &d->map, key, dict_hash(key), key_equal);
}
API size_t dict_clear(struct thread *t, struct dict *d)
{
    return lk_map_clear(t, &d->base.rc, &d->map);
}

API struct dict_iter dict_iterate(struct thread *t, struct dict *d)
{
    (void)t;
    return (struct dict_iter){.dict = d};
}
API enum dict_step dict_next(struct thread *t, struct dict_iter *it, struct rc_header **key,
                             struct rc_header **value)
{
    *key = *value = NULL;
    if (it->dict != NULL && lk_map_next(t, &it->dict->map, &it->at, key, value))
        return DICT_ENTRY;
    it->dict = NULL;
    return DICT_END;
}

// All keys are looked at: a map finds a hash only together with a key.
static __attribute__((noinline, unused)) struct rc_header *
dict_same_hash(struct thread *t, struct dict *d, uint64_t hash, size_t nth)
{
    struct rc_header *key, *value;
    for (struct dict_iter it = dict_iterate(t, d); dict_next(t, &it, &key, &value) == DICT_ENTRY;) {
        rc_decref(t, value);
        if (key_hash(key) == hash && nth-- == 0)
            return key;
        rc_decref(t, key);
    }
    return NULL;
}
// Whichever comes first.
static __attribute__((noinline, unused)) struct rc_header *
dict_pop_last(struct thread *t, struct dict *d, struct rc_header **key)
{
    struct rc_header *value, *popped = NULL;
    for (struct dict_iter it = dict_iterate(t, d);
         popped == NULL && dict_next(t, &it, key, &value) == DICT_ENTRY;) {
        rc_decref(t, value);
        popped = dict_pop(t, d, *key); // unless another thread was faster
        if (popped == NULL)
            rc_decref(t, *key);
    }
    return popped;
}
// Of no one instant.
static __attribute__((noinline, unused)) struct dict *dict_copy(struct thread *t, struct dict *d)
{
    struct dict *c = dict_new_as(t, sync_get(d->base.type));
    struct rc_header *key, *value;
    for (struct dict_iter it = dict_iterate(t, d); dict_next(t, &it, &key, &value) == DICT_ENTRY;) {
        dict_set(t, c, key, value);
        rc_decref(t, key);
        rc_decref(t, value);
    }
    return c;
}

#endif
