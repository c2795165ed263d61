// SPDX-License-Identifier: MIT
//
// A thread's objects in a shuffled order that stays the same, and passes over them: increments of
// all of them, then decrements in the same order. So a count is not changed back before it has left
// the processor's store buffer, and as much memory is visited as there are objects.
#ifndef PASS_H
#define PASS_H

#include "../workload.h"

enum { PASS_SIZE_LEAST = 32 }; // bytes of an object that can be asked for, whatever the scheme

struct pass {
    size_t n, next, made; // `made` of the n objects were made by this thread
    bool called;          // count by calls of functions (owner_share)
    uint64_t died_before; // objects that had died on this thread when the pass was complete
    struct rc_header *object[];
};

// Fisher-Yates.
API void pass_shuffle(struct thread *t, struct rc_header **object, size_t n)
{
    for (; n > 1; n--) {
        size_t j = sync_rand(t) % n;
        struct rc_header *h = object[n - 1];
        object[n - 1] = object[j];
        object[j] = h;
    }
}

// n - made objects come from `others`, whose maker keeps its references until all threads are done;
// the pass holds a reference of its own to each.
API struct pass *pass_new(struct thread *t, const struct type *type, size_t size, size_t n,
                          size_t made, struct rc_header **others)
{
    struct pass *p = sync_alloc(sizeof *p + n * sizeof p->object[0]);
    p->n = n;
    p->made = made;
    for (size_t i = 0; i < made; i++) {
        struct object *o = object_new(t, type, size, AL_OBJECT, 0);
        p->object[i] = &o->rc;
    }
    for (size_t i = made; i < n; i++) {
        p->object[i] = others[i - made];
        rc_incref(t, p->object[i]);
    }
    pass_shuffle(t, p->object, n);
    p->died_before = thread_died(t);
    return p;
}

// rc_incref and rc_decref, or what calls them.
typedef void pass_count(struct thread *t, struct rc_header *h);

// One operation is an increment and a decrement of one object. The runner asks for whole passes
// where time is fixed; a batch that ends within the objects, because so many operations were asked
// for or a batch has fewer than there are objects, makes its own increments and decrements there.
// Inlined, so that what is named by the caller is inlined too.
API __attribute__((always_inline)) void pass_work(struct thread *t, struct pass *p, uint64_t n,
                                                  pass_count *incref, pass_count *decref)
{
    while (n != 0) {
        size_t count = p->n - p->next < n ? p->n - p->next : (size_t)n;
        struct rc_header **object = &p->object[p->next];
        for (size_t i = 0; i < count; i++)
            incref(t, sync_opaque(object[i]));
        for (size_t i = 0; i < count; i++)
            decref(t, sync_opaque(object[i]));
        p->next = p->next + count == p->n ? 0 : p->next + count;
        n -= count;
    }
}

// Gives everything up; what is wrong, or NULL.
API const char *pass_end(struct thread *t, struct pass *p)
{
    const char *wrong = NULL;
    if (thread_died(t) != p->died_before) {
        wrong = "an object died while it was still referred to";
    } else {
        for (size_t i = 0; i < p->n; i++)
            rc_decref(t, p->object[i]);
        if (!died_since(t, p->died_before, p->made))
            wrong = "not every object died with its last reference";
    }
    sync_free(p);
    return wrong;
}

#endif
