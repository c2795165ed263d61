// SPDX-License-Identifier: MIT
//
// atomic_10: as atomic_3, with ten per cent: one more pair with every sixth increment. On an object
// that has just been touched a pair costs less than on one of many that wait for their turn.
#ifndef POWER_ATOMIC_10_H
#define POWER_ATOMIC_10_H

#define ATOMIC_EXTRA_EVERY 6
#include "atomic_3.h"

#endif
