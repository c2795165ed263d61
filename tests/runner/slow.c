// SPDX-License-Identifier: MIT
//
// Operations of 10 microseconds at least, a thousand to a batch: one takes longer than many a
// sample.
#include "../../workloads/workload.h"

enum { OPERATION_NS = 10000, BATCH = 1000 };
static const struct param params[] = {{0}};

static void *start(struct thread *t, const struct run *run)
{
    (void)t, (void)run;
    return NULL;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    (void)t, (void)shared, (void)index;
    return sync_alloc(sizeof(uint64_t));
}

static void work(struct thread *t, void *p, uint64_t n)
{
    uint64_t *done = p;
    (void)t;
    for (; n != 0; n--, ++*done) {
        uint64_t until = sync_now_ns() + OPERATION_NS;
        while (sync_now_ns() < until)
            sync_pause();
        SYNC_COUNT(fence);
    }
}

static uint64_t unit(const void *p)
{
    (void)p;
    return BATCH;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    (void)t;
    bool right = *(uint64_t *)p == done;
    sync_free(p);
    return right ? NULL : "the runner counts other operations than were done";
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    (void)t, (void)shared, (void)done;
    return NULL;
}

static const struct workload slow = {
    .name = "slow",
    .summary = "waits",
    .source = "of the tests",
    .operation = "ten microseconds",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .end = end,
    .finish = finish,
};
WORKLOAD(slow)
