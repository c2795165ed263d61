// SPDX-License-Identifier: MIT
//
// table_grows: per_thread, but a maker's table forgets its counts when it grows.
#ifndef BROKEN_TABLE_GROWS_H
#define BROKEN_TABLE_GROWS_H

#define rc_init per_thread_init_right
#include "../../strategies/refcount/per_thread.h"
#undef rc_init

API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    struct pep703_thread *own = &rc_self(t)->own;
    size_t had = sync_get(own->room);
    per_thread_init_right(t, h, flags);
    for (size_t i = 0; i < had && had != sync_get(own->room); i++)
        sync_set(own->count[i], 0);
}

#endif
