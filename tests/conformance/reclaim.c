// SPDX-License-Identifier: MIT
//
// What rl.h promises, tried on one reclaimer.
#include <sys/mman.h>

#include "common.h"

#define GRACE    ((RL_TRAITS & RL_GRACE) != 0)
#define STAMPS   ((RL_TRAITS & RL_STAMPS) != 0)
#define PROTECTS ((RL_TRAITS & RL_PROTECTS) != 0)
#define BOUNDED  ((RL_TRAITS & RL_BACKGROUND) == 0)

enum { TEAM = 3, BLOCKS = 2000 };

struct block {
    uint64_t index, content;
};
static _Atomic(uint32_t) freed[TEAM * BLOCKS];

static void block_free(struct thread *t, void *p)
{
    struct block *b = p;
    sync_check(b->content == ~b->index, "a retired block was given back twice, or is another");
    b->content = 0;
    atomic_fetch_add_explicit(&freed[b->index], 1, memory_order_relaxed);
    al_free(t, b);
}
static struct block *block_new(struct thread *t, uint64_t index)
{
    struct block *b = al_alloc(t, sizeof *b, AL_STORAGE);
    b->index = index;
    b->content = ~index;
    return b;
}
static uint32_t times_freed(unsigned index)
{
    return atomic_load_explicit(&freed[index], memory_order_relaxed);
}
static struct thread *open_clean_world(void)
{
    for (unsigned i = 0; i < TEAM * BLOCKS; i++)
        atomic_store_explicit(&freed[i], 0, memory_order_relaxed);
    return open_world();
}
// All that was retired is given back, once; how often this thread must drain is the scheme's
// affair.
static void close_when_freed(struct thread *t, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned round = 0; round < 10000 && times_freed(i) == 0; round++) {
            thread_safepoint(t);
            rl_drain(t);
        }
        assert_int_equal(times_freed(i), 1);
    }
    thread_safepoint(t);
    while (rl_drain(t))
        ;
    assert_false(rl_drain(t));
    close_world(t);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(times_freed(i), 1);
}

static void every_block_is_given_back_once(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    for (unsigned i = 0; i < BLOCKS; i++) {
        rl_enter(t);
        rl_leave(t);
        rl_retire(t, block_new(t, i), block_free);
        if (i % 32 == 0)
            thread_safepoint(t);
    }
    close_when_freed(t, BLOCKS);
}

// What a call-back retires is given back too.
static void chain_free(struct thread *t, void *p)
{
    uint64_t index = ((struct block *)p)->index;
    block_free(t, p);
    if (index != 0)
        rl_retire(t, block_new(t, index - 1), chain_free);
}
static void a_call_back_may_retire(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    rl_retire(t, block_new(t, 9), chain_free);
    close_when_freed(t, 10);
}

// Who is alone has nothing left after one drain, also of what its call-backs retire: a world's last
// thread goes then.
static void alone_one_drain_is_enough(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    rl_retire(t, block_new(t, 9), chain_free);
    thread_drain(t);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(times_freed(i), 1);
    close_world(t);
}

static void waiting_is_offline(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    rl_retire(t, block_new(t, 0), block_free);
    thread_offline(t);
    thread_back(t);
    rl_retire(t, block_new(t, 1), block_free);
    close_when_freed(t, 2);
}

static void retire_many(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (unsigned i = 0; i < BLOCKS; i++) {
        rl_enter(t);
        rl_leave(t);
        rl_retire(t, block_new(t, index * BLOCKS + i), block_free);
        thread_safepoint(t);
    }
}
static void threads_retire_and_go(void **state)
{
    (void)state;
    for (unsigned undrained = 0; undrained < 2; undrained++) {
        struct thread *t = open_clean_world();
        struct team team = {.work = retire_many, .n = TEAM, .undrained = undrained};
        team_start(t, &team);
        team_join(t, &team);
        close_when_freed(t, TEAM * BLOCKS);
    }
}

