// SPDX-License-Identifier: MIT
//
// A scheme whose only state is the object's header: nothing per thread, nothing deferred.
#ifndef RC_NO_STATE_H
#define RC_NO_STATE_H

#include "rc_no_defer.h"
#include "rc_no_hooks.h"

struct rc_world {
};

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)rw, (void)w;
}
API void rc_world_fini(struct rc_world *rw)
{
    (void)rw;
}

#endif
