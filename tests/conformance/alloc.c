// SPDX-License-Identifier: MIT
//
// What al.h promises, tried on one object allocator.
#include <malloc.h>
#include <unistd.h>

#include "common.h"

// Sanitizers hold freed memory back, and do not reuse it soon.
#if defined SYNC_ASAN || defined SYNC_TSAN
#define REUSES false
#else
#define REUSES true
#endif

enum { HEAPS = 3 };
static const enum al_heap heap[HEAPS] = {AL_OBJECT, AL_CONTAINER, AL_STORAGE};

static void *filled(struct thread *t, size_t size, enum al_heap where, unsigned char byte)
{
    void *p = al_alloc(t, size, where);
    sync_check(p != NULL, "an allocator answered NULL");
    sync_check((uintptr_t)p % 16 == 0, "a block is not aligned to 16");
    sync_check(size % SYNC_LINE != 0 || (uintptr_t)p % SYNC_LINE == 0,
               "a block whose size is a multiple of a line is not aligned to one");
    return memset(p, byte, size);
}
// Has nobody else written into it?
static bool untouched(const void *p, size_t size, unsigned char byte)
{
    const unsigned char *c = p;
    return c[0] == byte && memcmp(c, c + 1, size - 1) == 0;
}
static size_t size_of_step(unsigned i)
{
    static const size_t large[] = {1 << 20, (1 << 20) + 1, 3 << 20, 5000000};
    enum { LARGE = sizeof large / sizeof large[0] };
    if (i < 1100)
        return i + 1;
    i -= 1100;
    if (i < 40) // around the powers of two
        return ((size_t)1 << (10 + i / 4)) + i % 4 - 1;
    return i - 40 < LARGE ? large[i - 40] : 0;
}

// What a test's own blocks take: what earlier ones left free goes back to the system first, and
// what they had at their most does not count.
struct growth {
    long before, most; // KiB resident
};
static long resident_kb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    sync_check(f != NULL && fscanf(f, "%*d %ld", &pages) == 1, "no figure in /proc/self/statm");
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
static struct growth growth_begin(void)
{
    malloc_trim(0);
    return (struct growth){.before = resident_kb()};
}
static void growth_look(struct growth *g)
{
    long now = resident_kb() - g->before;
    g->most = now > g->most ? now : g->most;
}

static void blocks_of_all_sizes(void **state)
{
    enum { STEPS = 1144 };
    static void *block[HEAPS][STEPS];
    (void)state;
    struct thread *t = open_world();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned k = 0; k < HEAPS; k++)
            for (unsigned i = 0; i < STEPS; i++)
                block[k][i] = filled(t, size_of_step(i), heap[k], (unsigned char)(i + k));
        for (unsigned k = 0; k < HEAPS; k++)
            for (unsigned i = 0; i < STEPS; i++)
                assert_true(untouched(block[k][i], size_of_step(i), (unsigned char)(i + k)));
        for (unsigned k = 0; k < HEAPS; k++)
            for (unsigned i = round; i < STEPS; i += 2)
                al_free(t, block[k][i]);
        for (unsigned k = 0; k < HEAPS; k++)
            for (unsigned i = !round; i < STEPS; i += 2) {
                assert_true(untouched(block[k][i], size_of_step(i), (unsigned char)(i + k)));
                al_free(t, block[k][i]);
            }
    }
    close_world(t);
}

static void random_order(void **state)
{
    enum { BLOCKS = 500, STEPS = 40000 };
    static struct {
        void *p;
        size_t size;
        unsigned char byte;
    } b[BLOCKS];
    (void)state;
    struct thread *t = open_world();
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t dice = sync_rand(t);
        unsigned i = dice % BLOCKS;
        if (b[i].p != NULL) {
            assert_true(untouched(b[i].p, b[i].size, b[i].byte));
            al_free(t, b[i].p);
        }
        b[i].size = 1 + (dice >> 16) % ((dice >> 40) % 64 == 0 ? 20000 : 600);
        b[i].byte = (unsigned char)(dice >> 8);
        b[i].p = filled(t, b[i].size, heap[(dice >> 48) % HEAPS], b[i].byte);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        if (b[i].p != NULL)
            al_free(t, b[i].p);
    close_world(t);
}

