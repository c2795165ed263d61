// SPDX-License-Identifier: MIT
//
// Threads append to one list, each its own objects in turn; who brings it to its full length clears
// it. With shared=0 each thread has a list: the lock's cost without contention for it.
#include "../watched.h"
#include "../workload.h"
#include "list.h"

enum { SHARED, LENGTH };
static const struct param params[] = {
    [SHARED] = {"shared", "1: one list for all threads; 0: a list each", 0, 1, 1},
    [LENGTH] = {"length", "elements at which the list is cleared", 1, 1 << 24, 4096},
    {0},
};
enum { OBJECTS = 256 };

struct shared {
    size_t length;
    struct list *list; // NULL: each thread makes its own
    uint64_t objects;  // that the threads make, together
    _Alignas(SYNC_LINE) _Atomic(uint64_t) deaths;
    _Atomic(uint64_t) cleared; // by threads that have ended
};
struct own {
    struct shared *shared;
    struct list *list;
    size_t length, next;
    uint64_t appended, cleared;
    struct rc_header *object[OBJECTS];
};

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->length = (size_t)run->param[LENGTH];
    s->list = run->param[SHARED] != 0 ? list_new(t) : NULL;
    s->objects = (uint64_t)OBJECTS * run->threads;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = s;
    own->length = s->length;
    own->list = s->list != NULL ? s->list : list_new(t);
    for (unsigned i = 0; i < OBJECTS; i++)
        own->object[i] = watched_new(t, WATCHED_LINES, 0, &s->deaths);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct list *list = own->list;
    size_t next = own->next, full = own->length;
    uint64_t cleared = 0;
    for (uint64_t i = 0; i < n; i++) {
        // one append only sees this length between two clears: so many others may follow it
        if (list_append(t, list, sync_opaque(own->object[next])) == full)
            cleared += list_clear(t, list);
        next = (next + 1) % OBJECTS;
    }
    own->next = next;
    own->appended += n;
    own->cleared += cleared;
}

// What the list refers to is also its maker's.
static int64_t holds(const void *p)
{
    const struct own *own = p;
    return OBJECTS + (own->shared->list == NULL);
}
static int64_t shares(const void *shared)
{
    return ((const struct shared *)shared)->list != NULL;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    const char *wrong = NULL;
    if (own->appended != done)
        wrong = "another number of appends than was asked for";
    if (s->list == NULL) {
        if (wrong == NULL && own->cleared + list_length(t, own->list) != done)
            wrong = "the list lost or doubled elements";
        rc_decref(t, &own->list->base.rc);
    }
    atomic_fetch_add_explicit(&s->cleared, own->cleared, memory_order_relaxed);
    for (unsigned i = 0; i < OBJECTS; i++)
        rc_decref(t, own->object[i]);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    if (s->list != NULL) {
        uint64_t left = list_length(t, s->list);
        if (atomic_load_explicit(&s->cleared, memory_order_relaxed) + left != done)
            wrong = "the list lost or doubled elements";
        rc_decref(t, &s->list->base.rc);
    }
    thread_drain(t);
    // an object that died before its time has died twice by now
    if (wrong == NULL && (RC_TRAITS & RC_FREES) != 0 &&
        atomic_load_explicit(&s->deaths, memory_order_relaxed) != s->objects)
        wrong = "not every object died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload list_append_workload = {
    .name = "list_append",
    .summary = "threads append to one list, or to a list each, and clear it when it is full",
    .source = "the append of CPython's Objects/listobject.c; Gilectomy's and PEP 703's list locks",
    .operation = "one append",
    .needs = NEEDS_EXCLUSION | NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(list_append_workload)
