// SPDX-License-Identifier: MIT
//
// What lk.h promises, tried on one lock scheme. Built with SYNC_CENSUS it also sees when a
// safepoint gave the runtime up, and checks that another thread had it meanwhile, and when a thread
// sleeps for a lock.
#include "common.h"

#define EXCLUDES   ((LK_TRAITS & LK_EXCLUDES) != 0)
#define OPTIMISTIC ((LK_TRAITS & LK_OPTIMISTIC) != 0)
// A reader notices each change of storage that stays where it is.
#define IN_PLACE \
    (PAIR_HAS(LK_TRAITS, LK_VERSIONED) || !PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC | LK_COPIES))
#define DEADLOCKS ((LK_TRAITS & LK_DEADLOCKS) != 0)
#define SUSPENDS  ((LK_TRAITS & LK_SUSPENDS) != 0)
#define ISOLATED  ((LK_TRAITS & LK_ISOLATED) != 0)

enum { TEAM = 3 };

// --- exclusion --------------------------------------------------------------------------------

// Where TURNS, others may want the CPUs too, and a turn then waits for them.
enum { SUM = 1000, DELAY = 20, LOCK_ROUNDS = TURNS ? 1000 : 10000 };
struct account {
    struct lk_word lock;
    int64_t a, b; // a + b == SUM whenever the lock is free
    uint64_t changes;
};
static struct account *account_new(struct thread *t, unsigned n)
{
    struct account *x = sync_alloc(n * sizeof *x);
    for (unsigned i = 0; i < n; i++) {
        lk_init(t, &x[i].lock);
        x[i].a = SUM;
    }
    return x;
}
static void account_free(struct thread *t, struct account *x, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        lk_destroy(t, &x[i].lock);
    sync_free(x);
}
static void account_change(struct account *x, int64_t d)
{
    int64_t a = sync_get(x->a), b = sync_get(x->b);
    sync_check(a + b == SUM, "who holds the lock finds a change half made");
    sync_set(x->a, a - d);
    for (unsigned i = 0; i < DELAY; i++)
        sync_pause();
    sync_set(x->b, b + d);
    sync_set(x->changes, sync_get(x->changes) + 1);
}

static void change_rounds(struct thread *t, struct account *x, unsigned index, unsigned rounds)
{
    struct lk_guard g;
    for (unsigned i = 0; i < rounds; i++) {
        lk_lock(t, &x->lock, &g);
        account_change(x, (int64_t)(i % 7 + index));
        lk_unlock(t, &x->lock, &g);
        thread_safepoint(t);
    }
}
static void change_one(struct thread *t, void *argument, unsigned index)
{
    change_rounds(t, argument, index, LOCK_ROUNDS);
}
static void one_holds_the_lock(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct account *x = account_new(t, 1);
    unsigned n = team_of(TEAM);
    team_run(t, n, change_one, x);
    assert_int_equal(x->a + x->b, SUM);
    assert_int_equal(x->changes, n * LOCK_ROUNDS);
    account_free(t, x, 1);
    close_world(t);
}

// More threads than processors: who holds the lock may not be running.
enum { CROWD_ROUNDS = 100 };
static void change_in_a_crowd(struct thread *t, void *argument, unsigned index)
{
    change_rounds(t, argument, index, CROWD_ROUNDS);
}
static void a_crowd_gets_through(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct account *x = account_new(t, 1);
    team_run(t, TEAM_MAX, change_in_a_crowd, x);
    assert_int_equal(x->a + x->b, SUM);
    assert_int_equal(x->changes, TEAM_MAX * CROWD_ROUNDS);
    account_free(t, x, 1);
    close_world(t);
}

// A second thread tries to come in while the first stands inside for a while.
struct inside {
    struct world *w;
    struct lk_word lock;
    struct phase phase;
    uint64_t holders;
};
static void *come_in(void *p)
{
    struct inside *in = p;
    struct lk_guard g;
    struct thread *t = thread_attach(in->w);
    phase_set(&in->phase, 1);
    lk_enter(t);
    lk_lock(t, &in->lock, &g);
    sync_check(sync_get(in->holders) == 0, "two threads hold one lock");
    lk_unlock(t, &in->lock, &g);
    leave(t, true);
    return NULL;
}
static void nobody_comes_in_beside_the_holder(void **state)
{
    pthread_t thread;
    struct lk_guard g;
    (void)state;
    struct thread *t = open_world();
    struct inside *in = sync_alloc(sizeof *in);
    in->w = t->world;
    lk_init(t, &in->lock);
    lk_lock(t, &in->lock, &g);
    sync_set(in->holders, 1);
    assert_int_equal(pthread_create(&thread, NULL, come_in, in), 0);
    sync_await(phase_now(&in->phase) == 1);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    sync_set(in->holders, 0);
    lk_unlock(t, &in->lock, &g);
    lk_blocking_begin(t);
    pthread_join(thread, NULL);
    lk_blocking_end(t);
    lk_destroy(t, &in->lock);
    sync_free(in);
    close_world(t);
}

