// SPDX-License-Identifier: MIT
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "store.h"

static const struct command {
    const char *name, *summary;
    int (*call)(int argc, char **argv);
} commands[] = {
    {"list", "what there is: schemes, workloads, allocators, placements, plans", command_list},
    {"run", "measure one cell now", command_run},
    {"sweep", "measure the cells of a plan into a store", command_sweep},
    {"show", "tables of a store", command_show},
    {"compare", "what can be claimed of two cells, or of many pairs", command_compare},
    {"calibrate", "what differences this machine can show", command_calibrate},
    {"explore", "runs schemes under every schedule and stale load that a seed can name",
     command_explore},
    {"audit", "which memory orders of a scheme are needed", command_audit},
    {"export", "a store as text to keep, or its samples as CSV or JSON", command_export},
    {"import", "a store from such a text", command_import},
    {"merge", "one store of several: other machines, or shards of a plan", command_merge},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

int command_refuse(const char *text)
{
    fprintf(stderr, "rclab: %s\n", text);
    return 2;
}

int command_fail(const struct error *e)
{
    command_refuse(e->text);
    return store_disk_failed(e) ? 1 : 2;
}

static void usage(FILE *to)
{
    fprintf(to, "Usage: rclab COMMAND [ARGUMENTS]\n\nMeasures reference counting and container "
                "locking schemes.\n\n");
    for (unsigned i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n`rclab COMMAND --help` tells more of each.\n");
}

int main(int argc, char **argv)
{
    argp_err_exit_status = 2;
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        usage(stdout);
        return 0;
    }
    for (unsigned i = 0; argc >= 2 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[32];
            snprintf(name, sizeof name, "rclab %s", commands[i].name);
            argv[1] = name;
            int status = commands[i].call(argc - 1, argv + 1);
            // a full disk or a closed pipe must not pass for success
            if (fflush(stdout) != 0 || ferror(stdout)) {
                perror("rclab: standard output");
                return 1;
            }
            return status;
        }
    if (argc >= 2)
        fprintf(stderr, "rclab: no command '%s'\n\n", argv[1]);
    usage(stderr);
    return 2;
}
