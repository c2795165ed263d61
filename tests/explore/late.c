// SPDX-License-Identifier: MIT
//
// Schemes where another thread counts, later, what threads have logged: what is held must outlive
// every way that its increment can be late, and what was dropped must die although its thread has
// gone, sleeps, or has more logs than it may. Logs are two entries long (RC_LOG_SIZE).
#include "common.h"

#ifndef RC_BACKLOG
#define RC_BACKLOG 0
#endif
#define LATER UNLESS(BACKGROUND, "this refcount scheme has no thread in the background")

struct scene {
    struct stage stage; // first
    struct rc_header *h;
    struct rc_slot slot;
    _Atomic(struct rc_header *) box[2]; // by receiver: a counted reference under way, or NULL
    sync_mutex mutex;                   // guards destroyed
    uint32_t destroyed;
};

static void shared_setup(struct scene *s)
{
    s->h = node_new(stage_as(&s->stage, 1), 7);
    stage_share(&s->stage, s->h, 1, 2);
}
static void safepoints(struct thread *t, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        thread_safepoint(t);
}

// --- logs ---------------------------------------------------------------------------------------

static void to_and_fro_setup(struct scene *s)
{
    s->h = node_new(stage_as(&s->stage, 1), 7);
}
static void send(struct scene *s, struct thread *t, unsigned to, struct rc_header *h)
{
    rc_give(t, h);
    // release: pairs with node_receive. Acquire: what was there comes back
    h = atomic_exchange_explicit(&s->box[to - 1], h, memory_order_acq_rel);
    if (h != NULL) {
        rc_take(t, h);
        use_and_drop(t, h, 7);
    }
}
static void to_and_fro_run(struct scene *s, struct thread *t, unsigned i)
{
    struct rc_header *h = i == 1 ? s->h : NULL;
    for (unsigned round = 0; round < 2; round++) {
        if (h == NULL)
            h = node_receive(t, &s->box[i - 1]);
        if (h != NULL) { // what goes is a new reference, the old one is dropped
            rc_incref(t, h);
            send(s, t, 3 - i, h);
            use_and_drop(t, h, 7);
            h = NULL;
        }
        thread_safepoint(t);
    }
}
static void boxes_end(struct scene *s, struct thread *t)
{
    for (unsigned i = 1; i <= 2; i++) {
        struct rc_header *h = node_receive(t, &s->box[i - 1]);
        if (h != NULL)
            use_and_drop(t, h, 7);
    }
}
SCENE(to_and_fro, 2, LATER, boxes_end, "an object goes to and fro between two threads");

static void rotation_setup(struct scene *s)
{
    shared_setup(s);
}
static void rotation_run(struct scene *s, struct thread *t, unsigned i)
{
    for (unsigned n = 0; n < 2 + i; n++)
        rc_incref(t, s->h);
    for (unsigned n = 0; n < 2 + i; n++)
        rc_decref(t, s->h);
    use_and_drop(t, s->h, 7);
}
SCENE(rotation, 2, LATER, nothing_left, "two threads count until their logs are full, and go on");

static void exit_with_logs_setup(struct scene *s)
{
    shared_setup(s);
}
static void exit_with_logs_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) { // one log is full once, the other is begun; or the other way round
        for (unsigned n = 0; n < 3; n++)
            rc_incref(t, s->h);
        for (unsigned n = 0; n < 3; n++)
            rc_decref(t, s->h);
    } else {
        rc_incref(t, s->h);
        rc_decref(t, s->h);
    }
    use_and_drop(t, s->h, 7);
    stage_exit(&s->stage, i);
}
SCENE(exit_with_logs, 2, LATER, nothing_left, "two threads go with logs that nobody has applied");

// --- epochs -------------------------------------------------------------------------------------

// Thread 1 displaces what thread 2 has just found and not yet counted where anybody could see it.
static void displaced_setup(struct scene *s)
{
    rc_fill(s->stage.thread[0], NULL, &s->slot, NULL);
    struct thread *t = stage_as(&s->stage, 1);
    struct rc_header *h = node_new(t, 7);
    rc_store(t, NULL, &s->slot, h);
    rc_decref(t, h);
}
static void displace(struct scene *s, struct thread *t)
{
    rc_store(t, NULL, &s->slot, NULL);
    safepoints(t, 3);
}
static void find_and_keep(struct scene *s, struct thread *t)
{
    struct rc_header *h = rc_load(t, &s->slot);
    safepoints(t, 3);
    if (h != NULL)
        use_and_drop(t, h, 7);
}
static void displaced_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) { // perhaps an epoch behind
        displace(s, t);
    } else {
        safepoints(t, 1);
        find_and_keep(s, t);
    }
}
SCENE(displaced, 2, LATER, nothing_left,
      "a thread keeps what it loaded while another one displaces it, over several safepoints");

static void back_online_setup(struct scene *s)
{
    displaced_setup(s);
}
static void back_online_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        displace(s, t);
        return;
    }
    lk_blocking_begin(t);
    lk_blocking_end(t);
    find_and_keep(s, t);
}
SCENE(back_online, 2, LATER, nothing_left,
      "a thread comes back and loads what another one displaces, over several safepoints");

