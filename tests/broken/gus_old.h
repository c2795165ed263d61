// SPDX-License-Identifier: MIT
//
// gus_old: right, gus whose write sequence passes 2^64 at its second advance.
#ifndef RL_GUS_OLD_H
#define RL_GUS_OLD_H

#define GUS_FIRST UINT64_C(0xfffffffffffffffd)
#include "../../strategies/reclaim/gus.h"

#endif
