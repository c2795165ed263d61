// SPDX-License-Identifier: MIT
//
// The subcommands of rclab. Each parses its own arguments (argv[0] is "rclab NAME") and answers the
// exit status: 0 fine, 1 a failed verification or a process that did not end well, 2 bad input.
#ifndef COMMANDS_H
#define COMMANDS_H

int command_list(int argc, char **argv);
int command_run(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_show(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_calibrate(int argc, char **argv);
int command_explore(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_export(int argc, char **argv);
int command_import(int argc, char **argv);
int command_merge(int argc, char **argv);

// Prints "rclab: text" to stderr and answers 2.
int command_refuse(const char *text);
// The same, but 1 where it was the disk that failed.
struct error;
int command_fail(const struct error *e);

#endif
