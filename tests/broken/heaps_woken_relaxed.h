// SPDX-License-Identifier: MIT
//
// heaps_woken_relaxed: heaps, but neither the mark of a full page nor the push of one that is no
// longer full releases: its place on the list of woken pages is read and written at will. x86-64
// forgives it.
#ifndef AL_HEAPS_WOKEN_RELAXED_H
#define AL_HEAPS_WOKEN_RELAXED_H

#define memory_order_release memory_order_relaxed
#include "../../strategies/alloc/heaps.h"
#undef memory_order_release

#endif
