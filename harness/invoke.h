// SPDX-License-Identifier: MIT
//
// One invocation: a fresh process measures one cell, bound to its CPUs, with its malloc preloaded,
// under a watchdog, and dies with its parent.
//
// Its environment is longer by some bytes, other ones each time: where the stack begins moves with
// them, and what stands on the same lines and sets as something else (Mytkowicz et al., "Producing
// wrong data without doing anything obviously wrong!", ASPLOS 2009).
#ifndef INVOKE_H
#define INVOKE_H

#include "spec.h"

enum outcome_status {
    OUTCOME_OK,
    OUTCOME_VOID, // a verification failed, a sample has no operation, or it is not where it should
                  // be
    OUTCOME_CRASHED, // ended by a signal, or without the samples that it owed
    OUTCOME_HUNG,    // ended by the watchdog
};
const char *outcome_name(enum outcome_status status);

struct outcome {
    enum outcome_status status;
    json_t *samples; // array of complete sample objects; the caller's (json_decref)
    char message[512];
    char disturbed[200]; // by what (disturbance.h); empty: by nothing, or it did not end well
    bool refused;        // crashed: it would not run the program, and the message says why
    uint64_t wall_ns;    // from fork to the end of the process
};

// Whether its CPUs and its memory can be had, and are enough: else the reason, of which the
// topology tells more than the system would.
bool invoke_possible(const struct spec *s, const struct topology *topology, struct error *e);

// The CPUs come from the topology (this machine's) by the spec's placement; if they cannot be had
// nothing is run, which is void. Without a topology of this machine no binding is possible, as the
// samples then say (their cpus are an empty list).
struct invocation {
    const struct spec *spec; // whose program, if it has one, is compiled
    const struct effort *effort;
    const char *path;                // the cell's program
    const struct topology *topology; // or NULL
    unsigned padding;                // bytes of environment, less than PADDING_MOST
};
enum { PADDING_MOST = 4096 };
void invoke(const struct invocation *i, struct outcome *outcome);
// A padding that follows from the seed.
unsigned invoke_padding(uint64_t seed);

// Only one rclab measures on a machine at a time: waits for the others and says for whom. `share`
// goes ahead without asking. The lock ends with the process.
void invoke_lock_machine(bool share);

#endif
