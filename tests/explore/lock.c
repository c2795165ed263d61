// SPDX-License-Identifier: MIT
//
// Lock schemes: who is between lk_lock and lk_unlock is alone there, everybody comes in at last,
// and what a scheme promises of two locks, of reads and of the runtime.
#include "common.h"

#define EXCLUDES   PAIR_HAS(LK_TRAITS, LK_EXCLUDES)
#define OPTIMISTIC PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC)
// A reader notices each change of storage that stays where it is.
#define IN_PLACE \
    (PAIR_HAS(LK_TRAITS, LK_VERSIONED) || !PAIR_HAS(LK_TRAITS, LK_OPTIMISTIC | LK_COPIES))
#define DEADLOCKS PAIR_HAS(LK_TRAITS, LK_DEADLOCKS)
#define GLOBAL    PAIR_HAS(LK_TRAITS, LK_GLOBAL)
#define SUSPENDS  PAIR_HAS(LK_TRAITS, LK_SUSPENDS)

#define UNLESS_EXCLUDES UNLESS(EXCLUDES, "this lock scheme does not exclude")
#define UNLESS_ORDERED \
    UNLESS(EXCLUDES && !DEADLOCKS, "this lock scheme deadlocks there, as its original did")
#define UNLESS_SUSPENDS \
    UNLESS(SUSPENDS, "who waits for a lock of this scheme keeps those that it has")
#define UNLESS_GLOBAL UNLESS(GLOBAL, "this lock scheme is no global one")

// Words so far apart have a bucket in common, where the scheme sleeps in a parking lot.
#ifdef PARKING_LOT_H
enum { APART = PARKING_BUCKETS };
#else
enum { APART = 1 };
#endif

// --- one lock and two ---------------------------------------------------------------------------

enum { LOCKS = 3 };
struct locks {
    struct stage stage; // first
    struct lk_word word[2 * APART + 1];
    uint32_t n[LOCKS];    // plain, each under its word
    uint32_t must[LOCKS]; // in the end
    _Atomic(uint32_t) phase;
};
static struct lk_word *word(struct locks *s, unsigned i)
{
    return &s->word[i * APART];
}
static void add(struct locks *s, unsigned i)
{
    sync_set(s->n[i], sync_get(s->n[i]) + 1);
}
static void lock_and_add(struct thread *t, struct locks *s, unsigned i)
{
    struct lk_guard g;
    lk_lock(t, word(s, i), &g);
    add(s, i);
    lk_unlock(t, word(s, i), &g);
}
static void lock2_and_add(struct thread *t, struct locks *s, unsigned i, unsigned k)
{
    struct lk_guard g[2];
    lk_lock2(t, word(s, i), word(s, k), g);
    add(s, i);
    add(s, k);
    lk_unlock2(t, word(s, i), word(s, k), g);
}
static void *locks_setup(unsigned threads, uint32_t must0, uint32_t must1)
{
    struct locks *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, threads);
    for (unsigned i = 0; i < LOCKS; i++)
        lk_init(t, word(s, i));
    s->must[0] = must0;
    s->must[1] = must1;
    stage_begin(&s->stage);
    return s;
}
static void locks_finish(void *state)
{
    struct locks *s = state;
    struct thread *t = stage_back(&s->stage);
    for (unsigned i = 0; i < LOCKS; i++) {
        sync_check(s->n[i] == s->must[i], "an increment under the lock was lost");
        lk_destroy(t, word(s, i));
    }
    stage_close(&s->stage);
}

static void *once_setup(void)
{
    return locks_setup(3, 3, 0);
}
static void once_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    lock_and_add(t, s, 0);
    stage_leave(t);
}
static const struct sim_scenario lock_unlock = {
    .name = "lock_unlock",
    .summary = "three threads increment a number under a lock",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = once_setup,
    .run = once_run,
    .finish = locks_finish,
};
SIM_SCENARIO(lock_unlock);

static void *again_setup(void)
{
    return locks_setup(2, 4, 0);
}
static void again_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    lock_and_add(t, s, 0);
    thread_safepoint(t);
    lock_and_add(t, s, 0);
    stage_leave(t);
}
static const struct sim_scenario lock_again = {
    .name = "lock_again",
    .summary = "two threads lock, unlock, and lock again at once",
    .omitted = UNLESS_EXCLUDES,
    .threads = 2,
    .setup = again_setup,
    .run = again_run,
    .finish = locks_finish,
};
SIM_SCENARIO(lock_again);

