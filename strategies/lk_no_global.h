// SPDX-License-Identifier: MIT
//
// No global lock: threads enter and leave as they like, and are never asked to let others in.
#ifndef LK_NO_GLOBAL_H
#define LK_NO_GLOBAL_H

#include "lk.h"

API void lk_enter(struct thread *t)
{
    (void)t;
}
API void lk_leave(struct thread *t)
{
    (void)t;
}
API void lk_safepoint(struct thread *t)
{
    (void)t;
}

#endif
