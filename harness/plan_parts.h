// SPDX-License-Identifier: MIT
//
// How a plan is read: plan.c takes words from the text, plan_axes.c replaces them by what they
// mean, plan_product.c multiplies them out. After a mistake the answer is false, the message is in
// the parser's error and its line in `wrong`.
#ifndef PLAN_PARTS_H
#define PLAN_PARTS_H

#include <ini.h>
#include <stdio.h>

#include "plan.h"

// The axes of an experiment, outermost first, behind them its parameters. `pair` sets refcount and
// lock scheme at once, `runtime` all four. A new axis is a line here and a case in plan_axis_set,
// plan_axis_of and axis_known.
enum axis {
    WORKLOAD,
    THREADS,
    ALLOCATOR,
    PLACEMENT,
    MEMORY,
    PROGRAM,
    RUNTIME,
    PAIR,
    RC,
    LK,
    RECLAIMER,
    ALLOCATION,
    COPY,
    EXTRA,
    AXES
};
enum plan_key { SUMMARY, TIME, OPS, SAMPLES, ROUNDS, MARGIN, CHECKS, LAYOUTS, PLAN_KEYS };
enum { VALUES_MOST = 1024, PARAMS_MOST = 24, EXPERIMENTS_MOST = 64, COMBINATIONS_MOST = 500000 };
// What the INI library reads of a line and of a section's name; it cuts the rest off, silently.
enum { WORD = INI_MAX_LINE, LINE_MOST = WORD - 2, SECTION_MOST = 49 };

// Words of the text, or the values that they mean.
struct value {
    char text[WORD];
    int line;
};
struct values {
    struct value *value;
    unsigned n, room;
    int line; // of the key; 0: not given
};

struct condition {
    unsigned axis;
    char op; // = ! < >
    unsigned n;
    struct {
        const char *name; // as plan_axis_of() says it; NULL: a number
        int64_t number;
    } value[WORD / 2];
};
struct term {
    int line;
    struct condition *condition;
    unsigned conditions;
    bool matched; // or could on another machine
};

struct experiment {
    char name[SECTION_MOST + 1];
    int line;
    struct values axis[AXES + PARAMS_MOST];
    char param_name[PARAMS_MOST][WORD];
    unsigned params;
    struct values together, exclude;
    bool compared[AXES + PARAMS_MOST];
    bool widened[AXES]; // `*`, `all`, `auto` or `x2` was among its values
    struct term *term;
    unsigned terms;
};

struct parser {
    struct plan *plan;
    const struct topology *topology;
    struct error *e;
    int wrong; // the line of the mistake that e tells; 0: none yet
    // the reader
    const char *rest;
    int line, section_line;
    bool indented, in_section; // the line is; a key stands above it in its section
    struct values *key;        // whose values may go on
    int plan_line, plan_key_line[PLAN_KEYS];
    double checks; // what part of the cells they may be
    struct experiment *experiment[EXPERIMENTS_MOST];
    unsigned experiments;
    // allocators that are asked whether they are present, which takes a process: the first so many
    size_t asked;
    uint64_t absent;
    // the cross product
    FILE *text;
    size_t combinations, room;
    void *wholes; // families, by their cells
};

static inline bool at_line(struct parser *p, int line)
{
    p->wrong = line;
    return false;
}
#define WRONG(p, line, ...) (error_set((p)->e, __VA_ARGS__), at_line(p, line))

// --- plan_axes.c ------------------------------------------------------------------------------

extern const char *const plan_axis_name[AXES];
// The axis of that name, or -1.
int plan_axis_find(const struct experiment *x, const char *name);
// A value by its name; the workload comes first, and starts the specification.
bool plan_axis_set(struct spec *s, unsigned axis, const char *text, struct error *e);
// The name of a specification's value.
const char *plan_axis_of(const struct spec *s, unsigned axis);
// text[WORD], empty: then " a b c".
const char *plan_join(const char *const *name, unsigned n, char *text);
// text[n], as one more value.
bool plan_push(struct parser *p, struct values *v, const char *text, size_t n, int line);
// Replaces the words of an experiment by what they mean.
bool plan_resolve(struct parser *p, struct experiment *x);

// --- plan_product.c -----------------------------------------------------------------------------

// The families of an experiment, into the plan.
bool plan_expand(struct parser *p, struct experiment *x);
// Cells that the harness is checked with, to families: as often as they may ride, but once if they
// may at all. checks: what part of the cells they may be. False: out of memory.
bool plan_add_checks(struct plan *plan, double checks);

#endif
