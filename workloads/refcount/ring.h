// SPDX-License-Identifier: MIT
//
// Threads in a ring: each sends counted references to the next one and receives from the one before
// it; a single thread sends to itself. Between two of them is a queue with one producer and one
// consumer (Lamport, TOPLAS 5(2), 1983) in which the slots themselves say whether they are empty
// (FastForward: Giacomoni, Moseley, Vachharajani, PPoPP 2008), so no line is shared but theirs.
// Sending is a load and a store, receiving a load and a store: no read-modify-write.
//
// Nobody waits for ever. In begin a thread sends ring_lead() references, then it sends one and
// receives one in each operation, so what it has sent exceeds what it has received by lead, and by
// one more while it waits to receive. The queue behind a thread that waits for room is full, so the
// next thread does not wait to receive: if all waited, then all for room, and the queues would hold
// threads x window references, or all to receive, and they would hold none. But they hold
// threads x lead, or threads x (lead + 1), and 0 <= lead < window. A thread that ends is none of
// them: from the first end on the ring is closing, and whoever would have to wait goes on without.
// No figure shows that, because threads end only when all have been measured.
//
// A thread that waits has left the runtime: a global lock is free meanwhile.
#ifndef RING_H
#define RING_H

#include "../workload.h"

enum { RING_WINDOW_MOST = 1 << 16 };

typedef _Atomic(struct rc_header *) ring_slot; // NULL: empty

struct ring {
    unsigned threads;
    size_t window; // slots of a queue
    size_t stride; // ... and their room: whole lines
    _Alignas(SYNC_LINE) _Atomic(bool) closing;
    _Atomic(uint64_t) unsent, unreceived; // operations that went without, of threads that have left
    _Alignas(SYNC_LINE) ring_slot slot[];
};
// A thread's own ends of two queues.
struct ring_place {
    struct ring *ring;
    ring_slot *out, *in;
    size_t window, next_out, next_in;
    uint64_t unsent, unreceived;
};

API struct ring *ring_new(unsigned threads, size_t window)
{
    enum { PER_LINE = SYNC_LINE / sizeof(ring_slot) };
    size_t stride = (window + PER_LINE - 1) / PER_LINE * PER_LINE;
    struct ring *r = sync_alloc(sizeof *r + threads * stride * sizeof r->slot[0]);
    r->threads = threads;
    r->window = window;
    r->stride = stride;
    return r;
}
API struct ring_place ring_join(struct ring *r, unsigned index)
{
    unsigned before = index != 0 ? index - 1 : r->threads - 1;
    return (struct ring_place){
        .ring = r,
        .out = &r->slot[index * r->stride],
        .in = &r->slot[before * r->stride],
        .window = r->window,
    };
}

// References that each thread sends before it works: half a queue, so that it may fall behind its
// neighbours or run ahead of them by as much. Less than a queue, so begin does not wait.
API size_t ring_lead(const struct ring *r)
{
    return r->window / 2;
}

// False: the ring is closing, and the slot is not as wanted.
static __attribute__((noinline, unused)) bool ring_wait(struct thread *t, struct ring *r,
                                                        ring_slot *slot, bool full)
{
    bool ready;
    lk_blocking_begin(t);
    // relaxed: the caller who reads a reference from the slot acquires it; closing publishes
    // nothing
    sync_await((ready = (atomic_load_explicit(slot, memory_order_relaxed) != NULL) == full) ||
               atomic_load_explicit(&r->closing, memory_order_relaxed));
    lk_blocking_end(t);
    return ready;
}

// Moves the caller's counted reference to the next thread. False: the ring is closing, the caller
// keeps it.
API bool ring_send(struct thread *t, struct ring_place *p, struct rc_header *h)
{
    ring_slot *slot = &p->out[p->next_out];
    // relaxed: an empty slot publishes nothing, and what is stored next comes after it in the slot
    if (atomic_load_explicit(slot, memory_order_relaxed) != NULL &&
        !ring_wait(t, p->ring, slot, false)) {
        p->unsent++;
        return false;
    }
    rc_give(t, h);
    // release: pairs with the acquire in ring_receive, so that the object is seen complete
    atomic_store_explicit(slot, h, memory_order_release);
    p->next_out = p->next_out + 1 == p->window ? 0 : p->next_out + 1;
    return true;
}
// A counted reference, or NULL: the ring is closing.
API struct rc_header *ring_receive(struct thread *t, struct ring_place *p)
{
    ring_slot *slot = &p->in[p->next_in];
    struct rc_header *h = atomic_load_explicit(slot, memory_order_acquire);
    if (h == NULL) {
        if (!ring_wait(t, p->ring, slot, true)) {
            p->unreceived++;
            return NULL;
        }
        h = atomic_load_explicit(slot, memory_order_acquire);
    }
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
    rc_take(t, h);
    p->next_in = p->next_in + 1 == p->window ? 0 : p->next_in + 1;
    return h;
}

// Relaxed: read when the threads have been joined.
API void ring_leave(const struct ring_place *p)
{
    struct ring *r = p->ring;
    atomic_fetch_add_explicit(&r->unsent, p->unsent, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->unreceived, p->unreceived, memory_order_relaxed);
    atomic_store_explicit(&r->closing, true, memory_order_relaxed);
}
// By the setting thread, when all have left: gives up what is still under way, and tells how many
// references that were.
API uint64_t ring_clear(struct thread *t, struct ring *r)
{
    uint64_t left = 0;
    for (size_t i = 0; i < r->threads * r->stride; i++) {
        // relaxed: the threads have been joined
        struct rc_header *h = atomic_load_explicit(&r->slot[i], memory_order_relaxed);
        if (h != NULL) {
            rc_take(t, h);
            rc_decref(t, h);
            left++;
        }
    }
    sync_free(r);
    return left;
}
// ... where each thread has sent and received once in each operation: what is wrong, or NULL.
API const char *ring_end(struct thread *t, struct ring *r)
{
    uint64_t lead = r->threads * ring_lead(r);
    uint64_t unsent = atomic_load_explicit(&r->unsent, memory_order_relaxed);
    uint64_t unreceived = atomic_load_explicit(&r->unreceived, memory_order_relaxed);
    return ring_clear(t, r) + unsent == lead + unreceived ? NULL
                                                          : "the queues lost or doubled references";
}

#endif