enum { ACCOUNTS = 4 };
// Where the original would deadlock, only pairs in one order are locked.
static void change_two(struct thread *t, void *argument, unsigned index)
{
    struct account *x = argument;
    struct lk_guard g[2];
    (void)index;
    for (unsigned i = 0; i < LOCK_ROUNDS; i++) {
        unsigned a = (unsigned)(sync_rand(t) % ACCOUNTS), b = (unsigned)(sync_rand(t) % ACCOUNTS);
        if (DEADLOCKS && a >= b)
            continue;
        lk_lock2(t, &x[a].lock, &x[b].lock, g);
        account_change(&x[a], 3);
        account_change(&x[b], -3);
        lk_unlock2(t, &x[a].lock, &x[b].lock, g);
        thread_safepoint(t);
    }
}
static void two_locks_in_any_order(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct account *x = account_new(t, ACCOUNTS);
    team_run(t, team_of(TEAM), change_two, x);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        assert_int_equal(x[i].a + x[i].b, SUM);
    account_free(t, x, ACCOUNTS);
    close_world(t);
}

static void locks_of_one_thread(void **state)
{
    struct lk_guard g[2];
    (void)state;
    struct thread *t = open_world();
    struct account *x = account_new(t, 2);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned pair = 0; pair < 4; pair++) {
            struct lk_word *a = &x[pair & 1].lock, *b = &x[pair >> 1].lock;
            if (DEADLOCKS && (a == b || pair == 1))
                continue;
            lk_lock2(t, a, b, g);
            lk_unlock2(t, a, b, g);
            lk_lock(t, a, &g[0]); // both are free again
            lk_unlock(t, a, &g[0]);
            lk_lock(t, b, &g[1]);
            lk_unlock(t, b, &g[1]);
        }
    account_free(t, x, 2);
    close_world(t);
}

// --- locks that are given up by who waits -----------------------------------------------------

// Locks in locks, single ones and pairs, the same one again among them. Only the innermost is sure
// to be held, and what the others guard is whole when they are had again.
enum { DEPTH = 3, NEST_ROUNDS = 2000 };
static void change_nested(struct thread *t, struct account *x, unsigned depth)
{
    struct lk_guard g[2];
    unsigned a = (unsigned)(sync_rand(t) % ACCOUNTS), b = (unsigned)(sync_rand(t) % ACCOUNTS);
    bool two = sync_rand(t) % 2 == 0;
    if (two)
        lk_lock2(t, &x[a].lock, &x[b].lock, g);
    else
        lk_lock(t, &x[a].lock, g);
    account_change(&x[a], 5);
    if (depth != 0) {
        change_nested(t, x, depth - 1);
    } else if (sync_rand(t) % 8 == 0) {
        lk_blocking_begin(t);
        sched_yield();
        lk_blocking_end(t);
    }
    account_change(&x[a], -2);
    if (two) {
        account_change(&x[b], -3);
        lk_unlock2(t, &x[a].lock, &x[b].lock, g);
    } else {
        lk_unlock(t, &x[a].lock, g);
    }
}
static void nest(struct thread *t, void *argument, unsigned index)
{
    (void)index;
    for (unsigned i = 0; i < NEST_ROUNDS; i++) {
        change_nested(t, argument, i % DEPTH);
        thread_safepoint(t);
    }
}
static void locks_nest_in_any_order(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct account *x = account_new(t, ACCOUNTS);
    team_run(t, TEAM, nest, x);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        assert_int_equal(x[i].a + x[i].b, SUM);
    account_free(t, x, ACCOUNTS);
    close_world(t);
}

