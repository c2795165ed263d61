// SPDX-License-Identifier: MIT
//
// How fast the machine is at the moment, told by fixed work: two kernels on one CPU after another,
// around each sample, and a line that two CPUs send each other, once in a process. What follows
// from it is told in disturbance.h.
//
// Each kernel is timed in PROBE_PARTS parts, of which the median is reported: a part that was
// interrupted says nothing of the core. All of it takes less than a millisecond on a core of 3 GHz.
#ifndef PROBE_H
#define PROBE_H

#include "runner.h"
#include "ticks.h"

enum {
    PROBES_MOST = 2,
    PROBE_PARTS = 9,
    PROBE_ALU_TURNS = 40000,   // of a part
    PROBE_LOCKED_ADDS = 10000, // of a part
};

// What a CPU shows at one moment. Nanoseconds of a part; cpu is read back, -1: the thread was not
// bound.
struct probe_point {
    const struct ticks *clock;
    int cpu;
    double alu_ns, locked_ns;
};

// Six chains that do not wait for each other, of cheap operations in registers: they need all of a
// core's arithmetic units, of which a busy sibling thread takes half. A single chain would wait for
// itself, and hardly notice. The empty statement makes each turn's values count, so that nothing is
// folded or made a vector, and hides the number of turns, so that nothing is unrolled. A function
// at the beginning of a line, so that the loop lies alike whatever stands before it.
__attribute__((noinline, aligned(64))) static uint64_t probe_alu(uint64_t turns)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    do {
        a = (a + turns) ^ (a >> 7);
        b = (b + turns) ^ (b >> 7);
        c = (c + turns) ^ (c >> 7);
        d = (d + turns) ^ (d >> 7);
        e = (e + turns) ^ (e >> 7);
        f = (f + turns) ^ (f >> 7);
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(turns));
    } while (--turns != 0);
    return a ^ b ^ c ^ d ^ e ^ f;
}

// Locked additions to a line that no other thread has. Relaxed: they carry nothing. The rest as
// above.
__attribute__((noinline, aligned(64))) static uint64_t probe_locked(uint64_t adds)
{
    struct {
        _Alignas(SYNC_LINE) _Atomic(uint64_t) sum;
    } line = {0}, *p = sync_opaque(&line);
    do {
        atomic_fetch_add_explicit(&p->sum, 1, memory_order_relaxed);
        __asm__ volatile("" : "+r"(adds));
    } while (--adds != 0);
    return atomic_load_explicit(&p->sum, memory_order_relaxed);
}

static inline double probe_time(const struct ticks *clock, uint64_t (*kernel)(uint64_t), uint64_t n)
{
    uint64_t part[PROBE_PARTS];
    for (unsigned i = 0; i < PROBE_PARTS; i++) {
        uint64_t begin = ticks_now(clock);
        kernel(n);
        part[i] = ticks_now(clock) - begin;
    }
    return (double)median(part, PROBE_PARTS) * ticks_ns(clock);
}

static inline void *probe_main(void *argument)
{
    struct probe_point *p = argument;
    p->cpu = bound_cpu();
    p->alu_ns = probe_time(p->clock, probe_alu, PROBE_ALU_TURNS);
    p->locked_ns = probe_time(p->clock, probe_locked, PROBE_LOCKED_ADDS);
    return NULL;
}

// One CPU after another, as they may share a core; n == 0: once, wherever it runs. Answers how many
// points it wrote.
static inline unsigned probe(const struct ticks *clock, const int *cpu, unsigned n,
                             struct probe_point *point)
{
    unsigned points = n != 0 ? n : 1;
    for (unsigned i = 0; i < points; i++) {
        pthread_t thread;
        point[i].clock = clock;
        bound_start(&thread, "a probe", n != 0 ? cpu[i] : -1, probe_main, &point[i]);
        pthread_join(thread, NULL);
    }
    return points;
}

// --- from core to core ------------------------------------------------------------------------

enum {
    PING_PARTS = 11,         // the first warms up
    PING_HITS = 150,         // of each player in a part
    PING_MEET_NS = 20000000, // until both are there
    PING_NS = 2000000,       // from then on
    PING_LOOKS = 256,        // at the ball, between two looks at the clock
};

// Two players hit a ball in turn: server the even hits, receiver the odd ones. Nobody waits for
// ever, so that neither depends on the other being there.
struct ping {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) ball; // hits so far
    _Alignas(SYNC_LINE) _Atomic(unsigned) there;
    const struct ticks *clock;
    uint64_t meet, most;       // ticks: until when they must be there; that they may then take
    uint64_t part[PING_PARTS]; // ticks that each took the server
    unsigned parts;            // that are done
};

// Whoever is first lets the CPU go: the thread that has yet to start the other may be on it.
// Answers until when to play, or 0 if the other did not come. There is nothing to be seen but the
// number: relaxed.
static inline uint64_t ping_meet(struct ping *p)
{
    atomic_fetch_add_explicit(&p->there, 1, memory_order_relaxed);
    while (atomic_load_explicit(&p->there, memory_order_relaxed) < 2) {
        if (ticks_now(p->clock) >= p->meet)
            return 0;
        sched_yield();
    }
    return ticks_now(p->clock) + p->most;
}

// Hit number n, after that of the other; false: the time was up. The ball carries nothing but
// itself: relaxed.
static inline bool ping_hit(struct ping *p, uint32_t n, uint64_t until)
{
    for (unsigned look = 1; atomic_load_explicit(&p->ball, memory_order_relaxed) != n; look++)
        if (look % PING_LOOKS == 0 && ticks_now(p->clock) >= until)
            return false;
    atomic_store_explicit(&p->ball, n + 1, memory_order_relaxed);
    return true;
}

static inline void *ping_server(void *argument)
{
    struct ping *p = argument;
    uint64_t until = ping_meet(p);
    uint32_t n = 0;
    for (uint64_t begin = ticks_now(p->clock), end; p->parts < PING_PARTS && begin < until;
         begin = end) {
        for (unsigned i = 0; i < PING_HITS; i++, n += 2)
            if (!ping_hit(p, n, until))
                return NULL;
        end = ticks_now(p->clock);
        p->part[p->parts++] = end - begin;
    }
    return NULL;
}

static inline void *ping_receiver(void *argument)
{
    struct ping *p = argument;
    uint64_t until = ping_meet(p);
    for (uint32_t n = 1; n < 2 * PING_HITS * PING_PARTS && ping_hit(p, n, until); n += 2)
        ;
    return NULL;
}

// Nanoseconds that a line takes from one CPU to the other, or 0: they did not meet, or not often.
static inline double ping(const struct ticks *clock, int a, int b)
{
    const double ns = ticks_ns(clock);
    struct ping p = {.clock = clock, .most = (uint64_t)(PING_NS / ns)};
    pthread_t server, receiver;
    p.meet = ticks_now(clock) + (uint64_t)(PING_MEET_NS / ns);
    bound_start(&receiver, "a ping", b, ping_receiver, &p);
    bound_start(&server, "a ping", a, ping_server, &p);
    pthread_join(server, NULL);
    pthread_join(receiver, NULL);
    return p.parts < 2
               ? 0
               : (double)median(p.part + 1, p.parts - 1) * ticks_ns(clock) / (2 * PING_HITS);
}

#endif
