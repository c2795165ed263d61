// SPDX-License-Identifier: MIT
//
// numbers_kept: per_thread, but the number of a hot object that died is never used again, and
// tables grow with each one that is made.
#ifndef BROKEN_NUMBERS_KEPT_H
#define BROKEN_NUMBERS_KEPT_H

#include "../../strategies/rc.h"

static void broken_ended(struct thread *t, struct rc_header *h);

// The definition in per_thread.h keeps its body under another name, its callers get this one.
#define pep703_ended(t, h) ENDED_##t, h)
#define ENDED_struct       pep703_ended_right(struct
#define ENDED_t            broken_ended(t
#include "../../strategies/refcount/per_thread.h"
#undef pep703_ended

static void broken_ended(struct thread *t, struct rc_header *h)
{
    pep703_ended_right(t, h);
    sync_set(rc_world(t)->own.free_count, 0);
}

#endif
