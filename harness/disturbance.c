// SPDX-License-Identifier: MIT
#include "disturbance.h"

#include <math.h>
#include <stdio.h>

// Above what probes of an undisturbed core scatter, below what a busy sibling does to them (1.3 to
// 1.9 were seen).
static const double SLOW_FROM = 1.2;
// A share of a thread's time in the window of a sample; and what a reading of the clocks may be
// off.
static const double LOST_MOST = 0.02, LOST_LEAST_NS = 100000;

const char *speed_name(enum speed speed)
{
    static const char *const name[SPEEDS] = {"unknown", "fast", "slow", "mixed"};
    return name[speed];
}

static double at(const json_t *list, size_t i)
{
    const json_t *value = json_array_get(list, i);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

unsigned speed_probes(const json_t *sample, struct speed_probe probe[PROBES_MOST])
{
    const json_t *list = json_object_get(sample, "probes"), *one;
    unsigned n = 0;
    size_t i;
    json_array_foreach((json_t *)list, i, one)
    {
        const json_t *ns = json_object_get(one, "alu_ns");
        struct speed_probe p = {(int)json_integer_value(json_object_get(one, "cpu")), at(ns, 0),
                                at(ns, 1)};
        if (n < PROBES_MOST && p.before_ns > 0 && p.after_ns > 0)
            probe[n++] = p;
    }
    return n;
}

enum speed speed_of(const struct speed_probe *probe, unsigned n, const double *reference_ns)
{
    unsigned slow = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!(reference_ns[i] > 0))
            return SPEED_UNKNOWN;
        slow += probe[i].before_ns >= SLOW_FROM * reference_ns[i];
        slow += probe[i].after_ns >= SLOW_FROM * reference_ns[i];
    }
    if (n == 0)
        return SPEED_UNKNOWN;
    return slow == 0 ? SPEED_FAST : slow == 2 * n ? SPEED_SLOW : SPEED_MIXED;
}

// What thread i of the sample lost of its time, as a share; *gap: in gaps, not to another process.
// What a scheme's own thread took may have been taken from this one: that is the scheme's cost.
static double lost(const json_t *sample, size_t i, bool *gap)
{
    double own_ns = at(json_object_get(sample, "thread_stop_ns"), i) -
                    at(json_object_get(sample, "thread_start_ns"), i);
    // a thread that came late has gaps before its own time begins
    double all_ns = fmax(own_ns, json_number_value(json_object_get(sample, "duration_ns")));
    double waits = at(json_object_get(sample, "thread_waits"), i);
    double cpu = at(json_object_get(sample, "thread_cpu_ns"), i);
    double gaps = at(json_object_get(sample, "thread_gap_ns"), i);
    double background = json_number_value(json_object_get(sample, "background_ns"));
    double off_ns = own_ns - cpu - background;
    double off = waits == 0 && off_ns > LOST_LEAST_NS ? off_ns / own_ns : 0;
    gaps -= background;
    double gone = waits == 0 && gaps > LOST_LEAST_NS ? fmin(1, gaps / all_ns) : 0;
    *gap = gone > off;
    return fmax(gone, off);
}

bool disturbance_find(const json_t *samples, bool crowded, char *why, size_t size)
{
    const json_t *sample;
    size_t s;
    json_array_foreach((json_t *)samples, s, sample)
    {
        size_t threads = json_array_size(json_object_get(sample, "thread_ops"));
        for (size_t i = 0; i < threads && !crowded; i++) {
            bool gap;
            double share = lost(sample, i, &gap);
            if (!(share > LOST_MOST))
                continue;
            snprintf(why, size, "sample %zu: thread %zu lost %.1f %% of its time%s", s, i,
                     100 * share, gap ? " in gaps" : " to other processes");
            return true;
        }
    }
    return false;
}
