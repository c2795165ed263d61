// SPDX-License-Identifier: MIT
//
// Threads read and write one dictionary, as a program does with its modules' globals and its
// caches. A read takes and drops the value's count. A write makes an integer and sets it, so that
// the value it displaces dies, after the lock, often on a thread that did not make it (biased: it
// goes back to its owner). With removes > 0 a share of the writes remove the key, and later ones
// put it back: then there are tombstones, holes and new blocks, and reads that find nothing. The
// dictionary starts with as many keys as such a mix leaves in it.
//
// Contended are the dictionary's lock, at every operation, the counts of values between readers,
// and the counts of keys between writers, since a dictionary takes a reference before it knows that
// it has one; under Zipf's law the hot keys' counts are, whatever the lock. With shared=0 each
// thread has a dictionary, keys and values of its own, and nothing is contended.
//
// What comes next is drawn beforehand and repeated: steps.h says what that costs.
//
// With a refcount scheme that never frees (`none`) a write takes memory for good: 16 bytes of the
// arena with an empty header, so that its bound of 4 GiB ends the process, with a message, after
// 268 million writes in a sample, warm-up included. The cost of such a write is mostly that of
// fresh pages, not a floor.
#include "../workload.h"
#include "dict.h"
#include "names.h"
#include "steps.h"

enum { SHARED, KEYS, WRITES, REMOVES, ZIPF };
static const struct param params[] = {
    [SHARED] = {"shared", "1: one dictionary for all threads; 0: a dictionary each", 0, 1, 1},
    [KEYS] = {"keys", "keys that are read and written", 1, 1 << 20, 1024},
    [WRITES] = {"writes", "percent of the operations that write", 0, 100, 5},
    [REMOVES] = {"removes", "percent of the writes that remove the key; others put it back", 0, 50,
                 0},
    [ZIPF] = {"zipf", "hundredths of the exponent of Zipf's law over the keys; 0: uniform", 0, 200,
              99},
    {0},
};

struct table {
    struct dict *dict;
    size_t before; // keys in it at first
    struct rc_header *key[];
};
struct shared {
    size_t keys, ring; // ring: steps, a power of two
    unsigned writes, removes;
    struct choice *choice; // of keys: the same are hot for all threads
    struct table *table;   // NULL: each thread makes its own
    // by threads that have ended
    _Alignas(SYNC_LINE) _Atomic(uint64_t) added;
    _Atomic(uint64_t) removed;
};
struct own {
    struct shared *shared;
    struct table *table;
    size_t next;
    uint64_t added, removed; // keys, by this thread
    uint64_t absent;         // reads that found nothing
    int64_t differs;         // not 0: some read found another key's value
    uint32_t step[];
};

// The value of key number i, whoever made it: not 0, so that no answer goes unnoticed.
static int64_t value_of(size_t i)
{
    return (int64_t)(i + 1);
}

// first: the number of the first name.
static struct table *table_new(struct thread *t, const struct shared *s, size_t first)
{
    struct table *table = sync_alloc(sizeof *table + s->keys * sizeof table->key[0]);
    table->dict = dict_new(t);
    for (size_t i = 0; i < s->keys; i++) {
        table->key[i] = name_new(t, first + i);
        if (sync_rand(t) % 100 < s->removes)
            continue;
        struct rc_header *value = integer_new(t, value_of(i));
        dict_set(t, table->dict, table->key[i], value);
        rc_decref(t, value);
        thread_safepoint(t);
        table->before++;
    }
    return table;
}
// What is wrong with a table that nobody changes any more, or NULL.
static const char *table_judge(struct thread *t, const struct table *table, size_t keys,
                               uint64_t added, uint64_t removed)
{
    size_t found = 0;
    for (size_t i = 0; i < keys; i++) {
        struct rc_header *value = dict_get_borrowed(t, table->dict, table->key[i]);
        if (value != NULL && integer_value(value) != value_of(i))
            return "a key has another one's value";
        found += value != NULL;
    }
    if (found != dict_length(t, table->dict))
        return "the dictionary does not have as many keys as it says";
    if (found != table->before + added - removed)
        return "the dictionary lost or doubled a key";
    return NULL;
}
static void table_free(struct thread *t, struct table *table, size_t keys)
{
    rc_decref(t, &table->dict->base.rc);
    for (size_t i = 0; i < keys; i++)
        rc_decref(t, table->key[i]);
    sync_free(table);
}

