// SPDX-License-Identifier: MIT
//
// What `rclab explore` and `rclab audit` share: which schemes are meant, and their program.
#ifndef EXPLORER_H
#define EXPLORER_H

#include <argp.h>

#include "spec.h"

// As the user wrote them: a NAME, KIND/NAME, or the path of a header. NULL: not given.
struct explorer_options {
    const char *scheme[SCHEME_KINDS];
};
// A parser for a command's argp, with a struct explorer_options.
extern const struct argp_child explorer_children[];
// A scheme was given.
bool explorer_named(const struct explorer_options *o);

enum { EXPLORER_TEXT = 2 * 4096 + 512 };
struct explorer {
    struct spec spec;
    char headers[EXPLORER_TEXT]; // those that were given by a path: absolute, a blank between
    char pair[EXPLORER_TEXT];    // " --rc biased --lock pthread"
};
// The schemes that are meant; where none was given: atomic, and pthread or, where several threads
// cannot count at a time, gil. False, with a message: one is not known, or they do not go together.
bool explorer_choose(struct explorer *x, const struct explorer_options *o, struct error *e);
// Makes the schemes' program in a face and becomes it; argv[0] is filled in. Comes back with a
// message where that fails.
void explorer_become(const struct explorer *x, const char *face, char **argv, struct error *e);

#endif
