// SPDX-License-Identifier: MIT
//
// A dictionary: the compact, insertion-ordered hash table of CPython 3.6 and later (R. Hettinger's
// proposal of 2012; Objects/dictobject.c). A table of small indices is probed, and leads to an
// array of entries in the order of insertion: what is sparse is bytes, not entries of three words.
//
// Semantics. A dictionary holds references of its own to keys and values: dict_set takes them, the
// caller keeps what it has. Keys have hash and equality (struct type); key.h compares them.
//
// Layout. One block: struct dict_block, then 2^log2_size indices of 1, 2, 4 or 8 bytes, the least
// that can number the entries, then usable entries, two thirds of the indices. An index is an
// entry's number, DICT_EMPTY (the end of a probe), or DICT_REMOVED (a tombstone: probes go on). A
// removed entry stays as a hole until a new block is made; entries are never reused in place.
//
// Invariant, whenever the lock is free: every index that is not negative leads to an entry with key
// and value; `used` entries are of that kind, all others are empty, no slot is raw; at least a
// third of the indices is DICT_EMPTY, so that every probe ends.
// Memory order: the lock's. The block's address is stored with release, for readers without a lock.
#ifndef DICT_H
#define DICT_H

#include "container.h"
#include "key.h"

enum {
    DICT_EMPTY = -1,
    DICT_REMOVED = -2,
    DICT_LOG2_LEAST = 3,   // indices of the smallest table: 8
    DICT_GROWTH = 3,       // a new table has at least so many indices for each entry in use
    DICT_PERTURB_BITS = 5, // bits of the hash that each further probe brings in
};

struct dict_entry {
    uint64_t hash;
    struct rc_slot key, value;
};
struct dict_block {
    uint8_t log2_size;  // of the number of indices
    uint8_t log2_width; // of the bytes of an index
    size_t free;        // entries that can still be added
    size_t entries;     // so many were added, holes included
    _Alignas(struct dict_entry) char index[];
};
struct dict {
    struct object base;
    struct lk_word lock;
    size_t used;             // keys in the dictionary
    _Atomic(void *) storage; // struct dict_block, or NULL: never filled, or cleared
};

// --- the block --------------------------------------------------------------------------------

API size_t dict_usable(unsigned log2_size)
{
    return ((size_t)2 << log2_size) / 3;
}
// Bytes that the indices take, so that entries are aligned behind them.
API size_t dict_index_bytes(unsigned log2_size, unsigned log2_width)
{
    size_t align = _Alignof(struct dict_entry);
    return (((size_t)1 << (log2_size + log2_width)) + align - 1) / align * align;
}
API struct dict_entry *dict_entry(struct dict_block *b, size_t i)
{
    size_t skip = dict_index_bytes(sync_get(b->log2_size), sync_get(b->log2_width));
    return (struct dict_entry *)(b->index + skip) + i;
}

API int64_t dict_index(struct dict_block *b, size_t i)
{
    switch (sync_get(b->log2_width)) {
    case 0:
        return sync_get(((int8_t *)b->index)[i]);
    case 1:
        return sync_get(((int16_t *)b->index)[i]);
    case 2:
        return sync_get(((int32_t *)b->index)[i]);
    default:
        return sync_get(((int64_t *)b->index)[i]);
    }
}
API void dict_set_index(struct dict_block *b, size_t i, int64_t entry)
{
    switch (sync_get(b->log2_width)) {
    case 0:
        sync_set(((int8_t *)b->index)[i], (int8_t)entry);
        break;
    case 1:
        sync_set(((int16_t *)b->index)[i], (int16_t)entry);
        break;
    case 2:
        sync_set(((int32_t *)b->index)[i], (int32_t)entry);
        break;
    default:
        sync_set(((int64_t *)b->index)[i], entry);
        break;
    }
}

