// SPDX-License-Identifier: MIT
//
// gil_unforced: gil, but a thread that gives the lock up on request takes it again at once, before
// the waiter has woken.
#ifndef BROKEN_GIL_UNFORCED_H
#define BROKEN_GIL_UNFORCED_H

#include "../../strategies/lk.h"

static void broken_drop(struct thread *t, bool forced);

// The definition in gil.h keeps its body under another name, its callers get this one.
#define gil_drop(t, forced) DROP_##t, forced)
#define DROP_struct gil_drop_right(struct
#define DROP_t broken_drop(t
#include "../../strategies/lock/gil.h"
#undef gil_drop

// Nobody is told, so that whoever drops wins whatever the machine does.
static __attribute__((noinline)) void broken_drop(struct thread *t, bool forced)
{
    if (!forced) {
        gil_drop_right(t, false);
        return;
    }
    sync_mutex_lock(&lk_world(t)->mutex);
    lk_world(t)->locked = false;
    sync_mutex_unlock(&lk_world(t)->mutex);
}

#endif
