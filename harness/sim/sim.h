// SPDX-License-Identifier: MIT
//
// Exploring schedules and weak memory: what a program under exploration calls. Schemes never see
// this file: sync.h includes face.h, which says the same things in these words, and the compiler's
// own instrumentation (tsan.c) says some of them too.
//
// A scenario is a small program of 1 to 7 threads. All of them are coroutines of one host thread,
// and who runs next is decided at each atomic access and each service, by a policy (schedule.c). A
// load may answer an older value, as far as C11 allows it (order.c). All that is random comes from
// a seed, so a seed is a schedule.
//
// The model. Accesses of data that are no atomics are no points of decision: when two of them
// conflict and nothing that the author declared orders them, that is a data race and the schedule
// has failed, whichever came first; when something orders them nobody can tell who was switched
// where between the atomic accesses.
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Threads of a scenario, and one that sets up and finishes (number 0).
enum { SIM_THREADS_MAX = 8 };

// A place in the source where shared memory is touched or a service is called: one static object
// for each, in the section "sim_sites" by a pointer.
struct sim_site {
    const char *file;
    unsigned line;
    const char *what;      // the operation: "load", "store", "park" ...
    const char *object;    // its operand as it was written; "" if there is none
    const char *order[2];  // the declared order, and that of a compare-exchange's failure; or ""
    uint8_t weaken[2];     // enum sim_strength, which the audit takes away from each order
};
enum sim_strength {
    SIM_TOTAL = 1,   // of seq_cst: the total order
    SIM_ACQUIRE = 2, // of acquire, acq_rel, seq_cst
    SIM_RELEASE = 4,
};

// Accesses of atomics of 1, 2, 4 or 8 bytes; orders are the constants of <stdatomic.h>.
enum sim_operation { SIM_EXCHANGE, SIM_ADD, SIM_SUB, SIM_AND, SIM_OR, SIM_XOR, SIM_NAND };
uint64_t sim_load(const struct sim_site *s, const volatile void *p, unsigned size, int order);
void sim_store(const struct sim_site *s, volatile void *p, unsigned size, uint64_t value,
               int order);
uint64_t sim_rmw(const struct sim_site *s, enum sim_operation op, volatile void *p, unsigned size,
                 uint64_t operand, int order);
bool sim_cas(const struct sim_site *s, volatile void *p, unsigned size, void *expected,
             uint64_t desired, bool weak, int success, int failure);
void sim_fence(const struct sim_site *s, int order);
// Of what is no atomic: said before the access, which the program does itself.
void sim_read(const struct sim_site *s, const volatile void *p, size_t size);
void sim_write(const struct sim_site *s, volatile void *p, size_t size);
// atomic_init: a write that orders nothing.
void sim_init(const struct sim_site *s, volatile void *p, unsigned size, uint64_t value);

// Services of sync.h.
// Alignment 0: to a line where the size is a multiple of one.
void *sim_alloc(const struct sim_site *s, size_t alignment, size_t size, bool zeroed);
void sim_free(const struct sim_site *s, void *p);
void sim_poison(const struct sim_site *s, void *p, size_t size);
void sim_unpoison(void *p, size_t size);
uintptr_t sim_address(const void *p);
uint64_t sim_now_ns(const struct sim_site *s);
void sim_yield(const struct sim_site *s);
void sim_await_begin(const struct sim_site *s);
void sim_await_again(void); // the condition did not hold
void sim_await_end(void);
bool sim_park_for(const struct sim_site *s, const volatile void *word, uint32_t expected,
                  uint64_t ns);
void sim_unpark(const struct sim_site *s, const volatile void *word, unsigned n);
void sim_mutex_init(const struct sim_site *s, void *m);
void sim_mutex_destroy(const struct sim_site *s, void *m);
void sim_mutex_lock(const struct sim_site *s, void *m);
bool sim_mutex_trylock(const struct sim_site *s, void *m);
void sim_mutex_unlock(const struct sim_site *s, void *m);

// Thread-local slots reached by a call: keys 0..SIM_TLS_MAX-1.
enum { SIM_TLS_MAX = 8 };
void sim_tls_init(unsigned *key);
void *sim_tls_get(const unsigned *key);
void sim_tls_set(const unsigned *key, void *value);

// Ends the schedule: it has failed.
_Noreturn void sim_fail_check(const char *file, int line, const char *text);

// A scenario. Set-up runs once, before all schedules, and makes in simulated memory what the
// threads share; each schedule begins from a copy of that. Set-up and finish run alone: nothing
// interrupts them. Threads that a scheme starts in set-up run from their beginning in each schedule,
// and beside finish where it waits. Finish checks what must hold when all threads have ended and
// frees everything, also what set-up allocated: what is left is a leak.
struct sim_scenario {
    const char *name, *summary;
    const char *omitted; // why it says nothing of these schemes; NULL: it does
    unsigned threads;    // 1..SIM_THREADS_MAX-1
    void *(*setup)(void);
    void (*run)(void *state, unsigned thread); // thread 1..threads
    void (*finish)(void *state);
};
// The headers of the schemes, as they were included, by kind (sim/main.c); of a program of scenarios.
extern const char *const sim_schemes[4] __attribute__((weak));

#define SIM_SCENARIO(scenario)                                                                     \
    static const struct sim_scenario *const sim_entry_##scenario                                   \
        __attribute__((used, section("sim_scenarios"))) = &scenario

#endif
