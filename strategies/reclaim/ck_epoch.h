// SPDX-License-Identifier: MIT
//
// ck_epoch: a peer. Concurrency Kit's epochs, of the library that is installed: a section announces
// the global epoch in a record of its thread, what is retired goes to the record's list of that
// epoch, and ck_epoch_poll looks at all records, moves the epoch on, and calls what is old enough.
// refcount/glib.h says what is not asked of a peer.
//
// CK's users keep the entry of a call-back in what they retire; the contract has no room for it, so
// each retirement allocates one here. A call-back is told its entry and nothing else, and asks
// sync_self() for the thread. CK cannot unregister a record that has something pending; here a
// record outlives its thread, and waits, idle, for the next one, while whoever drains polls it too.
// Call-backs run at safepoints and drains: CK's, like ours, run within ck_epoch_poll only.
//
// Invariant: what is called was retired two epochs before, and no section is left that began then.
// Memory order: CK's, which orders announcement and epoch by full fences; the mutex, for idle
// records.
//
// libraries: ck
#ifndef RL_CK_EPOCH_H
#define RL_CK_EPOCH_H

#include "rl.h"

#if !__has_include(<ck_epoch.h>)
#error "no <ck_epoch.h>: make deps installs libck-dev"
#endif
#include <ck_epoch.h>

#define RL_SUMMARY "ck_epoch_begin, ck_epoch_call and ck_epoch_poll of the CK that is installed"
#define RL_SOURCE  "Samy Al Bahra, Concurrency Kit (ck_epoch), 2011"
#define RL_WHEN    "as the yardstick for ebr"
#define RL_TRAITS  (RL_GRACE | RL_NATIVE)
#define RL_CENSUS(op)

enum { CK_POLL = 32 }; // retirements after which a safepoint polls

struct ck_record {
    ck_epoch_record_t record;
    struct ck_record *next; // among the idle
};
struct rl_thread {
    struct ck_record *mine;
    unsigned depth; // of sections
    bool running;   // within a call-back
    uint64_t called;
};
struct rl_world {
    ck_epoch_t epoch;
    sync_mutex mutex; // guards the list of idle records
    struct ck_record *idle;
};
struct ck_retired {
    ck_epoch_entry_t entry; // first
    void *p;
    rl_free_fn *fn;
};

API void rl_world_init(struct rl_world *rw, struct world *w)
{
    (void)w;
    ck_epoch_init(&rw->epoch);
    sync_mutex_init(&rw->mutex);
}
API void rl_world_fini(struct rl_world *rw)
{
    for (struct ck_record *r = rw->idle, *next; r != NULL; r = next) {
        sync_check(r->record.n_pending == 0,
                   "a world ends with retired memory: its last thread has not drained");
        next = r->next;
        sync_free(r);
    }
    sync_mutex_destroy(&rw->mutex);
}
API void rl_thread_attach(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    sync_mutex_lock(&rw->mutex);
    struct ck_record *r = rw->idle;
    if (r != NULL)
        rw->idle = r->next;
    sync_mutex_unlock(&rw->mutex);
    if (r == NULL) {
        r = sync_alloc(sizeof *r);
        ck_epoch_register(&rw->epoch, &r->record, NULL);
    }
    rl_self(t)->mine = r;
}
API void ck_idle(struct thread *t, struct ck_record *r)
{
    struct rl_world *rw = rl_world(t);
    sync_mutex_lock(&rw->mutex);
    r->next = rw->idle;
    rw->idle = r;
    sync_mutex_unlock(&rw->mutex);
}
API void rl_thread_detach(struct thread *t)
{
    ck_idle(t, rl_self(t)->mine);
}

API void rl_enter(struct thread *t)
{
    if (rl_self(t)->depth++ == 0)
        ck_epoch_begin(&rl_self(t)->mine->record, NULL);
}
API void rl_leave(struct thread *t)
{
    if (--rl_self(t)->depth == 0)
        ck_epoch_end(&rl_self(t)->mine->record, NULL);
}
API void rl_thread_offline(struct thread *t)
{
    if (rl_self(t)->depth != 0)
        ck_epoch_end(&rl_self(t)->mine->record, NULL);
}
API void rl_thread_online(struct thread *t)
{
    if (rl_self(t)->depth != 0)
        ck_epoch_begin(&rl_self(t)->mine->record, NULL);
}

API void ck_call(ck_epoch_entry_t *entry)
{
    struct ck_retired *r = (struct ck_retired *)entry;
    struct thread *t = sync_self();
    rl_self(t)->called++;
    r->fn(t, r->p);
    sync_free(r);
}
API void rl_retire(struct thread *t, void *p, rl_free_fn *fn)
{
    struct ck_retired *r = sync_alloc(sizeof *r);
    r->p = p;
    r->fn = fn;
    ck_epoch_call(&rl_self(t)->mine->record, &r->entry, ck_call);
}
// True: something was called.
static __attribute__((noinline, cold, unused)) bool ck_poll(struct thread *t, struct ck_record *r)
{
    struct rl_thread *self = rl_self(t);
    uint64_t before = self->called;
    if (self->running || r->record.n_pending == 0)
        return false;
    self->running = true;
    ck_epoch_poll(&r->record);
    self->running = false;
    return self->called != before;
}
API void rl_quiesce(struct thread *t)
{
    struct ck_record *r = rl_self(t)->mine;
    if (__builtin_expect(r->record.n_pending >= CK_POLL, 0))
        ck_poll(t, r);
}
API bool rl_drain(struct thread *t)
{
    struct rl_world *rw = rl_world(t);
    bool any = ck_poll(t, rl_self(t)->mine);
    sync_mutex_lock(&rw->mutex);
    struct ck_record *idle = rw->idle;
    rw->idle = NULL;
    sync_mutex_unlock(&rw->mutex);
    for (struct ck_record *next; idle != NULL; idle = next) {
        next = idle->next;
        any |= ck_poll(t, idle);
        ck_idle(t, idle);
    }
    return any;
}

#include "rl_no_protect.h"
#include "rl_no_stamps.h"

#endif
