// SPDX-License-Identifier: MIT
//
// What the compiler tells the explorer of each kind of access (harness/sim/tsan.c): which bytes it
// touches, whether it writes them, whether it is atomic and what it does. This unit is
// instrumented, and compiled with gcc and clang.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../harness/sim/core.h"

#include <string.h>

enum { ROOM = 128, AT = 32 }; // every access begins at AT
typedef unsigned char byte;

// One thread touches one byte, another one does `access`; what becomes of it.
static struct {
    void (*access)(byte *at);
    unsigned other;
    bool other_writes;
} now;
static volatile byte sunk; // so that a read is one

static void *setup(void)
{
    byte *p = sync_alloc(ROOM);
    for (unsigned i = 0; i < ROOM; i++)
        p[i] = (byte)(i * 7 + 1);
    return p;
}
static void run(void *state, unsigned thread)
{
    byte *p = state;
    if (thread == 1)
        now.access(p + AT);
    else if (now.other_writes)
        p[now.other] = 0;
    else
        sunk = *(volatile byte *)&p[now.other];
}
static byte after[ROOM];
static void finish(void *state)
{
    memcpy(after, state, ROOM);
    sync_free(state);
}
static const struct sim_scenario one = {
    .name = "one", .threads = 2, .setup = setup, .run = run, .finish = finish};

static struct sim_result explore_one(void (*access)(byte *at), unsigned other, bool other_writes)
{
    const struct sim_policy usual = {.mode = SIM_REPLAY};
    struct sim_result r;
    now.access = access;
    now.other = other;
    now.other_writes = other_writes;
    sim_run(&usual, &r);
    return r;
}
// Exactly these bytes are touched, and written or only read.
static void touches(const char *what, void (*access)(byte *at), unsigned size, bool writes)
{
    for (unsigned other = 0; other < ROOM; other++) {
        bool inside = other >= AT && other < AT + size;
        enum sim_failure read = explore_one(access, other, false).failure;
        enum sim_failure write = explore_one(access, other, true).failure;
        if (read != (inside && writes ? SIM_RACE : SIM_PASSED) ||
            write != (inside ? SIM_RACE : SIM_PASSED))
            fail_msg("%s, byte %d: a read beside it: %s; a write: %s", what, (int)other - AT,
                     sim_failure_name(read), sim_failure_name(write));
    }
}

// --- plain accesses ------------------------------------------------------------------------------

struct small {
    uint64_t a, b;
};
struct middle {
    byte b[40];
};
struct large {
    byte b[72];
};
struct __attribute__((packed)) odd {
    byte before;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
};
struct bits {
    unsigned low : 5, high : 27;
};
static struct small small;
static struct middle middle;
static struct large large;
static byte text[ROOM];
static volatile size_t forty = 40;

