// SPDX-License-Identifier: MIT
//
// atomic_10: as atomic_3, with ten per cent: one more pair with every tenth increment.
#ifndef POWER_ATOMIC_10_H
#define POWER_ATOMIC_10_H

#define ATOMIC_EXTRA_EVERY 10
#include "atomic_3.h"

#endif
