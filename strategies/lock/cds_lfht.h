// SPDX-License-Identifier: MIT
//
// cds_lfht: a peer. Dictionaries are userspace RCU's lock-free hash tables, of the library that is
// installed: nobody locks a dictionary. A split-ordered list (O. Shalev, N. Shavit, 2006) whose
// bins, dummy nodes in the list, are added while readers and writers go on: twice as many by who
// adds a key more than there are bins (cds_lfht_resize). The library has a thread for that too,
// which looks after long bins, but only when a key is added: a table that is filled faster than the
// thread works stays with few, and is read at a third of its speed. refcount/glib.h says what is
// not asked of a peer. A look-up announces nothing and writes nothing, but it is calls: of the
// library's, and there of two functions by pointer, for the bin and for each key whose hash is the
// same. Tables that are in the program whole are read faster (per_bin.h).
//
// The number of bins has a bound: so the library maps addresses for all of them and goes straight
// to a bin. Without one it asks for the bin's order first, and a look-up takes half as long again.
//
// The library asks who its readers are, here those of the flavour by quiescent states. So it goes
// with the reclaimer that has these (LK_URCU): each attached thread is registered there, and
// offline there when it waits.
//
// A value is replaced by replacing its node. cds_lfht_add_replace would replace the key too: a key
// that is there stays (lk_map.h), so it is looked up first, and again if another thread was faster.
// The library counts its nodes by walking through them all; so they are counted beside the table.
// Its list is in the order of lk_map_next already, which goes on from the key that was met last. If
// that is gone, it walks there from the start: it has no other way to a hash that nobody has.
// All other containers have a pthread mutex (lk_pthread_word.h).
//
// Invariant: a node in the table does not change but for its link, which is the library's.
// Memory order: liburcu's: its updates are full barriers, its look-ups follow links by consume.
//
// libraries: liburcu-cds
// libraries: liburcu-qsbr
#ifndef LK_CDS_LFHT_H
#define LK_CDS_LFHT_H

#include "lk_map.h"
#include "lk_pthread_word.h"

#if !__has_include(<urcu/rculfhash.h>)
#error "no <urcu/rculfhash.h>: make deps installs liburcu-dev"
#endif
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#define LK_SUMMARY "dictionaries are liburcu's lock-free hash tables"
#define LK_SOURCE                                                                                \
    "M. Desnoyers, Lai Jiangshan, userspace RCU (rculfhash), 2011; Shalev, Shavit, JACM 53(3), " \
    "2006"
#define LK_WHEN    "as the yardstick: readers that write nothing, writers that wait for nobody"
#define LK_TRAITS  (LK_EXCLUDES | LK_GRACE | LK_BRINGS_MAP | LK_URCU | LK_NATIVE)
#define LK_RECLAIM urcu_qsbr
#define LK_CENSUS(op)

// Tables are the library's memory: those of dictionaries that never die are no allocator's to free,
// and no leak.
const char *__lsan_default_suppressions(void);
__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
    return PAIR_HAS(RC_TRAITS, RC_FREES) ? "" : "leak:liburcu-cds\n";
}

enum { CDS_LEAST = 8, CDS_MOST = 1 << 20 }; // bins; powers of two

struct cds_node {
    struct cds_lfht_node node; // first
    struct lk_map_entry entry;
};
struct cds_key {
    struct rc_header *key;
    lk_map_equal *equal;
};
struct lk_map {
    struct cds_lfht *table;
    _Atomic(bool) growing; // somebody makes bins
    _Atomic(size_t) bins;  // changed by whoever does
    struct lk_map_number keys;
};

API struct cds_node *cds_found(struct cds_lfht_iter *i)
{
    return (struct cds_node *)cds_lfht_iter_get_node(i);
}
// The library has compared the hashes.
API int cds_match(struct cds_lfht_node *node, const void *key)
{
    const struct cds_key *k = key;
    struct rc_header *other = rc_peek(&((struct cds_node *)node)->entry.key);
    return other == k->key || k->equal(other, k->key);
}
// A node that nobody can find any more, and its references.
API void cds_release(struct thread *t, void *p)
{
    struct cds_node *n = p;
    lk_map_release(t, &n->entry);
    al_free(t, n);
}

