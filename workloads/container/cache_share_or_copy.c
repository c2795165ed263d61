// SPDX-License-Identifier: MIT
//
// A cache that all threads read and now and then update: one table for all under a lock, or, where
// heaps are isolated, a copy in each world that messages keep up to date. It is the choice between
// threads on the one side and subinterpreters or processes on the other: look at operations a
// second and at memory together, and at the bytes that were sent.
//
// Shared, a read is a look-up under the pair's lock and an update puts a new value there, which the
// next reader finds. In copies, both are the thread's own; an update is serialised, name and value,
// once, and its bytes are put into the inbox of each other thread, as a pipe or a queue between
// interpreters is written once for each reader. The receiver looks at its inbox before each
// operation (one load of a line that is its own, as an evaluation loop has it at hand), makes a
// string and a value from the bytes, and puts them into its copy. Until then it reads the old
// value: the latency is how long, from where the sender began to serialise until the message has
// been applied.
//
// An inbox holds 64 KiB, what a pipe does (pipe(7)). Who finds it full waits, and meanwhile empties
// its own, so that no two wait for each other; what a thread that does not run has not taken is
// bounded.
//
// Each entry has one thread that updates it, number entry % threads, as a cache is that is filled
// by shards: messages of one sender arrive in order, so the copies agree in the end without a
// clock. An update that was drawn for another one's entry goes to a neighbour of its own, under all
// schemes, and a thread that has no entry reads. A value says entry, writer, and how often the
// writer had written the entry, in each word of it. So these are seen:
//   - a reader finds another entry's value, a torn one, or nothing;
//   - a thread finds a value of its own that is not its last: an update was lost, or an old
//     value came back;
//   - a message is lost or doubled: each thread has received as many as the others have sent;
//   - in the end an entry, in whichever copy, does not have its writer's last value, or not as many
//     objects live in each world as table, names and values are.
//
// Set-up, beside the table: 256 KiB or more for a thread's ring of steps, 4 bytes an entry for its
// numbers, and in copies two inboxes' sizes.
#include "../workload.h"
#include "dict.h"
#include "names.h"
#include "steps.h"

enum { ENTRIES, SIZE, UPDATES, ZIPF };
static const struct param params[] = {
    [ENTRIES] = {"entries", "entries of the cache", 1, 1 << 20, 10000},
    [SIZE] = {"size", "bytes of a value, in words of 8", 8, 4096, 64},
    [UPDATES] = {"updates", "in a thousand operations, so many replace a value; others read", 0,
                 1000, 10},
    [ZIPF] = {"zipf", "hundredths of the exponent of Zipf's law over the entries; 0: uniform", 0,
              200, 99},
    {0},
};
enum { COPIES = PAIR_HAS(LK_TRAITS, LK_ISOLATED) };
enum { INBOX_BYTES = 1 << 16 };

struct value {
    struct object base;
    uint32_t entry;
    uint32_t writer; // the measuring thread's number, from 1; 0: it was there at first
    uint32_t serial; // of the writer's updates of this entry, from 1; 0: as above
    uint32_t words;
    uint64_t word[];
};
static const struct type value_type = {.name = "cached value"};

// What goes before the bytes of name and words.
struct message {
    uint32_t bytes; // of all
    uint32_t name_bytes, words;
    uint32_t entry, writer, serial;
    uint64_t sent_ns;
};
enum { MESSAGE_MOST = sizeof(struct message) + 32 + 4096 };
_Static_assert((int)MESSAGE_MOST <= (int)INBOX_BYTES, "an inbox without room for a message");

struct inbox {
    _Alignas(SYNC_LINE) _Atomic(uint32_t) used; // bytes that wait; changed under the mutex
    sync_mutex mutex;
    unsigned char bytes[INBOX_BYTES];
};

// Where worlds meet: no object, and nothing that belongs to one.
struct meeting {
    unsigned threads;
    struct choice *choice; // of entries: the same are hot for all threads
    struct inbox *inbox;   // of each thread; NULL: one table for all
    struct seat {
        uint32_t *serial; // when it has ended: its updates of each entry
        uint64_t updates; // ... and of all
    } * seat;             // of each thread
    _Alignas(SYNC_LINE) _Atomic(uint32_t) ended;
};
struct shared {
    struct meeting *meeting;
    size_t entries;
    uint32_t words;
    unsigned updates; // of a thousand
    struct dict *dict;
    struct rc_header *key[];
};
struct own {
    struct shared *shared;
    size_t next;
    uint32_t number;  // from 1
    uint32_t *serial; // this thread's updates of each entry
    uint64_t updates, received;
    bool differs; // an entry led to another one's value, a torn one, or none
    bool lost;    // an update of this thread was lost
    struct sent sent;
    struct inbox *inbox;
    struct latency *latency;
    unsigned char *in, *out; // bytes of messages
    uint32_t step[];
};

