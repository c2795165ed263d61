// SPDX-License-Identifier: MIT
//
// The clock of the timed window: the time-stamp counter where it is invariant (CPUID 8000_0007h,
// EDX bit 8), else CLOCK_MONOTONIC in nanoseconds. Ticks mean nothing between processes; a process
// learns their length by comparing the two clocks over its own life.
#ifndef TICKS_H
#define TICKS_H

#include "sync.h"

#if defined __x86_64__
#include <cpuid.h>
#endif

struct ticks {
    bool tsc;
    uint64_t first_tick, first_ns;
};

static inline uint64_t ticks_now(const struct ticks *c)
{
#if defined __x86_64__
    if (c->tsc) {
        // no instruction of the timed window moves across (Intel's guide for rdtscp: lfence behind)
        unsigned core;
        uint64_t now = __builtin_ia32_rdtscp(&core);
        __builtin_ia32_lfence();
        return now;
    }
#endif
    (void)c;
    return sync_now_ns();
}

// Both clocks at one moment: of some looks the closest, as the thread may be interrupted in one.
static inline void ticks_both(const struct ticks *c, uint64_t *tick, uint64_t *ns)
{
    uint64_t least = UINT64_MAX;
    *tick = *ns = 0;
    for (unsigned look = 0; look < 4; look++) {
        uint64_t before = ticks_now(c), now = sync_now_ns(), between = ticks_now(c) - before;
        if (between < least) {
            least = between;
            *tick = before + between / 2;
            *ns = now;
        }
    }
}

static inline struct ticks ticks_start(void)
{
    struct ticks c = {.tsc = false};
#if defined __x86_64__
    unsigned a, b, cx, d;
    c.tsc = __get_cpuid(0x80000007, &a, &b, &cx, &d) != 0 && (d & (1u << 8)) != 0;
#endif
    ticks_both(&c, &c.first_tick, &c.first_ns);
    return c;
}

// Nanoseconds a tick, from what passed since ticks_start: good to 1e-5 after some milliseconds.
static inline double ticks_ns(const struct ticks *c)
{
    if (!c->tsc)
        return 1.0;
    uint64_t tick, ns;
    ticks_both(c, &tick, &ns);
    return (double)(ns - c->first_ns) / (double)(tick - c->first_tick);
}

#endif