// An allocator that is given back whole needs no al_free: LeakSanitizer judges.
static void the_world_gives_everything_back(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 4; round++) {
        struct thread *t = open_world();
        for (unsigned i = 0; i < 20000; i++)
            filled(t, 1 + i % 300, heap[i % HEAPS], 1);
        filled(t, 3000000, AL_STORAGE, 1);
        close_world(t);
    }
}

// Far more than is allowed passes through a thread's hands.
static void reuse_is_bounded(void **state)
{
    enum { SIZES = 16, ROUNDS = 3000, LARGE = 16 << 20, ALLOWED_KB = 40000 };
    void *p[SIZES];
    (void)state;
    struct thread *t = open_world();
    struct growth g = growth_begin();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < SIZES; i++)
            p[i] = filled(t, (size_t)32 << i % 12, AL_STORAGE, 1);
        growth_look(&g);
        for (unsigned i = 0; i < SIZES; i++)
            al_free(t, p[i]);
        thread_safepoint(t);
    }
    for (unsigned round = 0; round < 30; round++) {
        p[0] = filled(t, LARGE, AL_STORAGE, 1);
        growth_look(&g);
        al_free(t, p[0]);
        thread_safepoint(t);
    }
    assert_true(g.most < ALLOWED_KB);
    close_world(t);
}

// Whole regions fill, in each round some blocks of them stay, and in the end all go, in no order;
// what they gave back is large blocks next.
static void regions_come_and_go(void **state)
{
    enum { COUNT = 20011, STEP = 7919, STAYS = 97, ROUNDS = REUSES ? 40 : 6, PASSES = 2 };
    enum { SIZE = 64, LARGE = 64, LARGE_SIZE = 100000, ALLOWED_KB = 24000 };
    static void *p[ROUNDS][COUNT], *large[LARGE];
    (void)state;
    struct thread *t = open_world();
    struct growth g = growth_begin();
    for (unsigned pass = 0; pass < PASSES; pass++) {
        for (unsigned round = 0; round < ROUNDS; round++) {
            for (unsigned i = 0; i < COUNT; i++)
                p[round][i] = filled(t, SIZE, AL_STORAGE, (unsigned char)i);
            growth_look(&g);
            for (unsigned i = 0, k = 0; i < COUNT; i++, k = (k + STEP) % COUNT)
                if (k % STAYS != 0) {
                    al_free(t, p[round][k]);
                    p[round][k] = NULL;
                }
        }
        for (unsigned i = 0, k = 0; i < COUNT; i++, k = (k + STEP) % COUNT)
            for (unsigned round = 0; round < ROUNDS; round++)
                if (p[round][k] != NULL) {
                    assert_true(untouched(p[round][k], SIZE, (unsigned char)k));
                    al_free(t, p[round][k]);
                    p[round][k] = NULL; // LeakSanitizer looks here
                }
        for (unsigned i = 0; i < LARGE; i++)
            large[i] = filled(t, LARGE_SIZE, AL_STORAGE, (unsigned char)i);
        growth_look(&g);
        for (unsigned i = 0; i < LARGE; i++) {
            for (unsigned k = i; k < LARGE; k++)
                assert_true(untouched(large[k], LARGE_SIZE, (unsigned char)k));
            al_free(t, large[i]);
            large[i] = NULL;
        }
        thread_safepoint(t);
    }
    assert_true(!REUSES || g.most < ALLOWED_KB);
    close_world(t);
}

