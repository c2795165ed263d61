// SPDX-License-Identifier: MIT
//
// spin_unread: spin, but a read takes no lock, though replaced storage is freed at once.
#ifndef BROKEN_SPIN_UNREAD_H
#define BROKEN_SPIN_UNREAD_H

#define lk_read_begin lk_read_begin_right
#define lk_read_end   lk_read_end_right
#include "../../strategies/lock/spin.h"
#undef lk_read_begin
#undef lk_read_end

API bool lk_read_begin(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)l, (void)g;
    return true;
}
API bool lk_read_end(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)l, (void)g;
    return true;
}

#endif
