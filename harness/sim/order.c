// SPDX-License-Identifier: MIT
//
// What C11 lets an access see and do, as an operational model of views, after Kang, Hur, Lahav,
// Vafeiadis and Dreyer, A Promising Semantics for Relaxed-Memory Concurrency (POPL 2017), without
// promises, and Lahav, Vafeiadis, Kang, Hur and Dreyer, Repairing Sequential Consistency in C/C++11
// (PLDI 2017), for what seq_cst means.
//
// Each atomic location has its modification order: its stores, each with a stamp, oldest first. A
// view says how far someone knows each location: nothing older than its stamp may be read any more.
// In the same array stands a vector clock, which says how far each other thread is known. A thread
// has three views: what it knows; what it will know after an acquire fence (it read it relaxed);
// what it knew at its last release fence, which its relaxed stores carry. A store carries a view
// for those who acquire it, and a read-modify-write passes on the one that it read (the release
// sequence; the later stores of the same thread are not part of it, as C++20 has it: a program
// that needs them is wrong there).
//
//   load   takes any store that its view allows.
//   store  goes to any place in the modification order behind what its view knows, but never
//          between a read-modify-write and what that read.
//   rmw    takes any store that its view allows and that no other read-modify-write has taken, and
//          goes right behind it.
//
// The seq_cst accesses and fences have a total order, which need not be that in which they run.
// What demands an order of two is kept as a relation without cycles: what happens before what; and
// for each store who wrote or read it, or had a fence before or after that, since whatever stands
// behind it (or reads that) is later. A load or a store for which that would close a cycle takes no
// such place: it looks no further back than the newest store that must precede it. This is C++20's
// wording
// ("coherence-ordered before"), which allows less than the paper's psc and never more.
//
// So it produces all outcomes that are allowed, but these: a load that reads a store which comes
// later in the schedule (load buffering); a store that is not among the last HISTORY of its
// location; a store between two others that have no stamp left between them (STAMP_STEP: twelve in
// a row). What it finds is a bug, what it does not find may still be there. When there are more
// than TOTAL_MAX accesses and fences of seq_cst, earlier ones come before later ones.
//
// Races are found by the same clocks: two accesses of the same bytes, one of them a write and one
// of them not atomic, neither of which the other one's thread knew of. A free is a write.
#include "core.h"

#include <string.h>

enum { HISTORY = 8, LOCATIONS = 248, CELLS = 1 << 14, WORDS = SIM_THREADS_MAX + LOCATIONS };
enum { STAMP_STEP = 1 << 12 };
enum { POOL = 1 << 22 };
enum { TOTAL_MAX = 64 }; // bits of a set

struct view {
    unsigned n;         // words that follow; those beyond are 0
    uint32_t at[WORDS]; // clocks of threads, then stamps of locations
};
// A view that a store carries: its length, then its words.
typedef const uint32_t message;
// Accesses and fences of seq_cst, as bits, by their numbers in order.total.
typedef uint64_t total_set;

struct store {
    uint64_t value;
    message *view;
    uint32_t stamp;
    bool glued; // a read-modify-write, which read the store before it
    // What the total order of seq_cst must know:
    total_set wrote; // it, and the fences before it: they come before what stands behind it
    total_set read;  // the same of those that read it
    total_set
        after; // it, its readers, the fences after them: they come after what stands before it
};
struct sim_location {
    uint16_t word; // in views
    uint8_t size, n;
    bool plain;     // written plainly since the last atomic access
    total_set past; // `wrote` and `read` of what has been forgotten
    struct store store[HISTORY];
    uint32_t read[SIM_THREADS_MAX], written[SIM_THREADS_MAX]; // clocks of the last accesses
};
// Bytes that were accessed together. Those of one granule are chained.
struct cell {
    uintptr_t address;
    uint16_t next;
    uint8_t size, writer;
    uint32_t written; // clock of the last plain write, by `writer`
    uint32_t read[SIM_THREADS_MAX];
    struct sim_location *location; // NULL: never touched by an atomic access
};

static struct order {
    uint32_t generation; // of this schedule
    unsigned cells, locations, pool;
    struct {
        struct view known, pending, fenced;
        uint32_t clock;
    } thread[SIM_THREADS_MAX];
    // The total order of seq_cst accesses and fences, as far as something demands it.
    struct {
        unsigned n;
        total_set fences;
        total_set before[TOTAL_MAX]; // who must come before each; transitive
        uint8_t thread[TOTAL_MAX];
        uint32_t clock[TOTAL_MAX]; // whoever knows it at this clock comes after it
    } total;
} order;
static struct {
    uint32_t generation;
    uint16_t cell;
} shadow[SIM_SIZE / 8];
static struct cell cell[CELLS];
static struct sim_location location[LOCATIONS];
static uint32_t pool[POOL];