static uint64_t value_word(uint32_t entry, uint32_t serial)
{
    return ((uint64_t)serial << 32 | entry) * 0x9e3779b97f4a7c15u;
}
static struct value *value_new(struct thread *t, uint32_t entry, uint32_t writer, uint32_t serial,
                               uint32_t words)
{
    struct value *v =
        object_new(t, &value_type, sizeof *v + words * sizeof v->word[0], AL_OBJECT, 0);
    v->entry = entry;
    v->writer = writer;
    v->serial = serial;
    v->words = words;
    return v;
}
static struct value *value_made(struct thread *t, uint32_t entry, uint32_t writer, uint32_t serial,
                                uint32_t words)
{
    struct value *v = value_new(t, entry, writer, serial, words);
    for (uint32_t i = 0; i < words; i++)
        v->word[i] = value_word(entry, serial);
    return v;
}
static const struct value *value_of(struct rc_header *h)
{
    return (const struct value *)object_of(h);
}

// --- messages -----------------------------------------------------------------------------------

// False: no room. The owner of an inbox takes all that is in it at a time.
static bool inbox_put(struct inbox *inbox, const void *bytes, uint32_t n)
{
    // relaxed: a hint, until the mutex is held, and it orders the bytes
    if (atomic_load_explicit(&inbox->used, memory_order_relaxed) + n > INBOX_BYTES)
        return false;
    sync_mutex_lock(&inbox->mutex);
    uint32_t used = atomic_load_explicit(&inbox->used, memory_order_relaxed);
    bool fits = used + n <= INBOX_BYTES;
    if (fits) {
        memcpy(inbox->bytes + used, bytes, n);
        atomic_store_explicit(&inbox->used, used + n, memory_order_relaxed);
    }
    sync_mutex_unlock(&inbox->mutex);
    return fits;
}
static uint32_t inbox_take(struct inbox *inbox, void *bytes)
{
    sync_mutex_lock(&inbox->mutex);
    // relaxed: under the mutex
    uint32_t used = atomic_load_explicit(&inbox->used, memory_order_relaxed);
    memcpy(bytes, inbox->bytes, used);
    atomic_store_explicit(&inbox->used, 0, memory_order_relaxed);
    sync_mutex_unlock(&inbox->mutex);
    return used;
}

// Name and value as bytes; answers how many.
static uint32_t serialise(unsigned char *out, struct rc_header *key, const struct value *v)
{
    const struct string *name = (const struct string *)object_of(key);
    struct message m = {.name_bytes = (uint32_t)name->length,
                        .words = v->words,
                        .entry = v->entry,
                        .writer = v->writer,
                        .serial = v->serial,
                        .sent_ns = sync_now_ns()};
    size_t words = v->words * sizeof v->word[0];
    m.bytes = (uint32_t)(sizeof m + name->length + words);
    memcpy(out, &m, sizeof m);
    memcpy(out + sizeof m, name->bytes, name->length);
    memcpy(out + sizeof m + name->length, v->word, words);
    return m.bytes;
}
// Objects of this world from a message; answers its bytes.
static uint32_t apply(struct thread *t, struct own *own, const unsigned char *in)
{
    struct message m;
    memcpy(&m, in, sizeof m);
    struct rc_header *key = string_new(t, (const char *)in + sizeof m, m.name_bytes, false);
    struct value *v = value_new(t, m.entry, m.writer, m.serial, m.words);
    memcpy(v->word, in + sizeof m + m.name_bytes, m.words * sizeof v->word[0]);
    own->differs |= dict_set(t, own->shared->dict, key, &v->base.rc); // no entry is new
    rc_decref(t, key);
    rc_decref(t, &v->base.rc);
    latency_add(own->latency, sync_now_ns() - m.sent_ns);
    own->received++;
    return m.bytes;
}
static __attribute__((noinline)) void receive(struct thread *t, struct own *own)
{
    uint32_t bytes = inbox_take(own->inbox, own->in);
    for (uint32_t at = 0; at < bytes;)
        at += apply(t, own, own->in + at);
}
// Whether something waits. Relaxed: seen late, it is seen before the next operation.
API bool any_mail(const struct own *own)
{
    return COPIES && atomic_load_explicit(&own->inbox->used, memory_order_relaxed) != 0;
}
// A turn of waiting for other threads, who may be waiting for this one to take its mail.
static void wait_turn(struct thread *t, struct own *own, unsigned turn)
{
    if (any_mail(own))
        receive(t, own);
    lk_blocking_begin(t);
    sync_wait_turn(turn);
    lk_blocking_end(t);
}
static void broadcast(struct thread *t, struct own *own, struct rc_header *key,
                      const struct value *v)
{
    struct meeting *m = own->shared->meeting;
    if (m->threads == 1)
        return;
    uint32_t bytes = serialise(own->out, key, v);
    for (unsigned i = 0; i < m->threads; i++) {
        if (i + 1 == own->number)
            continue;
        for (unsigned turn = 0; !inbox_put(&m->inbox[i], own->out, bytes); turn++)
            wait_turn(t, own, turn);
        own->sent.messages++;
        own->sent.bytes += bytes;
    }
}

