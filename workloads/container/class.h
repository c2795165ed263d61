// SPDX-License-Identifier: MIT
//
// Classes with methods, for the workloads that cache what they find in them. A class has a
// dictionary, at most one base and a version, as CPython's types have tp_dict, tp_mro and
// tp_version_tag (Objects/typeobject.c).
//
// Invariant: what a look-up from a class finds is the same as long as its version is; no version is
// given twice. A change renews the versions of the class that is changed and of all below it.
//
// One lock, the type lock, is held by who changes a class and by who looks up without a cache, as
// CPython's free-threaded build (3.13) holds interp->types.mutex in type_modified and around
// find_name_in_mro. It is the library's mutex and no scheme's, so that a version stays the same
// while it is held, whatever locks the dictionaries have; like CPython's it is waited for outside
// the runtime. Versions are read without it, and only compared: relaxed.
//
// Simplified: classes form chains, each with one base and one class derived from it, so that the
// MRO is the chain; they are no counted objects, since all live as long as the workload; versions
// have 64 bits and are given at once, where CPython's have 32 and are given at the next look-up.
//
// Methods are made with RC_DEFERRED, as CPython makes functions. Each knows which one it is and the
// how-manieth of that name in that class, so that a reader sees a wrong or an old one.
#ifndef CLASS_H
#define CLASS_H

#include "dict.h"
#include "names.h"

struct method {
    struct object base;
    uint32_t number;
    uint32_t generation; // 0: the first one; under the type lock until others see it
};
static const struct type method_type = {.name = "method"};

struct class
{
    _Alignas(SYNC_LINE) _Atomic(uint64_t) version; // changes under the type lock; never 0
    struct class *base, *derived;                  // NULL: none
    struct dict *dict;
};
// The methods of a type, which is the last class of a chain, are spread evenly over its chain.
struct classes {
    sync_mutex lock; // the type lock
    uint64_t versions;
    size_t types, depth, methods;                  // depth: classes of a chain; methods: of a type
    struct rc_header **name;                       // of methods: the same for all types
    uint32_t *generation;                          // of each method's number; under the lock
    _Alignas(SYNC_LINE) _Atomic(uint64_t) changed; // by threads that have ended
    struct class class[];
};

// Methods are numbered: type * methods + name.
API size_t classes_methods(const struct classes *cs)
{
    return cs->types * cs->methods;
}
API struct rc_header *class_name(const struct classes *cs, size_t number)
{
    return cs->name[number % cs->methods];
}
// The type of a method, and the class of the type's chain that has it.
API struct class *class_type(struct classes *cs, size_t number)
{
    return &cs->class[(number / cs->methods + 1) * cs->depth - 1];
}
API struct class *class_home(struct classes *cs, size_t number)
{
    return &cs->class[number / cs->methods * cs->depth + number % cs->methods % cs->depth];
}

API struct rc_header *method_new(struct thread *t, size_t number)
{
    struct method *m = object_new(t, &method_type, sizeof *m, AL_OBJECT, RC_DEFERRED);
    sync_set(m->number, (uint32_t)number);
    sync_set(m->generation, 0);
    return &m->base.rc;
}
API struct method *method_of(struct rc_header *h)
{
    return (struct method *)object_of(h);
}

API struct classes *classes_new(struct thread *t, size_t types, size_t depth, size_t methods)
{
    struct classes *cs = sync_alloc(sizeof *cs + types * depth * sizeof cs->class[0]);
    sync_mutex_init(&cs->lock);
    cs->types = types;
    cs->depth = depth;
    cs->methods = methods;
    cs->name = sync_alloc(methods * sizeof cs->name[0]);
    cs->generation = sync_alloc(types * methods * sizeof cs->generation[0]);
    for (size_t i = 0; i < methods; i++)
        cs->name[i] = name_new(t, i);
    for (size_t i = 0; i < types * depth; i++) {
        struct class *c = &cs->class[i];
        atomic_init(&c->version, ++cs->versions);
        c->base = i % depth != 0 ? c - 1 : NULL;
        c->derived = i % depth != depth - 1 ? c + 1 : NULL;
        c->dict = dict_new(t);
    }
    for (size_t number = 0; number < types * methods; number++) {
        struct rc_header *m = method_new(t, number);
        dict_set(t, class_home(cs, number)->dict, class_name(cs, number), m);
        rc_decref(t, m);
        thread_safepoint(t);
    }
    return cs;
}
API void classes_free(struct thread *t, struct classes *cs)
{
    for (size_t i = 0; i < cs->types * cs->depth; i++)
        rc_decref(t, &cs->class[i].dict->base.rc);
    for (size_t i = 0; i < cs->methods; i++)
        rc_decref(t, cs->name[i]);
    sync_mutex_destroy(&cs->lock);
    sync_free(cs->generation);
    sync_free(cs->name);
    sync_free(cs);
}
// Objects that live: dictionaries, names and methods.
API size_t classes_objects(const struct classes *cs)
{
    return cs->types * cs->depth + cs->methods + classes_methods(cs);
}

