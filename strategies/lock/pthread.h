// SPDX-License-Identifier: MIT
//
// pthread: a POSIX mutex with default attributes in every container. What one gets by adding "a
// lock to each object" without further thought.
//
// Invariant: who is between lk_lock and lk_unlock of a word is alone there.
// Memory order: the mutex's: unlock happens before the next lock of the same mutex.
#ifndef LK_PTHREAD_H
#define LK_PTHREAD_H

#include "lk_pthread_word.h"

#define LK_SUMMARY "a pthread mutex with default attributes in every container"
#define LK_SOURCE \
    "POSIX.1c, 1995; glibc's low-level lock after U. Drepper, Futexes Are Tricky, 2011"
#define LK_WHEN   "as the peer to beat; containers are few, so that 40 bytes each do not matter"
#define LK_TRAITS LK_EXCLUDES

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .lock_pair = 1)                                                                       \
    op(lock2, .lock_pair = 2)                                                                      \
    op(read, .lock_pair = 1)                                                                       \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_exclusive.h"

#endif
