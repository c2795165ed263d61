// SPDX-License-Identifier: MIT
//
// per_bin: a dictionary is a hash table whose bins are locked one by one, and read without a lock.
// ConcurrentHashMap of the JVM (D. Lea, JSR 166; as rewritten for Java 8), which is what Jython's
// dictionaries are made of: on a runtime without a GIL they were left to a library that had been
// made for many threads. All other containers have a lock each, as Jython's lists are synchronized.
//
// What is Lea's. A bin is a list. The first node of an empty bin gets there by compare-exchange,
// for which nobody needs a lock; for anything else the bin is locked. A reader follows links. The
// table doubles when it is three quarters full, by all who change it while that goes on: each
// claims some bins, moves their nodes, and leaves in each bin a forward to the new table, which
// whoever comes follows. A reader is never kept waiting by that, for the old list stays as it is:
// the run at its end that goes to one bin as a whole is taken over, the nodes before it are copied
// (one in six, on average). Bins never shrink in number. The number of keys is Lea's LongAdder.
//
// What differs. There the collector keeps what readers may still see, here grace periods do
// (rl_retire): of nodes with the references in them, and of tables. So a node does not change once
// it is linked, and another value for a key is another node in the old one's place, where Java
// stores into a volatile field; a reader then counts what it found without looking again. Java
// locks the monitor of a bin's first node; here a byte mutex lies beside the bin (lk_pymutex.h): a
// thread that waits for a lock is offline, and a node could go meanwhile. So could the table: who
// waits for a bin pins it, and the last one who knows it frees it. A forward is a bit in the bin's
// word, not a node of another class. Bins that grow long do not become trees: keys need not be
// comparable here.
//
// Invariants. A bin that is locked is changed by the holder alone; one that is empty by anybody,
// from nothing to a node or to a forward; one that is forwarded never again. A node in a list does
// not change but for its link, nor an unlinked one at all: from each node that a reader has come to
// it comes to all that were behind it then and have not been removed. A new table's bins are
// reached by nobody before the forward to them; the map has the new table when all bins of the old
// one are forwarded, which is then reached by those only who knew it before.
//
// Memory order. Release, acquire: each link, from the map's table to the bins to the nodes, so that
// who finds something finds it complete. The holder of a bin's lock reads its nodes' links relaxed:
// they were changed under the lock, or before the forward by which it came. Threads that move bins
// count them, with release, and who counts the last one acquires: so the map's new table comes with
// all its bins. What a map holds has an end by the reclaimer's order.
#ifndef LK_PER_BIN_H
#define LK_PER_BIN_H

#include "lk_map.h"
#include "lk_pymutex_word.h"

#define LK_SUMMARY "dictionaries with a lock for each bin, read without one; a byte mutex elsewhere"
#define LK_SOURCE  "D. Lea, ConcurrentHashMap of Java 8 (JSR 166), 2014; Jython's dictionaries"
#define LK_WHEN    "dictionaries are shared and written too, and their order does not matter"
#define LK_TRAITS  (LK_EXCLUDES | LK_GRACE | LK_BRINGS_MAP)
#define LK_RECLAIM qsbr

// Bins of the first table; bins that a thread claims at a time (MIN_TRANSFER_STRIDE). The
// explorer's tables grow soon.
#ifdef SYNC_EXPLORE
enum { PER_BIN_LEAST = 2, PER_BIN_STRIDE = 1 };
#else
enum { PER_BIN_LEAST = 8, PER_BIN_STRIDE = 16 };
#endif
enum { PER_BIN_FORWARD = 1 }; // in a bin's word: the rest is the next table

struct per_bin_node {
    _Atomic(uintptr_t) next; // node, or 0
    uint64_t hash;
    struct lk_map_entry entry;
};
struct per_bin_table {
    size_t bins;                          // a power of two
    _Atomic(struct per_bin_table *) next; // twice as large; NULL: nobody moves bins
    _Atomic(size_t) claimed, moved;       // bins
    _Atomic(uint32_t) pins;               // who waits for a bin, and one more until it is retired
    _Atomic(uintptr_t) bin[];             // node, 0, or a forward; then a mutex for each
};
struct lk_map {
    _Atomic(struct per_bin_table *) table; // NULL: never filled
    struct lk_map_number keys;
};

