// SPDX-License-Identifier: MIT
//
// section_outside: critical_section, but who blocks outside the runtime keeps what it holds.
#ifndef BROKEN_SECTION_OUTSIDE_H
#define BROKEN_SECTION_OUTSIDE_H

#define lk_blocking_begin section_blocking_begin_right
#include "../../strategies/lock/critical_section.h"
#undef lk_blocking_begin

API void lk_blocking_begin(struct thread *t)
{
    thread_offline(t);
}

#endif
