// SPDX-License-Identifier: MIT
//
// When a collector that stops the world collects by itself: CPython 3.13's rule for its
// free-threaded build (Python/gc_free_threading.c). There is one generation. A collection is due
// when the tracked objects have become more by 2000 since the last one, and by more than a quarter
// of those that lived through it, which makes the work linear in the number of objects. Each thread
// counts the objects that it makes and ends by itself, and tells the world of 512 at a time.
//
// Memory order: relaxed; a number that is seen late collects later.
//
// A scheme's struct rc_thread and struct rc_world have parts that collector_self and
// collector_world find.
#ifndef RC_COLLECTOR_DUE_H
#define RC_COLLECTOR_DUE_H

#include "rc_collector.h"

enum { COLLECTOR_TELL = 512, COLLECTOR_YOUNG = 2000 };

struct collector_thread {
    int64_t net;     // tracked objects that it made, less those that it ended; not told yet
    bool due;        // its next safepoint collects
    bool collecting; // ends garbage: its safepoints collect no further
};
struct collector_world {
    _Alignas(SYNC_LINE) _Atomic(int64_t) young; // told since the last collection; not below zero
    _Atomic(int64_t) lived;                     // through that
};
API struct collector_thread *collector_self(struct thread *t);
API struct collector_world *collector_world(struct thread *t);

API void collector_world_init(struct collector_world *cw)
{
    atomic_store_explicit(&cw->young, 0, memory_order_relaxed);
    atomic_store_explicit(&cw->lived, 0, memory_order_relaxed);
}
static __attribute__((noinline, cold, unused)) void collector_tell(struct thread *t)
{
    struct collector_thread *ct = collector_self(t);
    struct collector_world *cw = collector_world(t);
    int64_t young = atomic_load_explicit(&cw->young, memory_order_relaxed), next;
    do {
        next = young + ct->net > 0 ? young + ct->net : 0;
    } while (!atomic_compare_exchange_weak_explicit(&cw->young, &young, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    ct->net = 0;
    ct->due =
        next > COLLECTOR_YOUNG && next > atomic_load_explicit(&cw->lived, memory_order_relaxed) / 4;
}
// A tracked object was made; it died, or collector_keep was called for it.
API void collector_made(struct thread *t)
{
    if (++collector_self(t)->net >= COLLECTOR_TELL)
        collector_tell(t);
}
API void collector_ended(struct thread *t)
{
    if (--collector_self(t)->net <= -COLLECTOR_TELL)
        collector_tell(t);
}

static __attribute__((noinline, unused)) uint64_t collector_collect_now(struct thread *t)
{
    struct collector_thread *ct = collector_self(t);
    struct collector_world *cw = collector_world(t);
    struct collection c = {.t = t};
    // an object's end may wait for others, and pass safepoints
    bool within = ct->collecting;
    ct->collecting = true;
    ct->due = false;
    atomic_store_explicit(&cw->young, 0, memory_order_relaxed);
    uint64_t died = collector_collect(&c);
    atomic_store_explicit(&cw->lived, (int64_t)c.alive, memory_order_relaxed);
    ct->collecting = within;
    return died;
}
// Of rc_safepoint.
API void collector_safepoint(struct thread *t)
{
    if (__builtin_expect(collector_self(t)->due, 0) && !collector_self(t)->collecting)
        collector_collect_now(t);
}

#endif
