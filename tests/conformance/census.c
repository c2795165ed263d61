// SPDX-License-Identifier: MIT
//
// Is a scheme's stated census true? Built with SYNC_CENSUS: each operation that rc.h, lk.h and rl.h
// name is carried out several times in a steady state, without contention, and what sync.h counted
// for the thread is compared with RC_CENSUS, LK_CENSUS and RL_CENSUS, exactly.
#ifndef SYNC_CENSUS
#error "the census is measured with -DSYNC_CENSUS"
#endif
#include "common.h"

#define DEFERS  PAIR_HAS(RC_TRAITS, RC_DEFERS)
#define SPREADS PAIR_HAS(RC_TRAITS, RC_SPREADS)

enum { REPEATS = 5, OPERATIONS_MAX = 20 };

struct measured {
    const char *operation;
    struct sync_counts least; // of the repetitions
    bool steady;              // they all agree
};
static struct measured rc_measured[OPERATIONS_MAX], lk_measured[OPERATIONS_MAX],
    rl_measured[OPERATIONS_MAX];
static unsigned rc_operations, lk_operations, rl_operations;

static struct sync_counts difference(struct sync_counts to, struct sync_counts from)
{
#define SUBTRACT(field) to.field -= from.field;
    SYNC_COUNTS(SUBTRACT)
#undef SUBTRACT
    return to;
}
static bool same(struct sync_counts a, struct sync_counts b)
{
#define DIFFERS(field) +(a.field != b.field)
    return (0 SYNC_COUNTS(DIFFERS)) == 0;
#undef DIFFERS
}
static void note(struct measured *list, unsigned *n, const char *operation,
                 const struct sync_counts *each)
{
    sync_check(*n < OPERATIONS_MAX, "more operations than the test has room for");
    struct measured *m = &list[(*n)++];
    m->operation = operation;
    m->least = each[0];
    m->steady = true;
    for (unsigned i = 1; i < REPEATS; i++)
        m->steady = m->steady && same(each[0], each[i]);
}