// Groups of small blocks and single large ones come and go at random, now more of these, now more
// of those: what one kind leaves whole is the other's next, at the same addresses. They are full of
// zeros, with which an allocator that takes a block for a page of its own goes on for a while.
static void regions_become_blocks_and_back(void **state)
{
    enum { GROUPS = 500, SMALL = 64, SMALL_SIZE = 500, LARGE_SIZE = 40000 };
    enum { WAVE = 3000, STEPS = (REUSES ? 8 : 2) * WAVE, ALLOWED_KB = 100000 };
    static struct {
        unsigned n; // blocks
        size_t size;
        unsigned char *p[SMALL];
    } group[GROUPS], *h;
    (void)state;
    struct thread *t = open_world();
    struct growth g = growth_begin();
    for (unsigned step = 0; step < STEPS + GROUPS; step++) {
        uint64_t dice = sync_rand(t);
        h = &group[step < STEPS ? dice % GROUPS : step - STEPS];
        for (unsigned i = 0; i < h->n; i++) {
            assert_true(untouched(h->p[i], h->size, 0));
            al_free(t, h->p[i]);
            h->p[i] = NULL; // LeakSanitizer looks here
        }
        h->n = 0;
        if (step < STEPS && (dice >> 20) % 4 != 0) {
            bool large = step / WAVE % 2 != 0;
            h->n = large ? 1 : SMALL;
            h->size = large ? LARGE_SIZE : SMALL_SIZE;
            for (unsigned i = 0; i < h->n; i++)
                h->p[i] = filled(t, h->size, AL_STORAGE, 0);
        }
        if (step % 64 == 0) {
            growth_look(&g);
            thread_safepoint(t);
        }
    }
    assert_true(!REUSES || g.most < ALLOWED_KB);
    close_world(t);
}

// Blocks go round: each thread frees what another allocated.
enum { TEAM = 3, ROUNDS = 5000 };
static _Atomic(unsigned char *) belt[TEAM];
static void pass_on(struct thread *t, void *argument, unsigned index)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t size = 8 + sync_rand(t) % 500;
        unsigned char *p = filled(t, size, heap[i % HEAPS], (unsigned char)size);
        p = atomic_exchange_explicit(&belt[(index + i) % TEAM], p, memory_order_acq_rel);
        if (p != NULL) {
            sync_check(untouched(p, 8, p[0]), "a block was written by somebody else");
            al_free(t, p);
        }
        thread_safepoint(t);
    }
}
static void another_thread_frees(void **state)
{
    (void)state;
    struct thread *t = open_world();
    for (unsigned life = 0; life < 3; life++)
        team_run(t, TEAM, pass_on, NULL);
    for (unsigned i = 0; i < TEAM; i++) {
        al_free(t, atomic_load_explicit(&belt[i], memory_order_acquire));
        atomic_store_explicit(&belt[i], NULL, memory_order_relaxed);
    }
    close_world(t);
}

// Blocks of regions that were full go back by who allocated them and by another thread, and are
// allocated again: no more memory is taken than what was in use.
enum { SIDES = 20000, SIDES_SIZE = 64 };
static unsigned char *sides[SIDES];
static void free_thirds(struct thread *t, void *argument, unsigned third)
{
    (void)argument;
    for (unsigned i = third; i < SIDES; i += 3) {
        sync_check(untouched(sides[i], SIDES_SIZE, (unsigned char)i), "a block was written");
        al_free(t, sides[i]);
        sides[i] = NULL;
    }
}
static void regions_are_freed_from_two_sides(void **state)
{
    enum { TIMES = REUSES ? 60 : 6, ALLOWED_KB = 30000 };
    (void)state;
    struct thread *t = open_world();
    struct growth g = growth_begin();
    for (unsigned round = 0; round < TIMES; round++) {
        for (unsigned i = 0; i < SIDES; i++)
            if (sides[i] == NULL)
                sides[i] = filled(t, SIDES_SIZE, heap[round % HEAPS], (unsigned char)i);
        growth_look(&g);
        team_run(t, 1, free_thirds, NULL);
        free_thirds(t, NULL, 1);
        thread_safepoint(t);
    }
    for (unsigned i = 0; i < SIDES; i++)
        if (sides[i] == NULL)
            sides[i] = filled(t, SIDES_SIZE, AL_OBJECT, (unsigned char)i);
    for (unsigned third = 0; third < 3; third++)
        free_thirds(t, NULL, third);
    assert_true(!REUSES || g.most < ALLOWED_KB);
    close_world(t);
}

