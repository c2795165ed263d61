// SPDX-License-Identifier: MIT
//
// critical_section: a byte in every container, and sections on the stack that give up their lock
// while the thread waits for another one, so that nested locks never deadlock. PEP 703's, as
// CPython 3.13 has them; lk_critical_section.h says how they work, lk_pymutex.h what the byte is.
//
// Invariant: who is in the innermost section of a thread has its byte, or its two, locked, alone.
// Memory order: the byte's. What unlocks it releases, what locks it acquires.
//
// Beside the byte a section costs two loads and four stores, all of the thread's own structure and
// stack.
#ifndef LK_CRITICAL_SECTION_H
#define LK_CRITICAL_SECTION_H

#include "lk.h"
#include "lk_pymutex.h"

#define LK_SUMMARY "one byte, and sections that give their locks up while the thread waits"
#define LK_SOURCE  "PEP 703 (S. Gross, 2023); CPython 3.13's critical_section.c"
#define LK_WHEN    "code that runs under a lock takes further ones, in whatever order"
#define LK_TRAITS  (LK_EXCLUDES | LK_SUSPENDS)

struct lk_word {
    struct pymutex mutex;
};

API void lk_init(struct thread *t, struct lk_word *l)
{
    (void)t;
    pymutex_init(&l->mutex);
}
API void lk_destroy(struct thread *t, struct lk_word *l)
{
    (void)t, (void)l;
}

#include "lk_critical_section.h"

// clang-format off
#define LK_CENSUS(op)                                                                              \
    op(lock, .rmw = 2)                                                                             \
    op(lock2, .rmw = 4)                                                                            \
    op(read, .rmw = 2)                                                                             \
    op(enter, 0)                                                                                   \
    op(safepoint, 0)
// clang-format on

#include "lk_no_read.h"

#endif
