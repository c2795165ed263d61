// SPDX-License-Identifier: MIT
//
// Containers without a lock of their own: either something else excludes, or there is one thread.
#ifndef LK_NO_LOCK_H
#define LK_NO_LOCK_H

#include "lk.h"

struct lk_word {
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)l, (void)g;
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)t, (void)l, (void)g;
}
API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    (void)t, (void)a, (void)b, (void)g;
}
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    (void)t, (void)a, (void)b, (void)g;
}

#endif
