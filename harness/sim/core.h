// SPDX-License-Identifier: MIT
//
// What the parts of the explorer share. One schedule runs at a time, on one host thread:
//   memory.c    where simulated memory lies: blocks, what was freed, the copy that a schedule
//               begins from
//   order.c     what C11 lets an access see and do: views, modification orders, races
//   schedule.c  threads as coroutines, who runs next and by which policy, the services
//   explore.c   many schedules of one scenario; the shortest that fails
//   listing.c   a failed schedule as source lines
//   audit.c     the same with one memory order weakened at a time
#ifndef SIM_CORE_H
#define SIM_CORE_H

#include <setjmp.h>

#include "../sync.h"
#include "coroutine.h"
#include "sim.h"

// --- failures -----------------------------------------------------------------------------------

enum sim_failure {
    SIM_PASSED,
    SIM_RACE,        // conflicting accesses, one of them not atomic, that nothing orders
    SIM_FREED,       // use of freed memory, or a second free
    SIM_WILD,        // an access outside every block
    SIM_CHECK,       // sync_check
    SIM_LEAK,        // memory that is left at the end
    SIM_DEADLOCK,    // all threads that are left wait
    SIM_LIVELOCK,    // the bound on steps was reached
    SIM_CRASH,       // a signal
    SIM_MISUSE,      // a service used against its rules: a mutex unlocked by another thread ...
    SIM_UNDECLARED,  // an atomic changed by something that was not declared
    SIM_FAILURES,
};
// "data race", "use after free" ...
const char *sim_failure_name(enum sim_failure f);
// A file's name without the way there from another one: "a/b/../../c/d.h" is "c/d.h" to a reader.
const char *sim_file(const char *file);

