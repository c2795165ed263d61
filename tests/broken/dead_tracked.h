// SPDX-License-Identifier: MIT
//
// dead_tracked: collected, but an object is taken from the collector's list when it is freed, not
// when it is dead: the collector looks into one that has given up its slots.
#ifndef BROKEN_DEAD_TRACKED_H
#define BROKEN_DEAD_TRACKED_H

#define RC_DIES(t, h) ((void)0)
#define RC_FINI(t, h) collected_dies(t, h)
#include "collected.h"

#endif
