// SPDX-License-Identifier: MIT
#include "explore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct sim_policy explore_policy(int mode, unsigned depth, uint64_t seed)
{
    static const struct sim_policy turn[] = {{.mode = SIM_RANDOM},
                                             {.mode = SIM_PCT, .depth = 2},
                                             {.mode = SIM_PCT, .depth = 3},
                                             {.mode = SIM_PCT, .depth = 5}};
    struct sim_policy p = {.mode = (enum sim_mode)mode};
    if (mode == EXPLORE_MIXED)
        p = turn[seed % (sizeof turn / sizeof turn[0])];
    else if (mode == SIM_PCT)
        p.depth = depth != 0 ? depth : 3;
    else if (mode == SIM_EXHAUSTIVE)
        p.depth = depth != 0 ? depth : 2;
    p.seed = seed;
    return p;
}

// What was run.
struct tally {
    uint64_t schedules, steps, hash;
    bool all; // exhaustive: there are no more
};

// As explore_search.
static bool search(int mode, unsigned depth, uint64_t first_seed, uint64_t schedules,
                   struct sim_policy *p, struct sim_result *r, struct tally *t)
{
    *t = (struct tally){0};
    sim_first();
    while (t->schedules < schedules) {
        *p = explore_policy(mode, depth,
                            mode == SIM_EXHAUSTIVE ? first_seed : first_seed + t->schedules);
        sim_run(p, r);
        t->schedules++;
        t->steps += r->steps;
        t->hash = (t->hash ^ r->hash) * 0x9e3779b97f4a7c15u;
        if (r->failure != SIM_PASSED)
            return true;
        if (mode == SIM_EXHAUSTIVE && !sim_next(p->depth)) {
            t->all = true;
            break;
        }
    }
    return false;
}
bool explore_search(int mode, unsigned depth, uint64_t first_seed, uint64_t schedules,
                    struct sim_policy *p, struct sim_result *r, uint64_t *run)
{
    struct tally t;
    bool failed = search(mode, depth, first_seed, schedules, p, r, &t);
    *run = t.schedules;
    return failed;
}

static bool named(const struct explore_options *o, const struct sim_scenario *s)
{
    for (size_t i = 0; i < o->scenarios; i++)
        if (strcmp(o->scenario[i], s->name) == 0)
            return true;
    return o->scenarios == 0;
}

int explore(const struct explore_options *o)
{
    int status = 0;
    for (const struct sim_scenario *const *i = explore_first; i < explore_end; i++) {
        const struct sim_scenario *s = *i;
        struct sim_policy p;
        struct sim_result r;
        struct tally t;
        if (!named(o, s))
            continue;
        if (s->omitted != NULL) {
            printf("%s: omitted: %s\n", s->name, s->omitted);
            continue;
        }
        if (!sim_prepare(s, &r)) {
            printf("%s: set-up fails: %s: %s\n", s->name, sim_failure_name(r.failure), r.text);
            status = 1;
            continue;
        }
        bool failed = search(o->mode, o->depth, o->seed, o->schedules, &p, &r, &t);
        printf("%s: %ju schedules, %s, %.1f steps, hash %016jx\n", s->name, (uintmax_t)t.schedules,
               failed ? sim_failure_name(r.failure) : "no failure",
               (double)t.steps / (double)t.schedules, (uintmax_t)t.hash);
        if (failed) {
            printf("  seed %ju: %s\n", (uintmax_t)p.seed, r.text);
            status = 1;
        }
    }
    return status;
}
