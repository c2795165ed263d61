// SPDX-License-Identifier: MIT
//
// Random histories with an exact shadow. Threads make objects, link them, hold them by counted and
// local references, put them into shared slots, mail them to one another, find them by weak cells,
// block, go for good and come again, all at random and beside each other. Each notes what it holds.
// Two judgements:
//   always      an object that is destroyed is held by nobody (its shadow is zero)
//   now and then all threads stop and drain; then exactly those objects live that the notes reach,
//               over the links, and no others
// Links make cycles where the scheme finds those, else they lead from the younger to the older.
// The seed is printed; HISTORY_SEED=n begins with that one, HISTORY_ROUNDS=n makes it longer.
#include "common.h"

enum {
    THREADS_HERE = THREADED ? 3 : 1,
    STEPS = 200, // of a thread between two meetings
    ROUNDS = 40, // meetings, usually
    HELD = 5,    // counted references of a thread
    LOCALS = 3,  // local references of a thread
    SLOTS = 6,   // shared slots
    CELLS = 3,   // weak cells of a thread
    ITEMS_MAX = 1 << 20,
};
#define CYCLES PAIR_HAS(RC_TRAITS, RC_CYCLES)

struct item {
    struct node node;
    _Atomic(int32_t) held; // by threads, as they noted
    uint32_t number;
};
struct fate {
    struct item *item; // identity only, once it is dead
    _Atomic(bool) dead;
    bool reached; // by the judge
};

static struct history {
    uint64_t seed;
    unsigned rounds;
    struct box *box; // the shared slots
    _Atomic(struct rc_header *) mail[THREADS_HERE];
    _Atomic(uint32_t) made;
    struct fate fate[ITEMS_MAX];
    struct player {
        struct rc_header *held[HELD];
        struct rc_local local[LOCALS];
        struct item *local_to[LOCALS];
        struct rc_weak cell[CELLS];
        bool drained; // the last drain did something
    } player[THREADS_HERE];
    pthread_barrier_t barrier;
} history;

static struct item *item_of(struct rc_header *h)
{
    return (struct item *)h;
}
// A reference is noted after it was taken, and struck out before it is given up.
static struct rc_header *noted(struct rc_header *h)
{
    if (h != NULL) {
        sync_check(alive(h), "a reference leads to a dead object");
        atomic_fetch_add_explicit(&item_of(h)->held, 1, memory_order_relaxed);
    }
    return h;
}
static void struck(struct rc_header *h)
{
    atomic_fetch_sub_explicit(&item_of(h)->held, 1, memory_order_relaxed);
}
static void drop(struct thread *t, struct rc_header **held)
{
    struct rc_header *h = *held;
    if (h == NULL)
        return;
    *held = NULL;
    sync_check(alive(h), "an object died while it was held");
    struck(h);
    rc_decref(t, h);
}

static void item_destroy(struct thread *t, struct object *o)
{
    struct item *i = (struct item *)o;
    sync_check(atomic_load_explicit(&i->held, memory_order_relaxed) == 0,
               "an object is destroyed while somebody holds it");
    atomic_store_explicit(&history.fate[i->number].dead, true, memory_order_release);
    node_destroy(t, o);
}
static const struct type item_type = {
    .name = "item", .destroy = item_destroy, .traverse = node_traverse, .weaks = node_weaks};

static struct rc_header *item_new(struct thread *t, unsigned flags)
{
    struct item *i = object_new(t, &item_type, sizeof *i, AL_CONTAINER, flags);
    i->node.mark = NULL;
    atomic_init(&i->node.weaks, NULL);
    i->node.alive = NODE_ALIVE;
    rc_fill(t, &i->node.o.rc, &i->node.left, NULL);
    rc_fill(t, &i->node.o.rc, &i->node.right, NULL);
    atomic_init(&i->held, 0);
    i->number = atomic_fetch_add_explicit(&history.made, 1, memory_order_relaxed);
    sync_check(i->number < ITEMS_MAX, "the history is longer than its notes: fewer rounds");
    history.fate[i->number].item = i;
    return noted(&i->node.o.rc);
}

static void link_items(struct thread *t, struct rc_header *from, struct rc_header *to, bool left)
{
    if (!CYCLES && to != NULL && item_of(from)->number <= item_of(to)->number)
        return;
    rc_dirty(t, from);
    rc_store(t, from, left ? &node_of(from)->left : &node_of(from)->right, to);
}

