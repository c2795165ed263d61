// SPDX-License-Identifier: MIT
//
// buffered: nobody counts but one thread in the background. A thread writes each increment and each
// decrement into a log of its own, never into the object; the committing thread (Hastings' "rcm",
// reference count manager) applies the logs by plain additions, and destroys what comes to zero.
// Larry Hastings' Gilectomy of October 2016 to 2017, after the multiprocessor Recycler: David F.
// Bacon, Clement R. Attanasio, Han B. Lee, V. T. Rajan, Stephen Smith, Java without the Coffee
// Breaks, PLDI 2001. The branch was never published; what is told of it (talks, V. Stinner's
// article) are the two logs a thread, pads that rotate when they are full, the one committing
// thread, and the rule that increments come before decrements. The Recycler's epochs make that rule
// exact. How long a pad is, when epochs end and the back-pressure are this file's own.
//
// The rule: decrements of epoch e are applied when all increments up to epoch e + 1 have been.
// Why that is enough: a thread changes its epoch at safepoints only, and the next epoch begins when
// every thread has reached this one, so two threads' epochs differ by at most one. Say that thread
// B drops a reference in its epoch e, and that thread A, through this reference while it was there,
// had come to a reference of its own: it loaded from a slot that B emptied, or from a slot of what
// B then dropped, and logs the increment before its next safepoint. When A loaded, B had not yet
// passed that place, so A's epoch was at most e + 1. Hence each increment that follows from a
// reference is applied before the decrement of that reference: a count is never less than the
// number of references, and zero is the end. The same holds for what a dying object referred to: no
// increment through its slots is later than e + 1, so its slots are given up at once (rc_clear) and
// a chain of objects dies in one round. What obj_destroy drops besides is logged as usual.
//
// Invariants: after rc_init, which counts the first reference while the object is private (as
// CPython's _Py_NewReference does, in 2016 too), only the committer touches `count`. The epoch
// advances only while the committer is offline and nobody is behind; a thread that attaches or
// comes back online reads it under the mutex under which it advances, or it would log for an epoch
// that has ended unseen. An offline thread has no logs: it hands them over when it goes offline or
// detaches.
//
// Back-pressure. A thread with too many pads to be applied waits until there are fewer: in
// rc_safepoint, never in rc_incref, where it may hold a lock that an obj_destroy wants. It leaves
// the runtime meanwhile, as in a drain: under a global lock the deaths that it waits for need that
// lock. The committer itself enters the lock scheme for deaths only.
//
// Weak references are absent: a weak cell that is full proves nothing, since an object whose count
// has come to zero cannot be told from a living one by any thread but the committer; a reference
// got from a cell between zero and obj_destroy would be an increment that comes after the
// decrement. The branch had no answer to that either. For the same reason rc_try_incref only logs:
// it is right for what was seen in a slot since the last safepoint, and for nothing else (no
// RC_COUNTS).
//
// Memory order: the mutex orders what is handed over, so what a thread did to an object happens
// before its death; the log is a thread's own until then. The epoch and the numbers that sleepers
// sleep on are relaxed: they change, and are looked at before something follows from them, under
// the mutex.
#ifndef RC_BUFFERED_H
#define RC_BUFFERED_H

#include "lk.h"

#define RC_SUMMARY "logs of increments and decrements; one thread in the background counts"
#define RC_SOURCE  "Hastings' Gilectomy, 2016-17; Bacon et al., PLDI 2001 (Recycler)"
#define RC_WHEN    "all threads count the same few objects, a core is to spare, and death can wait"
#define RC_TRAITS  (RC_SHARED | RC_FREES | RC_LATE | RC_BACKGROUND)
#define RC_CLEARS

// Entries of a pad; and how many pads of a thread may wait to be applied: up to three epochs leave
// some that are not full.
#ifndef RC_LOG_SIZE
#define RC_LOG_SIZE 1024
#endif
enum { BUFFERED_PADS = 4 + RC_LOG_SIZE / 8 };
// ... with the two logs, which are never full.
#define RC_BACKLOG ((BUFFERED_PADS + 2) * RC_LOG_SIZE)

enum { BUFFERED_INCREMENTS, BUFFERED_DECREMENTS, BUFFERED_LOGS };

