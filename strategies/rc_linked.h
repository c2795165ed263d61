// SPDX-License-Identifier: MIT
//
// A doubly linked list of objects, the way in which CPython's collector found its own from 2.0 on
// (PyGC_Head). The list is a ring through its head; whoever touches it excludes others.
#ifndef RC_LINKED_H
#define RC_LINKED_H

#include "rc_collector.h"

// The first member of struct rc_header, hence also the object's address.
struct linked {
    struct linked *next, *prev;
};

API void linked_init(struct linked *head)
{
    sync_set(head->next, head);
    sync_set(head->prev, head);
}
API void linked_join(struct linked *a, struct linked *b)
{
    sync_set(a->next, b);
    sync_set(b->prev, a);
}
// Last.
API void linked_add(struct linked *head, struct linked *l)
{
    linked_join(sync_get(head->prev), l);
    linked_join(l, head);
}
API void linked_remove(struct linked *l)
{
    linked_join(sync_get(l->prev), sync_get(l->next));
}
// Moves all of `from` behind the last of `to`.
API void linked_append(struct linked *to, struct linked *from)
{
    if (sync_get(from->next) == from)
        return;
    linked_join(sync_get(to->prev), sync_get(from->next));
    linked_join(sync_get(from->prev), to);
    linked_init(from);
}
// `visit` may remove what it is shown.
API void linked_visit(struct linked *head, collector_object *visit, void *argument)
{
    for (struct linked *l = sync_get(head->next), *next; l != head; l = next) {
        next = sync_get(l->next);
        visit(argument, (struct rc_header *)l);
    }
}

#endif
