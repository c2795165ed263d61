// SPDX-License-Identifier: MIT
//
// exit_unfolded: per_thread, but a thread that goes takes its counts of hot objects with it. What
// it counted down for others is never subtracted, and what it counted up is missing.
#ifndef BROKEN_EXIT_UNFOLDED_H
#define BROKEN_EXIT_UNFOLDED_H

#include "../../strategies/rc.h"

static void broken_thread_detach(struct thread *t);

// The definition in per_thread.h keeps its body under another name, its caller gets this one.
#define pep703_thread_detach(t) DETACH_##t)
#define DETACH_struct pep703_thread_detach_right(struct
#define DETACH_t broken_thread_detach(t
#include "../../strategies/refcount/per_thread.h"
#undef pep703_thread_detach

static void broken_thread_detach(struct thread *t)
{
    struct pep703_thread *own = &rc_self(t)->own;
    for (size_t i = 0; i < sync_get(own->room); i++)
        sync_set(own->count[i], 0);
    pep703_thread_detach_right(t);
}

#endif
