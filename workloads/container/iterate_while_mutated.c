// SPDX-License-Identifier: MIT
//
// Threads iterate over one list, or one dictionary, that they change now and then, each as it
// comes. An operation is one step of a thread's iteration, with a count taken and dropped, or one
// change: a list gets an element at a random place or gives one up, all behind it moving; a
// dictionary gets a key or gives one up. Who is at the end begins again. So does who is told that
// the dictionary has other keys than when it began: where writers are many hardly anyone gets far.
//
// An iteration over a list sees changes and says nothing (list.h); what each step must be is an
// element that is or was there. With shared=0 each thread has a container of its own.
#include "../workload.h"
#include "dict.h"
#include "list.h"

enum { SHARED, DICT, LENGTH, WRITES };
static const struct param params[] = {
    [SHARED] = {"shared", "1: one container for all threads; 0: a container each", 0, 1, 1},
    [DICT] = {"dict", "1: a dictionary; 0: a list", 0, 1, 0},
    [LENGTH] = {"length", "elements, or keys, at first", 1, 1 << 20, 256},
    [WRITES] = {"writes", "percent of the operations that change the container", 0, 100, 5},
    {0},
};

// A list, or a dictionary with twice as many keys as are in it at first.
struct place {
    struct list *list;
    struct dict *dict;
    struct rc_header *key[];
};
// What was put in, less what came out: how many, and what they are worth modulo 2^64.
struct balance {
    uint64_t number, worth;
};
struct shared {
    size_t length;
    unsigned writes;
    bool dict;
    struct place *place; // NULL: each thread makes its own
    // by threads that have ended
    _Alignas(SYNC_LINE) _Atomic(uint64_t) number;
    _Atomic(uint64_t) worth;
};
struct own {
    struct shared *shared;
    struct place *place;
    struct list_iter list;
    struct dict_iter dict;
    struct balance balance;
    bool grew;     // the last change of the list was an insertion: the next one is a removal
    bool stranger; // some step met what was never there
};

// An element number: its value repeats it, so that hardly anything else looks like one.
static int64_t element_value(uint64_t number)
{
    return (int64_t)((number & 0x7fffffff) << 32 | (number & 0x7fffffff));
}
static bool is_element(struct rc_header *h)
{
    uint64_t v = (uint64_t)integer_value(h);
    return v >> 32 == (v & 0xffffffff);
}

static struct place *place_new(struct thread *t, const struct shared *s)
{
    size_t keys = s->dict ? 2 * s->length : 0;
    struct place *p = sync_alloc(sizeof *p + keys * sizeof p->key[0]);
    p->list = s->dict ? NULL : list_new(t);
    p->dict = s->dict ? dict_new(t) : NULL;
    for (size_t i = 0; i < keys; i++)
        p->key[i] = integer_new(t, (int64_t)i);
    for (size_t i = 0; i < s->length; i++) {
        struct rc_header *h = integer_new(t, element_value(s->dict ? 2 * i : i));
        if (s->dict)
            dict_set(t, p->dict, p->key[2 * i], h);
        else
            list_append(t, p->list, h);
        rc_decref(t, h);
        thread_safepoint(t);
    }
    return p;
}
// What is wrong with what nobody changes any more, or NULL. It is given up.
static const char *place_judge(struct thread *t, const struct shared *s, struct place *p,
                               struct balance balance)
{
    struct rc_header *key, *h;
    uint64_t number = 0, worth = 0;
    bool strangers = false, changed = false;
    for (size_t i = 0; i < s->length; i++)
        worth -= (uint64_t)element_value(s->dict ? 2 * i : i);
    if (s->dict) {
        struct dict_iter it = dict_iterate(t, p->dict);
        enum dict_step step;
        while ((step = dict_next(t, &it, &key, &h)) == DICT_ENTRY) {
            strangers |= integer_value(h) != element_value((uint64_t)integer_value(key));
            worth += (uint64_t)integer_value(h);
            number++;
            rc_decref(t, key);
            rc_decref(t, h);
        }
        changed = step != DICT_END || number != dict_length(t, p->dict);
        for (size_t i = 0; i < 2 * s->length; i++)
            rc_decref(t, p->key[i]);
        rc_decref(t, &p->dict->base.rc);
    } else {
        for (struct list_iter it = list_iterate(p->list); (h = list_next(t, &it)) != NULL;) {
            strangers |= !is_element(h);
            worth += (uint64_t)integer_value(h);
            number++;
            rc_decref(t, h);
        }
        changed = number != list_length(t, p->list);
        rc_decref(t, &p->list->base.rc);
    }
    sync_free(p);
    if (strangers)
        return "there is an element that nobody put there";
    if (changed)
        return "the container does not have as many elements as it says";
    if (number != s->length + balance.number || worth != balance.worth)
        return "an element was lost or doubled";
    return NULL;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->length = (size_t)run->param[LENGTH];
    s->writes = (unsigned)run->param[WRITES];
    s->dict = run->param[DICT] != 0;
    s->place = run->param[SHARED] != 0 ? place_new(t, s) : NULL;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->shared = s;
    own->place = s->place != NULL ? s->place : place_new(t, s);
    own->grew = index % 2 != 0;
    return own;
}

