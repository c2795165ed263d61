// SPDX-License-Identifier: MIT
//
// promote_unlocked: safethread, but who promotes does not wait for the owner, which may be between the
// load and the store of a count.
#ifndef BROKEN_PROMOTE_UNLOCKED_H
#define BROKEN_PROMOTE_UNLOCKED_H

#include "../../strategies/rc.h"

static void broken_promote(struct thread *t, struct rc_header *h, uintptr_t owner);

// The definition keeps its body under another name, its callers get this one.
#define safethread_promote_foreign(t, h, owner) PROMOTE_##t, h, owner)
#define PROMOTE_struct safethread_promote_foreign_right(struct
#define PROMOTE_t      broken_promote(t
#include "../../strategies/refcount/safethread.h"
#undef safethread_promote_foreign

static void broken_promote(struct thread *t, struct rc_header *h, uintptr_t owner)
{
    safethread_promote(t, rc_self(thread_of_id(t, owner)), h);
}

#endif