#define SELF (order.thread[sim.self])

// --- views --------------------------------------------------------------------------------------

static inline void view_reach(struct view *v, unsigned n)
{
    if (v->n < n) {
        memset(v->at + v->n, 0, (n - v->n) * sizeof v->at[0]);
        v->n = n;
    }
}
static inline void view_join(struct view *v, const uint32_t *at, unsigned n)
{
    view_reach(v, n);
    for (unsigned i = 0; i < n; i++)
        v->at[i] = v->at[i] > at[i] ? v->at[i] : at[i];
}
static inline uint32_t view_at(const struct view *v, unsigned i)
{
    return i < v->n ? v->at[i] : 0;
}
static inline void view_raise(struct view *v, unsigned i, uint32_t stamp)
{
    view_reach(v, i + 1);
    if (v->at[i] < stamp)
        v->at[i] = stamp;
}
// A message that says what both say; either may be NULL.
static message *message_of(const struct view *v, message *m)
{
    unsigned n = v != NULL ? v->n : 0, most = m != NULL && m[0] > n ? m[0] : n;
    if (most == 0)
        return NULL;
    if (order.pool + most + 1 > POOL)
        sim_fail(SIM_LIVELOCK, "the schedule has too many stores");
    uint32_t *made = pool + order.pool;
    order.pool += most + 1;
    made[0] = most;
    memcpy(made + 1, n != 0 ? v->at : m + 1, (n != 0 ? n : most) * sizeof made[0]);
    if (n != 0) {
        memset(made + 1 + n, 0, (most - n) * sizeof made[0]);
        for (unsigned i = 0; m != NULL && i < m[0]; i++)
            made[i + 1] = made[i + 1] > m[i + 1] ? made[i + 1] : m[i + 1];
    }
    return made;
}

void sim_order_reset(void)
{
    order.generation++;
    order.cells = order.locations = order.pool = 0;
    order.total.n = 0;
    for (unsigned i = 0; i < SIM_THREADS_MAX; i++) {
        order.thread[i].clock = 0;
        order.thread[i].known.n = order.thread[i].pending.n = order.thread[i].fenced.n = 0;
        view_reach(&order.thread[i].known, SIM_THREADS_MAX);
    }
}

// The running thread's clock, which each of its accesses moves.
static inline uint32_t tick(void)
{
    return SELF.known.at[sim.self] = ++SELF.clock;
}
static inline bool knows(unsigned thread, uint32_t clock)
{
    return clock <= SELF.known.at[thread];
}

static inline bool acquires(int o)
{
    return o != memory_order_relaxed && o != memory_order_release;
}
static inline bool releases(int o)
{
    return o == memory_order_release || o == memory_order_acq_rel || o == memory_order_seq_cst;
}

// --- values in memory ---------------------------------------------------------------------------

static inline uint64_t cut(uint64_t value, unsigned size)
{
    return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}
static inline uint64_t peek(const volatile void *p, unsigned size)
{
    switch (size) {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}
static inline void poke(volatile void *p, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        *(volatile uint8_t *)p = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)p = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)p = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)p = value;
    }
}
static uint64_t apply(enum sim_operation op, uint64_t old, uint64_t operand, unsigned size)
{
    switch (op) {
    case SIM_EXCHANGE:
        return cut(operand, size);
    case SIM_ADD:
        return cut(old + operand, size);
    case SIM_SUB:
        return cut(old - operand, size);
    case SIM_AND:
        return cut(old & operand, size);
    case SIM_OR:
        return cut(old | operand, size);
    case SIM_XOR:
        return cut(old ^ operand, size);
    default:
        return cut(~(old & operand), size);
    }
}

// --- cells and races ----------------------------------------------------------------------------

