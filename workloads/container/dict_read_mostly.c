// SPDX-License-Identifier: MIT
//
// Threads read one dictionary whose keys stay, and now and then replace a value by a new object: a
// cache, an index, a table of settings. 99 reads to a write and 90 to 10, over ten thousand keys or
// a million, uniform or by Zipf's law with exponent 0.99, are the points at which concurrent
// dictionaries are published.
//
// The traffic is one that dict_mixed makes too (removes=0), and what is drawn comes from the same
// steps.h. What differs is what can be known of it. There a value says its key alone, so that a
// write which was lost leaves no trace; keys come and go, and readers find nothing. Here no key
// comes or goes: the block that readers look at is the same all the time, its entries' keys never
// change, and a lock scheme that spares readers the lock is tried where it is meant to win. And
// each value says who wrote it, with that thread's number of writes to the key, so that these are
// seen:
//   - a reader finds another key's value, or nothing;
//   - a thread finds a value of its own that is older than its last write to that key, or the first
//     value of a key that it has written: its write was lost, or a stale value came back;
//   - in the end a key has another value than the last one of some thread, or the first one while
//     somebody wrote it; or not as many values live as there are keys.
//
// Set-up: a million keys take some 200 MB, name, first value, entry and index, and 20 MiB for each
// thread: its ring of steps and its number of writes to each key. A write touches that number, a
// read only if it finds a value of its own thread's.
//
// With a refcount scheme that never frees (`none`) a write takes memory for good, 32 bytes of the
// arena; see dict_mixed.
#include "../workload.h"
#include "dict.h"
#include "names.h"
#include "steps.h"

enum { KEYS, WRITES, ZIPF };
static const struct param params[] = {
    [KEYS] = {"keys", "keys of the dictionary", 1, 1 << 21, 10000},
    [WRITES] = {"writes", "percent of the operations that replace a value; others read", 0, 100, 1},
    [ZIPF] = {"zipf", "hundredths of the exponent of Zipf's law over the keys; 0: uniform", 0, 200,
              99},
    {0},
};

struct stamped {
    struct object base;
    uint32_t key;    // its number
    uint32_t writer; // the measuring thread's number, from 1; 0: it was there at first
    uint32_t serial; // of the writer's writes to this key, from 1; 0: as above
};
static const struct type stamped_type = {.name = "value with its writer"};

struct shared {
    size_t keys;
    unsigned writes, threads;
    struct choice *choice; // of keys: the same are hot for all threads
    struct dict *dict;
    uint32_t **serial; // of each measuring thread: its own->serial
    struct rc_header *key[];
};
struct own {
    struct shared *shared;
    size_t next;
    uint32_t number;  // from 1
    uint32_t *serial; // this thread's writes to each key
    bool differs;     // a key led to another one's value, or to nothing
    bool lost;        // a write of this thread was lost
    uint32_t step[];
};

static struct rc_header *stamped_new(struct thread *t, size_t key, uint32_t writer, uint32_t serial)
{
    struct stamped *v = object_new(t, &stamped_type, sizeof *v, AL_OBJECT, 0);
    v->key = (uint32_t)key;
    v->writer = writer;
    v->serial = serial;
    return &v->base.rc;
}
static const struct stamped *stamped_of(struct rc_header *h)
{
    return (const struct stamped *)object_of(h);
}

static void *start(struct thread *t, const struct run *run)
{
    size_t keys = (size_t)run->param[KEYS];
    struct shared *s = sync_alloc(sizeof *s + keys * sizeof s->key[0]);
    s->keys = keys;
    s->writes = (unsigned)run->param[WRITES];
    s->threads = run->threads;
    s->choice = choice_zipf(t, keys, (double)run->param[ZIPF] / 100);
    s->dict = dict_new(t);
    s->serial = sync_alloc(s->threads * sizeof s->serial[0]);
    for (size_t i = 0; i < keys; i++) {
        s->key[i] = name_new(t, i);
        struct rc_header *value = stamped_new(t, i, 0, 0);
        dict_set(t, s->dict, s->key[i], value);
        rc_decref(t, value);
        thread_safepoint(t);
    }
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    struct own *own = sync_alloc(sizeof *own + steps_length(s->keys) * sizeof own->step[0]);
    own->shared = s;
    own->number = index + 1;
    own->serial = s->serial[index] = sync_alloc(s->keys * sizeof own->serial[0]);
    steps_draw(t, own->step, s->choice, s->writes, 0);
    return own;
}

