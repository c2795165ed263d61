// SPDX-License-Identifier: MIT
//
// ck_hs: a peer. Dictionaries are hash sets of Concurrency Kit, of the library that is installed:
// many readers beside one writer, who has the dictionary's mutex. Open addressing, probed a cache
// line at a time; readers take no lock, and write nothing. refcount/glib.h says what is not asked
// of a peer. CK has maps too (ck_ht), but they compare words or bytes; a set asks a function of
// ours whether two of its objects are the same, which keys of any type need. Here its objects are
// nodes.
//
// Its memory comes and goes through hooks, which say when a reader may still look: then it is
// retired to the reclaimer, as nodes are. The hooks are told nothing of the thread, and ask
// sync_self(). A set forgets no tombstones by itself but where it grows or a key comes there again;
// clear begins a new table.
// A writer may move what is there, and a set that grew is in another order: so the nodes are in a
// list too, numbered as they came. lk_map_next begins with the newest, or what comes meanwhile
// would keep it from its end. It goes on from the node that was met last, looked up by its hash and
// number; if that is gone, it seeks the number from the start.
// All other containers have a pthread mutex (lk_pthread_word.h).
//
// Invariant: the mutex's holder alone changes the set and the list; a node in the set does not
// change but for its links.
// Memory order: CK's, whose readers look at a bucket's version when a writer moves what is in it.
// It stores a node's address plainly, so a release fence stands before.
//
// libraries: ck
#ifndef LK_CK_HS_H
#define LK_CK_HS_H

#include "lk_map.h"
#include "lk_pthread_word.h"

#if !__has_include(<ck_hs.h>)
#error "no <ck_hs.h>: make deps installs libck-dev"
#endif
#include <ck_hs.h>

#define LK_SUMMARY "dictionaries are CK's hash sets: readers without a lock, writers under a mutex"
#define LK_SOURCE  "Samy Al Bahra, Concurrency Kit (ck_hs), 2012"
#define LK_WHEN    "as the yardstick: what a table for one writer and many readers costs"
#define LK_TRAITS  (LK_EXCLUDES | LK_GRACE | LK_BRINGS_MAP | LK_NATIVE)
#define LK_RECLAIM qsbr
#define LK_CENSUS(op)

enum { CK_LEAST = 8 }; // keys that a new set has room for

// What CK's set compares: at the start of a node, or alone, to look for one.
struct ck_key {
    uint64_t hash;
    struct rc_header *key;
    lk_map_equal *equal;
    uint64_t number; // by this if equal is NULL
};
struct ck_node {
    struct ck_key k; // first
    struct lk_map_entry entry;
    struct ck_node *next, **back; // in the list: an older one; *back is this one
};
struct lk_map {
    struct lk_word lock;
    ck_hs_t set;
    uint64_t numbered;
    struct ck_node *newest;
};

API void *ck_hook_malloc(size_t size)
{
    return al_alloc(sync_self(), size, AL_STORAGE);
}
API void ck_hook_free(void *p, size_t size, bool defer)
{
    (void)size;
    if (defer)
        rl_retire(sync_self(), p, al_free);
    else
        al_free(sync_self(), p);
}
static const struct ck_malloc ck_hooks = {.malloc = ck_hook_malloc, .free = ck_hook_free};

API unsigned long ck_hash(const void *node, unsigned long seed)
{
    (void)seed;
    return ((const struct ck_key *)node)->hash;
}
API bool ck_compare(const void *a, const void *b)
{
    const struct ck_key *x = a, *y = b;
    return x->key == y->key || (x->hash == y->hash && (y->equal != NULL ? y->equal(x->key, y->key)
                                                                        : x->number == y->number));
}
API void ck_list(struct ck_node *n, struct ck_node **back)
{
    n->back = back;
    n->next = *back;
    if (n->next != NULL)
        n->next->back = &n->next;
    *back = n;
}
API void ck_unlist(struct ck_node *n)
{
    if (n->next != NULL)
        n->next->back = n->back;
    *n->back = n->next;
}
// A node that nobody can find any more, and its references.
API void ck_release(struct thread *t, void *p)
{
    struct ck_node *n = p;
    lk_map_release(t, &n->entry);
    al_free(t, n);
}

API void lk_map_init(struct thread *t, struct lk_map *m)
{
    lk_init(t, &m->lock);
    m->numbered = 0;
    m->newest = NULL;
    bool made = ck_hs_init(&m->set, CK_HS_MODE_SPMC | CK_HS_MODE_OBJECT, ck_hash, ck_compare,
                           (struct ck_malloc *)&ck_hooks, CK_LEAST, 0);
    sync_check(made, "ck_hs_init refused");
}
API void lk_map_destroy(struct thread *t, struct lk_map *m)
{
    for (struct ck_node *n = m->newest, *next; n != NULL; n = next) {
        next = n->next;
        lk_map_give_up(t, &n->entry);
        al_free(t, n);
    }
    ck_hs_destroy(&m->set);
    lk_destroy(t, &m->lock);
}