// The inner lock may let others into the outer one while it waits, but only then.
static void *nested_setup(void)
{
    return locks_setup(3, 4, 3);
}
static void nested_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard g;
    if (thread == 3) {
        lock_and_add(t, s, 1);
    } else {
        lk_lock(t, word(s, 0), &g);
        add(s, 0);
        lock_and_add(t, s, 1);
        add(s, 0);
        lk_unlock(t, word(s, 0), &g);
    }
    stage_leave(t);
}
static const struct sim_scenario lock_nested = {
    .name = "lock_nested",
    .summary = "two threads lock within a lock, a third one only the inner lock",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = nested_setup,
    .run = nested_run,
    .finish = locks_finish,
};
SIM_SCENARIO(lock_nested);

static void *pairs_setup(void)
{
    return locks_setup(3, 2, 3);
}
static void pairs_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 3)
        lock_and_add(t, s, 1);
    else if (thread == 2 && !DEADLOCKS)
        lock2_and_add(t, s, 1, 0);
    else
        lock2_and_add(t, s, 0, 1);
    stage_leave(t);
}
static const struct sim_scenario two_locks = {
    .name = "two_locks",
    .summary = "one thread locks a and b, one b and a, and one b alone",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = pairs_setup,
    .run = pairs_run,
    .finish = locks_finish,
};
SIM_SCENARIO(two_locks);

static void *same_setup(void)
{
    return locks_setup(2, 7, 0);
}
static void same_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    lock2_and_add(t, s, 0, 0);
    thread_safepoint(t);
    if (thread == 1)
        lock2_and_add(t, s, 0, 0);
    else
        lock_and_add(t, s, 0);
    stage_leave(t);
}
static const struct sim_scenario same_lock_twice = {
    .name = "same_lock_twice",
    .summary = "two threads lock one lock as if it were two",
    .omitted = UNLESS_ORDERED,
    .threads = 2,
    .setup = same_setup,
    .run = same_run,
    .finish = locks_finish,
};
SIM_SCENARIO(same_lock_twice);

static void *bucket_setup(void)
{
    return locks_setup(4, 2, 3);
}
// Holders are slow, so that others sleep; and one comes back at once, so that who was woken for it
// sleeps again.
static void bucket_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard g;
    lk_lock(t, word(s, thread & 1), &g);
    sync_yield();
    add(s, thread & 1);
    lk_unlock(t, word(s, thread & 1), &g);
    if (thread == 1)
        lock_and_add(t, s, 1);
    stage_leave(t);
}
static const struct sim_scenario neighbours = {
    .name = "neighbours",
    .summary = "four threads, two locks that share what sleepers wait in, if they share anything",
    .omitted = UNLESS_EXCLUDES,
    .threads = 4,
    .setup = bucket_setup,
    .run = bucket_run,
    .finish = locks_finish,
};
SIM_SCENARIO(neighbours);

// --- locks that are given up by who waits for another one ---------------------------------------

// One in the other, or in two.
static void nest_and_add(struct thread *t, struct locks *s, unsigned outer, unsigned inner)
{
    struct lk_guard g;
    lk_lock(t, word(s, outer), &g);
    add(s, outer);
    lock_and_add(t, s, inner);
    add(s, outer);
    lk_unlock(t, word(s, outer), &g);
}
static void nest2_and_add(struct thread *t, struct locks *s, unsigned outer, unsigned a, unsigned b)
{
    struct lk_guard g;
    lk_lock(t, word(s, outer), &g);
    add(s, outer);
    lock2_and_add(t, s, a, b);
    add(s, outer);
    lk_unlock(t, word(s, outer), &g);
}
static void *nests_setup(unsigned threads, uint32_t must0, uint32_t must1, uint32_t must2)
{
    struct locks *s = locks_setup(threads, must0, must1);
    s->must[2] = must2;
    return s;
}

