// SPDX-License-Identifier: MIT
//
// Threads turn one C array of int64 into objects, as ndarray.tolist does, or any code that walks
// over an array in the language itself: each element that is read becomes an object. With shared=0
// each thread makes a list of the whole array, which dies when it is complete, and the next one.
// With shared=1 the threads together fill one list of the array's length, each its own part again
// and again, so that each new object displaces the one before it. What is measured is allocation
// and death, one each an operation, and with shared=1 the list's lock.
//
// `small` per cent of the elements, in random places, are numbers from -5 to 256, for which the
// runtime has objects ready (CPython's small integers): nothing is made, but objects that all
// threads know are counted. immortal=1 makes them with RC_IMMORTAL, as CPython does from 3.12 on; a
// scheme that does not know that counts them all the same. immortal=0 is CPython before that.
// small=0 is as well an array of double, of which none are kept ready.
//
// Simplified: elements are appended one by one under the list's lock, and counted once more for it,
// where tolist fills a list that nobody else has seen yet with the references that it has.
#include "../workload.h"
#include "key.h"
#include "list.h"

enum { ELEMENTS, SHARED, SMALL, IMMORTAL };
static const struct param params[] = {
    [ELEMENTS] = {"elements", "elements of the array", 1, 1 << 24, 1024},
    [SHARED] = {"shared", "1: the threads fill one list together; 0: a list each", 0, 1, 0},
    [SMALL] = {"small", "per cent of the elements that have an object ready", 0, 100, 25},
    [IMMORTAL] = {"immortal", "1: those objects are immortal; 0: they are counted", 0, 1, 1},
    {0},
};

// CPython's _PY_NSMALLNEGINTS and _PY_NSMALLPOSINTS.
enum { SMALL_LEAST = -5, SMALL_MOST = 256, SMALL_INTEGERS = SMALL_MOST - SMALL_LEAST + 1 };

struct shared {
    size_t elements;
    unsigned threads;
    bool immortal;
    int64_t *array;
    uint32_t *made_before; // of the first i elements so many have no object ready; elements + 1
    struct list *list;     // NULL: each thread has its own
    struct rc_header *small[SMALL_INTEGERS];
};
struct own {
    struct shared *shared;
    struct list *list;
    size_t first, end, next; // the part of the array; the next element
    uint64_t boxed, lists;   // elements; lists that were completed
    bool mistaken;           // a complete list was not what it should be
};

API bool is_small(int64_t value)
{
    return value >= SMALL_LEAST && value <= SMALL_MOST;
}
// A counted reference to an object of that value.
API struct rc_header *box(struct thread *t, const struct shared *s, int64_t value)
{
    if (!is_small(value))
        return integer_new(t, value);
    struct rc_header *h = s->small[value - SMALL_LEAST];
    rc_incref(t, h);
    return h;
}

// --- set-up -----------------------------------------------------------------------------------

static int64_t *array_new(struct thread *t, size_t n, uint64_t small_percent)
{
    int64_t *array = sync_alloc(n * sizeof array[0]);
    for (size_t i = 0; i < n; i++)
        if (sync_rand(t) % 100 < small_percent)
            array[i] = SMALL_LEAST + (int64_t)(sync_rand(t) % SMALL_INTEGERS);
        else
            array[i] = SMALL_MOST + 1 + (int64_t)i; // each another one
    return array;
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    size_t n = s->elements = (size_t)run->param[ELEMENTS];
    s->threads = run->threads;
    s->immortal = run->param[IMMORTAL] != 0;
    for (int i = 0; i < SMALL_INTEGERS; i++) {
        struct integer *o =
            object_new(t, &integer_type, sizeof *o, AL_OBJECT, s->immortal ? RC_IMMORTAL : 0);
        o->value = SMALL_LEAST + i;
        s->small[i] = &o->base.rc;
    }
    s->array = array_new(t, n, (uint64_t)run->param[SMALL]);
    s->made_before = sync_alloc((n + 1) * sizeof s->made_before[0]);
    for (size_t i = 0; i < n; i++)
        s->made_before[i + 1] = s->made_before[i] + !is_small(s->array[i]);
    if (run->param[SHARED] != 0) {
        s->list = list_new(t);
        for (size_t i = 0; i < n; i++) {
            struct rc_header *h = box(t, s, s->array[i]);
            list_append(t, s->list, h);
            rc_decref(t, h);
            thread_safepoint(t);
        }
    }
    return s;
}

