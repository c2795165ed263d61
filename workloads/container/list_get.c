// SPDX-License-Identifier: MIT
//
// Threads index one list that nobody changes, each in a shuffled order of its own that stays the
// same. Contended are the list's lock, which all want at each operation, and, where several threads
// meet on one element, the element's count: the fewer elements, the more often. The refcount scheme
// `none` shows the lock without the counts, the lock scheme `none` the counts without the lock.
// With shared=0 each thread has a list with elements of its own, and nothing is contended.
#include "../workload.h"
#include "choice.h"
#include "key.h"
#include "list.h"

enum { SHARED, LENGTH };
static const struct param params[] = {
    [SHARED] = {"shared", "1: one list for all threads; 0: a list each", 0, 1, 1},
    [LENGTH] = {"length", "elements of the list", 1, 1 << 24, 1024},
    {0},
};

struct shared {
    size_t length;
    struct list *list; // NULL: each thread makes its own
    uint64_t died_before;
};
struct own {
    struct list *list;
    size_t length, next;
    uint64_t sum;    // of the elements that were got
    bool missing;    // some element was not there
    bool alone;      // nobody else has the list
    uint32_t *index; // in the order in which the thread asks
    uint64_t died_before;
};

// The value of element i, as choice_order_sum has it: not 0, so that no answer goes unnoticed.
static int64_t value_of(size_t i)
{
    return (int64_t)(i + 1);
}

static struct list *list_fill(struct thread *t, size_t length)
{
    struct list *l = list_new(t);
    for (size_t i = 0; i < length; i++) {
        struct rc_header *value = integer_new(t, value_of(i));
        list_append(t, l, value);
        rc_decref(t, value);
        thread_safepoint(t);
    }
    return l;
}
// Gives the list up, of which no other thread knows any more. What is wrong with it, or NULL.
// died_before: objects that had died on this thread when the list was filled.
static const char *list_judge(struct thread *t, struct list *l, size_t length, uint64_t died_before)
{
    const char *wrong = NULL;
    if (thread_died(t) != died_before || list_length(t, l) != length)
        wrong = "something died while it was still referred to";
    for (size_t i = 0; wrong == NULL && i < length; i++) {
        struct rc_header *value = rc_peek(&list_block(l)->slot[i]);
        if (value == NULL || integer_value(value) != value_of(i))
            wrong = "an element has lost its value";
    }
    rc_decref(t, &l->base.rc);
    if (wrong == NULL && !died_since(t, died_before, length + 1))
        wrong = "not every element died with its last reference";
    return wrong;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->length = (size_t)run->param[LENGTH];
    s->list = run->param[SHARED] != 0 ? list_fill(t, s->length) : NULL;
    s->died_before = thread_died(t);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    const struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->length = s->length;
    own->alone = s->list == NULL;
    own->list = own->alone ? list_fill(t, s->length) : s->list;
    own->index = choice_order(t, s->length);
    own->died_before = thread_died(t);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct list *list = own->list;
    size_t next = own->next, length = own->length;
    uint64_t sum = 0;
    for (; n != 0; n--) {
        struct rc_header *value = list_get(t, list, sync_opaque(own->index[next]));
        if (__builtin_expect(value == NULL, 0)) {
            own->missing = true;
        } else {
            sum += (uint64_t)integer_value(value);
            rc_decref(t, value);
        }
        next = next + 1 == length ? 0 : next + 1;
    }
    own->next = next;
    own->sum += sum;
}

static int64_t holds(const void *p)
{
    const struct own *own = p;
    return own->alone ? (int64_t)own->length + 1 : 0;
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return s->list != NULL ? (int64_t)s->length + 1 : 0;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    const char *wrong = NULL;
    if (own->missing)
        wrong = "an element was not there";
    else if (own->sum != choice_order_sum(own->index, own->length, done))
        wrong = "an index led to another one's element";
    if (own->alone) {
        const char *judged = list_judge(t, own->list, own->length, own->died_before);
        if (wrong == NULL)
            wrong = judged;
    }
    sync_free(own->index);
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    if (s->list != NULL)
        wrong = list_judge(t, s->list, s->length, s->died_before);
    sync_free(s);
    return wrong;
}

static const struct workload list_get_workload = {
    .name = "list_get",
    .summary = "threads index one list that nobody changes, or a list each",
    .source = "CPython's BINARY_SUBSCR on a list; PEP 703's optimistic list reads",
    .operation = "one indexing",
    .needs = NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(list_get_workload)
