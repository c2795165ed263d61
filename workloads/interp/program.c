// SPDX-License-Identifier: MIT
//
// A stand-in until the machine is here: reads the bytecode of a program and hashes it once an
// operation. What surrounds a program can be tried with it: how it is compiled, given and named,
// and what the runner says of it. Its result is "stub".
#include "../workload.h"

#include <stdio.h>
#include <string.h>

enum { N };
static const struct param params[] = {
    [N] = {"n", "what bench is called with", 0, (int64_t)1 << 53, 10}, {0}};

static struct {
    char *text;
    size_t length;
} loaded;

static const char *load(const struct run *run)
{
    static char why[256];
    FILE *f = fopen(run->program, "r");
    long n = -1;
    if (f != NULL && fseek(f, 0, SEEK_END) == 0)
        n = ftell(f);
    if (n >= 0) {
        rewind(f);
        loaded.text = sync_alloc((size_t)n + 1);
        loaded.length = fread(loaded.text, 1, (size_t)n, f);
    }
    bool read = n >= 0 && loaded.length == (size_t)n;
    snprintf(why, sizeof why, "%s: %s", run->program, strerror(errno));
    if (f != NULL)
        fclose(f);
    if (!read)
        return why;
    return strncmp(loaded.text, "rclab-bytecode 1\n", 17) == 0 ? NULL : "it is no bytecode";
}

struct own {
    uint64_t hash;
};

static void *start(struct thread *t, const struct run *run)
{
    (void)t, (void)run;
    return NULL;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    (void)t, (void)shared, (void)index;
    return sync_alloc(sizeof(struct own));
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    (void)t;
    for (; n != 0; n--) {
        uint64_t hash = 0xcbf29ce484222325u;
        for (size_t i = 0; i < loaded.length; i++)
            hash = (hash ^ (uint8_t)loaded.text[i]) * 0x100000001b3u;
        own->hash = sync_opaque(hash);
    }
}

static const char *end(struct thread *t, void *own, uint64_t done)
{
    (void)t, (void)done;
    sync_free(own);
    return NULL;
}

static const char *result(struct thread *t, void *shared)
{
    (void)t, (void)shared;
    return "stub";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)shared, (void)done;
    return NULL;
}

static const struct workload program = {
    .name = "program",
    .summary = "a Python program in a virtual machine that is built for a runtime",
    .source = "docs/bytecode.md",
    .operation = "one call of bench(n)",
    .allocates = true,
    .leaves = true,
    .params = params,
    .load = load,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .end = end,
    .result = result,
    .finish = finish,
};
WORKLOAD(program)