// A reader holds a block, by its section or its announcement, until it says that it does not.
static struct phase phase;
static _Atomic(void *) source;
static void hold_by_section(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    rl_enter(t);
    struct block *b = atomic_load_explicit(&source, memory_order_acquire);
    rl_enter(t); // within: neither its begin nor its end changes what the outer one holds
    rl_leave(t);
    phase_set(&phase, 1);
    sync_await(phase_now(&phase) == 2);
    rl_enter(t);
    phase_set(&phase, 3);
    sync_await(phase_now(&phase) == 4);
    sync_check(b->content == ~b->index, "a block was given back under its reader");
    rl_leave(t);
    rl_leave(t);
    rl_quiesce(t);
    phase_set(&phase, 5);
}
static void hold_by_announcement(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    struct block *b;
    do {
        b = atomic_load_explicit(&source, memory_order_relaxed);
        rl_protect(t, 1, b);
    } while (b != atomic_load_explicit(&source, memory_order_acquire));
    phase_set(&phase, 1);
    sync_await(phase_now(&phase) == 2);
    phase_set(&phase, 3);
    sync_await(phase_now(&phase) == 4);
    sync_check(b->content == ~b->index, "a block was given back under its reader");
    rl_protect(t, 1, NULL);
    phase_set(&phase, 5);
}
static void hold_against_retire(team_work *reader)
{
    struct team team = {.work = reader, .n = 1};
    struct thread *t = open_clean_world();
    struct block *b = block_new(t, 0);
    phase_set(&phase, 0);
    atomic_store_explicit(&source, b, memory_order_release);
    team_start(t, &team);
    phase_await(t, &phase, 1);
    atomic_store_explicit(&source, NULL, memory_order_release);
    uint64_t stamp = STAMPS ? rl_stamp(t) : 0;
    rl_retire(t, b, block_free);
    for (unsigned i = 0; i < 100; i++) {
        thread_safepoint(t);
        rl_drain(t);
        assert_int_equal(times_freed(0), 0);
        if (STAMPS && reader == hold_by_section)
            assert_false(rl_passed(t, stamp));
        if (i == 50) {
            phase_set(&phase, 2);
            phase_await(t, &phase, 3);
        }
    }
    phase_set(&phase, 4);
    phase_await(t, &phase, 5);
    team_join(t, &team);
    for (unsigned i = 0; STAMPS && i < 10000 && !rl_passed(t, stamp); i++)
        thread_safepoint(t);
    assert_true(!STAMPS || rl_passed(t, stamp));
    close_when_freed(t, 1);
}
static void a_section_holds_what_it_saw(void **state)
{
    (void)state;
    hold_against_retire(hold_by_section);
}
static void an_announcement_holds_one_block(void **state)
{
    (void)state;
    hold_against_retire(hold_by_announcement);
}

// Who polls within a section reads as everybody else does.
static void no_stamp_passes_within_a_section(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    rl_enter(t);
    uint64_t stamp = rl_stamp(t);
    for (unsigned i = 0; i < 100; i++)
        assert_false(rl_passed(t, stamp));
    rl_leave(t);
    for (unsigned i = 0; i < 100 && !rl_passed(t, stamp); i++)
        thread_safepoint(t);
    assert_true(rl_passed(t, stamp));
    close_world(t);
}

// What is retired when a batch was just full waits as all the others do.
static void hold_the_last(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    thread_safepoint(t);
    rl_enter(t);
    struct block *b = atomic_load_explicit(&source, memory_order_acquire);
    phase_set(&phase, 1);
    sync_await(phase_now(&phase) == 2);
    sync_check(b->content == ~b->index, "a block was given back under its reader");
    rl_leave(t);
}
static void a_late_one_waits_too(void **state)
{
    (void)state;
    enum { BEFORE = 64 };
    struct team team = {.work = hold_the_last, .n = 1};
    struct thread *t = open_clean_world();
    struct block *b = block_new(t, BEFORE);
    phase_set(&phase, 0);
    atomic_store_explicit(&source, b, memory_order_release);
    for (unsigned i = 0; i < BEFORE; i++)
        rl_retire(t, block_new(t, i), block_free);
    team_start(t, &team);
    phase_await(t, &phase, 1);
    atomic_store_explicit(&source, NULL, memory_order_release);
    rl_retire(t, b, block_free);
    for (unsigned i = 0; i < 100; i++) {
        thread_safepoint(t);
        assert_int_equal(times_freed(BEFORE), 0);
    }
    phase_set(&phase, 2);
    team_join(t, &team);
    close_when_freed(t, BEFORE + 1);
}

