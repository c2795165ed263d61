// SPDX-License-Identifier: MIT
//
// dup_borrowed: pep703, but the duplicate of a borrowed local is a borrowed one too.
#ifndef BROKEN_DUP_BORROWED_H
#define BROKEN_DUP_BORROWED_H

#define rc_local_dup pep703_local_dup_right
#include "../../strategies/refcount/pep703.h"
#undef rc_local_dup

API void rc_local_dup(struct thread *t, struct rc_local *to, const struct rc_local *from)
{
    if (pep703_uncounted(from))
        pep703_local(to, rc_local_peek(from));
    else
        pep703_local_dup_right(t, to, from);
}

#endif
