// SPDX-License-Identifier: MIT
//
// Cycles are never found: objects that refer to each other live for ever.
#ifndef RC_NO_CYCLES_H
#define RC_NO_CYCLES_H

#include "rc.h"

API uint64_t rc_collect(struct thread *t)
{
    (void)t;
    return 0;
}

#endif
