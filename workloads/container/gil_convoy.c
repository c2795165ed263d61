// SPDX-License-Identifier: MIT
//
// One thread blocks often, as a server does that waits for a socket, and all others compute without
// a pause. What matters is how long the first, awake again, waits until it may go on: the latency
// from where its wait has ended until lk_blocking_end returns. Without a global lock there is
// nothing to wait for. With one there is the computing thread, and the convoy: each time the lock
// is given up for a wait, however short, it is lost for a turn of the other one (D. Beazley, 2010).
// A lock with a switch interval makes a turn of 5 ms of it; one that is given and taken again every
// hundred ticks is on most turns taken back by who has it in cache before the woken one runs.
//
// The thread that blocks is the first; alone it shows what is left without company. Its operation
// is a wait of `io` ns by the clock of the system, one count of an object of its own, and a
// safepoint. It sleeps on a word that nobody wakes: a device or a peer whose answer takes that
// long, and later by what the system takes to wake a thread, which is no part of the latency. io=0
// asks the system and comes back at once, as the send to a socket with room does: the lock was
// given up for nothing, and whether it is still there is a race with who was woken for it. The
// others count an object of their own, with a safepoint after `tick` counts: what lies between two
// looks of an evaluation loop at whether somebody wants the lock.
//
// The median is over waits, and asks for CPUs that nobody else uses: while other processes keep the
// computing thread from running no wait is long, and more of them end in a given time.
//
// An operation of the one and of the others have nothing in common. ns/op is in essence what a
// count costs those that compute, and fairness says nothing.
#include "../watched.h"
#include "../workload.h"

enum { IO, TICK };
static const struct param params[] = {
    [IO] = {"io", "ns of a wait outside of the runtime; 0: a call that does not wait", 0, 100000000,
            100000},
    [TICK] = {"tick", "counts of a computing thread from one safepoint to the next", 1, 1 << 16,
              10},
    {0},
};

struct shared {
    uint64_t io, tick;
    unsigned threads; // of this world
    _Alignas(SYNC_LINE) _Atomic(uint64_t) deaths;
};
struct own {
    struct shared *shared;
    struct rc_header *object;
    uint64_t owed, done;     // counts until the next safepoint; operations
    struct latency *latency; // NULL: computes
    _Atomic(uint32_t) word;  // stays 0
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    (void)t;
    s->io = (uint64_t)run->param[IO];
    s->tick = (uint64_t)run->param[TICK];
    s->threads = run->threads / run->worlds;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    own->shared = shared;
    own->object = watched_new(t, WATCHED_LINES, 0, &own->shared->deaths);
    own->owed = own->shared->tick;
    if (index == 0)
        own->latency = sync_alloc(sizeof *own->latency);
    return own;
}

API void count(struct thread *t, struct own *own)
{
    struct rc_header *h = sync_opaque(own->object);
    rc_incref(t, h);
    rc_decref(t, h);
}
API void compute(struct thread *t, struct own *own, uint64_t n)
{
    uint64_t owed = own->owed, tick = own->shared->tick;
    for (; n != 0; n--) {
        count(t, own);
        if (--owed == 0) {
            thread_safepoint(t);
            owed = tick;
        }
    }
    own->owed = owed;
}
// The word is 0 and nobody's to wake: who is awake before its time sleeps again, and who expects 1
// is sent back by the system at once.
API void wait_for(struct thread *t, struct own *own, uint64_t n)
{
    uint64_t io = own->shared->io;
    for (; n != 0; n--) {
        lk_blocking_begin(t);
        if (io == 0)
            sync_park_for(&own->word, 1, 0);
        while (io != 0 && sync_park_for(&own->word, 0, io))
            ;
        uint64_t ready = sync_now_ns();
        lk_blocking_end(t);
        latency_add(own->latency, sync_now_ns() - ready);
        count(t, own);
        thread_safepoint(t);
    }
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    own->done += n;
    if (own->latency == NULL)
        compute(t, own, n);
    else
        wait_for(t, own, n);
}

static struct latency *latency(void *own)
{
    return ((struct own *)own)->latency;
}
static int64_t holds(const void *own)
{
    (void)own;
    return 1;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    const char *wrong = NULL;
    if (own->done != done)
        wrong = "another number of operations than was asked for";
    sync_free(own->latency);
    rc_decref(t, own->object);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    thread_drain(t);
    // relaxed: the threads have been joined. One that died before its time has died twice by now.
    uint64_t deaths = atomic_load_explicit(&s->deaths, memory_order_relaxed);
    bool all = (RC_TRAITS & RC_FREES) == 0 || deaths == s->threads;
    sync_free(s);
    return all ? NULL : "not every object died with its last reference";
}

static const struct workload gil_convoy = {
    .name = "gil_convoy",
    .summary = "one thread blocks often, the others compute: how long it waits for the runtime",
    .source = "D. Beazley, Understanding the Python GIL, PyCon 2010; bugs.python.org/issue7946",
    .operation = "one wait, by the first thread; one incref and one decref, by the others",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .latency = latency,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(gil_convoy)
