// SPDX-License-Identifier: MIT
//
// qsbr: quiescent-state-based reclamation. A thread that passes a quiescent point copies the number
// of the grace period that is under way; what was retired before the period began is freed when
// every thread has copied its number, or a later one, or is offline. Between two quiescent points a
// reader pays nothing at all: McKenney and Slingwine's read-copy update, in the form that Hart et
// al. measured and that liburcu's qsbr flavour gives to user space. As there, each thread's number
// stands alone, 0 is offline, and a thread that has copied the number already writes nothing.
//
// Where this deviates: nobody waits for the end of a period (liburcu's synchronize_rcu, which holds
// a lock meanwhile). A full batch of retired memory begins a period, and its thread looks later.
//
// Invariant: a thread whose number is n finds nothing that was unlinked before period n began.
// Memory order. Begin: an unlinking thread adds to the counter with release; who copies the number,
// by acquire, sees what it unlinked. End: a thread stores its number with release, and who finds it
// by acquire frees what the thread has used before. A thread that comes from offline is in nobody's
// way until its number is seen; so a seq_cst fence stands between that store and what it reads
// next, and another one between the unlinking and the look at the numbers: either the thread no
// longer finds what was unlinked, or its number is found.
#ifndef RL_QSBR_H
#define RL_QSBR_H

#include "rl_batches.h"

#define RL_SUMMARY "threads copy the grace period's number at quiescent points; readers pay nothing"
#define RL_SOURCE                                                                          \
    "McKenney, Slingwine, PDCS 1998; Hart et al., JPDC 67(12), 2007; liburcu's urcu-qsbr " \
    "(Desnoyers et al., IEEE TPDS 23(2), 2012)"
#define RL_WHEN   "threads pass quiescent points often, and readers must pay nothing"
#define RL_TRAITS (RL_GRACE | RL_STAMPS)

// clang-format off
#define RL_CENSUS(op)                                                                              \
    op(enter_leave, 0)                                                                             \
    op(protect, 0)                                                                                 \
    op(quiesce, 0)                                                                                 \
    op(retire, 0)
// clang-format on

enum { QSBR_OFFLINE = 0 };
struct rl_thread {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) number; // of the last period that it knows of
    _Alignas(SYNC_LINE) struct batches_thread batches;
};
struct rl_world {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) period; // from 1, and never back at 0
    _Alignas(SYNC_LINE) struct retired_world retired;
};
API struct batches_thread *batches_self(struct thread *t)
{
    return &rl_self(t)->batches;
}
API struct retired_world *batches_world(struct thread *t)
{
    return &rl_world(t)->retired;
}

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->period, QSBR_OFFLINE + 1);
    retired_world_init(&rw->retired);
}
API void rl_world_fini(struct rl_world *rw)
{
    retired_world_fini(&rw->retired);
}

// Relaxed load: an old number only keeps others waiting, and of a new one the fence is the acquire.
API void rl_thread_online(struct thread *t)
{
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_relaxed);
    // release: pairs with rl_passed, which may find this instead of the number before it
    atomic_store_explicit(&rl_self(t)->number, period, memory_order_release);
    sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in rl_stamp
}
API void rl_thread_offline(struct thread *t)
{
    // release: pairs with rl_passed; what was read happens before the free
    atomic_store_explicit(&rl_self(t)->number, QSBR_OFFLINE, memory_order_release);
}
API void rl_thread_attach(struct thread *t)
{
    rl_thread_online(t);
}
API void rl_thread_detach(struct thread *t)
{
    batches_detach(t);
    rl_thread_offline(t);
}

API void rl_quiesce(struct thread *t)
{
    struct rl_thread *self = rl_self(t);
    // acquire: pairs with rl_stamp; what was unlinked before is not found from here on
    uint64_t period = atomic_load_explicit(&rl_world(t)->period, memory_order_acquire);
    if (period != atomic_load_explicit(&self->number, memory_order_relaxed))
        // release: pairs with rl_passed; what was read happens before the free
        atomic_store_explicit(&self->number, period, memory_order_release);
    batches_safepoint(t);
}

// A period begins.
API uint64_t rl_stamp(struct thread *t)
{
    // release: pairs with rl_quiesce
    uint64_t before = atomic_fetch_add_explicit(&rl_world(t)->period, 1, memory_order_release);
    sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in rl_thread_online
    return before + 1;
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        // acquire: pairs with rl_quiesce and rl_thread_offline
        uint64_t number =
            atomic_load_explicit(&rl_self(thread_slot(t, i))->number, memory_order_acquire);
        if (number != QSBR_OFFLINE && number < stamp)
            return false;
    }
    return true;
}

#include "rl_no_protect.h"
#include "rl_no_section.h"

#endif
