// SPDX-License-Identifier: MIT
//
// The objects of all workloads: a header that belongs to the refcount scheme, and a type, which
// knows the slots. This is what CPython's ob_type is to its objects.
#ifndef OBJECT_H
#define OBJECT_H

#include "../strategies/cell.h"

struct object;
struct slots; // what a language can do with objects of a type (workloads/interp)
// In a type's definition: its slots, where a language has declared them.
#ifndef TYPE_SLOTS
#define TYPE_SLOTS(name)
#endif

// NULL members: the type has no slots, no weak references, no equality but identity.
struct type {
    const char *name;
    void (*destroy)(struct thread *t, struct object *o);
    void (*traverse)(struct object *o, rc_visit *visit, void *argument);
    _Atomic(struct rc_weak *) *(*weaks)(struct object *o);
    // They take no lock and change nothing: equal is called with the container's lock held.
    uint64_t (*hash)(struct object *o);
    bool (*equal)(struct object *a, struct object *b);
    const struct slots *slots;
};

struct object {
    struct rc_header rc;
    const struct type *type;
};

API struct object *object_of(struct rc_header *h)
{
    return (struct object *)h;
}

// Bytes of an object when `asked` are, and `needed` is what stands in it: a scheme's header may be
// more than the smallest objects have, as a lock in each object is.
API size_t object_size(int64_t asked, size_t needed)
{
    return (size_t)asked > needed ? (size_t)asked : needed;
}

// A new object of `size` bytes; the caller fills in what follows struct object.
API void *object_new(struct thread *t, const struct type *type, size_t size, enum al_heap heap,
                     unsigned flags)
{
    struct object *o = object_of(rc_new(t, size, heap, flags));
    o->type = type;
    return o;
}

API void obj_destroy(struct thread *t, struct rc_header *h)
{
    struct object *o = object_of(h);
    if (o->type->destroy != NULL)
        o->type->destroy(t, o);
}
API void obj_traverse(struct rc_header *h, rc_visit *visit, void *argument)
{
    struct object *o = object_of(h);
    if (o->type->traverse != NULL)
        o->type->traverse(o, visit, argument);
}
API _Atomic(struct rc_weak *) *obj_weaks(struct rc_header *h)
{
    struct object *o = object_of(h);
    return o->type->weaks != NULL ? o->type->weaks(o) : NULL;
}

#endif
