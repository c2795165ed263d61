// SPDX-License-Identifier: MIT
//
// epoch_short: buffered, but one epoch too few is waited for: decrements of epoch e are applied
// when the increments of e have been, and not those of e + 1.
#ifndef BROKEN_EPOCH_SHORT_H
#define BROKEN_EPOCH_SHORT_H

#include "../../strategies/rc.h"

struct buffered_pad;
static bool broken_due(struct buffered_pad *p, uint64_t epoch);

// The definition in buffered.h keeps its body under another name, its caller gets this one.
#define buffered_due(p, epoch) DUE_##p, epoch)
#define DUE_struct             buffered_due_right(struct
#define DUE_p                  broken_due(p
#include "../../strategies/refcount/buffered.h"
#undef buffered_due

static bool broken_due(struct buffered_pad *p, uint64_t epoch)
{
    return buffered_due_right(p, epoch + 1);
}

#endif
