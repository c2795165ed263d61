// SPDX-License-Identifier: MIT
//
// section_forgotten: critical_section, but a section that ends does not resume the one around it.
#ifndef BROKEN_SECTION_FORGOTTEN_H
#define BROKEN_SECTION_FORGOTTEN_H

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
    (void)t;
}

#endif