static _Noreturn void race(unsigned other, uint32_t clock, const char *mine, const char *theirs)
{
    sim.event[0] = (int)sim_events_count - 1;
    sim.event[1] = -1;
    for (int i = sim.event[0] - 1; sim.tracing && i >= 0 && sim.event[1] < 0; i--)
        if (sim_events[i].thread == other && sim_events[i].time == clock)
            sim.event[1] = i;
    sim_fail(SIM_RACE, "thread %u's %s and an earlier %s of thread %u: nothing orders them",
             sim.self, mine, theirs, other);
}
static inline void check_plain_write(const struct cell *c, const char *mine)
{
    if (c->written != 0 && !knows(c->writer, c->written))
        race(c->writer, c->written, mine, "write");
}
// Of these clocks of threads' accesses, is each known? The running thread knows its own.
static inline void check_known(const uint32_t *clock, const char *mine, const char *theirs)
{
    bool unknown = false;
    for (unsigned i = 0; i < SIM_THREADS_MAX; i++) // without a branch, so that it becomes vectors
        unknown |= !knows(i, clock[i]);
    for (unsigned i = 0; __builtin_expect(unknown, 0) && i < SIM_THREADS_MAX; i++)
        if (!knows(i, clock[i]))
            race(i, clock[i], mine, theirs);
}
static inline void check_plain_reads(const struct cell *c, const char *mine)
{
    check_known(c->read, mine, "read");
}
static inline void check_atomic(const struct cell *c, bool loads, const char *mine)
{
    if (c->location == NULL)
        return;
    check_known(c->location->written, mine, "atomic store");
    if (loads)
        check_known(c->location->read, mine, "atomic load");
}

// The first cell of the granule; CELLS: none.
static inline unsigned first_cell(uintptr_t address)
{
    size_t g = (address - SIM_BASE) / 8;
    return shadow[g].generation == order.generation ? shadow[g].cell : CELLS;
}
static struct cell *new_cell(uintptr_t address, unsigned size)
{
    size_t g = (address - SIM_BASE) / 8;
    if (order.cells == CELLS)
        sim_fail(SIM_LIVELOCK, "the schedule touches too much memory");
    struct cell *c = &cell[order.cells];
    *c = (struct cell){
        .address = address, .size = (uint8_t)size, .next = (uint16_t)first_cell(address)};
    shadow[g].generation = order.generation;
    shadow[g].cell = (uint16_t)order.cells++;
    return c;
}
static bool on_stack(uintptr_t address)
{
    return address - SIM_BASE >= SIM_HEAP_SIZE;
}
// Replaces a cell by one for each of its bytes, each with the same past.
static void split(struct cell *c)
{
    unsigned size = c->size;
    c->size = 1;
    for (unsigned i = 1; i < size; i++) {
        struct cell *byte = new_cell(c->address + i, 1);
        uint16_t next = byte->next;
        *byte = *c;
        byte->address = c->address + i;
        byte->next = next;
    }
}

static bool overlap(const struct cell *c, uintptr_t address, unsigned size)
{
    return c->address < address + size && address < c->address + c->size;
}
// An atomic access: the cell of exactly these bytes, with its location.
static struct cell *atomic_cell(const volatile void *p, unsigned size)
{
    uintptr_t address = (uintptr_t)p;
    for (unsigned i = first_cell(address); i != CELLS; i = cell[i].next)
        if (cell[i].address == address && cell[i].size == size && cell[i].location != NULL)
            return &cell[i];
    if (address % size != 0)
        sim_fail(SIM_MISUSE, "an atomic access of %u bytes that is not aligned", size);
    struct cell *c = NULL;
    unsigned first = first_cell(address);
    for (unsigned i = first; i != CELLS; i = cell[i].next) {
        if (!overlap(&cell[i], address, size))
            continue;
        if (cell[i].location != NULL && !on_stack(address))
            sim_fail(SIM_MISUSE, "atomic accesses of %u and %u bytes to the same memory",
                     cell[i].size, size);
        if (cell[i].address == address && cell[i].size == size)
            c = &cell[i];
    }
    // Its bytes were touched plainly as parts of something else: it has the same past, of different
    // writers (which this thread knows, or it is a race) the last one's.
    if (c == NULL) {
        c = new_cell(address, size);
        for (unsigned i = first; i != CELLS; i = cell[i].next) {
            const struct cell *o = &cell[i];
            if (!overlap(o, address, size))
                continue;
            check_plain_write(o, "atomic access");
            if (o->written != 0) {
                c->writer = o->writer;
                c->written = o->written;
            }
            for (unsigned t = 0; t < SIM_THREADS_MAX; t++)
                c->read[t] = c->read[t] > o->read[t] ? c->read[t] : o->read[t];
        }
    }
    if (order.locations == LOCATIONS)
        sim_fail(SIM_LIVELOCK, "the schedule uses more than %d atomics", LOCATIONS);
    struct sim_location *l = &location[order.locations];
    memset(l, 0, offsetof(struct sim_location, store));
    memset(l->read, 0, sizeof l->read + sizeof l->written);
    l->word = (uint16_t)(SIM_THREADS_MAX + order.locations++);
    l->size = (uint8_t)size;
    l->n = 1;
    l->store[0] = (struct store){.value = peek(p, size), .stamp = STAMP_STEP};
    c->location = l;
    return c;
}
static void forget(struct sim_location *l, unsigned stores)
{
    for (unsigned i = 0; i < stores; i++)
        l->past |= l->store[i].wrote | l->store[i].read;
}
// A new first value, which replaces all others: nobody may read those, that would be a race.
static void begin(struct sim_location *l, uint64_t value)
{
    uint32_t last = l->store[l->n - 1].stamp;
    forget(l, l->n);
    l->store[0] = (struct store){.value = value, .stamp = last + STAMP_STEP};
    l->n = 1;
    l->plain = false;
}
// The location of an atomic access, checked: the memory is there, and holds what was last stored.
static struct cell *enter(const void *site, const volatile void *p, unsigned size)
{
    if (__builtin_expect(!sim_inside(p), 0))
        sim_fail(SIM_MISUSE, "an atomic outside simulated memory (a static variable?)");
    sim_memory_check(site, p, size);
    struct cell *c = atomic_cell(p, size);
    struct sim_location *l = c->location;
    // Written plainly, which the race detector has seen; or on a stack, where another variable
    // stood.
    if (l->plain || (on_stack((uintptr_t)p) && peek(p, size) != l->store[l->n - 1].value))
        begin(l, peek(p, size));
    if (__builtin_expect(peek(p, size) != l->store[l->n - 1].value, 0))
        sim_fail(SIM_UNDECLARED, "an atomic was changed by an access that nothing declares");
    return c;
}

