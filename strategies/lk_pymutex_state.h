// SPDX-License-Identifier: MIT
//
// What is kept per thread and world is what the byte mutexes of lk_pymutex.h need. A scheme that
// keeps more of a thread has defined PYMUTEX_THREAD: further members, which are zero at first and
// again when the thread is detached.
#ifndef LK_PYMUTEX_STATE_H
#define LK_PYMUTEX_STATE_H

#include "lk_pymutex.h"

#ifndef PYMUTEX_THREAD
#define PYMUTEX_THREAD
#endif
struct lk_thread {
    struct pymutex_thread pymutex;
    PYMUTEX_THREAD
};
struct lk_world {
    struct pymutex_world pymutex;
};
API struct pymutex_thread *pymutex_self(struct thread *t)
{
    return &lk_self(t)->pymutex;
}
API struct pymutex_world *pymutex_world(struct thread *t)
{
    return &lk_world(t)->pymutex;
}

API void lk_world_init(struct lk_world *lw, struct world *w)
{
    (void)w;
    pymutex_world_init(&lw->pymutex);
}
API void lk_world_fini(struct lk_world *lw)
{
    pymutex_world_fini(&lw->pymutex);
}
API void lk_thread_attach(struct thread *t)
{
    (void)t;
}
API void lk_thread_detach(struct thread *t)
{
    (void)t;
}

#endif
