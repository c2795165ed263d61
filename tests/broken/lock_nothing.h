// SPDX-License-Identifier: MIT
//
// lock_nothing: claims to exclude, and does nothing.
#ifndef BROKEN_LOCK_NOTHING_H
#define BROKEN_LOCK_NOTHING_H

#include "../../strategies/lk.h"

#define LK_SUMMARY "claims to exclude, and does nothing"
#define LK_SOURCE "the first lock of Linux' locktorture"
#define LK_TRAITS LK_EXCLUDES

#define LK_CENSUS(op)                                                                              \
    op(lock, 0)                                                                                    \
    op(lock2, 0)                                                                                   \
    op(read, 0)                                                                                    \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)

#include "../../strategies/lk_no_hooks.h"
#include "../../strategies/lk_no_lock.h"
#include "../../strategies/lk_no_read.h"
#include "../../strategies/lk_no_state.h"

#endif
