// SPDX-License-Identifier: MIT
//
// ebr_inner: ebr, but a section within another one announces the epoch of its own: the outer one
// no longer holds what it has found.
#ifndef RL_EBR_INNER_H
#define RL_EBR_INNER_H

#define rl_enter rl_enter_right
#include "../../strategies/reclaim/ebr.h"
#undef rl_enter

API void rl_enter(struct thread *t)
{
    rl_self(t)->depth++;
    ebr_announce(t);
}

#endif
