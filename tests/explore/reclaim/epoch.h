// SPDX-License-Identifier: MIT
//
// epoch: each retirement ends an epoch, and readers say in which one they entered; what was retired
// is freed when no reader is left that entered before. Small and right, so that the scenarios of
// reclaimers can be tried.
//
// Invariant: a section that began in an epoch finds nothing that was retired in an earlier one;
// what was retired in epoch e is freed when every thread is outside or has entered later than e.
// Memory order. A reader announces its epoch and then reads; who frees has unlinked and then reads
// the announcements. A seq_cst fence stands between the two on either side, so that one of them
// sees the other's. Who finds a later epoch, by acquire, sees what was unlinked before it began.
#ifndef RL_EPOCH_H
#define RL_EPOCH_H

#include "retired.h"

#define RL_SUMMARY "an epoch for each retirement, announced by readers"
#define RL_SOURCE  "after K. Fraser, Practical Lock-Freedom, 2004"
#define RL_TRAITS  (RL_GRACE | RL_STAMPS)

struct rl_thread {
    _Atomic(uint64_t) entered; // the section's epoch; 0: outside
    bool resumes;              // offline: the section goes on afterwards
    struct retired *retired;
};
struct rl_world {
    _Atomic(uint64_t) epoch; // from 1
    struct retired_orphans orphans;
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->epoch, 1);
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

// The stores are release: what the section before did happens before the free that no longer finds
// it here.
API void rl_enter(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rl_world(t)->epoch, memory_order_acquire);
    atomic_store_explicit(&rl_self(t)->entered, epoch, memory_order_release);
    sync_fence(memory_order_seq_cst); // pairs with that in rl_passed
}
API void rl_leave(struct thread *t)
{
    atomic_store_explicit(&rl_self(t)->entered, 0, memory_order_release);
}
API void rl_thread_offline(struct thread *t)
{
    struct rl_thread *self = rl_self(t);
    self->resumes = atomic_load_explicit(&self->entered, memory_order_relaxed) != 0;
    rl_leave(t);
}
API void rl_thread_online(struct thread *t)
{
    if (rl_self(t)->resumes)
        rl_enter(t);
}
API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    (void)t, (void)slot, (void)p;
}
API void rl_quiesce(struct thread *t)
{
    (void)t;
}

// Release: who finds the next epoch sees what was unlinked before.
API uint64_t rl_stamp(struct thread *t)
{
    return atomic_fetch_add_explicit(&rl_world(t)->epoch, 1, memory_order_release);
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    sync_fence(memory_order_seq_cst); // pairs with that in rl_enter
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        // acquire: what the reader did happens before the free
        uint64_t entered =
            atomic_load_explicit(&rl_self(thread_slot(t, i))->entered, memory_order_acquire);
        if (entered != 0 && entered <= stamp)
            return false;
    }
    return true;
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    retired_add(&rl_self(t)->retired, p, fn, rl_stamp(t));
}
API bool epoch_held(struct thread *t, const struct retired *r)
{
    return !rl_passed(t, sync_get(r->stamp));
}
API bool rl_drain(struct thread *t)
{
    return retired_drain(t, &rl_world(t)->orphans, &rl_self(t)->retired, epoch_held);
}

#endif
