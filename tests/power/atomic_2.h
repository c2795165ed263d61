// SPDX-License-Identifier: MIT
//
// atomic_2: as atomic_3, with two per cent: one more pair with every hundredth increment, and the
// counting up to that.
#ifndef POWER_ATOMIC_2_H
#define POWER_ATOMIC_2_H

#define ATOMIC_EXTRA_EVERY 100
#include "atomic_3.h"

#endif