// --- the life of a sample -----------------------------------------------------------------------

static void *meet(const struct run *run)
{
    struct meeting *m = sync_alloc(sizeof *m);
    m->threads = run->threads;
    m->choice = choice_zipf(NULL, (size_t)run->param[ENTRIES], (double)run->param[ZIPF] / 100);
    m->seat = sync_alloc(m->threads * sizeof m->seat[0]);
    if (COPIES)
        m->inbox = sync_alloc(m->threads * sizeof m->inbox[0]);
    for (unsigned i = 0; COPIES && i < m->threads; i++)
        sync_mutex_init(&m->inbox[i].mutex);
    return m;
}
static void part(void *met)
{
    struct meeting *m = met;
    for (unsigned i = 0; COPIES && i < m->threads; i++)
        sync_mutex_destroy(&m->inbox[i].mutex);
    for (unsigned i = 0; i < m->threads; i++)
        sync_free(m->seat[i].serial);
    sync_free(m->inbox);
    sync_free(m->seat);
    sync_free(m->choice);
    sync_free(m);
}

static void *start(struct thread *t, const struct run *run)
{
    size_t entries = (size_t)run->param[ENTRIES];
    struct shared *s = sync_alloc(sizeof *s + entries * sizeof s->key[0]);
    s->meeting = run->met;
    s->entries = entries;
    s->words = (uint32_t)((run->param[SIZE] + 7) / 8);
    s->updates = (unsigned)run->param[UPDATES];
    s->dict = dict_new(t);
    for (size_t i = 0; i < entries; i++) {
        s->key[i] = name_new(t, i);
        struct value *v = value_made(t, (uint32_t)i, 0, 0, s->words);
        dict_set(t, s->dict, s->key[i], &v->base.rc);
        rc_decref(t, &v->base.rc);
        thread_safepoint(t);
    }
    return s;
}

// The entry of thread `index` that is next to the drawn one; false: it has none.
static bool own_entry(const struct shared *s, unsigned index, uint32_t *entry)
{
    uint32_t threads = s->meeting->threads, mine = *entry - *entry % threads + index;
    if (mine >= s->entries && mine < threads)
        return false;
    *entry = mine < s->entries ? mine : mine - threads;
    return true;
}
static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct shared *s = shared;
    size_t steps = steps_length(s->entries);
    struct own *own = sync_alloc(sizeof *own + steps * sizeof own->step[0]);
    own->shared = s;
    own->number = index + 1;
    own->serial = sync_alloc(s->entries * sizeof own->serial[0]);
    if (COPIES) {
        own->inbox = &s->meeting->inbox[index];
        own->latency = sync_alloc(sizeof *own->latency);
        own->in = sync_alloc(INBOX_BYTES);
        own->out = sync_alloc(MESSAGE_MOST);
    }
    for (size_t i = 0; i < steps; i++) {
        uint32_t entry = choice_draw(t, s->meeting->choice);
        bool sets = sync_rand(t) % 1000 < s->updates && own_entry(s, index, &entry);
        own->step[i] = entry << STEP_BITS | (sets ? STEP_SET : STEP_READ);
    }
    return own;
}

static __attribute__((noinline)) void update(struct thread *t, struct own *own, uint32_t entry)
{
    struct shared *s = own->shared;
    struct rc_header *key = s->key[entry];
    struct value *v = value_made(t, entry, own->number, ++own->serial[entry], s->words);
    own->updates++;
    own->differs |= dict_set(t, s->dict, key, &v->base.rc);
    if (COPIES)
        broadcast(t, own, key, v);
    rc_decref(t, &v->base.rc);
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    struct dict *d = own->shared->dict;
    struct rc_header **key = own->shared->key;
    size_t next = own->next, mask = steps_length(own->shared->entries) - 1;
    uint32_t me = own->number;
    bool differs = false, lost = false;
    for (; n != 0; n--) {
        if (__builtin_expect(any_mail(own), 0))
            receive(t, own);
        uint32_t step = own->step[next], entry = step >> STEP_BITS;
        next = (next + 1) & mask;
        if (__builtin_expect((step & STEP_MASK) != STEP_READ, 0)) {
            update(t, own, entry);
            continue;
        }
        struct rc_header *h = dict_get(t, d, sync_opaque(key[entry]));
        if (__builtin_expect(h == NULL, 0)) {
            differs = true;
            continue;
        }
        const struct value *v = value_of(h);
        uint32_t serial = sync_get(v->serial), writer = sync_get(v->writer);
        uint64_t word = value_word(entry, serial);
        differs |= sync_get(v->entry) != entry || sync_get(v->word[0]) != word ||
                   sync_get(v->word[sync_get(v->words) - 1]) != word;
        if (writer == me || writer == 0)
            lost |= serial != own->serial[entry];
        rc_decref(t, h);
    }
    own->next = next;
    own->differs |= differs;
    own->lost |= lost;
}

