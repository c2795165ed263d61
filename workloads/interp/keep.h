// SPDX-License-Identifier: MIT
//
// Free lists: memory of dead objects that the next one of the same kind and size gets, without the
// allocator (CPython's free_list in intobject.c, tupleobject.c and others; era.h says which there
// were when). Under a global lock there is one set of them for the machine, in a free-threaded
// runtime one for each thread, as in CPython 3.13.
//
// Invariant: what is kept is memory of al_alloc, of the size that its kind and index stand for, and
// its header is as the scheme left it: optimistic readers may still look at the count. The list goes
// through the places of the types.
#ifndef KEEP_H
#define KEEP_H

#include "value.h"

static const uint32_t keep_most[KEEP_KINDS] = {
    0,
#define KEEP_MOST(name, most) most,
    ERA_KEEPS(KEEP_MOST)
#undef KEEP_MOST
};

// PyObject_Malloc and PyObject_Free.
OUT_OF_LINE void *memory_new(struct thread *t, size_t size, enum al_heap heap)
{
    return al_alloc(t, size, heap);
}
OUT_OF_LINE void memory_free(struct thread *t, void *p)
{
    al_free(t, p);
}

API void **keep_next(void *memory)
{
    return (void **)&((struct object *)memory)->type;
}

// A new object of `size` bytes; index: which size of its kind, 0 where there is one.
API void *object_new_kept(struct thread *t, const struct type *type, size_t size, enum al_heap heap,
                          unsigned index)
{
    enum keep kind = type->slots->keep;
    struct object *o;
    if (keep_most[kind] != 0 && index < KEPT_SIZES) {
        struct kept *k = &interp_of(t)->kept[kind][index];
        if (__builtin_expect(k->first != NULL, 1)) {
            void *memory = k->first;
            sync_unpoison(memory, size);
            k->first = *keep_next(memory);
            k->n--;
            o = object_of(rc_new_in(t, memory, heap, 0));
            o->type = type;
            return o;
        }
    }
    o = object_of(rc_new_in(t, memory_new(t, size, heap), heap, 0));
    o->type = type;
    return o;
}

// The index of a dead object, KEPT_SIZES or more if it is of a size that is not kept.
API size_t keep_index(const struct object *o, enum keep kind)
{
    if (kind == KEEP_ITERATOR) // of a range, or of a list or tuple
        return o->type == &range_iterator_type;
    return kind == KEEP_TUPLE ? ((const struct tuple *)o)->length - 1 : 0;
}
// CELL_LEAF.
API bool value_is_leaf(const struct rc_header *h)
{
    const struct type *type = ((const struct object *)h)->type;
    return type->destroy == NULL && type->weaks == NULL;
}
// Whether a dead frame's memory waits for its code's next call; in call.h.
static bool frame_keep(struct object *o);
// Instead of al_free (CELL_FREE): the memory of a dead object. A thread of the refcount scheme's own
// keeps nothing.
API void value_free(struct thread *t, struct rc_header *h)
{
    struct interp *in = interp_of(t);
    struct object *o = object_of(h);
    enum keep kind = o->type->slots != NULL ? o->type->slots->keep : KEEP_NONE;
    if (ERA_FRAME_KEPT && kind == KEEP_FRAME && frame_keep(o))
        return;
    if (keep_most[kind] != 0 && in != NULL) {
        size_t index = keep_index(o, kind);
        if (index < KEPT_SIZES && in->kept[kind][index].n < keep_most[kind]) {
            struct kept *k = &in->kept[kind][index];
            *keep_next(o) = k->first;
            k->first = o;
            k->n++;
            return;
        }
    }
    memory_free(t, o);
}

// Gives everything that is kept back to the allocator.
static void keep_end(struct thread *t, struct kept (*kept)[KEPT_SIZES])
{
    for (unsigned kind = 0; kind < KEEP_KINDS; kind++)
        for (unsigned i = 0; i < KEPT_SIZES; i++)
            for (void *p; (p = kept[kind][i].first) != NULL;) {
                kept[kind][i].first = *keep_next(p);
                al_free(t, p);
            }
}

#endif
