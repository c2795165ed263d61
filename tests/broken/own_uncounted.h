// SPDX-License-Identifier: MIT
//
// own_uncounted: pep703, but a local that is not counted becomes a counted reference without a
// count.
#ifndef BROKEN_OWN_UNCOUNTED_H
#define BROKEN_OWN_UNCOUNTED_H

#define rc_local_own pep703_own_right
#include "../../strategies/refcount/pep703.h"
#undef rc_local_own

API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l)
{
    (void)t;
    uintptr_t word = sync_get(l->word);
    sync_set(l->word, 0);
    return (struct rc_header *)(word & ~(uintptr_t)PEP703_UNCOUNTED);
}

#endif