API void lk_map_init(struct thread *t, struct lk_map *m)
{
    (void)t;
    lk_map_number_init(&m->keys);
    atomic_init(&m->growing, false);
    atomic_init(&m->bins, CDS_LEAST);
    m->table = cds_lfht_new_flavor(CDS_LEAST, CDS_LEAST, CDS_MOST, 0, &urcu_qsbr_flavor, NULL);
    sync_check(m->table != NULL, "cds_lfht_new has no memory");
}
// A key was added. One thread makes bins at a time and all others go on: the library makes exactly
// as many as it is asked for, so one that came late would take bins away again, and wait for
// readers that wait for it.
API void cds_grow(struct lk_map *m)
{
    // acquire, release: pairs with itself; the number of bins is the grower's
    if (lk_map_number(&m->keys) <= (int64_t)atomic_load_explicit(&m->bins, memory_order_relaxed) ||
        atomic_exchange_explicit(&m->growing, true, memory_order_acquire))
        return;
    size_t bins = atomic_load_explicit(&m->bins, memory_order_relaxed);
    while (lk_map_number(&m->keys) > (int64_t)bins)
        bins *= 2;
    cds_lfht_resize(m->table, bins);
    atomic_store_explicit(&m->bins, bins, memory_order_relaxed);
    atomic_store_explicit(&m->growing, false, memory_order_release);
}
API void lk_map_destroy(struct thread *t, struct lk_map *m)
{
    struct cds_lfht_iter i;
    for (cds_lfht_first(m->table, &i); cds_found(&i) != NULL; cds_lfht_next(m->table, &i)) {
        struct cds_node *n = cds_found(&i);
        cds_lfht_del(m->table, &n->node);
        lk_map_give_up(t, &n->entry);
        al_free(t, n);
    }
    int refused = cds_lfht_destroy(m->table, NULL);
    sync_check(refused == 0, "cds_lfht_destroy: the table is not empty");
    lk_map_number_destroy(t, &m->keys);
}

API struct cds_node *cds_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                              lk_map_equal *equal)
{
    struct cds_key k = {.key = key, .equal = equal};
    struct cds_lfht_iter i;
    cds_lfht_lookup(m->table, hash, cds_match, &k, &i);
    return cds_found(&i);
}
API struct lk_map_entry *lk_map_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                                     lk_map_equal *equal)
{
    struct cds_node *n = cds_find(m, key, hash, equal);
    return n != NULL ? &n->entry : NULL;
}