// Runs `before`, measures `operation`, runs `after`, REPEATS times. Elsewhere than on x86 a weak
// compare-exchange may fail for no reason: such a repetition does not count.
#define MEASURE(layer, name, before, operation, after)              \
    do {                                                            \
        struct sync_counts each_[REPEATS];                          \
        for (unsigned i_ = 0, tries_ = 0; i_ < REPEATS; tries_++) { \
            before;                                                 \
            struct sync_counts from_ = sync_here.counts;            \
            operation;                                              \
            each_[i_] = difference(sync_here.counts, from_);        \
            after;                                                  \
            i_ += each_[i_].failed_cas == 0 || tries_ > 100;        \
        }                                                           \
        note(layer##_measured, &layer##_operations, name, each_);   \
    } while (0)

static const struct type bare_type = {.name = "bare"};
static struct rc_header *bare_new(struct thread *t)
{
    return object_new(t, &bare_type, sizeof(struct node), AL_OBJECT, 0);
}

// Drops the only reference; false if the object does not die.
static bool dies_by_drop(struct thread *t, struct rc_header *h)
{
    uint64_t live = world_live(t->world);
    rc_decref(t, h);
    for (unsigned round = 0; round < 10000 && world_live(t->world) == live; round++)
        thread_drain(t);
    return world_live(t->world) == live - 1;
}

static struct rc_header *tracked_new(struct thread *t)
{
    return object_new(t, &bare_type, sizeof(struct node), AL_CONTAINER, 0);
}

struct exhibit {
    struct rc_header *shared;   // by its owner and the other thread
    struct rc_header *immortal; // no reference is the other thread's
    struct rc_header *deferred; // nor of these: its maker holds them meanwhile
    struct rc_header *hot;
    struct box *holder; // a slot holds the shared one
};
// By the other thread, while the owner is outside the runtime.
static void measure_other(struct thread *t, void *argument, unsigned index)
{
    struct exhibit *e = argument;
    struct rc_header *h = e->shared;
    struct rc_local l[1] = {};
    struct rc_roots frame;
    (void)index;
    rc_take(t, h);
    // what the thread holds itself keeps the counts steady
    rc_incref(t, h);
    rc_incref(t, h);
    MEASURE(rc, "incref_other", , rc_incref(t, h), rc_decref(t, h));
    MEASURE(rc, "decref_other", rc_incref(t, h), rc_decref(t, h), );
    MEASURE(rc, "try_incref", , sync_check(rc_try_incref(t, h), "a published object is refused"),
            rc_decref(t, h));
    rc_roots_push(t, &frame, l, 1);
    MEASURE(rc, "local_pair", , (rc_local_of(t, &l[0], h), rc_local_drop(t, &l[0])), );
    if (DEFERS)
        MEASURE(rc, "local_deferred", ,
                (rc_local_of(t, &l[0], e->deferred), rc_local_drop(t, &l[0])), );
    rc_roots_pop(t, &frame);
    if (SPREADS) {
        MEASURE(rc, "incref_hot", , rc_incref(t, e->hot), rc_decref(t, e->hot));
        MEASURE(rc, "decref_hot", rc_incref(t, e->hot), rc_decref(t, e->hot), );
    }
    struct rc_header *got;
    MEASURE(rc, "load", , got = rc_load(t, &e->holder->item[0]), rc_decref(t, got));
    for (unsigned i = 0; i < 3; i++)
        rc_decref(t, h);
    if (UNCOUNTED) {
        MEASURE(rc, "incref_immortal", , rc_incref(t, e->immortal), );
        MEASURE(rc, "decref_immortal", , rc_decref(t, e->immortal), );
    }
}
static void measure_refcount(struct thread *t)
{
    struct exhibit e = {.shared = bare_new(t), .holder = box_new(t, 2)};
    struct rc_header *h = bare_new(t), *other = bare_new(t), *owner = &e.holder->o.rc;
    rc_incref(t, h);
    MEASURE(rc, "incref_own", , rc_incref(t, h), rc_decref(t, h));
    MEASURE(rc, "decref_own", rc_incref(t, h), rc_decref(t, h), );
    rc_decref(t, h);
    if (FREES) {
        struct rc_header *mortal;
        bool died = true;
        // a thread in the background destroys and frees in its own time
        if (BACKGROUND)
            MEASURE(rc, "death_own", mortal = bare_new(t), rc_decref(t, mortal), thread_drain(t));
        else
            MEASURE(rc, "death_own", mortal = bare_new(t), died &= dies_by_drop(t, mortal), );
        sync_check(died && dies_by_drop(t, bare_new(t)),
                   "the only reference is gone, the object is not");
    }
    if (CYCLES) {
        // its neighbour in a list, and in a page
        struct rc_header *before = tracked_new(t), *mortal;
        MEASURE(rc, "tracked_new", , mortal = tracked_new(t), rc_decref(t, mortal));
        MEASURE(rc, "tracked_death", mortal = tracked_new(t), rc_decref(t, mortal), );
        rc_decref(t, before);
    }
    // the slot's object changes from one to the other; both live on
    rc_store(t, owner, &e.holder->item[1], other);
    MEASURE(rc, "store", , rc_store(t, owner, &e.holder->item[1], h),
            rc_store(t, owner, &e.holder->item[1], other));

    rc_publish(t, e.shared);
    rc_store(t, owner, &e.holder->item[0], e.shared);
    rc_incref(t, e.shared);
    rc_give(t, e.shared);
    e.immortal = object_new(t, &bare_type, sizeof(struct node), AL_OBJECT, RC_IMMORTAL);
    e.deferred = object_new(t, &bare_type, sizeof(struct node), AL_OBJECT, RC_DEFERRED);
    e.hot = object_new(t, &bare_type, sizeof(struct node), AL_OBJECT, RC_HOT);
    team_run(t, 1, measure_other, &e);
    rc_end_immortal(t, e.immortal);

    rc_decref(t, e.deferred);
    rc_decref(t, e.hot);
    rc_decref(t, e.shared);
    rc_decref(t, h);
    rc_decref(t, other);
    rc_decref(t, owner);
}

struct container {
    struct lk_word lock;
    uint64_t content[8];
};
#ifdef LK_MAP_H
static bool same_key(struct rc_header *a, struct rc_header *b)
{
    return a == b;
}
// The map is part of an object, as a dictionary's is.
static void measure_map(struct thread *t)
{
    struct lk_map *m = al_alloc(t, sizeof *m, AL_CONTAINER);
    struct rc_header *owner = bare_new(t), *key = bare_new(t), *value = bare_new(t);
    lk_map_init(t, m);
    rc_incref(t, key);
    rc_incref(t, value);
    lk_map_set(t, owner, m, key, 1, value, same_key, NULL);
    MEASURE(lk, "map_set", (rc_incref(t, key), rc_incref(t, value)),
            lk_map_set(t, owner, m, key, 1, value, same_key, NULL), thread_drain(t));
    MEASURE(
        lk, "map_get", ,
        sync_check(lk_map_get_borrowed(t, m, key, 1, same_key) == value, "a key is not found"), );
    lk_map_destroy(t, m);
    al_free(t, m);
    rc_decref(t, owner);
    rc_decref(t, key);
    rc_decref(t, value);
}
#else
static void measure_map(struct thread *t)
{
    (void)t;
}
#endif
static void measure_lock(struct thread *t)
{
    struct container *a = al_alloc(t, sizeof *a, AL_CONTAINER);
    struct container *b = al_alloc(t, sizeof *b, AL_CONTAINER);
    struct lk_guard g[2];
    lk_init(t, &a->lock);
    lk_init(t, &b->lock);
    MEASURE(lk, "lock", , (lk_lock(t, &a->lock, g), lk_unlock(t, &a->lock, g)), );
    MEASURE(lk, "lock2", ,
            (lk_lock2(t, &a->lock, &b->lock, g), lk_unlock2(t, &a->lock, &b->lock, g)), );
    _Atomic(void *) storage; // where nothing is counted
    atomic_init(&storage, NULL);
    MEASURE(lk, "read", ,
            sync_check(lk_read_begin(t, &a->lock, g) && lk_read_watch(t, g, &storage) == NULL &&
                           lk_read_end(t, &a->lock, g),
                       "a read without contention is refused"), );
    MEASURE(lk, "enter", lk_leave(t), (lk_enter(t), lk_leave(t)), lk_enter(t));
    MEASURE(lk, "safepoint", , lk_safepoint(t), );
    measure_map(t);
    lk_destroy(t, &a->lock);
    lk_destroy(t, &b->lock);
    al_free(t, a);
    al_free(t, b);
}

static void retired_free(struct thread *t, void *p)
{
    (void)t, (void)p;
}
static void measure_reclaim(struct thread *t)
{
    int retired[REPEATS], announced = 0;
    unsigned n = 0;
    MEASURE(rl, "enter_leave", , (rl_enter(t), rl_leave(t)), );
    MEASURE(rl, "protect", , (rl_protect(t, 0, &announced), rl_protect(t, 0, NULL)), );
    MEASURE(rl, "quiesce", , rl_quiesce(t), );
    MEASURE(rl, "retire", , rl_retire(t, &retired[n], retired_free), n++);
    thread_drain(t);
}

static void print_counts(const char *text, struct sync_counts counts)
{
    printf("# census:   %s:", text);
    bool any = false;
#define PRINT(field)                                                  \
    if (counts.field != 0) {                                          \
        printf(" %s %llu", #field, (unsigned long long)counts.field); \
        any = true;                                                   \
    }
    SYNC_COUNTS(PRINT)
#undef PRINT
    printf("%s\n", any ? "" : " nothing");
}
// How many statements and measurements do not agree; says which.
static unsigned disagreements(const char *layer, const struct census_line *line, unsigned lines,
                              const struct measured *m, unsigned n)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < lines; i++) {
        unsigned known = 0, twice = 0;
        for (unsigned k = 0; k < n; k++)
            known += strcmp(line[i].operation, m[k].operation) == 0;
        for (unsigned k = 0; k < i; k++)
            twice += strcmp(line[i].operation, line[k].operation) == 0;
        if (known == 0 || twice != 0) {
            printf("# census: %s_CENSUS states '%s' %s\n", layer, line[i].operation,
                   twice != 0 ? "twice" : "which is no operation, or does not apply");
            wrong++;
        }
    }
    for (unsigned k = 0; k < n; k++) {
        const struct census_line *found = NULL;
        for (unsigned i = 0; i < lines; i++)
            if (strcmp(line[i].operation, m[k].operation) == 0)
                found = &line[i];
        if (found != NULL && m[k].steady && same(found->counts, m[k].least))
            continue;
        wrong++;
        printf("# census: %s of %s: %s\n", m[k].operation, CELL_NAME,
               found == NULL  ? "not stated"
               : !m[k].steady ? "changes from one time to the next"
                              : "the statement is wrong");
        if (found != NULL)
            print_counts("stated  ", found->counts);
        print_counts("measured", m[k].least);
    }
    fflush(stdout);
    return wrong;
}