// A probe: the sequence i -> 5 i + 1 modulo the size visits every index, and the bits of the hash
// that the size masks off come in bit by bit, so that keys equal in their low bits part early.
struct dict_probe {
    size_t mask, i;
    uint64_t perturb;
};
API struct dict_probe dict_probe(struct dict_block *b, uint64_t hash)
{
    size_t mask = ((size_t)1 << sync_get(b->log2_size)) - 1;
    return (struct dict_probe){.mask = mask, .i = (size_t)hash & mask, .perturb = hash};
}
API void dict_probe_next(struct dict_probe *p)
{
    p->perturb >>= DICT_PERTURB_BITS;
    p->i = (p->i * 5 + (size_t)p->perturb + 1) & p->mask;
}

// The entry of the key, or NULL; b may be NULL. *at: where its index stands, unless at is NULL.
API struct dict_entry *dict_find(struct dict_block *b, struct rc_header *key, uint64_t hash,
                                 size_t *at)
{
    if (b == NULL)
        return NULL;
    for (struct dict_probe p = dict_probe(b, hash);; dict_probe_next(&p)) {
        int64_t n = dict_index(b, p.i);
        if (n == DICT_EMPTY)
            return NULL;
        if (n == DICT_REMOVED)
            continue;
        struct dict_entry *e = dict_entry(b, (size_t)n);
        struct rc_header *other = rc_peek(&e->key);
        if (other == key || (sync_get(e->hash) == hash && key_equal(other, key))) {
            if (at != NULL)
                *at = p.i;
            return e;
        }
    }
}
// Takes the next entry of the block, for a key that is not in it; its slots are empty or, in a new
// block, raw. Tombstones are used again: the entry that is used up bounds the indices in use.
API struct dict_entry *dict_add(struct dict_block *b, uint64_t hash)
{
    struct dict_probe p = dict_probe(b, hash);
    while (dict_index(b, p.i) >= 0)
        dict_probe_next(&p);
    size_t n = sync_get(b->entries);
    struct dict_entry *e = dict_entry(b, n);
    dict_set_index(b, p.i, (int64_t)n);
    sync_set(e->hash, hash);
    sync_set(b->entries, n + 1);
    sync_set(b->free, sync_get(b->free) - 1);
    return e;
}

// Without entries, whose slots are raw: the caller fills them all.
API struct dict_block *dict_block_new(struct thread *t, unsigned log2_size)
{
    unsigned log2_width = log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3;
    size_t indices = dict_index_bytes(log2_size, log2_width);
    size_t entries = dict_usable(log2_size) * sizeof(struct dict_entry);
    struct dict_block *b = al_alloc(t, sizeof *b + indices + entries, AL_STORAGE);
    sync_set(b->log2_size, (uint8_t)log2_size);
    sync_set(b->log2_width, (uint8_t)log2_width);
    sync_set(b->free, dict_usable(log2_size));
    sync_set(b->entries, 0);
    memset(b->index, 0xff, indices); // DICT_EMPTY in any width; nobody sees the block yet
    return b;
}
API void dict_block_free(struct thread *t, void *p)
{
    al_free(t, p);
}
// ... with the references that a cleared dictionary left in it.
API void dict_block_release(struct thread *t, void *p)
{
    struct dict_block *b = p;
    size_t n = sync_get(b->entries);
    for (size_t i = 0; i < n; i++) {
        rc_release(t, &dict_entry(b, i)->key);
        rc_release(t, &dict_entry(b, i)->value);
    }
    al_free(t, b);
}

// --- the object -------------------------------------------------------------------------------

// Relaxed: by a holder of the lock, or of the only reference.
API struct dict_block *dict_block(struct dict *d)
{
    return atomic_load_explicit(&d->storage, memory_order_relaxed);
}

