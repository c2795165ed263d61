// SPDX-License-Identifier: MIT
//
// The instrumented face: what -fsanitize=thread makes of a unit's accesses. The names are the
// interface between compilers and ThreadSanitizer's library, which is not linked: these are. They
// are all that gcc and clang emit for C and C++; nothing of the explorer itself is instrumented, so
// none is called from within another.
//
// What a compiler does not say: atomics of 16 bytes in clang (calls of libatomic, which do not
// link), inline assembly, what a library does. gcc says both accesses of `x = x + 1` on a plain x,
// clang only the write; as a write conflicts with all that a read conflicts with, they find the
// same races.
#include "core.h"

#include <string.h>

// The line that made the access: the call is in it, the return address may be behind it.
#define SITE __builtin_return_address(0)

// Most plain accesses of instrumented code are outside simulated memory or on the thread's own
// stack.
static inline void plain(const void *site, const volatile void *p, size_t size, bool write)
{
    if (sim_inside(p))
        sim_order_plain(site, p, size, write);
}

// Each is declared before it is defined: nothing else declares them.
#define DEFINE(type, name, ...) \
    type name(__VA_ARGS__);     \
    type name(__VA_ARGS__)

DEFINE(void, __tsan_init, void)
{
}
DEFINE(void, __tsan_func_entry, const void *caller)
{
    (void)caller;
}
DEFINE(void, __tsan_func_exit, void)
{
}

// --- plain accesses ------------------------------------------------------------------------------

// A read_write is judged as the write that it is too. To C11 a volatile access is a plain one.
#define PLAIN(size)                               \
    PLAIN_NAMED(read##size, size, false)          \
    PLAIN_NAMED(write##size, size, true)          \
    PLAIN_NAMED(read_write##size, size, true)     \
    PLAIN_NAMED(volatile_read##size, size, false) \
    PLAIN_NAMED(volatile_write##size, size, true)
#define PLAIN_UNALIGNED(size)                               \
    PLAIN_NAMED(unaligned_read##size, size, false)          \
    PLAIN_NAMED(unaligned_write##size, size, true)          \
    PLAIN_NAMED(unaligned_read_write##size, size, true)     \
    PLAIN_NAMED(unaligned_volatile_read##size, size, false) \
    PLAIN_NAMED(unaligned_volatile_write##size, size, true)
#define PLAIN_NAMED(name, size, write)   \
    DEFINE(void, __tsan_##name, void *p) \
    {                                    \
        plain(SITE, p, size, write);     \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
PLAIN_UNALIGNED(2)
PLAIN_UNALIGNED(4)
PLAIN_UNALIGNED(8)
PLAIN_UNALIGNED(16)

DEFINE(void, __tsan_read_range, void *p, size_t size)
{
    plain(SITE, p, size, false);
}
DEFINE(void, __tsan_write_range, void *p, size_t size)
{
    plain(SITE, p, size, true);
}
DEFINE(void, __tsan_vptr_read, void **p)
{
    plain(SITE, p, sizeof *p, false);
}
DEFINE(void, __tsan_vptr_update, void **p, void *value)
{
    (void)value;
    plain(SITE, p, sizeof *p, true);
}

// What face.h makes of the C library's names, also where the compiler copies a struct by them.
DEFINE(void *, sim_memcpy, void *to, const void *from, size_t size)
{
    plain(SITE, from, size, false);
    plain(SITE, to, size, true);
    return memcpy(to, from, size);
}
DEFINE(void *, sim_memmove, void *to, const void *from, size_t size)
{
    plain(SITE, from, size, false);
    plain(SITE, to, size, true);
    return memmove(to, from, size);
}
DEFINE(void *, sim_memset, void *to, int value, size_t size)
{
    plain(SITE, to, size, true);
    return memset(to, value, size);
}

// --- atomic accesses -----------------------------------------------------------------------------

// gcc marks the orders of __sync_* and of lock elision in higher bits.
#define ORDER(o) ((o)&7)

#define RMW(bits, name, operation)                                                               \
    DEFINE(uint##bits##_t, __tsan_atomic##bits##_##name, volatile void *p, uint##bits##_t value, \
           int o)                                                                                \
    {                                                                                            \
        return (uint##bits##_t)sim_order_rmw(SITE, operation, p, bits / 8, value, ORDER(o));     \
    }
#define CAS(bits, name, weak)                                                                    \
    DEFINE(int, __tsan_atomic##bits##_compare_exchange_##name, volatile void *p, void *expected, \
           uint##bits##_t desired, int success, int failure)                                     \
    {                                                                                            \
        return sim_order_cas(SITE, p, bits / 8, expected, desired, weak, ORDER(success),         \
                             ORDER(failure));                                                    \
    }
#define ATOMIC(bits)                                                                         \
    DEFINE(uint##bits##_t, __tsan_atomic##bits##_load, const volatile void *p, int o)        \
    {                                                                                        \
        return (uint##bits##_t)sim_order_load(SITE, p, bits / 8, ORDER(o));                  \
    }                                                                                        \
    DEFINE(void, __tsan_atomic##bits##_store, volatile void *p, uint##bits##_t value, int o) \
    {                                                                                        \
        sim_order_store(SITE, p, bits / 8, value, ORDER(o));                                 \
    }                                                                                        \
    RMW(bits, exchange, SIM_EXCHANGE)                                                        \
    RMW(bits, fetch_add, SIM_ADD)                                                            \
    RMW(bits, fetch_sub, SIM_SUB)                                                            \
    RMW(bits, fetch_and, SIM_AND)                                                            \
    RMW(bits, fetch_or, SIM_OR)                                                              \
    RMW(bits, fetch_xor, SIM_XOR)                                                            \
    RMW(bits, fetch_nand, SIM_NAND)                                                          \
    CAS(bits, strong, false)                                                                 \
    CAS(bits, weak, true)                                                                    \
    DEFINE(uint##bits##_t, __tsan_atomic##bits##_compare_exchange_val, volatile void *p,     \
           uint##bits##_t expected, uint##bits##_t desired, int success, int failure)        \
    {                                                                                        \
        sim_order_cas(SITE, p, bits / 8, &expected, desired, false, ORDER(success),          \
                      ORDER(failure));                                                       \
        return expected;                                                                     \
    }
ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

DEFINE(void, __tsan_atomic_thread_fence, int o)
{
    sim_order_fence(SITE, ORDER(o));
}
// Orders what a signal handler sees: nothing here.
DEFINE(void, __tsan_atomic_signal_fence, int o)
{
    (void)o;
}

// Whatever their arguments, they do not return.
#define NO_ATOMIC(name)                                                \
    DEFINE(_Noreturn void, __tsan_atomic128_##name, void)              \
    {                                                                  \
        sim_fail(SIM_MISUSE, "an atomic of 16 bytes: 8 are the most"); \
    }
NO_ATOMIC(load)
NO_ATOMIC(store)
NO_ATOMIC(exchange)
NO_ATOMIC(fetch_add)
NO_ATOMIC(fetch_sub)
NO_ATOMIC(fetch_and)
NO_ATOMIC(fetch_or)
NO_ATOMIC(fetch_xor)
NO_ATOMIC(fetch_nand)
NO_ATOMIC(compare_exchange_strong)
NO_ATOMIC(compare_exchange_weak)
NO_ATOMIC(compare_exchange_val)
