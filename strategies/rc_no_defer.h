// SPDX-License-Identifier: MIT
//
// Every operation is complete when it returns: a thread keeps nothing back, so that safepoints and
// drains have nothing to do.
#ifndef RC_NO_DEFER_H
#define RC_NO_DEFER_H

#include "rc.h"

struct rc_thread {
};

API void rc_thread_attach(struct thread *t)
{
    (void)t;
}
API void rc_thread_detach(struct thread *t)
{
    (void)t;
}
API void rc_safepoint(struct thread *t)
{
    (void)t;
}
API bool rc_drain(struct thread *t)
{
    (void)t;
    return false;
}

#endif
