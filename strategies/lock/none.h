// SPDX-License-Identifier: MIT
//
// none: no lock. The floor: one thread, or containers that nobody changes.
//
// Invariant: no two threads use a container at a time unless all of them only read it.
// Memory order: none; the start of a thread orders what was built before it.
#ifndef LK_NONE_H
#define LK_NONE_H

#include "lk.h"

#define LK_SUMMARY "no lock: one thread, or containers that nobody changes; the floor"
#define LK_SOURCE  "single-threaded interpreters; perfbook's count_nonatomic as a lower bound"
#define LK_WHEN    "one thread, or containers that nobody changes; as the floor of a table"
#define LK_TRAITS  0

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, 0)                                                                                    \
    op(lock2, 0)                                                                                   \
    op(read, 0)                                                                                    \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_no_hooks.h"
#include "lk_no_lock.h"
#include "lk_no_read.h"
#include "lk_no_state.h"

#endif