void sim_order_plain(const void *site, const volatile void *p, size_t size, bool write)
{
    uintptr_t address = (uintptr_t)p, end = address + size;
    if (!sim_inside(p) || size == 0)
        return;
    sim_memory_check(site, p, size);
    if (!sim.live)
        return;
    uint32_t now = tick();
    sim_trace(write ? SIM_EVENT_WRITE : SIM_EVENT_READ, site, p, size > 255 ? 255 : (unsigned)size,
              -1, now);
    while (address < end) {
        uintptr_t granule = (address & ~(uintptr_t)7) + 8, stop = granule < end ? granule : end;
        unsigned covered = 0; // bytes, as bits, that some cell has
        for (unsigned i = first_cell(address), next; i != CELLS; i = next) {
            struct cell *c = &cell[i];
            next = c->next;
            if (c->address + c->size <= address || stop <= c->address)
                continue;
            if (c->location == NULL && (c->address < address || stop < c->address + c->size)) {
                split(c);
                next = first_cell(address); // its bytes are at the front of the chain
                covered = 0;
                continue;
            }
            check_plain_write(c, write ? "write" : "read");
            check_atomic(c, write, write ? "write" : "read");
            if (write) {
                check_plain_reads(c, "write");
                c->writer = (uint8_t)sim.self;
                c->written = now;
                if (c->location != NULL)
                    c->location->plain = true; // the value is in memory only after this
            } else {
                c->read[sim.self] = now;
            }
            covered |= ((1u << c->size) - 1) << (c->address & 7);
        }
        for (unsigned from = address & 7; from < 8 && (address & ~(uintptr_t)7) + from < stop;) {
            unsigned to = from;
            while (to < 8 && (address & ~(uintptr_t)7) + to < stop && (covered >> to & 1) == 0)
                to++;
            if (to > from) {
                struct cell *c = new_cell((address & ~(uintptr_t)7) + from, to - from);
                if (write) {
                    c->writer = (uint8_t)sim.self;
                    c->written = now;
                } else {
                    c->read[sim.self] = now;
                }
                from = to;
            } else {
                from++;
            }
        }
        address = stop;
    }
}

void sim_order_free(const void *site, uintptr_t address, size_t size)
{
    if (!sim.live)
        return;
    uint32_t now = tick();
    sim_trace(SIM_EVENT_FREE, site, (void *)address, 0, -1, now);
    sim_mix(size);
    for (uintptr_t a = address; a < address + size; a += 8)
        for (unsigned i = first_cell(a); i != CELLS; i = cell[i].next) {
            check_plain_write(&cell[i], "free");
            check_plain_reads(&cell[i], "free");
            check_atomic(&cell[i], true, "free");
        }
}
// What follows is told from what was by nothing but this write.
void sim_order_poison(const void *site, uintptr_t address, size_t size)
{
    sim_order_free(site, address, size);
    if (!sim.live)
        return;
    for (uintptr_t a = address; a < address + size; a += 8)
        for (unsigned i = first_cell(a); i != CELLS; i = cell[i].next) {
            struct cell *c = &cell[i];
            c->location = NULL;
            c->writer = (uint8_t)sim.self;
            c->written = SELF.clock;
            memset(c->read, 0, sizeof c->read);
        }
}

