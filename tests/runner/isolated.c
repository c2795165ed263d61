// SPDX-License-Identifier: MIT
//
// The same as footprint, with a world for each thread, where plain counts will do.
#define RC_SCHEME plain
#define LK_SCHEME isolated
#include "footprint.c"