static void *start(struct thread *t, const struct run *run)
{
    struct shared *s = sync_alloc(sizeof *s);
    s->keys = (size_t)run->param[KEYS];
    s->writes = (unsigned)run->param[WRITES];
    s->removes = (unsigned)run->param[REMOVES];
    s->ring = steps_length(s->keys);
    s->choice = choice_zipf(t, s->keys, (double)run->param[ZIPF] / 100);
    s->table = run->param[SHARED] != 0 ? table_new(t, s, 0) : NULL;
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + s->ring * sizeof own->step[0]);
    own->shared = s;
    own->table = s->table != NULL ? s->table : table_new(t, s, index * s->keys);
    steps_draw(t, own->step, s->choice, s->writes, s->removes);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct dict *d = own->table->dict;
    struct rc_header **key = own->table->key;
    size_t next = own->next, mask = own->shared->ring - 1;
    uint64_t added = 0, removed = 0, absent = 0;
    int64_t differs = 0;
    for (; n != 0; n--) {
        uint32_t step = own->step[next];
        size_t i = step >> STEP_BITS;
        struct rc_header *k = sync_opaque(key[i]), *value;
        next = (next + 1) & mask;
        switch (step & STEP_MASK) {
        case STEP_READ:
            value = dict_get(t, d, k);
            if (value == NULL) {
                absent++;
            } else {
                differs |= integer_value(value) ^ value_of(i);
                rc_decref(t, value);
            }
            break;
        case STEP_SET:
            value = integer_new(t, value_of(i));
            added += dict_set(t, d, k, value);
            rc_decref(t, value);
            break;
        default:
            removed += dict_remove(t, d, k);
        }
    }
    own->next = next;
    own->added += added;
    own->removed += removed;
    own->absent += absent;
    own->differs |= differs;
}

// The dictionary, all names, and the values that were in it at first.
static int64_t table_holds(const struct table *table, const struct shared *s)
{
    return (int64_t)(1 + s->keys + table->before);
}
static int64_t holds(const void *p)
{
    const struct own *own = p;
    const struct shared *s = own->shared;
    int64_t more = (int64_t)(own->added - own->removed);
    return s->table == NULL ? table_holds(own->table, s) + more : more;
}
static int64_t shares(const void *shared)
{
    const struct shared *s = shared;
    return s->table != NULL ? table_holds(s->table, s) : 0;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct shared *s = own->shared;
    const char *wrong = NULL;
    (void)done;
    if (own->differs != 0)
        wrong = "a key led to another one's value";
    else if (s->removes == 0 && own->absent != 0)
        wrong = "a key was not found";
    if (s->table == NULL) {
        if (wrong == NULL)
            wrong = table_judge(t, own->table, s->keys, own->added, own->removed);
        table_free(t, own->table, s->keys);
    }
    atomic_fetch_add_explicit(&s->added, own->added, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->removed, own->removed, memory_order_relaxed);
    sync_free(own);
    return wrong;
}

// The measuring threads have left the world and been joined: relaxed loads see all they counted.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    if (s->table != NULL) {
        wrong =
            table_judge(t, s->table, s->keys, atomic_load_explicit(&s->added, memory_order_relaxed),
                        atomic_load_explicit(&s->removed, memory_order_relaxed));
        thread_drain(t);
        // every value that was displaced or removed has died, and nothing else: what is left is
        // names, dictionary and values; that these die in their turn the runner sees
        if (wrong == NULL && (RC_TRAITS & RC_FREES) != 0 &&
            world_live(t->world) != s->keys + 1 + dict_length(t, s->table->dict))
            wrong = "not exactly the values died that the dictionary gave up";
        table_free(t, s->table, s->keys);
    }
    sync_free(s->choice);
    sync_free(s);
    return wrong;
}

static const struct workload dict_mixed_workload = {
    .name = "dict_mixed",
    .summary = "threads read and write one dictionary, or a dictionary each",
    .source = "the mixes and skew of YCSB (Cooper et al., SoCC 2010); PEP 703's dict locks",
    .operation = "one read or one write",
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
WORKLOAD(dict_mixed_workload)
