// SPDX-License-Identifier: MIT
//
// A lock and nothing else: threads take one of `locks` locks, stay inside for `cs` ns, let it go
// and stay away for `par` ns. How long the two sections are decides how often a lock is found
// taken, and whether who lets it go comes back before the next one has woken up: the same lock is
// the best with one pair of lengths and the worst with another. With cs=0 par=0 locks=1 and one
// thread an operation is the uncontended pair, and the loop has nothing but that and the increment
// that it guards.
//
// A ns is what the delay loop needed when nothing disturbed it: one turn adds one to a number, and
// the setting thread times many turns before any other thread is there; the fastest of some trials
// counts. So a section is so many turns, which take longer where a core is slower. No clock is read
// in a section. The turns in the section start from the counter that the lock guards and end in
// what is stored there, so no processor begins them before it has the counter, or stores it, and
// behind it lets go of the lock, before they have ended. To call the loop and to leave it takes
// some nanoseconds more; without sections neither is there.
//
// The head and the guarded counter of a lock share a line, as a container's lock and length do. Of
// several locks each operation takes one by chance, as stripes are chosen by hash.
#include "../workload.h"

enum { CS, PAR, LOCKS };
enum { LOCKS_MOST = 1024, SECTION_MOST = 10000000 };
static const struct param params[] = {
    [CS] = {"cs", "ns of each critical section, by a calibrated loop", 0, SECTION_MOST, 0},
    [PAR] = {"par", "ns of a thread's own between two critical sections", 0, SECTION_MOST, 0},
    [LOCKS] = {"locks", "locks, of which each operation takes one by chance", 1, LOCKS_MOST, 1},
    {0},
};

struct guarded {
    struct object base;
    struct lk_word lock;
    uint64_t sections; // that were entered under this lock
};
// Bytes of a lock with its counter, on lines of their own.
enum { GUARDED_LINES = (sizeof(struct guarded) + SYNC_LINE - 1) / SYNC_LINE * SYNC_LINE };

static void guarded_destroy(struct thread *t, struct object *o)
{
    lk_destroy(t, &((struct guarded *)o)->lock);
}
static const struct type guarded_type = {.name = "guarded counter", .destroy = guarded_destroy};

enum { CHOICES = 4096 };
struct shared {
    uint64_t cs, par; // turns
    size_t locks;
    struct guarded *guarded[];
};
struct own {
    const struct shared *shared;
    size_t next;
    uint64_t entered;
    bool intruded;          // somebody else was in the section
    uint16_t lock[CHOICES]; // in the order in which they are taken
};

// --- a calibrated delay -----------------------------------------------------------------------

// n + turns. Not inlined: the loop that was calibrated is the one that runs.
static __attribute__((noinline)) uint64_t delay(uint64_t n, uint64_t turns)
{
    for (; turns != 0; turns--)
        n = sync_opaque(n) + 1;
    return n;
}

enum { TRIALS = 32, TRIAL_TURNS = 1 << 15 };
static double turns_a_ns(void)
{
    uint64_t fastest = UINT64_MAX;
    for (unsigned i = 0; i < TRIALS; i++) {
        uint64_t from = sync_now_ns();
        sync_opaque(delay(0, TRIAL_TURNS));
        uint64_t ns = sync_now_ns() - from;
        fastest = ns < fastest ? ns : fastest;
    }
    return (double)TRIAL_TURNS / (double)(fastest != 0 ? fastest : 1);
}

// --- the workload -----------------------------------------------------------------------------

static void *start(struct thread *t, const struct run *run)
{
    size_t n = (size_t)run->param[LOCKS];
    struct shared *s = sync_alloc(sizeof *s + n * sizeof s->guarded[0]);
    double turns = turns_a_ns();
    s->cs = (uint64_t)((double)run->param[CS] * turns + 0.5);
    s->par = (uint64_t)((double)run->param[PAR] * turns + 0.5);
    s->locks = n;
    for (size_t i = 0; i < n; i++) {
        s->guarded[i] = object_new(t, &guarded_type, GUARDED_LINES, AL_CONTAINER, 0);
        lk_init(t, &s->guarded[i]->lock);
        sync_set(s->guarded[i]->sections, 0);
    }
    return s;
}

static void *begin(struct thread *t, void *shared, unsigned index)
{
    struct own *own = sync_alloc(sizeof *own);
    (void)index;
    own->shared = shared;
    for (size_t i = 0; i < CHOICES; i++)
        own->lock[i] = (uint16_t)(sync_rand(t) % own->shared->locks);
    return own;
}

// `delayed` and `chosen` are constants where this is inlined.
API __attribute__((always_inline)) void enter(struct thread *t, struct own *own, uint64_t n,
                                              bool delayed, bool chosen)
{
    const struct shared *s = own->shared;
    struct guarded *g = s->guarded[0];
    uint64_t cs = s->cs, par = s->par;
    size_t next = own->next;
    for (; n != 0; n--) {
        struct lk_guard guard;
        if (chosen) {
            g = s->guarded[own->lock[next]];
            next = (next + 1) % CHOICES;
        }
        g = sync_opaque(g);
        lk_lock(t, &g->lock, &guard);
        uint64_t sections = sync_get(g->sections);
        if (delayed) {
            uint64_t later = delay(sections, cs);
            if (sync_get(sync_opaque(g)->sections) != sections)
                own->intruded = true;
            sections = later - cs;
        }
        sync_set(g->sections, sections + 1);
        lk_unlock(t, &g->lock, &guard);
        if (delayed)
            sync_opaque(delay(0, par));
    }
    own->next = next;
}
static void work(struct thread *t, void *p, uint64_t n)
{
    struct own *own = p;
    bool delayed = own->shared->cs != 0 || own->shared->par != 0;
    own->entered += n;
    if (delayed)
        enter(t, own, n, true, true);
    else if (own->shared->locks > 1)
        enter(t, own, n, false, true);
    else
        enter(t, own, n, false, false);
}

static int64_t shares(const void *shared)
{
    return (int64_t)((const struct shared *)shared)->locks;
}

static const char *end(struct thread *t, void *p, uint64_t done)
{
    struct own *own = p;
    (void)t;
    const char *wrong = NULL;
    if (own->intruded)
        wrong = "two threads were in one critical section";
    else if (own->entered != done)
        wrong = "another number of sections was entered than was asked for";
    sync_free(own);
    return wrong;
}

// A section that another one overlapped has lost its increment or the other one's.
static const char *finish(struct thread *t, void *shared, uint64_t done)
{
    struct shared *s = shared;
    uint64_t sections = 0;
    for (size_t i = 0; i < s->locks; i++) {
        sections += sync_get(s->guarded[i]->sections);
        rc_decref(t, &s->guarded[i]->base.rc);
    }
    thread_drain(t);
    sync_free(s);
    return sections == done ? NULL : "an increment in a critical section was lost";
}

static const struct workload lock_handoff = {
    .name = "lock_handoff",
    .summary = "threads enter critical sections of a given length, and stay away for a given time",
    .source = "the critical and parallel section of ARM's lockhammer; the groups of WebKit's "
              "LockSpeedTest",
    .operation = "one critical section, and the time until the next",
    .needs = NEEDS_EXCLUSION | NEEDS_SHARING,
    .params = params,
    .start = start,
    .begin = begin,
    .work = work,
    .holds = holds_nothing,
    .shares = shares,
    .end = end,
    .finish = finish,
};
WORKLOAD(lock_handoff)