API bool lk_map_set(struct thread *t, struct rc_header *owner, struct lk_map *m,
                    struct rc_header *key, uint64_t hash, struct rc_header *value,
                    lk_map_equal *equal, struct rc_header **there)
{
    struct cds_key k = {.key = key, .equal = equal};
    struct cds_node *n = al_alloc(t, sizeof *n, AL_STORAGE), *old;
    struct rc_header *left = NULL;
    lk_map_fill(t, owner, &n->entry, key, value);
    rl_enter(t);
    for (;;) {
        struct cds_lfht_iter i;
        cds_lfht_lookup(m->table, hash, cds_match, &k, &i);
        old = cds_found(&i);
        rc_dirty(t, owner);
        if (old == NULL) {
            if (cds_lfht_add_unique(m->table, hash, cds_match, &k, &n->node) == &n->node)
                break;
            continue;
        }
        if (there != NULL) {
            *there = lk_map_take(t, &old->entry.value);
            rl_leave(t);
            cds_release(t, n); // which nobody has seen
            return false;
        }
        if (rc_peek(&old->entry.key) != rc_peek(&n->entry.key))
            left = rc_swap(t, owner, &n->entry.key, lk_map_take(t, &old->entry.key));
        if (cds_lfht_replace(m->table, &i, hash, cds_match, &k, &n->node) == 0)
            break;
        if (left != NULL)
            rc_decref(t, left); // a safepoint, but all is looked up again
        left = NULL;
    }
    rl_leave(t);
    if (old != NULL) {
        rl_retire(t, old, cds_release);
    } else {
        lk_map_count(t, &m->keys, 1);
        cds_grow(m);
    }
    if (left != NULL)
        rc_decref(t, left);
    return old == NULL;
}
API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash, lk_map_equal *equal)
{
    struct cds_node *n;
    rl_enter(t);
    rc_dirty(t, owner);
    // another thread may have removed it, or replaced it
    do
        n = cds_find(m, key, hash, equal);
    while (n != NULL && cds_lfht_del(m->table, &n->node) != 0);
    struct rc_header *value = n != NULL ? lk_map_take(t, &n->entry.value) : NULL;
    rl_leave(t);
    if (n != NULL) {
        rl_retire(t, n, cds_release);
        lk_map_count(t, &m->keys, -1);
    }
    return value;
}
API size_t lk_map_clear(struct thread *t, struct rc_header *owner, struct lk_map *m)
{
    struct cds_lfht_iter i;
    size_t n = 0;
    rl_enter(t);
    rc_dirty(t, owner);
    for (cds_lfht_first(m->table, &i); cds_found(&i) != NULL; cds_lfht_next(m->table, &i))
        if (cds_lfht_del(m->table, &cds_found(&i)->node) == 0) {
            rl_retire(t, cds_found(&i), cds_release);
            n++;
        }
    rl_leave(t);
    if (n != 0)
        lk_map_count(t, &m->keys, -(int64_t)n);
    return n;
}
API size_t lk_map_length(struct thread *t, struct lk_map *m)
{
    (void)t;
    int64_t n = lk_map_number(&m->keys);
    return n > 0 ? (size_t)n : 0;
}

API uint64_t cds_reversed(uint64_t hash)
{
    hash = (hash & 0x5555555555555555) << 1 | (hash >> 1 & 0x5555555555555555);
    hash = (hash & 0x3333333333333333) << 2 | (hash >> 2 & 0x3333333333333333);
    hash = (hash & 0x0f0f0f0f0f0f0f0f) << 4 | (hash >> 4 & 0x0f0f0f0f0f0f0f0f);
    return __builtin_bswap64(hash);
}
API struct lk_map_at cds_at(struct cds_node *n)
{
    return (struct lk_map_at){cds_reversed(n->node.reverse_hash),
                              sync_address(rc_peek(&n->entry.key))};
}
API int cds_any(struct cds_lfht_node *node, const void *key)
{
    (void)node;
    (void)key;
    return 1;
}
API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value)
{
    struct cds_lfht_iter i;
    struct cds_node *first = NULL;
    struct lk_map_at best = {0};
    rl_enter(t);
    cds_lfht_lookup(m->table, at->hash, cds_any, NULL, &i);
    if (cds_found(&i) == NULL)
        cds_lfht_first(m->table, &i);
    // the least behind *at: of one hash the library keeps no order
    for (; cds_found(&i) != NULL; cds_lfht_next(m->table, &i)) {
        struct lk_map_at here = cds_at(cds_found(&i));
        if (first != NULL && here.hash != best.hash)
            break;
        if (lk_map_behind(here.hash, here.which, at) &&
            (first == NULL || here.which < best.which)) {
            first = cds_found(&i);
            best = here;
        }
    }
    if (first != NULL) {
        *at = best;
        *key = lk_map_take(t, &first->entry.key);
        *value = lk_map_take(t, &first->entry.value);
    }
    rl_leave(t);
    return first != NULL;
}
API void lk_map_visit(struct lk_map *m, rc_visit *visit, void *argument)
{
    struct cds_lfht_iter i;
    for (cds_lfht_first(m->table, &i); cds_found(&i) != NULL; cds_lfht_next(m->table, &i))
        lk_map_show(&cds_found(&i)->entry, visit, argument);
}

#include "lk_exclusive.h"

#endif
