// SPDX-License-Identifier: MIT
//
// An allocator that does not know which of its blocks are in use.
#ifndef AL_NO_VISIT_H
#define AL_NO_VISIT_H

#include "al.h"

API void al_visit(struct thread *t, enum al_heap heap, al_visit_fn *visit, void *argument)
{
    (void)t, (void)heap, (void)visit, (void)argument;
    sync_check(false, "this allocator shows no blocks (AL_VISITS)");
}

#endif
