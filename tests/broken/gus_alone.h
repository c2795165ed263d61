// SPDX-License-Identifier: MIT
//
// gus_alone: gus, but who polls does not look at its own sequence: a thread that polls while it
// reads takes its own reading for finished, for itself and for all who trust what it found.
#ifndef RL_GUS_ALONE_H
#define RL_GUS_ALONE_H

#include "../../strategies/rl.h"

API unsigned other_slots(struct thread *t)
{
    return thread_slots(t) - 1;
}
API struct thread *other_slot(struct thread *t, unsigned i)
{
    return thread_slot(t, i + (i >= thread_id(t) - 1));
}
#define thread_slots other_slots
#define thread_slot  other_slot
#include "../../strategies/reclaim/gus.h"
#undef thread_slots
#undef thread_slot

#endif
