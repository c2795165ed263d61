// SPDX-License-Identifier: MIT
//
// rclab audit --rc S | --lock S | --reclaimer S | --alloc S [--budget TIME]: which memory orders of
// a scheme are needed.
#include <argp.h>
#include <stdio.h>

#include "commands.h"
#include "explorer.h"

struct arguments {
    struct explorer_options pair;
    const char *budget;
};
enum { KEY_BUDGET = 256 };
static const struct argp_option options[] = {
    {"budget", KEY_BUDGET, "TIME", 0, "Look for so long: a number with s, m or h (45s)", 1},
    {0},
};
static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->pair;
        break;
    case KEY_BUDGET:
        a->budget = value;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        break;
    case ARGP_KEY_END:
        if (!explorer_named(&a->pair))
            argp_error(state, "which scheme? --rc S, --lock S, --reclaimer S or --alloc S");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
static const struct argp argp = {
    options,
    parse,
    NULL,
    "Weakens each memory order that a scheme declares, one at a time, and lets the explorer look "
    "for "
    "a schedule that fails then: such an order is needed. Of the others nothing is shown.\v"
    "Of the schemes that are given the first is audited, in the order of the options below.\n\n"
    "Exit status: 0, 1 where the audit contradicts the reason that stands at an order, 2 bad "
    "input.",
    explorer_children,
    NULL,
    NULL};

int command_audit(int argc, char **argv)
{
    struct arguments a = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    uint64_t ns = 45 * UINT64_C(1000000000);
    struct explorer x;
    struct error e;
    if ((a.budget == NULL || parse_time("--budget", a.budget, &ns, &e)) &&
        explorer_choose(&x, &a.pair, &e)) {
        char as[EXPLORER_TEXT + 256], seconds[32];
        snprintf(as, sizeof as, "%s explore%s", program_invocation_name, x.pair);
        snprintf(seconds, sizeof seconds, "%.9g", (double)ns / 1e9);
        int kind = REFCOUNT;
        while (a.pair.scheme[kind] == NULL)
            kind++;
        char *told[] = {NULL,   "audit", "--budget", seconds,
                        "--as", as,      "--kind",   (char *)catalogue_kind((enum scheme_kind)kind),
                        NULL};
        explorer_become(&x, "declared", told, &e);
    }
    return command_refuse(e.text);
}
