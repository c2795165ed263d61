// SPDX-License-Identifier: MIT
//
// What al.h promises, tried on one object allocator.
#include <sys/resource.h>

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
    enum { SIZES = 16, ROUNDS = 3000, LARGE = 16 << 20, ALLOWED_KB = 120000 };
    void *p[SIZES];
    struct rusage before, after;
    (void)state;
    struct thread *t = open_world();
    getrusage(RUSAGE_SELF, &before);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < SIZES; i++)
            p[i] = filled(t, (size_t)32 << i % 12, AL_STORAGE, 1);
        for (unsigned i = 0; i < SIZES; i++)
            al_free(t, p[i]);
        thread_safepoint(t);
    }
    for (unsigned round = 0; round < 30; round++) {
        p[0] = filled(t, LARGE, AL_STORAGE, 1);
        al_free(t, p[0]);
        thread_safepoint(t);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < ALLOWED_KB);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_all_sizes),
        cmocka_unit_test(random_order),
        WHEN(REUSES, reuse_is_bounded),
        WHEN((AL_TRAITS & AL_WHOLE) != 0, the_world_gives_everything_back),
        WHEN(THREADED, another_thread_frees),
    };
    return RUN("alloc", tests);
}
