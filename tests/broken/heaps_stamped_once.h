// SPDX-License-Identifier: MIT
//
// heaps_stamped_once: heaps, but a page keeps the stamp of the first time when it became empty.
#ifndef AL_HEAPS_STAMPED_ONCE_H
#define AL_HEAPS_STAMPED_ONCE_H

#define rl_stamp(t)                                                          \
    (sync_get(page->room) == 0 || sync_get(page->stamp) == 0 ? (rl_stamp)(t) \
                                                             : sync_get(page->stamp))
#include "../../strategies/alloc/heaps.h"
#undef rl_stamp

#endif