// --- the total order of seq_cst
// -------------------------------------------------------------------

static total_set with_all_before(total_set set)
{
    total_set all = set;
    for (; set != 0; set &= set - 1)
        all |= order.total.before[__builtin_ctzll(set)];
    return all;
}
// Who comes before the running thread's access: the fences that happen before it; before one of
// seq_cst also the accesses whose thread did something else that happens before it.
static total_set preceding(int o)
{
    total_set set = 0;
    if (order.total.n == TOTAL_MAX) {
        // no number is left: all that there are become one, which comes before all others
        for (unsigned i = 0; i < order.locations; i++) {
            struct sim_location *l = &location[i];
            l->past = l->past != 0;
            for (unsigned k = 0; k < l->n; k++) {
                l->store[k].wrote = l->store[k].wrote != 0;
                l->store[k].read = l->store[k].read != 0;
                l->store[k].after = l->store[k].after != 0;
            }
        }
        order.total.n = 1;
        order.total.fences = 1;
        order.total.before[0] = order.total.clock[0] = 0;
    }
    for (unsigned i = 0; i < order.total.n; i++)
        if (SELF.known.at[order.total.thread[i]] >= order.total.clock[i])
            set |= (total_set)1 << i;
    return with_all_before(o == memory_order_seq_cst ? set : set & order.total.fences);
}
// A new access or fence, behind those of a set. `now` is its clock.
static total_set number(total_set before, bool fence, uint32_t now)
{
    unsigned i = order.total.n++;
    total_set bit = (total_set)1 << i;
    order.total.before[i] = with_all_before(before);
    order.total.thread[i] = (uint8_t)sim.self;
    order.total.clock[i] = now + !fence;
    order.total.fences = (order.total.fences & ~bit) | (fence ? bit : 0);
    return bit;
}
// Who comes before what reads store i, or knows who does.
static total_set before_read(const struct sim_location *l, unsigned i)
{
    total_set set = l->past | l->store[i].wrote;
    for (unsigned k = 0; k < i; k++)
        set |= l->store[k].wrote | l->store[k].read;
    return set;
}
// The running thread reads store i, or writes behind it. `first`: who precedes the access. Answers
// those, and the access itself if it is of seq_cst.
static total_set take_place(const struct sim_location *l, unsigned i, bool writes, total_set first,
                            int o, uint32_t now)
{
    total_set after = 0;
    if (o == memory_order_seq_cst)
        first |= number(first | before_read(l, i) | (writes ? l->store[i].read : 0), false, now);
    else if (first == 0)
        return 0;
    for (unsigned k = i + 1; k < l->n; k++)
        after |= l->store[k].after;
    total_set all = after != 0 ? with_all_before(first) : 0;
    for (unsigned k = 0; after != 0 && k < order.total.n; k++)
        if ((after & ((total_set)1 << k | order.total.before[k])) != 0)
            order.total.before[k] |= all;
    return first;
}

// Nothing older than this may be taken by an access that these precede.
static uint32_t oldest(const struct sim_location *l, total_set first)
{
    uint32_t at = view_at(&SELF.known, l->word);
    for (unsigned i = l->n; first != 0 && i-- > 0 && l->store[i].stamp > at;)
        if ((l->store[i].after & first) != 0)
            return l->store[i].stamp;
    return at;
}

// --- atomic accesses ----------------------------------------------------------------------------

