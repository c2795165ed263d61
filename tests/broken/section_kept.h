// SPDX-License-Identifier: MIT
//
// section_kept: critical_section, but who waits for a lock keeps those that it holds, as other
// locks do.
#ifndef BROKEN_SECTION_KEPT_H
#define BROKEN_SECTION_KEPT_H

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
    (void)t;
}

#endif
