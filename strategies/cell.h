// SPDX-License-Identifier: MIT
//
// Composes a cell: one refcount scheme, one lock scheme, one reclaimer and one allocator, named by
// -DRC_SCHEME, -DLK_SCHEME, -DRL_SCHEME and -DAL_SCHEME. A workload includes this and nothing else
// of strategies/. Contracts come first, then the schemes, then what needs all four complete:
// struct thread, struct world, their services, and the death of objects.
#ifndef CELL_H
#define CELL_H

#include "al.h"
#include "lk.h"
#include "pair.h"
#include "rc.h"
#include "rl.h"

#define CELL_STRING_(x) #x
#define CELL_STRING(x)  CELL_STRING_(x)

// Without a choice: what an editor or a compiler that looks at one file alone sees.
#ifndef RC_SCHEME
#define RC_SCHEME atomic
#endif
#ifndef LK_SCHEME
#define LK_SCHEME none
#endif
// A scheme that lies elsewhere is named by its header too. No blanks in these paths: they count.
// clang-format off
#ifndef RC_HEADER
#define RC_HEADER CELL_STRING(refcount/RC_SCHEME.h)
#endif
#ifndef LK_HEADER
#define LK_HEADER CELL_STRING(lock/LK_SCHEME.h)
#endif
#include RC_HEADER
#include LK_HEADER
// clang-format on
#include "lk_census.h"
#include "rc_census.h"

// Allocator and reclaimer are what the two schemes go with, and the reclaimer what the allocator
// does, unless told otherwise.
#ifndef AL_SCHEME
#if defined RC_ALLOC
#define AL_SCHEME RC_ALLOC
#elif defined LK_ALLOC
#define AL_SCHEME LK_ALLOC
#else
#define AL_SCHEME system
#endif
#endif
// clang-format off
#ifndef AL_HEADER
#define AL_HEADER CELL_STRING(alloc/AL_SCHEME.h)
#endif
#include AL_HEADER
// clang-format on
#ifndef RL_SCHEME
#if defined LK_RECLAIM
#define RL_SCHEME LK_RECLAIM
#elif defined RC_RECLAIM
#define RL_SCHEME RC_RECLAIM
#elif defined AL_RECLAIM
#define RL_SCHEME AL_RECLAIM
#else
#define RL_SCHEME immediate
#endif
#endif
// clang-format off
#ifndef RL_HEADER
#define RL_HEADER CELL_STRING(reclaim/RL_SCHEME.h)
#endif
#include RL_HEADER
// clang-format on

#define CELL_NAME          \
    CELL_STRING(RC_SCHEME) \
    "+" CELL_STRING(LK_SCHEME) "+" CELL_STRING(RL_SCHEME) "+" CELL_STRING(AL_SCHEME)
#define CELL_ASSERT(ok, text) _Static_assert(ok, CELL_NAME ": " text);
#ifndef CELL_ALONE // one scheme with whatever it is beside
PAIR_RULES(CELL_ASSERT, RC_TRAITS, LK_TRAITS, RL_TRAITS, AL_TRAITS)
#endif

// --- thread and world -------------------------------------------------------------------------

enum thread_state { THREAD_FREE, THREAD_RESERVED, THREAD_ATTACHED };

struct thread {
    _Alignas(SYNC_LINE) struct rc_thread rc;
    struct lk_thread lk;
    struct rl_thread rl;
    struct al_thread al;
    struct world *world;
    uintptr_t id;
    sync_tally made, died; // thread_made, thread_died
    // Objects that wait for their death while another one's is under way.
    struct rc_header **dead;
    size_t dead_count, dead_room;
    bool dying;
    void *own;                                   // the workload's, of this thread; or NULL
    uint64_t pause;                              // thread_longest_pause
    _Alignas(SYNC_LINE) _Atomic(uint32_t) state; // enum thread_state
    _Atomic(uint32_t) running; // RC_STOPS: attached, and neither offline nor stopped
    _Atomic(bool) entered;     // it is the harness's, not a scheme's own
};

enum { WORLD_STRIPES = 64 };

struct world {
    _Alignas(SYNC_LINE) struct rc_world rc;
    _Alignas(SYNC_LINE) struct lk_world lk;
    _Alignas(SYNC_LINE) struct rl_world rl;
    _Alignas(SYNC_LINE) struct al_world al;
    _Alignas(SYNC_LINE) sync_mutex threads; // guards the growth of slot[] and the taking of a slot
    _Atomic(uint32_t) slots;
    _Atomic(struct thread *) slot[THREADS_MAX];
    _Alignas(SYNC_LINE) sync_mutex stopper; // RC_STOPS: held by the thread that stops the world
    _Alignas(SYNC_LINE) _Atomic(uint32_t) stopped; // the others shall not run; they sleep on it
    struct world_stripe {
        _Alignas(SYNC_LINE) sync_mutex mutex;
    } stripe[WORLD_STRIPES];
};

