// SPDX-License-Identifier: MIT
//
// The program of one pair of schemes, which `rclab explore` and `rclab audit` build and run:
//     PROGRAM explore [SCENARIO...|all] [OPTION...]
//     PROGRAM audit [OPTION...]
//     PROGRAM list
#include "explore.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_MODE = 256,
    KEY_DEPTH,
    KEY_SCHEDULES,
    KEY_SEED,
    KEY_REPLAY,
    KEY_WEAKEN,
    KEY_AS,
    KEY_KIND,
    KEY_BUDGET
};

// A whole number and nothing else.
static uint64_t number(struct argp_state *state, const char *what, const char *text, uint64_t least,
                       uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < least || n > most)
        argp_error(state, "--%s %s: a number from %ju to %ju is needed", what, text,
                   (uintmax_t)least, (uintmax_t)most);
    return n;
}

// --- explore -----------------------------------------------------------------------------------

static const char *const mode_names[] = {
    [SIM_RANDOM] = "random", [SIM_PCT] = "pct", [SIM_EXHAUSTIVE] = "exhaustive"};

static const struct argp_option explore_options[] = {
    {"mode", KEY_MODE, "random|pct|exhaustive", 0,
     "How schedules are chosen (seeds in turn: random, and PCT of depths 2, 3 and 5)", 0},
    {"depth", KEY_DEPTH, "D", 0,
     "Of PCT: of the bugs that it looks for (3); of exhaustive: deviations at most (2)", 0},
    {"schedules", KEY_SCHEDULES, "N", 0, "Of each scenario, at most (100000)", 0},
    {"seed", KEY_SEED, "X", 0, "Of the first schedule; the next has the next one (1)", 0},
    {"replay", KEY_REPLAY, "DEVIATIONS", 0,
     "One schedule, as a failure prints it; needs its --seed", 0},
    {"weaken", KEY_WEAKEN, "ORDER", 0,
     "Without that strength of a memory order, as the audit prints it", 0},
    {"as", KEY_AS, "TEXT", 0, "The command that is printed to be given again", 0},
    {0},
};
static error_t parse_explore(int key, char *value, struct argp_state *state)
{
    struct explore_options *o = state->input;
    switch (key) {
    case KEY_MODE:
        for (o->mode = SIM_EXHAUSTIVE; o->mode >= 0; o->mode--)
            if (strcmp(mode_names[o->mode], value) == 0)
                break;
        if (o->mode < 0)
            argp_error(state, "no mode '%s'; known: random pct exhaustive", value);
        break;
    case KEY_DEPTH:
        o->depth = (unsigned)number(state, "depth", value, 1, 16);
        break;
    case KEY_SCHEDULES:
        o->schedules = number(state, "schedules", value, 1, UINT64_MAX);
        break;
    case KEY_SEED:
        o->seed = number(state, "seed", value, 0, UINT64_MAX);
        break;
    case KEY_REPLAY:
        o->replay = value;
        break;
    case KEY_WEAKEN:
        if (!audit_weaken(value))
            argp_error(state, "--weaken %s: no such order; the audit lists them", value);
        o->weaken = value;
        break;
    case KEY_AS:
        o->as = value;
        break;
    case ARGP_KEY_ARGS:
        o->scenario = (const char *const *)state->argv + state->next;
        o->scenarios = (size_t)(state->argc - state->next);
        if (o->scenarios == 1 && strcmp(o->scenario[0], "all") == 0)
            o->scenarios = 0;
        break;
    case ARGP_KEY_END:
        if (o->replay != NULL && (o->scenarios != 1 || o->mode != EXPLORE_MIXED))
            argp_error(state, "--replay is of one scenario, which must be named, and of no --mode");
        if (o->depth != 0 && (o->mode == EXPLORE_MIXED || o->mode == SIM_RANDOM))
            argp_error(state, "--depth is of --mode pct or exhaustive");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static int main_explore(int argc, char **argv)
{
    static const struct argp argp = {explore_options,
                                     parse_explore,
                                     "[SCENARIO...|all]",
                                     "Looks for schedules in which these schemes fail.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct explore_options o = {
        .mode = EXPLORE_MIXED, .schedules = 100000, .seed = 1, .as = argv[0]};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    char as[8192];
    if (o.weaken != NULL) {
        snprintf(as, sizeof as, "%s --weaken %s", o.as, o.weaken);
        o.as = as;
    }
    return explore(&o);
}

// --- audit -------------------------------------------------------------------------------------

// In the order of sim_schemes.
static const char *const kinds[] = {"refcount", "lock", "reclaim", "alloc"};

static const struct argp_option audit_options[] = {
    {"kind", KEY_KIND, "KIND", 0, "Whose orders: refcount, lock, reclaim, alloc (refcount)", 0},
    {"budget", KEY_BUDGET, "SECONDS", 0, "About so long (45)", 0},
    {"as", KEY_AS, "TEXT", 0, "The command that is printed to be given again", 0},
    {0},
};
static error_t parse_audit(int key, char *value, struct argp_state *state)
{
    struct audit_options *o = state->input;
    char *end;
    switch (key) {
    case KEY_KIND:
        for (o->kind = 0; o->kind < 4 && strcmp(kinds[o->kind], value) != 0;)
            o->kind++;
        if (o->kind == 4)
            argp_error(state, "no kind '%s'; known: refcount lock reclaim alloc", value);
        break;
    case KEY_BUDGET:
        o->budget = strtod(value, &end);
        if (end == value || *end != '\0' || !(o->budget > 0 && o->budget <= 1e6))
            argp_error(state, "--budget %s: seconds are needed, more than 0 and up to a million",
                       value);
        break;
    case KEY_AS:
        o->as = value;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static int main_audit(int argc, char **argv)
{
    static const struct argp argp = {
        audit_options, parse_audit,
        NULL,          "Weakens one memory order at a time and looks for schedules that fail.",
        NULL,          NULL,
        NULL};
    char as[4096]; // what it prints is for the other command
    snprintf(as, sizeof as, "%.*sexplore", (int)(strlen(argv[0]) - strlen("audit")), argv[0]);
    struct audit_options o = {.budget = 45, .as = as};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    return audit(&o);
}

static int main_list(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    size_t n;
    const struct sim_scenario *const *all = explore_scenarios(&n);
    for (size_t i = 0; i < n; i++)
        printf("%-24s %s%s%s\n", all[i]->name, all[i]->summary,
               all[i]->omitted != NULL ? "; omitted: " : "",
               all[i]->omitted != NULL ? all[i]->omitted : "");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*call)(int argc, char **argv);
    } commands[] = {{"explore", main_explore}, {"audit", main_audit}, {"list", main_list}};
    argp_err_exit_status = 2;
    for (unsigned i = 0; argc >= 2 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[4096];
            snprintf(name, sizeof name, "%s %s", argv[0], commands[i].name);
            argv[1] = name;
            int status = commands[i].call(argc - 1, argv + 1);
            // a full disk or a closed pipe must not pass for success
            if (fflush(stdout) != 0 || ferror(stdout)) {
                perror("explore: standard output");
                return 1;
            }
            return status;
        }
    fprintf(stderr, "Usage: %s explore|audit|list [ARGUMENTS]; each has --help\n", argv[0]);
    return 2;
}
