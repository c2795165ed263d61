// SPDX-License-Identifier: MIT
//
// heaps_counts: heaps, but the link of a free block lies where its count words are.
#ifndef AL_HEAPS_COUNTS_H
#define AL_HEAPS_COUNTS_H

struct heaps_no_header {
};
#define rc_header heaps_no_header
#include "../../strategies/alloc/heaps.h"
#undef rc_header

#endif
