// SPDX-License-Identifier: MIT
//
// What a store says of each cell: one number a process (the median of its verified samples), then
// the median over processes with its interval, and the ratio to the family's baseline, paired by
// block. Sweeps on one machine pool their processes; blocks pair inside a sweep only. Different
// machines are different results. Where a cell was measured again in a block, the last attempt
// counts and the others are numbered.
#ifndef RESULTS_H
#define RESULTS_H

#include "disturbance.h"
#include "stats.h"
#include "store.h"

struct process { // one invocation that ended well
    int64_t sweep, block;
    unsigned layout;
    bool disturbed; // and not measured again
    double ns_per_op, cpu_ns_per_op, ops_per_s, fairness;
    double memory_kib; // resident at its peak, beyond what was before the first sample
    // Processor time of the schemes' own threads, which cpu_ns_per_op includes.
    double background_ns_per_op;
    // The most of its samples: objects that were dead and not freed, nanoseconds of a pause. What
    // an object that is referred to takes, as its last sample tells. NAN: not told.
    double dead_peak, pause_ns, object_bytes;
    // Of what the workload's waits took, of each sample: the median of its samples. NAN: not told.
    double latency_ns, latency_p99_ns;
    double sent_bytes_per_op; // by messages to other threads; NAN: not told
    double ping_ns;           // of a line from one core to another when it began; NAN: not measured
    // Nanoseconds an operation of its samples, those of one speed of the machine together, in the
    // order of the speeds; how many there are of each, and their median (NAN: none).
    const double *sample;
    unsigned samples[SPEEDS];
    double at[SPEEDS];
};

struct result {
    char *machine, *family, *key;
    json_t *cell;
    unsigned rank;             // 0: the family's baseline
    int64_t plan, first_block; // of the lowest round: the families' order in the plan
    size_t seen;               // its place in the order in which cells were first measured
    struct process *process;   // by sweep and block
    size_t processes, room;
    double *sample;                 // of all its processes
    size_t samples[SPEEDS];         // their numbers
    unsigned voided, crashed, hung; // invocations without a number
    char message[200];              // of the last of them
    unsigned repeated;              // invocations that a later attempt replaces
    unsigned disturbed;             // processes
    // Nanoseconds an operation and thread, over all processes, whatever the speed; the ratio is
    // that of comparison.h, inside one speed. n 0: no figure.
    struct stats_interval ns, ratio;
    struct stats_interval fairness, memory_kib;
    struct stats_interval dead_peak, object_bytes, pause_ns, background_ns; // the last an operation
    struct stats_interval latency_ns, latency_p99_ns;
    struct stats_interval sent_bytes; // an operation
    double header_bytes;              // NAN: the samples do not tell
    double cpu_ns, ops_per_s;         // medians
    json_t *distance, *fills;         // as the samples tell them; NULL: they do not
};

struct results {
    struct result *row; // machines by name, in each the families in the plans' order, cells by rank
    size_t n;
};

enum { RESULTS_CONFIDENCE_PERCENT = 95 };

// False, with a message.
bool results_load(struct store *s, struct results *r, struct error *e);
void results_free(struct results *r);
// Whether two rows are of one family on one machine.
bool results_same_family(const struct result *a, const struct result *b);
// The baseline of a row's family, or NULL.
const struct result *results_baseline(const struct results *r, const struct result *row);
// Whether the harness is checked with the row: its specification has copy or extra.
bool result_is_check(const struct result *row);
// The cell of its family that has neither and is like it otherwise, or NULL.
const struct result *results_original(const struct results *r, const struct result *check);
// A member of the row's specification, as text or number.
const char *result_text(const struct result *row, const char *name);
int64_t result_number(const struct result *row, const char *name);
// "a=1 b=2"; at most SPEC_TEXT bytes.
void result_params(const struct result *row, char *text);

#endif
