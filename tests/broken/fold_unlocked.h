// SPDX-License-Identifier: MIT
//
// fold_unlocked: per_thread, but a thread that goes brings its counts into the objects without the
// mutex, while others may be giving the table more room.
#ifndef BROKEN_FOLD_UNLOCKED_H
#define BROKEN_FOLD_UNLOCKED_H

#include "../../strategies/rc.h"

static void broken_thread_detach(struct thread *t);

// The definition in per_thread.h keeps its body under another name, its caller gets this one.
#define pep703_thread_detach(t) DETACH_##t)
#define DETACH_struct           pep703_thread_detach_right(struct
#define DETACH_t                broken_thread_detach(t
#include "../../strategies/refcount/per_thread.h"
#undef pep703_thread_detach

static void broken_thread_detach(struct thread *t)
{
    per_thread_fold(&rc_world(t)->own, &rc_self(t)->own);
    pep703_thread_detach_right(t);
}

#endif
