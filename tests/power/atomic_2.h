// SPDX-License-Identifier: MIT
//
// atomic_2: as atomic_3, with less than two per cent: one more pair with every sixtieth increment.
#ifndef POWER_ATOMIC_2_H
#define POWER_ATOMIC_2_H

#define ATOMIC_EXTRA_EVERY 60
#include "atomic_3.h"

#endif
