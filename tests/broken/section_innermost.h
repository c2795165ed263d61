// SPDX-License-Identifier: MIT
//
// section_innermost: critical_section, but who waits for a lock gives up the innermost one that it
// holds, and no more.
#ifndef BROKEN_SECTION_INNERMOST_H
#define BROKEN_SECTION_INNERMOST_H

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
    uintptr_t section = lk_self(t)->section;
    if (section != 0 && (section & SECTION_INACTIVE) == 0) {
        struct lk_guard *g = section_guard(section);
        uintptr_t around = g->around;
        g->around = 0;
        section_suspend_right(t);
        g->around = around;
    }
}

#endif
