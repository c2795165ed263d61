// SPDX-License-Identifier: MIT
//
// local_missed: pep703, but the collector looks at its own thread's frames only: the others stand
// at safepoints, where it believes that they hold nothing.
#ifndef BROKEN_LOCAL_MISSED_H
#define BROKEN_LOCAL_MISSED_H

#include "../../strategies/rc.h"

static void broken_locals(struct thread *t, void (*visit)(void *, struct rc_header *),
                          void *argument);

// The definition in rc_pep703.h keeps its body under another name, the collector gets this one.
#define collector_locals(t, visit, argument) LOCALS_##t, visit, argument)
#define LOCALS_struct collector_locals_right(struct
#define LOCALS_c broken_locals(c
#include "../../strategies/refcount/pep703.h"
#undef collector_locals

static void broken_locals(struct thread *t, collector_object *visit, void *argument)
{
    for (struct rc_roots *r = sync_get(rc_self(t)->roots); r != NULL; r = sync_get(r->prev))
        for (unsigned n = 0; n < sync_get(r->n); n++) {
            uintptr_t word = sync_get(sync_get(r->local)[n].word);
            if ((word & PEP703_UNCOUNTED) != 0)
                visit(argument, (struct rc_header *)(word ^ PEP703_UNCOUNTED));
        }
}

#endif
