// SPDX-License-Identifier: MIT
//
// lingers_not: buffered, but the committing thread goes to sleep after deaths, although what they
// retired cannot be reclaimed before all others have passed a safepoint.
#ifndef BROKEN_LINGERS_NOT_H
#define BROKEN_LINGERS_NOT_H

#include "../../strategies/rc.h"

struct buffered_pad;
static void broken_settle(struct rc_world *rw, struct buffered_pad *pads);

// The definition in buffered.h keeps its body under another name, its caller gets this one.
#define buffered_settle(rw, pads) SETTLE_##rw, pads)
#define SETTLE_struct             buffered_settle_right(struct
#define SETTLE_rw                 broken_settle(rw
#include "../../strategies/refcount/buffered.h"
#undef buffered_settle

static void broken_settle(struct rc_world *rw, struct buffered_pad *pads)
{
    sync_set(rw->lingers, 0);
    buffered_settle_right(rw, pads);
}

#endif
