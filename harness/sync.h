// SPDX-License-Identifier: MIT
//
// The one door to shared memory. Schemes and containers touch memory that more than one thread
// may see through C11's atomic_*_explicit operations and the services below, and through nothing
// else: natively this costs nothing, and the same source can be compiled against another face
// that counts (SYNC_CENSUS, sync_census.h) or that decides the schedule (SYNC_EXPLORE, sim/face.h).
//
// The rules (`make lint` checks what a program can check):
//  1. Atomics are _Atomic(T) or atomic_* of 1, 2, 4 or 8 bytes, touched only by the _explicit
//     operations; no operators on them, no builtins, no volatile, no inline assembly, no
//     fetch-add on an atomic pointer (compilers disagree on its stride).
//  2. A struct that holds atomics is never copied, cleared or compared as a whole.
//  3. A plain field that several threads touch (under a lock, say) goes through sync_get/sync_set.
//  4. An unbounded wait is sync_await(); a bounded spin calls sync_pause() or sync_yield() once a
//     turn.
//  5. Sleeping is sync_park()/sync_unpark() or a sync_mutex; nothing else blocks. A thread of a
//     scheme's own is a sync_thread.
//  6. No thread-local and no changing static variable: state hangs on the argument `t`.
//  7. An address decides something (order, stripe, hash) only through sync_address().
//  8. The weakest memory order that is right stands at each call; a fence is sync_fence().
//  9. Compare-exchange loops use the weak form and reload what they expected.
#ifndef SYNC_H
#define SYNC_H

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Bytes that no two threads should share unknowingly: a cache line of all x86-64 and most arm64.
#define SYNC_LINE 64

// What the census counts, one X-macro list for struct, JSON and tests. Loads and stores count only
// in memory from sync_heap_alloc (objects, containers, their storage), the rest wherever it
// happens.
// clang-format off
#define SYNC_COUNTS(x)                                                           \
    x(rmw)        /* atomic read-modify-writes that wrote */                     \
    x(failed_cas) /* compare-exchanges that did not */                           \
    x(fence)      /* stand-alone fences */                                       \
    x(load)       /* loads of a line of an object, a container or its storage */ \
    x(store)      /* stores to such a line */                                    \
    x(lock_pair)  /* lock operations of a sync_mutex (each has its unlock) */    \
    x(park)       /* times a thread went to sleep */
// clang-format on
struct sync_counts {
#define SYNC_COUNT_FIELD(name) uint64_t name;
    SYNC_COUNTS(SYNC_COUNT_FIELD)
};

// What the census counts of a program, in the terms of an interpreter; natively nobody does.
// clang-format off
#define SYNC_EVENTS(x)                                                              \
    x(bytecode)  /* instructions of a virtual machine */                            \
    x(lookup)    /* searches of a dictionary for a name */                          \
    x(made)      /* new objects */                                                  \
    x(incref)    /* counted references made that were written to an object */       \
    x(decref)    /* ... and given up */                                             \
    x(uncounted) /* both, of objects that are immortal or whose count is elsewhere */ \
    x(container_lock) /* locks of containers that were asked for */
// clang-format on
struct sync_events {
    SYNC_EVENTS(SYNC_COUNT_FIELD)
};

// What a scheme states of one operation.
struct census_line {
    const char *operation;
    struct sync_counts counts;
};

// The calling thread, as the harness keeps it; defined in sync.c. Schemes use sync_self() only.
struct sync_here {
    void *self;                // what sync_self() answers
    uint64_t seed;             // state of sync_rand()
    struct sync_counts counts; // census face only
    struct sync_events events; // likewise
};
extern _Thread_local struct sync_here sync_here;

// The thread register: what an interpreter reads where no argument carries its thread.
static inline void *sync_self(void)
{
    return sync_here.self;
}
// By a scheme's own thread, which the harness does not know, before and after it is in a world.
static inline void sync_self_is(void *self)
{
    sync_here.self = self;
}

// Ends the process with a message: a broken invariant is never survived. Defined in sync.c.
_Noreturn void sync_fail(const char *file, int line, const char *text);

// Hides from the compiler where a pointer came from, so that it neither folds nor hoists its uses,
// and does not drop the loop when they are nothing.
#define sync_opaque(p)                             \
    __extension__({                                \
        __typeof__(p) sync_opaque_ = (p);          \
        __asm__ volatile("" : "+r"(sync_opaque_)); \
        sync_opaque_;                              \
    })

