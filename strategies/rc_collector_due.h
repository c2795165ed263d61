// SPDX-License-Identifier: MIT
//
// When a collector that stops the world collects by itself: CPython 3.13's rule for its
// free-threaded build (Python/gc_free_threading.c). There is one generation. A collection is due
// when the tracked objects have become more by 2000 since the last one, and by more than a quarter
// of those that lived through it, which makes the work linear in the number of objects. Each thread
// counts the objects that it makes and ends by itself, and tells the world of 512 at a time.
//
// Invariant: the world's `live` and the threads' `net` together are the tracked objects.
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
    bool collecting; // ends garbage: its safepoints collect no further
};
struct collector_world {
    _Alignas(SYNC_LINE) _Atomic(int64_t) live;
    _Atomic(int64_t) lived; // ... when the last collection was over
};
API struct collector_thread *collector_self(struct thread *t);
API struct collector_world *collector_world(struct thread *t);

API void collector_world_init(struct collector_world *cw)
{
    atomic_store_explicit(&cw->live, 0, memory_order_relaxed);
    atomic_store_explicit(&cw->lived, 0, memory_order_relaxed);
}
// A tracked object was made; it died, or collector_keep was called for it.
API void collector_made(struct thread *t)
{
    collector_self(t)->net++;
}
API void collector_ended(struct thread *t)
{
    collector_self(t)->net--;
}
// The world's number, with this thread's.
API int64_t collector_live(struct thread *t)
{
    int64_t net = collector_self(t)->net;
    collector_self(t)->net = 0;
    return atomic_fetch_add_explicit(&collector_world(t)->live, net, memory_order_relaxed) + net;
}

API uint64_t collector_collect_now(struct thread *t)
{
    struct collector_thread *ct = collector_self(t);
    // an object's end may wait for others, and pass safepoints
    bool within = ct->collecting;
    ct->collecting = true;
    uint64_t died = collector_collect(t);
    ct->collecting = within;
    atomic_store_explicit(&collector_world(t)->lived, collector_live(t), memory_order_relaxed);
    return died;
}
static __attribute__((noinline, cold, unused)) void collector_tell(struct thread *t)
{
    int64_t lived = atomic_load_explicit(&collector_world(t)->lived, memory_order_relaxed);
    int64_t young = collector_live(t) - lived;
    if (young > COLLECTOR_YOUNG && young > lived / 4 && !collector_self(t)->collecting)
        collector_collect_now(t);
}
// Of rc_safepoint.
API void collector_safepoint(struct thread *t)
{
    int64_t net = collector_self(t)->net;
    if (__builtin_expect(net >= COLLECTOR_TELL || net <= -COLLECTOR_TELL, 0))
        collector_tell(t);
}

#endif
