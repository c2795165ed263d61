// SPDX-License-Identifier: MIT
//
// reach_forgotten: collected, but what has references from outside does not bring back what it
// refers to.
#ifndef BROKEN_REACH_FORGOTTEN_H
#define BROKEN_REACH_FORGOTTEN_H

#include "../../strategies/rc_collector.h"

#define collector_objects collected_objects
#include "collected.h"
#undef collector_objects

API void reach_alone(void *argument, struct rc_header *h)
{
    (void)argument;
    if (collector_asks(h) && collector_get(h) >= COLLECTOR_ONE)
        collector_set(h, collector_get(h) & ~(uint32_t)COLLECTOR_ASKED);
}
API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    collected_objects(t, visit == collector_reach ? reach_alone : visit, argument);
}

#endif