// Next of a thread's own sequence of pseudo-random numbers (splitmix64); t may be NULL.
struct thread;
static inline uint64_t sync_rand(struct thread *t)
{
    (void)t;
    uint64_t z = sync_here.seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// The mutex of the C library: natively pthread's own, with default attributes.
typedef struct {
    pthread_mutex_t native;
} sync_mutex;
// A scheme's own thread, which works in the background.
typedef struct {
    pthread_t native;
    void (*run)(void *);
    void *argument;
} sync_thread;
// A count that one thread changes and others may look at. It orders nothing, and is no step of a
// schedule: the explorer sees a plain field. Adding is no read-modify-write for others, but on
// x86-64 it is one instruction, as for a plain field; compilers make three of a relaxed load and
// store. A macro, so that the field's address is the instruction's own.
#ifdef SYNC_EXPLORE
typedef uint64_t sync_tally;
#define sync_tally_of(n)  (n)
#define sync_tally_add(n) ((void)++(n))
#else
typedef _Atomic(uint64_t) sync_tally;
#define sync_tally_of(n) atomic_load_explicit(&(n), memory_order_relaxed)
#if defined __x86_64__
#define sync_tally_add(n) __asm__("addq $1, %0" : "+m"(n))
#else
#define sync_tally_add(n) atomic_store_explicit(&(n), sync_tally_of(n) + 1, memory_order_relaxed)
#endif
#endif
// A slot of thread-local storage reached by a library call, where that cost belongs to a mechanism.
typedef pthread_key_t sync_tls;

// AddressSanitizer watches this build.
#ifdef __has_feature // clang
#if __has_feature(address_sanitizer)
#define SYNC_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SYNC_ASAN
#endif

#ifdef SYNC_EXPLORE
#include "sim/face.h"
#else

#define sync_check(ok, text) ((ok) ? (void)0 : sync_fail(__FILE__, __LINE__, (text)))

// --- memory -----------------------------------------------------------------------------------

// Zeroed memory, aligned to SYNC_LINE, for the structures of threads and worlds; never NULL.
void *sync_alloc(size_t size);
static inline void sync_free(void *p)
{
    free(p);
}

// Memory in which objects live, from whatever malloc the process was started with: aligned to 16,
// and to a line where the size is a multiple of a line. Never NULL: when memory runs out the
// process ends with a message.
#ifndef SYNC_CENSUS
void *sync_heap_out(size_t size) __attribute__((cold));
static inline void *sync_heap_alloc(size_t size)
{
    void *p = size % SYNC_LINE == 0 ? aligned_alloc(SYNC_LINE, size) : malloc(size);
    return __builtin_expect(p != NULL, 1) ? p : sync_heap_out(size);
}
static inline void sync_heap_free(void *p)
{
    free(p);
}
#else
void *sync_heap_alloc(size_t size);
void sync_heap_free(void *p);
#endif

// The same for an allocator's own pages: aligned to a power of two of at least SYNC_LINE. Given
// back by sync_heap_free.
void *sync_heap_aligned(size_t alignment, size_t size);

// What an allocator holds free is nobody's: whoever touches it is told of as if it had been freed.
// Poisoning counts as a write of all n bytes. Where both ends are multiples of 8 it is exact.
#ifdef SYNC_ASAN
#include <sanitizer/asan_interface.h>
#define sync_poison(p, n)   __asan_poison_memory_region(p, n)
#define sync_unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
#define sync_poison(p, n)   ((void)(p), (void)(n))
#define sync_unpoison(p, n) ((void)(p), (void)(n))
#endif

// An address as a number, for lock order, stripes and hashes only.
static inline uintptr_t sync_address(const void *p)
{
    return (uintptr_t)p;
}

// --- time -------------------------------------------------------------------------------------

// Monotonic nanoseconds.
static inline uint64_t sync_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// --- waiting ----------------------------------------------------------------------------------

// One turn of a bounded spin.
static inline void sync_pause(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

// Lets another thread have the processor, if one is ready to run.
static inline void sync_yield(void)
{
    sched_yield();
}

// Turn number n of an unbounded wait: spins at first, then lets others have the processor.
static inline void sync_wait_turn(unsigned n)
{
    if (n < 128)
        sync_pause();
    else
        sync_yield();
}

// Waits until the condition holds. It is evaluated again and again and may only assign locals.
#define sync_await(condition)                                     \
    do {                                                          \
        for (unsigned sync_turn_ = 0; !(condition); sync_turn_++) \
            sync_wait_turn(sync_turn_);                           \
    } while (0)

#ifdef SYNC_CENSUS
#define SYNC_COUNT(what) (sync_here.counts.what++)
#else
#define SYNC_COUNT(what) ((void)0)
#endif

// Sleeps while *word == expected, at most ns nanoseconds (UINT64_MAX: no bound). May return early
// for no reason. False only when the time was up. Reads *word sequentially consistent.
static inline bool sync_park_for(_Atomic(uint32_t) *word, uint32_t expected, uint64_t ns)
{
    struct timespec bound = {.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
    SYNC_COUNT(park);
    long answer = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected,
                          ns == UINT64_MAX ? NULL : &bound, NULL, 0);
    return !(answer == -1 && errno == ETIMEDOUT);
}
static inline void sync_park(_Atomic(uint32_t) *word, uint32_t expected)
{
    sync_park_for(word, expected, UINT64_MAX);
}
// Wakes at most n threads that sleep on word.
static inline void sync_unpark(_Atomic(uint32_t) *word, unsigned n)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n > INT32_MAX ? INT32_MAX : (int)n, NULL, NULL, 0);
}