// One thread has a lock, and within it a pair; then it waits: for a lock that another one has, or
// for that thread outside the runtime. The other one does not let go before it has been in what the
// first one had.
enum { HAD = 3, WANTED = HAD };
struct given {
    struct account *x;
    struct phase phase; // 1: WANTED is taken, 2: what others had is, 3: they had it meanwhile
    bool outside;
};
static void change_all(struct account *x)
{
    for (unsigned i = 0; i < HAD; i++)
        account_change(&x[i], 1);
}
static uint64_t changes(struct account *x)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < HAD; i++)
        n += sync_get(x[i].changes);
    return n;
}
static void give_up(struct thread *t, void *argument, unsigned index)
{
    struct given *s = argument;
    struct account *x = s->x;
    struct lk_guard g[2], outer, wanted;
    if (index == 0) {
        phase_await(t, &s->phase, 1);
        lk_lock(t, &x[0].lock, &outer);
        lk_lock2(t, &x[2].lock, &x[1].lock, g);
        change_all(x);
        phase_set(&s->phase, 2);
        if (s->outside) {
            phase_await(t, &s->phase, 3);
        } else {
            lk_lock(t, &x[WANTED].lock, &wanted);
            sync_check(phase_now(&s->phase) == 3, "two threads hold one lock");
            lk_unlock(t, &x[WANTED].lock, &wanted);
        }
        account_change(&x[1], 1);
        account_change(&x[2], 1);
        lk_unlock2(t, &x[2].lock, &x[1].lock, g);
        account_change(&x[0], 1);
        sync_check(changes(x) == 3 * HAD, "who has a lock again does not see what others did");
        lk_unlock(t, &x[0].lock, &outer);
    } else if (index == 1) {
        lk_lock(t, &x[WANTED].lock, &wanted);
        phase_set(&s->phase, 1);
        sync_await(phase_now(&s->phase) == 3);
        lk_unlock(t, &x[WANTED].lock, &wanted);
    } else {
        phase_await(t, &s->phase, 2);
        for (unsigned i = 0; i < HAD; i++) {
            lk_lock(t, &x[i].lock, &outer);
            account_change(&x[i], 1);
            lk_unlock(t, &x[i].lock, &outer);
        }
        phase_set(&s->phase, 3);
    }
}
static void others_have_it(bool outside)
{
    struct thread *t = open_world();
    struct given s = {.x = account_new(t, HAD + 1), .outside = outside};
    team_run(t, 3, give_up, &s);
    assert_int_equal(changes(s.x), 3 * HAD);
    account_free(t, s.x, HAD + 1);
    close_world(t);
}
static void who_waits_for_a_lock_has_no_other(void **state)
{
    (void)state;
    others_have_it(false);
}
static void who_blocks_has_no_lock(void **state)
{
    (void)state;
    others_have_it(true);
}

// --- sleeping for a lock ----------------------------------------------------------------------

// Another thread's count, which it goes on to change.
static uint64_t parks(const struct sync_here *here)
{
    return __atomic_load_n(&here->counts.park, __ATOMIC_RELAXED);
}

// Who has slept longer than LK_HAND_OFF_NS owns the lock when its holder unlocks, one sleeper after
// the other, though the holder locks again at once.
#ifdef LK_HAND_OFF_NS
#define HANDS_OFF true
#else
#define HANDS_OFF      false
#define LK_HAND_OFF_NS 0
#endif
#ifdef SYNC_CENSUS
#define COUNTED true
#else
#define COUNTED false
#endif

enum { SLEEPERS = 3 };
struct queue {
    struct lk_word lock;
    const struct sync_here *here[SLEEPERS], *holder;
    uint64_t holder_parks;
    struct phase turn, comes; // so many sleepers may come, have come
    struct phase had, again;  // so many have had the lock; the holder has it again
};
static void sleep_for_it(struct thread *t, void *argument, unsigned index)
{
    struct queue *q = argument;
    struct lk_guard g;
    phase_await(t, &q->turn, index + 1);
    q->here[index] = &sync_here;
    phase_set(&q->comes, index + 1);
    lk_lock(t, &q->lock, &g);
    sync_check(phase_now(&q->had) == index, "a lock was not handed over in the order of sleep");
    phase_set(&q->had, index + 1);
    // until the holder sleeps for the lock too
    sync_await(parks(q->holder) != q->holder_parks || phase_now(&q->again) != 0);
    sync_check(phase_now(&q->again) == 0, "two threads hold one lock");
    lk_unlock(t, &q->lock, &g);
}
static void who_slept_long_is_next(void **state)
{
    struct queue q = {.holder = &sync_here};
    struct team team = {.work = sleep_for_it, .argument = &q, .n = SLEEPERS};
    struct lk_guard g;
    (void)state;
    struct thread *t = open_world();
    lk_init(t, &q.lock);
    lk_lock(t, &q.lock, &g);
    team_start(t, &team);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        phase_set(&q.turn, i + 1);
        sync_await(phase_now(&q.comes) == i + 1);
        sync_await(parks(q.here[i]) != 0);
    }
    uint64_t from = sync_now_ns();
    sync_await(sync_now_ns() - from > LK_HAND_OFF_NS);
    q.holder_parks = parks(q.holder);
    lk_unlock(t, &q.lock, &g);
    lk_lock(t, &q.lock, &g);
    phase_set(&q.again, 1);
    sync_check(phase_now(&q.had) == SLEEPERS,
               "a lock went to another thread than those that had slept long for it");
    lk_unlock(t, &q.lock, &g);
    team_join(t, &team);
    lk_destroy(t, &q.lock);
    close_world(t);
}

