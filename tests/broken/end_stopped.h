// SPDX-License-Identifier: MIT
//
// end_stopped: collected, but the garbage is destroyed before the world runs again.
#ifndef BROKEN_END_STOPPED_H
#define BROKEN_END_STOPPED_H

#define collector_collect collector_collect_right
#include "../../strategies/rc_collector.h"
#undef collector_collect

API uint64_t collector_collect(struct collection *c)
{
    world_stop(c->t);
    collector_find(c);
    uint64_t died = collector_end(c);
    world_start(c->t);
    return died;
}

#include "collected.h"

#endif
