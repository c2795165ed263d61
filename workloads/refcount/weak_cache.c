// SPDX-License-Identifier: MIT
//
// A cache of objects by key that keeps none of them alive: a table of weak references, as Python's
// WeakValueDictionary, or the interned strings of a runtime. A look-up that finds its object alive
// uses and drops it. One that does not makes it anew, puts a weak reference to it into the table,
// and keeps it in a ring of strong references, from which the oldest one goes and dies. So death
// and look-up meet all the time: a weak get must never answer an object whose count has been zero.
//
// The threads' rings together hold `strong` of the `keys` objects, however many threads there are,
// so that strong / keys of the look-ups find theirs. With shared=0 each thread has a table and a
// ring of that size to itself, and nothing is contended but what the scheme shares.
//
// An entry is filled by one thread at a time, who claims it. Whoever finds it claimed does not wait
// (a holder may be asleep): it goes on with an object that is in no table and dies at once.
#include "numbered.h"

enum { KEYS, STRONG, SHARED };
static const struct param params[] = {
    [KEYS] = {"keys", "keys that are looked up", 1, 1 << 20, 1024},
    [STRONG] = {"strong", "objects that are kept alive, in a table", 1, 1 << 20, 768},
    [SHARED] = {"shared", "1: one table for all threads; 0: a table each", 0, 1, 1},
    {0},
};

struct cached {
    struct numbered base; // the number is its key
    _Atomic(struct rc_weak *) weaks;
};
struct entry {
    struct rc_weak weak;
    _Atomic(bool) claimed; // who set it may drop and make the weak reference
};
struct shared {
    uint64_t keys;
    size_t strong;         // of a thread
    unsigned tables;       // 1, or one of each thread
    struct entry *table[]; // `keys` entries each
};
struct own {
    struct entry *entry;
    uint64_t keys;
    size_t room, kept, next; // kept: of the ring's room, all but at first
    bool differs;            // some object was another key's, or dead
    struct rc_header *strong[];
};

static _Atomic(struct rc_weak *) *cached_weaks(struct object *o)
{
    return &((struct cached *)o)->weaks;
}
static const struct type cached_type = {
    .name = "cached object", .destroy = numbered_destroy, .weaks = cached_weaks};

static struct rc_header *make(struct thread *t, uint64_t key)
{
    struct cached *o = object_new(t, &cached_type, sizeof *o, AL_OBJECT, 0);
    o->base.number = key;
    // relaxed: the weak reference publishes it
    atomic_store_explicit(&o->weaks, NULL, memory_order_relaxed);
    return &o->base.base.rc;
}
// Every cell has been made once, for an object that is dead.
static struct entry *table_new(struct thread *t, uint64_t keys)
{
    struct entry *entry = sync_alloc(keys * sizeof entry[0]);
    for (uint64_t i = 0; i < keys; i++) {
        struct rc_header *h = make(t, i);
        rc_weak_make(t, &entry[i].weak, h);
        rc_decref(t, h);
    }
    return entry;
}

static void *start(struct thread *t, const struct run *run)
{
    bool shared = run->param[SHARED] != 0;
    unsigned tables = shared ? 1 : run->threads;
    struct shared *s = sync_alloc(sizeof *s + tables * sizeof s->table[0]);
    s->keys = (uint64_t)run->param[KEYS];
    s->strong = (size_t)run->param[STRONG] / (shared ? run->threads : 1);
    if (s->strong == 0)
        s->strong = 1;
    s->tables = tables;
    for (unsigned i = 0; i < tables; i++)
        s->table[i] = table_new(t, s->keys);
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + s->strong * sizeof own->strong[0]);
    (void)t;
    own->keys = s->keys;
    own->room = s->strong;
    own->entry = s->table[index % s->tables];
    return own;
}

// The caller's counted reference goes in; the oldest one goes.
static void keep(struct thread *t, struct own *own, struct rc_header *h)
{
    struct rc_header *oldest = own->strong[own->next];
    own->strong[own->next] = h;
    own->next = own->next + 1 == own->room ? 0 : own->next + 1;
    if (oldest != NULL)
        rc_decref(t, oldest);
    else
        own->kept++;
}
// A counted reference to the object of that key, which was not alive.
static __attribute__((noinline)) struct rc_header *miss(struct thread *t, struct own *own,
                                                        uint64_t key)
{
    struct entry *e = &own->entry[key];
    // acquire: pairs with the release below; what the one before did to the cell is done
    if (atomic_exchange_explicit(&e->claimed, true, memory_order_acquire))
        return make(t, key);
    struct rc_header *h = rc_weak_get(t, &e->weak); // who had claimed it may have filled it
    if (h == NULL) {
        rc_weak_drop(t, &e->weak); // its object may have yet to empty the cell
        h = make(t, key);
        rc_weak_make(t, &e->weak, h);
        rc_incref(t, h);
        keep(t, own, h);
    }
    atomic_store_explicit(&e->claimed, false, memory_order_release);
    return h;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    bool differs = false;
    for (; n != 0; n--) {
        uint64_t key = (sync_rand(t) >> 32) * own->keys >> 32;
        struct rc_header *h = rc_weak_get(t, &own->entry[key].weak);
        if (h == NULL)
            h = miss(t, own, key);
        differs |= numbered_of(h) != key;
        rc_decref(t, h);
    }
    own->differs |= differs;
}

static int64_t holds(const void *own)
{
    return (int64_t)((const struct own *)own)->kept;
}

// When nothing is referred to any more: the cells are given up; what is wrong, or NULL.
static const char *table_end(struct thread *t, struct entry *entry, uint64_t keys)
{
    const char *wrong = NULL;
    for (uint64_t i = 0; i < keys; i++) {
        struct rc_header *h = rc_weak_get(t, &entry[i].weak);
        if (h != NULL) {
            wrong = "a weak reference leads to an object that nothing refers to";
            rc_decref(t, h);
        }
        rc_weak_drop(t, &entry[i].weak);
    }
    sync_free(entry);
    return wrong;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)done;
    const char *wrong = NULL;
    if (own->differs)
        wrong = "a weak reference led to another key's object, or to one that had died";
    for (size_t i = 0; i < own->kept; i++)
        rc_decref(t, own->strong[i]);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    (void)done;
    thread_drain(t);
    const char *wrong = NULL;
    for (unsigned i = 0; i < s->tables; i++) {
        const char *left = table_end(t, s->table[i], s->keys);
        if (wrong == NULL)
            wrong = left;
    }
    sync_free(s);
    return wrong != NULL ? wrong : numbered_all_died(t);
}

static const struct workload weak_cache = {
    .name = "weak_cache",
    .summary = "look-ups through weak references to objects that die and are made all the time",
    .source = "Python's WeakValueDictionary; weak reference against death: PEP 703, 2023",
    .operation = "one look-up, and the object made if it was not alive",
    .needs = NEEDS_SHARING | NEEDS_WEAK,
    .allocates = true,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds,
    .end = end,
    .finish = finish,
};
WORKLOAD(weak_cache)