API struct rc_thread *rc_self(struct thread *t)
{
    return &t->rc;
}
API struct lk_thread *lk_self(struct thread *t)
{
    return &t->lk;
}
API struct rl_thread *rl_self(struct thread *t)
{
    return &t->rl;
}
API struct al_thread *al_self(struct thread *t)
{
    return &t->al;
}
API struct rc_world *rc_world(struct thread *t)
{
    return &t->world->rc;
}
API struct rc_world *world_rc(struct world *w)
{
    return &w->rc;
}
API struct lk_world *lk_world(struct thread *t)
{
    return &t->world->lk;
}
API struct rl_world *rl_world(struct thread *t)
{
    return &t->world->rl;
}
API struct al_world *al_world(struct thread *t)
{
    return &t->world->al;
}

API uintptr_t thread_id(const struct thread *t)
{
    return t->id;
}
// Acquire: pairs with the release in thread_attach, so what the attach hooks set up is seen.
API bool thread_attached(const struct thread *t)
{
    return atomic_load_explicit(&t->state, memory_order_acquire) == THREAD_ATTACHED;
}
// Acquire: pairs with thread_reserve; that many slots are there.
API unsigned thread_slots(struct thread *t)
{
    return atomic_load_explicit(&t->world->slots, memory_order_acquire);
}
// Acquire: pairs with thread_reserve, for a number that is not from thread_slots.
API struct thread *thread_slot(struct thread *t, unsigned i)
{
    return i < THREADS_MAX ? atomic_load_explicit(&t->world->slot[i], memory_order_acquire) : NULL;
}
API struct thread *thread_nth(struct thread *t, unsigned i)
{
    struct thread *other = thread_slot(t, i);
    return other != NULL && thread_attached(other) ? other : NULL;
}
API struct thread *thread_of_id(struct thread *t, uintptr_t id)
{
    return thread_slot(t, (unsigned)(id - 1));
}
// Fibonacci hashing (Knuth, TAOCP 3, 6.4) of the address without its alignment bits.
API sync_mutex *world_stripe(struct thread *t, const void *p)
{
    uint64_t hash = (uint64_t)(sync_address(p) >> 4) * 0x9e3779b97f4a7c15u;
    return &t->world->stripe[hash >> 58].mutex;
}

API void thread_paused(struct thread *t, uint64_t ns)
{
    if (ns > t->pause)
        t->pause = ns;
}
API uint64_t thread_longest_pause(struct thread *t)
{
    uint64_t ns = t->pause;
    t->pause = 0;
    return ns;
}
API uint64_t thread_made(const struct thread *t)
{
    return sync_tally_of(t->made);
}
API uint64_t thread_died(const struct thread *t)
{
    return sync_tally_of(t->died);
}

// --- stopping the world ---

enum { WORLD_STOPS = (RC_TRAITS & RC_STOPS) != 0 };

// Release: what this thread did happens before what the stopper does.
API void thread_stands(struct thread *t)
{
    atomic_store_explicit(&t->running, 0, memory_order_release);
}
// Seq_cst: the store of `running` and the load of `stopped`, against the stopper's, who stores and
// loads the other way round; one of the two sees the other's (Dekker).
static __attribute__((noinline, unused)) void thread_runs(struct thread *t)
{
    struct world *w = t->world;
    for (;;) {
        atomic_store_explicit(&t->running, 1, memory_order_seq_cst);
        // acquire: what the stopper did happens before what this thread does
        if (atomic_load_explicit(&w->stopped, memory_order_seq_cst) == 0)
            return;
        thread_stands(t);
        while (atomic_load_explicit(&w->stopped, memory_order_relaxed) != 0)
            sync_park(&w->stopped, 1);
    }
}
// `stopper` is for the others who wish to stop the world; they wait for it offline.
API void world_stop(struct thread *t)
{
    struct world *w = t->world;
    thread_offline(t);
    sync_mutex_lock(&w->stopper);
    thread_back(t);
    // seq_cst: see thread_runs
    atomic_store_explicit(&w->stopped, 1, memory_order_seq_cst);
    // seq_cst: with the store in thread_reserve; a newcomer who found `stopped` clear took its slot
    // before, and this load must not answer an older number
    unsigned n = atomic_load_explicit(&w->slots, memory_order_seq_cst);
    for (unsigned i = 0; i < n; i++) {
        struct thread *other = thread_slot(t, i);
        // seq_cst: see thread_runs; acquire: pairs with thread_stands
        if (other != t)
            sync_await(atomic_load_explicit(&other->running, memory_order_seq_cst) == 0);
    }
}
API void world_start(struct thread *t)
{
    struct world *w = t->world;
    // release: what the stopper did happens before what the others do
    atomic_store_explicit(&w->stopped, 0, memory_order_release);
    sync_unpark(&w->stopped, UINT32_MAX);
    sync_mutex_unlock(&w->stopper);
}

