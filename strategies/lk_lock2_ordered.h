// SPDX-License-Identifier: MIT
//
// Two containers are locked in the order of their addresses, one and the same only once: so two
// threads that lock the same pair cannot wait for each other. g[0] is the first that was locked.
#ifndef LK_LOCK2_ORDERED_H
#define LK_LOCK2_ORDERED_H

#include "lk.h"

API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    struct lk_word *low = sync_address(a) < sync_address(b) ? a : b;
    lk_lock(t, low, &g[0]);
    if (a != b)
        lk_lock(t, low == a ? b : a, &g[1]);
    else
        g[1] = (struct lk_guard){}; // unused, but not all compilers can tell
}
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    struct lk_word *low = sync_address(a) < sync_address(b) ? a : b;
    if (a != b)
        lk_unlock(t, low == a ? b : a, &g[1]);
    lk_unlock(t, low, &g[0]);
}

#endif