struct rc_header {
    intptr_t count;
};
struct buffered_pad {
    struct buffered_pad *next;
    struct rc_thread *of; // whose log it is
    uint64_t epoch;       // in which all of it was logged
    unsigned n;
    struct rc_header *entry[RC_LOG_SIZE];
};
struct rc_thread {
    struct buffered_pad *log[BUFFERED_LOGS]; // of the thread's epoch, never full
    uint64_t epoch;
    bool crowded; // it shall wait at the next safepoint
    bool committer;
    _Alignas(SYNC_LINE) uint32_t unsettled; // pads handed over and not settled; under the mutex
};
struct rc_world {
    _Alignas(SYNC_LINE) _Atomic(uint64_t) epoch; // what every safepoint reads
    _Alignas(SYNC_LINE) sync_mutex mutex;        // guards the rest, but for what is the committer's
    struct buffered_pad *queue[BUFFERED_LOGS];   // handed over
    struct buffered_pad *spare;                  // empty ones
    uint32_t unsettled;                          // pads handed over whose deaths are not done
    uint32_t online; // threads that must pass a safepoint before an epoch ends; not the committer
    uint32_t behind; // ... and have not yet
    // Rounds that the committer still makes after deaths: what they retired to the reclaimer, and
    // what that gives up in turn, comes when all others have passed a safepoint. Two of them: a
    // thread tells the reclaimer behind its rc_safepoint (thread_safepoint).
    uint32_t lingers;
    uint32_t waiters; // threads that sleep on settled
    bool ready;       // the committer is attached
    bool stopping;
    bool asleep;                     // the committer sleeps on bell
    _Atomic(uint32_t) bell, settled; // numbers that change when a sleeper should look again
    struct buffered_pad *kept;       // the committer's: decrements that are not due
    sync_thread thread;
};

// --- under the mutex --------------------------------------------------------------------------

API void buffered_add(uint32_t *n, int d)
{
    sync_set(*n, sync_get(*n) + (uint32_t)d);
}
// Relaxed: both the change and the sleeper's look at the number are made under the mutex.
API void buffered_signal(_Atomic(uint32_t) *condition)
{
    uint32_t n = atomic_load_explicit(condition, memory_order_relaxed);
    atomic_store_explicit(condition, n + 1, memory_order_relaxed);
}
// Gives up the mutex meanwhile. Relaxed: see buffered_signal; the system compares the number again.
API void buffered_sleep(struct rc_world *rw, _Atomic(uint32_t) *condition)
{
    uint32_t n = atomic_load_explicit(condition, memory_order_relaxed);
    sync_mutex_unlock(&rw->mutex);
    sync_park(condition, n);
    sync_mutex_lock(&rw->mutex);
}
API bool buffered_work(struct rc_world *rw)
{
    return sync_get(rw->unsettled) != 0 || sync_get(rw->lingers) != 0;
}
// Should the committer be woken? The caller does so when it has unlocked.
API bool buffered_rings(struct rc_world *rw)
{
    if (!sync_get(rw->asleep) || sync_get(rw->behind) != 0 ||
        !(buffered_work(rw) || sync_get(rw->stopping)))
        return false;
    sync_set(rw->asleep, false);
    buffered_signal(&rw->bell);
    return true;
}
API struct buffered_pad *buffered_spare(struct rc_world *rw)
{
    struct buffered_pad *p = sync_get(rw->spare);
    if (p != NULL)
        sync_set(rw->spare, sync_get(p->next));
    return p;
}
API void buffered_give_back(struct rc_world *rw, struct buffered_pad *p)
{
    sync_set(p->n, 0);
    sync_set(p->next, sync_get(rw->spare));
    sync_set(rw->spare, p);
}
// Hands a log over, which then has an empty pad, or none if no spare one is left.
API void buffered_hand_over(struct rc_world *rw, struct rc_thread *rt, unsigned which)
{
    struct buffered_pad *p = rt->log[which];
    sync_set(p->of, rt);
    sync_set(p->epoch, rt->epoch);
    sync_set(p->next, sync_get(rw->queue[which]));
    sync_set(rw->queue[which], p);
    buffered_add(&rt->unsettled, 1);
    buffered_add(&rw->unsettled, 1);
    rt->crowded = !rt->committer && sync_get(rt->unsettled) > BUFFERED_PADS;
    rt->log[which] = buffered_spare(rw);
}
// Ends the thread's epoch: its logs are handed over, and it is behind no more.
API void buffered_reach(struct rc_world *rw, struct rc_thread *rt)
{
    for (unsigned i = 0; i < BUFFERED_LOGS; i++)
        if (sync_get(rt->log[i]->n) != 0)
            buffered_hand_over(rw, rt, i);
    uint64_t epoch = atomic_load_explicit(&rw->epoch, memory_order_relaxed);
    if (rt->epoch != epoch && !rt->committer)
        buffered_add(&rw->behind, -1);
    rt->epoch = epoch;
}

