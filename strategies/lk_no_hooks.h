// SPDX-License-Identifier: MIT
//
// No global lock: threads enter, leave and block as they like.
#ifndef LK_NO_HOOKS_H
#define LK_NO_HOOKS_H

#include "lk.h"
#include "lk_no_global.h"

// Outside the runtime a thread is offline: nobody waits for its safepoints.
API void lk_blocking_begin(struct thread *t)
{
    thread_offline(t);
}
API void lk_blocking_end(struct thread *t)
{
    thread_back(t);
}

#endif