static void learn(const struct store *s, int o)
{
    if (s->view == NULL)
        return;
    view_join(acquires(o) ? &SELF.known : &SELF.pending, s->view + 1, s->view[0]);
}
// Puts a store behind number `after`, and what is now the newest into memory. `read` is the message
// that a read-modify-write passes on.
static void put(struct cell *c, unsigned after, uint64_t value, message *read, bool glued,
                total_set first, int o)
{
    struct sim_location *l = c->location;
    uint32_t low = l->store[after].stamp, stamp;
    bool newest = after == l->n - 1u;
    total_set wrote = take_place(l, after, true, first, o, SELF.clock);
    if (newest)
        stamp = low + STAMP_STEP;
    else
        stamp = low + (l->store[after + 1].stamp - low) / 2;
    unsigned at = after + 1;
    if (l->n == HISTORY) { // the oldest is forgotten
        forget(l, 1);
        at--;
        memmove(l->store, l->store + 1, at * sizeof l->store[0]);
    } else {
        memmove(l->store + at + 1, l->store + at, (l->n - at) * sizeof l->store[0]);
        l->n++;
    }
    view_raise(&SELF.known, l->word, stamp);
    message *view = message_of(releases(o)          ? &SELF.known
                               : SELF.fenced.n != 0 ? &SELF.fenced
                                                    : NULL,
                               read);
    l->store[at] = (struct store){.value = value,
                                  .view = view,
                                  .stamp = stamp,
                                  .glued = glued,
                                  .wrote = wrote,
                                  .after = wrote & ~first};
    if (newest) {
        poke((void *)c->address, l->size, value);
        sim_condition_changed(l);
    }
}
// May something go between store i and the one behind it? There must be a stamp left.
static inline bool open_behind(const struct sim_location *l, unsigned i)
{
    return i == l->n - 1u ||
           (!l->store[i + 1].glued && l->store[i + 1].stamp - l->store[i].stamp >= 2);
}

// Reads store i, and no more.
static const struct store *take(struct sim_location *l, unsigned i, total_set first, int o,
                                uint32_t now)
{
    struct store *s = &l->store[i];
    total_set read = take_place(l, i, false, first, o, now);
    s->read |= read;
    s->after |= read & ~first;
    view_raise(&SELF.known, l->word, s->stamp);
    learn(s, o);
    return s;
}
// A thread in the background may stand at a point when the schedule ends, and goes on from it
// beside finish: so each access looks behind its point whether the schedule still runs.
uint64_t sim_order_load(const void *site, const volatile void *p, unsigned size, int o)
{
    sim_point(site);
    if (!sim.live)
        return sim_inside(p) ? (sim_memory_check(site, p, size), peek(p, size)) : peek(p, size);
    struct cell *c = enter(site, p, size);
    struct sim_location *l = c->location;
    uint32_t now = tick();
    total_set first = preceding(o);
    uint32_t low = oldest(l, first);
    struct sim_event *e = sim_trace(SIM_EVENT_LOAD, site, p, size, o, now);
    check_plain_write(c, "atomic load");
    unsigned newest = l->n - 1u, n = 1;
    while (n <= newest && l->store[newest - n].stamp >= low)
        n++;
    unsigned age = sim_condition_reads(l, l->store[newest].stamp) ? 0 : sim_value(n);
    if (age != 0)
        sim_condition_stale();
    const struct store *s = take(l, newest - age, first, o, now);
    l->read[sim.self] = now;
    sim_mix((uint64_t)l->word << 16 | age << 4 | SIM_EVENT_LOAD);
    e->age = (uint16_t)age;
    e->before = s->value;
    return s->value;
}

void sim_order_store(const void *site, volatile void *p, unsigned size, uint64_t value, int o)
{
    value = cut(value, size);
    sim_point(site);
    if (!sim.live) {
        if (sim_inside(p))
            sim_memory_check(site, p, size);
        poke(p, size, value);
        return;
    }
    struct cell *c = enter(site, p, size);
    struct sim_location *l = c->location;
    uint32_t now = tick();
    total_set first = preceding(o);
    uint32_t low = oldest(l, first);
    struct sim_event *e = sim_trace(SIM_EVENT_STORE, site, p, size, o, now);
    check_plain_write(c, "atomic store");
    check_plain_reads(c, "atomic store");
    // places, newest first, behind a store that is not older than `low`
    unsigned newest = l->n - 1u, places = 0, place[HISTORY];
    for (unsigned i = newest;; i--) {
        if (open_behind(l, i))
            place[places++] = i;
        if (l->store[i].stamp <= low || i == 0)
            break;
    }
    unsigned age = sim_value(places), after = place[age];
    e->before = l->store[after].value;
    l->written[sim.self] = now;
    put(c, after, value, NULL, false, first, o);
    sim_mix((uint64_t)l->word << 16 | age << 4 | SIM_EVENT_STORE);
    e->age = (uint16_t)(newest - after);
    e->after = value;
}

// A read-modify-write of store i.
static void put_rmw(struct cell *c, unsigned i, uint64_t value, total_set first, int o)
{
    message *read = c->location->store[i].view;
    learn(&c->location->store[i], o);
    put(c, i, value, read, true, first, o);
}