static void step_list(struct thread *t, struct own *own)
{
    struct rc_header *h = list_next(t, &own->list);
    if (h == NULL) {
        own->list = list_iterate(own->place->list);
        return;
    }
    own->stranger |= !is_element(h);
    rc_decref(t, h);
}
static void step_dict(struct thread *t, struct own *own)
{
    struct rc_header *key, *h;
    if (dict_next(t, &own->dict, &key, &h) != DICT_ENTRY) {
        own->dict = dict_iterate(t, own->place->dict);
        return;
    }
    own->stranger |= integer_value(h) != element_value((uint64_t)integer_value(key));
    rc_decref(t, key);
    rc_decref(t, h);
}
// h, whose reference is given up, was put in, or came out; NULL: nothing did.
static void account(struct thread *t, struct own *own, struct rc_header *h, bool in)
{
    if (h == NULL)
        return;
    uint64_t worth = (uint64_t)integer_value(h);
    own->balance.number += in ? 1 : -(uint64_t)1;
    own->balance.worth += in ? worth : -worth;
    rc_decref(t, h);
}
static void change_list(struct thread *t, struct own *own, uint64_t r)
{
    size_t i = (size_t)(r >> 1) % own->shared->length;
    struct rc_header *h;
    own->grew = !own->grew;
    if (own->grew) {
        h = integer_new(t, element_value(r));
        list_insert(t, own->place->list, i, h);
    } else {
        h = list_pop_at(t, own->place->list, i);
    }
    account(t, own, h, own->grew);
}
static void change_dict(struct thread *t, struct own *own, uint64_t r)
{
    size_t i = (size_t)(r >> 1) % (2 * own->shared->length);
    struct rc_header *key = own->place->key[i];
    if ((r & 1) == 0) {
        account(t, own, dict_pop(t, own->place->dict, key), false);
        return;
    }
    struct rc_header *h = integer_new(t, element_value(i)), *there;
    if ((there = dict_add(t, own->place->dict, key, h)) == NULL) {
        account(t, own, h, true);
    } else {
        rc_decref(t, there);
        rc_decref(t, h);
    }
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    unsigned writes = own->shared->writes;
    bool dict = own->shared->dict;
    for (; n != 0; n--) {
        uint64_t r = sync_rand(t);
        bool changes = (r & 0xffff) % 100 < writes;
        r >>= 16;
        if (!changes && dict)
            step_dict(t, own);
        else if (!changes)
            step_list(t, own);
        else if (dict)
            change_dict(t, own, r);
        else
            change_list(t, own, r);
    }
}

// The container, its elements and, of a dictionary, all keys.
static int64_t place_holds(const struct shared *s)
{
    return 1 + (int64_t)s->length * (s->dict ? 3 : 1);
}
static int64_t holds(const void *p)
{
    const struct own *own = p;
    const struct shared *s = own->shared;
    return (s->place == NULL ? place_holds(s) : 0) + (int64_t)own->balance.number;
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return s->place != NULL ? place_holds(s) : 0;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    const char *wrong = own->stranger ? "an iteration met what was never there" : NULL;
    (void)done;
    if (s->place == NULL) {
        const char *judged = place_judge(t, s, own->place, own->balance);
        if (wrong == NULL)
            wrong = judged;
    }
    atomic_fetch_add_explicit(&s->number, own->balance.number, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->worth, own->balance.worth, memory_order_relaxed);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world and been joined: relaxed loads see all they counted.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    if (s->place != NULL)
        wrong = place_judge(
            t, s, s->place,
            (struct balance){.number = atomic_load_explicit(&s->number, memory_order_relaxed),
                             .worth = atomic_load_explicit(&s->worth, memory_order_relaxed)});
    sync_free(s);
    return wrong;
}

static const struct workload iterate_while_mutated_workload = {
    .name = "iterate_while_mutated",
    .summary = "threads iterate over one list or dictionary, and change it now and then",
    .source = "CPython's list and dict iterators; PEP 703 on their reads without a lock",
    .operation = "one step of an iteration, or one change",
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
WORKLOAD(iterate_while_mutated_workload)
