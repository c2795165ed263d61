// SPDX-License-Identifier: MIT
//
// What disturbs a measurement from outside, and the rules by which that is told: all of them stand
// here. The runner records facts beside each sample; no rule looks at the result.
//
// Speed. A core that shares its execution units with a neighbour (another guest, the sibling thread)
// runs arithmetic at half its speed and locked operations nearly at all of it, so that the same two
// programs compare differently. A kernel of independent arithmetic is timed before and after each
// sample on the CPUs of its first and last thread. A CPU is slow where that takes SLOW_FROM times its
// reference, the time of the fastest twentieth of all probes of this CPU in the store. A sample is
// fast if all its probes are, slow if all are slow, else mixed, which is marked and in no comparison.
//
// Disturbance. A sample is disturbed if one of its threads, while it measured, lost more than
// LOST_MOST of the time, and more than the clocks may be off: processor time that it did not get though it never waited, or gaps, turns
// of work that took far longer than usual. Where there are more threads than CPUs, losing the CPU is
// what is measured, and nothing is disturbed. An invocation is disturbed if one of its samples is.
#ifndef DISTURBANCE_H
#define DISTURBANCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum speed { SPEED_UNKNOWN, SPEED_FAST, SPEED_SLOW, SPEED_MIXED, SPEEDS };
const char *speed_name(enum speed speed);

// Nanoseconds that the arithmetic kernel took on a CPU (-1: wherever it ran).
struct speed_probe {
    int cpu;
    double before_ns, after_ns;
};
enum { PROBES_MOST = 2 };
// Those of a sample; the number, 0 if it has none.
unsigned speed_probes(const json_t *sample, struct speed_probe probe[PROBES_MOST]);
// reference_ns[i]: that of probe[i].cpu. Unknown if n is 0.
enum speed speed_of(const struct speed_probe *probe, unsigned n, const double *reference_ns);
#define SPEED_REFERENCE 0.05 // quantile of a CPU's probes, before and after alike

// Whether one of the samples was disturbed; by what, if so. crowded: more threads than CPUs.
bool disturbance_find(const json_t *samples, bool crowded, char *why, size_t size);

#endif
