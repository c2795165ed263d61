// SPDX-License-Identifier: MIT
//
// gus: FreeBSD's global unbounded sequences, as PEP 703 and CPython's qsbr.c use them. Whoever
// retires moves the write sequence on, to a goal; a thread copies the write sequence into a slot of
// its own where it is quiescent (CPython: at the eval breaker), which writes no line that others
// write and reads none that changes often. A goal is reached when the oldest sequence that any
// thread stands at is not before it. That oldest one, once found, is kept for all who poll.
//
// As there, sequences are odd and grow by 2, so that 0 can be offline; they are compared modulo
// 2^64; and the write sequence moves once for 32 retirements of a thread. FreeBSD's readers enter
// and leave sections; CPython's, like these, have left whenever they are quiescent. Before, FreeBSD
// and CPython give each of the 31 retirements before a goal one step ahead of the sequence and
// leave that step to anybody. Here they wait for this thread's own: a step that another thread
// makes is not ordered after what this one unlinked. (Its store may still be in the store buffer
// when another thread has made the step and a third one is quiescent, and reads the old link. XNU's
// form of the algorithm has a fence there, and fences in readers. The explorer finds it:
// tests/broken/ gus_deferred.h.) rl_stamp is CPython's advance for pages, never deferred.
//
// Invariant: a thread that stands at sequence s finds nothing that was unlinked before the write
// sequence became s; and s_rd is reached by all.
// Memory order. As in qsbr: an advance is a release, the copy of it an acquire; a thread's slot is
// stored with release, and read by acquire before the free. Who comes online stores its slot and
// then reads links, who polls has an unlink behind it and then reads slots, and a seq_cst fence
// stands between the two on either side. Who finds a goal reached in `rd` has not looked at the
// slots itself: `rd` is moved with release and read by acquire.
#ifndef RL_GUS_H
#define RL_GUS_H

#include "rl_batches.h"

#define RL_SUMMARY "a goal for each batch; threads copy the sequence where they are quiescent"
#define RL_SOURCE  "FreeBSD's subr_smr.c (Jeff Roberson, 2019); PEP 703, CPython 3.13's qsbr.c"
#define RL_WHEN    "as qsbr, where many threads would write or poll for the period's number"
#define RL_TRAITS  (RL_GRACE | RL_STAMPS)

// clang-format off
#define RL_CENSUS(op)                                                                              \
    op(enter_leave, 0)                                                                             \
    op(protect, 0)                                                                                 \
    op(quiesce, 0)                                                                                 \
    op(retire, 0)
// clang-format on

enum { GUS_OFFLINE = 0, GUS_STEP = 2 };
// Where a world begins; odd. The explorer's wrap soon, as FreeBSD's do when it checks itself.
#ifndef GUS_FIRST
#ifdef SYNC_EXPLORE
#define GUS_FIRST -3
#else
#define GUS_FIRST 1
#endif
#endif
// The batch is what defers: the sequence moves when it is full.
#ifndef SYNC_EXPLORE
_Static_assert(RETIRED_BATCH == 32, "an advance is deferred 31 times");
#endif

struct rl_thread {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) seq;
    _Alignas(SYNC_LINE) struct batches_thread batches;
};
struct rl_world {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) wr; // the newest sequence
    _Atomic(uint64_t) rd;                     // the oldest one that a thread was seen at
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
API bool gus_before(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->wr, (uint64_t)GUS_FIRST);
    atomic_init(&rw->rd, (uint64_t)GUS_FIRST);
    retired_world_init(&rw->retired);
}
API void rl_world_fini(struct rl_world *rw)
{
    retired_world_fini(&rw->retired);
}

// Relaxed load: an old sequence only keeps others waiting, and of a new one the fence is the
// acquire.
API void rl_thread_online(struct thread *t)
{
    uint64_t seq = atomic_load_explicit(&rl_world(t)->wr, memory_order_relaxed);
    // release: pairs with gus_scan, which may find this instead of the sequence before it
    atomic_store_explicit(&rl_self(t)->seq, seq, memory_order_release);
    sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in gus_scan
}
API void rl_thread_offline(struct thread *t)
{
    // release: pairs with gus_scan; what was read happens before the free
    atomic_store_explicit(&rl_self(t)->seq, GUS_OFFLINE, memory_order_release);
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
    // acquire: pairs with rl_stamp; what was unlinked before is not found from here on
    uint64_t seq = atomic_load_explicit(&rl_world(t)->wr, memory_order_acquire);
    // release: pairs with gus_scan; what was read happens before the free
    atomic_store_explicit(&rl_self(t)->seq, seq, memory_order_release);
    batches_safepoint(t);
}

// An advance. Release: pairs with rl_quiesce.
API uint64_t rl_stamp(struct thread *t)
{
    return atomic_fetch_add_explicit(&rl_world(t)->wr, GUS_STEP, memory_order_release) + GUS_STEP;
}
// The oldest sequence that a thread stands at.
static __attribute__((noinline, unused)) uint64_t gus_scan(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    // Relaxed: this thread's own sequence is among those below, and bounds what is found by what it
    // had acquired before the fence. So goals that are reached here are of unlinks before the
    // fence, also for those who find them reached in `rd`.
    uint64_t oldest = atomic_load_explicit(&rw->wr, memory_order_relaxed);
    sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in rl_thread_online
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++) {
        // acquire: pairs with rl_quiesce and rl_thread_offline
        uint64_t seq = atomic_load_explicit(&rl_self(thread_slot(t, i))->seq, memory_order_acquire);
        if (seq != GUS_OFFLINE && gus_before(seq, oldest))
            oldest = seq;
    }
    uint64_t rd = atomic_load_explicit(&rw->rd, memory_order_relaxed);
    // release: pairs with rl_passed. When it fails, another thread has moved it.
    if (gus_before(rd, oldest))
        atomic_compare_exchange_strong_explicit(&rw->rd, &rd, oldest, memory_order_release,
                                                memory_order_relaxed);
    return oldest;
}
API bool rl_passed(struct thread *t, uint64_t stamp)
{
    // acquire: pairs with gus_scan on another thread; what readers did happens before the free
    uint64_t rd = atomic_load_explicit(&rl_world(t)->rd, memory_order_acquire);
    return !gus_before(rd, stamp) || !gus_before(gus_scan(t), stamp);
}

#include "rl_no_protect.h"
#include "rl_no_section.h"

#endif
