// SPDX-License-Identifier: MIT
//
// gus_forgets: gus, but a poll passes over threads that it does not find attached yet. x86-64 does
// not forgive it.
#ifndef RL_GUS_FORGETS_H
#define RL_GUS_FORGETS_H

#include "../../strategies/rl.h"

API struct thread *attached_or_me(struct thread *t, unsigned i)
{
    struct thread *other = thread_nth(t, i);
    return other != NULL ? other : t;
}
#define thread_slot attached_or_me
#include "../../strategies/reclaim/gus.h"
#undef thread_slot

#endif