// --- logging ----------------------------------------------------------------------------------

// After the mutex was unlocked.
API void buffered_refill(struct rc_thread *rt)
{
    for (unsigned i = 0; i < BUFFERED_LOGS; i++)
        if (rt->log[i] == NULL)
            rt->log[i] = sync_alloc(sizeof *rt->log[i]);
}
static __attribute__((noinline, unused)) void buffered_rotate(struct thread *t, unsigned which)
{
    struct rc_world *rw = rc_world(t);
    sync_mutex_lock(&rw->mutex);
    buffered_hand_over(rw, rc_self(t), which);
    bool wake = buffered_rings(rw);
    sync_mutex_unlock(&rw->mutex);
    if (wake)
        sync_unpark(&rw->bell, 1);
    buffered_refill(rc_self(t));
}
API void buffered_log(struct thread *t, struct rc_header *h, unsigned which)
{
    struct buffered_pad *p = rc_self(t)->log[which];
    unsigned n = sync_get(p->n);
    sync_set(p->entry[n], h);
    sync_set(p->n, n + 1);
    if (__builtin_expect(n + 1 == RC_LOG_SIZE, 0))
        buffered_rotate(t, which);
}

// The caller is private.
API void rc_init(struct thread *t, struct rc_header *h, unsigned flags)
{
    (void)t, (void)flags;
    sync_set(h->count, 1);
}
API void rc_incref(struct thread *t, struct rc_header *h)
{
    buffered_log(t, h, BUFFERED_INCREMENTS);
}
API void rc_decref(struct thread *t, struct rc_header *h)
{
    buffered_log(t, h, BUFFERED_DECREMENTS);
}
API bool rc_try_incref(struct thread *t, struct rc_header *h)
{
    rc_incref(t, h);
    return true;
}
API void rc_publish(struct thread *t, struct rc_header *h)
{
    (void)t, (void)h;
}

// --- epochs, as threads see them --------------------------------------------------------------

API void rc_thread_online(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    struct rc_thread *rt = rc_self(t);
    sync_mutex_lock(&rw->mutex);
    rt->epoch = atomic_load_explicit(&rw->epoch, memory_order_relaxed);
    if (!rt->committer)
        buffered_add(&rw->online, 1);
    sync_mutex_unlock(&rw->mutex);
}
// `online`: only a safepoint.
static __attribute__((noinline, unused)) void buffered_pass(struct thread *t, bool online)
{
    struct rc_world *rw = rc_world(t);
    struct rc_thread *rt = rc_self(t);
    sync_mutex_lock(&rw->mutex);
    buffered_reach(rw, rt);
    if (!online && !rt->committer)
        buffered_add(&rw->online, -1);
    bool wake = buffered_rings(rw);
    sync_mutex_unlock(&rw->mutex);
    if (wake)
        sync_unpark(&rw->bell, 1);
    buffered_refill(rt);
}
API void rc_thread_offline(struct thread *t)
{
    buffered_pass(t, false);
}
API void rc_thread_attach(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    struct rc_thread *rt = rc_self(t);
    rt->committer = rt->crowded = false;
    sync_mutex_lock(&rw->mutex);
    for (unsigned i = 0; i < BUFFERED_LOGS; i++)
        rt->log[i] = buffered_spare(rw);
    sync_mutex_unlock(&rw->mutex);
    buffered_refill(rt);
    rc_thread_online(t);
}
API void rc_thread_detach(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    rc_thread_offline(t);
    sync_mutex_lock(&rw->mutex);
    for (unsigned i = 0; i < BUFFERED_LOGS; i++)
        buffered_give_back(rw, rc_self(t)->log[i]);
    sync_mutex_unlock(&rw->mutex);
}