// --- reading ----------------------------------------------------------------------------------

API struct per_bin_node *per_bin_node(uintptr_t word)
{
    return (struct per_bin_node *)word;
}
API bool per_bin_forwarded(uintptr_t word)
{
    return (word & PER_BIN_FORWARD) != 0;
}
API struct per_bin_table *per_bin_forward(uintptr_t word)
{
    return (struct per_bin_table *)(word - PER_BIN_FORWARD);
}
// Acquire: pairs with whoever linked what is found, or made the forward.
API uintptr_t per_bin_look(_Atomic(uintptr_t) *link)
{
    return atomic_load_explicit(link, memory_order_acquire);
}
API struct per_bin_table *per_bin_table(struct lk_map *m)
{
    // acquire: pairs with who put the table there
    return atomic_load_explicit(&m->table, memory_order_acquire);
}
API size_t per_bin_index(struct per_bin_table *table, uint64_t hash)
{
    return (size_t)hash & (sync_get(table->bins) - 1);
}
API bool per_bin_matches(struct per_bin_node *n, struct rc_header *key, uint64_t hash,
                         lk_map_equal *equal)
{
    struct rc_header *other = rc_peek(&n->entry.key);
    return other == key || (sync_get(n->hash) == hash && equal(other, key));
}
API struct lk_map_entry *lk_map_find(struct lk_map *m, struct rc_header *key, uint64_t hash,
                                     lk_map_equal *equal)
{
    struct per_bin_table *table = per_bin_table(m);
    if (table == NULL)
        return NULL;
    uintptr_t word = per_bin_look(&table->bin[per_bin_index(table, hash)]);
    while (__builtin_expect(per_bin_forwarded(word), 0)) {
        table = per_bin_forward(word);
        word = per_bin_look(&table->bin[per_bin_index(table, hash)]);
    }
    while (word != 0 && !per_bin_matches(per_bin_node(word), key, hash, equal))
        word = per_bin_look(&per_bin_node(word)->next);
    return word != 0 ? &per_bin_node(word)->entry : NULL;
}

API size_t lk_map_length(struct thread *t, struct lk_map *m)
{
    (void)t;
    int64_t n = lk_map_number(&m->keys);
    return n > 0 ? (size_t)n : 0;
}

// --- locking ----------------------------------------------------------------------------------

API struct per_bin_table *per_bin_table_new(struct thread *t, size_t bins)
{
    struct per_bin_table *table = al_alloc(
        t, sizeof *table + bins * (sizeof table->bin[0] + sizeof(struct pymutex)), AL_STORAGE);
    sync_set(table->bins, bins);
    atomic_init(&table->next, NULL);
    atomic_init(&table->claimed, 0);
    atomic_init(&table->moved, 0);
    atomic_init(&table->pins, 1);
    struct pymutex *mutex = (struct pymutex *)&table->bin[bins];
    for (size_t i = 0; i < bins; i++) {
        atomic_init(&table->bin[i], 0);
        pymutex_init(&mutex[i]);
    }
    return table;
}
API struct pymutex *per_bin_mutex(struct per_bin_table *table, size_t i)
{
    return (struct pymutex *)&table->bin[sync_get(table->bins)] + i;
}
API void per_bin_unpin(struct thread *t, void *p)
{
    struct per_bin_table *table = p;
    // release, acquire: pairs with itself; what others did to their mutexes happens before the free
    if (atomic_fetch_sub_explicit(&table->pins, 1, memory_order_acq_rel) == 1)
        al_free(t, table);
}

