// SPDX-License-Identifier: MIT
//
// Operations on two containers at a time. There are two lists; a move takes the last element of one
// of them to the other, with both locked, so that threads that move in different directions want
// the same two locks. At times a thread turns one of the lists into a set, and that into a list
// again: the examples by which PEP 703 explains its two-object critical sections. There a second
// lock is taken too, of a container that nobody else knows.
//
// Which way an element goes is drawn when it goes, at a few instructions and a branch that the
// processor guesses wrong every other time. Lists differ in length by as much as such a walk
// drifts; a move from an empty one does nothing. With shared=0 each thread has two lists of its
// own.
#include "../workload.h"
#include "set.h"

enum { SHARED, LENGTH, CONVERTS };
static const struct param params[] = {
    [SHARED] = {"shared", "1: two lists for all threads; 0: two lists each", 0, 1, 1},
    [LENGTH] = {"length", "elements of each list at first", 1, 1 << 20, 256},
    [CONVERTS] = {"converts",
                  "percent of the operations that make a set of a list, and a list of it", 0, 100,
                  1},
    {0},
};

struct pair {
    struct list *list[2];
};
struct shared {
    size_t length;
    unsigned converts;
    struct pair pair;                           // no lists: each thread makes its own
    _Alignas(SYNC_LINE) _Atomic(int64_t) drift; // to the second list, by threads that have ended
};
struct own {
    struct shared *shared;
    struct pair pair;
    int64_t drift; // elements that this thread moved to the second list, less those from it
    bool stranger; // a conversion met what is no element
    bool differs;  // a set and its list had not as many
};

// Element number i is worth i + 1; the second list has the upper half of them.
static struct pair pair_new(struct thread *t, size_t length)
{
    struct pair p;
    for (size_t which = 0; which < 2; which++) {
        p.list[which] = list_new(t);
        for (size_t i = 0; i < length; i++) {
            struct rc_header *h = integer_new(t, (int64_t)(which * length + i + 1));
            list_append(t, p.list[which], h);
            rc_decref(t, h);
            thread_safepoint(t);
        }
    }
    return p;
}
// What is wrong with two lists that nobody changes any more, or NULL. They are given up.
static const char *pair_judge(struct thread *t, struct pair p, size_t length, int64_t drift)
{
    const char *wrong = NULL;
    size_t first = list_length(t, p.list[0]), second = list_length(t, p.list[1]);
    struct set *all = set_from_list(t, p.list[0]);
    set_update(t, all, p.list[1]);
    uint64_t sum = 0, numbers = 2 * (uint64_t)length;
    struct rc_header *h;
    for (struct dict_iter it = dict_iterate(t, &all->dict); set_next(t, &it, &h) == DICT_ENTRY;) {
        sum += (uint64_t)integer_value(h);
        rc_decref(t, h);
    }
    if (first + second != numbers || set_length(t, all) != numbers ||
        sum != numbers * (numbers + 1) / 2)
        wrong = "an element was lost or doubled";
    else if ((int64_t)second != (int64_t)length + drift)
        wrong = "other elements moved than were said to have moved";
    rc_decref(t, &all->dict.base.rc);
    rc_decref(t, &p.list[0]->base.rc);
    rc_decref(t, &p.list[1]->base.rc);
    return wrong;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->length = (size_t)run->param[LENGTH];
    s->converts = (unsigned)run->param[CONVERTS];
    if (run->param[SHARED] != 0)
        s->pair = pair_new(t, s->length);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = s;
    own->pair = s->pair.list[0] != NULL ? s->pair : pair_new(t, s->length);
    return own;
}

static void convert(struct thread *t, struct own *own, struct list *l)
{
    struct set *s = set_from_list(t, l);
    struct list *back = list_from_set(t, s);
    uint64_t numbers = 2 * (uint64_t)own->shared->length;
    struct rc_header *h;
    own->differs |= set_length(t, s) != list_length(t, back);
    for (struct list_iter it = list_iterate(back); (h = list_next(t, &it)) != NULL;) {
        own->stranger |= (uint64_t)integer_value(h) - 1 >= numbers;
        rc_decref(t, h);
    }
    rc_decref(t, &s->dict.base.rc);
    rc_decref(t, &back->base.rc);
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct pair *pair = &own->pair;
    unsigned converts = own->shared->converts;
    int64_t drift = 0;
    for (; n != 0; n--) {
        uint64_t r = sync_rand(t);
        unsigned to = r >> 63;
        if ((r & 0xffff) % 100 < converts)
            convert(t, own, pair->list[to]);
        else if (list_move(t, pair->list[to], pair->list[!to]))
            drift += to != 0 ? 1 : -1;
    }
    own->drift += drift;
}

// Two lists with their elements.
static int64_t holds(const void *p)
{
    const struct own *own = p;
    return own->shared->pair.list[0] == NULL ? 2 + 2 * (int64_t)own->shared->length : 0;
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return s->pair.list[0] != NULL ? 2 + 2 * (int64_t)s->length : 0;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    const char *wrong = NULL;
    (void)done;
    if (own->stranger)
        wrong = "a list's copy has an element that the list never had";
    else if (own->differs)
        wrong = "a set and the list of it are not of one length";
    if (s->pair.list[0] == NULL) {
        const char *judged = pair_judge(t, own->pair, s->length, own->drift);
        if (wrong == NULL)
            wrong = judged;
    }
    atomic_fetch_add_explicit(&s->drift, own->drift, memory_order_relaxed);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world and been joined: the relaxed load sees all they moved.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    if (s->pair.list[0] != NULL)
        wrong = pair_judge(t, s->pair, s->length,
                           atomic_load_explicit(&s->drift, memory_order_relaxed));
    sync_free(s);
    return wrong;
}

static const struct workload two_containers_workload = {
    .name = "two_containers",
    .summary = "threads move elements between two lists, and turn lists into sets and back",
    .source = "PEP 703's critical sections for two objects; list.extend, set.update of CPython",
    .operation = "one move or one conversion",
    .needs = NEEDS_EXCLUSION | NEEDS_SHARING | NEEDS_PAIRS,
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
WORKLOAD(two_containers_workload)
