// SPDX-License-Identifier: MIT
//
// The tables of a store: how they are made, how those of an older version become these, and the
// functions that SQL has for them.
#ifndef SCHEMA_H
#define SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;

enum { SCHEMA_APPLICATION = 0x72636c62 /* "rclb" */, SCHEMA_VERSION = 3 };
enum { SCHEMA_HASH = 33 }; // bytes of a hash in text, its end included

// For every connection, before anything else:
//   hash(text)               32 hexadecimal digits
//   clean(text)              the text as UTF-8: a byte that is none becomes '?'
//   cell_cut(sample, cell)   the sample's JSON without the members that the cell's has alike
//   cell_put(sample, cell)   and with them again
//   member(json, name)       a number or truth value of an object; NULL if it has none
//   machine_1(environment)   the machine's identity, from an environment of version 1
bool schema_functions(struct sqlite3 *db);
// In the caller's transaction; false: ask the connection why. Migration is from `version`, one that
// is older than this one.
bool schema_make(struct sqlite3 *db);
bool schema_migrate(struct sqlite3 *db, int64_t version);

// Equal texts, equal hashes; nobody is kept from finding another text with the same.
void schema_hash(const char *text, size_t n, char hash[SCHEMA_HASH]);

#endif