// A safepoint. Who holds the lock may wait in a dictionary, so nobody waits for it in the runtime.
API void classes_lock(struct thread *t, struct classes *cs)
{
    if (sync_mutex_trylock(&cs->lock))
        return;
    lk_blocking_begin(t);
    sync_mutex_lock(&cs->lock);
    lk_blocking_end(t);
}
API void classes_unlock(struct classes *cs)
{
    sync_mutex_unlock(&cs->lock);
}

// Relaxed: it is compared with others; who holds the lock knows it exactly.
API uint64_t class_version(struct class *c)
{
    return atomic_load_explicit(&c->version, memory_order_relaxed);
}
// A counted reference to what the name is in the nearest of the class and its bases, or NULL. Under
// the type lock.
static __attribute__((noinline, unused)) struct rc_header *
class_find(struct thread *t, struct class *c, struct rc_header *name)
{
    struct rc_header *h = NULL;
    for (; c != NULL && h == NULL; c = c->base)
        h = dict_get(t, c->dict, name);
    return h;
}
// What one thread has found or changed, so that it knows when something is older than it was.
struct class_reader {
    bool missing, differs, older;
    uint64_t changes, share; // in a million operations; of the one that is due, in millionths
    uint64_t changed;
    uint32_t *generation; // of each method, at least
};
enum { CLASS_MILLION = 1000000 };
API void class_reader_open(struct thread *t, struct class_reader *r, const struct classes *cs,
                           uint64_t changes)
{
    *r = (struct class_reader){.changes = changes,
                               .share = sync_rand(t) % CLASS_MILLION, // not all threads in step
                               .generation =
                                   sync_alloc(classes_methods(cs) * sizeof r->generation[0])};
}
// A new method takes the place of this one, in its class; one generation further, as r knows.
static __attribute__((noinline, unused)) void classes_change(struct thread *t, struct classes *cs,
                                                             struct class_reader *r, size_t number)
{
    struct rc_header *h = method_new(t, number);
    classes_lock(t, cs);
    r->generation[number] = ++cs->generation[number];
    sync_set(method_of(h)->generation, r->generation[number]);
    dict_set(t, class_home(cs, number)->dict, class_name(cs, number), h);
    // relaxed: who caches something at a new version holds the lock meanwhile
    for (struct class *c = class_home(cs, number); c != NULL; c = c->derived)
        atomic_store_explicit(&c->version, ++cs->versions, memory_order_relaxed);
    classes_unlock(cs);
    rc_decref(t, h);
}

static __attribute__((noinline, unused)) void
class_reader_change(struct thread *t, struct classes *cs, struct class_reader *r)
{
    classes_change(t, cs, r, sync_rand(t) % classes_methods(cs));
    r->share -= CLASS_MILLION;
    r->changed++;
}
// Before each operation: the change that may be due, of a method drawn at random.
API void class_reader_turn(struct thread *t, struct classes *cs, struct class_reader *r)
{
    if (__builtin_expect((r->share += r->changes) >= CLASS_MILLION, 0))
        class_reader_change(t, cs, r);
}
// h: what was found as method `number`.
API void class_reader_saw(struct class_reader *r, size_t number, struct rc_header *h)
{
    struct method *m = method_of(h);
    uint32_t generation = sync_get(m->generation);
    r->differs |= sync_get(m->number) != number;
    r->older |= generation < r->generation[number];
    r->generation[number] = generation;
}
// What was wrong, or NULL.
API const char *class_reader_close(struct class_reader *r, struct classes *cs)
{
    // relaxed: read when the threads have been joined
    atomic_fetch_add_explicit(&cs->changed, r->changed, memory_order_relaxed);
    sync_free(r->generation);
    return r->missing   ? "a method was not found"
           : r->differs ? "a name led to another one's method"
           : r->older   ? "a method was found that had been replaced before"
                        : NULL;
}
// When all threads have ended: what is wrong, or NULL. The caller alone refers to the classes, and
// has emptied the caches.
API const char *classes_judge(struct thread *t, struct classes *cs)
{
    const char *wrong = NULL;
    uint64_t generations = 0;
    for (size_t i = 0; wrong == NULL && i < classes_methods(cs); i++) {
        struct rc_header *h = class_find(t, class_type(cs, i), class_name(cs, i));
        if (h == NULL || method_of(h)->number != i || method_of(h)->generation != cs->generation[i])
            wrong = "a class does not have the last method that it got";
        generations += cs->generation[i];
        if (h != NULL)
            rc_decref(t, h);
    }
    if (wrong == NULL && generations != atomic_load_explicit(&cs->changed, memory_order_relaxed))
        wrong = "a change of a class was lost";
    thread_drain(t);
    // every method that was replaced has died, and nothing else; that the rest dies in its turn the
    // runner sees
    if (wrong == NULL && (RC_TRAITS & RC_FREES) != 0 && world_live(t->world) != classes_objects(cs))
        wrong = "not exactly the methods died that were replaced";
    return wrong;
}

#endif
