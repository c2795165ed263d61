// SPDX-License-Identifier: MIT
//
// tally_undeclared: pthread, but the world counts how often a lock was taken, in a plain field that
// is no atomic, stands under no lock and is not said to be shared: the increments race. Nothing
// that asks only the author sees it.
#ifndef BROKEN_TALLY_UNDECLARED_H
#define BROKEN_TALLY_UNDECLARED_H

#include "../../strategies/lk.h"

#define LK_NO_STATE_H
struct lk_world {
    uint64_t taken;
};
struct lk_thread {
};
API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)w;
    lw->taken = 0;
}
API void lk_world_fini(struct lk_world *lw)
{
    (void)lw;
}
API void lk_thread_attach(struct thread *t)
{
    (void)t;
}
API void lk_thread_detach(struct thread *t)
{
    (void)t;
}

#define lk_lock pthread_lock_right
#include "../../strategies/lock/pthread.h"
#undef lk_lock

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    lk_world(t)->taken++;
    pthread_lock_right(t, l, g);
}

#endif