static void refcount_census_is_true(void **state)
{
    (void)state;
    struct thread *t = open_world();
    measure_refcount(t);
    close_world(t);
    assert_int_equal(disagreements("RC", rc_census, RC_CENSUS_LINES, rc_measured, rc_operations),
                     0);
}
static void lock_census_is_true(void **state)
{
    (void)state;
    struct thread *t = open_world();
    measure_lock(t);
    close_world(t);
    assert_int_equal(disagreements("LK", lk_census, LK_CENSUS_LINES, lk_measured, lk_operations),
                     0);
}

static void reclaim_census_is_true(void **state)
{
    (void)state;
    struct thread *t = open_world();
    measure_reclaim(t);
    close_world(t);
    assert_int_equal(disagreements("RL", rl_census, RL_CENSUS_LINES, rl_measured, rl_operations),
                     0);
}

static unsigned long long atomics(const char *a, const char *b)
{
    return stated(a).rmw + stated(b).rmw;
}
static unsigned long long locks(const char *a, const char *b)
{
    return stated(a).lock_pair + stated(b).lock_pair;
}
// What the essays say of an incref and its decref.
static void pairs_cost_what_the_traits_say(void **state)
{
    (void)state;
    printf("# census: a pair by the owner: %llu read-modify-writes, %llu lock pairs\n",
           atomics("incref_own", "decref_own"), locks("incref_own", "decref_own"));
    printf("# census: a pair by another thread: %llu read-modify-writes, %llu lock pairs\n",
           atomics("incref_other", "decref_other"), locks("incref_other", "decref_other"));
    if (FREES)
        printf("# census: the owner's death: %llu read-modify-writes, %llu lock pairs\n",
               atomics("death_own", ""), locks("death_own", ""));
    fflush(stdout);
    if ((RC_TRAITS & RC_SHARED) == 0) // nothing but plain loads and stores
        assert_int_equal(
            atomics("incref_other", "decref_other") + locks("incref_other", "decref_other"), 0);
    // who tells the dead from the living at once, on any thread, needs an order on the count
    if ((RC_TRAITS & RC_SHARED) != 0 && FREES && COUNTS)
        assert_true(atomics("incref_other", "decref_other") >= 2 ||
                    locks("incref_other", "decref_other") >= 2);
    if (UNCOUNTED) { // its line stays with all who look at it
        struct sync_counts up = stated("incref_immortal"), down = stated("decref_immortal");
        assert_int_equal(up.store + down.store, 0);
        assert_int_equal(up.rmw + down.rmw + up.lock_pair + down.lock_pair, 0);
    }
    struct sync_counts local = stated("local_deferred");
    assert_int_equal(local.rmw + local.store + local.lock_pair, 0); // where it is stated
    struct sync_counts hot[2] = {stated("incref_hot"), stated("decref_hot")};
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(hot[i].rmw + hot[i].store + hot[i].lock_pair, 0);
    if (owner_apart()) {
        assert_int_equal(atomics("incref_own", "decref_own") + locks("incref_own", "decref_own"),
                         0);
        // ... and it marks the end of its counts by one, or none (PACT 2018; PEP 703)
        assert_true(atomics("death_own", "") + locks("death_own", "") <= 1);
    }
}

