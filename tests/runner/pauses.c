// SPDX-License-Identifier: MIT
//
// Some arithmetic, which pauses for 20 ms: in each operation whose number is a multiple of EVERY,
// spinning or asleep, or once in the first batch that begins after the warm-up.
#include "../../workloads/workload.h"

enum { HOW };
enum { SPINS, SLEEPS, AT_START, HOWS };
static const struct param params[] = {
    [HOW] = {"how", "0: spins; 1: sleeps; 2: once, at the start", SPINS, HOWS - 1, SPINS}, {0}};

enum { EVERY = 1 << 22, PAUSE_NS = 20000000, WARM_NS = 4000000 };

struct own {
    int64_t how;
    uint64_t done, value, first_ns;
    bool paused;
};

static void *start(struct thread *t, const struct run *run)
{
    int64_t *how = sync_alloc(sizeof *how);
    (void)t;
    *how = run->param[HOW];
    return how;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    (void)t, (void)index;
    own->how = *(const int64_t *)shared;
    return own;
}

static void rest(const struct own *own)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    uint64_t until = sync_now_ns() + PAUSE_NS;
    while (sync_now_ns() < until)
        if (own->how == SLEEPS)
            nanosleep(&pause, NULL);
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    (void)t;
    if (own->first_ns == 0)
        own->first_ns = sync_now_ns();
    if (own->how == AT_START && !own->paused && sync_now_ns() - own->first_ns >= WARM_NS) {
        own->paused = true;
        rest(own);
    }
    for (; n != 0; n--) {
        own->value = own->value * 5 + (uint64_t)(sync_opaque(own) == own);
        if (++own->done % EVERY == 0 && own->how != AT_START)
            rest(own);
    }
}

// So large that it is never doubled: the first batch that ends after the warm-up is its last.
static uint64_t unit(const void *p)
{
    (void)p;
    return RUN_BATCH_MOST;
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

static const struct workload pauses = {
    .name = "pauses",
    .summary = "arithmetic with pauses",
    .source = "of the tests",
    .operation = "one addition",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .unit = unit,
    .end = end,
    .finish = finish,
};
WORKLOAD(pauses)