static struct latency *latency(void *own)
{
    return ((struct own *)own)->latency;
}
static struct sent sent(const void *own)
{
    return ((const struct own *)own)->sent;
}
// The dictionary, its keys and their values.
static int64_t shares(const void *shared)
{
    return 1 + 2 * (int64_t)((const struct shared *)shared)->entries;
}

// When all threads have ended nothing more is sent: what has come by then is everything.
static const char *last_mail(struct thread *t, struct own *own)
{
    struct meeting *m = own->shared->meeting;
    uint64_t others = 0;
    // release: the seat, and what was sent, before the number; acquire: pairs with it, of all
    // threads
    atomic_fetch_add_explicit(&m->ended, 1, memory_order_release);
    for (unsigned turn = 0; atomic_load_explicit(&m->ended, memory_order_acquire) != m->threads;
         turn++)
        wait_turn(t, own, turn);
    receive(t, own);
    for (unsigned i = 0; i < m->threads; i++)
        others += i + 1 != own->number ? m->seat[i].updates : 0;
    return own->received == others ? NULL : "a message was lost or doubled";
}
static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    struct seat *seat = &own->shared->meeting->seat[own->number - 1];
    (void)done;
    seat->serial = own->serial;
    seat->updates = own->updates;
    const char *wrong = COPIES ? last_mail(t, own) : NULL;
    if (own->differs)
        wrong = "an entry led to another one's value, to a torn one, or to none";
    else if (own->lost)
        wrong = "a thread's update was lost, or undone";
    sync_free(own->latency);
    sync_free(own->in);
    sync_free(own->out);
    sync_free(own);
    return wrong;
}

// The value is its writer's last one, and the first one where nobody wrote.
static bool is_last(const struct shared *s, uint32_t entry, const struct value *v)
{
    uint32_t writer = entry % s->meeting->threads;
    uint32_t serial = s->meeting->seat[writer].serial[entry];
    bool right = v->entry == entry && v->serial == serial && v->words == s->words &&
                 v->writer == (serial != 0 ? writer + 1 : 0);
    for (uint32_t i = 0; right && i < v->words; i++)
        right = v->word[i] == value_word(entry, serial);
    return right;
}
// All measuring threads have ended, and those of this world have left it, so that this thread's
// drain does whatever is left.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    const char *wrong = NULL;
    (void)done;
    thread_drain(t);
    if (dict_length(t, s->dict) != s->entries)
        wrong = "the cache lost or doubled an entry";
    for (size_t i = 0; wrong == NULL && i < s->entries; i++) {
        struct rc_header *h = dict_get_borrowed(t, s->dict, s->key[i]);
        if (h == NULL || !is_last(s, (uint32_t)i, value_of(h)))
            wrong = "an entry does not have its writer's last value";
    }
    // every value that was displaced has died, and every name that came in a message
    if (wrong == NULL && (RC_TRAITS & RC_FREES) != 0 && world_live(t->world) != 2 * s->entries + 1)
        wrong = "not exactly the values died that were replaced";
    rc_decref(t, &s->dict->base.rc);
    for (size_t i = 0; i < s->entries; i++)
        rc_decref(t, s->key[i]);
    sync_free(s);
    return wrong;
}

static const struct workload cache_share_or_copy = {
    .name = "cache_share_or_copy",
    .summary =
        "threads read a cache and now and then update it: one for all, or a copy in each heap",
    .source = "PEP 734's interpreters and queues, and multiprocessing, beside threads; the skew of "
              "YCSB (Cooper et al., SoCC 2010)",
    .operation = "one read or one update",
    .needs = NEEDS_EXCLUSION, // and no sharing: where heaps are isolated there are messages
    .allocates = true,
    .params = params,
    .meet = meet,
    .part = part,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .latency = latency,
    .sent = sent,
    .end = end,
    .finish = finish,
};
WORKLOAD(cache_share_or_copy)
