// SPDX-License-Identifier: MIT
//
// A reclaimer that does not protect single pointers.
#ifndef RL_NO_PROTECT_H
#define RL_NO_PROTECT_H

#include "rl.h"

API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    (void)t, (void)slot, (void)p;
}

#endif
