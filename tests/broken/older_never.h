// SPDX-License-Identifier: MIT
//
// older_never: generational, but a safepoint collects the youngest objects only, whatever is due.
#ifndef BROKEN_OLDER_NEVER_H
#define BROKEN_OLDER_NEVER_H

#define rc_safepoint generational_safepoint_right
#include "../../strategies/refcount/generational.h"
#undef rc_safepoint

API void rc_safepoint(struct thread *t)
{
    if (generational_due(rc_world(t), 0) && !rc_self(t)->collecting)
        generational_collect(t, 0);
}

#endif
