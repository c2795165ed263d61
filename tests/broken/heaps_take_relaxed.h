// SPDX-License-Identifier: MIT
//
// heaps_take_relaxed: heaps, but who takes what others have freed does not acquire: what they did
// to it may come later. x86-64 forgives it.
#ifndef AL_HEAPS_TAKE_RELAXED_H
#define AL_HEAPS_TAKE_RELAXED_H

#define memory_order_acquire memory_order_relaxed
#include "../../strategies/alloc/heaps.h"
#undef memory_order_acquire

#endif