// Must a thread that is offline wait until it has at most so many pads to be applied? With 0 also
// for those of others, when nobody is left who could add to them, and for the committer to have
// come.
API bool buffered_pending(struct rc_world *rw, struct rc_thread *rt, uint32_t most)
{
    return sync_get(rt->unsettled) > most ||
           (most == 0 &&
            (!sync_get(rw->ready) || (sync_get(rw->online) == 0 && buffered_work(rw))));
}
// Outside the runtime; true if there was something to wait for.
static __attribute__((noinline, unused)) bool buffered_wait(struct thread *t, uint32_t most)
{
    struct rc_world *rw = rc_world(t);
    lk_blocking_begin(t);
    sync_mutex_lock(&rw->mutex);
    bool any = buffered_pending(rw, rc_self(t), most);
    buffered_add(&rw->waiters, 1);
    while (buffered_pending(rw, rc_self(t), most))
        buffered_sleep(rw, &rw->settled);
    buffered_add(&rw->waiters, -1);
    sync_mutex_unlock(&rw->mutex);
    lk_blocking_end(t);
    return any;
}
static __attribute__((noinline, cold, unused)) void buffered_crowded(struct thread *t)
{
    uint64_t from = sync_now_ns();
    buffered_wait(t, BUFFERED_PADS / 2);
    rc_self(t)->crowded = false;
    thread_paused(t, sync_now_ns() - from);
}
API void rc_safepoint(struct thread *t)
{
    struct rc_thread *rt = rc_self(t);
    // relaxed: seen late, it is seen at the next one
    if (__builtin_expect(
            atomic_load_explicit(&rc_world(t)->epoch, memory_order_relaxed) != rt->epoch, 0))
        buffered_pass(t, true);
    if (__builtin_expect(rt->crowded, 0))
        buffered_crowded(t);
}
API bool rc_drain(struct thread *t)
{
    return buffered_wait(t, 0);
}

// --- the committer ----------------------------------------------------------------------------

// Adds d to the count; the new one.
API intptr_t buffered_count(struct rc_header *h, intptr_t d)
{
    intptr_t n = sync_get(h->count) + d;
    sync_set(h->count, n);
    return n;
}
// Have all increments been applied that this pad's decrements must not come before? `epoch` is the
// one that has begun: all threads' logs of those before it are there.
API bool buffered_due(struct buffered_pad *p, uint64_t epoch)
{
    return sync_get(p->epoch) + 2 <= epoch;
}
API struct buffered_pad *buffered_pop(struct buffered_pad **list)
{
    struct buffered_pad *p = *list;
    *list = sync_get(p->next);
    return p;
}
API void buffered_push(struct buffered_pad **list, struct buffered_pad *p)
{
    sync_set(p->next, *list);
    *list = p;
}
// Applies decrements; the pad then lists the dead. True if there are any.
API bool buffered_decrement(struct buffered_pad *p)
{
    unsigned dead = 0, n = sync_get(p->n);
    for (unsigned i = 0; i < n; i++) {
        struct rc_header *h = sync_get(p->entry[i]);
        if (buffered_count(h, -1) == 0)
            sync_set(p->entry[dead++], h);
    }
    sync_set(p->n, dead);
    return dead != 0;
}
API void buffered_deaths(struct thread *t, struct buffered_pad *pads)
{
    thread_back(t);
    lk_enter(t);
    for (struct buffered_pad *p = pads; p != NULL; p = sync_get(p->next)) {
        for (unsigned i = 0; i < sync_get(p->n); i++)
            rc_die(t, sync_get(p->entry[i]));
        thread_safepoint(t);
    }
    while (rl_drain(t))
        ;
    lk_leave(t);
    thread_offline(t);
}
// Under the mutex.
API void buffered_settle(struct rc_world *rw, struct buffered_pad *pads)
{
    while (pads != NULL) {
        struct buffered_pad *p = buffered_pop(&pads);
        buffered_add(&sync_get(p->of)->unsettled, -1);
        buffered_add(&rw->unsettled, -1);
        buffered_give_back(rw, p);
    }
}
// Ends an epoch and applies what is due. The mutex is locked before, not after.
static __attribute__((noinline, unused)) void buffered_round(struct thread *t)
{
    struct rc_world *rw = rc_world(t);
    uint64_t epoch = atomic_load_explicit(&rw->epoch, memory_order_relaxed) + 1;
    atomic_store_explicit(&rw->epoch, epoch, memory_order_relaxed);
    sync_set(rw->behind, sync_get(rw->online));
    while (sync_get(rw->behind) != 0) {
        sync_set(rw->asleep, true);
        buffered_sleep(rw, &rw->bell);
    }
    struct buffered_pad *up = sync_get(rw->queue[BUFFERED_INCREMENTS]), *due = NULL;
    struct buffered_pad *down = sync_get(rw->queue[BUFFERED_DECREMENTS]);
    sync_set(rw->queue[BUFFERED_INCREMENTS], NULL);
    sync_set(rw->queue[BUFFERED_DECREMENTS], NULL);
    uint32_t lingers = sync_get(rw->lingers);
    sync_mutex_unlock(&rw->mutex);

    // those of the epoch that has begun may be among them: early does no harm
    for (struct buffered_pad *p = up; p != NULL; p = sync_get(p->next))
        for (unsigned i = 0; i < sync_get(p->n); i++)
            buffered_count(sync_get(p->entry[i]), 1);
    struct buffered_pad *kept = rw->kept;
    rw->kept = NULL;
    bool any = false;
    for (unsigned i = 0; i < 2; i++)
        for (struct buffered_pad **list = i == 0 ? &kept : &down; *list != NULL;) {
            struct buffered_pad *p = buffered_pop(list);
            bool is_due = buffered_due(p, epoch);
            any |= is_due && buffered_decrement(p);
            buffered_push(is_due ? &due : &rw->kept, p);
        }
    if (any || lingers != 0)
        buffered_deaths(t, due);

    sync_mutex_lock(&rw->mutex);
    sync_set(rw->lingers, any ? 2 : lingers - (lingers != 0));
    buffered_settle(rw, up);
    buffered_settle(rw, due);
    bool wake = sync_get(rw->waiters) != 0;
    if (wake)
        buffered_signal(&rw->settled);
    sync_mutex_unlock(&rw->mutex);
    if (wake)
        sync_unpark(&rw->settled, UINT32_MAX);
}
static __attribute__((unused)) void buffered_commit(void *argument)
{
    struct thread *t = thread_attach(argument);
    struct rc_world *rw = rc_world(t);
    sync_self_is(t);
    thread_offline(t);
    rc_self(t)->committer = true;
    sync_mutex_lock(&rw->mutex);
    sync_set(rw->ready, true);
    if (sync_get(rw->waiters) != 0) {
        buffered_signal(&rw->settled);
        sync_unpark(&rw->settled, UINT32_MAX);
    }
    for (;;) {
        if (buffered_work(rw)) {
            buffered_round(t);
            sync_mutex_lock(&rw->mutex);
        } else if (sync_get(rw->stopping)) {
            break;
        } else {
            sync_set(rw->asleep, true);
            buffered_sleep(rw, &rw->bell);
        }
    }
    sync_mutex_unlock(&rw->mutex);
    thread_back(t);
    thread_detach(t);
}