API void dict_destroy(struct thread *t, struct object *o)
{
    struct dict *d = (struct dict *)o;
    struct dict_block *b = dict_block(d);
    if (b != NULL) {
        size_t n = sync_get(b->entries);
        for (size_t i = 0; i < n; i++) {
            rc_clear(t, &dict_entry(b, i)->key);
            rc_clear(t, &dict_entry(b, i)->value);
        }
        al_free(t, b); // who still read it would hold a reference to the dictionary
    }
    lk_destroy(t, &d->lock);
}
// In the order of insertion, key before value; holes are visited too.
API void dict_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct dict_block *b = dict_block((struct dict *)o);
    size_t n = b != NULL ? sync_get(b->entries) : 0;
    for (size_t i = 0; i < n; i++) {
        visit(argument, &dict_entry(b, i)->key);
        visit(argument, &dict_entry(b, i)->value);
    }
}
static const struct type dict_type = {
    .name = "dict",
    .destroy = dict_destroy,
    .traverse = dict_traverse,
};

// An empty dictionary, with one counted reference.
API struct dict *dict_new(struct thread *t)
{
    struct dict *d = object_new(t, &dict_type, sizeof *d, AL_CONTAINER, 0);
    lk_init(t, &d->lock);
    sync_set(d->used, 0);
    atomic_store_explicit(&d->storage, NULL, memory_order_relaxed);
    return d;
}

// --- reading ----------------------------------------------------------------------------------

// A new counted reference to the value, or NULL.
API struct rc_header *dict_get(struct thread *t, struct dict *d, struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    if (lk_read_begin(t, &d->lock, &g)) {
        struct dict_entry *e = dict_find(lk_read_watch(t, &g, &d->storage), key, hash, NULL);
        struct rc_header *h = e != NULL ? rc_read(t, &e->value) : NULL;
        if (lk_read_end(t, &d->lock, &g))
            return h;
        if (h != NULL)
            rc_decref(t, h);
    }
    lk_lock(t, &d->lock, &g);
    struct dict_entry *e = dict_find(dict_block(d), key, hash, NULL);
    struct rc_header *h = e != NULL ? rc_read(t, &e->value) : NULL;
    lk_unlock(t, &d->lock, &g);
    return h;
}

// The value without a reference, or NULL: good only while something else is known to keep it, such
// as a dictionary that nobody changes.
API struct rc_header *dict_get_borrowed(struct thread *t, struct dict *d, struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    if (lk_read_begin(t, &d->lock, &g)) {
        struct dict_entry *e = dict_find(lk_read_watch(t, &g, &d->storage), key, hash, NULL);
        struct rc_header *h = e != NULL ? rc_peek(&e->value) : NULL;
        if (lk_read_end(t, &d->lock, &g))
            return h;
    }
    lk_lock(t, &d->lock, &g);
    struct dict_entry *e = dict_find(dict_block(d), key, hash, NULL);
    struct rc_header *h = e != NULL ? rc_peek(&e->value) : NULL;
    lk_unlock(t, &d->lock, &g);
    return h;
}

// The value itself is not looked at, so it need not be kept.
API bool dict_contains(struct thread *t, struct dict *d, struct rc_header *key)
{
    return dict_get_borrowed(t, d, key) != NULL;
}

API size_t dict_length(struct thread *t, struct dict *d)
{
    struct lk_guard g;
    if (lk_read_begin(t, &d->lock, &g)) {
        size_t n = sync_get(d->used);
        if (lk_read_end(t, &d->lock, &g))
            return n;
    }
    lk_lock(t, &d->lock, &g);
    size_t n = sync_get(d->used);
    lk_unlock(t, &d->lock, &g);
    return n;
}

// --- changing ---------------------------------------------------------------------------------

