// SPDX-License-Identifier: MIT
//
// Some arithmetic that shares nothing. With late=1 the last thread takes its time to make what is
// its own, so that the others are warm long before it arrives.
#include "../../workloads/workload.h"

enum { LATE };
static const struct param params[] = {[LATE] = {"late", "1: the last thread begins late", 0, 1, 0},
                                      {0}};

struct own {
    uint64_t done, value;
};
struct shared {
    bool late;
    unsigned threads;
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    (void)t;
    s->late = run->param[LATE] != 0;
    s->threads = run->threads;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    (void)t;
    if (s->late && index == s->threads - 1)
        usleep(50000);
    return sync_alloc(sizeof(struct own));
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    (void)t;
    own->done += n;
    for (; n != 0; n--)
        own->value = own->value * 5 + (uint64_t)(sync_opaque(own) == own);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t;
    bool right = own->done == done;
    sync_free(own);
    return right ? NULL : "the runner counts other operations than were done";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)done;
    sync_free(shared);
    return NULL;
}

static const struct workload windows = {
    .name = "windows",
    .summary = "arithmetic",
    .source = "of the tests",
    .operation = "one addition",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .end = end,
    .finish = finish,
};
WORKLOAD(windows)