// Everything that is a thread's own ends, or is handed to whoever the thread is next.
static void drop_locals(struct thread *t, struct player *p)
{
    for (unsigned i = 0; i < LOCALS; i++)
        if (p->local_to[i] != NULL) {
            struck(&p->local_to[i]->node.o.rc);
            p->local_to[i] = NULL;
            rc_local_drop(t, &p->local[i]);
        }
}
static struct thread *reborn(struct thread *t, struct player *p, struct rc_roots *frame,
                             bool drained)
{
    struct world *w = t->world;
    uint64_t seed = sync_here.seed;
    drop_locals(t, p);
    rc_roots_pop(t, frame);
    for (unsigned i = 0; i < HELD; i++)
        if (p->held[i] != NULL)
            rc_give(t, p->held[i]);
    leave(t, drained);
    t = enter(w);
    sync_here.seed = seed;
    for (unsigned i = 0; i < HELD; i++)
        if (p->held[i] != NULL)
            rc_take(t, p->held[i]);
    rc_roots_push(t, frame, p->local, LOCALS);
    return t;
}

static void step(struct thread *t, struct player *p, unsigned me)
{
    static const unsigned flags[] = {0, 0, 0, 0, 0, RC_DEFERRED, RC_HOT, RC_HOT | RC_DEFERRED};
    uint64_t dice = sync_rand(t);
    struct rc_header **mine = &p->held[dice % HELD], *other = p->held[(dice >> 8) % HELD], *h;
    struct rc_slot *s = &history.box->item[(dice >> 16) % SLOTS];
    struct rc_header *owner = &history.box->o.rc;
    unsigned k = (dice >> 24) % LOCALS, cell = (dice >> 32) % CELLS;
    _Atomic(struct rc_header *) *mail;
    switch ((dice >> 40) % 14) {
    case 0:
    case 1:
        drop(t, mine);
        *mine = item_new(t, flags[(dice >> 48) % 8]);
        break;
    case 2: // from a slot, which keeps its own
        drop(t, mine);
        *mine = noted(rc_load(t, s));
        break;
    case 3:
        if (*mine != NULL)
            rc_publish(t, *mine);
        rc_store(t, owner, s, *mine);
        break;
    case 4:
        h = rc_load(t, s);
        rc_compare_exchange(t, owner, s, h, *mine);
        if (h != NULL)
            rc_decref(t, h);
        break;
    case 5: // another reference to what is held
        if (*mine == NULL && other != NULL) {
            rc_incref(t, other);
            *mine = noted(other);
        }
        break;
    case 6:
        drop(t, mine);
        break;
    case 7: // to another thread; there may be something in its box already
        mail = &history.mail[(dice >> 48) % THREADS_HERE];
        if ((h = *mine) == NULL)
            break;
        rc_give(t, h);
        *mine = NULL;
        // release: pairs with the acquire of who takes it, also here
        h = atomic_exchange_explicit(mail, h, memory_order_acq_rel);
        if (h != NULL) {
            rc_take(t, h);
            drop(t, &h);
        }
        break;
    case 8:
        h = atomic_exchange_explicit(&history.mail[me], NULL, memory_order_acquire);
        if (h != NULL) {
            rc_take(t, h);
            drop(t, mine);
            *mine = h;
        }
        break;
    case 9: // links
        if (*mine != NULL)
            link_items(t, *mine, other, (dice >> 48) % 2 == 0);
        break;
    case 10: // a local reference, to a slot's object or to one that is held
        if (p->local_to[k] != NULL) {
            struck(&p->local_to[k]->node.o.rc);
            p->local_to[k] = NULL;
            rc_local_drop(t, &p->local[k]);
        }
        if ((dice >> 48) % 2 == 0)
            h = rc_local_get(t, &p->local[k], s);
        else if ((h = other) != NULL)
            rc_local_of(t, &p->local[k], h);
        if (h != NULL)
            p->local_to[k] = item_of(noted(h));
        break;
    case 11: // becomes a counted one
        if (p->local_to[k] != NULL && *mine == NULL) {
            *mine = rc_local_own(t, &p->local[k]);
            sync_check(item_of(*mine) == p->local_to[k], "a local became another object");
            p->local_to[k] = NULL;
        }
        break;
    case 12: // far from zero and back
        if (*mine != NULL) {
            unsigned n = (unsigned)(dice >> 48) % 300;
            for (unsigned i = 0; i < n; i++)
                rc_incref(t, *mine);
            for (unsigned i = 0; i < n; i++)
                rc_decref(t, *mine);
        }
        break;
    case 13:
        if (!PAIR_HAS(RC_TRAITS, RC_WEAK))
            break;
        if ((dice >> 48) % 4 == 0 && *mine != NULL) {
            rc_weak_drop(t, &p->cell[cell]);
            rc_weak_make(t, &p->cell[cell], *mine);
        } else if (*mine == NULL) {
            *mine = noted(rc_weak_get(t, &history.player[(dice >> 52) % THREADS_HERE].cell[cell]));
        }
        break;
    }
}

// --- judgement ----------------------------------------------------------------------------------

static void meet_all(struct thread *t)
{
    lk_blocking_begin(t);
    pthread_barrier_wait(&history.barrier);
    lk_blocking_end(t);
}