// In a section. Waiting is a safepoint, after which only this table is sure to be there, and only
// while the bin is locked: a table whose bins are not all forwarded is the map's, or will be.
enum per_bin_locked {
    PER_BIN_LOCKED,
    PER_BIN_WAITED, // locked
    PER_BIN_GONE,   // not locked: the bin was forwarded meanwhile, and the table may be gone
};
static __attribute__((noinline, cold, unused)) enum per_bin_locked
per_bin_wait(struct thread *t, struct per_bin_table *table, size_t i)
{
    struct pymutex *mutex = per_bin_mutex(table, i);
    // relaxed: the section keeps the table as yet
    atomic_fetch_add_explicit(&table->pins, 1, memory_order_relaxed);
    pymutex_lock(t, mutex);
    // relaxed: of a table that went while this thread was offline it sees the forwards, which the
    // reclaimer promises of all that was unlinked; any other table is there while it is in the
    // section
    bool gone = per_bin_forwarded(atomic_load_explicit(&table->bin[i], memory_order_relaxed));
    if (gone)
        pymutex_unlock(t, mutex);
    per_bin_unpin(t, table);
    return gone ? PER_BIN_GONE : PER_BIN_WAITED;
}
API enum per_bin_locked per_bin_lock(struct thread *t, struct per_bin_table *table, size_t i)
{
    return pymutex_lock_fast(per_bin_mutex(table, i)) ? PER_BIN_LOCKED : per_bin_wait(t, table, i);
}
API void per_bin_unlock(struct thread *t, struct per_bin_table *table, size_t i)
{
    pymutex_unlock(t, per_bin_mutex(table, i));
}

// --- nodes ------------------------------------------------------------------------------------

// A node that nobody can find any more, and its references.
API void per_bin_release(struct thread *t, void *p)
{
    struct per_bin_node *n = p;
    lk_map_release(t, &n->entry);
    al_free(t, n);
}
// By the holder of the lock, or of the only reference to the map.
API struct per_bin_node *per_bin_after(struct per_bin_node *n)
{
    return per_bin_node(atomic_load_explicit(&n->next, memory_order_relaxed));
}
// Before the node is linked.
API void per_bin_set_next(struct per_bin_node *n, struct per_bin_node *next)
{
    atomic_store_explicit(&n->next, (uintptr_t)next, memory_order_relaxed);
}
// Release: pairs with per_bin_look; also of a node that was linked elsewhere by another thread.
API void per_bin_link(_Atomic(uintptr_t) *link, uintptr_t word)
{
    atomic_store_explicit(link, word, memory_order_release);
}
// By the holder of the lock: where the key's node is linked, or the end of the list.
API _Atomic(uintptr_t) *per_bin_seek(struct per_bin_table *table, size_t i, struct rc_header *key,
                                     uint64_t hash, lk_map_equal *equal)
{
    _Atomic(uintptr_t) *link = &table->bin[i];
    // the first one may have been put there without the lock
    struct per_bin_node *n = per_bin_node(per_bin_look(link));
    while (n != NULL && !per_bin_matches(n, key, hash, equal)) {
        link = &n->next;
        n = per_bin_after(n);
    }
    return link;
}
// From `from` to `end`, which is another's: nobody can find them any more. They are linked as
// before.
API size_t per_bin_retire(struct thread *t, struct per_bin_node *from, struct per_bin_node *end)
{
    size_t n = 0;
    for (struct per_bin_node *after; from != end; from = after, n++) {
        after = per_bin_after(from);
        rl_retire(t, from, per_bin_release);
    }
    return n;
}

// --- growing ----------------------------------------------------------------------------------

