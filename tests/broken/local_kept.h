// SPDX-License-Identifier: MIT
//
// local_kept: pep703, but a local stays in its frame when it becomes a counted reference.
#ifndef BROKEN_LOCAL_KEPT_H
#define BROKEN_LOCAL_KEPT_H

#define rc_local_own pep703_local_own_right
#include "../../strategies/refcount/pep703.h"
#undef rc_local_own

API struct rc_header *rc_local_own(struct thread *t, struct rc_local *l)
{
    uintptr_t word = sync_get(l->word);
    struct rc_header *h = pep703_local_own_right(t, l);
    sync_set(l->word, word);
    return h;
}

#endif