static struct item *reach_list[ITEMS_MAX];
static size_t reach_count;
static void reach(struct rc_header *h)
{
    if (h == NULL)
        return;
    struct item *i = item_of(h);
    sync_check(i->number < ITEMS_MAX && history.fate[i->number].item == i &&
                   !atomic_load_explicit(&history.fate[i->number].dead, memory_order_acquire),
               "a reference leads to a dead object");
    if (!history.fate[i->number].reached) {
        history.fate[i->number].reached = true;
        reach_list[reach_count++] = i;
    }
}
// All others stand outside the runtime.
static void judge(struct thread *t)
{
    uint32_t made = atomic_load_explicit(&history.made, memory_order_relaxed);
    uint64_t live = 0;
    reach_count = 0;
    for (unsigned i = 0; i < made; i++)
        history.fate[i].reached = false;
    for (unsigned i = 0; i < SLOTS; i++)
        reach(rc_peek(&history.box->item[i]));
    for (unsigned k = 0; k < THREADS_HERE; k++) {
        struct player *p = &history.player[k];
        reach(atomic_load_explicit(&history.mail[k], memory_order_acquire));
        for (unsigned i = 0; i < HELD; i++)
            reach(p->held[i]);
        for (unsigned i = 0; i < LOCALS; i++)
            if (p->local_to[i] != NULL)
                reach(&p->local_to[i]->node.o.rc);
    }
    for (size_t i = 0; i < reach_count; i++) {
        reach(rc_peek(&reach_list[i]->node.left));
        reach(rc_peek(&reach_list[i]->node.right));
    }
    for (unsigned i = 0; i < made; i++) {
        bool dead = atomic_load_explicit(&history.fate[i].dead, memory_order_acquire);
        sync_check(!(dead && history.fate[i].reached), "an object died that can be reached");
        sync_check(!FREES || dead || history.fate[i].reached,
                   "an object lives after all have drained that nobody can reach");
        live += !dead;
    }
    sync_check(world_live(t->world) == live + 1, "the world counts other objects"); // and the box
}

// Until nobody had anything left to do, twice.
static void settle_all(struct thread *t, struct player *p, unsigned me)
{
    for (unsigned round = 0, idle = 0; round < 1000 && idle < 2; round++) {
        p->drained = thread_drain(t); // a safepoint would not tell what it did
        meet_all(t);
        bool any = false;
        for (unsigned i = 0; i < THREADS_HERE; i++)
            any |= history.player[i].drained;
        idle = any ? 0 : idle + 1;
        meet_all(t);
    }
    if (me == 0)
        judge(t);
    meet_all(t);
}

static void play(struct thread *t, void *argument, unsigned me)
{
    struct player *p = &history.player[me];
    struct rc_roots frame;
    (void)argument;
    sync_here.seed = history.seed + me;
    rc_roots_push(t, &frame, p->local, LOCALS);
    for (unsigned round = 0; round < history.rounds; round++) {
        for (unsigned i = 0; i < STEPS; i++) {
            step(t, p, me);
            thread_safepoint(t);
            uint64_t dice = sync_rand(t);
            if (dice % 64 == 0) {
                lk_blocking_begin(t);
                sched_yield();
                lk_blocking_end(t);
            } else if (dice % 256 == 1) {
                t = reborn(t, p, &frame, (dice >> 32) % 2 == 0);
            }
        }
        settle_all(t, p, me);
    }
    drop_locals(t, p);
    rc_roots_pop(t, &frame);
    for (unsigned i = 0; i < HELD; i++)
        drop(t, &p->held[i]);
    for (unsigned i = 0; PAIR_HAS(RC_TRAITS, RC_WEAK) && i < CELLS; i++)
        rc_weak_drop(t, &p->cell[i]);
    struct rc_header *h = atomic_exchange_explicit(&history.mail[me], NULL, memory_order_acquire);
    if (h != NULL) {
        rc_take(t, h);
        drop(t, &h);
    }
}

static uint64_t from_environment(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 0) : usual;
}

static void histories(void **state)
{
    (void)state;
    struct thread *t = open_world();
    history.seed = from_environment("HISTORY_SEED", sync_now_ns());
    history.rounds = (unsigned)from_environment("HISTORY_ROUNDS", ROUNDS);
    printf("# HISTORY_SEED=%llu\n", (unsigned long long)history.seed);
    history.box = box_new(t, SLOTS);
    pthread_barrier_init(&history.barrier, NULL, THREADS_HERE);
    if (THREADED) {
        team_run(t, THREADS_HERE, play, NULL);
    } else {
        play(t, NULL, 0);
        t = sync_self();
    }
    rc_decref(t, &history.box->o.rc);
    close_world(t);
    pthread_barrier_destroy(&history.barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(histories)};
    return RUN("history", tests);
}
