// SPDX-License-Identifier: MIT
//
// pymutex: one byte in every container, and a parking lot where threads sleep for it. CPython
// 3.13's PyMutex, which follows WebKit's WTF::Lock; lk_pymutex.h says how it works.
//
// Invariant: who is between lk_lock and lk_unlock of a word has its byte locked, alone.
// Memory order: the byte's. What unlocks it releases, what locks it acquires.
//
// The byte costs a container 8, because a length follows it, where a pthread mutex costs 40;
// CPython has it in a hole of every object's header, where it costs nothing. The lot is 16 KiB a
// world.
#ifndef LK_PYMUTEX_H
#define LK_PYMUTEX_H

#include "lk.h"
#include "lk_pymutex_word.h"

#define LK_SUMMARY "one byte and a parking lot; who has waited for 1 ms is handed the lock"
#define LK_SOURCE \
    "S. Gross, CPython 3.13's PyMutex, 2023; F. Pizlo, Locking in WebKit (WTF::Lock), 2016"
#define LK_WHEN   "every container has a lock, most are never contended, and a byte is all there is"
#define LK_TRAITS LK_EXCLUDES

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2)                                                                             \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_lock2_ordered.h"
#include "lk_no_hooks.h"
#include "lk_no_read.h"
#include "lk_pymutex_state.h"

#endif
