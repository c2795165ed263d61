// SPDX-License-Identifier: MIT
//
// section_in_place: critical_section, but the section around one that ends is active again whether
// or not its lock could be had at once.
#ifndef BROKEN_SECTION_IN_PLACE_H
#define BROKEN_SECTION_IN_PLACE_H

#include "../../strategies/lk.h"

static void broken_resume(struct thread *t);

// The definition in lk_critical_section.h keeps its body under another name, its callers get this
// one.
#define section_resume(t) PASS_##t)
#define PASS_struct section_resume_right(struct
#define PASS_t      broken_resume(t
#include "../../strategies/lock/critical_section.h"
#undef section_resume

static void broken_resume(struct thread *t)
{
    uintptr_t section = section_pop(t);
    (void)section_try(t, section);
    section_push(t, section);
}

#endif
