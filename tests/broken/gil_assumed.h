// SPDX-License-Identifier: MIT
//
// gil_assumed: pthread, but its traits claim that who is in the runtime is alone there, as code
// that borrows references takes for granted: the object is freed under the borrower.
#ifndef BROKEN_GIL_ASSUMED_H
#define BROKEN_GIL_ASSUMED_H

#include "../../strategies/lock/pthread.h"
#undef LK_TRAITS
#define LK_TRAITS (LK_EXCLUDES | LK_GLOBAL)

#endif