// By the one who claimed the bin: nobody else forwards it.
static __attribute__((noinline, unused)) void per_bin_move(struct thread *t,
                                                           struct rc_header *owner,
                                                           struct per_bin_table *table,
                                                           struct per_bin_table *next, size_t i)
{
    uintptr_t forward = (uintptr_t)next | PER_BIN_FORWARD;
    uintptr_t word = 0;
    // release: pairs with per_bin_look; the new table is complete
    while (!atomic_compare_exchange_weak_explicit(&table->bin[i], &word, forward,
                                                  memory_order_release, memory_order_relaxed)) {
        if (word == 0)
            continue;
        per_bin_lock(t, table, i);
        word = per_bin_look(&table->bin[i]);
        if (word != 0)
            break;
        per_bin_unlock(t, table, i);
    }
    if (word == 0)
        return;
    size_t bins = sync_get(table->bins);
    struct per_bin_node *first = per_bin_node(word), *run = first;
    for (struct per_bin_node *n = first; n != NULL; n = per_bin_after(n))
        if (((sync_get(n->hash) ^ sync_get(run->hash)) & bins) != 0)
            run = n;
    struct per_bin_node *to[2] = {NULL, NULL}; // by the bit of the hash that now matters
    to[(sync_get(run->hash) & bins) != 0] = run;
    rc_dirty(t, owner);
    for (struct per_bin_node *n = first; n != run; n = per_bin_after(n)) {
        struct per_bin_node *copy = al_alloc(t, sizeof *copy, AL_STORAGE);
        uint64_t hash = sync_get(n->hash);
        sync_set(copy->hash, hash);
        rc_copy(t, &copy->entry.key, &n->entry.key);
        rc_copy(t, &copy->entry.value, &n->entry.value);
        per_bin_set_next(copy, to[(hash & bins) != 0]);
        to[(hash & bins) != 0] = copy;
    }
    // relaxed: found by the forward only
    atomic_store_explicit(&next->bin[i], (uintptr_t)to[0], memory_order_relaxed);
    atomic_store_explicit(&next->bin[i + bins], (uintptr_t)to[1], memory_order_relaxed);
    per_bin_link(&table->bin[i], forward);
    per_bin_unlock(t, table, i);
    per_bin_retire(t, first, run);
}
// In a section, of a table whose bins are being moved. A safepoint: the next table is there after
// it, the caller's own one only while it is not all forwarded. True: this thread has finished it.
static __attribute__((noinline, unused)) bool per_bin_help(struct thread *t,
                                                           struct rc_header *owner,
                                                           struct lk_map *m,
                                                           struct per_bin_table *table)
{
    // acquire: pairs with per_bin_grow
    struct per_bin_table *next = atomic_load_explicit(&table->next, memory_order_acquire);
    size_t bins = sync_get(table->bins);
    // relaxed: who claims bins learns nothing from who claimed others
    while (atomic_load_explicit(&table->claimed, memory_order_relaxed) < bins) {
        size_t from =
            atomic_fetch_add_explicit(&table->claimed, PER_BIN_STRIDE, memory_order_relaxed);
        if (from >= bins)
            break;
        size_t n = bins - from < PER_BIN_STRIDE ? bins - from : PER_BIN_STRIDE;
        for (size_t i = 0; i < n; i++)
            per_bin_move(t, owner, table, next, from + i);
        // release, acquire: pairs with itself; who counts the last bin hands on all of them
        if (atomic_fetch_add_explicit(&table->moved, n, memory_order_acq_rel) + n == bins) {
            // release: pairs with per_bin_table
            atomic_store_explicit(&m->table, next, memory_order_release);
            rl_retire(t, table, per_bin_unpin);
            return true;
        }
    }
    return false;
}
API bool per_bin_full(struct lk_map *m, struct per_bin_table *table)
{
    size_t bins = sync_get(table->bins);
    return lk_map_number(&m->keys) >= (int64_t)(bins - bins / 4);
}
// In a section; a safepoint.
static __attribute__((noinline, unused)) void
per_bin_grow(struct thread *t, struct rc_header *owner, struct lk_map *m)
{
    struct per_bin_table *fresh = NULL;
    for (;;) {
        struct per_bin_table *table = per_bin_table(m);
        if (!per_bin_full(m, table))
            break;
        // relaxed: per_bin_help looks again
        struct per_bin_table *next = atomic_load_explicit(&table->next, memory_order_relaxed);
        if (next == NULL) {
            if (fresh == NULL || sync_get(fresh->bins) != 2 * sync_get(table->bins)) {
                if (fresh != NULL)
                    al_free(t, fresh);
                fresh = per_bin_table_new(t, 2 * sync_get(table->bins));
                continue; // an allocator may wait
            }
            // release: pairs with per_bin_help; it finds the table complete
            if (atomic_compare_exchange_strong_explicit(&table->next, &next, fresh,
                                                        memory_order_release, memory_order_relaxed))
                fresh = NULL;
        }
        if (!per_bin_help(t, owner, m, table))
            break; // others still move what they claimed
    }
    if (fresh != NULL)
        al_free(t, fresh);
}

