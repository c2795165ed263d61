// SPDX-License-Identifier: MIT
//
// One scheme's entry in the catalogue, compiled once for each header with -DCATALOGUE_rc, _lk, _rl
// or _al. Taking the address of every function of the contract makes one that is missing an error.
// With -DCATALOGUE_SHARED it is a shared object, for a scheme that the program was not built with.
#define CELL_ALONE
#include "../workloads/object.h"
#include "catalogue.h"

#define CENSUS_LINE(name, ...) {.operation = #name, .counts = {__VA_ARGS__}},

#if defined CATALOGUE_rc
static const void *const functions[] = {
    rc_world_init,     rc_world_fini,    rc_world_start,
    rc_world_stop,     rc_thread_attach, rc_thread_detach,
    rc_thread_offline, rc_thread_online, rc_safepoint,
    rc_drain,          rc_init,          rc_incref,
    rc_decref,         rc_try_incref,    rc_publish,
    rc_give,           rc_take,          rc_load,
    rc_try_load,       rc_store,         rc_compare_exchange,
    rc_peek,           rc_fill,          rc_read,
    rc_swap,           rc_move,          rc_copy,
    rc_release,        rc_clear,         rc_dirty,
    rc_roots_push,     rc_roots_pop,     rc_local_get,
    rc_try_local,      rc_local_of,      rc_local_peek,
    rc_local_dup,      rc_local_borrow,  rc_local_move,
    rc_local_drop,     rc_local_own,     rc_local_take,
    rc_weak_make,      rc_weak_get,      rc_weak_drop,
    rc_weak_die,       rc_collect,
};
static const struct census_line census[] = {RC_CENSUS(CENSUS_LINE)};
#define UNIT_KIND REFCOUNT
#define UNIT_NAME CELL_STRING(RC_SCHEME)
#ifdef RC_WHEN
#define UNIT_WHEN RC_WHEN
#endif
#define UNIT(what) RC_##what
#define UNIT_BYTES sizeof(struct rc_header)
#ifdef RC_RECLAIM
#define UNIT_RECLAIM CELL_STRING(RC_RECLAIM)
#endif
#ifdef RC_ALLOC
#define UNIT_ALLOC CELL_STRING(RC_ALLOC)
#endif

#elif defined CATALOGUE_lk
static const void *const functions[] = {
    lk_world_init, lk_world_fini,     lk_thread_attach, lk_thread_detach, lk_enter,
    lk_leave,      lk_blocking_begin, lk_blocking_end,  lk_safepoint,     lk_init,
    lk_destroy,    lk_lock,           lk_unlock,        lk_lock2,         lk_unlock2,
    lk_read_begin, lk_read_watch,     lk_read_end,      lk_lock_read,     lk_retire,
};
static const struct census_line census[] = {LK_CENSUS(CENSUS_LINE)};
#define UNIT_KIND LOCK
#define UNIT_NAME CELL_STRING(LK_SCHEME)
#ifdef LK_WHEN
#define UNIT_WHEN LK_WHEN
#endif
#define UNIT(what) LK_##what
#define UNIT_BYTES sizeof(struct lk_word)
#ifdef LK_RECLAIM
#define UNIT_RECLAIM CELL_STRING(LK_RECLAIM)
#endif
#ifdef LK_ALLOC
#define UNIT_ALLOC CELL_STRING(LK_ALLOC)
#endif

#elif defined CATALOGUE_rl
static const void *const functions[] = {
    rl_world_init,    rl_world_fini, rl_thread_attach, rl_thread_detach, rl_thread_offline,
    rl_thread_online, rl_enter,      rl_leave,         rl_protect,       rl_quiesce,
    rl_retire,        rl_stamp,      rl_passed,        rl_drain,
};
static const struct census_line census[] = {RL_CENSUS(CENSUS_LINE)};
#define UNIT_KIND RECLAIM
#define UNIT_NAME CELL_STRING(RL_SCHEME)
#ifdef RL_WHEN
#define UNIT_WHEN RL_WHEN
#endif
#define UNIT(what) RL_##what
#define UNIT_BYTES 0

#elif defined CATALOGUE_al
static const void *const functions[] = {
    al_world_init, al_world_fini, al_thread_attach, al_thread_detach, al_alloc, al_free, al_visit,
};
#define UNIT_KIND ALLOC
#define UNIT_NAME CELL_STRING(AL_SCHEME)
#ifdef AL_WHEN
#define UNIT_WHEN AL_WHEN
#endif
#define UNIT(what) AL_##what
#define UNIT_BYTES 0
#ifdef AL_RECLAIM
#define UNIT_RECLAIM CELL_STRING(AL_RECLAIM)
#endif

#else
#error "compile with -DCATALOGUE_rc, _lk, _rl or _al"
#endif

#ifndef UNIT_WHEN
#define UNIT_WHEN NULL
#endif
#ifndef UNIT_RECLAIM
#define UNIT_RECLAIM NULL
#endif
#ifndef UNIT_ALLOC
#define UNIT_ALLOC NULL
#endif

static const struct scheme unit = {
    .kind = UNIT_KIND,
    .name = UNIT_NAME,
    .summary = UNIT(SUMMARY),
    .source = UNIT(SOURCE),
    .when = UNIT_WHEN,
    .traits = UNIT(TRAITS),
    .bytes = UNIT_BYTES,
    .reclaim = UNIT_RECLAIM,
    .alloc = UNIT_ALLOC,
#ifndef CATALOGUE_al
    .census = census,
    .census_lines = sizeof census / sizeof census[0],
#endif
    .functions = functions,
};
#ifdef CATALOGUE_SHARED
#include "sync.c" // what the scheme calls must be there when it is loaded
extern const struct scheme alone __asm__(CATALOGUE_ALONE) __attribute__((alias("unit")));
#else
static const struct scheme *const entry __attribute__((used, section(CATALOGUE_SECTION))) = &unit;
#endif
