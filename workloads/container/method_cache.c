// SPDX-License-Identifier: MIT
//
// Threads look methods up in types, each at the end of a chain of classes, through one cache for
// all types and names (method_cache.h): _PyType_Lookup, which is what an interpreter does where no
// inline cache helps. Who does not find the method there takes the type lock, walks the type's
// dictionary and those of its bases, and puts what it found into the cache.
//
// A type has `methods` methods, spread evenly over its chain, so that a walk looks into half of the
// dictionaries on average. Types and names are looked up equally often, in an order of each
// thread's own. `changes` in a million operations, drawn at random among the methods, replace one
// in its class: that class and all below it get new versions, and whatever the cache had of them is
// found no more. The lower down a change, the less is lost.
//
// A pair of type and name has one place in the cache. With 256 pairs, as is usual here, hardly any
// two share one; with 1024 every eighth pair has to share, and whoever shares walks each time. What
// a cache still has of former versions it keeps alive; until it is displaced it is counted as dead
// and not freed.
//
// Contended are the lines of entries where the refcount scheme counts the method, and the type lock
// in proportion to the misses. Lock schemes matter in the walks only, where they are uncontended.
#include "../workload.h"
#include "choice.h"
#include "class.h"
#include "method_cache.h"

enum { TYPES, DEPTH, METHODS, CHANGES };
static const struct param params[] = {
    [TYPES] = {"types", "types, each with a chain of classes of its own", 1, 1 << 12, 16},
    [DEPTH] = {"depth", "classes of a chain, the type included", 1, 64, 4},
    [METHODS] = {"methods", "methods of a type", 1, 256, 16},
    [CHANGES] = {"changes", "in a million operations, a class is changed before so many", 0,
                 1000000, 100},
    {0},
};
struct shared {
    struct classes *classes;
    uint64_t changes;
    _Alignas(SYNC_LINE) struct method_cache_entry entry[METHOD_CACHE_ENTRIES];
};
struct own {
    struct shared *shared;
    uint32_t *order; // of methods, by number
    size_t next;
    struct class_reader reader;
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->changes = (uint64_t)run->param[CHANGES];
    s->classes = classes_new(t, (size_t)run->param[TYPES], (size_t)run->param[DEPTH],
                             (size_t)run->param[METHODS]);
    for (size_t i = 0; i < METHOD_CACHE_ENTRIES; i++)
        method_cache_init(t, &s->entry[i]);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = s;
    own->order = choice_order(t, classes_methods(s->classes));
    class_reader_open(t, &own->reader, s->classes, s->changes);
    return own;
}

static struct method_cache_entry *entry_of(struct shared *s, uint64_t version,
                                           struct rc_header *name)
{
    return &s->entry[method_cache_index(version, string_hash(object_of(name)))];
}

// The method as a local reference, or NULL. As in CPython the cache is written behind the lock: the
// version that it was found at is good for ever.
static __attribute__((noinline)) struct rc_header *walk(struct thread *t, struct shared *s,
                                                        struct class *type, struct rc_header *name,
                                                        struct rc_local *l)
{
    classes_lock(t, s->classes);
    uint64_t version = class_version(type);
    struct rc_header *h = class_find(t, type, name);
    classes_unlock(s->classes);
    if (h != NULL) {
        method_cache_put(t, entry_of(s, version, name), version, name, h);
        rc_local_of(t, l, h);
        rc_decref(t, h);
    }
    return h;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct shared *s = own->shared;
    struct classes *cs = s->classes;
    size_t next = own->next, methods = classes_methods(cs);
    struct rc_local local = {0};
    struct rc_roots frame;
    rc_roots_push(t, &frame, &local, 1);
    for (; n != 0; n--) {
        class_reader_turn(t, cs, &own->reader);
        size_t number = own->order[next];
        struct class *type = sync_opaque(class_type(cs, number));
        struct rc_header *name = sync_opaque(class_name(cs, number));
        uint64_t version = class_version(type);
        struct rc_header *h =
            method_cache_get(t, entry_of(s, version, name), version, name, &local);
        if (__builtin_expect(h == NULL, 0))
            h = walk(t, s, type, name, &local);
        if (__builtin_expect(h == NULL, 0)) {
            own->reader.missing = true;
        } else {
            class_reader_saw(&own->reader, number, h);
            rc_local_drop(t, &local);
        }
        next = next + 1 == methods ? 0 : next + 1;
    }
    rc_roots_pop(t, &frame);
    own->next = next;
}

static int64_t shares(const void *shared)
{
    return (int64_t)classes_objects(((const struct shared *)shared)->classes);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t, (void)done;
    const char *wrong = class_reader_close(&own->reader, own->shared->classes);
    sync_free(own->order);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    for (size_t i = 0; i < METHOD_CACHE_ENTRIES; i++)
        method_cache_end(t, &s->entry[i]);
    const char *wrong = classes_judge(t, s->classes);
    classes_free(t, s->classes);
    sync_free(s);
    return wrong;
}

static const struct workload method_cache_workload = {
    .name = "method_cache",
    .summary = "threads look methods up in hierarchies, through one cache for all types",
    .source = "CPython's type cache (Objects/typeobject.c), with 3.13's sequence locks",
    .operation = "one look-up of a method",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(method_cache_workload)
