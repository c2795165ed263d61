// SPDX-License-Identifier: MIT
//
// What waits to be freed: batches of retired memory, in a list of each thread that nobody else
// touches, and in one of the world for what threads left behind. A piece of reclaimers.
//
// Invariant: a batch is in one list, and who took it out of there is the only one who knows it.
#ifndef RL_RETIRED_H
#define RL_RETIRED_H

#include "rl.h"

#ifdef SYNC_EXPLORE
enum { RETIRED_BATCH = 2 }; // full soon
#else
enum { RETIRED_BATCH = 32 };
#endif
struct retired_batch {
    struct retired_batch *next;
    uint64_t stamp; // from when on all of them may be freed; 0: not known yet
    unsigned n;
    struct retired {
        void *p;
        rl_free_fn *fn;
    } item[RETIRED_BATCH];
};
struct retired_list { // oldest first
    struct retired_batch *first, *last;
};
struct retired_world {
    _Atomic(struct retired_batch *) orphans;
};

API void retired_world_init(struct retired_world *w)
{
    atomic_init(&w->orphans, NULL);
}
// Call-backs need a thread, so the last one of a world drains before it goes.
API void retired_world_fini(struct retired_world *w)
{
    sync_check(atomic_load_explicit(&w->orphans, memory_order_relaxed) == NULL,
               "a world ends with retired memory: its last thread has not drained");
}

// True: the batch is full now.
API bool retired_add(struct retired_list *l, void *p, rl_free_fn *fn)
{
    struct retired_batch *b = l->last;
    if (b == NULL || sync_get(b->n) == RETIRED_BATCH || sync_get(b->stamp) != 0) {
        b = sync_alloc(sizeof *b);
        if (l->last == NULL)
            l->first = b;
        else
            sync_set(l->last->next, b);
        l->last = b;
    }
    unsigned n = sync_get(b->n);
    sync_set(b->item[n].p, p);
    sync_set(b->item[n].fn, fn);
    sync_set(b->n, n + 1);
    return n + 1 == RETIRED_BATCH;
}
// The oldest batch, which is the caller's then; NULL: none.
API struct retired_batch *retired_take(struct retired_list *l)
{
    struct retired_batch *b = l->first;
    if (b != NULL)
        l->first = sync_get(b->next);
    if (l->first == NULL)
        l->last = NULL;
    return b;
}

API void retired_leave(struct retired_world *w, struct retired_list *l)
{
    if (l->first == NULL)
        return;
    struct retired_batch *top = atomic_load_explicit(&w->orphans, memory_order_relaxed);
    do
        sync_set(l->last->next, top);
    // release: pairs with retired_orphans; the batches are seen as they are
    while (!atomic_compare_exchange_weak_explicit(&w->orphans, &top, l->first, memory_order_release,
                                                  memory_order_relaxed));
    *l = (struct retired_list){0};
}
// All that was left, which is the caller's then.
API struct retired_list retired_orphans(struct retired_world *w)
{
    struct retired_list l = {0};
    // relaxed: saves the exchange, and follows nothing
    if (atomic_load_explicit(&w->orphans, memory_order_relaxed) == NULL)
        return l;
    // acquire: pairs with retired_leave
    l.first = l.last = atomic_exchange_explicit(&w->orphans, NULL, memory_order_acquire);
    for (struct retired_batch *next = l.first; next != NULL; next = sync_get(next->next))
        l.last = next;
    return l;
}

#endif
