// SPDX-License-Identifier: MIT
//
// A method cache: one table for all types and names, from a type's version and a name to what the
// walk of the type's bases found. It is CPython's type cache (Objects/typeobject.c): 4096 entries,
// found by version and name, each forgotten when another pair falls on it. Whoever changes a type
// gives it, and all types below it, versions that no entry has.
//
// Entries are read without a lock. CPython's free-threaded build (3.13) has a sequence lock in each
// entry: it is odd while somebody writes, and a reader who found the same even number before and
// after has read what belongs together.
//
// Invariant: while an entry's sequence is even and stays the same, version, name and value are
// those of one method_cache_put.
// Memory order: Boehm's ("Can seqlocks get along with programming language memory models?", MSPC
// 2012). A writer makes the sequence odd and then has a release fence before it stores; a reader
// has an acquire fence between what it loads and its second look at the sequence. So who loaded
// anything that a writer stored finds that writer's odd number, or a later one. The even number is
// stored with release and loaded with acquire: who finds it finds all that was stored before it.
//
// Two threads may want the same entry, and an entry need not be written: who finds it odd leaves
// it, to read or to write, where CPython waits. A writer may wait itself, in rc_store (RC_WAITS).
// The number comes round after 2^31 writes of one entry, as CPython's does.
//
// The value is a slot of the refcount scheme, and readers take a local reference, as inline_cache.h
// says. CPython borrows the value from the type and tries to count it before it looks at the
// sequence again; the slot's own reference stands for the promise that this can be tried. Names are
// compared by address: they are interned, and outlive the table.
//
// This knows nothing but rc.h, so that tests/broken can make it wrong.
#ifndef METHOD_CACHE_H
#define METHOD_CACHE_H

#include "../../strategies/rc.h"

enum { METHOD_CACHE_ENTRIES = 1 << 12 };
struct method_cache_entry {
    _Atomic(uint32_t) sequence; // odd: being written
    _Atomic(uint64_t) version;  // 0: none
    _Atomic(const void *) name;
    struct rc_slot value;
};

// Where the pair belongs in a table.
API size_t method_cache_index(uint64_t version, uint64_t name_hash)
{
    return (size_t)(version ^ name_hash) % METHOD_CACHE_ENTRIES;
}

API void method_cache_init(struct thread *t, struct method_cache_entry *e)
{
    atomic_init(&e->sequence, 0);
    atomic_init(&e->version, 0);
    atomic_init(&e->name, NULL);
    rc_fill(t, NULL, &e->value, NULL);
}
// Gives the value up; nobody reads any more.
API void method_cache_end(struct thread *t, struct method_cache_entry *e)
{
    rc_store(t, NULL, &e->value, NULL);
}

// The caller holds the value, which is what the type had under this name at this version.
API void method_cache_put(struct thread *t, struct method_cache_entry *e, uint64_t version,
                          const void *name, struct rc_header *value)
{
    uint32_t sequence = atomic_load_explicit(&e->sequence, memory_order_relaxed);
    // acquire: pairs with the last store of the put before, whose stores come before these
    if ((sequence & 1) != 0 ||
        !atomic_compare_exchange_strong_explicit(&e->sequence, &sequence, sequence + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return;
    // release: pairs with the fence in method_cache_get; the odd number is seen with the stores
    sync_fence(memory_order_release);
    atomic_store_explicit(&e->version, version, memory_order_relaxed);
    atomic_store_explicit(&e->name, name, memory_order_relaxed);
    rc_store(t, NULL, &e->value, value);
    // release: pairs with the first load in method_cache_get, and with the next put
    atomic_store_explicit(&e->sequence, sequence + 2, memory_order_release);
}

// A local reference to the value if the entry is that of version and name, else NULL and none.
API struct rc_header *method_cache_get(struct thread *t, struct method_cache_entry *e,
                                       uint64_t version, const void *name, struct rc_local *l)
{
    // acquire: pairs with the last store in method_cache_put
    uint32_t sequence = atomic_load_explicit(&e->sequence, memory_order_acquire);
    if ((sequence & 1) != 0 || atomic_load_explicit(&e->version, memory_order_relaxed) != version ||
        atomic_load_explicit(&e->name, memory_order_relaxed) != name)
        return NULL;
    struct rc_header *h = rc_local_get(t, l, &e->value);
    // acquire: pairs with the fence in method_cache_put
    sync_fence(memory_order_acquire);
    if (__builtin_expect(atomic_load_explicit(&e->sequence, memory_order_relaxed) == sequence, 1))
        return h;
    if (h != NULL)
        rc_local_drop(t, l);
    return NULL;
}

#endif
