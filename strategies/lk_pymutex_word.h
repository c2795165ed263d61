// SPDX-License-Identifier: MIT
//
// A container's lock is one byte mutex of lk_pymutex.h and nothing else.
#ifndef LK_PYMUTEX_WORD_H
#define LK_PYMUTEX_WORD_H

#include "lk_pymutex.h"

struct lk_word {
    struct pymutex mutex;
};
struct lk_guard {
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    pymutex_init(&l->mutex);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}
API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    pymutex_lock(t, &l->mutex);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    (void)g;
    pymutex_unlock(t, &l->mutex);
}

#endif
