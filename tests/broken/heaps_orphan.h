// SPDX-License-Identifier: MIT
//
// heaps_orphan: heaps, but a thread that goes takes what others have freed of its pages and puts it
// nowhere, so that the next one in its slot never gets it.
#ifndef AL_HEAPS_ORPHAN_H
#define AL_HEAPS_ORPHAN_H

#define al_thread_detach al_thread_detach_right
#include "../../strategies/alloc/heaps.h"
#undef al_thread_detach

API void al_thread_detach(struct thread *t)
{
    al_thread_detach_right(t);
    for (unsigned kind = 0; kind < HEAPS_KINDS; kind++)
        for (unsigned i = 0; i < HEAPS_CLASSES; i++) {
            struct heaps_link *head = &al_self(t)->class[kind][i].pages;
            for (struct heaps_link *l = head->next; l != head; l = l->next)
                atomic_exchange_explicit(&HEAPS_OF(l, struct heaps_page, of_class)->foreign, 0,
                                         memory_order_acquire);
        }
}

#endif
