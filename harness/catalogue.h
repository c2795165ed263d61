// SPDX-License-Identifier: MIT
//
// What exists: schemes and workloads describe themselves in their own files, a small unit per file
// puts a pointer to the description into an ELF section, and these functions walk the sections.
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "run.h"

enum scheme_kind { REFCOUNT, LOCK, RECLAIM, ALLOC, SCHEME_KINDS };

struct scheme {
    enum scheme_kind kind;
    const char *name, *summary, *source;
    const char *when; // to use it; NULL: it does not say, as only wrong ones may
    uint32_t traits;
    size_t bytes;                // of an object's header, or of a container's lock word
    const char *reclaim, *alloc; // what it goes with unless told otherwise; NULL: no preference
    const struct census_line *census;
    size_t census_lines;
    const void *const *functions; // the whole contract, so that a missing function does not link
};
#define CATALOGUE_SECTION "rclab_schemes"
// The struct scheme of a unit that is loaded by itself, as a shared object.
#define CATALOGUE_ALONE "rclab_scheme"

// Sorted by name; the arrays belong to the catalogue.
const struct scheme *const *catalogue_schemes(enum scheme_kind kind, size_t *count);
const struct workload *const *catalogue_workloads(size_t *count);
// By name, or NULL.
const struct scheme *catalogue_scheme(enum scheme_kind kind, const char *name);
const struct workload *catalogue_workload(const char *name);
// A word for each trait that it has, separated by commas; empty: none.
enum { TRAITS_TEXT = 300 };
void catalogue_traits(const struct scheme *s, char text[TRAITS_TEXT]);
// "refcount", "lock", "reclaim", "alloc"
const char *catalogue_kind(enum scheme_kind kind);
// Somebody else's, there to be compared with: its accesses do not pass through sync.h.
bool catalogue_peer(const struct scheme *s);

#endif