// --- reads and retired storage ----------------------------------------------------------------

enum { READ_ROUNDS = TURNS ? 500 : 5000 };
// Storage of a container, as readers without a lock may see it.
struct storage {
    _Atomic(uint64_t) a, b; // a == b in every consistent state
};
struct shelf {
    struct lk_word lock;
    _Atomic(void *) storage;
    _Atomic(uint64_t) retired, freed;
};
static struct shelf *shelf;

static void storage_free(struct thread *t, void *p)
{
    struct storage *s = p;
    uint64_t a = atomic_load_explicit(&s->a, memory_order_relaxed);
    sync_check(a == atomic_load_explicit(&s->b, memory_order_relaxed),
               "retired storage was changed");
    atomic_store_explicit(&s->b, ~a, memory_order_relaxed); // nobody may look any more
    atomic_fetch_add_explicit(&shelf->freed, 1, memory_order_relaxed);
    al_free(t, s);
}
static struct storage *storage_new(struct thread *t, uint64_t value)
{
    struct storage *s = al_alloc(t, sizeof *s, AL_STORAGE);
    atomic_init(&s->a, value);
    atomic_init(&s->b, value);
    return s;
}
static void write_shelf(struct thread *t, uint64_t value, bool in_place)
{
    struct lk_guard g;
    struct storage *s = NULL, *next = in_place ? NULL : storage_new(t, value);
    lk_lock(t, &shelf->lock, &g);
    s = atomic_load_explicit(&shelf->storage, memory_order_relaxed);
    if (in_place) {
        atomic_store_explicit(&s->a, value, memory_order_relaxed);
        for (unsigned i = 0; i < DELAY; i++)
            sync_pause();
        atomic_store_explicit(&s->b, value, memory_order_relaxed);
    } else {
        atomic_store_explicit(&shelf->storage, next, memory_order_release);
    }
    lk_unlock(t, &shelf->lock, &g);
    if (!in_place) {
        atomic_fetch_add_explicit(&shelf->retired, 1, memory_order_relaxed);
        lk_retire(t, &shelf->lock, s, storage_free);
    }
}
static void read_locked(struct thread *t, uint64_t *a, uint64_t *b)
{
    struct lk_guard g;
    lk_lock_read(t, &shelf->lock, &g);
    struct storage *s = atomic_load_explicit(&shelf->storage, memory_order_relaxed);
    *a = atomic_load_explicit(&s->a, memory_order_relaxed);
    *b = atomic_load_explicit(&s->b, memory_order_relaxed);
    lk_unlock(t, &shelf->lock, &g);
}
// False: not consistent, or not without the lock.
static bool read_shelf(struct thread *t, uint64_t *a, uint64_t *b)
{
    struct lk_guard g;
    if (!lk_read_begin(t, &shelf->lock, &g)) {
        sync_check(OPTIMISTIC, "a scheme whose reads exclude refuses one");
        return false;
    }
    struct storage *s = lk_read_watch(t, &g, &shelf->storage);
    *a = atomic_load_explicit(&s->a, memory_order_relaxed);
    *b = atomic_load_explicit(&s->b, memory_order_relaxed);
    bool ok = lk_read_end(t, &shelf->lock, &g);
    sync_check(ok || OPTIMISTIC, "a read that excludes is not consistent");
    return ok;
}
static void use_shelf(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (uint64_t i = 1; i <= READ_ROUNDS; i++) {
        uint64_t a, b;
        if (index == 0) {
            write_shelf(t, i, IN_PLACE && i % 2 == 0);
        } else {
            if (!read_shelf(t, &a, &b))
                read_locked(t, &a, &b);
            sync_check(a == b, "a reader saw a change half made");
        }
        thread_safepoint(t);
    }
}
static struct thread *open_shelf(void)
{
    struct thread *t = open_world();
    shelf = sync_alloc(sizeof *shelf);
    lk_init(t, &shelf->lock);
    atomic_init(&shelf->storage, storage_new(t, 0));
    return t;
}
static void close_shelf(struct thread *t)
{
    for (unsigned round = 0;
         round < 10000 && atomic_load_explicit(&shelf->freed, memory_order_relaxed) !=
                              atomic_load_explicit(&shelf->retired, memory_order_relaxed);
         round++) {
        thread_safepoint(t);
        thread_drain(t);
    }
    assert_int_equal(atomic_load_explicit(&shelf->freed, memory_order_relaxed),
                     atomic_load_explicit(&shelf->retired, memory_order_relaxed));
    al_free(t, atomic_load_explicit(&shelf->storage, memory_order_relaxed));
    lk_destroy(t, &shelf->lock);
    close_world(t);
    sync_free(shelf);
}