uint64_t sim_order_rmw(const void *site, enum sim_operation op, volatile void *p, unsigned size,
                       uint64_t operand, int o)
{
    sim_point(site);
    if (!sim.live) {
        uint64_t old = sim_order_load(site, p, size, o);
        poke(p, size, apply(op, old, operand, size));
        return old;
    }
    struct cell *c = enter(site, p, size);
    struct sim_location *l = c->location;
    uint32_t now = tick();
    total_set first = preceding(o);
    uint32_t low = oldest(l, first);
    struct sim_event *e = sim_trace(SIM_EVENT_RMW, site, p, size, o, now);
    check_plain_write(c, "atomic store");
    check_plain_reads(c, "atomic store");
    unsigned newest = l->n - 1u, n = 0, choice[HISTORY];
    for (unsigned i = newest;; i--) {
        if (l->store[i].stamp < low && i != newest)
            break;
        if (open_behind(l, i))
            choice[n++] = i;
        if (i == 0)
            break;
    }
    unsigned age = sim_value(n), i = choice[age];
    uint64_t old = l->store[i].value;
    l->read[sim.self] = l->written[sim.self] = now;
    e->age = (uint16_t)(newest - i);
    e->before = old;
    e->after = apply(op, old, operand, size);
    put_rmw(c, i, apply(op, old, operand, size), first, o);
    sim_mix((uint64_t)l->word << 16 | age << 4 | SIM_EVENT_RMW);
    return old;
}

bool sim_order_cas(const void *site, volatile void *p, unsigned size, void *expected,
                   uint64_t desired, bool weak, int success, int failure)
{
    uint64_t want = peek(expected, size);
    sim_point(site);
    if (!sim.live) {
        uint64_t old = sim_order_load(site, p, size, success);
        poke(old == want ? p : expected, size, old == want ? desired : old);
        return old == want;
    }
    struct cell *c = enter(site, p, size);
    struct sim_location *l = c->location;
    uint32_t now = tick();
    total_set first = preceding(success), first_failing = preceding(failure);
    uint32_t low = oldest(l, first), low_failing = oldest(l, first_failing);
    struct sim_event *e = sim_trace(SIM_EVENT_CAS, site, p, size, success, now);
    check_plain_write(c, "atomic access");
    // what it may take: with another value it fails; with this one it succeeds if it can stand
    // behind it, and a weak one may fail all the same
    struct {
        unsigned store;
        bool fails;
    } choice[2 * HISTORY];
    unsigned newest = l->n - 1u, n = 0;
    for (unsigned i = newest;; i--) {
        const struct store *s = &l->store[i];
        bool equal = s->value == want;
        if (equal && (s->stamp >= low || i == newest) && open_behind(l, i))
            choice[n].store = i, choice[n++].fails = false;
        if ((!equal || weak) && (s->stamp >= low_failing || i == newest))
            choice[n].store = i, choice[n++].fails = true;
        if (i == 0)
            break;
    }
    unsigned decided = sim_value(n), i = choice[decided].store;
    bool fails = choice[decided].fails;
    uint64_t old = l->store[i].value;
    l->read[sim.self] = now;
    e->age = (uint16_t)(newest - i);
    e->before = old;
    e->after = fails ? want : cut(desired, size);
    if (fails) {
        e->kind = SIM_EVENT_CAS_FAILED;
        e->order = (int8_t)failure;
        take(l, i, first_failing, failure, now);
        poke(expected, size, old);
    } else {
        check_plain_reads(c, "atomic store");
        l->written[sim.self] = now;
        put_rmw(c, i, cut(desired, size), first, success);
    }
    sim_mix((uint64_t)l->word << 16 | decided << 5 | (unsigned)fails << 4 | SIM_EVENT_CAS);
    return !fails;
}

void sim_order_fence(const void *site, int o)
{
    sim_point(site);
    if (!sim.live)
        return;
    uint32_t now = tick();
    sim_trace(SIM_EVENT_FENCE, site, NULL, 0, o, now);
    if (acquires(o) && SELF.pending.n != 0)
        view_join(&SELF.known, SELF.pending.at, SELF.pending.n);
    if (o == memory_order_seq_cst) {
        total_set first = preceding(o);
        struct store *known[LOCATIONS]; // the newest store of each that the thread knows
        for (unsigned i = 0; i < order.locations; i++) {
            struct sim_location *l = &location[i];
            uint32_t at = view_at(&SELF.known, l->word);
            unsigned k = l->n;
            while (k > 0 && l->store[k - 1].stamp > at)
                k--;
            known[i] = k == 0 ? NULL : &l->store[k - 1];
            if (at != 0)
                first |= k == 0 ? l->past : before_read(l, k - 1);
        }
        total_set bit = number(first, true, now);
        for (unsigned i = 0; i < order.locations; i++)
            if (known[i] != NULL)
                known[i]->after |= bit;
    }
    if (releases(o)) {
        SELF.fenced.n = SELF.known.n;
        memcpy(SELF.fenced.at, SELF.known.at, SELF.known.n * sizeof SELF.known.at[0]);
    }
    sim_mix((uint64_t)o << 8 | SIM_EVENT_FENCE);
}

