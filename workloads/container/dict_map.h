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
    struct dict *d = object_new(t, type, sizeof *d, AL_CONTAINER, 0);
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

#endif
