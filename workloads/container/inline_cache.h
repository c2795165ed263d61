// SPDX-License-Identifier: MIT
//
// An inline cache: what one instruction found in a type, and the type's version at that time. As
// long as the type has this version, the instruction need not look again (PEP 659; in CPython a
// LOAD_ATTR that was specialised to a method has the type's version and the method in its code).
//
// It has two words, so a reader may see one of them before a writer changed it, and the other one
// after. No sequence number is needed to know: versions do the same, because none is given twice.
//
// Invariant: while a cache has version v, it has the value that the type had at version v; what
// stood there before v, and what will stand there after v, it only has at other versions. A reader
// who finds v before and after it took the value has the value of v.
// Memory order. Before: the version is stored with release, behind the value, and loaded with
// acquire, so the value is that of v or a later one. After: a writer takes the version away before
// it stores another value, and rc_store and rc_local_get of a slot order what came before the one
// and what comes behind the other (rc.h): who took a later value does not find v any more. So no
// fence is needed beside the slot's own order. The type's version needs none: it is only compared.
//
// The value is a slot of the refcount scheme, with a reference of its own: the type may give the
// value up while a reader is between the two looks. A reader takes a local reference, not a counted
// one, because its own lasts as long as an instruction, and is what CPython's stack references are:
// free where the scheme defers, of what was made with RC_DEFERRED. Where it counts, the cache is a
// line that all threads write, however rarely the type changes.
//
// This knows nothing but rc.h, so that tests/broken can make it wrong.
#ifndef INLINE_CACHE_H
#define INLINE_CACHE_H

#include "../../strategies/rc.h"

struct inline_cache {
    _Atomic(uint64_t) version; // 0: none
    struct rc_slot value;
};

API void inline_cache_init(struct thread *t, struct inline_cache *c)
{
    atomic_init(&c->version, 0);
    rc_fill(t, NULL, &c->value, NULL);
}
// Gives the value up; nobody reads any more.
API void inline_cache_end(struct thread *t, struct inline_cache *c)
{
    rc_store(t, NULL, &c->value, NULL);
}

// By one thread at a time, who knows that the type has this version; the caller holds the value.
API void inline_cache_fill(struct thread *t, struct inline_cache *c, uint64_t version,
                           struct rc_header *value)
{
    // relaxed: rc_store orders it before the value, for who finds that
    atomic_store_explicit(&c->version, 0, memory_order_relaxed);
    rc_store(t, NULL, &c->value, value);
    // release: pairs with inline_cache_get; the value is seen with its version
    atomic_store_explicit(&c->version, version, memory_order_release);
}

// A local reference to the value if the cache has this version, else NULL and no reference.
API struct rc_header *inline_cache_get(struct thread *t, struct inline_cache *c, uint64_t version,
                                       struct rc_local *l)
{
    // acquire: pairs with inline_cache_fill
    if (atomic_load_explicit(&c->version, memory_order_acquire) != version)
        return NULL;
    struct rc_header *h = rc_local_get(t, l, &c->value);
    // relaxed: ordered by rc_local_get, see above
    if (__builtin_expect(atomic_load_explicit(&c->version, memory_order_relaxed) == version, 1))
        return h;
    if (h != NULL)
        rc_local_drop(t, l);
    return NULL;
}

#endif