static void reads_of_one_thread(void **state)
{
    uint64_t a = 1, b = 1;
    (void)state;
    struct thread *t = open_shelf();
    for (uint64_t i = 1; i < 10; i++) {
        if (!read_shelf(t, &a, &b))
            read_locked(t, &a, &b);
        assert_int_equal(a, i - 1);
        assert_int_equal(b, i - 1);
        write_shelf(t, i, IN_PLACE && i % 2 == 0);
    }
    close_shelf(t);
}
static void reads_are_consistent(void **state)
{
    (void)state;
    struct thread *t = open_shelf();
    team_run(t, team_of(TEAM), use_shelf, NULL);
    close_shelf(t);
}

enum { RETIRED = 1000 };
static _Atomic(uint32_t) given_back[RETIRED];
static void count_once(struct thread *t, void *p)
{
    atomic_fetch_add_explicit(&given_back[*(unsigned *)p], 1, memory_order_relaxed);
    al_free(t, p);
}
static void retired_storage_is_given_back_once(void **state)
{
    struct lk_word word;
    (void)state;
    struct thread *t = open_world();
    lk_init(t, &word);
    for (unsigned i = 0; i < RETIRED; i++) {
        unsigned *p = al_alloc(t, sizeof *p, AL_STORAGE);
        *p = i;
        lk_retire(t, &word, p, count_once);
        if (i % 16 == 0)
            thread_safepoint(t);
    }
    lk_destroy(t, &word);
    close_world(t);
    for (unsigned i = 0; i < RETIRED; i++)
        assert_int_equal(atomic_load_explicit(&given_back[i], memory_order_relaxed), 1);
}

// --- worlds -----------------------------------------------------------------------------------

// Threads in worlds of their own share nothing, whatever they do there at a time: nobody waits,
// each finds its numbers, and all that dies dies where it was made.
enum { WORLDS = 8, WORLD_ROUNDS = 1000 };
static void *live_apart(void *argument)
{
    uint64_t *ended = argument;
    struct lk_guard g[2];
    for (unsigned life = 0; life < 3; life++) {
        struct world *w = world_open();
        struct thread *t = enter(w);
        struct account *x = account_new(t, 2);
        struct mark mark = {0};
        struct rc_header *h = node_new(t, &mark);
        for (unsigned i = 1; i <= WORLD_ROUNDS; i++) {
            lk_lock2(t, &x[0].lock, &x[1].lock, g);
            account_change(&x[0], 3);
            account_change(&x[1], -3);
            lk_unlock2(t, &x[0].lock, &x[1].lock, g);
            lk_lock(t, &x[i % 2].lock, &g[0]);
            account_change(&x[i % 2], 0);
            lk_unlock(t, &x[i % 2].lock, &g[0]);
            rc_incref(t, h);
            rc_decref(t, h);
            rc_decref(t, node_new(t, NULL));
            thread_safepoint(t);
        }
        sync_check(x[0].changes + x[1].changes == 3 * WORLD_ROUNDS,
                   "a change was made in another world");
        sync_check(deaths(&mark) == 0, "an object died that was referred to");
        rc_decref(t, h);
        sync_check(dies(t, &mark), "an object did not die in its world");
        account_free(t, x, 2);
        leave(t, true);
        sync_check(!FREES || world_live(w) == 0, "an object is left in a world that closes");
        world_close(w);
    }
    ++*ended;
    return NULL;
}
static void worlds_share_nothing(void **state)
{
    pthread_t thread[WORLDS];
    uint64_t ended[WORLDS] = {0};
    (void)state;
    for (unsigned i = 0; i < WORLDS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, live_apart, &ended[i]), 0);
    for (unsigned i = 0; i < WORLDS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(ended[i], 1);
    }
}

