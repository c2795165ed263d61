// SPDX-License-Identifier: MIT
//
// Random histories with an exact shadow. Threads make objects, link them, hold them by counted and
// local references, put them into shared slots and into a container under its lock, whose storage
// moves and is copied, mail them to one another, find them by weak cells, refer to immortal ones
// and are referred to by them, block, go for good and come again, all at random and beside each
// other. Each notes what it holds.
// Two judgements:
//   always      an object that is destroyed is held by nobody (its shadow is zero)
//   now and then all threads stop and drain; then exactly those objects live that the notes reach,
//               over the links, and no others
// Links make cycles where the scheme finds those, else they lead from the younger to the older.
// Borrowed locals differ from others here, and threads keep the memory of some of the dead for the
// next of their kind; in refcount.c neither is so.
// The seed is printed; HISTORY_SEED=n begins with that one, HISTORY_ROUNDS=n makes it longer.
#define RC_LOCAL_BORROWS
#define CELL_FREE(t, h) keep(t, h)
struct thread;
struct rc_header;
static void keep(struct thread *t, struct rc_header *h);
#include "common.h"

enum {
    THREADS_HERE = THREADED ? 3 : 1,
    STEPS = LARGE(500, 200), // of a thread between two meetings
    ROUNDS = LARGE(300, 40), // meetings, usually
    HELD = 5,                // counted references of a thread
    LOCALS = 4,              // local references of a thread, in two frames
    SLOTS = 6,               // shared slots
    SHELF = 4,               // slots under a lock
    CELLS = 3,               // weak cells of a thread
    KEPT = 2, // dead items of a thread and heap, lest sanitizers see none that is freed
    IMMORTALS = 2,
    ITEMS_MAX = 1 << 20,
};

