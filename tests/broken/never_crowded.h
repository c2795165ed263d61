// SPDX-License-Identifier: MIT
//
// never_crowded: buffered, but no thread waits at a safepoint for the committing thread, however
// many of its pads that one has not applied yet.
#ifndef BROKEN_NEVER_CROWDED_H
#define BROKEN_NEVER_CROWDED_H

#include "../../strategies/rc.h"

static void broken_crowded(struct thread *t);

// The definition in buffered.h keeps its body under another name, its caller gets this one.
#define buffered_crowded(t) CROWDED_##t)
#define CROWDED_struct      buffered_crowded_right(struct
#define CROWDED_t           broken_crowded(t
#include "../../strategies/refcount/buffered.h"
#undef buffered_crowded

static void broken_crowded(struct thread *t)
{
    rc_self(t)->crowded = false;
}

#endif
