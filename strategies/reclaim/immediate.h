// SPDX-License-Identifier: MIT
//
// immediate: what is retired is freed at once. For lock schemes that let no reader hold storage
// outside the lock; every manual memory management before Kung and Lehman (1980) did this.
#ifndef RL_IMMEDIATE_H
#define RL_IMMEDIATE_H

#include "rl.h"

#define RL_SUMMARY "frees at once: no reader may hold anything outside a lock"
#define RL_SOURCE  "the absence of deferred reclamation (H. T. Kung, P. L. Lehman, TODS 5(3), 1980)"
#define RL_WHEN    "nobody reads without a lock"
#define RL_TRAITS  0

// clang-format off
#define RL_CENSUS(op)                                                                              \
    op(enter_leave, 0)                                                                             \
    op(protect, 0)                                                                                 \
    op(quiesce, 0)                                                                                 \
    op(retire, 0)
// clang-format on

struct rl_thread {
};
struct rl_world {
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)rw, (void)w;
}
API void rl_world_fini(struct rl_world *rw)
{
    (void)rw;
}
API void rl_thread_attach(struct thread *t)
{
    (void)t;
}
API void rl_thread_detach(struct thread *t)
{
    (void)t;
}
API void rl_thread_offline(struct thread *t)
{
    (void)t;
}
API void rl_thread_online(struct thread *t)
{
    (void)t;
}
API void rl_enter(struct thread *t)
{
    (void)t;
}
API void rl_leave(struct thread *t)
{
    (void)t;
}
API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    (void)t, (void)slot, (void)p;
}
API void rl_quiesce(struct thread *t)
{
    (void)t;
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    fn(t, p);
}
API uint64_t rl_stamp(struct thread *t)
{
    (void)t;
    return 0;
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    (void)t, (void)stamp;
    return true;
}
API bool rl_drain(struct thread *t)
{
    (void)t;
    return false;
}

#endif
