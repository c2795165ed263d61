// SPDX-License-Identifier: MIT
//
// Runs programs whose text says what becomes of them: `refused`, or a last word that is `leaks` or
// `wrong`. The result is the text itself.
#include <stdio.h>
#include <string.h>

#include "../../workloads/workload.h"

static const struct param params[] = {{0}};
static const struct type left = {.name = "object that is left"};
static char text[4096];

static bool ends_with(const char *word)
{
    size_t n = strlen(word), length = strlen(text);
    return length >= n && strcmp(text + length - n, word) == 0;
}

static const char *load(const struct run *run)
{
    FILE *f = fopen(run->program, "r");
    if (f == NULL)
        return strerror(errno);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return strcmp(text, "refused") == 0 ? "it says so" : NULL;
}

static void *start(struct thread *t, const struct run *run)
{
    (void)run;
    if (ends_with("leaks"))
        for (int i = 0; i < 3; i++)
            object_new(t, &left, sizeof(struct object), AL_OBJECT, 0);
    return NULL;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    (void)t, (void)index;
    return shared;
}

static void work(struct thread *t, void *own, uint64_t n)
{
    (void)t, (void)own, (void)n;
}

static const char *end(struct thread *t, void *own, uint64_t done)
{
    (void)t, (void)own, (void)done;
    return ends_with("wrong") ? text : NULL;
}

static const char *result(struct thread *t, void *shared)
{
    (void)t, (void)shared;
    return text[0] != '\0' ? text : NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)shared, (void)done;
    return NULL;
}

static const struct workload programs = {
    .name = "programs",
    .summary = "runs programs",
    .source = "of the tests",
    .operation = "nothing",
    .leaves = true,
    .params = params,
    .load = load,
    .start = start,
    .begin = begin,
    .work = work,
    .end = end,
    .result = result,
    .finish = finish,
};
WORKLOAD(programs)
