// SPDX-License-Identifier: MIT
//
// rclab explore [SCENARIO...|all] --rc S | --lock S | ... : the program of a pair of schemes runs
// the scenarios (harness/sim/explore.h) and answers; what it alone can judge is handed on as it is.
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "explorer.h"

struct arguments {
    struct explorer_options pair;
    const char *face;
    bool list;
    char **told; // the program's arguments
    int tolds;
};

enum {
    KEY_MODE = 256,
    KEY_DEPTH,
    KEY_SCHEDULES,
    KEY_SEED,
    KEY_REPLAY,
    KEY_WEAKEN,
    KEY_FACE,
    KEY_LIST
};
static const struct argp_option options[] = {
    {"mode", KEY_MODE, "MODE", 0, "random, pct or exhaustive (random and pct take turns)", 1},
    {"depth", KEY_DEPTH, "D", 0,
     "pct: steps that must be in order for the bug (3); exhaustive: "
     "deviations at most (2)",
     1},
    {"schedules", KEY_SCHEDULES, "N", 0, "Of each scenario, at most (100000)", 1},
    {"seed", KEY_SEED, "X", 0, "Of the first schedule; the next one has the next (1)", 1},
    {"replay", KEY_REPLAY, "DEVIATIONS", 0, "One schedule, as a failure prints it", 1},
    {"weaken", KEY_WEAKEN, "ORDER", 0, "Without a memory order, as rclab audit prints it", 1},
    {"face", KEY_FACE, "FACE", 0,
     "declared: what the source declares is checked; instrumented: every access that the compiler "
     "sees (declared)",
     1},
    {"list", KEY_LIST, NULL, 0, "Tell the scenarios, and why one says nothing of these schemes", 1},
    {0},
};

static void tell(struct arguments *a, const char *option, char *value)
{
    a->told[a->tolds++] = (char *)option;
    a->told[a->tolds++] = value;
}
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->pair;
        break;
    case KEY_MODE:
        tell(a, "--mode", value);
        break;
    case KEY_DEPTH:
        tell(a, "--depth", value);
        break;
    case KEY_SCHEDULES:
        tell(a, "--schedules", value);
        break;
    case KEY_SEED:
        tell(a, "--seed", value);
        break;
    case KEY_REPLAY:
        tell(a, "--replay", value);
        break;
    case KEY_WEAKEN:
        tell(a, "--weaken", value);
        break;
    case KEY_FACE:
        if (strcmp(value, "declared") != 0 && strcmp(value, "instrumented") != 0)
            argp_error(state, "no face '%s'; known: declared instrumented", value);
        a->face = value;
        break;
    case KEY_LIST:
        a->list = true;
        break;
    case ARGP_KEY_ARG:
        a->told[a->tolds++] = value;
        break;
    case ARGP_KEY_END:
        if (!a->list && !explorer_named(&a->pair))
            argp_error(state, "which schemes? --rc S, --lock S, --reclaimer S, --alloc S");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {
    options,
    parse,
    "[SCENARIO...|all]",
    "Runs schemes as they are in small programs of a few threads, all on one thread of the system, "
    "under schedules that a seed decides and with the stale loads that C11 allows, and tells the "
    "first schedule that fails, shortened, as source lines.\v"
    "The modes: random decides at each atomic access who runs on. pct gives threads random "
    "priorities that change at depth-1 random points, and so finds a bug that needs that many "
    "steps "
    "in order with a probability that has a lower bound. exhaustive runs all schedules with at "
    "most "
    "that many deviations from the simplest one, which is for small scenarios.\n\n"
    "A failure ends with the command that runs it again. What is checked, and what cannot be "
    "found, "
    "is in docs/exploring.md.\n\n"
    "Exit status: 0 no schedule failed, 1 one did, 2 bad input.",
    explorer_children,
    NULL,
    NULL};

int command_explore(int argc, char **argv)
{
    // two for each argument, and what stands around them
    struct arguments a = {.face = "declared", .told = calloc(2 * (size_t)argc + 5, sizeof *a.told)};
    if (a.told == NULL)
        return command_refuse(strerror(errno));
    a.tolds = 2; // the program's name and the command
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    struct explorer x;
    struct error e;
    if (explorer_choose(&x, &a.pair, &e)) {
        char as[EXPLORER_TEXT + 256];
        bool declared = strcmp(a.face, "declared") == 0;
        snprintf(as, sizeof as, "%s explore%s%s", program_invocation_name, x.pair,
                 declared ? "" : " --face instrumented");
        if (a.list)
            a.tolds = 2;
        else
            tell(&a, "--as", as);
        a.told[1] = (char *)(a.list ? "list" : "explore");
        a.told[a.tolds] = NULL;
        explorer_become(&x, a.face, a.told, &e);
    }
    free(a.told);
    return command_refuse(e.text);
}