static inline void sync_mutex_init(sync_mutex *m)
{
    pthread_mutex_init(&m->native, NULL);
}
static inline void sync_mutex_destroy(sync_mutex *m)
{
    pthread_mutex_destroy(&m->native);
}
static inline void sync_mutex_lock(sync_mutex *m)
{
    SYNC_COUNT(lock_pair);
    pthread_mutex_lock(&m->native);
}
static inline bool sync_mutex_trylock(sync_mutex *m)
{
    if (pthread_mutex_trylock(&m->native) != 0)
        return false;
    SYNC_COUNT(lock_pair);
    return true;
}
static inline void sync_mutex_unlock(sync_mutex *m)
{
    pthread_mutex_unlock(&m->native);
}

// Runs run(argument) on a thread of its own; s lives until it has been joined. What was done before
// the start happens before run; what run did happens before the join returns. It may run wherever
// the process may, though the caller be bound to one CPU.
void sync_thread_start(sync_thread *s, void (*run)(void *), void *argument);
void sync_thread_join(sync_thread *s);
// Processor time that all threads so started have used, of those that have ended too, in ns.
uint64_t sync_background_ns(void);
// How many of them run; cpus: `size` bytes, the CPUs on which the system lets all of them be.
unsigned sync_background_threads(cpu_set_t *cpus, size_t size);

static inline void sync_tls_init(sync_tls *key)
{
    sync_check(pthread_key_create(key, NULL) == 0, "no thread-local key is left");
}
static inline void sync_tls_destroy(sync_tls *key)
{
    pthread_key_delete(*key);
}
static inline void *sync_tls_get(sync_tls *key)
{
    return pthread_getspecific(*key);
}
static inline void sync_tls_set(sync_tls *key, void *value)
{
    pthread_setspecific(*key, value);
}

// --- accesses ---------------------------------------------------------------------------------

#ifdef SYNC_CENSUS
#include "sync_census.h"
#else
// Plain fields that several threads touch: natively the fields themselves.
#define sync_get(lvalue)        (lvalue)
#define sync_set(lvalue, value) ((void)((lvalue) = (value)))
// A fence of the given order. gcc's ThreadSanitizer does not model fences; a read-modify-write of
// one common word orders at least as much, and it does model that.
#ifdef SYNC_TSAN
extern _Atomic(uint32_t) sync_fence_word;
#define sync_fence(order) \
    ((void)(order), (void)atomic_fetch_add_explicit(&sync_fence_word, 0, memory_order_seq_cst))
#else
#define sync_fence(order) atomic_thread_fence(order)
#endif
#endif

#endif // SYNC_EXPLORE

// One more event of the calling thread, or n.
#ifdef SYNC_CENSUS
#define sync_events(what, n) ((void)(sync_here.events.what += (n)))
#else
#define sync_events(what, n) ((void)0)
#endif
#define sync_event(what) sync_events(what, 1)

// At the head of a function: what it does is left out of the census, as what malloc does is.
#ifndef sync_uncounted
#define sync_uncounted() ((void)0)
#endif

#endif