// Threads come and go in thousands; what each leaves behind is freed when it has gone.
enum { LEFT = 40, LEFT_SIZE = 2000 };
static void *left[LEFT];
static void leave_blocks(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    for (unsigned i = 0; i < 4 * LEFT; i++) {
        void *p = filled(t, LEFT_SIZE, heap[i % HEAPS], 1);
        if (i % 4 == 0)
            left[i / 4] = p;
        else
            al_free(t, p);
    }
}
static void short_lives_take_no_memory(void **state)
{
    enum { LIVES = 3000, ALLOWED_KB = 20000 };
    (void)state;
    struct thread *t = open_world();
    struct growth g = growth_begin();
    for (unsigned life = 0; life < LIVES; life++) {
        team_run(t, 1, leave_blocks, NULL);
        growth_look(&g);
        for (unsigned i = 0; i < LEFT; i++)
            al_free(t, left[i]);
        thread_safepoint(t);
    }
    assert_true(g.most < ALLOWED_KB);
    close_world(t);
}

// While somebody reads, freed blocks keep their count words, whatever is allocated that cannot be
// of their class; the rest of a freed block is nobody's. What became free in the first pass does so
// again in the second one, in the reverse order, and cannot be used before its time then either.
enum { STABLE = 30000, PASSES = 2 };
static const size_t stable_size[] = {64, 100, 40000};
enum { STABLE_SIZES = sizeof stable_size / sizeof stable_size[0] };
static struct phase reading;
static void read_on(struct thread *t, void *argument, unsigned index)
{
    (void)argument, (void)index;
    rl_enter(t);
    phase_set(&reading, 1);
    sync_await(phase_now(&reading) == 2);
    rl_leave(t);
}
static unsigned goes(unsigned pass, unsigned i)
{
    return pass == 0 ? i : STABLE - 1 - i;
}
static void count_words_stay(void **state)
{
    static struct {
        unsigned char *p;
        size_t size;
    } b[STABLE];
    struct team team = {.work = read_on, .n = 1};
    (void)state;
    struct thread *t = open_world();
    for (unsigned pass = 0; pass < PASSES; pass++) {
        phase_set(&reading, 0);
        for (unsigned i = 0; i < STABLE; i++) {
            bool large =
                goes(pass, i) > STABLE / 2 && i % 1000 == 0; // the first that go share pages
            b[i].size = stable_size[large ? STABLE_SIZES - 1 : i % (STABLE_SIZES - 1)];
            b[i].p = filled(t, b[i].size, heap[i % 2], 0xc0);
        }
        team_start(t, &team);
        phase_await(t, &reading, 1);
        for (unsigned i = 0; i < STABLE; i++)
            al_free(t, b[goes(pass, i)].p);
        thread_safepoint(t);
        for (unsigned i = 0; i < STABLE; i++)
            al_free(t, filled(t, (size_t)(500 + i % 4000) << pass, heap[i % HEAPS], 0xff));
        for (unsigned i = 0; i < STABLE; i++) {
            assert_true(untouched(b[i].p, sizeof(struct rc_header), 0xc0));
#ifdef SYNC_ASAN
            assert_true(__asan_address_is_poisoned(b[i].p + b[i].size - 1));
#endif
        }
        phase_set(&reading, 2);
        team_join(t, &team);
        thread_safepoint(t);
    }
    close_world(t);
}

// One thread of the system plays two of the world. Some of a thread's regions it empties itself while
// the other one might read; the other one empties a few more; then it goes. What waited may go back
// then, at times with the whole that it is of, but not while the thread looks for what others have
// emptied.
static void a_thread_goes_whose_regions_others_emptied(void **state)
{
    enum { BLOCKS = 600, OWN = 400, OTHERS = 100, LIVES = 80, SIZE = 16000 };
    static void *p[BLOCKS];
    (void)state;
    struct thread *t = open_world();
    for (unsigned round = 0; round < LIVES; round++) {
        struct thread *goes = enter(t->world);
        for (unsigned i = 0; i < BLOCKS; i++)
            p[i] = filled(goes, SIZE, AL_OBJECT, 0xa5);
        for (size_t i = 0; i < OWN; i += 4) // of each region one
            al_free(goes, p[i]);
        for (unsigned i = OWN; i-- > 0;)
            if (i % 4 != 0)
                al_free(goes, p[i]);
        thread_safepoint(goes);
        sync_here.self = t;
        for (unsigned i = OWN; i < OWN + OTHERS + round; i++)
            al_free(t, p[i]);
        thread_safepoint(t);
        sync_here.self = goes;
        leave(goes, false);
        sync_here.self = t;
        for (unsigned i = OWN + OTHERS + round; i < BLOCKS; i++)
            al_free(t, p[i]);
    }
    close_world(t);
}