static void *crosswise_setup(void)
{
    return nests_setup(2, 3, 3, 0);
}
static void crosswise_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    nest_and_add(t, s, thread - 1, 2 - thread);
    stage_leave(t);
}
static const struct sim_scenario nested_crosswise = {
    .name = "nested_crosswise",
    .summary = "one thread locks b within a, the other one a within b",
    .omitted = UNLESS_SUSPENDS,
    .threads = 2,
    .setup = crosswise_setup,
    .run = crosswise_run,
    .finish = locks_finish,
};
SIM_SCENARIO(nested_crosswise);

static void *ring_setup(void)
{
    return nests_setup(3, 3, 3, 3);
}
static void ring_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    nest_and_add(t, s, thread - 1, thread % LOCKS);
    stage_leave(t);
}
static const struct sim_scenario nested_ring = {
    .name = "nested_ring",
    .summary = "three threads lock b within a, c within b and a within c",
    .omitted = UNLESS_SUSPENDS,
    .threads = 3,
    .setup = ring_setup,
    .run = ring_run,
    .finish = locks_finish,
};
SIM_SCENARIO(nested_ring);

static void *nested_pairs_setup(void)
{
    return nests_setup(3, 4, 4, 4);
}
static void nested_pairs_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    nest2_and_add(t, s, thread - 1, thread % LOCKS, (thread + 1) % LOCKS);
    stage_leave(t);
}
static const struct sim_scenario nested_pairs = {
    .name = "nested_pairs",
    .summary = "three threads lock two within the third, in all orders",
    .omitted = UNLESS_SUSPENDS,
    .threads = 3,
    .setup = nested_pairs_setup,
    .run = nested_pairs_run,
    .finish = locks_finish,
};
SIM_SCENARIO(nested_pairs);

static void *pair_around_setup(void)
{
    return nests_setup(2, 3, 3, 3);
}
static void pair_around_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard g[2];
    if (thread == 1) {
        lk_lock2(t, word(s, 2), word(s, 1), g);
        add(s, 1);
        lock_and_add(t, s, 0);
        add(s, 1);
        add(s, 2);
        lk_unlock2(t, word(s, 2), word(s, 1), g);
    } else {
        nest2_and_add(t, s, 0, 1, 2);
        lock_and_add(t, s, 2);
    }
    stage_leave(t);
}
static const struct sim_scenario pair_around = {
    .name = "pair_around",
    .summary = "one thread locks a within b and c, the other one b and c within a",
    .omitted = UNLESS_SUSPENDS,
    .threads = 2,
    .setup = pair_around_setup,
    .run = pair_around_run,
    .finish = locks_finish,
};
SIM_SCENARIO(pair_around);

static void *own_setup(void)
{
    return nests_setup(2, 8, 1, 0);
}
static void own_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1) {
        nest_and_add(t, s, 0, 0);
        nest2_and_add(t, s, 0, 1, 0);
    } else {
        lock2_and_add(t, s, 0, 0);
    }
    stage_leave(t);
}
static const struct sim_scenario nested_same = {
    .name = "nested_same",
    .summary =
        "a thread locks within a lock the same one, and the same one and another; one beside it",
    .omitted = UNLESS_SUSPENDS,
    .threads = 2,
    .setup = own_setup,
    .run = own_run,
    .finish = locks_finish,
};
SIM_SCENARIO(nested_same);

static void phase_set(struct locks *s, uint32_t phase)
{
    atomic_store_explicit(&s->phase, phase, memory_order_release);
}
static void phase_await(struct locks *s, uint32_t phase)
{
    sync_await(atomic_load_explicit(&s->phase, memory_order_acquire) >= phase);
}

// The first one waits for b, which the second one keeps until the third has been in a and c.
static void *given_up_setup(void)
{
    return nests_setup(3, 3, 2, 3);
}
static void given_up_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard a, b, c;
    if (thread == 1) {
        phase_await(s, 1);
        lk_lock(t, word(s, 0), &a);
        lk_lock(t, word(s, 2), &c);
        add(s, 0);
        add(s, 2);
        phase_set(s, 2);
        lk_lock(t, word(s, 1), &b);
        add(s, 1);
        lk_unlock(t, word(s, 1), &b);
        sync_check(sync_get(s->n[2]) == 2, "who has a lock again does not see what others did");
        add(s, 2);
        lk_unlock(t, word(s, 2), &c);
        sync_check(sync_get(s->n[0]) == 2, "who has a lock again does not see what others did");
        add(s, 0);
        lk_unlock(t, word(s, 0), &a);
    } else if (thread == 2) {
        lk_lock(t, word(s, 1), &b);
        add(s, 1);
        phase_set(s, 1);
        phase_await(s, 3);
        lk_unlock(t, word(s, 1), &b);
    } else {
        phase_await(s, 2);
        lock_and_add(t, s, 0);
        lock_and_add(t, s, 2);
        phase_set(s, 3);
    }
    stage_leave(t);
}
static const struct sim_scenario given_up = {
    .name = "given_up",
    .summary = "a thread that has a and c waits for b, and another one is in a and c meanwhile",
    .omitted = UNLESS_SUSPENDS,
    .threads = 3,
    .setup = given_up_setup,
    .run = given_up_run,
    .finish = locks_finish,
};
SIM_SCENARIO(given_up);

