// SPDX-License-Identifier: MIT
//
// The dictionary of lock schemes that bring no map of their own (dict.h says what a dictionary is):
// the compact, insertion-ordered hash table of CPython 3.6 and later (R. Hettinger's proposal of
// 2012; Objects/dictobject.c). A table of small indices is probed, and leads to an array of entries
// in the order of insertion: what is sparse is bytes, not entries of three words.
//
// Layout. One block: struct dict_block, then 2^log2_size indices of 1, 2, 4 or 8 bytes, the least
// that can number the entries, then usable entries, two thirds of the indices. An index is an
// entry's number, DICT_EMPTY (the end of a probe), or DICT_REMOVED (a tombstone: probes go on). A
// removed entry stays as a hole until a new block is made; entries are never reused in place, but
// for the last one (dict_pop_last), where no reader goes without the lock.
//
// Invariant, whenever the lock is free: every index that is not negative leads to an entry with key
// and value; `used` entries are of that kind, all others are empty, no slot is raw; at least a
// third of the indices is DICT_EMPTY, so that every probe ends.
// Memory order: the lock's. For readers without a lock the block's address is stored with release,
// and so is an entry's index, when the entry is complete. They find no number of keys that agrees
// with the indices at each instant: where readers are optimistic dict_length may lag behind what
// another thread's dict_get has seen, by one removal or by what an insertion adds, as CPython's
// may.
//
// Where writers copy (LK_COPIES) a block has no holes and no tombstones, and `used` entries.
#ifndef DICT_TABLE_H
#define DICT_TABLE_H

#include "dict.h"

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

// Acquire, release: who finds an entry's number among the indices finds the entry complete. Where
// readers exclude, the lock sees to that.
#define DICT_LOAD(type, index)                                                            \
    (CONTAINER_OPTIMISTIC                                                                 \
         ? (int64_t)atomic_load_explicit((_Atomic(type) *)&(index), memory_order_acquire) \
         : (int64_t)sync_get(*(type *)&(index)))
#define DICT_STORE(type, index, value)                                                           \
    (CONTAINER_OPTIMISTIC                                                                        \
         ? atomic_store_explicit((_Atomic(type) *)&(index), (type)(value), memory_order_release) \
         : sync_set(*(type *)&(index), (type)(value)))
