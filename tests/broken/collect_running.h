// SPDX-License-Identifier: MIT
//
// collect_running: collected, but the collector only keeps others from making and ending objects,
// as a lock round its list does, and does not stop the world.
#ifndef BROKEN_COLLECT_RUNNING_H
#define BROKEN_COLLECT_RUNNING_H

#define collector_collect collector_collect_right
#include "../../strategies/rc_collector.h"
#undef collector_collect

API uint64_t collector_collect(struct collection *c);
#include "collected.h"

API uint64_t collector_collect(struct collection *c)
{
    sync_mutex_lock(&rc_world(c->t)->mutex);
    collector_find(c);
    sync_mutex_unlock(&rc_world(c->t)->mutex);
    return collector_end(c);
}

#endif
