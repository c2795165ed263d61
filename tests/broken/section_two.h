// SPDX-License-Identifier: MIT
//
// section_two: critical_section, but two locks are two sections, one in the other, so that the wait
// for the second gives the first up.
#ifndef BROKEN_SECTION_TWO_H
#define BROKEN_SECTION_TWO_H

#define lk_lock2   section_lock2_right
#define lk_unlock2 section_unlock2_right
#include "../../strategies/lock/critical_section.h"
#undef lk_lock2
#undef lk_unlock2

#include "../../strategies/lk_lock2_ordered.h"

#endif
