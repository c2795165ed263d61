// SPDX-License-Identifier: MIT
//
// How long a sweep will take: what invocations of each kind (a workload at a number of threads)
// took so far, applied to those that are left. A kind that has not been seen takes what one would
// guess, times what the others took beyond their guesses.
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include "spec.h"

struct estimate;

// cpus: those that may be used; 0 if that is not known. NULL: out of memory.
struct estimate *estimate_new(const struct effort *effort, unsigned cpus);
void estimate_free(struct estimate *e);
// n invocations of the cell are to come. False: out of memory.
bool estimate_expect(struct estimate *e, const struct spec *s, uint64_t n);
// One of them is not needed any more.
void estimate_skip(struct estimate *e, const struct spec *s);
// One of them took so long, with all that goes with it.
void estimate_took(struct estimate *e, const struct spec *s, uint64_t ns);
uint64_t estimate_left_ns(const struct estimate *e);

#endif
