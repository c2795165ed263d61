// SPDX-License-Identifier: MIT
//
// What the parts of the measured process share: runner.c, its options, the probe.
#ifndef RUNNER_H
#define RUNNER_H

#include "sync.h"

#include <stdio.h>
#include <string.h>

enum { CPUS_MOST = 4096 }; // one more than the highest CPU number that can be asked for

_Noreturn static inline void refuse(const char *text, const char *detail)
{
    fprintf(stderr, "%s: %s\n", text, detail);
    exit(2);
}

// A set of so many CPUs, for the macros that take its size. Nothing is allocated: a thread that has
// not called malloc has no arena of it either.
typedef cpu_set_t cpu_bits[CPUS_MOST / CPU_SETSIZE];

// The one CPU that the calling thread is bound to, or -1.
static inline int bound_cpu(void)
{
    cpu_bits set;
    int found = -1;
    if (pthread_getaffinity_np(pthread_self(), sizeof set, set) == 0 &&
        CPU_COUNT_S(sizeof set, set) == 1)
        for (int i = 0; i < CPUS_MOST; i++)
            if (CPU_ISSET_S(i, sizeof set, set))
                found = i;
    return found;
}

// Starts a thread that is on its CPU from its first instruction; -1: wherever it may run. Where
// that cannot be, the process ends: what was asked for cannot be measured.
static inline void bound_start(pthread_t *thread, const char *what, int cpu, void *(*run)(void *),
                               void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (cpu >= 0) {
        cpu_bits set;
        CPU_ZERO_S(sizeof set, set);
        CPU_SET_S(cpu, sizeof set, set);
        pthread_attr_setaffinity_np(&attributes, sizeof set, set);
    }
    int error = pthread_create(thread, &attributes, run, argument);
    if (error != 0) {
        char text[96];
        snprintf(text, sizeof text, "%s on CPU %d cannot be started", what, cpu);
        refuse(text, strerror(error));
    }
    pthread_attr_destroy(&attributes);
}

// Of n > 0 times, which are put in order.
static inline uint64_t median(uint64_t *time, uint64_t n)
{
    for (uint64_t i = 1; i < n; i++)
        for (uint64_t k = i; k != 0 && time[k] < time[k - 1]; k--) {
            uint64_t more = time[k - 1];
            time[k - 1] = time[k];
            time[k] = more;
        }
    return time[n / 2];
}

#endif
