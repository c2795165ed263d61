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

static void check_plan(struct plan *p)
{
    struct error e;

    MUST(p->families > 0);
    for (size_t f = 0; f < p->families; f++) {
        MUST(p->family[f].cells >= 1 && p->family[f].cells <= FAMILY_MOST);
        for (unsigned c = 0; c < p->family[f].cells; c++)
            MUST(spec_valid(&p->family[f].cell[c], &e));
    }
    qsort(p->family, p->families, sizeof *p->family, by_name);
    for (size_t f = 1; f < p->families; f++)
        MUST(by_name(&p->family[f - 1], &p->family[f]) != 0);
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
        MUST(again->families == p->families && plan_cells(again) == plan_cells(p));
        check_plan(p);
        plan_free(again);
    } else {
        check_error(&e);
    }
    plan_free(p);
    free(text);
    return 0;
}
