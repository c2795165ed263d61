// SPDX-License-Identifier: MIT
//
// The exploring face of sync.h (included by it, never by others): the services of sync.h are those
// of the simulator. Two faces of memory accesses end there too:
//   declared      (SYNC_DECLARED) C11's operations, sync_get and sync_set are macros that say what
//                 the author declared; accesses that are not declared are not seen.
//   instrumented  the unit is compiled with -fsanitize=thread, so the compiler says each access
//                 itself (tsan.c), and sees what the author forgot.
#ifndef FACE_H
#define FACE_H

#include "sim.h"

#define SIM_SITE(what_, object_, first, second)                                                    \
    __extension__({                                                                                \
        static struct sim_site sim_site_ = {.file = __FILE__,                                      \
                                            .line = __LINE__,                                      \
                                            .what = what_,                                         \
                                            .object = object_,                                     \
                                            .order = {first, second}};                             \
        static struct sim_site *const sim_reference_                                               \
            __attribute__((used, section("sim_sites"))) = &sim_site_;                              \
        (void)sim_reference_;                                                                      \
        &sim_site_;                                                                                \
    })

#define sync_check(ok, text) ((ok) ? (void)0 : sim_fail_check(__FILE__, __LINE__, (text)))

#define sync_alloc(size)      sim_alloc(SIM_SITE("allocate", #size, "", ""), SYNC_LINE, size, true)
#define sync_free(p)          sim_free(SIM_SITE("free", #p, "", ""), p)
#define sync_heap_alloc(size) sim_alloc(SIM_SITE("allocate", #size, "", ""), 0, size, false)
#define sync_heap_aligned(alignment, size)                                                         \
    sim_alloc(SIM_SITE("allocate", #size, "", ""), alignment, size, false)
#define sync_heap_free(p)   sim_free(SIM_SITE("free", #p, "", ""), p)
#define sync_poison(p, n)   sim_poison(SIM_SITE("free", #p, "", ""), p, n)
#define sync_unpoison(p, n) sim_unpoison(p, n)
#define sync_address(p)     sim_address(p)

#define sync_now_ns()     sim_now_ns(SIM_SITE("clock", "", "", ""))
#define sync_pause()      sim_yield(SIM_SITE("pause", "", "", ""))
#define sync_yield()      sim_yield(SIM_SITE("yield", "", "", ""))
#define sync_wait_turn(n) ((void)(n), sim_yield(SIM_SITE("wait", "", "", "")))
#define sync_await(condition)                                                                      \
    do {                                                                                           \
        sim_await_begin(SIM_SITE("await", #condition, "", ""));                                    \
        while (!(condition))                                                                       \
            sim_await_again();                                                                     \
        sim_await_end();                                                                           \
    } while (0)
#define sync_park_for(word, expected, ns)                                                          \
    sim_park_for(SIM_SITE("park", #word, "", ""), word, expected, ns)
#define sync_park(word, expected)                                                                  \
    ((void)sim_park_for(SIM_SITE("park", #word, "", ""), word, expected, UINT64_MAX))
#define sync_unpark(word, n) sim_unpark(SIM_SITE("unpark", #word, "", ""), word, n)

#define sync_mutex_init(m)    sim_mutex_init(SIM_SITE("mutex init", #m, "", ""), m)
#define sync_mutex_destroy(m) sim_mutex_destroy(SIM_SITE("mutex destroy", #m, "", ""), m)
#define sync_mutex_lock(m)    sim_mutex_lock(SIM_SITE("mutex lock", #m, "", ""), m)
#define sync_mutex_trylock(m) sim_mutex_trylock(SIM_SITE("mutex trylock", #m, "", ""), m)
#define sync_mutex_unlock(m)  sim_mutex_unlock(SIM_SITE("mutex unlock", #m, "", ""), m)

void sim_thread_start(sync_thread *thread, void (*run)(void *), void *argument);
void sim_thread_join(sync_thread *thread);
#define sync_thread_start(thread, run, argument) sim_thread_start(thread, run, argument)
#define sync_thread_join(thread)                 sim_thread_join(thread)

#define sync_tls_init(key)       sim_tls_init(key)
#define sync_tls_destroy(key)    ((void)(key))
#define sync_tls_get(key)        sim_tls_get(key)
#define sync_tls_set(key, value) sim_tls_set(key, value)

// Compilers disagree whether this is an atomic store; here it is one in neither face.
#undef atomic_init
#define atomic_init(p, v)                                                                          \
    sim_init(SIM_SITE("init", #p, "", ""), p, sizeof *(p), (uint64_t)(uintptr_t)(v))

// Type of the value behind a pointer to an atomic, without its qualifiers.
#define SIM_VALUE(p) __typeof__(((void)0, *(p)))
#define SIM_BITS(v)  ((uint64_t)(uintptr_t)(v))
#define SIM_CAS(p, text, e, d, weak, s, f, s_text, f_text)                                         \
    __extension__({                                                                                \
        __auto_type sim_p_ = (p);                                                                  \
        __auto_type sim_e_ = (e);                                                                  \
        SIM_VALUE(sim_p_) sim_d_ = (d);                                                            \
        sim_cas(SIM_SITE("compare-exchange", text, s_text, f_text), sim_p_, sizeof *sim_p_,        \
                sim_e_, SIM_BITS(sim_d_), weak, s, f);                                             \
    })

#ifndef SYNC_DECLARED
#define sync_get(lvalue)        (lvalue)
#define sync_set(lvalue, value) ((void)((lvalue) = (value)))
#define sync_fence(order)       atomic_thread_fence(order)
#ifndef __clang__
// gcc warns that its own runtime does not follow fences. This one does.
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#ifdef SYNC_INSTRUMENTED
// Also where the compiler copies or clears a struct by them. It must not expand them in line itself
// (-fno-builtin-memcpy ...): gcc does so without a word.
__asm__("memcpy = sim_memcpy\n"
        "memmove = sim_memmove\n"
        "memset = sim_memset\n");
#ifdef __clang__
// clang tells of a weak one as of a strong one, which never fails for no reason.
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit(p, e, d, s, f)                                       \
    SIM_CAS(p, #p, e, d, true, s, f, #s, #f)
#endif
#endif
#else

#include "../sync_undefine.h"
#undef atomic_thread_fence

#define atomic_load_explicit(p, o)                                                                 \
    __extension__({                                                                                \
        __auto_type sim_p_ = (p);                                                                  \
        (SIM_VALUE(sim_p_)) sim_load(SIM_SITE("load", #p, #o, ""), sim_p_, sizeof *sim_p_, o);     \
    })
#define atomic_store_explicit(p, v, o)                                                             \
    __extension__({                                                                                \
        __auto_type sim_p_ = (p);                                                                  \
        SIM_VALUE(sim_p_) sim_v_ = (v);                                                            \
        sim_store(SIM_SITE("store", #p, #o, ""), sim_p_, sizeof *sim_p_, SIM_BITS(sim_v_), o);     \
    })
#define SIM_RMW(op, what, text, p, v, o, order_text)                                               \
    __extension__({                                                                                \
        __auto_type sim_p_ = (p);                                                                  \
        SIM_VALUE(sim_p_) sim_v_ = (v);                                                            \
        (SIM_VALUE(sim_p_)) sim_rmw(SIM_SITE(what, text, order_text, ""), op, sim_p_,              \
                                    sizeof *sim_p_, SIM_BITS(sim_v_), o);                          \
    })
#define atomic_exchange_explicit(p, v, o)  SIM_RMW(SIM_EXCHANGE, "exchange", #p, p, v, o, #o)
#define atomic_fetch_add_explicit(p, v, o) SIM_RMW(SIM_ADD, "add", #p, p, v, o, #o)
#define atomic_fetch_sub_explicit(p, v, o) SIM_RMW(SIM_SUB, "subtract", #p, p, v, o, #o)
#define atomic_fetch_or_explicit(p, v, o)  SIM_RMW(SIM_OR, "or", #p, p, v, o, #o)
#define atomic_fetch_xor_explicit(p, v, o) SIM_RMW(SIM_XOR, "xor", #p, p, v, o, #o)
#define atomic_fetch_and_explicit(p, v, o) SIM_RMW(SIM_AND, "and", #p, p, v, o, #o)
#define atomic_compare_exchange_strong_explicit(p, e, d, s, f)                                     \
    SIM_CAS(p, #p, e, d, false, s, f, #s, #f)
#define atomic_compare_exchange_weak_explicit(p, e, d, s, f)                                       \
    SIM_CAS(p, #p, e, d, true, s, f, #s, #f)
#define sync_fence(order) sim_fence(SIM_SITE("fence", "", #order, ""), order)

#define sync_get(lvalue)                                                                           \
    __extension__({                                                                                \
        __auto_type sim_p_ = &(lvalue);                                                            \
        sim_read(SIM_SITE("read", #lvalue, "", ""), sim_p_, sizeof *sim_p_);                       \
        *sim_p_;                                                                                   \
    })
#define sync_set(lvalue, value)                                                                    \
    __extension__({                                                                                \
        __auto_type sim_p_ = &(lvalue);                                                            \
        __typeof__(((void)0, *sim_p_)) sim_v_ = (value);                                           \
        sim_write(SIM_SITE("write", #lvalue, "", ""), sim_p_, sizeof *sim_p_);                     \
        *sim_p_ = sim_v_;                                                                          \
        (void)0;                                                                                   \
    })
#endif

#endif
