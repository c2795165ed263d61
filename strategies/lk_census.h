// SPDX-License-Identifier: MIT
//
// Counts for the census how often a container's lock was asked for (SYNC_EVENTS), behind a scheme
// and before the containers: also where it costs nothing, as under a global lock, since that is how
// many there would be to pay for. A read is one where it excludes, or excludes writers. Maps that a
// scheme brings (LK_BRINGS_MAP) have locks of their own, which are not counted.
#ifndef LK_CENSUS_H
#define LK_CENSUS_H

#include "lk.h"

#ifdef SYNC_CENSUS
API void census_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    sync_event(container_lock);
    lk_lock(t, l, g);
}
API void census_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    sync_events(container_lock, a == b ? 1 : 2);
    lk_lock2(t, a, b, g);
}
API void census_lock_read(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    sync_event(container_lock);
    lk_lock_read(t, l, g);
}
API bool census_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    bool reads = lk_read_begin(t, l, g);
    if (reads && !PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC | LK_COPIES))
        sync_event(container_lock);
    return reads;
}
#define lk_lock(t, l, g)       census_lock(t, l, g)
#define lk_lock2(t, a, b, g)   census_lock2(t, a, b, g)
#define lk_lock_read(t, l, g)  census_lock_read(t, l, g)
#define lk_read_begin(t, l, g) census_read_begin(t, l, g)
#endif

#endif
