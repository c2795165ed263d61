// SPDX-License-Identifier: MIT
//
// unlink_late: right, but its users retire, or take a stamp, before they unlink
// (tests/explore/reclaim.c).
#ifndef RL_UNLINK_LATE_H
#define RL_UNLINK_LATE_H

#include "../../strategies/reclaim/qsbr.h"

#define UNLINK_LATE true

#endif
