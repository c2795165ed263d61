// SPDX-License-Identifier: MIT
//
// section_half: critical_section, but of a pair that is suspended only the lower lock is given up.
#ifndef BROKEN_SECTION_HALF_H
#define BROKEN_SECTION_HALF_H

#include "../../strategies/lk.h"

static void broken_suspend(struct thread *t);

// The definition in lk_critical_section.h keeps its body under another name, its callers get this
// one.
#define section_suspend(t) PASS_##t)
#define PASS_struct section_suspend_right(struct
#define PASS_t      broken_suspend(t
#include "../../strategies/lock/critical_section.h"
#undef section_suspend

static void broken_suspend(struct thread *t)
{
    uintptr_t *link = &lk_self(t)->section;
    while (*link != 0 && (*link & SECTION_INACTIVE) == 0) {
        pymutex_unlock(t, section_guard(*link)->mutex);
        *link |= SECTION_INACTIVE;
        link = &section_guard(*link)->around;
    }
}

#endif
