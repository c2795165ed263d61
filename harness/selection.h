// SPDX-License-Identifier: MIT
//
// Cells of a store chosen by conditions such as rc=biased,allocator=jemalloc, and the pairs of
// cells that two such choices compare.
#ifndef SELECTION_H
#define SELECTION_H

#include "results.h"

// A key is one of a specification (workload, rc, lock, ...) or a parameter of workloads.
struct key {
    const char *name;
    bool param;
};
enum { CONDITIONS_MOST = 32, SELECTION_TEXT = 1024, VALUE_TEXT = PLACEMENT_TEXT };
struct selection {
    const char *option; // for messages
    char text[SELECTION_TEXT];
    struct condition {
        struct key key;
        const char *value;
    } condition[CONDITIONS_MOST];
    size_t n;
};
// Of `KEY=VALUE,KEY=VALUE,...`. What follows a comma without a `=` goes on with the value, so that
// a placement may be a list of CPUs. A parameter is NAME or param.NAME. False, with a message that
// tells the known: a key or value that no row has, or a key twice. The selection refers to the
// results and to itself.
bool selection_parse(const char *option, const char *text, const struct results *r,
                     struct selection *s, struct error *e);
// The workload is known to the store; else a message with those that are.
bool selection_workload(const char *name, const struct results *r, struct error *e);

// The row's value; false: it has none. copy and extra are 0 where there are none, runtime and
// program are "-".
bool selection_value(const struct result *row, struct key key, char value[VALUE_TEXT]);
// The keys in which two rows differ, as far as both have them; their number, at most KEYS_MOST.
enum { KEYS_MOST = 64 };
size_t selection_differences(const struct result *a, const struct result *b,
                             struct key key[KEYS_MOST]);

// Each row that fits `with` and the row of its family that fits `base` and is equal in all that
// neither names. copy and extra are 0 where they are not named. Parameters that only one of the two
// workloads has are no difference.
struct pairs {
    struct pair {
        const struct result *base, *with;
    } * pair; // in the order of the rows of `with`
    size_t n;
    size_t apart; // cells that fit `with` whose base was measured, but in other blocks
};
// workload: only those of `with`; all if there are none. False, with a message: several rows fit
// `base`, which tells between what to choose; or there are no pairs and none apart, which tells
// what there is.
bool selection_pairs(const struct results *r, const struct selection *base,
                     const struct selection *with, const char *const *workload, size_t workloads,
                     struct pairs *p, struct error *e);
void pairs_free(struct pairs *p);

#endif
