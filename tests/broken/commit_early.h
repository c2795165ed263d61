// SPDX-License-Identifier: MIT
//
// commit_early: buffered, but decrements are applied with the first round after they were handed
// over, beside increments of other threads that are still in their logs.
#ifndef BROKEN_COMMIT_EARLY_H
#define BROKEN_COMMIT_EARLY_H

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
    (void)p, (void)epoch;
    return true;
}

#endif
