// SPDX-License-Identifier: MIT
//
// What waits to be freed, for the small reclaimers beside this file: a list of each thread, which
// only that thread touches, and one of the world, for what threads left behind.
#ifndef RL_RETIRED_H
#define RL_RETIRED_H

#include "../../../strategies/rl.h"

struct retired {
    struct retired *next;
    void *p;
    rl_free_fn *fn;
    uint64_t stamp;
};
struct retired_orphans {
    sync_mutex mutex;
    struct retired *first;
};

API void retired_init(struct retired_orphans *o)
{
    sync_mutex_init(&o->mutex);
}
API void retired_fini(struct retired_orphans *o)
{
    sync_check(o->first == NULL, "a world ends with retired memory");
    sync_mutex_destroy(&o->mutex);
}

API void retired_push(struct retired **list, struct retired *r)
{
    sync_set(r->next, sync_get(*list));
    sync_set(*list, r);
}
API struct retired *retired_pop(struct retired **list)
{
    struct retired *r = sync_get(*list);
    if (r != NULL)
        sync_set(*list, sync_get(r->next));
    return r;
}
API void retired_add(struct retired **list, void *p, rl_free_fn *fn, uint64_t stamp)
{
    struct retired *r = sync_alloc(sizeof *r);
    sync_set(r->p, p);
    sync_set(r->fn, fn);
    sync_set(r->stamp, stamp);
    retired_push(list, r);
}
// The thread that has the list goes.
API void retired_leave(struct retired_orphans *o, struct retired **list)
{
    sync_mutex_lock(&o->mutex);
    for (struct retired *r; (r = retired_pop(list)) != NULL;)
        retired_push(&o->first, r);
    sync_mutex_unlock(&o->mutex);
}
// Frees what nobody holds, of the thread's own and of orphans; true: there was something.
API bool retired_drain(struct thread *t, struct retired_orphans *o, struct retired **list,
                       bool (*held)(struct thread *t, const struct retired *r))
{
    struct retired *left = NULL;
    bool any = false;
    sync_mutex_lock(&o->mutex);
    for (struct retired *r; (r = retired_pop(&o->first)) != NULL;)
        retired_push(list, r);
    sync_mutex_unlock(&o->mutex);
    for (struct retired *r; (r = retired_pop(list)) != NULL;) { // fn may add to the list
        if (held(t, r)) {
            retired_push(&left, r);
            continue;
        }
        sync_get(r->fn)(t, sync_get(r->p));
        sync_free(r);
        any = true;
    }
    *list = left;
    return any;
}

#endif
