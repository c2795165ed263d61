// SPDX-License-Identifier: MIT
//
// Objects in rings, which only a collector of cycles ends, and objects in a list beside them, which
// live on and which it has to look at.
#ifndef RINGS_H
#define RINGS_H

#include "../workload.h"

enum { RINGS_SIZE_LEAST = 48, RINGS_LONGEST = 4096 }; // a ring fits a batch (RUN_BATCH_MOST)

struct ring_node {
    struct object base;
    struct rc_slot next;
    uint64_t number; // in the list, from 1; 0: destroyed
};

API void ring_node_destroy(struct thread *t, struct object *o)
{
    struct ring_node *n = (struct ring_node *)o;
    rc_clear(t, &n->next);
    n->number = 0;
}
API void ring_node_traverse(struct object *o, rc_visit *visit, void *argument)
{
    visit(argument, &((struct ring_node *)o)->next);
}
static const struct type ring_node_type = {
    .name = "ring node", .destroy = ring_node_destroy, .traverse = ring_node_traverse};

// Refers to `next`, whose reference the caller gives up.
API struct rc_header *ring_node_new(struct thread *t, size_t size, struct rc_header *next,
                                    uint64_t number)
{
    struct ring_node *n = object_new(t, &ring_node_type, size, AL_CONTAINER, 0);
    rc_fill(t, &n->base.rc, &n->next, next);
    n->number = number;
    return &n->base.rc;
}
API struct rc_header *ring_node_next(struct rc_header *h)
{
    return rc_peek(&((struct ring_node *)h)->next);
}

// A ring of n objects that nobody refers to.
API void ring_drop(struct thread *t, size_t size, uint64_t n)
{
    struct rc_header *first = ring_node_new(t, size, NULL, 1), *last = first;
    rc_incref(t, first); // the one that the last object gives the first one's slot
    for (uint64_t i = 1; i < n; i++)
        last = ring_node_new(t, size, last, 1);
    struct rc_header *h = sync_opaque(first);
    rc_dirty(t, h);
    rc_swap(t, h, &((struct ring_node *)h)->next, last);
    rc_decref(t, h);
    if ((RC_TRAITS & RC_FREES) != 0)
        return;
    // the floor is making and freeing, not ever more memory
    do {
        struct rc_header *next = ring_node_next(h);
        al_free(t, h);
        h = next;
    } while (h != first);
}

// A list of n objects; the caller gets a reference to the first one, number n.
API struct rc_header *ring_list(struct thread *t, size_t size, uint64_t n)
{
    struct rc_header *list = NULL;
    for (uint64_t i = 1; i <= n; i++)
        list = ring_node_new(t, size, list, i);
    return list;
}
// Gives up the caller's reference to the list; whether all of it lived.
API bool ring_list_end(struct thread *t, struct rc_header *list, uint64_t n)
{
    struct rc_header *h = list;
    for (; n != 0 && h != NULL && ((struct ring_node *)h)->number == n; n--)
        h = ring_node_next(h);
    if (list != NULL)
        rc_decref(t, list);
    return n == 0 && h == NULL;
}

// n objects in rings, with a safepoint after each, as an interpreter's loop has it: there a scheme
// collects when it thinks fit.
API void ring_work(struct thread *t, size_t size, uint64_t ring, uint64_t n)
{
    for (uint64_t count; n != 0; n -= count) {
        count = ring < n ? ring : n;
        ring_drop(t, size, count);
        thread_safepoint(t);
    }
}

#endif