// clang-format off
#define PLAIN_ACCESSES(x)                                                                          \
    x(read_1, 1, false, sunk = *at)                                                                \
    x(read_2, 2, false, sunk = (byte)*(uint16_t *)at)                                              \
    x(read_4, 4, false, sunk = (byte)*(uint32_t *)at)                                              \
    x(read_8, 8, false, sunk = (byte)*(uint64_t *)at)                                              \
    x(read_16, 16, false, sunk = (byte)(*(__int128 *)at >> 9))                                     \
    x(write_1, 1, true, *at = 5)                                                                   \
    x(write_2, 2, true, *(uint16_t *)at = 5)                                                       \
    x(write_4, 4, true, *(uint32_t *)at = 5)                                                       \
    x(write_8, 8, true, *(uint64_t *)at = 5)                                                       \
    x(write_16, 16, true, *(__int128 *)at = 5)                                                     \
    x(increment, 4, true, ++*(uint32_t *)at)                                                       \
    x(field_of_bits, 4, true, ((struct bits *)at)->high = 3)                                       \
    x(volatile_read, 8, false, sunk = (byte)*(volatile uint64_t *)at)                              \
    x(volatile_write, 4, true, *(volatile uint32_t *)at = 5)                                       \
    x(unaligned_read_2, 2, false, sunk = (byte)((struct odd *)(at - 1))->two)                      \
    x(unaligned_read_4, 4, false, sunk = (byte)((struct odd *)(at - 3))->four)                     \
    x(unaligned_read_8, 8, false, sunk = (byte)((struct odd *)(at - 7))->eight)                    \
    x(unaligned_write_2, 2, true, ((struct odd *)(at - 1))->two = 5)                               \
    x(unaligned_write_4, 4, true, ((struct odd *)(at - 3))->four = 5)                              \
    x(unaligned_write_8, 8, true, ((struct odd *)(at - 7))->eight = 5)                             \
    x(copy_from_16, 16, false, small = *(struct small *)at)                                        \
    x(copy_from_40, 40, false, middle = *(struct middle *)at)                                      \
    x(copy_from_72, 72, false, large = *(struct large *)at)                                        \
    x(copy_to_16, 16, true, *(struct small *)at = small)                                           \
    x(copy_to_40, 40, true, *(struct middle *)at = middle)                                         \
    x(copy_to_72, 72, true, *(struct large *)at = large)                                           \
    x(clear_40, 40, true, *(struct middle *)at = (struct middle){{0}})                             \
    x(memcpy_from_8, 8, false, memcpy(text, at, 8))                                                \
    x(memcpy_from_40, 40, false, memcpy(text, at, 40))                                             \
    x(memcpy_from_n, 40, false, memcpy(text, at, forty))                                           \
    x(memcpy_to_8, 8, true, memcpy(at, text, 8))                                                   \
    x(memcpy_to_40, 40, true, memcpy(at, text, 40))                                                \
    x(memcpy_to_n, 40, true, memcpy(at, text, forty))                                              \
    x(memmove_from_40, 40, false, memmove(text, at, 40))                                           \
    x(memmove_to_n, 40, true, memmove(at, text, forty))                                            \
    x(memset_8, 8, true, memset(at, 0, 8))                                                         \
    x(memset_40, 40, true, memset(at, 1, 40))                                                      \
    x(memset_n, 40, true, memset(at, 1, forty))
// clang-format on
#define PLAIN_FUNCTION(name, size, writes, ...)                  \
    static __attribute__((noinline)) void plain_##name(byte *at) \
    {                                                            \
        (void)(__VA_ARGS__);                                     \
    }
PLAIN_ACCESSES(PLAIN_FUNCTION)

static void plain_accesses(void **state)
{
    (void)state;
#define PLAIN_TOUCHES(name, size, writes, ...) touches(#name, plain_##name, size, writes);
    PLAIN_ACCESSES(PLAIN_TOUCHES)
}

// --- atomic accesses -----------------------------------------------------------------------------

