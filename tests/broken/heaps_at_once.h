// SPDX-License-Identifier: MIT
//
// heaps_at_once: heaps, but a page becomes another class's as soon as it is empty, while readers
// may still try counts in it.
#ifndef AL_HEAPS_AT_ONCE_H
#define AL_HEAPS_AT_ONCE_H

#define rl_passed(t, stamp) ((void)(stamp), true)
#include "../../strategies/alloc/heaps.h"
#undef rl_passed

#endif
