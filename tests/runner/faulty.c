// SPDX-License-Identifier: MIT
//
// Goes wrong as it is asked to.
#include "../../workloads/workload.h"

enum { HOW };
enum { FINE, END_WRONG, FINISH_WRONG, LEAKS, ABORTS, HANGS, EXITS, HOWS };
static const struct param params[] = {
    [HOW] = {"how", "1, 2: wrong; 3: leaks; 4: aborts; 5: hangs; 6: exits", FINE, HOWS - 1, FINE},
    {0}};

static const struct type leaked = {.name = "object that is left"};

struct shared {
    int64_t how;
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->how = run->param[HOW];
    if (s->how == LEAKS)
        object_new(t, &leaked, sizeof(struct object), AL_OBJECT, 0);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    (void)t, (void)index;
    if (s->how == ABORTS)
        abort();
    if (s->how == EXITS)
        _exit(7);
    return shared;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    const struct shared *s = p;
    (void)t;
    for (; n != 0; n--)
        while (sync_opaque(s)->how == HANGS)
            sync_pause();
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    const struct shared *s = p;
    (void)t, (void)done;
    return s->how == END_WRONG ? "wrong in the end" : NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)t, (void)done;
    bool wrong = s->how == FINISH_WRONG;
    sync_free(s);
    return wrong ? "wrong when all is finished" : NULL;
}

static const struct workload faulty = {
    .name = "faulty",
    .summary = "goes wrong",
    .source = "of the tests",
    .operation = "nothing",
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .end = end,
    .finish = finish,
};
WORKLOAD(faulty)
