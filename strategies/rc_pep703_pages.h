// SPDX-License-Identifier: MIT
//
// The collector's objects are found by walking the allocator's pages: all that can be tracked lie
// in one heap, and `gc` tells which of its blocks are (gc_visit_heaps of CPython 3.13, with
// mimalloc). The header needs no links, and making an object costs nothing.
#ifndef RC_PEP703_PAGES_H
#define RC_PEP703_PAGES_H

#include "al.h"
#include "rc_pep703.h"

struct pages_visit {
    collector_object *visit;
    void *argument;
};
API void pages_block(void *argument, void *p)
{
    const struct pages_visit *v = argument;
    struct rc_header *h = p;
    if ((collector_get(h) & COLLECTOR_TRACKED) != 0)
        v->visit(v->argument, h);
}
API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    struct pages_visit v = {visit, argument};
    al_visit(t, AL_CONTAINER, pages_block, &v);
}

#endif
