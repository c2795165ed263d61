// SPDX-License-Identifier: MIT
//
// heaps_push_relaxed: heaps, but a free of another thread's block does not release what was done to
// it. x86-64 forgives it.
#ifndef AL_HEAPS_PUSH_RELAXED_H
#define AL_HEAPS_PUSH_RELAXED_H

#define memory_order_acq_rel memory_order_acquire
#include "../../strategies/alloc/heaps.h"
#undef memory_order_acq_rel

#endif