// Ends the schedule from anywhere below a thread or finish.
_Noreturn void sim_fail(enum sim_failure f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// --- policies and results -------------------------------------------------------------------------

// A decision is a deviation from the default, or none. By default the thread that runs goes on
// until it waits, then the lowest that can run is next, a load answers the newest value, and
// nobody wakes early.
enum sim_decision { SIM_RUN, SIM_VALUE }; // who runs; which of several values or outcomes
struct sim_deviation {
    uint8_t thread;   // the thread that decides
    uint8_t kind;     // enum sim_decision
    uint16_t index;   // its how-manieth decision of that kind
    uint16_t choice;  // SIM_RUN: the thread that runs; SIM_VALUE: 1.. (0 is the default)
};

enum sim_mode { SIM_RANDOM, SIM_PCT, SIM_EXHAUSTIVE, SIM_REPLAY };
enum { SIM_DEVIATIONS_MAX = 4096 };
struct sim_policy {
    enum sim_mode mode;
    unsigned depth;     // PCT: of the bug; exhaustive: deviations from the default, at most
    uint64_t seed;      // random and PCT; of sync_rand in all
    const struct sim_deviation *replay; // SIM_REPLAY
    unsigned replays;
};
struct sim_result {
    enum sim_failure failure;
    char text[200];    // what happened
    unsigned steps;    // decisions about who runs
    unsigned switches; // times that another thread ran on
    uint64_t hash;     // of what was decided and which value each access took; no addresses
    const struct sim_deviation *deviations; // of this schedule; until the next one
    unsigned deviations_count;
    // Events that a race is about, in the trace; -1: none. [0] is the last one.
    int event[2];
    unsigned thread; // that ran at the end
    uintptr_t about; // an address in the block that the failure is about; 0: none
    bool hangs;      // SIM_LIVELOCK: it took a tenth of a second
};

// Makes the scenario's memory; once, before its schedules and after those of another scenario.
// False: set-up failed, and *r says how.
bool sim_prepare(const struct sim_scenario *s, struct sim_result *r);
// The scenario's threads and, behind them, those that set-up started in the background.
unsigned sim_threads(void);
// One schedule.
void sim_run(const struct sim_policy *p, struct sim_result *r);
// Exhaustive: the next schedule in order, or false when all have been run. sim_first starts anew.
void sim_first(void);
bool sim_next(unsigned depth);

// --- trace --------------------------------------------------------------------------------------

// What happened, in order; recorded only while sim.tracing.
enum sim_event_kind {
    SIM_EVENT_LOAD,
    SIM_EVENT_STORE,
    SIM_EVENT_RMW,
    SIM_EVENT_CAS,
    SIM_EVENT_CAS_FAILED,
    SIM_EVENT_FENCE,
    SIM_EVENT_READ,  // plain
    SIM_EVENT_WRITE, // plain
    SIM_EVENT_ALLOCATE,
    SIM_EVENT_FREE,
    SIM_EVENT_PARK,   // goes to sleep
    SIM_EVENT_WAKE,   // value: 1 woken, 0 the time was up, 2 for no reason
    SIM_EVENT_UNPARK, // value: how many were woken
    SIM_EVENT_LOCK,
    SIM_EVENT_UNLOCK,
    SIM_EVENT_WAIT,  // cannot go on
    SIM_EVENT_YIELD,
    SIM_EVENT_CLOCK, // value: ns
    SIM_EVENT_END,   // the thread has ended
};
struct sim_event {
    uint8_t kind, thread, size;
    int8_t order;        // as it was used, of <stdatomic.h>; -1: none
    uint16_t age;        // values newer than the one that was taken (or that the store went under)
    uint32_t time;       // the thread's clock
    uint32_t step;       // see struct sim_result
    const void *site;    // struct sim_site or, from instrumented code, a return address
    uintptr_t address;   // 0: none
    uint64_t before, after; // load, read: before only
};
enum { SIM_EVENTS_MAX = 1 << 16 };
extern struct sim_event sim_events[SIM_EVENTS_MAX];
extern unsigned sim_events_count;
// Plain accesses of other sizes have no values.
static inline bool sim_event_has_value(const struct sim_event *e)
{
    return e->size == 1 || e->size == 2 || e->size == 4 || e->size == 8;
}

// --- memory -------------------------------------------------------------------------------------

// Everything that threads share lies at fixed addresses, so that nothing hangs on where the system
// loads a program: a heap, then a stack for each thread with a guard page below it.
#define SIM_BASE       ((uintptr_t)0x300000000000) // in no sanitizer's shadow, on x86-64 and arm64
#define SIM_HEAP_SIZE  ((size_t)32 << 20)
#define SIM_STACK_SIZE ((size_t)256 << 10)
#define SIM_SIZE       (SIM_HEAP_SIZE + SIM_THREADS_MAX * SIM_STACK_SIZE)

// For each eight bytes: may they be touched?
enum sim_granule { SIM_GRANULE_WILD, SIM_GRANULE_USED, SIM_GRANULE_FREED };
extern uint8_t sim_granules[SIM_SIZE / 8];

enum { SIM_FRESH = 0xa5 }; // each byte of a block that nobody has written, unless it was zeroed
struct sim_block {
    uintptr_t address;
    size_t size;
    bool zeroed;
    const struct sim_site *made, *freed; // freed: NULL while it is not
};
// The block that contains an address or ended shortly before it, or NULL; *number counts from 1 in
// the order in which blocks were made.
const struct sim_block *sim_block_at(uintptr_t address, unsigned *number);

void sim_memory_empty(void);   // before set-up
void sim_memory_keep(void);    // after it: schedules begin here
void sim_memory_restore(void); // before a schedule
void *sim_stack(unsigned thread);
// Fails the schedule where a block is left.
void sim_memory_leaks(void);

static inline bool sim_inside(const volatile void *p)
{
    return (uintptr_t)p - SIM_BASE < SIM_SIZE;
}
_Noreturn void sim_memory_fail(const void *site, const volatile void *p);
// Fails unless all of the bytes may be touched. Inside only.
static inline void sim_memory_check(const void *site, const volatile void *p, size_t size)
{
    size_t first = ((uintptr_t)p - SIM_BASE) / 8, last = ((uintptr_t)p - SIM_BASE + size - 1) / 8;
    for (size_t i = first; i <= last; i++)
        if (__builtin_expect(sim_granules[i] != SIM_GRANULE_USED, 0))
            sim_memory_fail(site, (const void *)(SIM_BASE + i * 8));
}

// --- order --------------------------------------------------------------------------------------

// The orders of one atomic location, while one schedule runs.
struct sim_location;

void sim_order_reset(void);
// As the functions of sim.h, with the order as it is; `site` may be a return address. The access
// is the running thread's, and a point of decision.
uint64_t sim_order_load(const void *site, const volatile void *p, unsigned size, int order);
void sim_order_store(const void *site, volatile void *p, unsigned size, uint64_t value, int order);
uint64_t sim_order_rmw(const void *site, enum sim_operation op, volatile void *p, unsigned size,
                       uint64_t operand, int order);
bool sim_order_cas(const void *site, volatile void *p, unsigned size, void *expected,
                   uint64_t desired, bool weak, int success, int failure);
void sim_order_fence(const void *site, int order);
void sim_order_plain(const void *site, const volatile void *p, size_t size, bool write);
// A free is a write of the whole block.
void sim_order_free(const void *site, uintptr_t address, size_t size);
// The same of a part of a block, which may become something else; whole granules.
void sim_order_poison(const void *site, uintptr_t address, size_t size);
// For services: the newest value, and no point of decision. `as` is the event that is traced.
uint64_t sim_order_newest(const void *site, const volatile void *p, unsigned size);
void sim_order_acquire(const void *site, void *p, uint64_t value, enum sim_event_kind as);
void sim_order_release(const void *site, void *p, uint64_t value, enum sim_event_kind as);
// The newest store of a location that a condition read: has there been another one since?
uint32_t sim_order_newest_stamp(const struct sim_location *l);

// --- schedule -----------------------------------------------------------------------------------

extern struct sim {
    bool live;    // threads run; else set-up, finish, or nothing
    bool tracing; // events are recorded
    unsigned self;
    unsigned steps;
    uint64_t hash;
    int event[2];    // see struct sim_result
    uintptr_t about; // see struct sim_result
} sim;

// Who runs next?
void sim_point(const void *site);
// Which of n values or outcomes? 0 is the default.
unsigned sim_value(unsigned n);
// The running thread reads a location while it evaluates a condition. True: it must take the newest
// value.
bool sim_condition_reads(const struct sim_location *l, uint32_t newest);
void sim_condition_stale(void); // it took an older one
// A new newest value: whoever waits for the location may look again.
void sim_condition_changed(const struct sim_location *l);

static inline void sim_mix(uint64_t x)
{
    sim.hash = (sim.hash ^ x) * 0x9e3779b97f4a7c15u;
    sim.hash ^= sim.hash >> 29;
}

// The event just recorded, to be filled in further; a dummy when nothing is recorded.
struct sim_event *sim_trace(enum sim_event_kind kind, const void *site, const volatile void *p,
                            unsigned size, int order, uint32_t time);

#endif
