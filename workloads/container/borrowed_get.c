// SPDX-License-Identifier: MIT
//
// Threads read one list or one dictionary that nobody changes, and use what they got. With
// borrowed=1 the answer is a borrowed reference, as PyList_GetItem and PyDict_GetItem give it:
// nobody counts it, and it is good as long as the container keeps the element. With borrowed=0 it
// is a reference of the reader's own, as PyList_GetItemRef and PyDict_GetItemRef give it. The two
// cells differ in one increment and one decrement of an element that others may count too: the
// fewer elements, the more often. That is the price for which C extensions are asked to use the one
// for the other.
//
// Here a borrowed reference is safe because nothing ever leaves the container. In general it is
// safe under a global lock up to the next safepoint, and a use after free without one: whatever
// kept the element while it was read is over before the value is used (tests/explore/container.c,
// borrowed_reference). Both are read as the lock scheme has it, so that the count is all that
// differs; CPython's free-threaded PyList_GetItem reads without lock or validation.
//
// dict_get's incref=0 leaves the count out to show what the look-up alone costs. Here the value is
// used `uses` times when the container is let go, as a caller does, and lists stand beside.
#include "../workload.h"
#include "choice.h"
#include "dict.h"
#include "list.h"
#include "names.h"

enum { BORROWED, DICT, LENGTH, USES };
static const struct param params[] = {
    [BORROWED] = {"borrowed", "1: the answer is not counted; 0: it is a new reference", 0, 1, 1},
    [DICT] = {"dict", "1: a dictionary is looked up; 0: a list is indexed", 0, 1, 0},
    [LENGTH] = {"length", "elements of the container", 1, 1 << 20, 1024},
    [USES] = {"uses", "times that the value is read while the reference lasts", 1, 1000, 1},
    {0},
};

struct shared {
    bool borrowed;
    size_t length;
    uint64_t uses;
    struct list *list; // one of the two; the other is NULL
    struct dict *dict;
    uint64_t died_before; // on the setting thread, when it had made everything
    struct rc_header *key[];
};
struct own {
    const struct shared *shared;
    size_t next;
    uint64_t sum;    // of all uses
    bool missing;    // some element was not there
    uint32_t *index; // in the order in which the thread asks
};

// The value of element i, as choice_order_sum has it: not 0, so that no answer goes unnoticed.
static int64_t value_of(size_t i)
{
    return (int64_t)(i + 1);
}

static void *start(struct thread *t, const struct run *run)
{
    size_t n = (size_t)run->param[LENGTH];
    struct shared *s = sync_alloc(sizeof *s + n * sizeof s->key[0]);
    s->borrowed = run->param[BORROWED] != 0;
    s->length = n;
    s->uses = (uint64_t)run->param[USES];
    if (run->param[DICT] != 0)
        s->dict = dict_new(t);
    else
        s->list = list_new(t);
    for (size_t i = 0; i < n; i++) {
        struct rc_header *value = integer_new(t, value_of(i));
        if (s->list != NULL) {
            list_append(t, s->list, value);
        } else {
            s->key[i] = name_new(t, i);
            dict_set(t, s->dict, s->key[i], value);
        }
        rc_decref(t, value);
        thread_safepoint(t);
    }
    s->died_before = thread_died(t);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = shared;
    own->index = choice_order(t, own->shared->length);
    return own;
}

// `dict` and `borrowed` are constants where this is inlined.
API __attribute__((always_inline)) void get(struct thread *t, struct own *own, uint64_t n,
                                            bool dict, bool borrowed)
{
    const struct shared *s = own->shared;
    size_t next = own->next, length = s->length;
    uint64_t sum = 0, uses = s->uses;
    for (; n != 0; n--) {
        size_t i = sync_opaque(own->index[next]);
        struct rc_header *value;
        if (dict)
            value = borrowed ? dict_get_borrowed(t, s->dict, s->key[i])
                             : dict_get(t, s->dict, s->key[i]);
        else
            value = borrowed ? list_get_borrowed(t, s->list, i) : list_get(t, s->list, i);
        if (__builtin_expect(value == NULL, 0)) {
            own->missing = true;
        } else {
            for (uint64_t u = 0; u < uses; u++)
                sum += (uint64_t)integer_value(sync_opaque(value));
            if (!borrowed)
                rc_decref(t, value);
        }
        next = next + 1 == length ? 0 : next + 1;
    }
    own->next = next;
    own->sum += sum;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    bool dict = own->shared->dict != NULL;
    if (own->shared->borrowed && dict)
        get(t, own, n, true, true);
    else if (own->shared->borrowed)
        get(t, own, n, false, true);
    else if (dict)
        get(t, own, n, true, false);
    else
        get(t, own, n, false, false);
}

// The container, its elements, and a dictionary's keys.
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return 1 + (s->dict != NULL ? 2 : 1) * (int64_t)s->length;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    const struct shared *s = own->shared;
    (void)t;
    const char *wrong = NULL;
    if (own->missing)
        wrong = "an element was not there";
    else if (own->sum != s->uses * choice_order_sum(own->index, s->length, done))
        wrong = "a reader got another one's element";
    sync_free(own->index);
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    size_t n = s->list != NULL ? list_length(t, s->list) : dict_length(t, s->dict);
    const char *wrong = NULL;
    if (thread_died(t) != s->died_before || n != s->length)
        wrong = "something died while it was still referred to";
    for (size_t i = 0; wrong == NULL && i < s->length; i++) {
        struct rc_header *value = s->list != NULL ? list_get_borrowed(t, s->list, i)
                                                  : dict_get_borrowed(t, s->dict, s->key[i]);
        if (value == NULL || integer_value(value) != value_of(i))
            wrong = "an element has lost its value";
    }
    rc_decref(t, s->list != NULL ? &s->list->base.rc : &s->dict->base.rc);
    for (size_t i = 0; s->dict != NULL && i < s->length; i++)
        rc_decref(t, s->key[i]);
    if (wrong == NULL && !died_since(t, s->died_before, (uint64_t)shares(s)))
        wrong = "not every element died with its last reference";
    sync_free(s);
    return wrong;
}

static const struct workload borrowed_get = {
    .name = "borrowed_get",
    .summary = "threads read one list or dictionary, by borrowed or by counted references",
    .source = "the C API's PyList_GetItem and PyList_GetItemRef, PyDict_GetItem and "
              "PyDict_GetItemRef; PEP 703 on borrowed references",
    .operation = "one read, and the uses of what was read",
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
WORKLOAD(borrowed_get)