API struct ck_node *ck_find(struct lk_map *m, const struct ck_key *k)
{
    return ck_hs_get(&m->set, k->hash, k);
}
API struct lk_map_entry *lk_map_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                                     lk_map_equal *equal)
{
    struct ck_key k = {.hash = hash, .key = key, .equal = equal};
    struct ck_node *n = ck_find(m, &k);
    return n != NULL ? &n->entry : NULL;
}

API bool lk_map_set(struct thread *t, struct rc_header *owner, struct lk_map *m,
                    struct rc_header *key, uint64_t hash, struct rc_header *value,
                    lk_map_equal *equal, struct rc_header **there)
{
    struct lk_guard g;
    struct ck_node *n = al_alloc(t, sizeof *n, AL_STORAGE);
    struct rc_header *left = NULL;
    void *displaced = NULL;
    lk_map_fill(t, owner, &n->entry, key, value);
    n->k = (struct ck_key){.hash = hash, .key = key, .equal = equal};
    lk_lock(t, &m->lock, &g);
    struct ck_node *old = ck_find(m, &n->k);
    if (old != NULL && there != NULL) {
        *there = lk_map_take(t, &old->entry.value);
        lk_unlock(t, &m->lock, &g);
        ck_release(t, n); // which nobody has seen
        return false;
    }
    rc_dirty(t, owner);
    bool put;
    if (old == NULL) {
        n->k.number = ++m->numbered;
        ck_list(n, &m->newest);
        sync_fence(memory_order_release); // pairs with the dependency in ck_hs_get
        put = ck_hs_put_unique(&m->set, hash, n);
    } else {
        if (old->k.key != key) {
            n->k.key = old->k.key;
            left = rc_swap(t, owner, &n->entry.key, rc_read(t, &old->entry.key));
        }
        n->k.number = old->k.number;
        ck_unlist(old);
        ck_list(n, old->back);
        sync_fence(memory_order_release); // as above
        put = ck_hs_fas(&m->set, hash, n, &displaced);
    }
    sync_check(put && displaced == old, "a set of CK's does not take what it has room for");
    lk_unlock(t, &m->lock, &g);
    if (old != NULL)
        rl_retire(t, old, ck_release);
    if (left != NULL)
        rc_decref(t, left);
    return old == NULL;
}
API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash, lk_map_equal *equal)
{
    struct ck_key k = {.hash = hash, .key = key, .equal = equal};
    struct lk_guard g;
    lk_lock(t, &m->lock, &g);
    rc_dirty(t, owner);
    struct ck_node *n = ck_hs_remove(&m->set, hash, &k);
    struct rc_header *value = n != NULL ? lk_map_take(t, &n->entry.value) : NULL;
    if (n != NULL)
        ck_unlist(n);
    lk_unlock(t, &m->lock, &g);
    if (n != NULL)
        rl_retire(t, n, ck_release);
    return value;
}
// Nodes are retired when the set does not lead to them any more.
API size_t lk_map_clear(struct thread *t, struct rc_header *owner, struct lk_map *m)
{
    struct lk_guard g;
    size_t n = 0;
    lk_lock(t, &m->lock, &g);
    rc_dirty(t, owner);
    for (struct ck_node *gone; (gone = m->newest) != NULL; n++) {
        ck_unlist(gone);
        void *removed = ck_hs_remove(&m->set, gone->k.hash, gone);
        sync_check(removed == gone, "a set of CK's has lost a node");
        rl_retire(t, gone, ck_release);
    }
    bool empty = ck_hs_reset_size(&m->set, CK_LEAST);
    sync_check(empty, "ck_hs_reset_size refused");
    lk_unlock(t, &m->lock, &g);
    return n;
}
API size_t lk_map_length(struct thread *t, struct lk_map *m)
{
    struct lk_guard g;
    lk_lock(t, &m->lock, &g);
    size_t n = ck_hs_count(&m->set);
    lk_unlock(t, &m->lock, &g);
    return n;
}
API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value)
{
    struct ck_key last = {.hash = at->hash, .number = at->which};
    struct lk_guard g;
    lk_lock(t, &m->lock, &g);
    struct ck_node *n = ck_find(m, &last);
    if (n == NULL)
        n = m->newest;
    while (n != NULL && at->which != 0 && n->k.number >= at->which)
        n = n->next;
    if (n != NULL) {
        *at = (struct lk_map_at){n->k.hash, n->k.number};
        *key = lk_map_take(t, &n->entry.key);
        *value = lk_map_take(t, &n->entry.value);
    }
    lk_unlock(t, &m->lock, &g);
    return n != NULL;
}
API void lk_map_visit(struct lk_map *m, rc_visit *visit, void *argument)
{
    for (struct ck_node *n = m->newest; n != NULL; n = n->next) {
        lk_map_show(&n->entry, visit, argument);
    }
}

#include "lk_exclusive.h"

#endif