// Each slot holds what was announced there last, also against its own thread.
static void each_slot_holds(struct block *const *b, rl_free_fn *fn, struct thread *t)
{
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
        rl_protect(t, i, b[i]);
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
        rl_retire(t, b[i], fn);
    for (unsigned free = 0; free <= RL_PROTECT_SLOTS; free++) {
        thread_drain(t);
        for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
            assert_int_equal(times_freed(i), i < free);
        if (free != RL_PROTECT_SLOTS)
            rl_protect(t, free, NULL);
    }
    close_when_freed(t, RL_PROTECT_SLOTS);
}
static void each_slot_holds_one_block(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    struct block *b[RL_PROTECT_SLOTS];
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++)
        b[i] = block_new(t, i);
    each_slot_holds(b, block_free, t);
}
// However far apart the blocks lie.
static void far_free(struct thread *t, void *p)
{
    (void)t;
    atomic_fetch_add_explicit(&freed[((struct block *)p)->index], 1, memory_order_relaxed);
}
static void far_blocks_are_told_apart(void **state)
{
    const size_t step = (size_t)1 << 31, size = RL_PROTECT_SLOTS * step; // bytes of address space
    (void)state;
    struct thread *t = open_clean_world();
    struct block *b[RL_PROTECT_SLOTS];
    char *space = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(space, MAP_FAILED);
    for (unsigned i = 0; i < RL_PROTECT_SLOTS; i++) {
        b[i] = (struct block *)(space + i * step);
        assert_int_equal(mprotect(b[i], sizeof *b[i], PROT_READ | PROT_WRITE), 0);
        b[i]->index = i;
    }
    each_slot_holds(b, far_free, t);
    munmap(space, size);
}

// A thread that has gone announces nothing.
static void announce_and_go(struct thread *t, void *argument, unsigned index)
{
    (void)index;
    rl_protect(t, RL_PROTECT_SLOTS - 1, argument);
}
static void who_has_gone_holds_nothing(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    struct block *b = block_new(t, 0);
    team_run(t, 1, announce_and_go, b);
    rl_retire(t, b, block_free);
    close_when_freed(t, 1);
}

// What was retired in a stream is given back while it goes on: what waits is bounded, and a thread
// that is away keeps nothing.
enum { STREAM = TEAM * BLOCKS, WAITING = 200 };
static void be_away(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    rl_enter(t);
    lk_blocking_begin(t);
    phase_set(&phase, 1);
    sync_await(phase_now(&phase) == 2);
    lk_blocking_end(t);
    rl_leave(t);
}
static void a_stream_is_bounded(void **state)
{
    (void)state;
    struct team team = {.work = be_away, .n = THREADED};
    struct thread *t = open_clean_world();
    phase_set(&phase, !THREADED);
    team_start(t, &team);
    phase_await(t, &phase, 1);
    unsigned first = 0, most = 0;
    for (unsigned i = 0; i < STREAM; i++) {
        rl_retire(t, block_new(t, i), block_free);
        thread_safepoint(t);
        while (first <= i && times_freed(first) != 0)
            first++;
        most = i + 1 - first > most ? i + 1 - first : most;
    }
    assert_true(most <= WAITING);
    phase_set(&phase, 2);
    team_join(t, &team);
    close_when_freed(t, STREAM);
}

