// SPDX-License-Identifier: MIT
#include "kernel.h"

#include "run.h"

extern const struct cell_program *const program_first[] __asm__("__start_" RUN_SECTION);
extern const struct cell_program *const program_end[] __asm__("__stop_" RUN_SECTION);

struct kernel {
    const struct cell_calls *calls;
    const struct workload *workload;
    struct world *world;
    struct thread *t;
    void *shared, *own;
    uint64_t done;
};

struct kernel *kernel_open(unsigned which)
{
    size_t last = (size_t)(program_end - program_first) - 1;
    const struct cell_program *program = program_first[which < last ? which : last];
    struct kernel *k = sync_alloc(sizeof *k);
    *k = (struct kernel){.calls = program->calls, .workload = program->workload};
    struct run run = {.threads = 1};
    for (unsigned i = 0; k->workload->params[i].name != NULL; i++)
        run.param[i] = k->workload->params[i].standard;
    sync_here.seed = 1;
    k->world = k->calls->world_open();
    sync_here.self = k->t = k->calls->enter(k->world);
    k->shared = k->workload->start(k->t, &run);
    k->own = k->workload->begin(k->t, k->shared, 0);
    return k;
}

uint64_t kernel_unit(const struct kernel *k)
{
    return k->workload->unit(k->own);
}

void kernel_work(struct kernel *k, uint64_t n)
{
    k->workload->work(k->t, k->own, n);
    k->calls->safepoint(k->t);
    k->done += n;
}

const char *kernel_close(struct kernel *k)
{
    const char *wrong = k->workload->end(k->t, k->own, k->done);
    k->calls->drain(k->t);
    const char *judged = k->workload->finish(k->t, k->shared, k->done);
    if (wrong == NULL)
        wrong = judged;
    k->calls->leave(k->t);
    if (wrong == NULL && k->calls->frees && k->calls->world_live(k->world) != 0)
        wrong = "objects are left when nothing refers to them";
    k->calls->world_close(k->world);
    sync_free(k);
    return wrong;
}
