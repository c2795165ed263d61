// SPDX-License-Identifier: MIT
//
// ebr: epoch-based reclamation. A reader announces the global epoch when its section begins, and
// nothing when it ends. The epoch moves on when all who are in a section have announced it. What
// was retired in an epoch waits in limbo until the second next one has begun: then all sections
// that may have found it have ended.
//
// Where this deviates from Fraser: he keeps three limbo lists a thread, for the epoch's number
// modulo 3, and frees the oldest where a section enters a new epoch; here a batch carries its
// epoch's number in one list, and is freed at a safepoint, for a call-back may lock. His epoch is
// the one that the section has announced, so what is retired waits for the third next; this is the
// one that is found, behind a fence, when the batch is closed. He tries to move the epoch at every
// hundredth section, this scheme when a batch is full.
//
// Invariant: epoch e+2 does not begin before every section has ended that may have found what was
// put into limbo in epoch e. Memory order. Let a section find p, and p's batch be closed in epoch
// e. The section's fence comes before the fence of the closing, else it would not have found p. So
// the section has announced e or less: had it read a later epoch, the closing would have found that
// too. And who moves the epoch from e+1 has read e+1 after the closing read e; so the fence there
// comes after that of the closing, and its look finds the announcement, or, by acquire, what the
// reader stored with release when it had used p. All moves of the epoch release what they found to
// who, by acquire, finds e+2.
#ifndef RL_EBR_H
#define RL_EBR_H

#include "rl_batches.h"

#define RL_SUMMARY "readers announce the epoch; memory is freed two epochs later"
#define RL_SOURCE  "K. Fraser, Practical Lock-Freedom, Cambridge UCAM-CL-TR-579, 2004, 5.2.3"
#define RL_WHEN    "readers rarely pass safepoints, and a fence at each section is no matter"
#define RL_TRAITS  (RL_GRACE | RL_STAMPS)

// clang-format off
#define RL_CENSUS(op)                                                                              \
    op(enter_leave, .fence = 1)                                                                    \
    op(protect, 0)                                                                                 \
    op(quiesce, 0)                                                                                 \
    op(retire, 0)
// clang-format on

enum { EBR_OUTSIDE = 0, EBR_LIMBO = 2 };
struct rl_thread {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) announced; // the section's epoch
    _Alignas(SYNC_LINE) struct batches_thread batches;
    unsigned depth; // of sections
};
struct rl_world {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) epoch; // from 1
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
    atomic_init(&rw->epoch, EBR_OUTSIDE + 1);
    retired_world_init(&rw->retired);
}
API void rl_world_fini(struct rl_world *rw)
{
    retired_world_fini(&rw->retired);
}
API void rl_thread_attach(struct thread *t)
{
    (void)t;
}
API void rl_thread_detach(struct thread *t)
{
    batches_detach(t);
}

API void ebr_announce(struct thread *t)
{
    uint64_t epoch = atomic_load_explicit(&rl_world(t)->epoch, memory_order_relaxed);
    // release: pairs with ebr_advance, which may find this instead of the end of the section before
    atomic_store_explicit(&rl_self(t)->announced, epoch, memory_order_release);
    sync_fence(memory_order_seq_cst); // seq_cst: see above
}
API void ebr_withdraw(struct thread *t)
{
    // release: pairs with ebr_advance; what was read happens before the free
    atomic_store_explicit(&rl_self(t)->announced, EBR_OUTSIDE, memory_order_release);
}
API void rl_enter(struct thread *t)
{
    if (rl_self(t)->depth++ == 0)
        ebr_announce(t);
}
API void rl_leave(struct thread *t)
{
    if (--rl_self(t)->depth == 0)
        ebr_withdraw(t);
}
API void rl_thread_offline(struct thread *t)
{
    if (rl_self(t)->depth != 0)
        ebr_withdraw(t);
}
API void rl_thread_online(struct thread *t)
{
    if (rl_self(t)->depth != 0)
        ebr_announce(t);
}
API void rl_quiesce(struct thread *t)
{
    batches_safepoint(t);
}

API uint64_t rl_stamp(struct thread *t)
{
    sync_fence(memory_order_seq_cst); // seq_cst: see above
    return atomic_load_explicit(&rl_world(t)->epoch, memory_order_relaxed);
}
// Moves the epoch on, if all who are in a section have announced it.
static __attribute__((noinline, unused)) bool ebr_advance(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    uint64_t epoch = atomic_load_explicit(&rw->epoch, memory_order_relaxed);
    sync_fence(memory_order_seq_cst); // seq_cst: see above
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        // acquire: pairs with ebr_withdraw and ebr_announce
        uint64_t announced =
            atomic_load_explicit(&rl_self(thread_slot(t, i))->announced, memory_order_acquire);
        if (announced != EBR_OUTSIDE && announced != epoch)
            return false;
    }
    // release: pairs with rl_passed
    return atomic_compare_exchange_strong_explicit(&rw->epoch, &epoch, epoch + 1,
                                                   memory_order_release, memory_order_relaxed);
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    // acquire: pairs with ebr_advance; what readers did happens before the free
    while (atomic_load_explicit(&rl_world(t)->epoch, memory_order_acquire) < stamp + EBR_LIMBO)
        if (!ebr_advance(t))
            return false;
    return true;
}

#include "rl_no_protect.h"

#endif
