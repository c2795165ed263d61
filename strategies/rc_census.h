// SPDX-License-Identifier: MIT
//
// Counts references for the census (SYNC_EVENTS): from here on rc_incref, rc_decref and
// rc_try_incref are counted and then done. It stands behind a scheme's own three and before all who
// call them (what counts slots and locals includes it), so that each is counted once, wherever it
// comes from. What a collector counts for itself, and a scheme that moves counts about, is not in
// it.
//
// One that writes nothing to an object is told apart: the object is immortal, or its count is kept
// elsewhere (per_thread's tables, buffered's log).
//
// A scheme that is made of another one has renamed the other's rc_incref while it is included: then
// there is nothing to count with yet, and cell.h includes this again.
#include "rc.h"

#if !defined RC_CENSUS_H && !defined rc_incref
#define RC_CENSUS_H

#ifdef SYNC_CENSUS
API bool census_wrote(const struct sync_counts *before)
{
    const struct sync_counts *now = &sync_here.counts;
    return now->store != before->store || now->rmw != before->rmw;
}
API void census_incref(struct thread *t, struct rc_header *h)
{
    struct sync_counts before = sync_here.counts;
    rc_incref(t, h);
    if (census_wrote(&before))
        sync_event(incref);
    else
        sync_event(uncounted);
}
API void census_decref(struct thread *t, struct rc_header *h)
{
    struct sync_counts before = sync_here.counts;
    rc_decref(t, h);
    if (census_wrote(&before))
        sync_event(decref);
    else
        sync_event(uncounted);
}
API bool census_try_incref(struct thread *t, struct rc_header *h)
{
    struct sync_counts before = sync_here.counts;
    if (!rc_try_incref(t, h))
        return false;
    if (census_wrote(&before))
        sync_event(incref);
    else
        sync_event(uncounted);
    return true;
}
#define rc_incref(t, h)     census_incref(t, h)
#define rc_decref(t, h)     census_decref(t, h)
#define rc_try_incref(t, h) census_try_incref(t, h)
#endif

#endif