// The first one blocks outside the runtime until the second has been in what it had.
static void *outside_setup(void)
{
    return nests_setup(2, 3, 3, 3);
}
static void outside_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard a, two[2];
    if (thread == 1) {
        lk_lock(t, word(s, 0), &a);
        lk_lock2(t, word(s, 1), word(s, 2), two);
        for (unsigned i = 0; i < LOCKS; i++)
            add(s, i);
        phase_set(s, 1);
        lk_blocking_begin(t);
        phase_await(s, 2);
        lk_blocking_end(t);
        add(s, 1);
        add(s, 2);
        lk_unlock2(t, word(s, 1), word(s, 2), two);
        add(s, 0);
        lk_unlock(t, word(s, 0), &a);
    } else {
        phase_await(s, 1);
        lock_and_add(t, s, 0);
        lock_and_add(t, s, 1);
        lk_lock(t, word(s, 2), &a);
        add(s, 2);
        phase_set(s, 2); // the other one comes back, to a lock that is taken
        lk_unlock(t, word(s, 2), &a);
    }
    stage_leave(t);
}
static const struct sim_scenario given_up_outside = {
    .name = "given_up_outside",
    .summary = "a thread blocks outside the runtime, and another one is in what it had",
    .omitted = UNLESS_SUSPENDS,
    .threads = 2,
    .setup = outside_setup,
    .run = outside_run,
    .finish = locks_finish,
};
SIM_SCENARIO(given_up_outside);

// --- the last one to unlock frees the container
// ---------------------------------------------------

struct container {
    struct lk_word word;
    uint32_t holders; // plain, under the lock
};
struct last {
    struct stage stage; // first
    struct container *c;
};
static void *last_setup(void)
{
    struct last *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, 3);
    s->c = sync_alloc(sizeof *s->c);
    lk_init(t, &s->c->word);
    s->c->holders = 3;
    stage_begin(&s->stage);
    return s;
}
// Who finds that nobody else holds the container may free it: the others have let go of it under
// the lock, and are at most still in lk_unlock.
static void last_run(void *state, unsigned thread)
{
    struct last *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct container *c = s->c;
    struct lk_guard g;
    lk_lock(t, &c->word, &g);
    uint32_t others = sync_get(c->holders) - 1;
    sync_set(c->holders, others);
    lk_unlock(t, &c->word, &g);
    if (others == 0) {
        lk_destroy(t, &c->word);
        sync_free(c);
    }
    stage_leave(t);
}
static void last_finish(void *state)
{
    struct last *s = state;
    stage_back(&s->stage);
    stage_close(&s->stage);
}
static const struct sim_scenario last_holder_frees = {
    .name = "last_holder_frees",
    .summary = "three threads give a container up under its lock; the last one frees it",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = last_setup,
    .run = last_run,
    .finish = last_finish,
};
SIM_SCENARIO(last_holder_frees);

// --- read sections
// --------------------------------------------------------------------------------