// --- changing ---------------------------------------------------------------------------------

// In a section, for who changes the map: the table that is to be looked at after this one, in which
// the hash's bin is forwarded. A safepoint.
API struct per_bin_table *per_bin_follow(struct thread *t, struct rc_header *owner,
                                         struct lk_map *m, struct per_bin_table *table,
                                         uintptr_t word)
{
    per_bin_help(t, owner, m, table);
    return per_bin_forward(word);
}
static __attribute__((noinline, cold, unused)) void per_bin_first(struct thread *t,
                                                                  struct lk_map *m)
{
    struct per_bin_table *table = per_bin_table_new(t, PER_BIN_LEAST), *none = NULL;
    // release: pairs with per_bin_table
    if (!atomic_compare_exchange_strong_explicit(&m->table, &none, table, memory_order_release,
                                                 memory_order_relaxed))
        al_free(t, table);
}

// In a section; a safepoint. Where the hash belongs: bin i of the table, locked, or not locked and
// empty.
struct per_bin_place {
    struct per_bin_table *table; // NULL: the map has none
    size_t i;
    bool locked;
};
API struct per_bin_place per_bin_enter(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                       uint64_t hash)
{
    struct per_bin_table *table = per_bin_table(m);
    while (table != NULL) {
        size_t i = per_bin_index(table, hash);
        uintptr_t word = per_bin_look(&table->bin[i]);
        if (word == 0)
            return (struct per_bin_place){.table = table, .i = i};
        if (per_bin_forwarded(word)) {
            table = per_bin_follow(t, owner, m, table, word);
            continue;
        }
        if (per_bin_lock(t, table, i) == PER_BIN_GONE) {
            table = per_bin_table(m);
            continue;
        }
        // relaxed: whoever looks for a node here looks again
        word = atomic_load_explicit(&table->bin[i], memory_order_relaxed);
        if (word != 0 && !per_bin_forwarded(word))
            return (struct per_bin_place){.table = table, .i = i, .locked = true};
        per_bin_unlock(t, table, i);
    }
    return (struct per_bin_place){0};
}

API void lk_map_init(struct thread *t, struct lk_map *m)
{
    (void)t;
    atomic_init(&m->table, NULL);
    lk_map_number_init(&m->keys);
}

API bool lk_map_set(struct thread *t, struct rc_header *owner, struct lk_map *m,
                    struct rc_header *key, uint64_t hash, struct rc_header *value,
                    lk_map_equal *equal, struct rc_header **there)
{
    struct per_bin_node *n = al_alloc(t, sizeof *n, AL_STORAGE), *old = NULL;
    struct rc_header *left = NULL;
    lk_map_fill(t, owner, &n->entry, key, value);
    sync_set(n->hash, hash);
    per_bin_set_next(n, NULL);
    rl_enter(t);
    for (;;) {
        struct per_bin_place at = per_bin_enter(t, owner, m, hash);
        if (at.table == NULL) {
            per_bin_first(t, m);
            continue;
        }
        rc_dirty(t, owner);
        if (!at.locked) {
            uintptr_t word = 0;
            // release: pairs with per_bin_look
            if (atomic_compare_exchange_weak_explicit(&at.table->bin[at.i], &word, (uintptr_t)n,
                                                      memory_order_release, memory_order_relaxed))
                break;
            continue;
        }
        _Atomic(uintptr_t) *link = per_bin_seek(at.table, at.i, key, hash, equal);
        old = per_bin_node(atomic_load_explicit(link, memory_order_relaxed));
        if (old != NULL && there != NULL) {
            *there = lk_map_take(t, &old->entry.value);
            per_bin_unlock(t, at.table, at.i);
            rl_leave(t);
            per_bin_release(t, n); // which nobody has seen
            return false;
        }
        if (old != NULL) {
            if (rc_peek(&old->entry.key) != key)
                left = rc_swap(t, owner, &n->entry.key, rc_read(t, &old->entry.key));
            per_bin_set_next(n, per_bin_after(old));
        }
        per_bin_link(link, (uintptr_t)n);
        per_bin_unlock(t, at.table, at.i);
        break;
    }
    if (old != NULL) {
        rl_retire(t, old, per_bin_release);
    } else {
        lk_map_count(t, &m->keys, 1);
        if (per_bin_full(m, per_bin_table(m)))
            per_bin_grow(t, owner, m);
    }
    rl_leave(t);
    if (left != NULL)
        rc_decref(t, left);
    return old == NULL;
}