static uint64_t answer, before, wanted;
// What it answers, and what it leaves: as C says it of these old and new values.
// clang-format off
#define ATOMIC_ACCESSES(x, n)                                                                      \
    x(load, n, old, old, atomic_load_explicit(p, memory_order_acquire))                            \
    x(load_bare, n, old, old, *p)                                                                  \
    x(store, n, arg, arg, (atomic_store_explicit(p, arg, memory_order_release), arg))              \
    x(store_bare, n, arg, arg, ((void)(*p = arg), arg))                                            \
    x(exchange, n, old, arg, atomic_exchange_explicit(p, arg, memory_order_acq_rel))               \
    x(add, n, old, old + arg, atomic_fetch_add_explicit(p, arg, memory_order_relaxed))             \
    x(subtract, n, old, old - arg, atomic_fetch_sub_explicit(p, arg, memory_order_release))        \
    x(and, n, old, old & arg, atomic_fetch_and_explicit(p, arg, memory_order_acquire))             \
    x(or, n, old, old | arg, atomic_fetch_or_explicit(p, arg, memory_order_acq_rel))               \
    x(xor, n, old, old ^ arg, atomic_fetch_xor_explicit(p, arg, memory_order_seq_cst))             \
    x(nand, n, old, ~(old & arg), __atomic_fetch_nand((uint##n##_t *)p, arg, __ATOMIC_SEQ_CST))    \
    x(increment, n, old + 1, old + 1, ++*p)                                                        \
    x(bit, n, old & 4, old | 4, atomic_fetch_or_explicit(p, 4, memory_order_acquire) & 4)          \
    x(last, n, old == 1, old - 1, atomic_fetch_sub_explicit(p, 1, memory_order_release) == 1)      \
    x(builtin_add, n, old + arg, old + arg, __sync_add_and_fetch((uint##n##_t *)p, arg))           \
    x(builtin_swap, n, 1, arg, __sync_bool_compare_and_swap((uint##n##_t *)p, expect, arg))        \
    x(strong, n, 1, arg, atomic_compare_exchange_strong_explicit(p, &expect, arg,                  \
        memory_order_acq_rel, memory_order_acquire))                                               \
    x(strong_fails, n, old, old, (expect++, atomic_compare_exchange_strong_explicit(p, &expect,    \
        arg, memory_order_acq_rel, memory_order_acquire) ? ~expect : expect))                      \
    x(weak, n, 1, arg, atomic_compare_exchange_weak_explicit(p, &expect, arg,                      \
        memory_order_release, memory_order_relaxed))
#define EACH_SIZE(x)                                                                               \
    ATOMIC_ACCESSES(x, 8) ATOMIC_ACCESSES(x, 16) ATOMIC_ACCESSES(x, 32) ATOMIC_ACCESSES(x, 64)
// clang-format on
#define ATOMIC_FUNCTION(name, n, answers, leaves, ...)                                       \
    static __attribute__((noinline)) void atomic_##name##n(byte *at)                         \
    {                                                                                        \
        _Atomic(uint##n##_t) *p = (_Atomic(uint##n##_t) *)at;                                \
        const uint##n##_t old = (uint##n##_t)before, arg = (uint##n##_t)0xf1e2d3c4b5a69788u; \
        uint##n##_t expect = old;                                                            \
        (void)arg, (void)expect;                                                             \
        wanted = (uint##n##_t)(leaves);                                                      \
        answer = (uint##n##_t)(__VA_ARGS__) == (uint##n##_t)(answers);                       \
    }
EACH_SIZE(ATOMIC_FUNCTION)

static void atomic(const char *what, void (*access)(byte *at), unsigned size, bool writes)
{
    byte *memory;
    before = 0;
    for (unsigned i = 0; i < size; i++)
        before |= (uint64_t)(byte)((AT + i) * 7 + 1) << 8 * i;
    struct sim_result r = explore_one(access, 0, false);
    uint64_t left = 0;
    memcpy(&left, memory = after + AT, size);
    if (r.failure != SIM_PASSED || answer != 1 || left != wanted ||
        memory[size] != (byte)((AT + size) * 7 + 1))
        fail_msg("%s: %s %s, left %#jx and not %#jx", what, sim_failure_name(r.failure),
                 answer == 1 ? "answered well" : "answered wrongly", (uintmax_t)left,
                 (uintmax_t)wanted);
    touches(what, access, size, writes);
    // one more decision than if it were plain
    assert_int_equal(r.steps, explore_one(plain_read_1, 0, false).steps + 1);
}
static bool stores(const char *name)
{
    return strncmp(name, "load", 4) != 0 && strcmp(name, "strong_fails") != 0;
}
static void atomic_accesses(void **state)
{
    (void)state;
#define ATOMIC_CHECK(name, n, answers, leaves, ...) \
    atomic(#name " of " #n " bits", atomic_##name##n, n / 8, stores(#name));
    EACH_SIZE(ATOMIC_CHECK)
}

static _Atomic(uint32_t) outside;
static void touches_a_static(byte *at)
{
    (void)at;
    sunk = (byte)atomic_fetch_add_explicit(&outside, 1, memory_order_relaxed);
}
#ifndef __clang__ // calls a library instead, which is not there
static void touches_16(byte *at)
{
    sunk = (byte)__atomic_load_n((__int128 *)at, __ATOMIC_RELAXED);
}
#endif
static void what_is_no_atomic_of_ours_fails(void **state)
{
    (void)state;
    assert_int_equal(explore_one(touches_a_static, 0, false).failure, SIM_MISUSE);
#ifndef __clang__
    assert_int_equal(explore_one(touches_16, 0, false).failure, SIM_MISUSE);
#endif
}

static int prepare(void **state)
{
    struct sim_result r;
    (void)state;
    now.access = plain_read_1;
    return !sim_prepare(&one, &r);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_accesses),
        cmocka_unit_test(atomic_accesses),
        cmocka_unit_test(what_is_no_atomic_of_ours_fails),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
