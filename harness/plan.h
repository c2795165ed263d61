// SPDX-License-Identifier: MIT
//
// A plan: an INI text that lists cells by cross product. Each section but [plan] is an experiment:
//
//     [plan]
//     summary = one line
//     time = 0.02          seconds of a sample (or: ops = N)
//     samples = 3          of a process
//     rounds = 12          processes of a cell, at least 6
//
//     [experiment]
//     workload = private_objects hot_object
//     pair = plain+gil atomic+none       or rc = ... and lock = ..., whose product is taken
//     threads = 1 2
//     allocator, placement, reclaimer, alloc      likewise; standard as for `rclab run`
//     param.objects = 16 256             for the workloads that have it
//     together = workload pair           axes whose cells are compared: measured in one block
//
// The other axes split an experiment into families. Combinations that are not valid are left out.
// The first cell of a family is its baseline. A family of more than a dozen cells is measured in
// parts, the baseline in each.
#ifndef PLAN_H
#define PLAN_H

#include "spec.h"

enum { FAMILY_MOST = 12, ROUNDS_LEAST = 6 };

struct family {
    char name[200];
    struct spec cell[FAMILY_MOST];
    unsigned cells;
};

struct plan {
    char name[64];
    char *text; // the file's, which identifies the plan in a store
    char summary[200];
    struct effort effort;
    unsigned rounds;
    struct family *family;
    size_t families;
    size_t left_out; // combinations that are not valid
};

// `what`: a file, or the name of one in scripts/plans. NULL, with file, line and what is known.
struct plan *plan_read(const char *what, struct error *e);
// From text, for a file that is called `name`.
struct plan *plan_parse(const char *name, const char *text, struct error *e);
void plan_free(struct plan *p);
// Cells summed over families.
size_t plan_cells(const struct plan *p);
// Names of the files in scripts/plans, sorted: a NULL-terminated array, to be freed whole.
char **plan_names(void);

#endif