// Storage of a container, as readers without a lock may see it: a == b in every consistent state.
struct storage {
    _Atomic(uint32_t) a, b;
};
struct shelf {
    struct stage stage; // first
    struct lk_word word;
    _Atomic(void *) storage;
};
static struct storage *storage_new(struct thread *t, uint32_t value)
{
    struct storage *p = al_alloc(t, sizeof *p, AL_STORAGE);
    atomic_init(&p->a, value);
    atomic_init(&p->b, value);
    return p;
}
static void storage_free(struct thread *t, void *p)
{
    al_free(t, p);
}
static void *shelf_setup(void)
{
    struct shelf *s = sync_alloc(sizeof *s);
    struct thread *t = stage_open(&s->stage, 3);
    lk_init(t, &s->word);
    atomic_init(&s->storage, storage_new(t, 0));
    stage_begin(&s->stage);
    return s;
}
static void shelf_look(struct storage *p, uint32_t *a, uint32_t *b)
{
    *a = atomic_load_explicit(&p->a, memory_order_relaxed);
    *b = atomic_load_explicit(&p->b, memory_order_relaxed);
}
static void shelf_read(struct thread *t, struct shelf *s)
{
    struct lk_guard g;
    uint32_t a, b;
    bool read = false;
    if (lk_read_begin(t, &s->word, &g)) {
        shelf_look(lk_read_watch(t, &g, &s->storage), &a, &b);
        read = lk_read_end(t, &s->word, &g);
    }
    sync_check(read || OPTIMISTIC, "a scheme whose reads exclude refuses one");
    if (!read) {
        lk_lock_read(t, &s->word, &g);
        shelf_look(atomic_load_explicit(&s->storage, memory_order_relaxed), &a, &b);
        lk_unlock(t, &s->word, &g);
    }
    sync_check(a == b, "a reader saw a change half made");
}
static void shelf_replace(struct thread *t, struct shelf *s, uint32_t value)
{
    struct lk_guard g;
    struct storage *p = storage_new(t, value);
    lk_lock(t, &s->word, &g);
    struct storage *old = atomic_load_explicit(&s->storage, memory_order_relaxed);
    atomic_store_explicit(&s->storage, p, memory_order_release);
    lk_unlock(t, &s->word, &g);
    lk_retire(t, &s->word, old, storage_free);
}
static void shelf_change(struct thread *t, struct shelf *s, uint32_t value)
{
    struct lk_guard g;
    lk_lock(t, &s->word, &g);
    struct storage *p = atomic_load_explicit(&s->storage, memory_order_relaxed);
    atomic_store_explicit(&p->a, value, memory_order_relaxed);
    atomic_store_explicit(&p->b, value, memory_order_relaxed);
    lk_unlock(t, &s->word, &g);
}
static void shelf_run(void *state, unsigned thread)
{
    struct shelf *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    if (thread == 1)
        shelf_replace(t, s, 1);
    else if (thread == 3)
        shelf_read(t, s);
    else if (!IN_PLACE)
        shelf_replace(t, s, 2);
    else
        shelf_change(t, s, 2);
    thread_safepoint(t);
    stage_leave(t);
}
static void shelf_finish(void *state)
{
    struct shelf *s = state;
    struct thread *t = stage_back(&s->stage);
    shelf_read(t, s);
    al_free(t, atomic_load_explicit(&s->storage, memory_order_relaxed));
    lk_destroy(t, &s->word);
    stage_close(&s->stage);
}
static const struct sim_scenario read_section = {
    .name = "read_section",
    .summary = "a reader beside a writer that replaces the storage and one that changes it",
    .omitted = UNLESS_EXCLUDES,
    .threads = 3,
    .setup = shelf_setup,
    .run = shelf_run,
    .finish = shelf_finish,
};
SIM_SCENARIO(read_section);

// Readers that come while a writer waits do not join those that it waits for. Once these have left
// anybody may be the first.
#ifdef LK_RWLOCK_H
enum { HOLDS_BACK = true };
static bool writer_waits(struct lk_word *l)
{
    return (atomic_load_explicit(&l->state, memory_order_relaxed) & RWLOCK_WANTED) != 0;
}
#else
enum { HOLDS_BACK = false };
static bool writer_waits(struct lk_word *l)
{
    (void)l;
    return true;
}
#endif
static void *held_back_setup(void)
{
    return locks_setup(3, 1, 0);
}
static void held_back_run(void *state, unsigned thread)
{
    struct locks *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    struct lk_guard g;
    if (thread == 2) {
        phase_await(s, 1);
        lock_and_add(t, s, 0);
    } else if (thread == 1) {
        lk_read_begin(t, word(s, 0), &g);
        phase_set(s, 1);
        sync_await(writer_waits(word(s, 0)));
        phase_set(s, 2);
        phase_set(s, 3); // still inside
        lk_read_end(t, word(s, 0), &g);
    } else {
        phase_await(s, 2);
        lk_read_begin(t, word(s, 0), &g);
        sync_check(atomic_load_explicit(&s->phase, memory_order_relaxed) == 3,
                   "a reader went in to others while a writer waited");
        lk_read_end(t, word(s, 0), &g);
    }
    stage_leave(t);
}
static const struct sim_scenario readers_held_back = {
    .name = "readers_held_back",
    .summary = "a reader comes while a writer waits for another reader",
    .omitted = UNLESS(HOLDS_BACK,
                      "this lock scheme does not say that a writer who waits keeps readers out"),
    .threads = 3,
    .setup = held_back_setup,
    .run = held_back_run,
    .finish = locks_finish,
};
SIM_SCENARIO(readers_held_back);

