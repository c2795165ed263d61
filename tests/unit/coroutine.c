// SPDX-License-Identifier: MIT
//
// Coroutines: what a switch keeps, and what is left when one is forgotten. Coroutines only note
// what they see; the host thread asserts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../harness/sim/coroutine.c"

enum { MANY = 500, STACK = 256 << 10 };
static struct coroutine host, routine[MANY];
static char *stacks;

static int map_stacks(void **state)
{
    (void)state;
    stacks = mmap(NULL, (size_t)MANY * STACK, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return stacks == MAP_FAILED;
}
static int unmap_stacks(void **state)
{
    (void)state;
    return munmap(stacks, (size_t)MANY * STACK);
}
static void make(unsigned i, void (*entry)(void *argument), void *argument)
{
    coroutine_make(&routine[i], stacks + (size_t)i * STACK, STACK, entry, argument);
}

// --- registers ----------------------------------------------------------------------------------

// More numbers that live across a switch than there are registers for them.
static __attribute__((noinline)) uint64_t fold(uint64_t seed, unsigned turns,
                                               void (*turn)(void *argument), void *argument)
{
    uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
    double p = (double)seed, q = p + 1, r = p + 2, s = p + 3, t = p + 4, u = p + 5, v = p + 6,
           w = p + 7, x = p + 8;
    while (turns-- > 0) {
        turn(argument);
        a = a * 3 + f, b = b * 5 + a, c = c * 7 + b, d = d * 9 + c, e = e * 11 + d, f = f * 13 + e;
        p += x / 2, q += p / 3, r += q / 4, s += r / 5, t += s / 6, u += t / 7, v += u / 8,
            w += v / 9, x = w / 10;
    }
    double sum = p + q * 2 + r * 3 + s * 4 + t * 5 + u * 6 + v * 7 + w * 8 + x * 9;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return a ^ b << 1 ^ c << 2 ^ d << 3 ^ e << 4 ^ f << 5 ^ bits;
}
enum { TURNS = 40 };
struct folding {
    unsigned number;
    uint64_t answer;
};
static void to_host(void *argument)
{
    coroutine_switch(&routine[*(unsigned *)argument], &host);
}
static void nowhere(void *argument)
{
    (void)argument;
}
static void folds(void *argument)
{
    struct folding *g = argument;
    g->answer = fold(g->number, TURNS, to_host, &g->number);
    for (;;)
        to_host(&g->number);
}
static void each_keeps_its_registers(void **state)
{
    static struct folding g[MANY];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        g[i].number = i;
        make(i, folds, &g[i]);
    }
    for (unsigned turn = 0; turn <= TURNS; turn++)
        for (unsigned i = 0; i < MANY; i++)
            coroutine_switch(&host, &routine[i]);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(g[i].answer, fold(i, TURNS, nowhere, NULL));
}
static void to_first(void *argument)
{
    (void)argument;
    coroutine_switch(&host, &routine[0]);
}
static void the_host_keeps_its_own(void **state)
{
    static struct folding g;
    (void)state;
    make(0, folds, &g);
    assert_int_equal(fold(99, TURNS, to_first, NULL), fold(99, TURNS, nowhere, NULL));
}

// --- the stack ----------------------------------------------------------------------------------

struct start {
    uintptr_t frame;
    int depth;
    char text[32];
};
static void starts(void *argument)
{
    struct start *s = argument;
    void *frames[64];
    s->frame = (uintptr_t)__builtin_frame_address(0);
    s->depth = backtrace(frames, 64);
    snprintf(s->text, sizeof s->text, "%.3f %d", 1.5, 7);
    coroutine_switch(&routine[0], &host);
}
static void it_starts_as_the_abi_says(void **state)
{
    struct start s = {0};
    (void)state;
    // a stack need not be as large as a multiple of anything
    for (unsigned odd = 0; odd < 32; odd++) {
        coroutine_make(&routine[0], stacks, STACK - odd, starts, &s);
        coroutine_switch(&host, &routine[0]);
        assert_int_equal(s.frame % 16, 0);
        assert_in_range(s.frame, (uintptr_t)stacks, (uintptr_t)stacks + STACK - odd);
        assert_string_equal(s.text, "1.500 7");
        // a debugger's walk ends
        assert_in_range(s.depth, 1, 16);
    }
}

// Fills most of the stack, switches at its end, and reads it all again.
static __attribute__((noinline)) unsigned descend(unsigned number, unsigned depth)
{
    volatile unsigned char frame[1024];
    unsigned wrong = 0;
    memset((void *)frame, (int)(number + depth), sizeof frame);
    if (depth == 0)
        coroutine_switch(&routine[number], &host);
    else
        wrong = descend(number, depth - 1);
    for (unsigned i = 0; i < sizeof frame; i++)
        wrong += frame[i] != (unsigned char)(number + depth);
    return wrong;
}
static unsigned wrong_bytes[MANY];
static void dives(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    wrong_bytes[number] = descend(number, 150);
    coroutine_switch(&routine[number], &host);
}
static void stacks_are_deep_and_apart(void **state)
{
    enum { DIVERS = 20 };
    (void)state;
    for (unsigned i = 0; i < DIVERS; i++) {
        wrong_bytes[i] = UINT32_MAX;
        make(i, dives, (void *)(uintptr_t)i);
    }
    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned i = 0; i < DIVERS; i++)
            coroutine_switch(&host, &routine[i]);
    for (unsigned i = 0; i < DIVERS; i++)
        assert_int_equal(wrong_bytes[i], 0);
}

// Left at one depth, made again, and left at another one: under ASan, what a frame poisoned must
// not be in the way of other frames.
static __attribute__((noinline)) void sink(unsigned number, unsigned depth)
{
    char frame[depth + 40]; // of no constant size: always on this stack
    for (unsigned i = 0; i < sizeof frame; i++)
        ((volatile char *)frame)[i] = (char)i;
    if (depth == 0) {
        char text[200];
        snprintf(text, sizeof text, "%s", "a library's function writes here");
        coroutine_switch(&routine[number], &host);
    } else {
        sink(number, depth - 1);
    }
    ((volatile char *)frame)[0] = 0; // no tail call
}
static void sinks(void *argument)
{
    sink(0, (unsigned)(uintptr_t)argument);
}
static void one_that_is_forgotten_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        make(0, sinks, (void *)(uintptr_t)(i % 37));
        coroutine_switch(&host, &routine[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keeps_its_registers),
        cmocka_unit_test(the_host_keeps_its_own),
        cmocka_unit_test(it_starts_as_the_abi_says),
        cmocka_unit_test(stacks_are_deep_and_apart),
        cmocka_unit_test(one_that_is_forgotten_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, map_stacks, unmap_stacks);
}