// --- the runtime ------------------------------------------------------------------------------

static _Atomic(uint32_t) inside_now;
static uint64_t entered; // plain: only who is inside may touch it
static void stand_inside(void)
{
    sync_check(atomic_fetch_add_explicit(&inside_now, 1, memory_order_relaxed) == 0,
               "two threads are in the runtime");
    entered++;
    for (unsigned i = 0; i < DELAY; i++)
        sync_pause();
    atomic_fetch_sub_explicit(&inside_now, 1, memory_order_relaxed);
}
static void go_in_and_out(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (unsigned i = 0; i < 200; i++) {
        if (GLOBAL)
            stand_inside();
        switch ((i + index) % 3) {
        case 0:
            lk_leave(t);
            lk_enter(t);
            break;
        case 1:
            lk_blocking_begin(t);
            sched_yield();
            lk_blocking_end(t);
            break;
        case 2:
            thread_safepoint(t);
            break;
        }
    }
}
static void one_is_in_the_runtime(void **state)
{
    (void)state;
    struct thread *t = open_world();
    entered = 0;
    team_run(t, 8, go_in_and_out, NULL);
    assert_int_equal(entered, 8 * 200);
    close_world(t);
}
static void many_come_and_go(void **state)
{
    (void)state;
    struct thread *t = open_world();
    team_run(t, TEAM_MAX, go_in_and_out, NULL);
    close_world(t);
}

// Each lets the other in only by blocking: neither passes a safepoint.
static struct phase ball;
static void play(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (unsigned i = index; i < 100; i += 2) {
        phase_await(t, &ball, i);
        phase_set(&ball, i + 1);
    }
}
static void who_blocks_lets_others_in(void **state)
{
    (void)state;
    struct thread *t = open_world();
    phase_set(&ball, 0);
    team_run(t, 2, play, NULL);
    assert_int_equal(phase_now(&ball), 100);
    close_world(t);
}

// A thread that computes lets another one in at its safepoints, and the one that wanted to get in
// is the next to run.
enum { SWITCHES = 30 };
static unsigned last, switches; // plain: under the global lock
static uint64_t progress[2];
static void compute(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    progress[index]++;
    while (switches < SWITCHES) {
        if (last != index) {
            last = index;
            switches++;
        }
        uint64_t other = progress[!index], pairs = sync_here.counts.lock_pair;
        lk_safepoint(t);
        sync_check(sync_here.counts.lock_pair == pairs || progress[!index] != other,
                   "a thread that gave the runtime up on request was the next to take it");
        progress[index]++;
    }
}
static void who_computes_lets_others_in(void **state)
{
    (void)state;
    struct thread *t = open_world();
    switches = 0;
    team_run(t, 2, compute, NULL);
    assert_true(switches >= SWITCHES);
    close_world(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_of_one_thread),
        cmocka_unit_test(reads_of_one_thread),
        cmocka_unit_test(retired_storage_is_given_back_once),
        WHEN(THREADED && HANDS_OFF && COUNTED, who_slept_long_is_next),
        WHEN(THREADED && EXCLUDES, one_holds_the_lock),
        WHEN(THREADED && EXCLUDES && !TURNS, a_crowd_gets_through),
        WHEN(THREADED && EXCLUDES, nobody_comes_in_beside_the_holder),
        WHEN(THREADED && EXCLUDES, two_locks_in_any_order),
        WHEN(THREADED && SUSPENDS, locks_nest_in_any_order),
        WHEN(THREADED && SUSPENDS, who_waits_for_a_lock_has_no_other),
        WHEN(THREADED && SUSPENDS, who_blocks_has_no_lock),
        WHEN(THREADED && EXCLUDES, reads_are_consistent),
        WHEN(ISOLATED, worlds_share_nothing),
        WHEN(THREADED, many_come_and_go),
        WHEN(THREADED, who_blocks_lets_others_in),
        WHEN(THREADED && GLOBAL, one_is_in_the_runtime),
        WHEN(THREADED && GLOBAL, who_computes_lets_others_in),
    };
    return RUN("lock", tests);
}
