// SPDX-License-Identifier: MIT
//
// The program of one pair of schemes: runs its scenarios as it is told (by rclab explore).
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_scenario *const scenario_first[] __asm__("__start_sim_scenarios");
extern const struct sim_scenario *const scenario_end[] __asm__("__stop_sim_scenarios");

int main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
    struct sim_policy p = {.mode = argc > 2 ? (enum sim_mode)atoi(argv[2]) : SIM_RANDOM,
                           .depth = argc > 3 ? (unsigned)atoi(argv[3]) : 3};
    for (const struct sim_scenario *const *i = scenario_first; i < scenario_end; i++) {
        struct sim_result r;
        if ((*i)->omitted != NULL || !sim_prepare(*i, &r)) {
            printf("%s: omitted\n", (*i)->name);
            continue;
        }
        uint64_t hash = 0, steps = 0;
        unsigned long k, fails = 0;
        sim_first();
        for (k = 0; k < n; k++) {
            p.seed = k;
            if (p.mode == SIM_EXHAUSTIVE && k > 0 && !sim_next(p.depth))
                break;
            sim_run(&p, &r);
            hash = hash * 31 + r.hash;
            steps += r.steps;
            if (r.failure != SIM_PASSED && fails++ < 3)
                printf("  seed %lu: %s: %s\n", k, sim_failure_name(r.failure), r.text);
        }
        printf("%s: %lu schedules, %lu fail, %.1f steps, hash %016jx\n", (*i)->name, k, fails,
               (double)steps / (double)k, (uintmax_t)hash);
    }
}