API int64_t dict_index(struct dict_block *b, size_t i)
{
    switch (sync_get(b->log2_width)) {
    case 0:
        return DICT_LOAD(int8_t, ((int8_t *)b->index)[i]);
    case 1:
        return DICT_LOAD(int16_t, ((int16_t *)b->index)[i]);
    case 2:
        return DICT_LOAD(int32_t, ((int32_t *)b->index)[i]);
    default:
        return DICT_LOAD(int64_t, ((int64_t *)b->index)[i]);
    }
}
API void dict_set_index(struct dict_block *b, size_t i, int64_t entry)
{
    switch (sync_get(b->log2_width)) {
    case 0:
        DICT_STORE(int8_t, ((int8_t *)b->index)[i], entry);
        break;
    case 1:
        DICT_STORE(int16_t, ((int16_t *)b->index)[i], entry);
        break;
    case 2:
        DICT_STORE(int32_t, ((int32_t *)b->index)[i], entry);
        break;
    default:
        DICT_STORE(int64_t, ((int64_t *)b->index)[i], entry);
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

// The entry of the key, or NULL, in a block that does not change meanwhile; b may be NULL. *at:
// where its index stands, unless at is NULL.
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
// Takes the next entry of the block for a key that is not in it: the caller fills its slots, which
// are empty or, in a block that is not published, raw, and then dict_show makes it an entry that
// probes find. Tombstones are used again: the entry that is used up bounds the indices in use.
struct dict_place {
    struct dict_entry *entry;
    size_t at;
};
API struct dict_place dict_take_entry(struct dict_block *b, uint64_t hash)
{
    struct dict_probe p = dict_probe(b, hash);
    while (dict_index(b, p.i) >= 0)
        dict_probe_next(&p);
    size_t n = sync_get(b->entries);
    struct dict_entry *e = dict_entry(b, n);
    sync_set(e->hash, hash);
    container_set(b->entries, n + 1);
    sync_set(b->free, sync_get(b->free) - 1);
    return (struct dict_place){.entry = e, .at = p.i};
}
// The entry that was taken last.
API void dict_show(struct dict_block *b, struct dict_place place)
{
    dict_set_index(b, place.at, (int64_t)sync_get(b->entries) - 1);
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
// A block with the references that are still in it.
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
    TYPE_SLOTS(dict)
};

API struct dict *dict_new_as(struct thread *t, const struct type *type)
{
    struct dict *d = CONTAINER_NEW(t, type, sizeof *d);
    lk_init(t, &d->lock);
    container_set(d->used, 0);
    atomic_store_explicit(&d->storage, NULL, memory_order_relaxed);
    return d;
}

// --- reading ----------------------------------------------------------------------------------

// Where a reader's look at a block led to.
struct dict_seen {
    struct dict_entry *entry; // of the key, or NULL
    struct rc_header *other;  // a key that was held to be compared, for the caller to drop, or NULL
    bool unsure;              // only the lock tells
};
// By a reader. Beside a writer a key that is not the very one must be held while it is compared;
// there is hardly ever another one of the same hash, so that such a probe goes on under the lock.
API struct dict_seen dict_look(struct thread *t, struct dict_block *b, struct rc_header *key,
                               uint64_t hash)
{
    if (!CONTAINER_OPTIMISTIC)
        return (struct dict_seen){.entry = dict_find(b, key, hash, NULL)};
    if (b == NULL)
        return (struct dict_seen){0};
    for (struct dict_probe p = dict_probe(b, hash);; dict_probe_next(&p)) {
        int64_t n = dict_index(b, p.i);
        if (n == DICT_EMPTY)
            return (struct dict_seen){0};
        if (n == DICT_REMOVED)
            continue;
        struct dict_entry *e = dict_entry(b, (size_t)n);
        struct rc_header *other = rc_peek(&e->key);
        if (other == key)
            return (struct dict_seen){.entry = e};
        if (other != NULL && sync_get(e->hash) != hash)
            continue;
        // it has been removed, or moved to another block, or may be equal
        struct dict_seen seen = {.unsure = true};
        if (other != NULL && rc_try_load(t, &e->key, &seen.other) && key_equal(seen.other, key)) {
            seen.entry = e;
            seen.unsure = false;
        }
        return seen;
    }
}
static __attribute__((noinline, unused)) struct rc_header *
dict_read_locked(struct thread *t, struct dict *d, struct rc_header *key, uint64_t hash,
                 enum container_take how, struct rc_local *l)
{
    struct lk_guard g;
    struct rc_header *h = NULL;
    lk_lock_read(t, &d->lock, &g);
    struct dict_entry *e = dict_find(dict_block(d), key, hash, NULL);
    if (e != NULL) {
        h = container_take_locked(t, &e->value, how, l);
        if (CONTAINER_OPTIMISTIC)
            rc_publish(t, rc_peek(&e->key));
    }
    lk_unlock(t, &d->lock, &g);
    return h;
}
API struct rc_header *dict_read(struct thread *t, struct dict *d, struct rc_header *key,
                                enum container_take how, struct rc_local *l)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    if (lk_read_begin(t, &d->lock, &g)) {
        struct rc_header *h = NULL;
        struct dict_seen seen = dict_look(t, lk_read_watch(t, &g, &d->storage), key, hash);
        bool taken = seen.entry != NULL && container_take(t, &seen.entry->value, how, l, &h);
        bool sure = !seen.unsure && (seen.entry == NULL || taken);
        bool valid = lk_read_end(t, &d->lock, &g) && sure;
        if (seen.other != NULL)
            rc_decref(t, seen.other);
        if (valid)
            return h;
        if (taken)
            container_give_back(t, how, l, h);
    }
    return dict_read_locked(t, d, key, hash, how, l);
}
API struct rc_header *dict_get(struct thread *t, struct dict *d, struct rc_header *key)
{
    return dict_read(t, d, key, TAKE_COUNTED, NULL);
}
API struct rc_header *dict_get_local(struct thread *t, struct dict *d, struct rc_header *key,
                                     struct rc_local *l)
{
    return dict_read(t, d, key, TAKE_LOCAL, l);
}
API struct rc_header *dict_get_borrowed(struct thread *t, struct dict *d, struct rc_header *key)
{
    return dict_read(t, d, key, TAKE_BORROWED, NULL);
}

// The entry of that number if it has this very key, in a block that may be another one by now.
API struct dict_entry *dict_entry_at(struct dict_block *b, uint32_t hint, struct rc_header *key)
{
    if (b == NULL || hint >= container_get(b->entries))
        return NULL;
    struct dict_entry *e = dict_entry(b, hint);
    return rc_peek(&e->key) == key ? e : NULL;
}
API uint32_t dict_hint(struct thread *t, struct dict *d, struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    uint32_t hint = DICT_NO_HINT;
    lk_lock_read(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    struct dict_entry *e = dict_find(b, key, hash, NULL);
    if (e != NULL && rc_peek(&e->key) == key)
        hint = (uint32_t)(e - dict_entry(b, 0));
    lk_unlock(t, &d->lock, &g);
    return hint;
}
API struct rc_header *dict_get_local_at(struct thread *t, struct dict *d, uint32_t hint,
                                        struct rc_header *key, struct rc_local *l)
{
    struct lk_guard g;
    struct rc_header *h = NULL;
    if (!lk_read_begin(t, &d->lock, &g))
        return NULL;
    struct dict_entry *e = dict_entry_at(lk_read_watch(t, &g, &d->storage), hint, key);
    bool taken = e != NULL && container_take(t, &e->value, TAKE_LOCAL, l, &h);
    bool valid = lk_read_end(t, &d->lock, &g);
    if (valid && taken)
        return h;
    if (taken)
        container_give_back(t, TAKE_LOCAL, l, h);
    return NULL;
}
API bool dict_set_at(struct thread *t, struct dict *d, uint32_t hint, struct rc_header *key,
                     struct rc_header *value)
{
    struct lk_guard g;
    struct rc_header *displaced = NULL;
    if (CONTAINER_COPIES)
        return false;
    rc_incref(t, value);
    lk_lock(t, &d->lock, &g);
    struct dict_entry *e = dict_entry_at(dict_block(d), hint, key);
    displaced = e != NULL ? rc_swap(t, &d->base.rc, &e->value, value) : value;
    lk_unlock(t, &d->lock, &g);
    rc_decref(t, displaced);
    return e != NULL;
}

// The value itself is not looked at, so it need not be kept.
API bool dict_contains(struct thread *t, struct dict *d, struct rc_header *key)
{
    return dict_get_borrowed(t, d, key) != NULL;
}

// By a reader, in block b, which may be NULL.
API size_t dict_length_in(struct dict *d, struct dict_block *b)
{
    if (CONTAINER_COPIES)
        return b != NULL ? sync_get(b->entries) : 0;
    return container_get(d->used);
}
API size_t dict_length(struct thread *t, struct dict *d)
{
    struct lk_guard g;
    if (lk_read_begin(t, &d->lock, &g)) {
        size_t n = dict_length_in(d, lk_read_watch(t, &g, &d->storage));
        if (lk_read_end(t, &d->lock, &g))
            return n;
    }
    lk_lock_read(t, &d->lock, &g);
    size_t n = container_get(d->used);
    lk_unlock(t, &d->lock, &g);
    return n;
}

static __attribute__((noinline, unused)) struct rc_header *
dict_same_hash(struct thread *t, struct dict *d, uint64_t hash, size_t nth)
{
    struct lk_guard g;
    struct rc_header *key = NULL;
    lk_lock_read(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    struct dict_probe p = b != NULL ? dict_probe(b, hash) : (struct dict_probe){0};
    for (int64_t n; b != NULL && (n = dict_index(b, p.i)) != DICT_EMPTY; dict_probe_next(&p)) {
        if (n == DICT_REMOVED || sync_get(dict_entry(b, (size_t)n)->hash) != hash || nth-- != 0)
            continue;
        key = container_take_locked(t, &dict_entry(b, (size_t)n)->key, TAKE_COUNTED, NULL);
        break;
    }
    lk_unlock(t, &d->lock, &g);
    return key;
}

API struct dict_iter dict_iterate(struct thread *t, struct dict *d)
{
    return (struct dict_iter){.dict = d, .used = dict_length(t, d)};
}
// By a reader or, with `locked`, by a holder of the lock: the next entry of block b, from
// it->next on. False: not without the lock. Beside a writer an empty slot may be a hole or have
// been moved to the next block. The number of keys and what is in the entries need not be of one
// instant there: the end is where both say so, and one key too many is a change, too few are a
// doubt.
static __attribute__((noinline, unused)) bool
dict_next_in(struct thread *t, struct dict_iter *it, struct dict_block *b, bool locked,
             enum dict_step *step, struct rc_header **key, struct rc_header **value)
{
    bool beside = CONTAINER_OPTIMISTIC && !locked;
    *step = DICT_CHANGED;
    if (dict_length_in(it->dict, b) != it->used)
        return true;
    size_t n = b != NULL ? container_get(b->entries) : 0, i = it->next;
    while (!beside && i < n && rc_peek(&dict_entry(b, i)->key) == NULL)
        i++; // a hole
    if (i >= n) {
        if (it->seen == it->used)
            *step = DICT_END;
        return !beside || *step == DICT_END;
    }
    struct dict_entry *e = dict_entry(b, i);
    if (locked) {
        *key = container_take_locked(t, &e->key, TAKE_COUNTED, NULL);
        *value = container_take_locked(t, &e->value, TAKE_COUNTED, NULL);
    } else if (!container_take(t, &e->key, TAKE_COUNTED, NULL, key)) {
        return false;
    } else if (!container_take(t, &e->value, TAKE_COUNTED, NULL, value)) {
        rc_decref(t, *key);
        return false;
    }
    *step = DICT_ENTRY;
    it->next = i + 1;
    return true;
}
API enum dict_step dict_next(struct thread *t, struct dict_iter *it, struct rc_header **key,
                             struct rc_header **value)
{
    struct lk_guard g;
    struct dict *d = it->dict;
    enum dict_step step = DICT_END;
    bool sure = false;
    if (d == NULL)
        return DICT_END;
    if (lk_read_begin(t, &d->lock, &g)) {
        size_t next = it->next;
        struct dict_block *b = lk_read_watch(t, &g, &d->storage);
        bool taken = dict_next_in(t, it, b, false, &step, key, value);
        sure = lk_read_end(t, &d->lock, &g) && taken;
        if (!sure && taken && step == DICT_ENTRY) {
            rc_decref(t, *key);
            rc_decref(t, *value);
            it->next = next;
        }
    }
    if (!sure) {
        lk_lock_read(t, &d->lock, &g);
        dict_next_in(t, it, dict_block(d), true, &step, key, value);
        lk_unlock(t, &d->lock, &g);
    }
    if (step == DICT_ENTRY && it->seen == it->used) { // CPython: dictionary keys changed
        rc_decref(t, *key);
        rc_decref(t, *value);
        step = DICT_CHANGED;
    }
    if (step == DICT_ENTRY)
        it->seen++;
    else if (step == DICT_END)
        it->dict = NULL;
    else
        it->used = SIZE_MAX; // which no dictionary has
    return step;
}

// --- changing ---------------------------------------------------------------------------------

// Under the lock: a new block, not published, without holes, with room for `keys` keys and for as
// many again; so a dictionary from which much was removed may shrink here. The entries move there
// or, where writers copy, are copied, all but `except`: it is left out, or its value is replaced by
// `value`, the caller's reference. After dict_publish and lk_unlock the old block goes to
// dict_retire_replaced.
static __attribute__((noinline, unused)) struct dict_block *
dict_rebuild(struct thread *t, struct dict *d, size_t keys, const struct dict_entry *except,
             struct rc_header *value)
{
    unsigned log2_size = DICT_LOG2_LEAST;
    while (((size_t)1 << log2_size) < DICT_GROWTH * keys)
        log2_size++;
    // first of all, while nothing is half done: an allocator may wait
    struct dict_block *b = dict_block_new(t, log2_size);
    rc_dirty(t, &d->base.rc);
    struct dict_block *old = dict_block(d);
    size_t n = old != NULL ? sync_get(old->entries) : 0;
    for (size_t i = 0; i < n; i++) {
        struct dict_entry *from = dict_entry(old, i);
        if (rc_peek(&from->key) == NULL || (from == except && value == NULL))
            continue;
        struct dict_place to = dict_take_entry(b, sync_get(from->hash));
        if (CONTAINER_COPIES)
            rc_copy(t, &to.entry->key, &from->key);
        else
            rc_move(t, &d->base.rc, &to.entry->key, &from->key);
        if (from == except)
            rc_fill(t, &d->base.rc, &to.entry->value, value);
        else if (CONTAINER_COPIES)
            rc_copy(t, &to.entry->value, &from->value);
        else
            rc_move(t, &d->base.rc, &to.entry->value, &from->value);
        dict_show(b, to);
    }
    for (size_t i = sync_get(b->entries); i < dict_usable(log2_size); i++) {
        rc_fill(t, &d->base.rc, &dict_entry(b, i)->key, NULL);
        rc_fill(t, &d->base.rc, &dict_entry(b, i)->value, NULL);
    }
    return b;
}
// Under the lock: b is the dictionary's block from now on.
API void dict_publish(struct dict *d, struct dict_block *b)
{
    // release: a reader without the lock finds a block without a raw slot
    atomic_store_explicit(&d->storage, b, memory_order_release);
}
// Under the lock: a block with room for so many new keys, the dictionary's or a new one, which is
// not published before all is done: in between nothing may wait. The old block, or NULL, is the
// caller's to retire after lk_unlock.
struct dict_growth {
    struct dict_block *block, *old;
    size_t used;
};
API struct dict_growth dict_grow_begin(struct thread *t, struct dict *d, size_t added)
{
    struct dict_growth e = {.block = dict_block(d), .used = container_get(d->used)};
    if (CONTAINER_COPIES || e.block == NULL || sync_get(e.block->free) < added) {
        // as CPython, which rebuilds for the keys that there are when one is added
        size_t keys = e.used + (CONTAINER_COPIES ? added : added - 1);
        e.old = e.block;
        e.block = dict_rebuild(t, d, keys, NULL, NULL);
    }
    return e;
}
// ... of a key that is not in the block: the caller's references are the dictionary's.
API void dict_grow(struct thread *t, struct dict *d, struct dict_growth *e, struct rc_header *key,
                   uint64_t hash, struct rc_header *value)
{
    rc_dirty(t, &d->base.rc);
    struct dict_place to = dict_take_entry(e->block, hash);
    rc_swap(t, &d->base.rc, &to.entry->key, key); // both slots were empty
    rc_swap(t, &d->base.rc, &to.entry->value, value);
    dict_show(e->block, to);
    e->used++;
}
// The number first: who finds entries in other places finds that it is another one.
API void dict_grow_end(struct dict *d, struct dict_growth *e)
{
    container_set(d->used, e->used);
    if (e->block != dict_block(d))
        dict_publish(d, e->block);
}
// Under the lock, of a key that is not there: the old block, as above.
API struct dict_block *dict_insert(struct thread *t, struct dict *d, struct rc_header *key,
                                   uint64_t hash, struct rc_header *value)
{
    struct dict_growth e = dict_grow_begin(t, d, 1);
    dict_grow(t, d, &e, key, hash, value);
    dict_grow_end(d, &e);
    return e.old;
}
// After lk_unlock; `old` may be NULL.
API void dict_retire(struct thread *t, struct dict *d, struct dict_block *old, rl_free_fn *fn)
{
    if (old != NULL)
        lk_retire(t, &d->lock, old, fn);
}
// What was replaced has lost its entries to its successor, unless that is a copy.
API void dict_retire_replaced(struct thread *t, struct dict *d, struct dict_block *old)
{
    dict_retire(t, d, old, CONTAINER_COPIES ? dict_block_release : al_free);
}

// The references are taken before the lock, as the holder may wait in it; that of a key which is
// there already is given up again, as CPython's insertdict does.
API bool dict_set(struct thread *t, struct dict *d, struct rc_header *key, struct rc_header *value)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    struct dict_block *old = NULL;
    struct rc_header *displaced = NULL;
    rc_incref(t, key);
    rc_incref(t, value);
    lk_lock(t, &d->lock, &g);
    struct dict_entry *e = dict_find(dict_block(d), key, hash, NULL);
    if (e == NULL) {
        old = dict_insert(t, d, key, hash, value);
    } else if (CONTAINER_COPIES) {
        old = dict_block(d);
        dict_publish(d, dict_rebuild(t, d, container_get(d->used), e, value));
    } else {
        displaced = rc_swap(t, &d->base.rc, &e->value, value);
    }
    lk_unlock(t, &d->lock, &g);
    if (e != NULL)
        rc_decref(t, key);
    if (displaced != NULL)
        rc_decref(t, displaced);
    dict_retire_replaced(t, d, old);
    return e == NULL;
}

static __attribute__((noinline, unused)) struct rc_header *
dict_add(struct thread *t, struct dict *d, struct rc_header *key, struct rc_header *value)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    struct dict_block *old = NULL;
    struct rc_header *there = NULL;
    rc_incref(t, key);
    rc_incref(t, value);
    lk_lock(t, &d->lock, &g);
    struct dict_entry *e = dict_find(dict_block(d), key, hash, NULL);
    if (e == NULL)
        old = dict_insert(t, d, key, hash, value);
    else
        there = rc_read(t, &e->value);
    lk_unlock(t, &d->lock, &g);
    if (there != NULL) {
        rc_decref(t, key);
        rc_decref(t, value);
    }
    dict_retire_replaced(t, d, old);
    return there;
}

API struct rc_header *dict_pop(struct thread *t, struct dict *d, struct rc_header *key)
{
    uint64_t hash = key_hash(key);
    struct lk_guard g;
    size_t at;
    struct dict_block *old = NULL;
    struct rc_header *old_key = NULL, *value;
    lk_lock(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    struct dict_entry *e = dict_find(b, key, hash, &at);
    if (e == NULL) {
        lk_unlock(t, &d->lock, &g);
        return NULL;
    }
    size_t used = container_get(d->used);
    if (CONTAINER_COPIES) {
        value = rc_read(t, &e->value);
        old = b;
        dict_publish(d, dict_rebuild(t, d, used - 1, e, NULL));
    } else {
        rc_dirty(t, &d->base.rc);
        dict_set_index(b, at, DICT_REMOVED);
        old_key = rc_swap(t, &d->base.rc, &e->key, NULL);
        value = rc_swap(t, &d->base.rc, &e->value, NULL);
    }
    container_set(d->used, used - 1);
    lk_unlock(t, &d->lock, &g);
    if (!CONTAINER_COPIES)
        rc_decref(t, old_key);
    dict_retire_replaced(t, d, old);
    return value;
}

API size_t dict_clear(struct thread *t, struct dict *d)
{
    struct lk_guard g;
    lk_lock(t, &d->lock, &g);
    rc_dirty(t, &d->base.rc);
    struct dict_block *old = dict_block(d);
    size_t n = container_get(d->used);
    dict_publish(d, NULL);
    container_set(d->used, 0);
    lk_unlock(t, &d->lock, &g);
    dict_retire(t, d, old, dict_block_release);
    return n;
}

static __attribute__((noinline, unused)) struct rc_header *
dict_pop_last(struct thread *t, struct dict *d, struct rc_header **key)
{
    struct lk_guard g;
    struct dict_block *old = NULL;
    struct rc_header *value = NULL;
    lk_lock(t, &d->lock, &g);
    struct dict_block *b = dict_block(d);
    size_t used = container_get(d->used);
    if (used != 0) {
        size_t n = sync_get(b->entries), at;
        while (rc_peek(&dict_entry(b, n - 1)->key) == NULL)
            n--;
        struct dict_entry *e = dict_entry(b, n - 1);
        if (CONTAINER_COPIES) {
            *key = rc_read(t, &e->key);
            value = rc_read(t, &e->value);
            old = b;
            dict_publish(d, dict_rebuild(t, d, used - 1, e, NULL));
        } else {
            dict_find(b, rc_peek(&e->key), sync_get(e->hash), &at);
            rc_dirty(t, &d->base.rc);
            dict_set_index(b, at, DICT_REMOVED);
            *key = rc_swap(t, &d->base.rc, &e->key, NULL);
            value = rc_swap(t, &d->base.rc, &e->value, NULL);
            // or many of these would look for the last one through a growing hole; who reads
            // without a lock must not find another key in an entry that it knows
            if (!CONTAINER_OPTIMISTIC)
                sync_set(b->entries, n - 1);
        }
        container_set(d->used, used - 1);
    }
    lk_unlock(t, &d->lock, &g);
    dict_retire_replaced(t, d, old);
    return value;
}

static __attribute__((noinline, unused)) struct dict *dict_copy(struct thread *t, struct dict *d)
{
    struct dict *c = dict_new_as(t, sync_get(d->base.type));
    struct lk_guard g;
    lk_lock_read(t, &d->lock, &g);
    size_t used = container_get(d->used);
    if (used != 0) {
        struct dict_growth e = dict_grow_begin(t, c, used);
        struct dict_block *b = dict_block(d);
        size_t n = sync_get(b->entries);
        for (size_t i = 0; i < n; i++) {
            struct dict_entry *from = dict_entry(b, i);
            if (rc_peek(&from->key) == NULL)
                continue;
            struct rc_header *key = container_take_locked(t, &from->key, TAKE_COUNTED, NULL);
            struct rc_header *value = container_take_locked(t, &from->value, TAKE_COUNTED, NULL);
            dict_grow(t, c, &e, key, sync_get(from->hash), value);
        }
        dict_grow_end(c, &e);
    }
    lk_unlock(t, &d->lock, &g);
    return c;
}

#endif