// Readers beside a thread that replaces and retires.
enum { REPLACED = BLOCKS, READS = 4 * BLOCKS };
static void read_somehow(struct thread *t)
{
    struct block *b;
    rl_enter(t);
    do {
        b = atomic_load_explicit(&source, memory_order_acquire);
        if (PROTECTS)
            rl_protect(t, 0, b);
    } while (PROTECTS && b != atomic_load_explicit(&source, memory_order_acquire));
    sync_check(b->content == ~b->index, "a block was given back under its reader");
    if (PROTECTS)
        rl_protect(t, 0, NULL);
    rl_leave(t);
}
static void replace(struct thread *t, uint64_t index)
{
    struct block *next = block_new(t, index);
    rl_retire(t, atomic_exchange_explicit(&source, next, memory_order_acq_rel), block_free);
}
static void read_or_replace(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    if (index == 0) {
        for (unsigned i = 1; i < REPLACED; i++) {
            replace(t, i);
            thread_safepoint(t);
        }
        return;
    }
    for (unsigned i = 0; i < READS; i++) {
        read_somehow(t);
        thread_safepoint(t);
    }
}
static void readers_beside_a_writer(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    atomic_store_explicit(&source, block_new(t, 0), memory_order_release);
    team_run(t, TEAM, read_or_replace, NULL);
    rl_retire(t, atomic_load_explicit(&source, memory_order_acquire), block_free);
    close_when_freed(t, REPLACED);
}

// Threads that read, replace, wait, go with what they have retired, and come again.
struct visitors {
    struct world *w;
    _Atomic(uint32_t) next; // block
};
static void *visit(void *argument)
{
    struct visitors *v = argument;
    for (;;) {
        struct thread *t = enter(v->w);
        for (uint64_t stays = sync_rand(t) % 64; stays > 0; stays--) {
            uint32_t index = atomic_fetch_add_explicit(&v->next, 1, memory_order_relaxed);
            if (index >= STREAM) {
                leave(t, false);
                return NULL;
            }
            read_somehow(t);
            replace(t, index);
            read_somehow(t);
            if (sync_rand(t) % 4 == 0) {
                lk_blocking_begin(t);
                lk_blocking_end(t);
            }
            if (sync_rand(t) % 4 == 0)
                thread_safepoint(t);
            if (sync_rand(t) % 64 == 0)
                thread_drain(t);
        }
        leave(t, sync_rand(t) % 2 == 0);
    }
}
static void threads_come_and_go(void **state)
{
    (void)state;
    struct thread *t = open_clean_world();
    struct visitors v = {.w = t->world, .next = 1};
    pthread_t thread[TEAM];
    atomic_store_explicit(&source, block_new(t, 0), memory_order_release);
    for (unsigned i = 0; i < TEAM; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, visit, &v), 0);
    lk_blocking_begin(t);
    for (unsigned i = 0; i < TEAM; i++)
        pthread_join(thread[i], NULL);
    lk_blocking_end(t);
    rl_retire(t, atomic_load_explicit(&source, memory_order_acquire), block_free);
    close_when_freed(t, STREAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_is_given_back_once),
        cmocka_unit_test(a_call_back_may_retire),
        cmocka_unit_test(alone_one_drain_is_enough),
        cmocka_unit_test(waiting_is_offline),
        WHEN(THREADED, threads_retire_and_go),
        WHEN(GRACE && STAMPS, no_stamp_passes_within_a_section),
        // under a global lock a reader that stands in its section keeps all others out
        WHEN(THREADED && !GLOBAL && GRACE, a_section_holds_what_it_saw),
        WHEN(THREADED && !GLOBAL && GRACE, a_late_one_waits_too),
        WHEN(THREADED && !GLOBAL && PROTECTS, an_announcement_holds_one_block),
        WHEN(PROTECTS, each_slot_holds_one_block),
        WHEN(PROTECTS, far_blocks_are_told_apart),
        WHEN(THREADED && PROTECTS, who_has_gone_holds_nothing),
        WHEN(BOUNDED, a_stream_is_bounded),
        WHEN(THREADED && (GRACE || PROTECTS), readers_beside_a_writer),
        WHEN(THREADED && (GRACE || PROTECTS), threads_come_and_go),
    };
    return RUN("reclaim", tests);
}
