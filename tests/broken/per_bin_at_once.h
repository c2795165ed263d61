// SPDX-License-Identifier: MIT
//
// per_bin_at_once: per_bin, but what is unlinked from a list, or from the map, is freed at once.
#ifndef BROKEN_PER_BIN_AT_ONCE_H
#define BROKEN_PER_BIN_AT_ONCE_H

#include "../../strategies/lk_map.h"

#define rl_retire(t, p, fn) (fn)(t, p)
#include "../../strategies/lock/per_bin.h"
#undef rl_retire

#endif
