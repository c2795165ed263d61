// SPDX-License-Identifier: MIT
//
// Readers exclude as writers do, so a read is always consistent.
#ifndef LK_NO_READ_H
#define LK_NO_READ_H

#include "lk.h"
#include "lk_no_watch.h"

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_lock(t, l, g);
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_unlock(t, l, g);
    return true;
}

#endif
