// SPDX-License-Identifier: MIT
//
// delta_dropped: safethread, but an entry of the table that another object holds is taken over and not
// flushed: what was noted of that object is lost.
#ifndef BROKEN_DELTA_DROPPED_H
#define BROKEN_DELTA_DROPPED_H

#include "../../strategies/rc.h"

struct safethread_entry;
static struct safethread_entry *broken_entry(struct rc_thread *o, struct rc_header *h);

// The definition keeps its body under another name, its callers get this one.
#define safethread_entry(o, h) ENTRY_##o, h)
#define ENTRY_struct     safethread_entry_right(struct
#define ENTRY_rc_self(t) broken_entry(rc_self(t)
#include "../../strategies/refcount/safethread.h"
#undef safethread_entry

static struct safethread_entry *broken_entry(struct rc_thread *o, struct rc_header *h)
{
    struct safethread_entry *e = safethread_place(o, h);
    if (sync_get(e->object) != h)
        sync_set(e->diff, 0);
    return e;
}

#endif
