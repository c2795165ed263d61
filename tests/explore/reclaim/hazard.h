// SPDX-License-Identifier: MIT
//
// hazard: a thread announces each pointer that it holds, and what was retired is freed when nobody
// announces it. Small and right, so that the scenarios of reclaimers can be tried.
//
// Invariant: what was retired is linked no longer, so nobody who announces it now finds it still
// there; and what nobody announces nobody holds.
// Memory order. A reader announces and then looks whether the pointer is still linked; who frees
// has unlinked and then reads the announcements. A seq_cst fence stands between the two on either
// side, so that one of them sees the other's.
#ifndef RL_HAZARD_H
#define RL_HAZARD_H

#include "retired.h"

#define RL_SUMMARY "announced pointers"
#define RL_SOURCE  "after M. M. Michael, Hazard Pointers, IEEE TPDS 15(6), 2004"
#define RL_TRAITS  RL_PROTECTS

struct rl_thread {
    _Atomic(const void *) announced[RL_PROTECT_SLOTS];
    struct retired *retired;
};
struct rl_world {
    struct retired_orphans orphans;
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    retired_init(&rw->orphans);
}
API void rl_world_fini(struct rl_world *rw)
{
    retired_fini(&rw->orphans);
}
API void rl_thread_attach(struct thread *t)
{
    (void)t;
}
API void rl_thread_detach(struct thread *t)
{
    retired_leave(&rl_world(t)->orphans, &rl_self(t)->retired);
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
    // release: what was done with the former pointer happens before the free that no longer finds
    // it here
    atomic_store_explicit(&rl_self(t)->announced[slot], p, memory_order_release);
    sync_fence(memory_order_seq_cst); // pairs with that in hazard_held
}
API void rl_quiesce(struct thread *t)
{
    (void)t;
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

API bool hazard_held(struct thread *t, const struct retired *r)
{
    sync_fence(memory_order_seq_cst); // pairs with that in rl_protect
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        struct rl_thread *other = rl_self(thread_slot(t, i));
        for (unsigned k = 0; k < RL_PROTECT_SLOTS; k++)
            // acquire: what the reader did happens before the free
            if (atomic_load_explicit(&other->announced[k], memory_order_acquire) == sync_get(r->p))
                return true;
    }
    return false;
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    retired_add(&rl_self(t)->retired, p, fn, 0);
}
API bool rl_drain(struct thread *t)
{
    return retired_drain(t, &rl_world(t)->orphans, &rl_self(t)->retired, hazard_held);
}

#endif
