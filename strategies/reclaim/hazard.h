// SPDX-License-Identifier: MIT
//
// hazard: hazard pointers. A thread announces each pointer that it is about to use, looks whether
// it is still linked, and holds it as long as the announcement stands. Who has retired twice as
// many blocks as there are announcements reads them all, and frees what is not among them: at least
// half, so a block costs a constant number of looks, and each thread keeps a bounded number of
// blocks whatever a reader does.
//
// It gives no grace periods: a section (rl_enter) says nothing of which pointers will be read in
// it, so rl_enter and rl_leave mean nothing here, and what is only reached within one is not
// protected. As in the original an announcement outlasts waiting: an offline thread keeps what it
// has announced. Where this deviates: the scan is made at the next safepoint after the limit is
// reached, not by the retirement that reaches it, for a call-back may lock. A thread that detaches
// announces nothing.
//
// Invariant: what was retired is linked no longer, so nobody who announces it now finds it still
// there; and what nobody announces nobody holds.
// Memory order. A reader announces and then looks whether the pointer is still linked; who frees
// has unlinked and then reads the announcements. A seq_cst fence stands between the two on either
// side, so that one of them sees the other's.
#ifndef RL_HAZARD_H
#define RL_HAZARD_H

#include "rl_retired.h"

#define RL_SUMMARY "announced pointers; what nobody announces is freed"
#define RL_SOURCE  "M. M. Michael, Hazard Pointers, IEEE TPDS 15(6), 2004"
#define RL_WHEN    "memory stays bounded though a reader may stall; a fence at each pointer"
#define RL_TRAITS  RL_PROTECTS

// clang-format off
#define RL_CENSUS(op)                                                                              \
    op(enter_leave, 0)                                                                             \
    op(protect, .fence = 1)                                                                        \
    op(quiesce, 0)                                                                                 \
    op(retire, 0)
// clang-format on

struct rl_thread {
    _Alignas(SYNC_LINE) _Atomic(const void *) announced[RL_PROTECT_SLOTS];
    _Alignas(SYNC_LINE) struct retired_list list;
    size_t retired; // in it
    bool due;       // the limit is reached
    bool running;   // within a call-back
};
struct rl_world {
    struct retired_world retired;
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    retired_world_init(&rw->retired);
}
API void rl_world_fini(struct rl_world *rw)
{
    retired_world_fini(&rw->retired);
}
API void rl_thread_attach(struct thread *t)
{
    (void)t;
}
API void rl_thread_offline(struct thread *t)
{
    (void)t;
}
API void rl_thread_online(struct thread *t)
{
    (void)t;
}

API void rl_protect(struct thread *t, unsigned slot, const void *p)
{
    // release: what was done with the former pointer happens before the free that no longer finds
    // it here
    atomic_store_explicit(&rl_self(t)->announced[slot], p, memory_order_release);
    if (p != NULL)
        sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in hazard_announced
}
API void rl_thread_detach(struct thread *t)
{
    struct rl_thread *self = rl_self(t);
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
        rl_protect(t, i, NULL);
    retired_leave(&rl_world(t)->retired, &self->list);
    self->retired = 0;
    self->due = false;
}

API int hazard_compare(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}
struct hazard_set {
    size_t n;
    uintptr_t address[]; // sorted
};
// All that is announced now; the caller frees it.
API struct hazard_set *hazard_announced(struct thread *t)
{
    sync_fence(memory_order_seq_cst); // seq_cst: pairs with that in rl_protect
    unsigned n = thread_slots(t);
    struct hazard_set *set =
        sync_alloc(sizeof *set + n * RL_PROTECT_SLOTS * sizeof set->address[0]);
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < RL_PROTECT_SLOTS; k++) {
            // acquire: pairs with rl_protect; what the reader did happens before the free
            const void *p = atomic_load_explicit(&rl_self(thread_slot(t, i))->announced[k],
                                                 memory_order_acquire);
            if (p != NULL)
                set->address[set->n++] = sync_address(p);
        }
    qsort(set->address, set->n, sizeof set->address[0], hazard_compare);
    return set;
}
API bool hazard_held(const struct hazard_set *set, const void *p)
{
    uintptr_t address = sync_address(p);
    return bsearch(&address, set->address, set->n, sizeof address, hazard_compare) != NULL;
}

API size_t hazard_limit(struct thread *t)
{
    return 2 * (size_t)thread_slots(t) * RL_PROTECT_SLOTS;
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    struct rl_thread *self = rl_self(t);
    retired_add(&self->list, p, fn);
    self->due = ++self->retired >= hazard_limit(t);
}
// Of what was retired so far, and of orphans, frees what nobody has announced; true: there was
// some.
static __attribute__((noinline, cold, unused)) bool hazard_scan(struct thread *t)
{
    struct rl_thread *self = rl_self(t);
    bool any = false;
    self->due = false;
    if (self->running)
        return false;
    struct retired_list list = self->list, orphans = retired_orphans(&rl_world(t)->retired);
    if (list.first == NULL && orphans.first == NULL)
        return false;
    struct hazard_set *set = hazard_announced(t);
    // what call-backs retire, and what is held, goes to a new list
    self->list = (struct retired_list){0};
    self->retired = 0;
    self->running = true;
    for (struct retired_batch *b;
         (b = retired_take(&list)) != NULL || (b = retired_take(&orphans)) != NULL;) {
        unsigned n = sync_get(b->n);
        for (unsigned i = 0; i < n; i++) {
            struct retired *r = &b->item[i];
            if (hazard_held(set, sync_get(r->p))) {
                retired_add(&self->list, sync_get(r->p), sync_get(r->fn));
                self->retired++;
            } else {
                sync_get(r->fn)(t, sync_get(r->p));
                any = true;
            }
        }
        sync_free(b);
    }
    self->running = false;
    sync_free(set);
    return any;
}
API void rl_quiesce(struct thread *t)
{
    if (__builtin_expect(rl_self(t)->due, 0))
        hazard_scan(t);
}
API bool rl_drain(struct thread *t)
{
    return hazard_scan(t);
}

#include "rl_no_section.h"
#include "rl_no_stamps.h"

#endif
