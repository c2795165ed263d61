// SPDX-License-Identifier: MIT
//
// Threads load and store slots of one array, drawn at random, without a lock: what a scheme's
// shared slots cost, and what it does between the look at a slot and the count of what was in it.
// With few slots they are contended for, and a store displaces what others have just loaded; with
// many each operation is a miss of the caches.
//
// As in the original, each slot has a line of its own, so has each object, an operation draws what
// it does and where, and a store makes a new object. A store copies (rc.h), so it counts once more
// than the original's, which moves the maker's reference into the slot.
//
// With a refcount scheme that never frees (`none`) each store takes memory for good, and the cost
// is mostly that of fresh pages, not a floor; the arena's bound of 4 GiB ends the process, with a
// message, after 67 million stores in a sample.
#include "numbered.h"

enum { SLOTS, STORES };
static const struct param params[] = {
    [SLOTS] = {"slots", "slots of the array", 1, 10000000, 10},
    [STORES] = {"stores", "percent of the operations that store a new object; others load", 0, 100,
                10},
    {0},
};

struct line {
    _Alignas(SYNC_LINE) struct rc_slot slot;
};
struct shared {
    unsigned threads;
    uint64_t slots;
    unsigned stores;
    size_t size;                                  // bytes of an object
    _Alignas(SYNC_LINE) _Atomic(uint32_t) filled; // threads that have filled their part
    struct line line[];
};
struct own {
    struct shared *shared;
    bool differs; // a slot was empty, or what it held was not made for it
};

static const struct type type = {.name = "object of a slot", .destroy = numbered_destroy};

static void *start(struct thread *t, const struct run *run)
{
    uint64_t slots = (uint64_t)run->param[SLOTS];
    struct shared *s = sync_alloc(sizeof *s + slots * sizeof s->line[0]);
    s->threads = run->threads;
    s->slots = slots;
    s->stores = (unsigned)run->param[STORES];
    s->size = (sizeof(struct numbered) + SYNC_LINE - 1) / SYNC_LINE * SYNC_LINE;
    for (uint64_t i = 0; i < slots; i++)
        rc_fill(t, NULL, &s->line[i].slot, NULL);
    return s;
}

API void store(struct thread *t, struct shared *s, uint64_t i)
{
    struct numbered *o = object_new(t, &type, s->size, AL_OBJECT, 0);
    o->number = i;
    rc_store(t, NULL, &s->line[i].slot, &o->base.rc);
    rc_decref(t, &o->base.rc);
}

// Each thread fills its part of the array, and waits for the others outside the runtime.
static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own);
    own->shared = s;
    for (uint64_t i = index; i < s->slots; i += s->threads)
        store(t, s, i);
    atomic_fetch_add_explicit(&s->filled, 1, memory_order_release);
    lk_blocking_begin(t);
    // acquire: pairs with the release above; who has seen all of them finds no slot empty
    sync_await(atomic_load_explicit(&s->filled, memory_order_acquire) == s->threads);
    lk_blocking_end(t);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct shared *s = own->shared;
    uint64_t slots = s->slots;
    unsigned stores = s->stores;
    bool differs = false;
    for (; n != 0; n--) {
        uint64_t drawn = sync_rand(t);
        uint64_t i = (drawn >> 32) * slots >> 32;
        if ((uint32_t)drawn % 100 < stores) {
            store(t, s, i);
        } else {
            struct rc_header *h = rc_load(t, &s->line[i].slot);
            if (h == NULL) {
                differs = true;
                continue;
            }
            differs |= numbered_of(h) != i;
            rc_decref(t, h);
        }
    }
    own->differs |= differs;
}

// What is stored takes the place of another object.
static int64_t shares(const void *shared)
{
    return (int64_t)((const struct shared *)shared)->slots;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t, (void)done;
    bool differs = own->differs;
    sync_free(own);
    return differs ? "a slot led to nothing, to another one's object, or to one that had died"
                   : NULL;
}

static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    for (uint64_t i = 0; i < s->slots; i++)
        rc_store(t, NULL, &s->line[i].slot, NULL);
    sync_free(s);
    return numbered_all_died(t);
}

static const struct workload shared_slots = {
    .name = "shared_slots",
    .summary = "threads load and store the slots of one array at random, without a lock",
    .source = "figures 6a-d of Anderson, Blelloch, Wei, PLDI 2021 (10 slots, 10 or 50 % stores; 10"
              " million, 10 %)",
    .operation = "one load, touch and drop, or one new object stored",
    .needs = NEEDS_SHARING,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(shared_slots)
