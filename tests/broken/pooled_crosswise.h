// SPDX-License-Identifier: MIT
//
// pooled_crosswise: pooled, but its traits are silent about the order in which it takes two locks:
// that of the arguments.
#ifndef BROKEN_POOLED_CROSSWISE_H
#define BROKEN_POOLED_CROSSWISE_H

#include "../../strategies/lock/pooled.h"
#undef LK_TRAITS
#define LK_TRAITS LK_EXCLUDES

#endif