// Whom a grace period waits for, the refcount scheme knows to be online: its own thread must not go
// to sleep over something retired because it takes all others to be away.
API void thread_offline(struct thread *t)
{
    rl_thread_offline(t);
    rc_thread_offline(t);
    if (WORLD_STOPS)
        thread_stands(t);
}
API void thread_back(struct thread *t)
{
    if (WORLD_STOPS)
        thread_runs(t);
    rc_thread_online(t);
    rl_thread_online(t);
}
API void thread_safepoint(struct thread *t)
{
    lk_safepoint(t);
    rc_safepoint(t);
    rl_quiesce(t);
    // relaxed: seen late, it is seen at the next one
    if (WORLD_STOPS && atomic_load_explicit(&t->world->stopped, memory_order_relaxed) != 0) {
        uint64_t from = sync_now_ns();
        thread_stands(t);
        thread_runs(t);
        thread_paused(t, sync_now_ns() - from);
    }
}

// --- life ---

API struct world *world_open(void)
{
    struct world *w = sync_alloc(sizeof *w);
    sync_mutex_init(&w->threads);
    sync_mutex_init(&w->stopper);
    for (unsigned i = 0; i < WORLD_STRIPES; i++)
        sync_mutex_init(&w->stripe[i].mutex);
    rl_world_init(&w->rl, w);
    al_world_init(&w->al, w);
    rc_world_init(&w->rc, w);
    lk_world_init(&w->lk, w);
    rc_world_start(w);
    return w;
}

// All threads are detached.
API void world_close(struct world *w)
{
    rc_world_stop(w);
    lk_world_fini(&w->lk);
    rc_world_fini(&w->rc);
    al_world_fini(&w->al);
    rl_world_fini(&w->rl);
    for (unsigned i = 0; i < WORLD_STRIPES; i++)
        sync_mutex_destroy(&w->stripe[i].mutex);
    sync_mutex_destroy(&w->threads);
    sync_mutex_destroy(&w->stopper);
    unsigned n = atomic_load_explicit(&w->slots, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++) {
        struct thread *t = atomic_load_explicit(&w->slot[i], memory_order_relaxed);
        sync_free(t->dead);
        sync_free(t);
    }
    sync_free(w);
}

// Takes a slot whose thread has gone, or a new one. Id and identity of a slot are for ever.
static __attribute__((noinline, unused)) struct thread *thread_reserve(struct world *w)
{
    struct thread *t = NULL;
    sync_mutex_lock(&w->threads);
    unsigned n = atomic_load_explicit(&w->slots, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++) {
        struct thread *old = atomic_load_explicit(&w->slot[i], memory_order_relaxed);
        // acquire: pairs with the release in thread_detach; the former life of the slot is over
        if (atomic_load_explicit(&old->state, memory_order_acquire) == THREAD_FREE) {
            t = old;
            break;
        }
    }
    if (t == NULL) {
        sync_check(n < THREADS_MAX, "more threads than a world has slots for (THREADS_MAX)");
        t = sync_alloc(sizeof *t);
        t->world = w;
        t->id = n + 1;
        // release: world and id are seen with the slot
        atomic_store_explicit(&w->slot[n], t, memory_order_release);
        // release: the slot is seen with its number; seq_cst: see world_stop
        atomic_store_explicit(&w->slots, n + 1, memory_order_seq_cst);
    }
    atomic_store_explicit(&t->state, THREAD_RESERVED, memory_order_relaxed);
    sync_mutex_unlock(&w->threads);
    return t;
}

API struct thread *thread_attach(struct world *w)
{
    struct thread *t = thread_reserve(w);
    if (WORLD_STOPS)
        thread_runs(t);
    rc_thread_attach(t);
    rl_thread_attach(t);
    al_thread_attach(t);
    lk_thread_attach(t);
    // release: pairs with thread_attached
    atomic_store_explicit(&t->state, THREAD_ATTACHED, memory_order_release);
    return t;
}
API bool thread_drain(struct thread *t)
{
    bool any = false;
    for (bool more = true; more;) {
        more = rl_drain(t);
        more |= rc_drain(t);
        any |= more;
    }
    return any;
}
API void thread_detach(struct thread *t)
{
    lk_thread_detach(t);
    al_thread_detach(t);
    rl_thread_detach(t);
    rc_thread_detach(t);
    if (WORLD_STOPS)
        thread_stands(t);
    // release: pairs with thread_reserve, where another thread takes the slot
    atomic_store_explicit(&t->state, THREAD_FREE, memory_order_release);
}

