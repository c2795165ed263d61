// SPDX-License-Identifier: MIT
//
// What the program of a pair of schemes does with its scenarios: looks for schedules that fail, and
// audits memory orders. Options are checked by main.c; both print to stdout.
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "core.h"

enum { EXPLORE_MIXED = -1 }; // seeds take turns: random, PCT of depth 2, 3 and 5

struct explore_options {
    const char *const *scenario; // names
    size_t scenarios;            // 0: all
    int mode;                    // enum sim_mode, or EXPLORE_MIXED
    unsigned depth;              // of PCT and exhaustive; 0: as usual (3, 2)
    uint64_t schedules;          // of each scenario
    uint64_t seed;               // of the first one
    const char *replay;          // deviations as a failure prints them; NULL: none
    const char *weaken;          // an order that is weakened, for `as` to say so; or NULL
    const char *as;              // how the user asks for this pair: "rclab explore --rc biased"
};
// Exit status: 0 no failure, 1 a failure, 2 a scenario that there is not.
int explore(const struct explore_options *o);

struct audit_options {
    unsigned kind; // whose orders: the place of its header in sim_schemes
    double budget; // seconds
    const char *as;
};
// Exit status: 0, or 1 where a stated reason is contradicted.
int audit(const struct audit_options *o);
// Weakens an order for all schedules that follow, as the audit prints it: "biased.h:212:release".
// False: there is no such order.
bool audit_weaken(const char *text);

// All scenarios of this program by name, those that are omitted too.
const struct sim_scenario *const *explore_scenarios(size_t *count);

// The policy of one seed.
struct sim_policy explore_policy(int mode, unsigned depth, uint64_t seed);
// Runs schedules of a prepared scenario until one fails; true: it did, *p and *r are its. *run: how
// many were run.
bool explore_search(int mode, unsigned depth, uint64_t first_seed, uint64_t schedules,
                    struct sim_policy *p, struct sim_result *r, uint64_t *run);

// Prints the traced schedule (sim_events) by thread and source line.
void listing_print(const struct sim_result *r);
// The directory in which the program was compiled, to which file names are relative; or NULL.
const char *listing_directory(void);
// The source line of a site, or of a return address in instrumented code: "biased.h:123".
void listing_place(const void *site, char *text, size_t size);

#endif