// Of one list each thread has a part of equal length, or one element that it shares, if there are
// fewer than threads.
static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    size_t n = s->elements;
    own->shared = s;
    own->end = n;
    own->list = s->list;
    if (s->list == NULL) {
        own->list = list_new(t);
    } else if (n < s->threads) {
        own->first = index % n;
        own->end = own->first + 1;
    } else {
        own->first = n * index / s->threads;
        own->end = n * (index + 1) / s->threads;
    }
    own->next = own->first;
    return own;
}

// --- operations -------------------------------------------------------------------------------

// The thread's list is complete and dies; the next one.
static __attribute__((noinline)) struct list *next_list(struct thread *t, struct own *own)
{
    size_t n = own->shared->elements;
    // one element of each list is looked at, another one each time
    size_t i = own->lists++ % n;
    struct rc_header *h = list_get(t, own->list, i);
    if (list_length(t, own->list) != n || h == NULL || integer_value(h) != own->shared->array[i])
        own->mistaken = true;
    if (h != NULL)
        rc_decref(t, h);
    rc_decref(t, &own->list->base.rc);
    return own->list = list_new(t);
}
API void convert(struct thread *t, struct own *own, uint64_t n)
{
    const struct shared *s = own->shared;
    const int64_t *array = s->array;
    struct list *list = own->list;
    size_t next = own->next, end = own->end;
    own->boxed += n;
    for (; n != 0; n--) {
        struct rc_header *h = box(t, s, array[next]);
        list_append(t, list, h);
        rc_decref(t, h);
        if (++next == end) {
            list = next_list(t, own);
            next = 0;
        }
    }
    own->next = next;
}
API void fill(struct thread *t, struct own *own, uint64_t n)
{
    const struct shared *s = own->shared;
    const int64_t *array = s->array;
    size_t next = own->next, first = own->first, end = own->end;
    own->boxed += n;
    for (; n != 0; n--) {
        struct rc_header *h = box(t, s, array[next]);
        if (!list_set(t, own->list, next, h))
            own->mistaken = true;
        rc_decref(t, h);
        if (++next == end)
            next = first;
    }
    own->next = next;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    if (own->shared->list == NULL)
        convert(t, own, n);
    else
        fill(t, own, n);
}

// --- the end ----------------------------------------------------------------------------------

static int64_t holds(const void *p)
{
    const struct own *own = p;
    return own->shared->list != NULL ? 0 : 1 + (int64_t)own->shared->made_before[own->next];
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return SMALL_INTEGERS + (s->list != NULL ? 1 + (int64_t)s->made_before[s->elements] : 0);
}

// Gives the list up, whose elements are the first n of the array. False: they are not.
static bool list_judge(struct thread *t, struct list *l, const int64_t *array, size_t n)
{
    bool right = list_length(t, l) == n;
    for (size_t i = 0; i < n && right; i++) {
        struct rc_header *h = list_get(t, l, i);
        right = h != NULL && integer_value(h) == array[i];
        if (h != NULL)
            rc_decref(t, h);
    }
    rc_decref(t, &l->base.rc);
    return right;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    const char *wrong = NULL;
    if (own->boxed != done)
        wrong = "another number of elements than was asked for";
    if (own->mistaken)
        wrong = "a complete list is not what the array was";
    if (own->shared->list == NULL && !list_judge(t, own->list, own->shared->array, own->next))
        wrong = "the list is not what the array is";
    sync_free(own);
    return wrong;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    const char *wrong = NULL;
    if (s->list != NULL && !list_judge(t, s->list, s->array, s->elements))
        wrong = "the list is not what the array is";
    for (int i = 0; i < SMALL_INTEGERS; i++) {
        if (integer_value(s->small[i]) != SMALL_LEAST + i)
            wrong = "an object that stands ready has lost its value";
        if (s->immortal)
            rc_end_immortal(t, s->small[i]);
        else
            rc_decref(t, s->small[i]);
    }
    sync_free(s->made_before);
    sync_free(s->array);
    sync_free(s);
    return wrong;
}

static const struct workload box_array = {
    .name = "box_array",
    .summary = "threads turn one C array into objects, in a list each or in one",
    .source = "NumPy's ndarray.tolist; the small integers of CPython's Objects/longobject.c",
    .operation = "one element that becomes an object",
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
WORKLOAD(box_array)
