// SPDX-License-Identifier: MIT
//
// No background thread, and nothing to do when a thread waits.
#ifndef RC_NO_HOOKS_H
#define RC_NO_HOOKS_H

#include "rc.h"

API void rc_world_start(struct world *w)
{
    (void)w;
}
API void rc_world_stop(struct world *w)
{
    (void)w;
}
API void rc_thread_offline(struct thread *t)
{
    (void)t;
}
API void rc_thread_online(struct thread *t)
{
    (void)t;
}

#endif
