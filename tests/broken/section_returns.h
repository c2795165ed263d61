// SPDX-License-Identifier: MIT
//
// section_returns: critical_section, but who comes back from outside the runtime does not have
// again what it gave up when it went.
#ifndef BROKEN_SECTION_RETURNS_H
#define BROKEN_SECTION_RETURNS_H

#define lk_blocking_end section_blocking_end_right
#include "../../strategies/lock/critical_section.h"
#undef lk_blocking_end

API void lk_blocking_end(struct thread *t)
{
    thread_back(t);
}

#endif
