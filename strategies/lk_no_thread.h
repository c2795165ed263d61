// SPDX-License-Identifier: MIT
//
// Nothing is kept per thread.
#ifndef LK_NO_THREAD_H
#define LK_NO_THREAD_H

#include "lk.h"

struct lk_thread {
};

API void lk_thread_attach(struct thread *t)
{
    (void)t;
}
API void lk_thread_detach(struct thread *t)
{
    (void)t;
}

#endif
