// SPDX-License-Identifier: MIT
//
// The counting face of sync.h (included by it, never by others): C11's atomic operations are
// replaced by ones that count for the calling thread and then do the same.
#ifndef SYNC_CENSUS_H
#define SYNC_CENSUS_H

// Where sync_heap_alloc hands out memory; set once, before the first thread starts (sync.c).
extern uintptr_t sync_heap_low, sync_heap_high;

static inline bool sync_in_heap(const volatile void *p)
{
    return (uintptr_t)p - sync_heap_low < sync_heap_high - sync_heap_low;
}
static inline void sync_count_load(const volatile void *p)
{
    sync_here.counts.load += sync_in_heap(p);
}
static inline void sync_count_store(const volatile void *p)
{
    sync_here.counts.store += sync_in_heap(p);
}

#include "sync_undefine.h"

// The operations beneath: clang's take _Atomic objects, gcc's generic ones do.
#ifdef __clang__
#define SYNC_OP_load(p, o)         __c11_atomic_load(p, o)
#define SYNC_OP_store(p, v, o)     __c11_atomic_store(p, v, o)
#define SYNC_OP_rmw(name, p, v, o) __c11_atomic_##name(p, v, o)
#define SYNC_OP_cas(p, e, d, weak, s, f)                        \
    ((weak) ? __c11_atomic_compare_exchange_weak(p, e, d, s, f) \
            : __c11_atomic_compare_exchange_strong(p, e, d, s, f))
#else
#define SYNC_OP_load(p, o)               __atomic_load_n(p, o)
#define SYNC_OP_store(p, v, o)           __atomic_store_n(p, v, o)
#define SYNC_OP_rmw(name, p, v, o)       __atomic_##name##_SYNC_N(p, v, o)
#define __atomic_exchange_SYNC_N         __atomic_exchange_n
#define __atomic_fetch_add_SYNC_N        __atomic_fetch_add
#define __atomic_fetch_sub_SYNC_N        __atomic_fetch_sub
#define __atomic_fetch_or_SYNC_N         __atomic_fetch_or
#define __atomic_fetch_xor_SYNC_N        __atomic_fetch_xor
#define __atomic_fetch_and_SYNC_N        __atomic_fetch_and
#define SYNC_OP_cas(p, e, d, weak, s, f) __atomic_compare_exchange_n(p, e, d, weak, s, f)
#endif

// Type of the value behind a pointer to an atomic, without its qualifiers.
#define SYNC_VALUE(p) __typeof__(((void)0, *(p)))

#define atomic_load_explicit(p, o)                      \
    __extension__({                                     \
        __auto_type sync_p_ = (p);                      \
        sync_count_load(sync_p_);                       \
        (SYNC_VALUE(sync_p_)) SYNC_OP_load(sync_p_, o); \
    })
#define atomic_store_explicit(p, v, o)      \
    __extension__({                         \
        __auto_type sync_p_ = (p);          \
        SYNC_VALUE(sync_p_) sync_v_ = (v);  \
        sync_count_store(sync_p_);          \
        SYNC_OP_store(sync_p_, sync_v_, o); \
    })
#define SYNC_RMW(name, p, v, o)                                       \
    __extension__({                                                   \
        __auto_type sync_p_ = (p);                                    \
        SYNC_VALUE(sync_p_) sync_v_ = (v);                            \
        SYNC_COUNT(rmw);                                              \
        (SYNC_VALUE(sync_p_)) SYNC_OP_rmw(name, sync_p_, sync_v_, o); \
    })
#define atomic_exchange_explicit(p, v, o)  SYNC_RMW(exchange, p, v, o)
#define atomic_fetch_add_explicit(p, v, o) SYNC_RMW(fetch_add, p, v, o)
#define atomic_fetch_sub_explicit(p, v, o) SYNC_RMW(fetch_sub, p, v, o)
#define atomic_fetch_or_explicit(p, v, o)  SYNC_RMW(fetch_or, p, v, o)
#define atomic_fetch_xor_explicit(p, v, o) SYNC_RMW(fetch_xor, p, v, o)
#define atomic_fetch_and_explicit(p, v, o) SYNC_RMW(fetch_and, p, v, o)
#define SYNC_CAS(p, e, d, weak, s, f)                                       \
    __extension__({                                                         \
        __auto_type sync_p_ = (p);                                          \
        __auto_type sync_e_ = (e);                                          \
        SYNC_VALUE(sync_p_) sync_d_ = (d);                                  \
        bool sync_ok_ = SYNC_OP_cas(sync_p_, sync_e_, sync_d_, weak, s, f); \
        sync_here.counts.rmw += sync_ok_;                                   \
        sync_here.counts.failed_cas += !sync_ok_;                           \
        sync_ok_;                                                           \
    })
#define atomic_compare_exchange_strong_explicit(p, e, d, s, f) SYNC_CAS(p, e, d, false, s, f)
#define atomic_compare_exchange_weak_explicit(p, e, d, s, f)   SYNC_CAS(p, e, d, true, s, f)

#define sync_get(lvalue)                 \
    __extension__({                      \
        __auto_type sync_p_ = &(lvalue); \
        sync_count_load(sync_p_);        \
        *sync_p_;                        \
    })
#define sync_set(lvalue, value)          \
    __extension__({                      \
        __auto_type sync_p_ = &(lvalue); \
        sync_count_store(sync_p_);       \
        *sync_p_ = (value);              \
        (void)0;                         \
    })
static inline void sync_recount(const struct sync_counts *before)
{
    sync_here.counts = *before;
}
#define sync_uncounted()                                                             \
    __attribute__((cleanup(sync_recount), unused)) struct sync_counts sync_before_ = \
        sync_here.counts
#define sync_fence(order) (SYNC_COUNT(fence), atomic_thread_fence(order))

#endif