struct item {
    struct node node;
    _Atomic(int32_t) held; // by threads, as they noted
    uint32_t number;
    enum al_heap heap;
    bool leaf; // refers to nothing
};
// A container: its slots are excluded ones.
struct shelf {
    struct object o;
    struct lk_word lock;
    struct rc_slot *item;
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
    struct shelf *shelf;
    struct rc_header *immortal[IMMORTALS];
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

// Of a player, while it plays.
static _Thread_local struct {
    bool on;
    unsigned n[2];
    void *item[2][KEPT]; // of AL_OBJECT, AL_CONTAINER
} kept;

static void keep(struct thread *t, struct rc_header *h)
{
    bool item = object_of(h)->type == &item_type;
    if (kept.on && item && kept.n[item_of(h)->heap] < KEPT)
        kept.item[item_of(h)->heap][kept.n[item_of(h)->heap]++] = h;
    else
        al_free(t, h);
}
static void keep_nothing(struct thread *t)
{
    kept.on = false;
    for (unsigned heap = 0; heap < 2; heap++)
        while (kept.n[heap] != 0)
            al_free(t, kept.item[heap][--kept.n[heap]]);
}
static struct rc_header *item_new(struct thread *t, enum al_heap heap, unsigned flags)
{
    bool leaf = heap == AL_OBJECT;
    if ((flags & (RC_DEFERRED | RC_HOT)) != 0) // as rc_new
        heap = AL_CONTAINER;
    void *memory = kept.n[heap] != 0 ? kept.item[heap][--kept.n[heap]]
                                     : al_alloc(t, sizeof(struct item), heap);
    struct item *i = (struct item *)rc_new_in(t, memory, heap, flags);
    i->node.o.type = &item_type;
    i->heap = heap;
    i->leaf = leaf;
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

static bool immortal(struct rc_header *h)
{
    return item_of(h)->number < IMMORTALS; // they were made first
}
// Immortal ones refer to all others, until the end.
static bool may_link(struct rc_header *from, struct rc_header *to)
{
    if (item_of(from)->leaf)
        return false;
    if (to == NULL || CYCLES)
        return true;
    return immortal(from) ? !immortal(to) : item_of(from)->number > item_of(to)->number;
}
static void link_items(struct thread *t, struct rc_header *from, struct rc_header *to, bool left)
{
    if (!may_link(from, to))
        return;
    rc_dirty(t, from);
    rc_store(t, from, left ? &node_of(from)->left : &node_of(from)->right, to);
}

// A published object that is held must be counted; where increments wait, try may not.
static struct rc_header *tried(struct thread *t, struct rc_header *h)
{
    rc_publish(t, h);
    if (rc_try_incref(t, h))
        return h;
    sync_check(!PAIR_HAS(RC_TRAITS, RC_COUNTS) || PAIR_HAS(RC_TRAITS, RC_WAITS),
               "a published object that is held refuses to be counted");
    rc_incref(t, h);
    return h;
}

static void shelf_destroy(struct thread *t, struct object *o)
{
    struct shelf *s = (struct shelf *)o;
    for (unsigned i = 0; i < SHELF; i++)
        rc_clear(t, &s->item[i]);
    al_free(t, s->item);
    lk_destroy(t, &s->lock);
}
static void shelf_traverse(struct object *o, rc_visit *visit, void *argument)
{
    struct shelf *s = (struct shelf *)o;
    for (unsigned i = 0; i < SHELF; i++)
        visit(argument, &s->item[i]);
}
static const struct type shelf_type = {
    .name = "shelf", .destroy = shelf_destroy, .traverse = shelf_traverse};

static struct shelf *shelf_new(struct thread *t)
{
    struct shelf *s = object_new(t, &shelf_type, sizeof *s, AL_CONTAINER, 0);
    lk_init(t, &s->lock);
    s->item = box_storage(t, SHELF);
    for (unsigned i = 0; i < SHELF; i++)
        rc_fill(t, &s->o.rc, &s->item[i], NULL);
    return s;
}
// All to new storage: moved, or copied and given up.
static void shelf_renew(struct thread *t, struct shelf *s, bool copied)
{
    struct rc_slot *old = s->item, *item = box_storage(t, SHELF);
    rc_dirty(t, &s->o.rc);
    for (unsigned i = 0; i < SHELF; i++)
        if (copied)
            rc_copy(t, &item[i], &old[i]);
        else
            rc_move(t, &s->o.rc, &item[i], &old[i]);
    s->item = item;
    for (unsigned i = 0; copied && i < SHELF; i++)
        rc_release(t, &old[i]);
    al_free(t, old);
}
// Under the lock. What is put there is `in`, which the thread holds; the answer is what it holds
// then instead.
static struct rc_header *shelf_use(struct thread *t, struct shelf *s, struct rc_slot *at,
                                   struct rc_header *in, unsigned dice)
{
    struct rc_header *out = in;
    switch (dice % 6) {
    case 0: // one in, another out
    case 1:
        if (in != NULL) {
            rc_publish(t, in); // lest it is loaded without
            struck(in);
        }
        rc_dirty(t, &s->o.rc);
        return noted(rc_swap(t, &s->o.rc, at, in));
    case 2:
        return in != NULL ? in : noted(rc_read(t, at));
    case 3:
        if (in != NULL || rc_peek(at) == NULL)
            break;
        sync_check(rc_try_load(t, at, &out) || !PAIR_HAS(RC_TRAITS, RC_COUNTS) ||
                       PAIR_HAS(RC_TRAITS, RC_WAITS),
                   "what a locked container holds refuses to be counted");
        return noted(out);
    default:
        shelf_renew(t, s, dice % 6 == 4);
        break;
    }
    return in;
}

static void drop_local(struct thread *t, struct player *p, unsigned k)
{
    if (p->local_to[k] == NULL)
        return;
    struck(&p->local_to[k]->node.o.rc);
    p->local_to[k] = NULL;
    rc_local_drop(t, &p->local[k]);
}
// Everything that is a thread's own ends, or is handed to whoever the thread is next.
static void drop_locals(struct thread *t, struct player *p)
{
    for (unsigned i = 0; i < LOCALS; i++)
        drop_local(t, p, i);
}
static void push_locals(struct thread *t, struct player *p, struct rc_roots frame[2])
{
    rc_roots_push(t, &frame[0], p->local, LOCALS / 2);
    rc_roots_push(t, &frame[1], p->local + LOCALS / 2, LOCALS / 2);
}
static void pop_locals(struct thread *t, struct player *p, struct rc_roots frame[2])
{
    drop_locals(t, p);
    rc_roots_pop(t, &frame[1]);
    rc_roots_pop(t, &frame[0]);
}
static struct thread *reborn(struct thread *t, struct player *p, struct rc_roots frame[2],
                             bool drained)
{
    struct world *w = t->world;
    uint64_t seed = sync_here.seed;
    pop_locals(t, p, frame);
    for (unsigned i = 0; i < HELD; i++)
        if (p->held[i] != NULL)
            rc_give(t, p->held[i]);
    leave(t, drained);
    t = enter(w);
    sync_here.seed = seed;
    for (unsigned i = 0; i < HELD; i++)
        if (p->held[i] != NULL)
            rc_take(t, p->held[i]);
    push_locals(t, p, frame);
    return t;
}

static void step(struct thread *t, struct player *p, unsigned me)
{
    static const unsigned flags[] = {0, 0, 0, 0, 0, RC_DEFERRED, RC_HOT, RC_HOT | RC_DEFERRED};
    uint64_t dice = sync_rand(t);
    struct rc_header **mine = &p->held[dice % HELD], *other = p->held[(dice >> 8) % HELD], *h;
    struct rc_slot *s = &history.box->item[(dice >> 16) % SLOTS];
    struct rc_header *owner = &history.box->o.rc;
    unsigned k = (dice >> 24) % LOCALS, cell = (dice >> 32) % CELLS, from;
    struct lk_guard guard;
    _Atomic(struct rc_header *) *mail;
    switch ((dice >> 40) % 20) {
    case 0:
    case 1:
        drop(t, mine);
        *mine =
            item_new(t, (dice >> 51) % 4 == 0 ? AL_OBJECT : AL_CONTAINER, flags[(dice >> 48) % 8]);
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
            if ((dice >> 48) % 2 == 0)
                rc_incref(t, other);
            else
                tried(t, other);
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
        drop_local(t, p, k);
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
    case 14: // a second local reference, whose first may go before it
        from = (k + 1 + (dice >> 48) % (LOCALS - 1)) % LOCALS;
        if (p->local_to[k] != NULL || p->local_to[from] == NULL)
            break;
        rc_local_dup(t, &p->local[k], &p->local[from]);
        p->local_to[k] = item_of(noted(&p->local_to[from]->node.o.rc));
        break;
    case 15: // an immortal one is held, or refers to what is held
        h = history.immortal[(dice >> 48) % IMMORTALS];
        if (*mine == NULL) {
            rc_incref(t, h);
            *mine = noted(h);
        } else {
            link_items(t, h, (dice >> 52) % 4 == 0 ? NULL : *mine, (dice >> 56) % 2 == 0);
        }
        break;
    case 16: // the container; to lock it is a safepoint
    case 17:
        if (THREADED && !PAIR_HAS(LK_TRAITS, LK_EXCLUDES))
            break;
        lk_lock(t, &history.shelf->lock, &guard);
        *mine = shelf_use(t, history.shelf, &history.shelf->item[(dice >> 16) % SHELF], *mine,
                          (unsigned)(dice >> 48));
        lk_unlock(t, &history.shelf->lock, &guard);
        break;
    case 18: // a local is moved
        from = (k + 1 + (dice >> 48) % (LOCALS - 1)) % LOCALS;
        if (p->local_to[k] != NULL)
            break;
        rc_local_move(t, &p->local[k], &p->local[from]);
        p->local_to[k] = p->local_to[from];
        p->local_to[from] = NULL;
        break;
    case 19: // borrowed for a while; what it becomes outlives the one that was borrowed from
        from = (k + 1 + (dice >> 48) % (LOCALS - 1)) % LOCALS;
        if (p->local_to[k] != NULL || p->local_to[from] == NULL)
            break;
        h = &p->local_to[from]->node.o.rc;
        rc_local_borrow(t, &p->local[k], &p->local[from]);
        thread_safepoint(t);
        sync_check(rc_local_peek(&p->local[k]) == h, "a borrowed local is to another object");
        if ((dice >> 52) % 2 == 0 && *mine == NULL) {
            *mine = noted(rc_local_own(t, &p->local[k]));
            drop_local(t, p, from);
            if ((dice >> 53) % 2 == 0) { // and its count becomes a local's
                rc_local_take(t, &p->local[from], *mine);
                p->local_to[from] = item_of(*mine);
                *mine = NULL;
            }
        } else {
            rc_local_drop(t, &p->local[k]);
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
    for (unsigned i = 0; i < SHELF; i++)
        reach(rc_peek(&history.shelf->item[i]));
    for (unsigned i = 0; i < IMMORTALS; i++)
        reach(history.immortal[i]);
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
    sync_check(world_live(t->world) == live + 2,
               "the world counts other objects"); // and the two containers
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
    struct rc_roots frame[2];
    (void)argument;
    sync_here.seed = history.seed + me;
    push_locals(t, p, frame);
    kept.on = true;
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
                t = reborn(t, p, frame, (dice >> 32) % 2 == 0);
            }
        }
        settle_all(t, p, me);
    }
    pop_locals(t, p, frame);
    for (unsigned i = 0; i < HELD; i++)
        drop(t, &p->held[i]);
    for (unsigned i = 0; PAIR_HAS(RC_TRAITS, RC_WEAK) && i < CELLS; i++)
        rc_weak_drop(t, &p->cell[i]);
    struct rc_header *h = atomic_exchange_explicit(&history.mail[me], NULL, memory_order_acquire);
    if (h != NULL) {
        rc_take(t, h);
        drop(t, &h);
    }
    keep_nothing(t);
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
    printf("# HISTORY_SEED=%llu HISTORY_ROUNDS=%u\n", (unsigned long long)history.seed,
           history.rounds);
    for (unsigned i = 0; i < IMMORTALS; i++) {
        history.immortal[i] = item_new(t, AL_CONTAINER, RC_IMMORTAL | (i == 0 ? 0 : RC_DEFERRED));
        struck(history.immortal[i]);
    }
    history.box = box_new(t, SLOTS);
    history.shelf = shelf_new(t);
    pthread_barrier_init(&history.barrier, NULL, THREADS_HERE);
    if (THREADED) {
        team_run(t, THREADS_HERE, play, NULL);
    } else {
        play(t, NULL, 0);
        t = sync_self();
    }
    rc_decref(t, &history.box->o.rc);
    rc_decref(t, &history.shelf->o.rc);
    for (unsigned i = 0; i < IMMORTALS; i++) {
        link_items(t, history.immortal[i], NULL, true);
        link_items(t, history.immortal[i], NULL, false);
    }
    thread_drain(t);
    for (unsigned i = 0; i < IMMORTALS; i++)
        rc_end_immortal(t, history.immortal[i]);
    close_world(t);
    pthread_barrier_destroy(&history.barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(histories)};
    return RUN("history", tests);
}