API struct rc_header *lk_map_remove(struct thread *t, struct rc_header *owner, struct lk_map *m,
                                    struct rc_header *key, uint64_t hash, lk_map_equal *equal)
{
    struct per_bin_node *n = NULL;
    struct rc_header *value = NULL;
    rl_enter(t);
    struct per_bin_place at = per_bin_enter(t, owner, m, hash);
    if (at.locked) {
        _Atomic(uintptr_t) *link = per_bin_seek(at.table, at.i, key, hash, equal);
        n = per_bin_node(atomic_load_explicit(link, memory_order_relaxed));
        if (n != NULL) {
            rc_dirty(t, owner);
            per_bin_link(link, (uintptr_t)per_bin_after(n));
            value = lk_map_take(t, &n->entry.value);
        }
        per_bin_unlock(t, at.table, at.i);
    }
    if (n != NULL) {
        rl_retire(t, n, per_bin_release);
        lk_map_count(t, &m->keys, -1);
    }
    rl_leave(t);
    return value;
}

// In a section: gives up what is in bin i, or in those to which it was forwarded, and adds how many
// keys that were to *n. False: it has waited, and none of the tables need be there any more.
static __attribute__((noinline, unused)) bool per_bin_clear(struct thread *t,
                                                            struct rc_header *owner,
                                                            struct per_bin_table *table, size_t i,
                                                            size_t *n)
{
    uintptr_t word;
    while ((word = per_bin_look(&table->bin[i])) != 0) {
        if (per_bin_forwarded(word)) {
            struct per_bin_table *next = per_bin_forward(word);
            return per_bin_clear(t, owner, next, i, n) &&
                   per_bin_clear(t, owner, next, i + sync_get(table->bins), n);
        }
        enum per_bin_locked locked = per_bin_lock(t, table, i);
        if (locked == PER_BIN_GONE)
            return false;
        word = per_bin_look(&table->bin[i]);
        bool found = word != 0 && !per_bin_forwarded(word);
        if (found) {
            rc_dirty(t, owner);
            // relaxed: there is nothing to be seen
            atomic_store_explicit(&table->bin[i], 0, memory_order_relaxed);
        }
        per_bin_unlock(t, table, i);
        if (found)
            *n += per_bin_retire(t, per_bin_node(word), NULL);
        if (found || locked == PER_BIN_WAITED)
            return locked != PER_BIN_WAITED;
    }
    return true;
}
// After a wait it begins again: what it has cleared is empty, or was filled since.
API size_t lk_map_clear(struct thread *t, struct rc_header *owner, struct lk_map *m)
{
    size_t n = 0;
    rl_enter(t);
    for (bool all = false; !all;) {
        struct per_bin_table *table = per_bin_table(m);
        size_t bins = table != NULL ? sync_get(table->bins) : 0, i = 0;
        while (i < bins && per_bin_clear(t, owner, table, i, &n))
            i++;
        all = i == bins;
    }
    if (n != 0)
        lk_map_count(t, &m->keys, -(int64_t)n);
    rl_leave(t);
    return n;
}