// A visit of each heap shows what is in use, once, and nothing else: not what other threads have
// freed, nor what a thread that has gone had ready.
enum { SHOWN = 6000 };
static struct shown {
    uint64_t *p;
    enum al_heap heap;
    bool freed;
    unsigned seen;
} shown[SHOWN];
static void see(void *argument, void *p)
{
    enum al_heap *where = argument;
    uint64_t index = *(uint64_t *)((char *)p + sizeof(struct rc_header));
    sync_check(index < SHOWN && shown[index].p == p && shown[index].heap == *where,
               "a visit shows what is no block of the heap");
    shown[index].seen++;
}
static void take_part(struct thread *t, void *argument, unsigned index)
{
    const bool *frees = argument;
    for (unsigned i = index; i < SHOWN; i += TEAM) {
        struct shown *b = &shown[*frees ? (i + 1) % SHOWN : i];
        if (!*frees) {
            size_t size = i % 500 == 0 ? 70000 : 64 + i % 700;
            b->heap = heap[i % HEAPS];
            b->p = filled(t, size, b->heap, 0);
            *(uint64_t *)((char *)b->p + sizeof(struct rc_header)) = i;
            b->freed = false;
        } else if (i % 5 < 3) {
            al_free(t, b->p);
            b->freed = true;
        }
    }
}
static void check_visits(struct thread *t)
{
    for (unsigned i = 0; i < SHOWN; i++)
        shown[i].seen = 0;
    for (unsigned k = 0; k < HEAPS; k++) {
        enum al_heap where = heap[k];
        al_visit(t, where, see, &where);
    }
    for (unsigned i = 0; i < SHOWN; i++)
        assert_int_equal(shown[i].seen, !shown[i].freed);
}
static void visits_show_what_is_in_use(void **state)
{
    bool frees = false;
    (void)state;
    struct thread *t = open_world();
    team_run(t, TEAM, take_part, &frees);
    check_visits(t);
    frees = true;
    team_run(t, TEAM, take_part, &frees);
    check_visits(t);
    for (unsigned i = 0; i < SHOWN; i++)
        if (!shown[i].freed) {
            al_free(t, shown[i].p);
            shown[i].freed = true;
        }
    check_visits(t);
    close_world(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WHEN((AL_TRAITS & AL_WHOLE) == 0, regions_come_and_go),
        cmocka_unit_test(blocks_of_all_sizes),
        cmocka_unit_test(random_order),
        WHEN((AL_TRAITS & AL_WHOLE) == 0, regions_become_blocks_and_back),
        WHEN(REUSES, reuse_is_bounded),
        WHEN((AL_TRAITS & AL_WHOLE) != 0, the_world_gives_everything_back),
        WHEN(THREADED, another_thread_frees),
        WHEN(THREADED && (AL_TRAITS & AL_WHOLE) == 0, regions_are_freed_from_two_sides),
        WHEN(THREADED && REUSES && (AL_TRAITS & AL_WHOLE) == 0, short_lives_take_no_memory),
        WHEN(THREADED && (AL_TRAITS & AL_TYPE_STABLE) != 0, count_words_stay),
        WHEN(THREADED && (AL_TRAITS & AL_TYPE_STABLE) != 0,
             a_thread_goes_whose_regions_others_emptied),
        WHEN(THREADED && (AL_TRAITS & AL_VISITS) != 0, visits_show_what_is_in_use),
    };
    return RUN("alloc", tests);
}
