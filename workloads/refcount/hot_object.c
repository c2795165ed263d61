// SPDX-License-Identifier: MIT
//
// All threads count one object, as they do with None, with a type or with a function that all of
// them call: the worst case of any count that is one word, since its line goes to whoever counted
// last.
#include "../watched.h"
#include "../workload.h"

enum { LOCAL, OWNER };
static const struct param params[] = {
    [LOCAL] = {"local", "1: through local references instead of counted ones", 0, 1, 0},
    [OWNER] = {"owner", "1: made by measuring thread 0; 0: by a thread that does not measure", 0, 1,
               0},
    {0},
};

struct shared {
    bool local, owner;
    _Atomic(struct rc_header *) object; // NULL: its maker has not come to it yet
    _Alignas(SYNC_LINE) _Atomic(uint64_t) deaths;
};
struct own {
    struct rc_header *object; // with a counted reference of this thread
    struct shared *shared;
};

// On a line of its own, so that only its count is contended for.
static void make(struct thread *t, struct shared *s)
{
    struct rc_header *h = watched_new(t, WATCHED_LINES, RC_HOT | RC_DEFERRED, &s->deaths);
    rc_give(t, h); // to the setting thread, which gives it up in finish
    // release: pairs with the acquire in begin, so that the object is seen complete
    atomic_store_explicit(&s->object, h, memory_order_release);
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->local = run->param[LOCAL] != 0;
    s->owner = run->param[OWNER] != 0;
    if (!s->owner)
        make(t, s);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->shared = s;
    if (s->owner && index == 0) {
        make(t, s);
    } else {
        lk_blocking_begin(t); // thread 0 may need the runtime to make it
        sync_await(atomic_load_explicit(&s->object, memory_order_acquire) != NULL);
        lk_blocking_end(t);
    }
    own->object = atomic_load_explicit(&s->object, memory_order_acquire);
    rc_incref(t, own->object);
    return own;
}

static void work_counted(struct thread *t, struct rc_header *h, uint64_t n)
{
    for (; n != 0; n--) {
        rc_incref(t, sync_opaque(h));
        rc_decref(t, sync_opaque(h));
    }
}
static void work_local(struct thread *t, struct rc_header *h, uint64_t n)
{
    struct rc_local local = {0};
    struct rc_roots frame;
    rc_roots_push(t, &frame, &local, 1);
    for (; n != 0; n--) {
        rc_local_of(t, &local, sync_opaque(h));
        rc_local_drop(t, &local);
    }
    rc_roots_pop(t, &frame);
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    if (own->shared->local)
        work_local(t, own->object, n);
    else
        work_counted(t, own->object, n);
}

static int64_t shares(const void *shared)
{
    (void)shared;
    return 1;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    // relaxed: a death before its time is either seen here or counted twice in the end
    bool dead = atomic_load_explicit(&own->shared->deaths, memory_order_relaxed) != 0;
    if (!dead)
        rc_decref(t, own->object);
    sync_free(own);
    return dead ? "the object died while it was still referred to" : NULL;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    struct rc_header *h = atomic_load_explicit(&s->object, memory_order_relaxed);
    if (atomic_load_explicit(&s->deaths, memory_order_relaxed) != 0) {
        wrong = "the object died before its last reference";
    } else {
        rc_take(t, h);
        rc_decref(t, h);
        thread_drain(t);
        if ((RC_TRAITS & RC_FREES) != 0 &&
            atomic_load_explicit(&s->deaths, memory_order_relaxed) != 1)
            wrong = "the object did not die with its last reference";
    }
    sync_free(s);
    return wrong;
}

static const struct workload hot_object = {
    .name = "hot_object",
    .summary = "all threads count one object",
    .source = "the shared counter of perfbook, chapter 5; Gilectomy's None and small integers",
    .operation = "one incref and one decref, or one local reference taken and dropped",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(hot_object)