// Under the lock: a new block, without holes, with room for three times what is in use; so a
// dictionary from which much was removed may shrink here. The old block, or NULL, is the caller's
// to retire after lk_unlock.
static __attribute__((noinline, unused)) struct dict_block *dict_resize(struct thread *t,
                                                                        struct dict *d)
{
    unsigned log2_size = DICT_LOG2_LEAST;
    while (((size_t)1 << log2_size) < DICT_GROWTH * sync_get(d->used))
        log2_size++;
    // first of all, while nothing is half done: an allocator may wait
    struct dict_block *b = dict_block_new(t, log2_size);
    rc_dirty(t, &d->base.rc);
    struct dict_block *old = dict_block(d);
    size_t n = old != NULL ? sync_get(old->entries) : 0;
    for (size_t i = 0; i < n; i++) {
        struct dict_entry *from = dict_entry(old, i);
        if (rc_peek(&from->key) == NULL)
            continue;
        struct dict_entry *to = dict_add(b, sync_get(from->hash));
        rc_move(t, &d->base.rc, &to->key, &from->key);
        rc_move(t, &d->base.rc, &to->value, &from->value);
    }
    for (size_t i = sync_get(b->entries); i < dict_usable(log2_size); i++) {
        rc_fill(t, &d->base.rc, &dict_entry(b, i)->key, NULL);
        rc_fill(t, &d->base.rc, &dict_entry(b, i)->value, NULL);
    }
    // release: a reader without the lock finds a block without a raw slot
    atomic_store_explicit(&d->storage, b, memory_order_release);
    return old;
}

// True if the key is new. The references are taken before the lock, as the holder may wait in it;
// that of a key which is there already is given up again, as CPython's insertdict does.
API bool dict_set(struct thread *t, struct dict *d, struct rc_header *key, struct rc_header *value)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    struct dict_block *old = NULL;
    rc_incref(t, key);
    rc_incref(t, value);
    lk_lock(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    struct dict_entry *e = dict_find(b, key, hash, NULL);
    if (e != NULL) {
        struct rc_header *displaced = rc_swap(t, &d->base.rc, &e->value, value);
        lk_unlock(t, &d->lock, &g);
        rc_decref(t, key);
        rc_decref(t, displaced);
        return false;
    }
    if (b == NULL || sync_get(b->free) == 0) {
        old = dict_resize(t, d);
        b = dict_block(d);
    }
    rc_dirty(t, &d->base.rc);
    e = dict_add(b, hash);
    rc_swap(t, &d->base.rc, &e->key, key); // both slots were empty
    rc_swap(t, &d->base.rc, &e->value, value);
    sync_set(d->used, sync_get(d->used) + 1);
    lk_unlock(t, &d->lock, &g);
    if (old != NULL)
        lk_retire(t, old, dict_block_free);
    return true;
}

// False if the key is not there.
API bool dict_remove(struct thread *t, struct dict *d, struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    size_t at;
    lk_lock(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    struct dict_entry *e = dict_find(b, key, hash, &at);
    if (e == NULL) {
        lk_unlock(t, &d->lock, &g);
        return false;
    }
    rc_dirty(t, &d->base.rc);
    dict_set_index(b, at, DICT_REMOVED);
    struct rc_header *old_key = rc_swap(t, &d->base.rc, &e->key, NULL);
    struct rc_header *old_value = rc_swap(t, &d->base.rc, &e->value, NULL);
    sync_set(d->used, sync_get(d->used) - 1);
    lk_unlock(t, &d->lock, &g);
    rc_decref(t, old_key);
    rc_decref(t, old_value);
    return true;
}

// Answers how many keys it gave up. The dictionary is empty before the first of them dies.
API size_t dict_clear(struct thread *t, struct dict *d)
{
    struct lk_guard g;
    lk_lock(t, &d->lock, &g);
    rc_dirty(t, &d->base.rc);
    struct dict_block *old = dict_block(d);
    size_t n = sync_get(d->used);
    atomic_store_explicit(&d->storage, NULL, memory_order_release);
    sync_set(d->used, 0);
    lk_unlock(t, &d->lock, &g);
    if (old != NULL)
        lk_retire(t, old, dict_block_release);
    return n;
}

#endif
