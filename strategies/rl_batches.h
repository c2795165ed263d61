// SPDX-License-Identifier: MIT
//
// Retirement by stamps: a batch gets a stamp when it is full, or when its thread drains or goes,
// and is freed when that has passed. What reclaimers with grace periods have in common; a scheme
// supplies rl_stamp, rl_passed, rl_quiesce, and where the two structs lie: batches_self,
// batches_world.
//
// Call-backs may lock, so they run where their thread passes a safepoint or drains, and nowhere
// else: rl_retire may be called under the very lock. Who has filled a batch looks once for what has
// passed, so the search costs a retirement a 32nd of it. A thread that retires no more keeps at
// most a batch that is not full, and what had not passed when it last looked, until it drains.
#ifndef RL_BATCHES_H
#define RL_BATCHES_H

#include "rl_retired.h"

struct batches_thread {
    struct retired_list list;
    bool due;     // a batch was filled: look at the next safepoint
    bool running; // within a call-back
};
API struct batches_thread *batches_self(struct thread *t);
API struct retired_world *batches_world(struct thread *t);

API void batches_close(struct thread *t)
{
    struct retired_batch *b = batches_self(t)->list.last;
    if (b != NULL && sync_get(b->stamp) == 0)
        sync_set(b->stamp, rl_stamp(t));
}
// An order by stamps would be for speed only: one that has passed waits for those before it.
API bool batches_pass(struct thread *t, struct retired_list *l)
{
    bool any = false;
    for (struct retired_batch *b; (b = l->first) != NULL; any = true) {
        uint64_t stamp = sync_get(b->stamp);
        if (stamp == 0 || !rl_passed(t, stamp))
            break;
        retired_take(l);
        unsigned n = sync_get(b->n);
        for (unsigned i = 0; i < n; i++)
            sync_get(b->item[i].fn)(t, sync_get(b->item[i].p));
        sync_free(b);
    }
    return any;
}
// True: something was freed.
static __attribute__((noinline, cold, unused)) bool batches_run(struct thread *t)
{
    struct batches_thread *self = batches_self(t);
    self->due = false;
    if (self->running)
        return false;
    self->running = true;
    bool any = batches_pass(t, &self->list);
    struct retired_list orphans = retired_orphans(batches_world(t));
    any |= batches_pass(t, &orphans);
    retired_leave(batches_world(t), &orphans);
    self->running = false;
    return any;
}
// At each safepoint, when the scheme has taken note of it.
API void batches_safepoint(struct thread *t)
{
    if (__builtin_expect(batches_self(t)->due, 0))
        batches_run(t);
}
API void batches_detach(struct thread *t)
{
    batches_close(t);
    retired_leave(batches_world(t), &batches_self(t)->list);
    batches_self(t)->due = false;
}

API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    if (!retired_add(&batches_self(t)->list, p, fn))
        return;
    batches_close(t);
    batches_self(t)->due = true;
}
// The caller stands at a safepoint, and the stamp comes before that is noted.
API bool rl_drain(struct thread *t)
{
    batches_close(t);
    rl_quiesce(t);
    return batches_run(t);
}

#endif
