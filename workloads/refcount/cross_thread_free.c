// SPDX-License-Identifier: MIT
//
// Each thread makes objects that the next thread drops, so that their memory is freed where it was
// not allocated: the case that separates allocators (per-thread caches fill on one side and run dry
// on the other), and in a biased scheme the owner's queue for each single object.
//
// Where a scheme never frees, who drops an object gives back its memory, as a program in C would:
// the floor is allocation without counts, not ever more memory.
#include "../workload.h"
#include "ring.h"

enum { SIZE, WINDOW };
enum { SIZE_LEAST = 48 };
static const struct param params[] = {
    [SIZE] = {"size", "bytes of an object, or what it needs; multiples of 64 have their own lines",
              SIZE_LEAST, 1 << 20, SIZE_LEAST},
    [WINDOW] = {"window", "objects on their way between two threads, at most", 1, RING_WINDOW_MOST,
                256},
    {0},
};

struct message {
    struct object base;
    uint64_t number; // in the order in which its maker sent them
};

struct shared {
    size_t size;
    struct ring *ring;
};
struct own {
    struct ring_place place;
    size_t size;
    uint64_t sent, received;
    uint64_t died_before; // objects that had died on this thread in begin
    bool disordered;
};

static const struct type message_type = {.name = "message"};

static void *start(struct thread *t, const struct run *run)
{
    (void)t;
    struct shared *s = sync_alloc(sizeof *s);
    s->size = object_size(run->param[SIZE], sizeof(struct message));
    s->ring = ring_new(run->threads, (size_t)run->param[WINDOW]);
    return s;
}

API void drop(struct thread *t, struct rc_header *h)
{
    rc_decref(t, h);
    if ((RC_TRAITS & RC_FREES) == 0)
        al_free(t, h);
}
API void make_and_send(struct thread *t, struct own *own)
{
    struct message *m = object_new(t, &message_type, own->size, AL_OBJECT, 0);
    m->number = own->sent;
    if (ring_send(t, &own->place, &m->base.rc))
        own->sent++;
    else
        drop(t, &m->base.rc);
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->place = ring_join(s->ring, index);
    own->size = s->size;
    own->died_before = thread_died(t);
    for (size_t n = ring_lead(s->ring); n != 0; n--)
        make_and_send(t, own);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    for (; n != 0; n--) {
        make_and_send(t, own);
        struct rc_header *h = ring_receive(t, &own->place);
        if (h == NULL)
            continue;
        own->disordered |= ((struct message *)h)->number != own->received++;
        drop(t, h);
    }
}

// What it sent is its own until the next thread has received it.
static int64_t holds(const void *p)
{
    const struct own *own = p;
    return (int64_t)(own->sent - own->received);
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    ring_leave(&own->place);
    const char *wrong = NULL;
    if (own->disordered)
        wrong = "an object was lost or overwritten on its way";
    // an object that could not be sent any more died here as well
    else if (!died_since(t, own->died_before, own->received + own->place.unsent))
        wrong = "not every object died on the thread that dropped it";
    sync_free(own);
    return wrong;
}

// Whether what is left in the queues dies here is judged by the runner, who counts all objects.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = ring_end(t, s->ring);
    sync_free(s);
    return wrong;
}

static const struct workload cross_thread_free = {
    .name = "cross_thread_free",
    .summary = "threads in a ring make objects that the next one drops and frees",
    .source = "P.-A. Larson, M. Krishnan, ISMM 1998; xmalloc-test (C. Lever, D. Boreham, USENIX"
              " 2000)",
    .operation = "one object made, handed over and dropped",
    .needs = NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(cross_thread_free)
