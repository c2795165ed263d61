// SPDX-License-Identifier: MIT
//
// The contract of a map that a lock scheme brings itself (LK_BRINGS_MAP): the answer of the JVM,
// whose concurrent maps lock one bin and read without a lock. Such a scheme includes this header
// and defines these functions; dictionaries are then built on them instead of on lk_lock and
// lk_read_begin (workloads/container/dict_map.h). Its lk_lock is for all other containers.
//
// Semantics. Keys and values are slots of nodes, which `owner`, the object that embeds the map,
// holds. A key and its value are in the map together, each get, set and remove takes effect at one
// instant, and gets wait for nobody. The order of keys is none: not that of insertion, and it may
// change when the map grows. Whole-map calls take no instant: the length may lag behind what other
// threads add and remove meanwhile, and a clear takes what it finds, bin by bin; both are exact when
// nobody else is there. An iteration meets each key that is there from its first step to its last
// exactly once, whatever is added, removed and replaced beside it and however the map grows; a key
// that is there for a part of that time may be met or not, and keys that go
// and come again do not keep it from its end. So are the JVM's iterators, "weakly consistent".
// A hash is good in its low bits. Equality is the caller's; it takes no lock and changes nothing.
//
// References. A node does not change any more but for its links: another value for a key is another
// node. A node that was unlinked keeps its references until a grace period has passed (rl_retire,
// which is what the JVM's collector does for its maps). So what a reader finds is alive, and is
// counted without a try and without a second look (lk_map_take), with any refcount scheme and any
// allocator. Only where counting may wait (RC_WAITS), and a reader would lose its section over it,
// what goes into a map is published before; then a try does not fail, and does not wait.
// What a call gives up dies in a grace period's call-back, or after it has unlocked everything.
//
// Memory ordering. What happens before lk_map_set happens before what follows the lk_map_get that
// finds its value.
#ifndef LK_MAP_H
#define LK_MAP_H

#include "lk.h"

struct lk_map;
struct lk_map_entry {
    struct rc_slot key, value;
};
typedef bool lk_map_equal(struct rc_header *a, struct rc_header *b);

API void lk_map_init(struct thread *t, struct lk_map *m);
// From obj_destroy of the owner: gives up all keys and values.
API void lk_map_destroy(struct thread *t, struct lk_map *m);
// In a section: the key's entry, or NULL.
API struct lk_map_entry *lk_map_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                                     lk_map_equal *equal);
// The caller's counted references to key and value become the map's; a key that is there stays, and
// the caller's is given up. True if the key is new. With `there` the value of a key that is not new
// stays too: *there is a counted reference to it, and both of the caller's are given up.
API bool lk_map_set(struct thread *t, struct rc_header *owner, struct lk_map *m,
                    struct rc_header *key, uint64_t hash, struct rc_header *value,
                    lk_map_equal *equal, struct rc_header **there);
// A counted reference to the value of the key, which is not there any more, or NULL.
API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash, lk_map_equal *equal);
// How many keys it gave up.
API size_t lk_map_clear(struct thread *t, struct rc_header *owner, struct lk_map *m);
API size_t lk_map_length(struct thread *t, struct lk_map *m);
// Where an iteration has come to: zero before the first step. It keeps nothing alive, and needs no
// end.
struct lk_map_at {
    uint64_t hash, which; // of the key that was met last; which of those with this hash
};
// Counted references to the next key and its value. False: there is no more.
API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value);
// In any order, each key before its value; nobody changes the map, though a change may be under
// way.
API void lk_map_visit(struct lk_map *m, rc_visit *visit, void *argument);

// --- for the schemes --------------------------------------------------------------------------

// By a reader in a section, of an entry's slot: a new counted reference.
API struct rc_header *lk_map_take(struct thread *t, struct rc_slot *s)
{
    if (!PAIR_HAS(RC_TRAITS, RC_WAITS))
        return rc_read(t, s);
    struct rc_header *h;
    bool taken = rc_try_load(t, s, &h);
    sync_check(taken, "a map holds something that was never published");
    return h;
}
// Before the entry is in the map, and not in a section: the caller's references are the entry's.
API void lk_map_fill(struct thread *t, struct rc_header *owner, struct lk_map_entry *e,
                     struct rc_header *key, struct rc_header *value)
{
    if (PAIR_HAS(RC_TRAITS, RC_WAITS)) {
        rc_publish(t, key);
        rc_publish(t, value);
    }
    rc_fill(t, owner, &e->key, key);
    rc_fill(t, owner, &e->value, value);
}
// Nobody can find the entry any more.
API void lk_map_release(struct thread *t, struct lk_map_entry *e)
{
    rc_release(t, &e->key);
    rc_release(t, &e->value);
}
// The owner is dying, and nobody looks at it any more.
API void lk_map_give_up(struct thread *t, struct lk_map_entry *e)
{
    rc_clear(t, &e->key);
    rc_clear(t, &e->value);
}
API void lk_map_show(struct lk_map_entry *e, rc_visit *visit, void *argument)
{
    visit(argument, &e->key);
    visit(argument, &e->value);
}

