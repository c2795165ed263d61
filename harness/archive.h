// SPDX-License-Identifier: MIT
//
// A store as plain text, to be kept for years: one JSON object a line, compact, its members sorted,
// with one member that says what the line is:
//
//     {"archive":{"version":3}}            first; the version of the store's tables
//     {"cell":{...}} {"environment":{...}} {"invocation":{...}} {"machine":{...}} {"sample":{...}}
//     {"stop":{...}} {"sweep":{...}}
//
// The lines are sorted by their bytes, so that two exports can be compared, and refer to each other
// by what identifies a thing everywhere: a machine's or sweep's identity, a cell's key, an
// environment's hash. A number is read as it was written, to the last bit.
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stdio.h>

#include "store.h"

bool archive_export(struct store *s, FILE *to, struct error *e);
// Into a store that holds nothing: all of it, or nothing. Whatever is not as an export would have
// it is refused; messages begin with NAME:LINE. An export of version 2 is as good as one of this
// version, and is taken for what migration makes of such a store.
bool archive_import(struct store *s, FILE *from, const char *name, struct error *e);

#endif