static void newcomer_loads_setup(struct scene *s)
{
    displaced_setup(s);
    stage_as(&s->stage, 2);
    stage_exit(&s->stage, 2);
    stage_as(&s->stage, 0);
}
static void newcomer_loads_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1) {
        safepoints(t, 1);
        displace(s, t);
    } else {
        find_and_keep(s, t);
    }
}
SCENE(newcomer_loads, 2, LATER, nothing_left,
      "a thread attaches and loads what another one displaces, over several safepoints");

// --- back-pressure ------------------------------------------------------------------------------

// An object whose destruction needs the mutex under which the others count.
struct guarded {
    struct node n; // first
    struct scene *scene;
};
static void guard(struct scene *s, struct thread *t)
{
    thread_offline(t);
    sync_mutex_lock(&s->mutex);
    thread_back(t);
}
static void guarded_destroy(struct thread *t, struct object *o)
{
    struct scene *s = ((struct guarded *)o)->scene;
    guard(s, t);
    sync_set(s->destroyed, sync_get(s->destroyed) + 1);
    sync_mutex_unlock(&s->mutex);
    node_destroy(t, o);
}
static const struct type guarded_type = {
    .name = "guarded", .destroy = guarded_destroy, .traverse = node_traverse, .weaks = node_weaks};

static struct rc_header *guarded_new(struct scene *s, struct thread *t, uint32_t payload)
{
    struct rc_header *h = node_new_type(t, &guarded_type, sizeof(struct guarded), payload, 0);
    ((struct guarded *)h)->scene = s;
    return h;
}

static void crowded_setup(struct scene *s)
{
    sync_mutex_init(&s->mutex);
    s->h = guarded_new(s, stage_as(&s->stage, 1), 7);
    stage_share(&s->stage, s->h, 1, 2);
}
static void crowded_run(struct scene *s, struct thread *t, unsigned i)
{
    rc_decref(t, guarded_new(s, t, 8));
    for (unsigned round = 0; round < 2; round++) {
        guard(s, t);
        for (unsigned n = 0; n < 6 + i; n++) {
            rc_incref(t, s->h);
            rc_decref(t, s->h);
        }
        sync_mutex_unlock(&s->mutex);
        thread_safepoint(t);
    }
    use_and_drop(t, s->h, 7);
    thread_drain(t);
}
static void all_destroyed(struct scene *s, struct thread *t)
{
    (void)t;
    stage_settle(&s->stage);
    sync_check(sync_get(s->destroyed) == 3, "not all of three objects were destroyed");
    sync_mutex_destroy(&s->mutex);
}
SCENE(crowded, 2, LATER, all_destroyed,
      "two threads log more than they may, under a mutex that what dies needs");

// The committing thread may sleep for as long as it likes.
enum { MORE = RC_BACKLOG + RC_BACKLOG / 2 };
static void backlog_setup(struct scene *s)
{
    sync_mutex_init(&s->mutex);
}
static void backlog_run(struct scene *s, struct thread *t, unsigned i)
{
    (void)i;
    for (unsigned made = 1; made <= MORE; made++) {
        rc_decref(t, guarded_new(s, t, 7));
        thread_safepoint(t);
        guard(s, t);
        sync_check(made - sync_get(s->destroyed) <= RC_BACKLOG, "more waits than the scheme says");
        sync_mutex_unlock(&s->mutex);
    }
}
static void backlog_ends(struct scene *s, struct thread *t)
{
    (void)t;
    stage_settle(&s->stage);
    sync_check(sync_get(s->destroyed) == MORE, "not all objects were destroyed");
    sync_mutex_destroy(&s->mutex);
}
SCENE(backlog, 1, LATER, backlog_ends,
      "a thread makes and drops more objects than may wait for their deaths");

// --- deferred reclamation -----------------------------------------------------------------------

// An object that leaves what it refers to to storage, which is retired when it dies.
static void storage_release(struct thread *t, void *p)
{
    rc_release(t, p);
    al_free(t, p);
}
static void retiring_destroy(struct thread *t, struct object *o)
{
    struct rc_slot *storage = al_alloc(t, sizeof *storage, AL_STORAGE);
    rc_move(t, &o->rc, storage, &((struct node *)o)->left);
    rl_retire(t, storage, storage_release);
    node_destroy(t, o);
}
static const struct type retiring_type = {.name = "retiring",
                                          .destroy = retiring_destroy,
                                          .traverse = node_traverse,
                                          .weaks = node_weaks};

static void retired_setup(struct scene *s)
{
    struct thread *t = stage_as(&s->stage, 1);
    s->h = node_new_type(t, &retiring_type, sizeof(struct node), 7, 0);
    rc_dirty(t, s->h);
    rc_swap(t, s->h, &node_of(s->h)->left, node_new(t, 8));
}
static void retired_run(struct scene *s, struct thread *t, unsigned i)
{
    if (i == 1)
        use_and_drop(t, s->h, 7);
    safepoints(t, 4);
}
SCENE(retired, 2, LATER, nothing_left,
      "what dies retires storage that refers to another object, beside two threads");