// Hashes in the order of their bits, the lowest first: what is in one bin of a table is together,
// and stays so in the bins of one that is twice as large (the split order of Shalev and Shavit). An
// iteration in this order needs no memory but where it is, whatever moves. Equal hashes are in the
// order of their keys' addresses, which do not change while a key is there.
API bool lk_map_before(uint64_t hash, uint64_t other)
{
    uint64_t differ = hash ^ other;
    return (other & differ & -differ) != 0;
}
API bool lk_map_behind(uint64_t hash, uint64_t which, const struct lk_map_at *at)
{
    return hash == at->hash ? which > at->which : lk_map_before(at->hash, hash);
}

// --- reading ----------------------------------------------------------------------------------

// A counted reference to the value, or NULL.
API struct rc_header *lk_map_get(struct thread *t, struct lk_map *m, struct rc_header *key,
                                 uint64_t hash, lk_map_equal *equal)
{
    rl_enter(t);
    struct lk_map_entry *e = lk_map_find(m, key, hash, equal);
    struct rc_header *h = e != NULL ? lk_map_take(t, &e->value) : NULL;
    rl_leave(t);
    return h;
}
// The value without a reference, or NULL; who asks knows what keeps it.
API struct rc_header *lk_map_get_borrowed(struct thread *t, struct lk_map *m, struct rc_header *key,
                                          uint64_t hash, lk_map_equal *equal)
{
    rl_enter(t);
    struct lk_map_entry *e = lk_map_find(m, key, hash, equal);
    struct rc_header *h = e != NULL ? rc_peek(&e->value) : NULL;
    rl_leave(t);
    return h;
}

// A local reference to the value, or NULL.
API struct rc_header *lk_map_get_local(struct thread *t, struct lk_map *m, struct rc_header *key,
                                       uint64_t hash, lk_map_equal *equal, struct rc_local *l)
{
    bool counted = PAIR_HAS(RC_TRAITS, RC_WAITS);
    rl_enter(t);
    struct lk_map_entry *e = lk_map_find(m, key, hash, equal);
    struct rc_header *h = e == NULL ? NULL : counted ? lk_map_take(t, &e->value) : rc_peek(&e->value);
    if (h != NULL)
        rc_local_of(t, l, h);
    rl_leave(t);
    if (h != NULL && counted)
        rc_decref(t, h);
    return h;
}

// --- counting ---------------------------------------------------------------------------------

// The number of keys: a word that all change, until two want to at a time; from then on many words
// (LongAdder of JSR 166). No memory order: a number orders nothing, and is no instant's.
#ifdef SYNC_EXPLORE
enum { LK_MAP_CELLS = 2 };
#else
enum { LK_MAP_CELLS = 16 };
#endif
struct lk_map_cells {
    struct lk_map_cell {
        _Alignas(SYNC_LINE) _Atomic(int64_t) n;
    } cell[LK_MAP_CELLS];
};
struct lk_map_number {
    _Atomic(int64_t) n;                   // and those that the cells count
    _Atomic(struct lk_map_cells *) cells; // NULL: never contended
};
API void lk_map_number_init(struct lk_map_number *number)
{
    atomic_init(&number->n, 0);
    atomic_init(&number->cells, NULL);
}
API struct lk_map_cells *lk_map_cells(struct lk_map_number *number)
{
    // acquire: pairs with lk_map_spread
    return atomic_load_explicit(&number->cells, memory_order_acquire);
}
API void lk_map_number_destroy(struct thread *t, struct lk_map_number *number)
{
    struct lk_map_cells *cells = lk_map_cells(number);
    if (cells != NULL)
        al_free(t, cells);
}
// Relaxed: the number is no instant's. It is below zero while a removal is counted before its
// addition.
API int64_t lk_map_number(struct lk_map_number *number)
{
    int64_t n = atomic_load_explicit(&number->n, memory_order_relaxed);
    struct lk_map_cells *cells = lk_map_cells(number);
    for (unsigned i = 0; cells != NULL && i < LK_MAP_CELLS; i++)
        n += atomic_load_explicit(&cells->cell[i].n, memory_order_relaxed);
    return n;
}
static __attribute__((noinline, cold, unused)) void lk_map_spread(struct thread *t,
                                                                  struct lk_map_number *number)
{
    struct lk_map_cells *cells = al_alloc(t, sizeof *cells, AL_STORAGE), *none = NULL;
    for (unsigned i = 0; i < LK_MAP_CELLS; i++)
        atomic_init(&cells->cell[i].n, 0);
    // release: pairs with lk_map_cells
    if (!atomic_compare_exchange_strong_explicit(&number->cells, &none, cells, memory_order_release,
                                                 memory_order_relaxed))
        al_free(t, cells);
}
// Relaxed: a number orders nothing. A safepoint.
API void lk_map_count(struct thread *t, struct lk_map_number *number, int64_t d)
{
    if (lk_map_cells(number) == NULL) {
        int64_t n = atomic_load_explicit(&number->n, memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&number->n, &n, n + d, memory_order_relaxed,
                                                    memory_order_relaxed))
            return;
        lk_map_spread(t, number);
    }
    atomic_fetch_add_explicit(&lk_map_cells(number)->cell[thread_id(t) % LK_MAP_CELLS].n, d,
                              memory_order_relaxed);
}

#endif