// --- the runtime
// ----------------------------------------------------------------------------------

struct runtime {
    struct stage stage; // first
    uint32_t n, must;   // n: plain, for who is in the runtime
    _Atomic(uint32_t) turn;
};
static void count_inside(struct runtime *s)
{
    sync_set(s->n, sync_get(s->n) + 1);
}
static void *runtime_setup(unsigned threads, uint32_t must)
{
    struct runtime *s = sync_alloc(sizeof *s);
    stage_open(&s->stage, threads);
    s->must = must;
    stage_begin(&s->stage);
    return s;
}
static void runtime_finish(void *state)
{
    struct runtime *s = state;
    stage_back(&s->stage);
    sync_check(s->n == s->must, "two threads were in the runtime");
    stage_close(&s->stage);
}

static void *alone_setup(void)
{
    return runtime_setup(3, 5);
}
// One passes a safepoint, one leaves for a while, and one goes for ever.
static void alone_run(void *state, unsigned thread)
{
    struct runtime *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    count_inside(s);
    if (thread == 1) {
        lk_safepoint(t);
        count_inside(s);
    } else if (thread == 2) {
        lk_blocking_begin(t);
        lk_blocking_end(t);
        count_inside(s);
    }
    stage_leave(t);
    if (thread == 3) {
        thread_detach(t);
        s->stage.thread[thread] = NULL;
    }
}
static const struct sim_scenario alone_inside = {
    .name = "alone_inside",
    .summary = "three threads enter the runtime, pass a safepoint, block, leave and detach",
    .omitted = UNLESS_GLOBAL,
    .threads = 3,
    .setup = alone_setup,
    .run = alone_run,
    .finish = runtime_finish,
};
SIM_SCENARIO(alone_inside);

static void *switch_setup(void)
{
    return runtime_setup(2, 2);
}
// Neither blocks: the first to come lets the other in at a safepoint.
static void switch_run(void *state, unsigned thread)
{
    struct runtime *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    count_inside(s);
    while (sync_get(s->n) != 2) {
        sync_pause();
        lk_safepoint(t);
    }
    stage_leave(t);
}
static const struct sim_scenario safepoint_lets_in = {
    .name = "safepoint_lets_in",
    .summary = "two threads pass safepoints until the other one has been in the runtime",
    .omitted = UNLESS_GLOBAL,
    .threads = 2,
    .setup = switch_setup,
    .run = switch_run,
    .finish = runtime_finish,
};
SIM_SCENARIO(safepoint_lets_in);

static void *ball_setup(void)
{
    return runtime_setup(2, 0);
}
// Neither passes a safepoint: each lets the other in by blocking.
static void ball_run(void *state, unsigned thread)
{
    struct runtime *s = state;
    struct thread *t = stage_enter(&s->stage, thread);
    for (uint32_t i = thread - 1; i < 4; i += 2) {
        lk_blocking_begin(t);
        sync_await(atomic_load_explicit(&s->turn, memory_order_acquire) == i);
        lk_blocking_end(t);
        atomic_store_explicit(&s->turn, i + 1, memory_order_release);
    }
    stage_leave(t);
}
static const struct sim_scenario blocking_lets_in = {
    .name = "blocking_lets_in",
    .summary = "two threads take turns, and wait for theirs outside the runtime",
    .omitted = UNLESS_THREADED,
    .threads = 2,
    .setup = ball_setup,
    .run = ball_run,
    .finish = runtime_finish,
};
SIM_SCENARIO(blocking_lets_in);
