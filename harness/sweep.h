// SPDX-License-Identifier: MIT
//
// Measuring a plan into a store: rounds over families; in a round each family is one block, its
// cells in the order of a Williams row, relabelled at random for each family, so that position and
// what came before are balanced over the rounds. The families' order is shuffled in each round. All
// of it follows from the seed in the store, so that a sweep that was interrupted goes on.
#ifndef SWEEP_H
#define SWEEP_H

#include "plan.h"
#include "store.h"

// Part `i` of `n`, from 1: every nth family of a plan.
struct shard {
    unsigned i, n;
};
bool shard_has(struct shard shard, size_t family);
// Cells and families of the part.
size_t shard_cells(struct shard shard, const struct plan *p);
size_t shard_families(struct shard shard, const struct plan *p);

// What a sweep of the part will take, before anything of it was measured. cpus: usable ones.
uint64_t sweep_estimate_ns(struct shard shard, const struct plan *p, unsigned cpus);
// "90 s", "12 min 5 s" or "3 h 10 min".
enum { SWEEP_TIME = 32 };
void sweep_time(uint64_t ns, char text[SWEEP_TIME]);

enum { ATTEMPTS_MOST = 3 };

struct sweep {
    const struct plan *plan;
    struct shard shard;
    const struct topology *topology; // of this machine, or NULL
    struct store *store;             // with `stored`, the row that is to be gone on with
    struct store_sweep stored;
    const char *path;   // the store's, for messages
    uint64_t budget_ns; // 0: none
    bool budget_ends;   // when it is spent the sweep is finished; else the same command goes on
    bool share;         // the machine, with others that measure
};
// Says on stderr how it goes. The exit status: 0 all is measured and well, 1 not all of it, or not
// well, 2 it cannot be measured here, 130 interrupted.
int sweep_run(const struct sweep *s);

#endif
