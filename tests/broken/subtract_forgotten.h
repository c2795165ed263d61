// SPDX-License-Identifier: MIT
//
// subtract_forgotten: collected, but the collector does not subtract the references that the
// objects in question hold, so that every object has some.
#ifndef BROKEN_SUBTRACT_FORGOTTEN_H
#define BROKEN_SUBTRACT_FORGOTTEN_H

#include "../../strategies/rc_collector.h"

#define collector_objects collected_objects
#include "collected.h"
#undef collector_objects

API void collector_objects(struct thread *t, collector_object *visit, void *argument)
{
    if (visit != collector_subtract)
        collected_objects(t, visit, argument);
}

#endif
