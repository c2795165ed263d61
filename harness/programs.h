// SPDX-License-Identifier: MIT
//
// Python programs that a virtual machine runs: those of workloads/interp/programs, and any other
// file. scripts/compile_program.py makes the bytecode (docs/bytecode.md).
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "spec.h"

struct program {
    const char *name;    // of a file that was given by its path: its last part, printable
    const char *summary; // its first comment
    const char *path;
    int bytecode; // open for reading, when it has been compiled; else -1
};

// Sorted by name; they belong to the list.
struct program *program_all(size_t *count);
// One of these, or NULL.
struct program *program_find(const char *name);
// A file by its path, whatever that is made of. NULL, with a message: it cannot be read.
struct program *program_file(const char *path, struct error *e);
// Compiles it, unless that was done. The bytecode is a file without a name: nobody else's, and gone
// with the process. What the compiler complained of went to stderr.
bool program_compile(struct program *p, struct error *e);

#endif
