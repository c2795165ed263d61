// SPDX-License-Identifier: MIT
//
// A plan: an INI text that lists cells by cross product. Each section but [plan] is an experiment:
//
//     [plan]
//     summary = one line
//     time = 0.02          seconds of a sample (or: ops = N)
//     samples = 3          of a process
//     rounds = 12          processes of a cell, at least 6; 12..40: from 12 on a family ends when
//                          its intervals are narrow (stats_enough), with 40 in any case
//     margin = 0.01        differences that matter, for that (0.01)
//     checks = 0.1         A/A and +5 % cells that are added, at most so large a part of the cells
//                          (0.1; 0: none)
//     layouts = 5          link orders that a cell is measured with, in turn (1)
//
//     [experiment]
//     workload = private_objects hot_object
//     pair = plain+gil atomic+none, plain biased * pthread gil
//     threads = auto x2
//     allocator, placement, memory, reclaimer, alloc      likewise; standard as for `rclab run`
//     copy = 0..3          the same cells again under other names (A/A)
//     program = fib        what a workload runs that runs programs, with runtime instead of pair
//     runtime = gil-3.12 pep703
//     extra = 0 5          per cent of operations beside those that are counted
//     param.objects = 16 256             for the workloads that have it
//     together = workload pair           axes whose cells are compared: measured in one block
//     exclude = threads>8 workload=list_append, rc=none|plain lock!=gil
//
// Values stand apart by blanks or commas and may go on in indented lines; a `;` behind a blank
// begins a comment. Of each axis:
//     names       `*` or `all` adds all that are known (allocators: present) and not yet listed
//     numbers     8, 1..8, 0..100+25 (steps), 1..64*2 (factors)
//     threads     auto: powers of two up to the usable CPUs, and where caches, packages and cores
//                 fill up under the experiment's placements; x2: twice the usable CPUs
//     placement   a name or a CPU list such as 0,2,4-7: commas belong to the value
//     pair        terms with commas between: RC+LOCK or RC+LOCK+RECLAIMER+ALLOC by blanks, or a
//                 product RC... * LOCK..., where `all` is all. Instead of it: rc, and lock
//                 (`none`), or runtime, which has all four schemes
// `exclude` leaves out the combinations for which all conditions of one of its terms hold; one
// about a parameter holds only for workloads that have it. A term that can hold nowhere is a
// mistake.
//
// The axes that are not compared (`together`; else pair, rc, lock and runtime are) split an
// experiment into families. Combinations that are not valid are left out. The first cell of a
// family is its baseline. A family of more than a dozen cells is measured in parts, the baseline in
// each.
//
// Checks ride with one of each n families whose cells have neither copy nor extra: a copy of one of
// its cells and the same cell with 5 % extra, behind the family's own. n is as small as `checks`
// lets it be; which of the n it is, is chosen so that the parts of a sweep (every nth family too)
// all have some. Which cell it is changes from one to the next, in turn through all ranks. One
// family has them, however few the cells, if `checks` is not 0.
//
// Not measured twice are: a cell in a family; a whole family; and, except a family's baseline,
// cells of an experiment that differ by allocator where the operations do not reach malloc, by
// placements that put all its threads on the same CPUs, or by memory where there is one NUMA node.
#ifndef PLAN_H
#define PLAN_H

#include "spec.h"

enum { FAMILY_OWN = 12, FAMILY_MOST = FAMILY_OWN + 2, ROUNDS_LEAST = 6, LAYOUTS_MOST = 64 };

struct family {
    char *name; // of any length; no two of a plan have the same
    struct spec *cell;
    unsigned cells; // at most FAMILY_MOST
};

struct plan {
    char name[64];
    // Identifies the plan in a store: the file's text, and as comments behind it what `*`, `auto`
    // and `x2` came to here.
    char *text;
    char summary[200];
    struct effort effort;
    unsigned rounds_least, rounds; // equal: all families have as many
    double margin;
    unsigned layouts;
    struct family *family;
    size_t families;
    size_t left_out, excluded, redundant; // combinations: not valid, `exclude`, not measured twice
};

// `what`: a file, or the name of one in scripts/plans. NULL, with file, line and what is known.
// Without a topology (NULL) `auto` and `x2` are mistakes.
struct plan *plan_read(const char *what, const struct topology *topology, struct error *e);
// From text, for a file that is called `name`.
struct plan *plan_parse(const char *name, const char *text, const struct topology *topology,
                        struct error *e);
// 1..LAYOUTS_MOST, instead of as many as it has; its text then says so behind it. False: out of
// memory.
bool plan_set_layouts(struct plan *p, unsigned layouts);
void plan_free(struct plan *p);
// Cells summed over families.
size_t plan_cells(const struct plan *p);
// Names of the files in scripts/plans, sorted: a NULL-terminated array, to be freed whole.
char **plan_names(void);

#endif
