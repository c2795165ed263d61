// SPDX-License-Identifier: MIT
//
// What the benchmark, which is C++, sees of the cells' workloads: sync.h is C only.
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kernel;

// One thread's life up to its work, as harness/runner.c sets up a sample, with the standard
// parameters. which: of the programs that are linked; beyond the last, the last.
struct kernel *kernel_open(unsigned which);
// Operations that belong together: one pass over the objects.
uint64_t kernel_unit(const struct kernel *k);
void kernel_work(struct kernel *k, uint64_t n);
// Gives everything up. NULL if the results are right, else what is wrong.
const char *kernel_close(struct kernel *k);

#ifdef __cplusplus
}
#endif
#endif