// Objects made and not yet dead; exact when all threads are detached.
API uint64_t world_live(struct world *w)
{
    uint64_t live = 0;
    // acquire: pairs with thread_reserve; that many slots are there
    unsigned n = atomic_load_explicit(&w->slots, memory_order_acquire);
    for (unsigned i = 0; i < n; i++) {
        const struct thread *t = atomic_load_explicit(&w->slot[i], memory_order_relaxed);
        live += thread_made(t) - thread_died(t);
    }
    return live;
}

// --- objects ----------------------------------------------------------------------------------

// An object in memory of `heap`, which begins with its header; the caller gets the first counted
// reference and fills in the rest before anyone else sees it. The memory is from al_alloc, or is
// what CELL_FREE kept of an object of the same size and heap.
API struct rc_header *rc_new_in(struct thread *t, void *memory, enum al_heap heap, unsigned flags)
{
    struct rc_header *h = memory;
    rc_init(t, h, flags | (heap == AL_CONTAINER ? RC_CONTAINER : 0u));
    sync_tally_add(t->made);
    sync_event(made);
    return h;
}
// An object of `size` bytes.
API struct rc_header *rc_new(struct thread *t, size_t size, enum al_heap heap, unsigned flags)
{
    // what only a collector ends lies among the objects that it looks at
    if ((flags & (RC_DEFERRED | RC_HOT)) != 0)
        heap = AL_CONTAINER;
    return rc_new_in(t, al_alloc(t, size, heap), heap, flags);
}

// Ends an object that was made with RC_IMMORTAL: the maker gives up its reference, which is the
// last one. Nobody counted where RC_UNCOUNTED, so the object becomes mortal first.
API void rc_end_immortal(struct thread *t, struct rc_header *h)
{
#ifdef RC_MORTAL
    RC_MORTAL(t, h);
#else
    if (PAIR_HAS(RC_TRAITS, RC_UNCOUNTED))
        rc_init(t, h, 0);
#endif
    rc_decref(t, h);
}

static __attribute__((noinline, cold, unused)) void rc_die_later(struct thread *t,
                                                                 struct rc_header *h)
{
    if (t->dead_count == t->dead_room) {
        size_t room = t->dead_room != 0 ? 2 * t->dead_room : 64;
        struct rc_header **dead = sync_alloc(room * sizeof *dead);
        for (size_t i = 0; i < t->dead_count; i++)
            dead[i] = t->dead[i];
        sync_free(t->dead);
        t->dead = dead;
        t->dead_room = room;
    }
    t->dead[t->dead_count++] = h;
}

API void rc_free_memory(struct thread *t, struct rc_header *h)
{
#ifdef CELL_FREE
    CELL_FREE(t, h);
#else
    al_free(t, h);
#endif
}
API void rc_free(struct thread *t, struct rc_header *h)
{
#ifdef RC_FINI
    RC_FINI(t, h);
#endif
#ifdef RC_FREE
    RC_FREE(t, h);
#else
    rc_free_memory(t, h);
#endif
    sync_tally_add(t->died);
}

// What h refers to may die with it: one after the other, however deep that goes.
static __attribute__((noinline, unused)) void rc_die_all(struct thread *t, struct rc_header *h)
{
    if (t->dying) {
        rc_die_later(t, h);
        return;
    }
    t->dying = true;
    for (;;) {
        rc_weak_die(t, h);
        obj_destroy(t, h);
        rc_free(t, h);
        if (t->dead_count == 0)
            break;
        h = t->dead[--t->dead_count];
    }
    t->dying = false;
}
// Out of line: inlined, each decref would carry the whole loop of deaths.
static __attribute__((noinline, unused)) void rc_die(struct thread *t, struct rc_header *h)
{
#ifdef RC_DIES
    RC_DIES(t, h);
#endif
#ifdef CELL_LEAF
    if (CELL_LEAF(h)) {
        rc_free(t, h);
        return;
    }
#endif
    rc_die_all(t, h);
}

static __attribute__((noinline, unused)) void rc_die_together(struct thread *t,
                                                              struct rc_header **h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        obj_destroy(t, h[i]);
    for (size_t i = 0; i < n; i++)
        rc_free(t, h[i]);
}

#endif
