// SPDX-License-Identifier: MIT
//
// section_unordered: critical_section, but two locks are taken in the order of the arguments.
#ifndef BROKEN_SECTION_UNORDERED_H
#define BROKEN_SECTION_UNORDERED_H

#define lk_lock2 section_lock2_right
#include "../../strategies/lock/critical_section.h"
#undef lk_lock2

API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    if (a == b) {
        lk_lock(t, a, g);
        return;
    }
    g[0].mutex = &a->mutex;
    g[1].mutex = &b->mutex;
    uintptr_t section = (uintptr_t)g | SECTION_TWO;
    if (section_try(t, section))
        section_push(t, section);
    else
        section_enter(t, section);
}

#endif