void sim_init(const struct sim_site *s, volatile void *p, unsigned size, uint64_t value)
{
    value = cut(value, size);
    sim_order_plain(s, p, size, true);
    poke(p, size, value);
}

// --- for services -------------------------------------------------------------------------------

uint64_t sim_order_newest(const void *site, const volatile void *p, unsigned size)
{
    if (!sim.live)
        return peek(p, size);
    struct cell *c = enter(site, p, size);
    uint32_t now = tick();
    struct sim_location *l = c->location;
    sim_trace(SIM_EVENT_LOAD, site, p, size, memory_order_relaxed, now)->before =
        l->store[l->n - 1].value;
    check_plain_write(c, "atomic load");
    l->read[sim.self] = now;
    return l->store[l->n - 1].value;
}
void sim_order_acquire(const void *site, void *p, uint64_t value, enum sim_event_kind as)
{
    struct cell *c = enter(site, p, 4);
    uint32_t now = tick();
    sim_trace(as, site, p, 4, -1, now);
    check_plain_write(c, "lock");
    check_plain_reads(c, "lock");
    c->location->read[sim.self] = c->location->written[sim.self] = now;
    put_rmw(c, c->location->n - 1u, value, preceding(memory_order_acquire), memory_order_acquire);
    sim_mix((uint64_t)c->location->word << 16 | as);
}
void sim_order_release(const void *site, void *p, uint64_t value, enum sim_event_kind as)
{
    struct cell *c = enter(site, p, 4);
    uint32_t now = tick();
    sim_trace(as, site, p, 4, -1, now);
    check_plain_write(c, "unlock");
    check_plain_reads(c, "unlock");
    c->location->written[sim.self] = now;
    put(c, c->location->n - 1u, value, NULL, false, preceding(memory_order_release),
        memory_order_release);
    sim_mix((uint64_t)c->location->word << 16 | as);
}
uint32_t sim_order_newest_stamp(const struct sim_location *l)
{
    return l->store[l->n - 1].stamp;
}

// --- the declared face --------------------------------------------------------------------------

// The order that is left when the audit has taken something away.
static inline int weakened(int o, unsigned drop)
{
    if (__builtin_expect(drop == 0, 1))
        return o;
    bool acquire = acquires(o) && (drop & SIM_ACQUIRE) == 0;
    bool release = releases(o) && (drop & SIM_RELEASE) == 0;
    return acquire && release ? memory_order_acq_rel
           : acquire          ? memory_order_acquire
           : release          ? memory_order_release
                              : memory_order_relaxed;
}
uint64_t sim_load(const struct sim_site *s, const volatile void *p, unsigned size, int o)
{
    // a load has no release to keep
    return sim_order_load(s, p, size,
                          weakened(o, s->weaken[0] != 0 ? s->weaken[0] | SIM_RELEASE : 0));
}
void sim_store(const struct sim_site *s, volatile void *p, unsigned size, uint64_t value, int o)
{
    sim_order_store(s, p, size, value,
                    weakened(o, s->weaken[0] != 0 ? s->weaken[0] | SIM_ACQUIRE : 0));
}
uint64_t sim_rmw(const struct sim_site *s, enum sim_operation op, volatile void *p, unsigned size,
                 uint64_t operand, int o)
{
    return sim_order_rmw(s, op, p, size, operand, weakened(o, s->weaken[0]));
}
bool sim_cas(const struct sim_site *s, volatile void *p, unsigned size, void *expected,
             uint64_t desired, bool weak, int success, int failure)
{
    return sim_order_cas(s, p, size, expected, desired, weak, weakened(success, s->weaken[0]),
                         weakened(failure, s->weaken[1] != 0 ? s->weaken[1] | SIM_RELEASE : 0));
}
void sim_fence(const struct sim_site *s, int o)
{
    sim_order_fence(s, weakened(o, s->weaken[0]));
}
void sim_read(const struct sim_site *s, const volatile void *p, size_t size)
{
    sim_order_plain(s, p, size, false);
}
void sim_write(const struct sim_site *s, volatile void *p, size_t size)
{
    sim_order_plain(s, p, size, true);
}