// A reference that is made or given up is one event, wherever it is counted (rc_census.h).
static uint64_t references(void)
{
    const struct sync_events *e = &sync_here.events;
    return e->incref + e->decref + e->uncounted;
}
#define ASSERT_REFERENCES(n, operation)            \
    do {                                           \
        uint64_t from_ = references();             \
        operation;                                 \
        assert_int_equal(references() - from_, n); \
    } while (0)
static void references_are_events(void **state)
{
    (void)state;
    struct thread *t = open_world();
    struct box *b = box_new(t, 1);
    struct rc_header *h = bare_new(t), *other = bare_new(t), *got;
    ASSERT_REFERENCES(1, rc_incref(t, h));
    ASSERT_REFERENCES(1, rc_decref(t, h));
    ASSERT_REFERENCES(1, rc_store(t, &b->o.rc, &b->item[0], other));
    ASSERT_REFERENCES(2, rc_store(t, &b->o.rc, &b->item[0], h));
    ASSERT_REFERENCES(1, got = rc_load(t, &b->item[0]));
    assert_ptr_equal(got, h);
    ASSERT_REFERENCES(1, rc_decref(t, got));
    uint64_t made = sync_here.events.made;
    got = bare_new(t);
    assert_int_equal(sync_here.events.made - made, 1);
    rc_decref(t, got);
    rc_decref(t, h);
    rc_decref(t, other);
    rc_decref(t, &b->o.rc);
    close_world(t);
}

static void only_a_peer_states_none(void **state)
{
    (void)state;
    if (!RC_SEEN || !LK_SEEN || !RL_SEEN)
        printf("# census: %s: not counted: a peer's accesses do not pass through sync.h\n",
               CELL_NAME);
    fflush(stdout);
    assert_int_equal(RC_CENSUS_LINES != 0, RC_SEEN);
    assert_int_equal(LK_CENSUS_LINES != 0, LK_SEEN);
    assert_int_equal(RL_CENSUS_LINES != 0, RL_SEEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WHEN(RC_SEEN, refcount_census_is_true),  WHEN(LK_SEEN, lock_census_is_true),
        WHEN(RL_SEEN, reclaim_census_is_true),   WHEN(RC_SEEN, pairs_cost_what_the_traits_say),
        cmocka_unit_test(references_are_events), cmocka_unit_test(only_a_peer_states_none),
    };
    return RUN("census", tests);
}
