// SPDX-License-Identifier: MIT
//
// urcu_qsbr: a peer. Userspace RCU's flavour by quiescent states, of the library that is installed:
// rcu_quiescent_state at each safepoint, rcu_thread_offline round each wait, and call_rcu, whose
// own thread waits for a grace period and then calls. refcount/glib.h says what is not asked of a
// peer.
//
// A call-back of the contract needs a thread that has entered the runtime, and may lock: so what
// call_rcu's thread calls only moves the block to a list, which threads empty at their safepoints.
// That thread works every 10 ms, and nobody waits for it: what is retired meanwhile is not bounded
// (RL_BACKGROUND). Who drains waits for it as long as no other thread is online, when the grace
// period is bound to end.
//
// liburcu keeps its readers in thread-local storage: whatever attaches is the calling thread of the
// system, which must not be attached twice at a time (RL_TLS).
//
// Invariant: a block is ripe when every thread that was online when it was retired has been
// quiescent or offline since.
// Memory order: liburcu's, which issues full barriers round a quiescent state. Of the list: what
// call_rcu's thread knows of the readers happens before the free.
//
// libraries: liburcu-qsbr
#ifndef RL_URCU_QSBR_H
#define RL_URCU_QSBR_H

#include "rl.h"

#if !__has_include(<urcu-qsbr.h>)
#error "no <urcu-qsbr.h>: make deps installs liburcu-dev"
#endif
#include <urcu-qsbr.h>

#define RL_SUMMARY "call_rcu and rcu_quiescent_state of the liburcu that is installed"
#define RL_SOURCE  "Desnoyers, McKenney et al., userspace RCU (urcu-qsbr), IEEE TPDS 23(2), 2012"
#define RL_WHEN    "as the yardstick for qsbr"
#define RL_TRAITS  (RL_GRACE | RL_BACKGROUND | RL_TLS | RL_URCU | RL_NATIVE)
#define RL_CENSUS(op)

struct urcu_retired {
    struct rcu_head head; // first
    struct urcu_retired *next;
    struct rl_world *world;
    void *p;
    rl_free_fn *fn;
};
struct rl_thread {
    _Atomic(uint32_t) online;
    bool running; // within a call-back
};
struct rl_world {
    _Atomic(struct urcu_retired *) ripe;
    _Atomic(uint64_t) waiting; // retired, and not ripe yet
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    atomic_init(&rw->ripe, NULL);
    atomic_init(&rw->waiting, 0);
}
API void rl_world_fini(struct rl_world *rw)
{
    sync_check(atomic_load_explicit(&rw->waiting, memory_order_relaxed) == 0 &&
                   atomic_load_explicit(&rw->ripe, memory_order_relaxed) == NULL,
               "a world ends with retired memory: its last thread has not drained");
}
// Relaxed: `online` only says when waiting is of use.
API void urcu_say(struct thread *t, uint32_t online)
{
    atomic_store_explicit(&rl_self(t)->online, online, memory_order_relaxed);
}
API void rl_thread_attach(struct thread *t)
{
    rcu_register_thread();
    urcu_say(t, 1);
}
API void rl_thread_detach(struct thread *t)
{
    urcu_say(t, 0);
    rcu_unregister_thread();
}
API void rl_thread_offline(struct thread *t)
{
    urcu_say(t, 0);
    rcu_thread_offline();
}
API void rl_thread_online(struct thread *t)
{
    rcu_thread_online();
    urcu_say(t, 1);
}

// By call_rcu's thread.
API void urcu_ripen(struct rcu_head *head)
{
    struct urcu_retired *r = (struct urcu_retired *)head;
    struct rl_world *rw = r->world;
    r->next = atomic_load_explicit(&rw->ripe, memory_order_relaxed);
    // release: pairs with urcu_run
    while (!atomic_compare_exchange_weak_explicit(&rw->ripe, &r->next, r, memory_order_release,
                                                  memory_order_relaxed))
        ;
    // release: pairs with rl_drain, which then finds it in the list
    atomic_fetch_sub_explicit(&rw->waiting, 1, memory_order_release);
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    struct urcu_retired *r = sync_alloc(sizeof *r);
    r->world = rl_world(t);
    r->p = p;
    r->fn = fn;
    atomic_fetch_add_explicit(&r->world->waiting, 1, memory_order_relaxed);
    call_rcu(&r->head, urcu_ripen);
}
static __attribute__((noinline, cold, unused)) bool urcu_run(struct thread *t)
{
    struct rl_thread *self = rl_self(t);
    if (self->running)
        return false;
    // acquire: pairs with urcu_ripen
    struct urcu_retired *r =
        atomic_exchange_explicit(&rl_world(t)->ripe, NULL, memory_order_acquire);
    bool any = r != NULL;
    self->running = true;
    for (struct urcu_retired *next; r != NULL; r = next) {
        next = r->next;
        r->fn(t, r->p);
        sync_free(r);
    }
    self->running = false;
    return any;
}
API void rl_quiesce(struct thread *t)
{
    rcu_quiescent_state();
    // relaxed: seen late, it is seen at the next one
    if (atomic_load_explicit(&rl_world(t)->ripe, memory_order_relaxed) != NULL)
        urcu_run(t);
}
API bool urcu_alone(struct thread *t)
{
    unsigned n = thread_slots(t);
    for (unsigned i = 0; i < n; i++)
        if (atomic_load_explicit(&rl_self(thread_slot(t, i))->online, memory_order_relaxed) != 0)
            return false;
    return true;
}
API bool rl_drain(struct thread *t)
{
    thread_offline(t);
    // acquire: pairs with urcu_ripen
    sync_await(atomic_load_explicit(&rl_world(t)->waiting, memory_order_acquire) == 0 ||
               !urcu_alone(t));
    thread_back(t);
    return urcu_run(t);
}

#include "rl_no_protect.h"
#include "rl_no_section.h"
#include "rl_no_stamps.h"

#endif
