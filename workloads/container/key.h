// SPDX-License-Identifier: MIT
//
// What dictionaries are keyed by: strings, which know their hash, and integers.
//
// Invariant: both are immutable once another thread can see them, but for a hash that nobody has
// asked for yet. Two interned strings are equal only if they are one object: whoever makes a string
// with `interned` guarantees that no other interned one has the same bytes.
// Memory order: the hash is relaxed, for it is the same number whoever computes it.
#ifndef KEY_H
#define KEY_H

#include "../object.h"

#include <string.h>

struct string {
    struct object base;
    bool interned;
    bool ascii;             // no byte above 127: each is a character
    _Atomic(uint64_t) hash; // 0: not computed yet
    size_t length;          // bytes
    char bytes[];
};

struct integer {
    struct object base;
    int64_t value;
};

// FNV-1a (Fowler, Noll, Vo, 1991), 64 bits.
API uint64_t string_hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

static __attribute__((noinline, unused)) uint64_t string_hash_first(struct string *s)
{
    uint64_t hash = string_hash_bytes(s->bytes, sync_get(s->length));
    atomic_store_explicit(&s->hash, hash, memory_order_relaxed);
    return hash;
}
API uint64_t string_hash(struct object *o)
{
    struct string *s = (struct string *)o;
    uint64_t hash = atomic_load_explicit(&s->hash, memory_order_relaxed);
    return hash != 0 ? hash : string_hash_first(s);
}
API bool string_equal(struct object *a, struct object *b)
{
    struct string *x = (struct string *)a, *y = (struct string *)b;
    size_t length = sync_get(x->length);
    return length == sync_get(y->length) && memcmp(x->bytes, y->bytes, length) == 0;
}
static const struct type string_type = {
    .name = "string",
    .hash = string_hash,
    .equal = string_equal,
    TYPE_SLOTS(string)
};

// Whether no byte is above 127.
API bool string_ascii_bytes(const char *bytes, size_t length)
{
    uint64_t any = 0, word;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        any |= word;
    }
    for (; length != 0; length--)
        any |= (unsigned char)*bytes++;
    return (any & 0x8080808080808080u) == 0;
}
// A string whose bytes the caller fills in, before anyone else sees it.
API struct string *string_room(struct thread *t, size_t length, bool ascii)
{
    struct string *s = object_new(t, &string_type, sizeof *s + length, AL_OBJECT, 0);
    s->interned = false;
    s->ascii = ascii;
    atomic_init(&s->hash, 0);
    s->length = length;
    return s;
}
// A key: its hash is known from the start.
API struct rc_header *string_new(struct thread *t, const char *bytes, size_t length, bool interned)
{
    struct string *s = string_room(t, length, string_ascii_bytes(bytes, length));
    s->interned = interned;
    atomic_init(&s->hash, string_hash_bytes(bytes, length));
    memcpy(s->bytes, bytes, length);
    return &s->base.rc;
}

API uint64_t integer_hash(struct object *o)
{
    return (uint64_t)sync_get(((struct integer *)o)->value);
}
API bool integer_equal(struct object *a, struct object *b)
{
    return integer_hash(a) == integer_hash(b);
}
static const struct type integer_type = {
    .name = "integer",
    .hash = integer_hash,
    .equal = integer_equal,
};

API struct rc_header *integer_new(struct thread *t, int64_t value)
{
    struct integer *i = object_new(t, &integer_type, sizeof *i, AL_OBJECT, 0);
    i->value = value;
    return &i->base.rc;
}
// h is an integer.
API int64_t integer_value(struct rc_header *h)
{
    return sync_get(((struct integer *)object_of(h))->value);
}

// The key's hash, for strings without a call (CPython's unicode_get_hash is there for that).
API uint64_t key_hash(struct rc_header *key)
{
    struct object *o = object_of(key);
    const struct type *type = sync_get(o->type);
    return type == &string_type ? string_hash(o) : type->hash(o);
}
// Whether two keys of equal hash are equal; locks nothing and changes nothing.
API bool key_equal(struct rc_header *a, struct rc_header *b)
{
    if (a == b)
        return true;
    struct object *x = object_of(a), *y = object_of(b);
    const struct type *type = sync_get(x->type), *other = sync_get(y->type);
    // types that share their equality are compared by it, as integers and floats are
    if (type != other && type->equal != other->equal)
        return false;
    if (type == &string_type && sync_get(((struct string *)x)->interned) &&
        sync_get(((struct string *)y)->interned))
        return false;
    return type->equal != NULL && type->equal(x, y);
}

#endif
