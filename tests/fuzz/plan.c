// SPDX-License-Identifier: MIT
//
// Any text is a plan, or is refused with a message that names its line. A plan holds what plan.h
// says of it, and is the same when it is read again from its own text.
#include <stdio.h>
#include <string.h>

#include "plan.h"

#define MUST(condition) ((condition) ? (void)0 : fail(#condition))

static void fail(const char *what)
{
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

static struct topology *topology;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char error[200];

    (void)argc, (void)argv;
    topology = topology_open("package:2 l3:2 core:3 pu:2", error, sizeof error);
    MUST(topology != NULL);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct family *)a)->name, ((const struct family *)b)->name);
}

static bool is_usual(const struct spec *s)
{
    return s->copy == 0 && s->extra == 0;
}

static bool same_cell(const struct spec *a, const struct spec *b)
{
    char left[SPEC_TEXT], right[SPEC_TEXT];

    spec_key(a, left);
    spec_key(b, right);
    return strcmp(left, right) == 0;
}

// Behind more cells than a family has of its own there can only be a check: of one of them.
static void check_riders(const struct family *f)
{
    const struct spec *copy = &f->cell[f->cells - 2], *extra = &f->cell[f->cells - 1];
    struct spec original = *copy;
    unsigned rank = 0;

    original.copy = 0;
    MUST(copy->copy == 1 && copy->extra == 0);
    while (rank < f->cells - 2 && !same_cell(&original, &f->cell[rank]))
        rank++;
    MUST(rank < f->cells - 2);
    original.extra = 5;
    MUST(same_cell(&original, extra));
    for (unsigned c = 0; c < f->cells - 2; c++)
        MUST(is_usual(&f->cell[c]));
}

static void check_plan(struct plan *p)
{
    struct error e;

    MUST(p->families > 0);
    MUST(p->rounds_least >= ROUNDS_LEAST && p->rounds_least <= p->rounds);
    MUST(p->margin >= 0.001 && p->margin <= 0.5);
    MUST(p->layouts >= 1 && p->layouts <= LAYOUTS_MOST);
    for (size_t f = 0; f < p->families; f++) {
        const struct family *family = &p->family[f];

        MUST(family->cells >= 1 && family->cells <= FAMILY_MOST);
        if (family->cells > FAMILY_OWN)
            check_riders(family);
        for (unsigned c = 0; c < family->cells; c++) {
            MUST(spec_valid(&family->cell[c], &e));
            MUST(family->cell[c].copy <= COPIES_MOST && family->cell[c].extra <= EXTRA_MOST);
            for (unsigned k = 0; k < c && f < 20; k++)
                MUST(!same_cell(&family->cell[k], &family->cell[c]));
        }
    }
    qsort(p->family, p->families, sizeof *p->family, by_name);
    for (size_t f = 1; f < p->families; f++)
        MUST(by_name(&p->family[f - 1], &p->family[f]) != 0);
}

// The same families with the same cells; of many families, the first ones.
static void check_same(const struct plan *p, const struct plan *q)
{
    MUST(p->families == q->families && plan_cells(p) == plan_cells(q));
    for (size_t f = 0; f < p->families; f++) {
        const struct family *a = &p->family[f], *b = &q->family[f];

        MUST(strcmp(a->name, b->name) == 0 && a->cells == b->cells);
        for (unsigned c = 0; c < a->cells && f < 100; c++)
            MUST(same_cell(&a->cell[c], &b->cell[c]));
    }
}

static void check_error(const struct error *e)
{
    int line = 0;

    MUST(memchr(e->text, '\0', sizeof e->text) != NULL);
    MUST(sscanf(e->text, "fuzz.ini:%d: ", &line) == 1 ||
         strncmp(e->text, "fuzz.ini:0: no e", 16) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e;
    char *text = malloc(size + 1);

    MUST(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    struct plan *p = plan_parse("fuzz.ini", text, topology, &e);
    if (p != NULL) {
        struct plan *again = plan_parse("fuzz.ini", p->text, topology, &e);

        MUST(again != NULL);
        MUST(strncmp(p->text, text, strlen(text)) == 0);
        MUST(again->rounds == p->rounds && again->margin == p->margin);
        check_same(p, again);
        check_plan(p);
        plan_free(again);
    } else {
        check_error(&e);
    }
    plan_free(p);
    free(text);
    return 0;
}
