// SPDX-License-Identifier: MIT
//
// Where the tree and its programs are, and how a missing one is made.
#ifndef BUILD_H
#define BUILD_H

#include "spec.h"

// The root of the tree that this program was built in. Ends the process (status 2) if it is gone.
const char *build_root(void);
// The program of a cell; `census`: the one that counts. layout: 0 is linked in the usual order, each
// other number shuffles objects and functions in its own way, the same on every machine.
// SPEC_TEXT + 4096 bytes are enough.
enum { BUILD_PATH = 4096 + SPEC_TEXT };
void build_path(const struct spec *s, bool census, unsigned layout, char *path);
// Makes the programs of n cells as needed, each in layouts 0..layouts-1, in parallel, and says so on
// stderr when there was work. False, with a message: some could not be made (make's output went to
// stderr).
bool build_cells(const struct spec *const *s, size_t n, bool census, unsigned layouts,
                 struct error *e);
// Makes the explorer's program of a pair in a face ("declared", "instrumented"), and answers where it
// is (BUILD_PATH). headers: where schemes of the pair lie that are not the tree's, by absolute paths
// with a blank between; they are built in a directory of their own.
bool build_explorer(const struct spec *s, const char *face, const char *headers, char *path,
                    struct error *e);
// What the scheme of that name says of itself, whose header lies at that absolute path. NULL, with a
// message: it is none, or does not compile.
const struct scheme *build_scheme(const char *header, const char *name, struct error *e);

#endif
