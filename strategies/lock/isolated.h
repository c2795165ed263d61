// SPDX-License-Identifier: MIT
//
// isolated: no lock, because there is nobody to keep out: each thread has a world of its own, with
// objects, allocator and refcounts that no other thread ever sees. What one thread wants another
// one to know goes as a message by copy. It is what processes do (CPython's multiprocessing, J.
// Noller and R. Oudkerk, PEP 371, 2008), and in one process subinterpreters with a lock of their
// own each (E. Snow, PEP 684 and PEP 734; CPython 3.12 and 3.14); before them Erlang's heaps (R.
// Virding, J. Armstrong, 1995) and the workers of browsers. Of an interpreter's own lock, which
// nobody else wants, nothing is left to measure.
//
// So counts may be plain on any number of threads. What it costs is not here but in the workload: a
// copy of everything in each world, and the bytes of each message (cache_share_or_copy). The
// harness opens a world a thread (run.h).
//
// Invariant: a world is entered by one thread of the harness, and no reference crosses worlds.
// Memory order: none; what passes messages orders them.
#ifndef LK_ISOLATED_H
#define LK_ISOLATED_H

#include "lk.h"

#define LK_SUMMARY "no lock: a world for each thread, and messages by copy"
#define LK_SOURCE  "E. Snow, PEP 684, 2022, and PEP 734, 2023; J. Noller, R. Oudkerk, PEP 371, 2008"
#define LK_WHEN \
    "threads share little: what they do share costs a copy each, and bytes to keep it so"
#define LK_TRAITS (LK_EXCLUDES | LK_ISOLATED)

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