// A dying object's reference goes at once: see the head. By the committer, which alone destroys.
API void rc_clear(struct thread *t, struct rc_slot *s)
{
    struct rc_header *h = rc_peek(s);
    if (h != NULL && buffered_count(h, -1) == 0)
        rc_die(t, h);
}

API void rc_world_init(struct rc_world *rw, struct world *w)
{
    (void)w;
    sync_mutex_init(&rw->mutex);
}
API void rc_world_start(struct world *w)
{
    sync_thread_start(&world_rc(w)->thread, buffered_commit, w);
}
// The committer finishes what there is, and goes.
API void rc_world_stop(struct world *w)
{
    struct rc_world *rw = world_rc(w);
    sync_mutex_lock(&rw->mutex);
    sync_set(rw->stopping, true);
    bool wake = buffered_rings(rw);
    sync_mutex_unlock(&rw->mutex);
    if (wake)
        sync_unpark(&rw->bell, 1);
    sync_thread_join(&rw->thread);
}
API void rc_world_fini(struct rc_world *rw)
{
    while (rw->spare != NULL)
        sync_free(buffered_spare(rw));
    sync_mutex_destroy(&rw->mutex);
}

// A thread's part costs no access to an object: what the committer does is background time.
// clang-format off
#define RC_CENSUS(op)                                                                              \
    op(incref_own, 0)                                                                              \
    op(decref_own, 0)                                                                              \
    op(incref_other, 0)                                                                            \
    op(decref_other, 0)                                                                            \
    op(death_own, 0)                                                                               \
    op(try_incref, 0)                                                                              \
    op(local_pair, 0)                                                                              \
    op(load, .load = 1)                                                                            \
    op(store, .rmw = 1)
// clang-format on

#include "rc_local_counted.h"
#include "rc_no_cycles.h"
#include "rc_no_move.h"
#include "rc_no_weak.h"
#include "rc_slot_plain.h"

#endif