static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct dict *d = own->shared->dict;
    struct rc_header **key = own->shared->key;
    size_t next = own->next, mask = steps_length(own->shared->keys) - 1;
    uint32_t me = own->number;
    bool differs = false, lost = false;
    for (; n != 0; n--) {
        uint32_t step = own->step[next];
        size_t i = step >> STEP_BITS;
        struct rc_header *k = sync_opaque(key[i]), *value;
        next = (next + 1) & mask;
        if ((step & STEP_MASK) == STEP_READ) {
            value = dict_get(t, d, k);
            if (__builtin_expect(value == NULL, 0)) {
                differs = true;
                continue;
            }
            const struct stamped *v = stamped_of(value);
            differs |= sync_get(v->key) != i;
            uint32_t writer = sync_get(v->writer);
            if (writer == me || writer == 0)
                lost |= sync_get(v->serial) != own->serial[i];
            rc_decref(t, value);
        } else {
            value = stamped_new(t, i, me, ++own->serial[i]);
            differs |= dict_set(t, d, k, value);
            rc_decref(t, value);
        }
    }
    own->next = next;
    own->differs |= differs;
    own->lost |= lost;
}

// The dictionary, its keys and their values.
static int64_t shares(const void *shared)
{
    return 1 + 2 * (int64_t)((const struct shared *)shared)->keys;
}

// What the thread wrote is judged when all have ended.
static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t, (void)done;
    const char *wrong = NULL;
    if (own->differs)
        wrong = "a key led to another one's value, or to none";
    else if (own->lost)
        wrong = "a thread's write was lost, or undone";
    sync_free(own);
    return wrong;
}

// The value is its writer's last one; the first one if nobody wrote the key.
static bool is_last(const struct shared *s, size_t key, const struct stamped *v)
{
    if (v->key != key || v->writer > s->threads)
        return false;
    if (v->writer != 0)
        return v->serial == s->serial[v->writer - 1][key];
    for (unsigned i = 0; i < s->threads; i++)
        if (s->serial[i][key] != 0)
            return false;
    return v->serial == 0;
}
// The measuring threads have left the world, so that this thread's drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    thread_drain(t);
    if (dict_length(t, s->dict) != s->keys)
        wrong = "the dictionary lost or doubled a key";
    for (size_t i = 0; wrong == NULL && i < s->keys; i++) {
        struct rc_header *value = dict_get_borrowed(t, s->dict, s->key[i]);
        if (value == NULL || !is_last(s, i, stamped_of(value)))
            wrong = "a key does not have the last value that somebody wrote";
    }
    // every value that was displaced has died, and nothing else; that keys, dictionary and values
    // die in their turn the runner sees
    if (wrong == NULL && (RC_TRAITS & RC_FREES) != 0 && world_live(t->world) != 2 * s->keys + 1)
        wrong = "not exactly the values died that were replaced";
    rc_decref(t, &s->dict->base.rc);
    for (size_t i = 0; i < s->keys; i++)
        rc_decref(t, s->key[i]);
    for (unsigned i = 0; i < s->threads; i++)
        sync_free(s->serial[i]);
    sync_free(s->serial);
    sync_free(s->choice);
    sync_free(s);
    return wrong;
}

static const struct workload dict_read_mostly_workload = {
    .name = "dict_read_mostly",
    .summary = "threads read one dictionary of fixed keys, and now and then replace a value",
    .source = "the mixes and skew of YCSB (Cooper et al., SoCC 2010); PEP 703's dict reads",
    .operation = "one read or one replacement",
    .needs = NEEDS_EXCLUSION | NEEDS_SHARING,
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
WORKLOAD(dict_read_mostly_workload)
