// SPDX-License-Identifier: MIT
//
// lingers_once: buffered, but the committing thread makes one round after deaths and goes to sleep:
// all others have passed rc_safepoint then, but what the deaths retired may wait for rl_quiesce.
#ifndef BROKEN_LINGERS_ONCE_H
#define BROKEN_LINGERS_ONCE_H

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
    if (sync_get(rw->lingers) == 2)
        sync_set(rw->lingers, 1);
    buffered_settle_right(rw, pads);
}

#endif