// Who moved bins has moved all that it claimed before it left, and all are claimed: there is one
// table.
API void lk_map_destroy(struct thread *t, struct lk_map *m)
{
    struct per_bin_table *table = per_bin_table(m);
    for (size_t i = 0; table != NULL && i < sync_get(table->bins); i++)
        for (struct per_bin_node *n = per_bin_node(per_bin_look(&table->bin[i])), *after; n != NULL;
             n = after) {
            after = per_bin_after(n);
            lk_map_give_up(t, &n->entry);
            al_free(t, n);
        }
    if (table != NULL)
        al_free(t, table);
    lk_map_number_destroy(t, &m->keys);
}

static __attribute__((noinline, unused)) void per_bin_visit(struct per_bin_table *table, size_t i,
                                                            rc_visit *visit, void *argument)
{
    uintptr_t word = per_bin_look(&table->bin[i]);
    if (per_bin_forwarded(word)) {
        per_bin_visit(per_bin_forward(word), i, visit, argument);
        per_bin_visit(per_bin_forward(word), i + sync_get(table->bins), visit, argument);
        return;
    }
    for (struct per_bin_node *n = per_bin_node(word); n != NULL; n = per_bin_after(n)) {
        lk_map_show(&n->entry, visit, argument);
    }
}
API void lk_map_visit(struct lk_map *m, rc_visit *visit, void *argument)
{
    struct per_bin_table *table = per_bin_table(m);
    for (size_t i = 0; table != NULL && i < sync_get(table->bins); i++)
        per_bin_visit(table, i, visit, argument);
}

// By a reader: the first node behind *at of those in bin i, or in the bins to which it was
// forwarded; or NULL. A list has no order: it is walked to its end.
static __attribute__((noinline, unused)) struct per_bin_node *
per_bin_behind(struct per_bin_table *table, size_t i, const struct lk_map_at *at)
{
    uintptr_t word = per_bin_look(&table->bin[i]);
    if (per_bin_forwarded(word)) {
        struct per_bin_node *n = per_bin_behind(per_bin_forward(word), i, at);
        return n != NULL ? n : per_bin_behind(per_bin_forward(word), i + sync_get(table->bins), at);
    }
    struct per_bin_node *first = NULL;
    struct lk_map_at best = {0};
    for (; word != 0; word = per_bin_look(&per_bin_node(word)->next)) {
        struct per_bin_node *n = per_bin_node(word);
        struct lk_map_at here = {sync_get(n->hash), sync_address(rc_peek(&n->entry.key))};
        if (lk_map_behind(here.hash, here.which, at) &&
            (first == NULL || lk_map_behind(best.hash, best.which, &here))) {
            first = n;
            best = here;
        }
    }
    return first;
}
// In the order of lk_map_before: bins follow each other as numbers do that are counted up from
// their highest bit. A place is a hash, and means the same in a table that has grown; a key that
// stays has a node in each list that a reader follows, of the hash and the key object that it
// always had.
API bool lk_map_next(struct thread *t, struct lk_map *m, struct lk_map_at *at,
                     struct rc_header **key, struct rc_header **value)
{
    struct per_bin_node *n = NULL;
    rl_enter(t);
    struct per_bin_table *table = per_bin_table(m);
    size_t bit = table != NULL ? sync_get(table->bins) : 0;
    while (bit != 0 && (n = per_bin_behind(table, per_bin_index(table, at->hash), at)) == NULL) {
        uint64_t i = per_bin_index(table, at->hash);
        for (bit = sync_get(table->bins) >> 1; (i & bit) != 0; bit >>= 1)
            i -= bit;
        if (bit != 0)
            *at = (struct lk_map_at){.hash = i + bit}; // before all that is in this bin
    }
    if (n != NULL) {
        *at = (struct lk_map_at){sync_get(n->hash), sync_address(rc_peek(&n->entry.key))};
        *key = lk_map_take(t, &n->entry.key);
        *value = lk_map_take(t, &n->entry.value);
    }
    rl_leave(t);
    return n != NULL;
}

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2)                                                                             \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)                                                                               \
    op(map_get, .load = 5)                                                                         \
    op(map_set, .rmw = 2, .load = 11, .store = 6)
// clang-format on

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_read.h"
#include "lk_pymutex_state.h"

#endif
