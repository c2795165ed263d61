// SPDX-License-Identifier: MIT
//
// The specification of a cell, one point to measure: which workload, which four schemes, which
// allocator, how many threads, how placed, which parameters; and how much is measured of it.
#ifndef SPEC_H
#define SPEC_H

#include <jansson.h>

#include "allocator.h"
#include "runtimes.h"
#include "topology.h"

// From which NUMA nodes memory comes.
struct memory {
    const char *name, *summary;
    const char *option; // what the cell's program calls it
    enum memory_nodes { NODE_OF_TOUCH, NODE_OF_THREAD_0, NODES_ALL } nodes;
};
const struct memory *memory_all(size_t *count); // the first is the usual one

struct program; // programs.h
struct spec {
    const struct workload *workload;
    const struct scheme *scheme[SCHEME_KINDS];
    const struct runtime *runtime; // which the schemes are of, or NULL
    struct program *program;       // NULL: the workload runs none
    const struct allocator *allocator;
    const struct placement *placement;
    const struct memory *memory;
    unsigned threads;
    int64_t param[PARAMS_MAX]; // in the order of the workload's list
    // What the harness is checked with; 0 in a usual cell.
    unsigned copy;  // the same cell under a name of its own: the two must not differ (A/A)
    unsigned extra; // per cent of operations that are done beside those that are counted: a real
                    // extra cost, which a comparison must find
};
enum { COPIES_MOST = 99, EXTRA_MOST = 100 };
enum { THREADS_MOST = 1000, PROGRAM_TEXT = 100, SPEC_TEXT = 700 + PLACEMENT_TEXT };

// One of time_ns and ops is 0.
struct effort {
    uint64_t time_ns, ops; // of a sample; operations are those of each thread
    unsigned samples;
};

// All functions that can fail answer false and leave a message in `error`: what was asked, and what
// is known.
struct error {
    char text[2048];
};
bool error_set(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A workload with its standard parameters, one thread, glibc, placement `cores`, memory where it is
// touched first; no schemes yet.
void spec_start(struct spec *s, const struct workload *w);
// By name; unknown ones list the known. A placement may be a list of CPUs.
bool spec_workload(const char *name, const struct workload **w, struct error *e);
bool spec_scheme(struct spec *s, enum scheme_kind kind, const char *name, struct error *e);
// The runtime's schemes too.
bool spec_runtime(struct spec *s, const char *name, struct error *e);
// One of workloads/interp/programs.
bool spec_program(struct spec *s, const char *name, struct error *e);
bool spec_allocator(struct spec *s, const char *name, struct error *e);
bool spec_placement(struct spec *s, const char *name, struct error *e);
bool spec_memory(struct spec *s, const char *name, struct error *e);
bool spec_threads(const char *text, unsigned *threads, struct error *e);
bool spec_copy(const char *text, unsigned *copy, struct error *e);
bool spec_extra(const char *text, unsigned *extra, struct error *e);
// The index of the workload's parameter, or -1.
int spec_param_index(const struct workload *w, const char *name);
bool spec_param(struct spec *s, const char *name, const char *value, struct error *e);
// Fills in what was not chosen, if the workload has the runtime and the program that it needs, and
// no program that it does not run: reclaimer and allocator from the schemes, lock `none` where it
// is valid (else the error names the valid ones).
bool spec_complete(struct spec *s, struct error *e);
// Whether the four schemes, the workload and the number of threads go together; else the reason.
bool spec_valid(const struct spec *s, struct error *e);
// Whether they do on so many CPUs (0: not known); else the reason.
bool spec_fits(const struct spec *s, unsigned cpus, struct error *e);

// Whether all accesses of the four schemes can be seen, as `what` needs; else the reason.
bool spec_seen(const struct spec *s, const char *what, struct error *e);

// The canonical name: the same text for the same cell, in stores and on the screen; copy and extra
// stand in it where they are not 0. At most SPEC_TEXT bytes.
void spec_key(const struct spec *s, char *text);
// "rc+lock", and reclaimer and allocator where they are not the schemes' defaults.
void spec_pair(const struct spec *s, char *text);
// What its program is called below the workload: the pair, or where programs are run the runtime.
void spec_cell(const struct spec *s, char *text);
// What every sample of the cell says of itself: a new object.
json_t *spec_json(const struct spec *s);

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *value);
// A number of seconds, with an optional s, m or h; in nanoseconds.
bool parse_time(const char *what, const char *text, uint64_t *ns, struct error *e);

#endif
